"""How long silence is normal for a feed."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import silence
from monitor.models import FreshHour
from monitor.sources import rhythm
from monitor.sources.rhythm import Rhythm

KARACHI = ZoneInfo("Asia/Karachi")
TEHRAN = ZoneInfo("Asia/Tehran")
MONDAY = datetime(2026, 1, 4, 19, tzinfo=UTC)  # midnight in Karachi
DAYS = 56
END = MONDAY + timedelta(days=DAYS)


def fresh(times: Iterable[datetime]) -> tuple[FreshHour, ...]:
    """Return hours with news as a poll every quarter of an hour would have found them."""
    return tuple(FreshHour(at - timedelta(minutes=15), at, at, 1) for at in times)


def office_hours(days: int = DAYS) -> tuple[FreshHour, ...]:
    """A feed with something new every hour from 9 to 17, Monday to Friday, give or take ten minutes."""
    chance = random.Random(1)
    return fresh(
        MONDAY + timedelta(days=day, hours=hour, minutes=chance.randrange(20))
        for day in range(days)
        if day % 7 < 5
        for hour in range(9, 17)
    )


def weekly(weeks: int) -> tuple[FreshHour, ...]:
    """A column on Tuesday mornings."""
    chance = random.Random(2)
    return fresh(
        MONDAY + timedelta(days=1 + 7 * week, hours=8 + 3 * chance.random()) for week in range(weeks)
    )


def learned(hours: tuple[FreshHour, ...], zone: ZoneInfo = KARACHI, until: datetime = END) -> Rhythm:
    found = rhythm.learn(hours, MONDAY, until, zone)
    assert found is not None
    return found


def local(day: int, hour: int) -> datetime:
    """Return an hour of the week after the ones learned from; day 0 is its Monday."""
    return END + timedelta(days=day, hours=hour)


def hours(span: timedelta) -> float:
    return span / timedelta(hours=1)


def test_a_weekend_is_no_silence_for_a_feed_that_publishes_on_weekdays() -> None:
    office = learned(office_hours())
    friday = local(4, 16)
    assert rhythm.silent_since(office, friday, local(7, 9)) is None
    assert rhythm.silent_since(office, friday, local(7, 16)) is not None


def test_a_gap_is_expected_to_be_long_before_a_weekend_and_short_at_noon() -> None:
    office = learned(office_hours())
    assert hours(rhythm.expected_gap(office, local(1, 10))) < 5
    assert 15 < hours(rhythm.expected_gap(office, local(1, 17))) < 20
    assert 63 < hours(rhythm.expected_gap(office, local(4, 17))) < 68


def test_a_busy_feed_is_missed_within_hours_and_a_weekly_one_within_weeks() -> None:
    busy = learned(fresh(MONDAY + timedelta(minutes=20 * number) for number in range(DAYS * 72)))
    assert rhythm.silent_since(busy, END, END + timedelta(hours=1)) is None
    assert rhythm.silent_since(busy, END, END + timedelta(hours=4)) is not None
    until = MONDAY + timedelta(weeks=12)
    column = learned(weekly(12), until=until)
    last = weekly(12)[-1].last
    assert rhythm.silent_since(column, last, last + timedelta(days=13)) is None
    assert rhythm.silent_since(column, last, last + timedelta(days=35)) is not None


def test_bursts_do_not_make_the_days_between_them_a_silence() -> None:
    chance = random.Random(3)
    times, at = [], MONDAY
    while (at := at + timedelta(days=chance.uniform(2, 6))) < END + timedelta(days=60):
        times += [at + timedelta(minutes=20 * number) for number in range(9)]
    burst = learned(fresh(times), until=END + timedelta(days=60))
    assert rhythm.silent_since(burst, times[-1], times[-1] + timedelta(days=8)) is None
    assert rhythm.silent_since(burst, times[-1], times[-1] + timedelta(days=28)) is not None


def test_with_too_little_to_learn_from_only_six_weeks_count_as_silence() -> None:
    assert rhythm.learn(weekly(5), MONDAY, MONDAY + timedelta(weeks=5), KARACHI) is None
    assert rhythm.learn(office_hours(7), MONDAY, MONDAY + timedelta(days=7), KARACHI) is None
    assert rhythm.silent_since(None, MONDAY, MONDAY + timedelta(days=41)) is None
    assert rhythm.silent_since(None, MONDAY, MONDAY + timedelta(days=43)) is not None
    away = [(MONDAY + timedelta(days=10), MONDAY + timedelta(days=20))]
    assert rhythm.silent_since(None, MONDAY, MONDAY + timedelta(days=43), away) is None


def test_when_nobody_was_looking_nothing_was_silent() -> None:
    office = learned(office_hours())
    last, off, on = local(0, 12), local(0, 13), local(3, 13)
    assert rhythm.silent_since(office, last, on) is not None
    assert rhythm.silent_since(office, last, on, [(off, on)]) is None
    assert rhythm.silent_since(office, last, on + timedelta(hours=3), [(off, on)]) is None
    assert rhythm.silent_since(office, last, on + timedelta(days=2), [(off, on)]) is not None


def test_our_own_outages_do_not_lengthen_what_is_expected() -> None:
    plain = learned(office_hours())
    off = (MONDAY + timedelta(days=21), MONDAY + timedelta(days=30))
    seen = tuple(hour for hour in office_hours() if not off[0] < hour.first < off[1])
    after = rhythm.learn(seen, MONDAY, END, KARACHI, [off])
    assert after is not None
    noon = local(1, 12)
    assert hours(rhythm.expected_gap(after, noon)) < 1.5 * hours(rhythm.expected_gap(plain, noon))


def test_one_long_outage_of_an_outlet_does_not_excuse_the_next() -> None:
    off = (MONDAY + timedelta(days=10), MONDAY + timedelta(days=24))
    seen = tuple(hour for hour in office_hours() if not off[0] < hour.first < off[1])
    assert rhythm.silent_since(learned(seen), local(0, 12), local(3, 12)) is not None


def test_a_feed_that_has_become_slower_is_given_more_time() -> None:
    hourly = [MONDAY + timedelta(hours=number) for number in range((DAYS - 10) * 24)]
    slow = [hourly[-1] + timedelta(hours=6 * number) for number in range(1, 40)]
    slower, before = learned(fresh(hourly + slow)), learned(fresh(hourly))
    assert rhythm.expected_gap(slower, END) > 2 * rhythm.expected_gap(before, END)


@pytest.mark.parametrize(
    ("hours_with_news", "weeks", "words"),
    [
        (office_hours(), 8, "about 8 times a day from Monday to Friday"),
        (weekly(12), 12, "about once a week"),
        (
            fresh(MONDAY + timedelta(days=day, hours=12) for day in range(56) if day % 7 != 4),
            8,
            "about once a day, hardly on Fridays",
        ),
    ],
)
def test_a_rhythm_is_said_in_words(hours_with_news: tuple[FreshHour, ...], weeks: int, words: str) -> None:
    assert rhythm.describe(learned(hours_with_news, until=MONDAY + timedelta(weeks=weeks))) == words


def test_the_next_look_comes_with_the_news() -> None:
    office = learned(office_hours())
    assert hours(rhythm.look_again(office, local(1, 11))) < 1
    assert 12 < hours(rhythm.look_again(office, local(1, 18))) < 16
    assert hours(rhythm.look_again(office, local(4, 18))) > 12


# --- for every feed -----------------------------------------------------------------------------

GAPS = st.lists(st.floats(0.3, 200), min_size=8, max_size=150)
ZONES = st.sampled_from([KARACHI, TEHRAN, ZoneInfo("Europe/London"), ZoneInfo("America/St_Johns")])


def arrivals(gaps: list[float]) -> list[datetime]:
    at = MONDAY
    return [at := at + timedelta(hours=gap) for gap in gaps]


def any_rhythm(gaps: list[float], zone: ZoneInfo) -> tuple[Rhythm | None, datetime]:
    times = arrivals(gaps)
    return rhythm.learn(fresh(times), MONDAY, times[-1], zone), times[-1]


@given(GAPS, ZONES)
def test_whatever_is_learned_is_sound(gaps: list[float], zone: ZoneInfo) -> None:
    found, last = any_rhythm(gaps, zone)
    if found is None:
        return
    assert all(earlier < later for earlier, later in pairwise(found.clock))
    assert found.usual >= 1
    assert found.alarm >= rhythm.ALARM
    assert 0.25 <= found.tempo <= 1
    assert timedelta() < rhythm.look_again(found, last) < rhythm.expected_gap(found, last)
    assert rhythm.describe(found)


@given(GAPS, ZONES, st.floats(0, 3000), st.floats(0, 3000))
def test_a_silence_only_grows(gaps: list[float], zone: ZoneInfo, one: float, other: float) -> None:
    found, last = any_rhythm(gaps, zone)
    sooner, later = sorted((one, other))
    early = rhythm.silent_since(found, last, last + timedelta(hours=sooner))
    late = rhythm.silent_since(found, last, last + timedelta(hours=later))
    assert early is None or (late is not None and late.gaps >= early.gaps)


@given(GAPS, ZONES, st.floats(0, 2000), st.floats(0, 1000), st.floats(0, 1000))
def test_what_was_not_watched_never_adds_to_a_silence(
    gaps: list[float], zone: ZoneInfo, until: float, start: float, length: float
) -> None:
    found, last = any_rhythm(gaps, zone)
    end = last + timedelta(hours=until)
    blind = (last + timedelta(hours=start), last + timedelta(hours=start + length))
    watched = rhythm.silent_since(found, last, end)
    unwatched = rhythm.silent_since(found, last, end, [blind])
    assert unwatched is None or (watched is not None and unwatched.gaps <= watched.gaps + 1e-6)


@given(GAPS, ZONES, st.integers(0, 700))
def test_an_expected_gap_is_far_from_an_alarm(gaps: list[float], zone: ZoneInfo, later: int) -> None:
    found, last = any_rhythm(gaps, zone)
    if found is None:
        return
    start = last + timedelta(hours=later)
    assert rhythm.silent_since(found, start, start + rhythm.expected_gap(found, start)) is None


def test_clocks_that_change_do_not_make_a_feed_silent() -> None:
    london = ZoneInfo("Europe/London")
    begin = date(2026, 2, 2)
    times = [
        datetime(day.year, day.month, day.day, hour, tzinfo=london).astimezone(UTC)
        for day in (begin + timedelta(days=number) for number in range(70))
        if day.weekday() < 5
        for hour in range(9, 17)
    ]  # clocks go forward on 29 March
    for here, following in pairwise(times):
        if here < times[100]:
            continue
        found = rhythm.learn(fresh(time for time in times if time <= here), times[0], here, london)
        assert found is not None
        assert rhythm.silent_since(found, here, following - timedelta(minutes=15)) is None


# --- a small run of the simulation --------------------------------------------------------------


def test_outlets_that_fall_silent_are_noticed_and_others_are_not() -> None:
    plan = silence.Plan(days=110, breaks=(85, 100), patience=40, seed=7)
    some = [outlet for outlet in silence.outlets(50) if outlet.number in {16, 19, 22, 25, 28}]
    seen = [silence.watch(outlet, plan) for outlet in some]
    found = [one for outlet in seen for one in outlet.found]
    assert len(found) == len(some) * len(silence.WAYS)
    assert all(one.condition for one in found)
    assert sum(one.gaps <= silence.WITHIN for one in found) >= len(found) - 2
    assert sum(one.condition in silence.TRUE_NAMES[one.way] for one in found) >= len(found) - 2
    assert sum(len(outlet.false_alarms) for outlet in seen) <= 1
