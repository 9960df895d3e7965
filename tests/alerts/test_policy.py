"""What is sent when: tables of fixed instants, and properties that hold for every outbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts import policy
from monitor.alerts.policy import UPDATE_GAP, after, due, quiet_until, route, trouble, updates
from monitor.models import (
    Alert,
    AlertState,
    Channel,
    ChannelState,
    Grade,
    Match,
    NewAlert,
    News,
    Outcome,
    Rule,
    Span,
    Takes,
    ToldBy,
)

KARACHI = ZoneInfo("Asia/Karachi")
BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 2, 2, 7, 0, tzinfo=UTC)  # 12:00 in Karachi
SLACK = Channel("slack", url="slack://x")
IDLE = ChannelState("slack")


def alert(number: int, story: int | None = None, **changes: object) -> Alert:
    base = Alert(
        id=number,
        key=f"{number:06x}",
        kind="story",
        story=number if story is None else story,
        rule="khan",
        channel="slack",
        state=AlertState.PENDING,
        attempts=0,
        created_at=NOON - timedelta(hours=1) + timedelta(seconds=number),
        next_at=NOON - timedelta(hours=1),
        sent_at=None,
        title=f"Headline {number}",
        url="https://news.example/1",
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def stories(count: int) -> list[Alert]:
    return [alert(number) for number in range(1, count + 1)]


def match(rule: str, grade: Grade) -> Match:
    return Match(rule, grade, (Span("title", 0, 4, "Khan"),))


# --- routing ------------------------------------------------------------------------------------

RULES = {
    "khan": Rule("khan", "The Khan", "khan", channels=("slack", "email")),
    "bla": Rule("bla", "BLA", "bla", channels=("email",), min_grade=Grade.STRONG),
    "quiet": Rule("quiet", "Digest only", "x", channels=()),
}
CHANNELS = {
    "slack": Channel("slack", url="slack://x"),
    "email": Channel("email", url="mailto://x"),
    "console": Channel("console", url="console://"),
}
OFF = {name: replace(CHANNELS[name], url="", missing=(name.upper(),)) for name in ("slack", "email")}


def test_route_sends_each_rule_to_each_of_its_channels() -> None:
    routed = route([match("khan", Grade.LIKELY), match("bla", Grade.STRONG)], RULES, CHANNELS, may_alert=True)
    assert routed == (NewAlert("khan", "slack"), NewAlert("khan", "email"), NewAlert("bla", "email"))


@pytest.mark.parametrize(
    ("rule", "grade", "count"),
    [
        ("khan", Grade.STRONG, 2),
        ("khan", Grade.LIKELY, 2),
        ("khan", Grade.CHECK, 0),
        ("bla", Grade.LIKELY, 0),
        ("quiet", Grade.STRONG, 0),
        ("unknown", Grade.STRONG, 0),
    ],
)
def test_route_leaves_lower_grades_to_the_digest(rule: str, grade: Grade, count: int) -> None:
    assert len(route([match(rule, grade)], RULES, CHANNELS, may_alert=True)) == count


def test_route_gives_the_console_what_a_channel_that_is_off_would_get_once() -> None:
    routed = route([match("khan", Grade.STRONG)], RULES, CHANNELS | OFF, may_alert=True)
    assert routed == (NewAlert("khan", "console", reason="slack is off: SLACK is not set"),)
    routed = route([match("khan", Grade.STRONG)], RULES, CHANNELS | {"email": OFF["email"]}, may_alert=True)
    assert [one.channel for one in routed] == ["slack", "console"]
    assert routed[1].reason == "email is off: EMAIL is not set"


@pytest.mark.parametrize(
    ("takes", "taken"),
    [
        (Takes(), True),
        (Takes(priority="high"), False),
        (Takes(priority="normal"), True),
        (Takes(grade=Grade.STRONG), False),
        (Takes(grade=Grade.LIKELY), True),
        (Takes(languages=("en", "fa")), False),
        (Takes(languages=("ur",)), True),
        (Takes(kinds=("state", "wire")), False),
        (Takes(kinds=("private",)), True),
    ],
)
def test_route_asks_what_a_channel_takes(takes: Takes, taken: bool) -> None:
    channels = CHANNELS | {"email": replace(CHANNELS["email"], takes=takes)}
    routed = route(
        [match("khan", Grade.LIKELY)], RULES, channels, language="ur-PK", kind="private", may_alert=True
    )
    assert [one.channel for one in routed] == ["slack", *(["email"] if taken else [])]


def test_an_article_of_unknown_language_is_taken() -> None:
    channels = CHANNELS | {"email": replace(CHANNELS["email"], takes=Takes(languages=("ur",)))}
    assert len(route([match("khan", Grade.STRONG)], RULES, channels, may_alert=True)) == 2


def test_what_a_channel_that_is_off_would_not_take_goes_nowhere() -> None:
    channels = CHANNELS | {"email": replace(OFF["email"], takes=Takes(grade=Grade.STRONG))}
    routed = route([match("khan", Grade.LIKELY)], RULES, channels, may_alert=True)
    assert [one.channel for one in routed] == ["slack"]


# --- updates ------------------------------------------------------------------------------------

TOLD = (ToldBy("khan", "slack", NOON), ToldBy("khan", "email", None), ToldBy("bla", "email", NOON))
NEWS = (News("side", "official"), News("figure", "7"), News("origin", "The Herald"))


def test_a_rule_says_which_news_it_wants_updates_for() -> None:
    assert updates(NEWS, TOLD, RULES, CHANNELS) == ()
    wanted = RULES | {"khan": replace(RULES["khan"], updates=("side", "figure"))}
    assert updates(NEWS, TOLD, wanted, CHANNELS) == (
        NewAlert(
            "khan",
            "slack",
            body="another side is quoted: official\nanother figure in a headline: 7",
            not_before=NOON + UPDATE_GAP,
        ),
        NewAlert("khan", "email", body="another side is quoted: official\nanother figure in a headline: 7"),
    )
    assert updates((News("place", "Panjgur"),), TOLD, wanted, CHANNELS) == ()


def test_updates_keep_to_what_a_channel_takes() -> None:
    wanted = RULES | {"khan": replace(RULES["khan"], updates=("side",))}
    channels = CHANNELS | {"email": replace(CHANNELS["email"], takes=Takes(languages=("fa",)))}
    told = updates(NEWS, TOLD, wanted, channels, language="ur")
    assert [one.channel for one in told] == ["slack"]


def test_updates_of_a_story_share_its_message() -> None:
    rows = [alert(1, 5, kind="update"), alert(2, 5), alert(3, 6, kind="update")]
    assert due(SLACK, IDLE, rows, KARACHI, NOON).batches == ((1, 2), (3,))


def test_route_holds_what_a_guard_forbids_and_says_why() -> None:
    routed = route([match("bla", Grade.STRONG)], RULES, CHANNELS, may_alert=False, why_not="first poll")
    assert routed == (NewAlert("bla", "email", AlertState.HELD, "first poll"),)


def test_route_makes_one_alert_of_a_rule_that_matched_twice() -> None:
    twice = [match("bla", Grade.STRONG), match("bla", Grade.STRONG)]
    assert len(route(twice, RULES, CHANNELS, may_alert=True)) == 1


# --- quiet hours --------------------------------------------------------------------------------


def local(zone: ZoneInfo, text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("quiet", "now", "ends"),
    [
        (("22:00", "07:00"), "2026-02-02T21:59:59", None),
        (("22:00", "07:00"), "2026-02-02T22:00", "2026-02-03T07:00"),
        (("22:00", "07:00"), "2026-02-03T00:00", "2026-02-03T07:00"),
        (("22:00", "07:00"), "2026-02-03T06:59:59", "2026-02-03T07:00"),
        (("22:00", "07:00"), "2026-02-03T07:00", None),
        (("13:00", "14:30"), "2026-02-02T13:30", "2026-02-02T14:30"),
        (("13:00", "14:30"), "2026-02-02T14:30", None),
        (None, "2026-02-02T23:00", None),
    ],
)
def test_quiet_hours_end_at_local_time(quiet: tuple[str, str] | None, now: str, ends: str | None) -> None:
    channel = replace(SLACK, quiet=quiet)
    expected = None if ends is None else local(KARACHI, ends)
    assert quiet_until(channel, KARACHI, local(KARACHI, now)) == expected


def test_quiet_hours_last_an_hour_less_or_more_when_clocks_change() -> None:
    channel = replace(SLACK, quiet=("22:00", "07:00"))
    spring, autumn = local(BERLIN, "2026-03-28T22:00"), local(BERLIN, "2026-10-24T22:00")
    assert quiet_until(channel, BERLIN, spring) == spring + timedelta(hours=8)
    assert quiet_until(channel, BERLIN, autumn) == autumn + timedelta(hours=10)


def test_quiet_hours_that_end_inside_a_clock_change_end_once() -> None:
    channel = replace(SLACK, quiet=("22:00", "02:30"))
    first, second = local(BERLIN, "2026-10-25T02:30"), local(BERLIN, "2026-10-25T02:15", fold=1)
    assert quiet_until(channel, BERLIN, first - timedelta(minutes=1)) == first
    assert quiet_until(channel, BERLIN, first) is None
    assert quiet_until(channel, BERLIN, second) is None
    skipped = local(BERLIN, "2026-03-29T01:59")
    ends = quiet_until(channel, BERLIN, skipped)
    assert ends is not None
    assert quiet_until(channel, BERLIN, ends) is None
    assert ends - skipped <= timedelta(minutes=31)


clock = st.times().map(lambda at: f"{at:%H:%M}")
instants = st.integers(0, 15 * 366 * 86_400).map(
    lambda seconds: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
zones = st.sampled_from(
    [ZoneInfo(name) for name in ("Asia/Karachi", "Asia/Tehran", "Europe/Berlin", "America/New_York", "UTC")]
)


@given(st.tuples(clock, clock).filter(lambda pair: pair[0] != pair[1]), zones, instants)
def test_quiet_hours_always_end_ahead_within_a_day_and_are_over_then(
    quiet: tuple[str, str], zone: ZoneInfo, now: datetime
) -> None:
    channel = replace(SLACK, quiet=quiet)
    ends = quiet_until(channel, zone, now)
    if ends is None:
        return
    assert now < ends <= now + timedelta(hours=25)
    assert quiet_until(channel, zone, ends) is None
    halfway = now + (ends - now) / 2
    assert quiet_until(channel, zone, halfway) == ends


def test_quiet_hours_hold_what_is_due() -> None:
    channel = replace(SLACK, quiet=("11:00", "13:00"))
    plan = due(channel, IDLE, stories(1), KARACHI, NOON)
    assert (plan.batches, plan.quiet) == ((), True)
    assert plan.not_before == NOON + timedelta(hours=1)
    assert due(channel, IDLE, stories(1), KARACHI, NOON + timedelta(hours=1)).batches == ((1,),)


# --- when ---------------------------------------------------------------------------------------


def test_without_a_batch_time_each_story_has_its_own_message() -> None:
    assert due(SLACK, IDLE, stories(3), KARACHI, NOON).batches == ((1,), (2,), (3,))


def test_the_rules_of_one_story_stand_together() -> None:
    rows = [alert(1, story=9), alert(2, story=8), alert(3, story=9, rule="bla")]
    assert due(SLACK, IDLE, rows, KARACHI, NOON).batches == ((1, 3), (2,))


def test_high_priority_goes_first() -> None:
    rules = {"bla": Rule("bla", "BLA", "bla", priority="high"), "low": Rule("low", "", "", priority="low")}
    rows = [alert(1, rule="low"), alert(2), alert(3, rule="bla"), alert(4, story=1, rule="bla")]
    assert due(SLACK, IDLE, rows, KARACHI, NOON, rules=rules).batches == ((1, 4), (3,), (2,))


def test_more_than_ten_stories_share_messages() -> None:
    assert len(due(SLACK, IDLE, stories(10), KARACHI, NOON).batches) == 10
    plan = due(SLACK, IDLE, stories(11), KARACHI, NOON)
    assert plan.batches == (tuple(range(1, 12)),)
    plan = due(SLACK, IDLE, stories(50), KARACHI, NOON)
    assert [len(batch) for batch in plan.batches] == [20, 20, 10]
    assert plan.not_before is None


def test_after_five_full_messages_they_come_one_at_a_time() -> None:
    plan = due(SLACK, IDLE, stories(500), KARACHI, NOON)
    assert [len(batch) for batch in plan.batches] == [20] * 5
    assert plan.not_before == NOON + timedelta(minutes=2)
    sent = replace(IDLE, sent_last_hour=5, last_sent=NOON)
    assert due(SLACK, sent, stories(400), KARACHI, NOON + timedelta(seconds=119)).batches == ()
    plan = due(SLACK, sent, stories(400), KARACHI, NOON + timedelta(minutes=2))
    assert plan.batches == (tuple(range(1, 21)),)


def test_ten_single_messages_an_hour_and_then_they_gather() -> None:
    state = replace(IDLE, sent_last_hour=9, last_sent=NOON - timedelta(minutes=5))
    assert due(SLACK, state, stories(1), KARACHI, NOON).batches == ((1,),)
    assert due(SLACK, state, stories(2), KARACHI, NOON).batches == ((1, 2),)
    busy = replace(state, last_sent=NOON - timedelta(seconds=20))
    plan = due(SLACK, busy, stories(2), KARACHI, NOON)
    assert (plan.batches, plan.not_before) == ((), NOON + timedelta(seconds=100))


@pytest.mark.parametrize(
    ("since_last", "count", "expected"),
    [
        (None, 1, "now"),  # the first after a silence goes at once
        (601, 3, "now"),
        (600, 3, "now"),
        (599, 3, "later"),
        (0, 1, "later"),
        (61, 20, "now"),  # a full message does not wait
        (1, 20, "now"),
    ],
)
def test_a_batch_time_gathers_from_its_leading_edge(
    since_last: int | None, count: int, expected: str
) -> None:
    channel = replace(SLACK, batch_s=600)
    last = None if since_last is None else NOON - timedelta(seconds=since_last)
    plan = due(channel, replace(IDLE, last_sent=last), stories(count), KARACHI, NOON)
    if expected == "now":
        assert plan.batches == (tuple(range(1, count + 1)),)
    else:
        assert plan.batches == ()
        assert last is not None
        assert plan.not_before == last + timedelta(seconds=600)


def test_the_hourly_limit_is_kept() -> None:
    channel = replace(SLACK, per_hour=4)
    plan = due(channel, replace(IDLE, sent_last_hour=4), stories(1), KARACHI, NOON)
    assert (plan.batches, plan.reason) == ((), "the hourly limit is reached")
    assert plan.not_before == NOON + timedelta(minutes=15)
    plan = due(channel, replace(IDLE, sent_last_hour=2), stories(2), KARACHI, NOON)
    assert plan.batches == ((1,), (2,))
    plan = due(channel, replace(IDLE, sent_last_hour=3), stories(5), KARACHI, NOON)
    assert plan.batches == ((1, 2, 3, 4, 5),)


def test_nothing_is_tried_before_the_back_off_ends_and_then_one_message() -> None:
    state = replace(IDLE, failures=5, retry_at=NOON + timedelta(minutes=10))
    plan = due(SLACK, state, stories(3), KARACHI, NOON)
    assert (plan.batches, plan.not_before) == ((), NOON + timedelta(minutes=10))
    for count in (3, 30):
        plan = due(SLACK, state, stories(count), KARACHI, NOON + timedelta(minutes=10))
        assert len(plan.batches) == 1


def test_notices_and_digests_are_messages_of_their_own_and_go_first() -> None:
    rows = [alert(1), alert(2, kind="notice", story=None), alert(3, kind="digest", story=None)]
    rows = [replace(row, story=None) if row.kind != "story" else row for row in rows]
    assert due(replace(SLACK, batch_s=600), IDLE, rows, KARACHI, NOON).batches == ((2,), (3,), (1,))


def test_an_off_channel_sends_nothing_and_says_why() -> None:
    plan = due(OFF["slack"], IDLE, stories(1), KARACHI, NOON)
    assert (plan.batches, plan.reason) == ((), "slack is off: SLACK is not set")


def test_a_clock_that_was_wrong_does_not_silence_a_channel() -> None:
    future = NOON + timedelta(days=400)
    state = replace(IDLE, retry_at=future, last_sent=future, failures=1)
    assert due(replace(SLACK, batch_s=3600), state, stories(1), KARACHI, NOON).batches == ((1,),)


def test_a_guards_hold_has_no_end_and_quiet_hours_do() -> None:
    guarded = alert(1, state=AlertState.HELD, next_at=None)
    over = alert(2, state=AlertState.HELD, next_at=NOON)
    still = alert(3, state=AlertState.HELD, next_at=NOON + timedelta(hours=1))
    assert due(SLACK, IDLE, [guarded, over, still], KARACHI, NOON).batches == ((2,),)
    assert due(SLACK, IDLE, [guarded, still], KARACHI, NOON).not_before == still.next_at
    assert due(SLACK, IDLE, [guarded], KARACHI, NOON).not_before is None


def test_a_day_down_and_500_matches_come_back_in_few_messages() -> None:
    """The figure of the design: at most 12 messages in the first ten minutes, and nothing lost."""
    rows = {row.id: row for row in stories(500)}
    state = replace(
        IDLE,
        failures=30,
        retry_at=NOON,
        last_sent=NOON - timedelta(days=1),
        down_since=NOON - timedelta(days=1),
    )
    sent: list[datetime] = []
    now = NOON
    while rows:
        plan = due(SLACK, state, list(rows.values()), KARACHI, now)
        for batch in plan.batches:
            state = after(Outcome("ok"), [rows[number] for number in batch], state, now, 0.5).channel
            sent.append(now)
            for number in batch:
                del rows[number]
        state = replace(state, sent_last_hour=sum(at > now - timedelta(hours=1) for at in sent))
        now += timedelta(seconds=10)
    assert sum(at < NOON + timedelta(minutes=10) for at in sent) <= 12
    assert len(sent) <= 40


# --- properties ---------------------------------------------------------------------------------

offsets = st.one_of(st.none(), st.integers(-200_000, 200_000).map(lambda s: NOON + timedelta(seconds=s)))


@st.composite
def outboxes(draw: st.DrawFn) -> list[Alert]:
    rows = []
    for number in range(1, draw(st.integers(0, 45)) + 1):
        kind = draw(st.sampled_from(["story", "story", "story", "story", "notice"]))
        row = alert(
            number,
            story=draw(st.integers(1, 30)),
            kind=kind,
            rule=draw(st.sampled_from(["khan", "bla"])),
            state=draw(st.sampled_from(list(AlertState))),
            next_at=draw(offsets),
        )
        rows.append(row if kind == "story" else replace(row, story=None))
    return draw(st.permutations(rows))


channels = st.builds(
    Channel,
    name=st.just("slack"),
    url=st.just("slack://x"),
    quiet=st.one_of(st.none(), st.just(("22:00", "07:00"))),
    batch_s=st.sampled_from([0, 60, 600, 3600]),
    per_hour=st.one_of(st.none(), st.integers(1, 40)),
)
states = st.builds(
    ChannelState,
    name=st.just("slack"),
    failures=st.one_of(st.just(0), st.integers(0, 40)),
    retry_at=offsets,
    last_sent=offsets,
    sent_last_hour=st.one_of(st.just(0), st.integers(0, 40)),
)


@given(
    channels, states, outboxes(), st.integers(-150_000, 150_000).map(lambda s: NOON + timedelta(seconds=s))
)
def test_a_plan_sends_each_due_alert_at_most_once_and_breaks_no_rule(
    channel: Channel, state: ChannelState, rows: Sequence[Alert], now: datetime
) -> None:
    plan = due(channel, state, rows, KARACHI, now, rules=RULES)
    planned = [number for batch in plan.batches for number in batch]
    by_id = {row.id: row for row in rows}
    assert len(planned) == len(set(planned))
    assert all(plan.batches)
    for number in planned:
        row = by_id[number]
        assert row.state in (AlertState.PENDING, AlertState.HELD)
        assert not (row.state is AlertState.HELD and row.next_at is None)
    for batch in plan.batches:
        assert len({by_id[number].story for number in batch}) <= policy.ITEMS_PER_MESSAGE
    places: dict[int, set[int]] = {}
    for place, batch in enumerate(plan.batches):
        for number in batch:
            if (story := by_id[number].story) is not None:
                places.setdefault(story, set()).add(place)
    assert all(len(where) == 1 for where in places.values())
    if plan.batches:
        assert quiet_until(channel, KARACHI, now) is None
        assert state.failures == 0 or len(plan.batches) == 1
        if channel.per_hour is not None:
            assert state.sent_last_hour + len(plan.batches) <= channel.per_hour
    if plan.not_before is not None:
        assert plan.not_before >= now
    assert plan.quiet == (plan.reason == "quiet hours")


@given(channels, outboxes(), st.integers(0, 3))
def test_everything_due_is_sent_in_the_end(channel: Channel, rows: Sequence[Alert], failures: int) -> None:
    """However a channel is set, following its plans empties the outbox, and no plan says to wait for ever."""
    left = {row.id: row for row in rows}
    mortal = {
        row.id
        for row in rows
        if row.state is AlertState.PENDING or (row.state is AlertState.HELD and row.next_at is not None)
    }
    state, now, sent = replace(IDLE, failures=failures), NOON, list[datetime]()
    for _ in range(20_000):
        plan = due(channel, state, list(left.values()), KARACHI, now, rules=RULES)
        for batch in plan.batches:
            state = after(Outcome("ok"), [left[number] for number in batch], state, now, 0.5).channel
            sent.append(now)
            for number in batch:
                del left[number]
        if not mortal & left.keys():
            break
        if not plan.batches:
            assert plan.not_before is not None
            assert plan.not_before > now
            now = plan.not_before
        recent = sum(now - at < timedelta(hours=1) for at in sent)
        state = replace(state, sent_last_hour=recent)
    assert not mortal & left.keys()
    assert len(sent) <= len(mortal)


# --- afterwards ---------------------------------------------------------------------------------


def test_success_forgets_every_failure() -> None:
    state = replace(IDLE, failures=7, retry_at=NOON, down_since=NOON - timedelta(hours=2), sent_last_hour=3)
    settled = after(Outcome("ok"), [alert(1), alert(2)], state, NOON, 0.5)
    assert settled.alerts == {1: (AlertState.SENT, None), 2: (AlertState.SENT, None)}
    assert settled.channel == ChannelState("slack", last_sent=NOON, sent_last_hour=4)
    assert not settled.possible_repeat


@pytest.mark.parametrize(
    ("failures", "jitter", "seconds"),
    [(0, 1.0, 30), (1, 1.0, 60), (2, 1.0, 120), (6, 1.0, 1920), (7, 1.0, 3600), (60, 1.0, 3600),
     (3, 0.5, 120), (3, 0.0, 1)],
)  # fmt: skip
def test_back_off_doubles_to_an_hour_with_full_jitter(failures: int, jitter: float, seconds: int) -> None:
    settled = after(Outcome("failed"), [alert(1)], replace(IDLE, failures=failures), NOON, jitter)
    retry = NOON + timedelta(seconds=seconds)
    assert settled.alerts == {1: (AlertState.PENDING, retry)}
    assert (settled.channel.failures, settled.channel.retry_at) == (failures + 1, retry)
    assert settled.channel.down_since == NOON
    assert not settled.possible_repeat


def test_an_unknown_outcome_may_be_repeated_and_says_so() -> None:
    settled = after(Outcome("unknown"), [alert(1)], IDLE, NOON, 0.5)
    assert settled.possible_repeat
    assert settled.alerts[1][0] is AlertState.PENDING


def test_an_alert_dies_after_seven_days_or_at_a_permanent_error() -> None:
    old, young = alert(1, created_at=NOON - timedelta(days=7)), alert(2)
    settled = after(Outcome("failed"), [old, young], IDLE, NOON, 1.0)
    assert settled.alerts[1] == (AlertState.DEAD, None)
    assert settled.alerts[2][0] is AlertState.PENDING
    settled = after(Outcome("permanent"), [young], IDLE, NOON, 1.0)
    assert settled.alerts == {2: (AlertState.DEAD, None)}
    assert settled.channel == IDLE


# --- what others are told of a channel ----------------------------------------------------------


def test_a_channel_that_is_down_for_an_hour_is_told_of_once() -> None:
    rows, state, keys = [alert(1)], IDLE, set[str]()
    for minutes in range(0, 180, 10):
        now = NOON + timedelta(minutes=minutes)
        settled = after(Outcome("failed", "no answer"), rows, state, now, 0.5)
        state, told = settled.channel, trouble(settled, Outcome("failed", "no answer"), now)
        assert (told is None) == (minutes < 60)
        if told:
            keys.add(told.key)
            assert told.subject == "Channel slack has not delivered since 2026-02-02 07:00 UTC"
    assert len(keys) == 1


def test_an_alert_that_is_given_up_is_told_of() -> None:
    outcome = Outcome("permanent", "404 no_service")
    told = trouble(after(outcome, [alert(1), alert(2)], IDLE, NOON, 0.5), outcome, NOON)
    assert told is not None
    assert told.subject == "Channel slack refuses alerts"
    assert told.text.startswith("2 alerts are given up: 404 no_service. ")


def test_of_a_channel_that_works_nothing_is_told() -> None:
    outcome = Outcome("ok")
    assert trouble(after(outcome, [alert(1)], IDLE, NOON, 0.5), outcome, NOON) is None
