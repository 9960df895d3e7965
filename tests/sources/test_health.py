"""A feed's condition, judged from what its polls had shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitor.models import Feed, FeedHistory, FreshHour, Health, Told
from monitor.sources.health import coarse, judge, notice

ZONE = ZoneInfo("Asia/Karachi")
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
FEED = Feed(1, "https://daily.example/feed", "The Daily")


def history(**known: object) -> FeedHistory:
    return FeedHistory(polls=10, **known)  # type: ignore[arg-type]


def test_a_feed_never_asked_is_unpolled() -> None:
    assert judge(FeedHistory(), NOW, ZONE).state == "unpolled"


def test_a_paused_feed_is_paused() -> None:
    assert judge(history(paused=True), NOW, ZONE).state == "paused"


@pytest.mark.parametrize(
    ("problem", "status", "state"),
    [
        ("timeout", None, "failing"),
        ("http-500", 500, "failing"),
        ("http-403", 403, "blocked"),
        ("not-a-feed", 200, "failing"),
    ],
)
def test_a_feed_whose_last_poll_failed(problem: str, status: int | None, state: str) -> None:
    seen = history(
        problem=problem, status=status, detail="why", failures=2, failing_since=NOW - timedelta(hours=1)
    )
    verdict = judge(seen, NOW, ZONE)
    assert verdict.state == state == coarse(verdict.condition)
    assert "why" in verdict.why


def busy(last: datetime) -> FeedHistory:
    """A feed with something new every three hours for eight weeks, until `last`."""
    hours = [last - timedelta(hours=3 * number) for number in range(8 * 7 * 8)][::-1]
    fresh = tuple(FreshHour(at - timedelta(minutes=15), at, at, 1) for at in hours)
    return history(since=hours[0], last_ok=NOW, last_change=NOW, fresh=fresh)


def test_a_feed_on_its_rhythm_is_ok() -> None:
    assert judge(busy(NOW - timedelta(hours=2)), NOW, ZONE).state == "ok"


def test_a_feed_that_answers_and_has_nothing_new_for_days_is_silent() -> None:
    verdict = judge(busy(NOW - timedelta(days=6)), NOW, ZONE)
    assert verdict.state == "silent"
    assert "nothing new" in verdict.why


def test_an_episode_is_told_once_and_its_end_once() -> None:
    silent = Health(
        "silent", "silent", "nothing new since Monday", NOW, lasting=True, last_new=NOW - timedelta(days=6)
    )
    first = notice(FEED, None, silent, NOW)
    assert first is not None
    assert "The Daily" in first.subject
    assert notice(FEED, Told("silent", NOW), silent, NOW + timedelta(hours=1)) is None
    later = NOW + timedelta(days=1)
    back = Health("ok", "ok", "", None, lasting=False, last_new=later)
    returned = notice(FEED, Told("silent", NOW), back, later)
    assert returned is not None
    assert notice(FEED, Told("back", later), back, later + timedelta(hours=1)) is None


def test_passing_trouble_is_not_told() -> None:
    passing = Health("failing", "failing", "timed out", NOW, lasting=False)
    assert notice(FEED, None, passing, NOW) is None
