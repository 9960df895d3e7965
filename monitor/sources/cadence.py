"""When to poll a feed next. Pure: `now` and the chance in `jitter` are arguments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.models import OFFLINE, Feed

DAY_S = 86_400
WEEK_S = 7 * DAY_S
_SHORTER, _LONGER = 0.5, 1.2  # after new entries; after none: about four polls an entry in the long run
_SPREAD = 0.1  # of an interval, to either side
_CACHE_CAP_S = 3600  # how long a Cache-Control is believed
_START_GAP_S = 1.0  # between feeds that are due together after a start
_CLOCK_SLACK = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The poll section of the configuration, in seconds."""

    every_s: int
    min_s: int
    max_s: int

    def clamp(self, seconds: float) -> int:
        """Return the nearest whole number of seconds between min and max."""
        return round(min(max(seconds, self.min_s), self.max_s))


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a poll leads to: when the feed is due again, and the interval it has learned."""

    next_due: datetime
    interval_s: int


def after_success(
    feed: Feed,
    *,
    now: datetime,
    changed: bool,
    new_entries: int,
    ttl_s: int | None,
    max_age_s: int | None,
    bounds: Bounds,
    jitter: float,
) -> Schedule:
    """Schedule a feed that answered; jitter is a chance in [0, 1).

    New entries halve the interval, at most from `every`, so that a feed that wakes up is followed at once;
    a poll without any lengthens it a little. The feed's own wishes only ever lengthen the wait: `ttl`
    up to `every` (most feeds carry their software's default, not a wish), Cache-Control up to an hour.
    """
    interval = feed.interval_s or bounds.every_s
    if not feed.interval_s:
        learned: float = interval  # what a first poll brings is the past, not a rhythm
    elif changed and new_entries:
        learned = min(interval, bounds.every_s) * _SHORTER
    else:
        learned = interval * _LONGER
    interval = bounds.clamp(learned)
    wished = max(min(ttl_s or 0, bounds.every_s), min(max_age_s or 0, _CACHE_CAP_S))
    return Schedule(now + _jittered(bounds.clamp(max(interval, wished)), jitter), interval)


def after_failure(
    feed: Feed,
    *,
    now: datetime,
    kind: str,
    status: int | None,
    retry_after_s: float | None,
    bounds: Bounds,
    jitter: float,
) -> Schedule:
    """Schedule a feed that failed; feed.failures counts the failures in a row before this one.

    The wait doubles with each failure, from `every` or less to the longest interval, and never ends; the
    learned interval is kept for when the feed returns. A feed that is gone (410) or whose address may not be
    fetched is looked at once a week or at the longest interval; a Retry-After counts up to a day. While this
    machine is offline nothing doubles.
    """
    interval = feed.interval_s or bounds.every_s
    if status == 410:
        return Schedule(now + _jittered(WEEK_S, jitter), interval)
    if kind == OFFLINE:
        return Schedule(now + _jittered(bounds.every_s, jitter), interval)
    if kind in {"bad-url", "blocked-address", "robots"}:
        wait = bounds.max_s  # only a person can change that
    else:
        wait = bounds.clamp(min(interval, bounds.every_s) * 2 ** min(feed.failures, 20))
    asked = min(max(retry_after_s or 0.0, 0.0), DAY_S)
    if asked > wait:
        return Schedule(now + timedelta(seconds=asked) + _jittered(bounds.min_s, jitter), interval)
    return Schedule(now + _jittered(wait, jitter), interval)


def sooner(feed: Feed, likely: timedelta, bounds: Bounds) -> datetime | None:
    """Return an earlier due time where news is likely before the next poll, or None.

    `likely` is the wait from the last poll after which something new is about as likely as not. `every` is
    the least wait it may ask for; where the feed asked for a longer one, as long as a Cache-Control is believed.
    """
    if feed.failures or feed.last_polled is None or feed.next_due is None:
        return None
    asked = feed.next_due - feed.last_polled > timedelta(seconds=feed.interval_s * (1 + _SPREAD) + 1)
    least = max(bounds.every_s, _CACHE_CAP_S) if asked else bounds.every_s
    due = feed.last_polled + max(likely, timedelta(seconds=least))
    return due if due < feed.next_due else None


def first_due(index: int, total: int, now: datetime, bounds: Bounds) -> datetime:
    """Spread feeds that are due together after a start: a second apart, all within one `every`."""
    window = min(total * _START_GAP_S, float(bounds.every_s))
    return now + timedelta(seconds=window * index / max(total, 1))


def wants_full(feed: Feed, now: datetime) -> bool:
    """Tell whether this poll should ignore validators: once a day, since some servers say 304 for ever."""
    if feed.last_full is None:
        return True
    return not timedelta(0) <= now - feed.last_full < timedelta(seconds=DAY_S)


def clamp(
    next_due: datetime, now: datetime, bounds: Bounds, *, last_polled: datetime | None = None
) -> datetime:
    """Return the due time, or an earlier one where only a clock that was set back can explain it.

    A poll that lies in the future makes the feed due now; so does a due time beyond every wait given here.
    """
    if last_polled is not None and last_polled > now + _CLOCK_SLACK:
        return min(next_due, now)
    longest = max(2 * bounds.max_s, round(WEEK_S * (1 + _SPREAD)) + 60)
    return now if next_due > now + timedelta(seconds=longest) else next_due


def _jittered(seconds: float, jitter: float) -> timedelta:
    return timedelta(seconds=seconds * (1 - _SPREAD + 2 * _SPREAD * jitter))
