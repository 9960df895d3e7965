"""What a poll's answer means for its feed: pure decisions from facts to a PollRecord."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.errors import FeedError, FetchError, MonitorError, WorkerError
from monitor.models import (
    OFFLINE,
    REGENERATED,
    Entry,
    Feed,
    FeedDocument,
    NewEntry,
    PollRecord,
    Response,
    Traits,
    Verdict,
)
from monitor.sources import cadence, identity
from monitor.sources.answers import max_age_s
from monitor.sources.recall import characters_of, is_dated, recall_of

UNREADABLE = "unreadable"  # the problem of a feed that a worker could not parse in time
PAGE_TRIES = 3
PAGE_PATIENCE = timedelta(minutes=15)
_PAGE_WAITS = (timedelta(minutes=1), timedelta(minutes=5))
_WALL_STATUSES = {402: Verdict.WALL, 401: Verdict.BLOCKED, 403: Verdict.BLOCKED, 451: Verdict.BLOCKED}
_GONE_STATUSES = frozenset({404, 410})
_REFUSALS = frozenset({"blocked-address", "bad-url", "robots"})


@dataclass(frozen=True, slots=True)
class Timing:
    """What decides about a feed's next poll besides the answer itself."""

    now: datetime
    bounds: cadence.Bounds
    jitter: float  # in [0, 1)


def failed(feed: Feed, error: MonitorError, timing: Timing, *, offline: bool = False) -> PollRecord:
    """Return the record of a poll that gave no feed; while nothing can be reached it is not the feed's failure."""
    status = error.status if isinstance(error, FetchError) else None
    retry_after = error.retry_after if isinstance(error, FetchError) else None
    problem = OFFLINE if offline else _problem(error)
    schedule = cadence.after_failure(
        feed,
        now=timing.now,
        kind=problem,
        status=status,
        retry_after_s=retry_after,
        bounds=timing.bounds,
        jitter=timing.jitter,
    )
    changed = replace(
        feed,
        failures=feed.failures + (not offline),
        last_polled=timing.now,
        next_due=schedule.next_due,
        problem=problem,
        detail=f"{error}, and nothing else can be reached: offline" if offline else str(error),
    )
    return PollRecord(feed=changed, at=timing.now, outcome="failed", status=status)


def unchanged(feed: Feed, response: Response, timing: Timing) -> PollRecord:
    """Return the record of a poll that gave what was known: 304, or the same bytes."""
    return PollRecord(
        feed=_succeeded(feed, response, timing, new=0, ttl_s=None),
        at=timing.now,
        outcome="unchanged",
        status=response.status,
        size=len(response.body),
        elapsed_ms=response.elapsed_ms,
    )


def keys_of(feed: Feed, document: FeedDocument) -> tuple[identity.Key, ...]:
    """Return what to ask the store for: everything by which a document's entries can be recognised."""
    policy = identity.guid_policy(_traits(document), feed.guid_policy)
    return tuple(key for entry in document.entries for key in identity.keys(entry, policy))


def changed(
    feed: Feed,
    response: Response,
    document: FeedDocument,
    sha256: str,
    known: Mapping[tuple[str, str], int],
    seen_text: Mapping[int, tuple[str, str]],
    timing: Timing,
) -> PollRecord:
    """Return the record of a poll that gave a feed to compare with what is known of it."""
    traits = _traits(document)
    policy = identity.guid_policy(traits, feed.guid_policy)
    sorted_out = identity.classify(document.entries, known, policy)
    fresh = [entry for entry, entry_id in sorted_out if entry_id is None]
    edited = tuple(
        (entry_id, entry, identity.keys(entry, policy))
        for entry, entry_id in sorted_out
        if entry_id is not None and seen_text.get(entry_id) != (entry.title, entry.summary)
    )
    after = _succeeded(feed, response, timing, new=len(fresh), ttl_s=document.ttl_s)
    if not response.truncated:
        after = replace(
            after,
            etag=response.header("etag"),
            last_modified=response.header("last-modified"),
            body_sha256=sha256,
        )
    record = PollRecord(
        feed=replace(
            after,
            first_polled=feed.first_polled or timing.now,
            guid_policy=policy,
            title=feed.title or document.title,
        ),
        at=timing.now,
        outcome="changed",
        status=response.status,
        size=len(response.body),
        elapsed_ms=response.elapsed_ms,
        entries=len(traits),
        undated=sum(not is_dated(entry) for entry in document.entries)
        + sum(not item.dated for item in document.recalled),
        characters=_median(
            [
                *(characters_of(entry) for entry in document.entries),
                *(item.characters for item in document.recalled),
            ]
        ),
        new=_new_entries(feed, fresh, traits, known, policy, timing.now),
        edited=edited,
        recall=recall_of(document, sorted_out, policy),
    )
    return _partly(feed, record, timing) if response.truncated or document.partial else record


