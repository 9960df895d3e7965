"""What a feed's polls had shown before an instant: the material its health is judged from.

Everything is read from the polls themselves and nothing from the feed's present row, so the same instant gives
the same answer at any later time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median_high
from typing import TYPE_CHECKING, Any

from monitor.models import OFFLINE, FeedHistory, FreshHour, Specimen, Told
from monitor.store import codec

if TYPE_CHECKING:
    from monitor.store.queries import Queries

LEARNED_FROM = timedelta(weeks=8)
LEARNED_FROM_AT_MOST = timedelta(weeks=26)  # of a feed that had news in fewer hours than
ENOUGH_HOURS = 60
SPECIMEN_AGES = (
    *(timedelta(days=days) for days in (56, 42, 28, 21, 14, 10, 7, 4, 2, 1)),
    *(timedelta(hours=hours) for hours in (12, 6, 3, 2, 1)),
)
LATEST_SPECIMENS = 3
ORDINARY_WAITS = 5  # polls that worked, whose waits tell what is ordinary
LATE, LATER = 1.5, timedelta(minutes=15)  # more than this beyond what was planned is blindness

_at = datetime.fromisoformat  # many thousand instants are read here, and strptime is slow


def history(
    store: Queries, feed: int, start: datetime, end: datetime, *, paused: bool = False
) -> FeedHistory:
    """Return what a feed had shown before `end`; its polls are counted in [start, end)."""
    last = _first(store, "", "ORDER BY at DESC, id DESC", feed, end)
    polls = _number(store, "at >= ?", feed, end, codec.instant(start))
    begun = _first(store, "AND outcome = 'changed'", "ORDER BY at, id", feed, end)
    if last is None or begun is None:
        return FeedHistory(polls=polls, paused=paused, **_trouble(store, feed, end, last, None))
    good = _first(store, "AND outcome <> 'failed'", "ORDER BY at DESC, id DESC", feed, end)
    assert good is not None
    change = _first(store, "AND outcome = 'changed'", "ORDER BY at DESC, id DESC", feed, end)
    assert change is not None
    since, fresh = _fresh(store, feed, begun["at"], end)
    return FeedHistory(
        since=since,
        last_ok=_at(good["at"]),
        last_change=_at(change["at"]),
        not_modified=_number(
            store, "at > ? AND status = 304 AND outcome <> 'failed'", feed, end, change["at"]
        ),
        fresh=fresh,
        blind=_blind(store, feed, since, end),
        specimens=_specimens(store, feed, end),
        polls=polls,
        paused=paused,
        **_trouble(store, feed, end, last, good["at"]),
        **_move(store, feed, end, good),
    )


def told(store: Queries, feed: int) -> Told | None:
    """Return the last notice about a feed's condition, or None; its key is that of sources.health.notice."""
    row = store.db.execute(
        "SELECT key, at FROM notice WHERE key >= ? AND key < ? ORDER BY at DESC, id DESC LIMIT 1",
        [f"feed|{feed}|", f"feed|{feed}}}"],
    ).fetchone()
    return Told(row[0].split("|")[2], _at(row[1])) if row else None


def network_told(store: Queries) -> str:
    """Return the key of the last notice about the network, or nothing; see sources.network.notice."""
    row = store.db.execute(
        "SELECT key FROM notice WHERE key >= 'network|' AND key < 'network}' ORDER BY at DESC, id DESC LIMIT 1"
    ).fetchone()
    return row[0] if row else ""


def blind_before(store: Queries, feed: int, at: datetime) -> int:
    """Return the seconds before a poll that worked in which the feed should have been read and was not."""
    rows = store.db.execute(
        "SELECT at FROM poll WHERE feed_id = ? AND outcome <> 'failed' ORDER BY at DESC, id DESC LIMIT ?",
        [feed, ORDINARY_WAITS + 1],
    )
    good = tuple(_at(row[0]) for row in rows)
    interval, failures, last, due = store.db.execute(
        "SELECT interval_s, failures, last_polled, next_due FROM feed WHERE id = ?", [feed]
    ).fetchone()
    planned = timedelta(seconds=interval)
    if last and due and not failures:
        planned = max(planned, _at(due) - _at(last))
    return blind_seconds(good, planned, at)


def blind_seconds(good: Sequence[datetime], planned: timedelta, at: datetime) -> int:
    """Return how much of the wait before `at` was neither planned nor ordinary; `good` is newest first.

    Whoever polls seldom but regularly, by a nightly job perhaps, is not blind in between.
    """
    if not good:
        return 0
    waits = [newer - older for newer, older in pairwise(good)]
    ordinary = max(planned, median_high(waits)) if waits else planned
    waited = at - good[0]
    return round((waited - ordinary).total_seconds()) if waited > LATE * ordinary + LATER else 0


def _first(store: Queries, where: str, order: str, feed: int, end: datetime) -> dict[str, Any] | None:
    rows = store.db.query(
        f"SELECT * FROM poll WHERE feed_id = ? AND at < ? {where} {order} LIMIT 1",
        [feed, codec.instant(end)],
    )
    return next(iter(rows), None)


