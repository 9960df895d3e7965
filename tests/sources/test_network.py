"""Whether this machine is offline: nobody's feed is blamed for what nothing could reach."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from monitor.errors import FetchError
from monitor.models import Feed
from monitor.sources import network
from monitor.sources.cadence import Bounds
from monitor.sources.polling import Timing, failed

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def feeds(count: int, *, problem: str = "dns", asked: int | None = None) -> list[Feed]:
    """Return feeds of as many hosts that all answered two hours ago; `asked` of them failed just now."""
    return [
        Feed(
            id=number,
            url=f"https://outlet-{number}.example/feed",
            title="",
            last_ok=NOW - 2 * HOUR,
            last_polled=NOW if failing else NOW - 2 * HOUR,
            problem=problem if failing else "",
        )
        for number, failing in (
            (number, number < (count if asked is None else asked)) for number in range(count)
        )
    ]


def test_offline_is_when_half_of_the_feeds_were_asked_and_none_was_reached() -> None:
    assert network.offline(feeds(10))
    assert network.offline(feeds(10, asked=5))
    assert not network.offline(feeds(10, asked=4))
    assert not network.offline(feeds(2))  # two hosts may well be down together
    assert not network.offline(feeds(10, problem="http-500"))
    assert not network.offline([])


def test_one_answer_is_enough_to_be_online() -> None:
    some = feeds(10)
    answered = replace(some[3], last_ok=NOW, problem="")
    assert not network.offline([*some[:3], answered, *some[4:]])
    refused = replace(some[3], problem="http-403")  # somebody did answer
    assert not network.offline([*some[:3], refused, *some[4:]])


def test_several_feeds_of_one_host_are_one_witness() -> None:
    one_host = [replace(feed, url=f"https://one.example/{feed.id}") for feed in feeds(10)]
    assert not network.offline(one_host)


def test_a_feed_that_nobody_could_ask_is_not_asked_less_often() -> None:
    timing = Timing(NOW, Bounds(every_s=900, min_s=300, max_s=43_200), 0.5)
    feed = replace(feeds(1)[0], interval_s=7200, failures=3)
    error = FetchError("outlet-0.example cannot be looked up", kind="dns")
    for _ in range(50):
        record = failed(feed, error, timing, offline=True)
        feed = record.feed
    assert feed.failures == 3
    assert feed.problem == "offline"
    assert feed.next_due == NOW + timedelta(seconds=900)
    assert feed.interval_s == 7200
    blamed = failed(feed, error, timing).feed
    assert (blamed.failures, blamed.problem) == (4, "dns")


def test_the_end_of_being_offline_is_told_once() -> None:
    some = feeds(10)
    begun = network.notice(some, "", NOW)
    assert begun is not None
    key, subject, text = begun.key, begun.subject, begun.text
    assert key == "network|offline|2026-11-22T04:00:00+00:00"
    assert subject == "No feed can be reached"
    assert "10 feeds" in text
    assert "2026-11-22 04:00 UTC" in text
    later = network.notice(some, key, NOW + HOUR)
    assert later is not None
    assert later.key == key  # kept once per key
    back = [replace(feed, last_ok=NOW + HOUR, last_polled=NOW + HOUR, problem="") for feed in some]
    ended = network.notice(back, key, NOW + HOUR)
    assert ended is not None
    assert ended.key == "network|online|2026-11-22T04:00:00+00:00"
    assert "04:00 UTC and about 2026-11-22 07:00 UTC" in ended.text
    assert network.notice(back, ended.key, NOW + HOUR) is None


def test_a_short_interruption_is_not_told() -> None:
    some = [replace(feed, last_ok=NOW - HOUR / 2) for feed in feeds(10)]
    assert network.notice(some, "", NOW) is None
    assert network.notice([replace(feed, last_ok=None) for feed in feeds(10)], "", NOW) is None