def _partly(feed: Feed, record: PollRecord, timing: Timing) -> PollRecord:
    """Return the record of a feed that ended early: what came is kept, and the rest is asked for again.

    Until a feed was read whole its next poll still counts as its first, so that the rest does not flood.
    """
    schedule = cadence.after_failure(
        feed,
        now=timing.now,
        kind="truncated",
        status=record.status,
        retry_after_s=None,
        bounds=timing.bounds,
        jitter=timing.jitter,
    )
    after = replace(
        record.feed,
        failures=feed.failures + 1,
        first_polled=feed.first_polled,
        next_due=schedule.next_due,
        interval_s=feed.interval_s,
        etag=feed.etag,
        last_modified=feed.last_modified,
        body_sha256="",
        last_ok=feed.last_ok,
        last_full=feed.last_full,
        problem="truncated",
        detail=f"the feed ends early: {record.entries} entries could be read",
    )
    return replace(record, feed=after, outcome="failed", recall=None)


def _traits(document: FeedDocument) -> list[Traits]:
    return [*document.traits, *(item.traits for item in document.recalled)]


def _median(values: list[int]) -> int:
    return sorted(values)[len(values) // 2] if values else 0


def _moved(feed: Feed, response: Response, now: datetime) -> Feed:
    """Count the polls in a row by which a feed says that it has moved for good."""
    if not response.moved_to or response.moved_to == feed.url:
        return replace(feed, moved_to="", moved_since=None, moved_polls=0)
    if response.moved_to != feed.moved_to:
        return replace(feed, moved_to=response.moved_to, moved_since=now, moved_polls=1)
    return replace(feed, moved_polls=feed.moved_polls + 1)


def _succeeded(feed: Feed, response: Response, timing: Timing, *, new: int, ttl_s: int | None) -> Feed:
    schedule = cadence.after_success(
        feed,
        now=timing.now,
        changed=response.status != 304,
        new_entries=new,
        ttl_s=ttl_s,
        max_age_s=max_age_s(response),
        bounds=timing.bounds,
        jitter=timing.jitter,
    )
    return replace(
        _moved(feed, response, timing.now),
        failures=0,
        last_polled=timing.now,
        last_ok=timing.now,
        last_new=timing.now if new else feed.last_new,
        last_full=feed.last_full if response.status == 304 else timing.now,
        next_due=schedule.next_due,
        interval_s=schedule.interval_s,
        problem="",
        detail="",
    )


def _new_entries(
    feed: Feed,
    fresh: list[Entry],
    document: Sequence[Traits],
    known: Mapping[tuple[str, str], int],
    policy: str,
    now: datetime,
) -> tuple[NewEntry, ...]:
    """Decide which new entries may alert: all, or of a first poll the recent few."""
    why_not = ""
    alertable = fresh
    if feed.first_polled is None:
        alertable = list(identity.fresh_for_alert(fresh, now))
        why_not = "the feed's first poll: only what was published in the last 24 hours alerts, ten at most"
    elif identity.regenerated(len(fresh), len(document), identity.overlapping(fresh, known, policy)):
        alertable = []
        why_not = REGENERATED
    shared = identity.shared_places(document)
    may_alert = {id(entry) for entry in alertable}
    return tuple(
        NewEntry(
            entry=entry,
            keys=identity.keys(entry, policy),
            identity=identity.article_identity(entry, feed.id, policy, shared),
            may_alert=id(entry) in may_alert,
            held_reason="" if id(entry) in may_alert else why_not,
        )
        for entry in fresh
    )


def _problem(error: MonitorError) -> str:
    if isinstance(error, FetchError):
        return f"http-{error.status}" if error.kind == "http" and error.status else error.kind
    if isinstance(error, FeedError):
        return "not-a-feed"
    if isinstance(error, WorkerError):
        return UNREADABLE
    return "internal"


def after_page_failure(
    error: MonitorError, attempts: int, first_tried: datetime | None, now: datetime
) -> Verdict | datetime:
    """Return when to try a page again, or the verdict when no page is to be had.

    `attempts` counts the tries before this one.
    """
    if isinstance(error, FetchError):
        if error.kind in _REFUSALS:
            return Verdict.REFUSED
        if error.kind == "too-large":
            return Verdict.TOO_LARGE
        if error.status in _WALL_STATUSES:
            return _WALL_STATUSES[error.status]
        if error.status in _GONE_STATUSES:
            return Verdict.UNREACHABLE
    else:
        return Verdict.EMPTY  # the page came and could not be read: it would not be read again either
    if attempts + 1 >= PAGE_TRIES or (first_tried and now - first_tried >= PAGE_PATIENCE):
        return Verdict.UNREACHABLE
    return now + _PAGE_WAITS[attempts]
