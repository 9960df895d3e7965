"""Decide who is told, when, and what a failed delivery means. Pure: `now` is always an argument.

The rules of delivery, in the order in which they are asked:
  back-off       after a failure nothing until `retry_at`, then one message alone, until one succeeds
  quiet hours    what is due waits for their end; nothing is judged differently because of them
  hourly limit   never more than `per_hour` messages in an hour
  gathering      with a batch time, the first alert after a silence goes at once and what follows waits
                 until that long after the last message, or until there is enough to fill one
  one by one     without a batch time each story has its own message, ten an hour; beyond that, stories
                 share messages of up to twenty: five at once, then one every two minutes
One story's alerts are never parted, and stories of high priority come first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from monitor.models import (
    Alert,
    AlertState,
    Channel,
    ChannelState,
    Match,
    NewAlert,
    News,
    Notice,
    Outcome,
    Rule,
    Takes,
    ToldBy,
)

CONSOLE = "console"
ITEMS_PER_MESSAGE = 20
SINGLES_PER_HOUR = 10
FULL_MESSAGES_AT_ONCE = 5  # in an hour; what a day's outage leaves comes after that, a message at a time
FULL_MESSAGE_GAP = timedelta(minutes=2)
FIRST_RETRY = timedelta(seconds=30)
LAST_RETRY = timedelta(hours=1)
UPDATE_GAP = timedelta(hours=1)  # between messages on one story
DOWN_FOR_LONG = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=7)
_HOUR = timedelta(hours=1)
_PRIORITIES = {"high": 0, "normal": 1, "low": 2}
_NEW = {
    "side": "another side is quoted",
    "origin": "another origin",
    "place": "another place in a headline",
    "figure": "another figure in a headline",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send on a channel now: one tuple of alert ids for each message."""

    batches: tuple[tuple[int, ...], ...] = ()
    not_before: datetime | None = None  # when it is worth asking again for what stays behind
    reason: str = ""  # why something stays behind
    quiet: bool = False  # it is quiet hours that hold it


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a delivery's outcome means for its alerts and its channel."""

    alerts: Mapping[int, tuple[AlertState, datetime | None]]  # id -> state, next try
    channel: ChannelState
    possible_repeat: bool  # the next try may deliver the same thing again


def route(
    matches: Sequence[Match],
    rules: Mapping[str, Rule],
    channels: Mapping[str, Channel],
    *,
    language: str = "",
    kind: str = "",
    may_alert: bool,
    why_not: str = "",
) -> tuple[NewAlert, ...]:
    """Return the alerts an article's matches call for, at most one per rule and channel.

    A match below its rule's min_grade calls for none, nor does one that the channel does not take: `language` is
    the article's (an unknown one is always taken), `kind` its outlet's. What was meant for a channel that is off
    goes to the console. With may_alert False every alert is held, and why_not says why.
    """
    alerts: dict[tuple[str, str], NewAlert] = {}
    for match in matches:
        rule = rules.get(match.rule)
        if rule is None or match.grade.rank < rule.min_grade.rank:
            continue
        for name in rule.channels:
            if name in channels and not _takes(channels[name].takes, rule, match, language, kind):
                continue
            target, reason = _target(name, channels)
            state = AlertState.PENDING
            if not may_alert:
                state, reason = AlertState.HELD, why_not
            alerts.setdefault((rule.id, target), NewAlert(rule.id, target, state, reason))
    return tuple(alerts.values())


def updates(
    news: Sequence[News],
    told: Sequence[ToldBy],
    rules: Mapping[str, Rule],
    channels: Mapping[str, Channel],
    *,
    language: str = "",
    kind: str = "",
) -> tuple[NewAlert, ...]:
    """Return the updates that news of a story calls for, where it was `told` before.

    A rule names the kinds of news it wants updates for; `language` and `kind` are of the article that has it.
    A channel has one update of a story an hour.
    """
    found = []
    for one in told:
        rule, channel = rules.get(one.rule), channels.get(one.channel)
        if rule is None or channel is None or not _reads(channel.takes, language, kind):
            continue
        if _PRIORITIES[rule.priority] > _PRIORITIES[channel.takes.priority]:
            continue
        if one.channel not in {*rule.channels, CONSOLE}:  # the console stands in for channels that are off
            continue
        wanted = [f"{_NEW[item.kind]}: {item.what}" for item in news if item.kind in rule.updates]
        if wanted:
            not_before = one.last + UPDATE_GAP if one.last else None
            found.append(NewAlert(one.rule, one.channel, body="\n".join(wanted), not_before=not_before))
    return tuple(found)