def _number(store: Queries, where: str, feed: int, end: datetime, value: str | None) -> int:
    row = store.db.execute(
        f"SELECT count(*) FROM poll WHERE feed_id = ? AND at < ? AND {where}",
        [feed, codec.instant(end), value],
    ).fetchone()
    return int(row[0])


def _fresh(store: Queries, feed: int, begun: str, end: datetime) -> tuple[datetime, tuple[FreshHour, ...]]:
    """Return from when on a feed's rhythm is learned, and the hours in which it had something new.

    The weeks before its last news count, not those before `end`: a long silence must not be forgotten.
    """
    last = store.db.execute(
        "SELECT max(at) FROM poll WHERE feed_id = ? AND at > ? AND at < ? AND new_entries > held",
        [feed, begun, codec.instant(end)],
    ).fetchone()[0]
    if last is None:
        return _at(begun), ()
    for span in (LEARNED_FROM, LEARNED_FROM_AT_MOST):
        since = max(begun, codec.instant(_at(last) - span) or "")
        rows = store.db.execute(
            "SELECT (SELECT max(at) FROM poll WHERE feed_id = :feed AND at < first AND outcome <> 'failed'), first,"
            " last, polls FROM ("
            " SELECT min(at) AS first, max(at) AS last, count(*) AS polls FROM poll"
            " WHERE feed_id = :feed AND at > :since AND at <= :last AND new_entries > held"
            " GROUP BY substr(at, 1, 13)) ORDER BY first",
            {"feed": feed, "since": since, "last": last},
        ).fetchall()
        if len(rows) >= ENOUGH_HOURS:
            break
    return _at(since), tuple(
        FreshHour(_at(before), _at(first), _at(last), polls) for before, first, last, polls in rows
    )


def _blind(
    store: Queries, feed: int, since: datetime, end: datetime
) -> tuple[tuple[datetime, datetime], ...]:
    rows = store.db.execute(
        "SELECT at, blind_s FROM poll WHERE feed_id = ? AND at > ? AND at < ? AND blind_s > 0 ORDER BY at",
        [feed, codec.instant(since), codec.instant(end)],
    )
    return tuple((_at(at) - timedelta(seconds=seconds), _at(at)) for at, seconds in rows)


def _specimens(store: Queries, feed: int, end: datetime) -> tuple[Specimen, ...]:
    """Return the last documents, and those that stood at certain ages before the last."""
    sql = (
        "SELECT id, at, entries, undated, characters FROM poll"
        " WHERE feed_id = ? AND at < ? AND outcome = 'changed' AND entries > 0 ORDER BY at DESC, id DESC LIMIT ?"
    )
    latest = store.db.execute(sql, [feed, codec.instant(end), LATEST_SPECIMENS]).fetchall()
    if not latest:
        return ()
    newest = _at(latest[0][1])
    found = {row[0]: row for row in latest}
    for age in SPECIMEN_AGES:
        row = store.db.execute(sql, [feed, codec.instant(newest - age), 1]).fetchone()
        if row:
            found[row[0]] = row
    ordered = sorted(found.values(), key=lambda row: (row[1], row[0]))
    return tuple(Specimen(_at(at), entries, undated, text) for _, at, entries, undated, text in ordered)


def _trouble(
    store: Queries, feed: int, end: datetime, last: dict[str, Any] | None, good: str | None
) -> dict[str, Any]:
    """Return what the failures in a row came to, as fields of FeedHistory; while offline none is counted."""
    if last is None or not last["problem"]:
        return {}
    first, failures, not_feeds = store.db.execute(
        "SELECT min(at), count(*), sum(problem = 'not-a-feed') FROM poll"
        " WHERE feed_id = ? AND at > ? AND at < ? AND outcome = 'failed' AND problem <> ?",
        [feed, good or "", codec.instant(end), OFFLINE],
    ).fetchone()
    return {
        "problem": last["problem"],
        "status": last["status"],
        "detail": last["detail"],
        "failing_since": _at(first) if first else None,
        "failures": failures,
        "not_feeds": not_feeds or 0,
    }


def _move(store: Queries, feed: int, end: datetime, good: dict[str, Any]) -> dict[str, Any]:
    """Return since when, and in how many polls in a row, a feed has said that it moved."""
    target = good["moved_to"]
    if not target:
        return {}
    before = store.db.execute(
        "SELECT max(at) FROM poll WHERE feed_id = ? AND at < ? AND outcome <> 'failed' AND moved_to <> ?",
        [feed, codec.instant(end), target],
    ).fetchone()[0]
    first, polls = store.db.execute(
        "SELECT min(at), count(*) FROM poll WHERE feed_id = ? AND at > ? AND at < ? AND outcome <> 'failed'",
        [feed, before or "", codec.instant(end)],
    ).fetchone()
    return {"moved_to": target, "moved_since": _at(first), "moved_polls": polls}
