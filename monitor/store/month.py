"""What the local days up to one gave, feed by feed and rule by rule, as it stood at the end of the last."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from monitor.models import FeedDays, FeedHealth, Month
from monitor.store import codec

if TYPE_CHECKING:
    from monitor.store.queries import Queries

_LOST = frozenset({"failing", "silent", "blocked"})


def month(
    store: Queries, days: Sequence[date], bounds: Sequence[datetime], health: Sequence[FeedHealth]
) -> Month:
    """Return what some days in a row gave; day n lies between `bounds` n and n + 1, `health` is the last one's."""
    edges = [codec.written(at) for at in bounds]
    start, end = edges[0], edges[-1]
    matched: dict[int, dict[int, set[int]]] = {}  # feed, day -> articles
    rules: dict[str, dict[int, set[int]]] = {}
    for feed, article, rule, found in store.db.execute(
        "SELECT a.feed_id, a.id, m.rule, m.found FROM match m JOIN article a ON a.id = m.article_id"
        " WHERE m.live AND m.found >= ? AND m.found < ? AND m.at < ? AND (m.withdrawn IS NULL OR m.withdrawn >= ?)",
        [start, end, end, end],
    ):
        day = bisect_right(edges, found) - 1
        matched.setdefault(feed, {}).setdefault(day, set()).add(article)
        rules.setdefault(rule, {}).setdefault(day, set()).add(article)
    changed = store.db.execute("SELECT since FROM ruleset WHERE since >= ? AND since < ?", [start, end])
    return Month(
        days=tuple(days),
        feeds=_feeds(store, days, edges, matched, health),
        rules=tuple((rule, _counts(by_day, len(days))) for rule, by_day in sorted(rules.items())),
        rules_changed=frozenset(days[bisect_right(edges, since) - 1] for (since,) in changed),
    )


def _counts(by_day: dict[int, set[int]], days: int) -> tuple[int, ...]:
    return tuple(len(by_day.get(day, ())) for day in range(days))


def _feeds(
    store: Queries,
    days: Sequence[date],
    edges: Sequence[str],
    matched: dict[int, dict[int, set[int]]],
    health: Sequence[FeedHealth],
) -> tuple[FeedDays, ...]:
    start, end = edges[0], edges[-1]
    read = set(
        store.db.execute(
            "SELECT feed.id, day.key FROM feed, json_each(?) AS day WHERE EXISTS ("
            " SELECT 1 FROM poll WHERE feed_id = feed.id AND outcome <> 'failed'"
            " AND at >= json_extract(day.value, '$[0]') AND at < json_extract(day.value, '$[1]'))",
            [json.dumps([*pairwise(edges)])],
        ).fetchall()
    )
    lost_since = {
        one.url: codec.written(one.since) for one in health if one.state in _LOST and one.since is not None
    }

    def on(at: str | None) -> date | None:
        return days[bisect_right(edges, at) - 1] if at and start <= at < end else None

    found = []
    for number, url, title, added, removed, first_polled in store.db.execute(
        "SELECT id, url, title, added, removed, first_polled FROM feed"
        " WHERE added < ? AND (removed IS NULL OR removed >= ?) ORDER BY id",
        [end, start],
    ):
        gone = removed is not None and removed < end
        lost = None if gone else lost_since.get(url)
        found.append(
            FeedDays(
                feed=title or url,
                matched=_counts(matched.get(number, {}), len(days)),
                seen=tuple(
                    (number, day) in read and (lost is None or edges[day + 1] <= lost)
                    for day in range(len(days))
                ),
                throughout=not gone and first_polled is not None and first_polled < start,
                added=on(added),
                removed=on(removed) if gone else None,
                lost=on(lost),
            )
        )
    return tuple(found)
