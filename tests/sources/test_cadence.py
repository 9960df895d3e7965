"""When a feed is polled next: politely, at its own rhythm, and never given up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.models import Feed
from monitor.sources.cadence import (
    Bounds,
    Schedule,
    after_failure,
    after_success,
    clamp,
    first_due,
    sooner,
    wants_full,
)

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
BOUNDS = Bounds(every_s=900, min_s=300, max_s=43_200)
FEED = Feed(id=1, url="https://a.example/feed", title="A", interval_s=900, first_polled=NOW)


def success(
    feed: Feed, new: int = 0, ttl: int | None = None, max_age: int | None = None, jitter: float = 0.5
) -> Schedule:
    return after_success(
        feed,
        now=NOW,
        changed=new > 0,
        new_entries=new,
        ttl_s=ttl,
        max_age_s=max_age,
        bounds=BOUNDS,
        jitter=jitter,
    )


def failure(
    feed: Feed,
    kind: str = "timeout",
    status: int | None = None,
    retry: float | None = None,
    jitter: float = 0.5,
) -> Schedule:
    return after_failure(
        feed, now=NOW, kind=kind, status=status, retry_after_s=retry, bounds=BOUNDS, jitter=jitter
    )


def wait(schedule: Schedule) -> float:
    return (schedule.next_due - NOW).total_seconds()


def test_a_first_poll_starts_at_every_however_much_it_brought() -> None:
    assert success(replace(FEED, interval_s=0), new=200) == Schedule(NOW + timedelta(seconds=900), 900)


def test_new_entries_shorten_and_silence_lengthens() -> None:
    assert success(FEED, new=1).interval_s == 450
    assert success(FEED).interval_s == 1080
    assert success(replace(FEED, interval_s=400), new=1).interval_s == 300
    assert success(replace(FEED, interval_s=43_000)).interval_s == 43_200


def test_a_feed_that_wakes_up_is_followed_at_once() -> None:
    assert success(replace(FEED, interval_s=43_200), new=1).interval_s == 450


def test_a_steady_feed_settles_at_a_few_polls_an_entry() -> None:
    feed, at, published, polls = FEED, 0.0, 0, 0
    gap = 6 * 3600.0
    while at < 30 * gap:
        new = int(at // gap) - published
        published += new
        schedule = success(feed, new=new)
        feed = replace(feed, interval_s=schedule.interval_s)
        at += wait(schedule)
        polls += 1
    assert 4 <= polls / 30 <= 16


@pytest.mark.parametrize(
    ("ttl", "max_age", "waits"),
    [
        (None, None, 450),
        (60, None, 450),
        (86_400, None, 900),
        (None, 1800, 1800),
        (None, 86_400, 3600),
        (0, 0, 450),
    ],
)
def test_the_feeds_wishes_lengthen_the_wait_within_reason(
    ttl: int | None, max_age: int | None, waits: int
) -> None:
    schedule = success(FEED, new=3, ttl=ttl, max_age=max_age)
    assert wait(schedule) == waits
    assert schedule.interval_s == 450


def test_failures_double_the_wait_and_keep_the_interval() -> None:
    waits = [wait(failure(replace(FEED, failures=n))) for n in range(8)]
    assert waits == [900, 1800, 3600, 7200, 14_400, 28_800, 43_200, 43_200]
    assert failure(replace(FEED, failures=7)).interval_s == 900


def test_a_feed_is_never_given_up() -> None:
    assert wait(failure(replace(FEED, failures=10**6))) == 43_200


@pytest.mark.parametrize(
    ("kind", "status", "retry", "waits"),
    [
        ("http", 410, None, 7 * 86_400),
        ("http", 429, 7200.0, 7200 + 300),
        ("http", 503, 10.0, 900),
        ("http", 503, 10.0**9, 86_400 + 300),
        ("http", 429, -5.0, 900),
        ("bad-url", None, None, 43_200),
        ("blocked-address", None, None, 43_200),
    ],
)
def test_some_failures_say_when_to_come_again(
    kind: str, status: int | None, retry: float | None, waits: float
) -> None:
    assert wait(failure(FEED, kind, status, retry)) == waits


@given(
    interval=st.integers(0, 10**6),
    failures=st.integers(0, 10**6),
    new=st.integers(0, 500),
    ttl=st.none() | st.integers(-10, 10**9),
    max_age=st.none() | st.integers(-10, 10**9),
    retry=st.none() | st.floats(-1e9, 1e9),
    status=st.sampled_from([None, 403, 404, 410, 429, 500, 503]),
    jitter=st.floats(0, 1, exclude_max=True),
)
def test_every_wait_is_within_its_bounds(
    interval: int, failures: int, new: int, ttl: int | None, max_age: int | None,
    retry: float | None, status: int | None, jitter: float,
) -> None:  # fmt: skip
    feed = replace(FEED, interval_s=interval, failures=failures)
    good = success(feed, new, ttl, max_age, jitter)
    assert BOUNDS.min_s <= good.interval_s <= BOUNDS.max_s
    assert BOUNDS.min_s * 0.9 <= wait(good) <= BOUNDS.max_s * 1.1
    bad = failure(feed, "http", status, retry, jitter)
    assert BOUNDS.min_s * 0.9 <= wait(bad) <= 8 * 86_400
    assert retry is None or status == 410 or wait(bad) >= min(retry, 86_400) * 0.9
    for schedule in (good, bad):
        assert clamp(schedule.next_due, NOW, BOUNDS, last_polled=NOW) == schedule.next_due


def test_a_poll_comes_no_later_than_news_is_likely() -> None:
    slept = replace(FEED, interval_s=20_000, last_polled=NOW, next_due=NOW + timedelta(seconds=21_000))
    assert sooner(slept, timedelta(hours=2), BOUNDS) == NOW + timedelta(hours=2)
    assert sooner(slept, timedelta(minutes=2), BOUNDS) == NOW + timedelta(seconds=BOUNDS.every_s)
    assert sooner(slept, timedelta(hours=8), BOUNDS) is None
    assert sooner(replace(slept, failures=1), timedelta(hours=2), BOUNDS) is None
    assert sooner(replace(slept, next_due=None), timedelta(hours=2), BOUNDS) is None


def test_a_feed_that_asked_for_a_pause_keeps_it_for_an_hour() -> None:
    asked = replace(FEED, interval_s=900, last_polled=NOW, next_due=NOW + timedelta(seconds=3500))
    assert sooner(asked, timedelta(minutes=2), BOUNDS) is None
    longer = replace(asked, next_due=NOW + timedelta(hours=6))
    assert sooner(longer, timedelta(minutes=2), BOUNDS) == NOW + timedelta(hours=1)


def test_the_first_retry_comes_soon_however_slow_the_feed() -> None:
    slow = replace(FEED, interval_s=43_200)
    assert wait(failure(slow)) == 900
    assert wait(failure(replace(slow, failures=2))) == 3600


def test_feeds_due_together_after_a_start_are_spread() -> None:
    few = [first_due(n, 40, NOW, BOUNDS) for n in range(40)]
    assert few[0] == NOW
    assert few == sorted(set(few))
    assert few[-1] < NOW + timedelta(seconds=40)
    many = [first_due(n, 10_000, NOW, BOUNDS) for n in range(10_000)]
    assert many[-1] < NOW + timedelta(seconds=BOUNDS.every_s)


@pytest.mark.parametrize(
    ("ago", "wanted"),
    [(None, True), (timedelta(hours=23), False), (timedelta(hours=24), True), (-timedelta(hours=1), True)],
)
def test_once_a_day_a_poll_ignores_validators(ago: timedelta | None, wanted: bool) -> None:
    assert wants_full(replace(FEED, last_full=None if ago is None else NOW - ago), NOW) is wanted


def test_a_clock_that_was_set_back_does_not_silence_a_feed() -> None:
    soon, far = NOW + timedelta(minutes=10), NOW + timedelta(days=30)
    assert clamp(soon, NOW, BOUNDS) == soon
    assert clamp(far, NOW, BOUNDS) == NOW
    tomorrow = NOW + timedelta(days=1)
    assert clamp(tomorrow, NOW, BOUNDS, last_polled=NOW - timedelta(hours=1)) == tomorrow
    assert clamp(tomorrow, NOW, BOUNDS, last_polled=tomorrow - timedelta(minutes=15)) == NOW
    overdue = NOW - timedelta(days=3)
    assert clamp(overdue, NOW, BOUNDS, last_polled=tomorrow) == overdue