def _takes(takes: Takes, rule: Rule, match: Match, language: str, kind: str) -> bool:
    return (
        _PRIORITIES[rule.priority] <= _PRIORITIES[takes.priority]
        and match.grade.rank >= takes.grade.rank
        and _reads(takes, language, kind)
    )


def _reads(takes: Takes, language: str, kind: str) -> bool:
    known = language.partition("-")[0]
    return (not takes.languages or not known or known in takes.languages) and (
        not takes.kinds or kind in takes.kinds
    )


def _target(name: str, channels: Mapping[str, Channel]) -> tuple[str, str]:
    channel = channels.get(name)
    if channel is None:
        return CONSOLE, f"no channel is called {name}"
    if channel.off:
        return CONSOLE, _off(channel)
    return name, ""


def _off(channel: Channel) -> str:
    verb = "is" if len(channel.missing) == 1 else "are"
    return f"{channel.name} is off: {', '.join(channel.missing)} {verb} not set"


def quiet_until(channel: Channel, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return the instant (UTC) at which the channel's present quiet hours end; None outside of them.

    Each night is one stretch of instants, so a clock change inside it lengthens or shortens it and never
    begins it twice. A local time that a change skips means the instant that far past the change.
    """
    if channel.quiet is None:
        return None
    start, end = (time.fromisoformat(text.zfill(5)) for text in channel.quiet)
    today = now.astimezone(zone).date()
    for day in (today - timedelta(days=1), today):
        last_day = day if start < end else day + timedelta(days=1)
        begins = datetime.combine(day, start, zone).astimezone(UTC)
        ends = datetime.combine(last_day, end, zone).astimezone(UTC)
        if begins <= now < ends:
            return ends
    return None


def due(
    channel: Channel,
    state: ChannelState,
    alerts: Sequence[Alert],
    zone: ZoneInfo,
    now: datetime,
    *,
    rules: Mapping[str, Rule] | None = None,
) -> Plan:
    """Decide what to send on a channel now.

    `alerts` may hold rows of any state: those a guard holds, those being sent and those done are passed over.
    `rules` gives the priorities. At most one plan's batches may be under way on a channel at a time.
    """
    stories, others = _waiting(alerts, rules or {}, now)
    if not stories and not others:
        return Plan(not_before=min((at for alert in alerts if (at := _next_try(alert, now))), default=None))
    if channel.off:
        return Plan(reason=_off(channel))
    if retry_at := _within(state.retry_at, now, LAST_RETRY):
        tries = "1 failure" if state.failures == 1 else f"{state.failures} failures in a row"
        return Plan(not_before=retry_at, reason=f"waiting after {tries}")
    if ends := quiet_until(channel, zone, now):
        return Plan(not_before=ends, reason="quiet hours", quiet=True)
    room = len(others) + len(stories)
    if channel.per_hour is not None:
        room = channel.per_hour - state.sent_last_hour
        if room <= 0:
            return Plan(
                not_before=now + _HOUR / max(channel.per_hour, 1), reason="the hourly limit is reached"
            )
    if state.failures:
        room = 1
    plan = _stories(channel, state, stories, now, room - len(others))
    batches = (*others, *plan.batches)
    if len(batches) > room:
        return Plan(batches[:room], now, "the rest follows")
    return replace(plan, batches=batches)


def _stories(
    channel: Channel, state: ChannelState, stories: Sequence[tuple[int, ...]], now: datetime, room: int
) -> Plan:
    """Plan the messages about stories, given room for so many of them."""
    gather = timedelta(seconds=channel.batch_s)
    if not stories or room <= 0:
        return Plan(not_before=now if stories else None, reason="the rest follows" if stories else "")
    if not gather and len(stories) <= min(room, SINGLES_PER_HOUR - state.sent_last_hour):
        return Plan(tuple(stories))
    full = len(stories) >= ITEMS_PER_MESSAGE
    if gather and not full:
        if until := _after_last(state, gather, now):
            return Plan(not_before=until, reason="gathering what belongs in one message")
        return Plan((tuple(alert for story in stories for alert in story),))
    count = min(room, FULL_MESSAGES_AT_ONCE - state.sent_last_hour)
    if count <= 0:
        if until := _after_last(state, FULL_MESSAGE_GAP, now):
            return Plan(not_before=until, reason="many stories wait; they come a message at a time")
        count = 1
    runs = [stories[at : at + ITEMS_PER_MESSAGE] for at in range(0, len(stories), ITEMS_PER_MESSAGE)]
    batches = tuple(tuple(alert for story in run for alert in story) for run in runs[:count])
    if len(runs) <= count:
        return Plan(batches)
    return Plan(batches, now + FULL_MESSAGE_GAP, "many stories wait; they come a message at a time")


def _after_last(state: ChannelState, gap: timedelta, now: datetime) -> datetime | None:
    """Return the instant that far after the last message, when it is still ahead."""
    # A last_sent in the future is a clock that was wrong, and must not silence the channel.
    if state.last_sent is not None and state.last_sent <= now < state.last_sent + gap:
        return state.last_sent + gap
    return None


def _waiting(
    alerts: Sequence[Alert], rules: Mapping[str, Rule], now: datetime
) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """Return the alerts that are due, grouped by story, and the messages that are about no story."""
    stories: dict[int, list[Alert]] = {}
    others: list[tuple[int, ...]] = []
    for alert in sorted(alerts, key=lambda row: (row.created_at, row.id)):
        if not _may_go(alert):
            continue
        if alert.story is not None:
            stories.setdefault(alert.story, []).append(alert)
        elif _next_try(alert, now) is None:
            others.append((alert.id,))
    ready = [group for group in stories.values() if any(_next_try(alert, now) is None for alert in group)]
    ready.sort(key=lambda group: min(_priority(alert, rules) for alert in group))
    return [tuple(alert.id for alert in group) for group in ready], others


def _may_go(alert: Alert) -> bool:
    # A hold with an end is quiet hours; one without is a guard's, and only a later article releases it.
    return alert.state is AlertState.PENDING or (alert.state is AlertState.HELD and alert.next_at is not None)


def _next_try(alert: Alert, now: datetime) -> datetime | None:
    """Return the instant an alert waits for, None when it is due or waits for no instant."""
    return alert.next_at if _may_go(alert) and alert.next_at is not None and alert.next_at > now else None


def _priority(alert: Alert, rules: Mapping[str, Rule]) -> int:
    rule = rules.get(alert.rule)
    return _PRIORITIES.get(rule.priority if rule else "normal", 1)


def _within(at: datetime | None, now: datetime, horizon: timedelta) -> datetime | None:
    """Return an instant ahead of now; None when it is past, or so far ahead that a clock was wrong."""
    return at if at is not None and now < at <= now + horizon else None


def after(
    outcome: Outcome, alerts: Collection[Alert], state: ChannelState, now: datetime, jitter: float
) -> Settlement:
    """Say what a delivery's outcome means.

    The alerts are those of one message. After a failure the channel waits 30 s doubled with each failure in a
    row, an hour at most, times `jitter` in [0, 1) (full jitter), and a second at least. An alert older than
    seven days dies at its next failure; a permanent error kills its message and says nothing of the channel.
    """
    if outcome.kind == "ok":
        sent = replace(
            state,
            failures=0,
            retry_at=None,
            last_sent=now,
            sent_last_hour=state.sent_last_hour + 1,
            down_since=None,
        )
        return Settlement(
            {alert.id: (AlertState.SENT, None) for alert in alerts}, sent, possible_repeat=False
        )
    if outcome.kind == "permanent":
        return Settlement(
            {alert.id: (AlertState.DEAD, None) for alert in alerts}, state, possible_repeat=False
        )
    longest = min(FIRST_RETRY * 2 ** min(state.failures, 20), LAST_RETRY)
    retry_at = now + max(longest * jitter, timedelta(seconds=1))
    down = replace(state, failures=state.failures + 1, retry_at=retry_at, down_since=state.down_since or now)
    fates: dict[int, tuple[AlertState, datetime | None]] = {
        alert.id: (AlertState.DEAD, None)
        if now - alert.created_at >= GIVE_UP_AFTER
        else (AlertState.PENDING, retry_at)
        for alert in alerts
    }
    return Settlement(fates, down, possible_repeat=outcome.kind == "unknown")


def trouble(settled: Settlement, outcome: Outcome, now: datetime) -> Notice | None:
    """Say what others should be told of a channel after a delivery: that it is down for long, or refuses alerts."""
    name, down = settled.channel.name, settled.channel.down_since
    dead = sum(state is AlertState.DEAD for state, _ in settled.alerts.values())
    if dead:
        return Notice(
            f"dead|{name}|{now.date()}",
            f"Channel {name} refuses alerts",
            f"{'An alert is' if dead == 1 else f'{dead} alerts are'} given up: {outcome.detail}. There may be more "
            "today. `monitor alerts list` shows them, `monitor alerts retry --all` tries them again.",
        )
    if outcome.kind != "ok" and down is not None and now - down >= DOWN_FOR_LONG:
        return Notice(
            f"down|{name}|{down.isoformat()}",
            f"Channel {name} has not delivered since {down.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
            f"{outcome.detail}. What it should have told is kept and sent when it returns, for seven days.",
        )
    return None
