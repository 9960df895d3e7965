"""What a feed's polls had shown, read back from a real database."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from monitor.models import FeedHistory, Health, NewEntry, PollRecord
from monitor.sources import health
from monitor.store.history import blind_seconds, history, told
from monitor.store.store import Store
from tests.store.facts import NOW, new, open_store, with_feed

ZONE = ZoneInfo("Asia/Karachi")
QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)


def poll(
    store: Store,
    at: datetime,
    outcome: str = "changed",
    news: tuple[NewEntry, ...] = (),
    *,
    problem: str = "",
    status: int | None = 200,
    moved_to: str = "",
    undated: int = 0,
    wait: timedelta = QUARTER,
) -> None:
    """Write what one poll of the only feed gave, as polling would."""
    feed = store.feeds()[0]
    ok = outcome != "failed"
    after = replace(
        feed,
        last_polled=at,
        first_polled=feed.first_polled or at,
        last_ok=at if ok else feed.last_ok,
        next_due=at + wait,
        interval_s=int(wait.total_seconds()),
        failures=0 if ok else feed.failures + 1,
        problem=problem,
        detail="why" if problem else "",
        moved_to=moved_to if ok else feed.moved_to,
    )
    store.save_polls(
        [
            PollRecord(
                feed=after,
                at=at,
                outcome=outcome,
                status=status,
                entries=20 if outcome == "changed" else 0,
                undated=undated,
                characters=500,
                new=news,
            )
        ]
    )


def seen(store: Store, at: datetime) -> FeedHistory:
    return history(store, store.feeds()[0].id, at - DAY, at)


def test_a_feed_never_polled_has_no_history(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        with_feed(store)
        assert seen(store, NOW) == FeedHistory()


def test_hours_with_news_leave_out_the_first_poll_and_what_was_held(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        with_feed(store)
        poll(store, NOW, news=(new(1), new(2)))
        poll(store, NOW + QUARTER, "unchanged", status=304)
        poll(store, NOW + 2 * QUARTER, news=(new(3),))
        poll(store, NOW + 3 * QUARTER, news=(new(4),))
        poll(store, NOW + 5 * QUARTER, news=(new(5),))
        poll(store, NOW + 9 * QUARTER, news=(new(6, may_alert=False),))
        found = seen(store, NOW + DAY)
    assert found.since == NOW
    assert [(hour.before, hour.first, hour.last, hour.polls) for hour in found.fresh] == [
        (NOW + QUARTER, NOW + 2 * QUARTER, NOW + 3 * QUARTER, 2),
        (NOW + 3 * QUARTER, NOW + 5 * QUARTER, NOW + 5 * QUARTER, 1),
    ]
    assert found.last_new == NOW + 5 * QUARTER
    assert found.last_ok == found.last_change == NOW + 9 * QUARTER
    assert found.polls == 6


def test_an_outage_of_ours_is_noted_with_the_poll_that_ends_it(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        with_feed(store)
        for number in range(8):
            poll(store, NOW + number * QUARTER)
        back = NOW + 7 * QUARTER + 3 * DAY
        poll(store, back)
        (away,) = seen(store, back + DAY).blind
    assert away == (NOW + 8 * QUARTER, back)


def test_failures_are_no_observation_either(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        with_feed(store)
        for number in range(4):
            poll(store, NOW + number * QUARTER)
        for hour in (2, 4, 8):
            poll(store, NOW + timedelta(hours=hour), "failed", problem="timeout", status=None)
        poll(store, NOW + timedelta(hours=16))
        ((start, end),) = seen(store, NOW + DAY).blind
    assert (start, end) == (NOW + timedelta(hours=1), NOW + timedelta(hours=16))


def test_whoever_polls_once_a_night_is_not_blind_by_day() -> None:
    nights = [NOW + number * DAY for number in range(6, 0, -1)]
    assert blind_seconds(nights, QUARTER, NOW + 7 * DAY) == 0
    assert blind_seconds(nights, QUARTER, NOW + 9 * DAY) == 2 * 86_400
    assert blind_seconds((), QUARTER, NOW) == 0


def test_failures_in_a_row_are_counted_from_the_last_poll_that_worked(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        with_feed(store)
        poll(store, NOW, "failed", problem="timeout", status=None)
        poll(store, NOW + QUARTER)
        poll(store, NOW + 2 * QUARTER, "failed", problem="http-503", status=503)
        poll(store, NOW + 3 * QUARTER, "failed", problem="not-a-feed", status=None)
        failing = seen(store, NOW + DAY)
        poll(store, NOW + DAY)
        well = seen(store, NOW + 2 * DAY)
    assert (failing.problem, failing.failures, failing.not_feeds) == ("not-a-feed", 2, 1)
    assert failing.failing_since == NOW + 2 * QUARTER
    assert failing.last_ok == NOW + QUARTER
    assert (well.problem, well.failures, well.failing_since) == ("", 0, None)


def test_a_feed_that_never_worked_keeps_when_its_failures_began(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        with_feed(store)
        for number in range(3):
            poll(store, NOW + number * DAY, "failed", problem="http-404", status=404)
        found = seen(store, NOW + 3 * DAY)
    assert (found.since, found.last_ok, found.last_new) == (None, None, None)
    assert (found.failing_since, found.failures, found.status) == (NOW, 3, 404)


def test_answers_of_not_modified_are_counted_since_the_last_change(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        with_feed(store)
        poll(store, NOW)
        poll(store, NOW + QUARTER, "unchanged", status=304)
        poll(store, NOW + 2 * QUARTER)
        poll(store, NOW + 3 * QUARTER, "unchanged", status=304)
        poll(store, NOW + 4 * QUARTER, "unchanged", status=200)
        found = seen(store, NOW + DAY)
    assert found.last_change == NOW + 2 * QUARTER
    assert found.not_modified == 1


def test_documents_are_sampled_from_the_past_and_the_last_kept(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        with_feed(store)
        for day in range(70):
            poll(store, NOW + day * DAY, undated=20 if day > 66 else 0, wait=DAY)
        found = seen(store, NOW + 70 * DAY).specimens
    assert [one.at for one in found] == sorted(one.at for one in found)
    assert [one.undated for one in found[-4:]] == [0, 20, 20, 20]
    assert len(found) < 15
    assert found[-1].at - found[0].at >= timedelta(days=56)


def test_a_move_is_counted_while_it_says_the_same(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        with_feed(store)
        poll(store, NOW)
        for day in range(1, 4):
            poll(store, NOW + day * DAY, moved_to="https://new.example/feed")
        moved = seen(store, NOW + 4 * DAY)
        earlier = seen(store, NOW + 3 * DAY)
        poll(store, NOW + 5 * DAY, moved_to="https://other.example/feed")
        other = seen(store, NOW + 6 * DAY)
        poll(store, NOW + 7 * DAY)
        home = seen(store, NOW + 8 * DAY)
    assert (moved.moved_to, moved.moved_since, moved.moved_polls) == (
        "https://new.example/feed",
        NOW + DAY,
        3,
    )
    assert earlier.moved_polls == 2
    assert (other.moved_to, other.moved_polls) == ("https://other.example/feed", 1)
    assert (home.moved_to, home.moved_since, home.moved_polls) == ("", None, 0)


def test_the_condition_at_an_instant_is_the_same_whatever_happens_later(tmp_path: Path) -> None:
    judge = partial(health.judge, zone=ZONE)
    with open_store(tmp_path) as store:
        with_feed(store)
        number = 0
        for hour in range(24 * 30):
            number += 1
            poll(store, NOW + timedelta(hours=hour), news=(new(number),), wait=timedelta(hours=1))
        quiet = NOW + timedelta(days=30)
        for hour in range(24 * 3):
            poll(store, quiet + timedelta(hours=hour), "unchanged", status=304, wait=timedelta(hours=1))
        then = quiet + timedelta(hours=1), quiet + 2 * DAY
        before = [judge(seen(store, at), at) for at in then]
        back = quiet + timedelta(days=4)
        poll(store, back, news=(new(number + 1),), moved_to="https://new.example/feed")
        poll(store, back + DAY, "failed", problem="http-410", status=410)
        assert [judge(seen(store, at), at) for at in then] == before
        day = store.feed_health(then[1] - DAY, then[1], partial(judge, now=then[1]))
    assert [one.condition for one in before] == ["ok", "stale"]
    assert "about 24 times a day" in before[1].why
    assert [(one.state, one.condition, one.since) for one in day] == [
        ("silent", "stale", quiet - timedelta(hours=1))
    ]


def test_what_was_told_is_read_back_by_the_key_of_its_notice(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        feed = with_feed(store)
        assert told(store, feed.id) is None
        for number, condition in enumerate(("silent", "ok", "gone")):
            at = NOW + number * DAY
            what = Health(condition, health.coarse(condition), "why", at, condition != "ok", at)
            said = health.notice(feed, told(store, feed.id), what, at)
            assert said is not None
            assert store.tell(said, [], at)
            assert not store.tell(said, [], at)
        last = told(store, feed.id)
        assert told(store, feed.id * 10 + 1) is None
    assert last is not None
    assert (last.condition, last.at) == ("gone", NOW + 2 * DAY)


@given(st.lists(st.floats(60, 1e6), max_size=6).map(sorted), st.floats(60, 50_000), st.floats(60, 1_000_000))
def test_blindness_is_part_of_the_wait(earlier: list[float], planned: float, waited: float) -> None:
    good = [NOW - timedelta(seconds=seconds) for seconds in earlier]
    at = (good[0] if good else NOW) + timedelta(seconds=waited)
    blind = blind_seconds(good, timedelta(seconds=planned), at)
    assert 0 <= blind <= waited
    assert blind == 0 or waited > planned
