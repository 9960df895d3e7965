"""How long silence is normal for a feed, learned from its own polls by hour of day and weekday. Pure.

The week is turned into a clock of its own that runs fast when the feed usually has something new and almost
stands still when it does not: on it a night, a weekend and a busy noon are comparable. The silences between news
are measured on that clock, the long ones are fitted, and from the fit comes the *expected gap*: the longest silence
of four ordinary weeks, which every second four weeks exceed. A feed is silent when nothing has come for ALARM
times as long. docs/health.md says why, and how well it does.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log
from zoneinfo import ZoneInfo

from monitor.models import FreshHour

ALARM = 2.1  # expected gaps; less would cry wolf
UNSURE = 8.0  # by this over the number of silences it learned from, the alarm waits longer
NO_SILENCE = timedelta(hours=1)  # up to this nobody needs to be told, however busy the feed
LEAST_SILENCES = 5
LEAST_TIME = timedelta(days=14)  # two weekends
UNKNOWN_AFTER = timedelta(days=42)  # what counts as silence while too little is known

_HOUR_S = 3600
_HOURS = 168
_MONTH = 4 * _HOURS
_MONDAY = 72  # the epoch began on a Thursday
_HALF_LIFE = (10.0, 120.0)  # days in which what was seen loses half its weight: of a busy and of a slow feed
_HALF_LIFE_NEWS = 100.0  # hours with news that a half-life should hold
_PRIOR_HOUR, _PRIOR_DAY, _PRIOR_CELL = 4.0, 3.0, 1.0  # polls with news, for an hour, a weekday, both together
_LEAST_RATE = 0.002  # of the average: no hour is quite impossible
_LONG = 0.75  # the share of silences that are short; the rest tells how long they can get
_ENOUGH_LONG, _LEAST_LONG = 12.0, 0.05  # of many silences, only the longest tell how long they get
_PRIOR_LONG = 1.0  # long silences, of a feed without a memory
_OUTLIER = 8.0  # times the usual excess: a silence beyond it was an outage of the outlet
_WITHIN_BURST = 0.1  # of the wait for the next news: what follows sooner belongs to the same burst
_RECENT, _PRIOR_RECENT = 10, 3.0  # silences that tell how fast it publishes lately
_SLACK, _SLOWEST = (
    1.3,
    0.25,
)  # slower than usual by less than this is chance; nothing counts as slower than that
_ONCE = 0.6  # of what happened once in the last week: a second alarm about the same would be a nuisance
_LIKELY = 0.5  # between two polls with news 1 passes on the feed's clock
_DAY_OFF = 0.15  # of an average day
_ENOUGH = 20  # hours with news, before weekdays are spoken of
_DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")

Spans = Sequence[tuple[float, float]]  # from, until: in hours
Seen = tuple[float, float, float]  # a silence on the feed's clock, its weight, its age in hours


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What has been learned of a feed. Its clock counts polls with news: 1 passes between two on average."""

    zone: ZoneInfo
    clock: tuple[float, ...]  # what it shows at the start of each of the 168 hours of a week, and at its end
    usual: float  # the longest silence of four ordinary weeks, on that clock
    alarm: float  # so many of them are too long
    tempo: float  # how fast it has published lately, against its own past: 0.25 to 1
    per_day: float  # polls with news, on a day that is not a day off
    days_off: tuple[int, ...]  # weekdays, Monday is 0


@dataclass(frozen=True, slots=True)
class Silence:
    """A feed that has been quiet for longer than is normal for it."""

    since: datetime
    gaps: float  # how many expected gaps have passed; 0 while the rhythm is not known


def learn(
    fresh: Sequence[FreshHour],
    since: datetime,
    until: datetime,
    zone: ZoneInfo,
    blind: Sequence[tuple[datetime, datetime]] = (),
) -> Rhythm | None:
    """Learn a rhythm from the hours with news in [since, until], or return None while there are too few.

    `blind` are the times, in order, when nothing could be seen: they count neither as news nor as silence;
    those after `until` are left out.
    """
    if len(fresh) <= LEAST_SILENCES or until - since < LEAST_TIME:
        return None
    start, end = _local_hours(since, zone), _local_hours(until, zone)
    spans = _spans([one for one in blind if one[0] < until], since, zone)
    fading = _fading(len(fresh), (end - start) / 24)
    exposure = _exposure(start, end, spans, fading)
    covered = sum(exposure)
    if not covered:
        return None
    counts = [0.0] * _HOURS
    hours = [_hours(hour, zone) for hour in fresh]
    weights = [fading[max(int((end - first) // _HOURS), 0)] for _, first, _ in hours]
    for (_, first, _), weight, hour in zip(hours, weights, fresh, strict=True):
        counts[int(first) % _HOURS] += weight * hour.polls
    rates, days_off = _profile(counts, exposure, enough=len(fresh) >= _ENOUGH)
    per_week = sum(counts) * _HOURS / covered
    clock = _clock(rates, per_week)
    ages = [end - first for _, first, _ in hours[1:]]
    silences = _apart(list(zip(_silences(hours, spans, clock), weights[1:], ages, strict=True)))
    if len(silences) < LEAST_SILENCES:
        return None
    tempos = _tempos([silence for silence, _, _ in silences])
    paced = [
        (silence * tempo, weight, age)
        for (silence, weight, age), tempo in zip(silences, tempos, strict=False)
    ]
    return Rhythm(
        zone=zone,
        clock=clock,
        usual=max(_usual(paced, covered), _recurring(paced), 1.0),
        alarm=ALARM + UNSURE / sum(weight for _, weight, _ in paced),
        tempo=tempos[-1],
        per_day=per_week / (7 - len(days_off)),
        days_off=days_off,
    )


def expected_gap(rhythm: Rhythm, at: datetime) -> timedelta:
    """Return how long a silence that begins at this hour of the week may last in an ordinary month."""
    return _until(rhythm, at, rhythm.usual / rhythm.tempo)


def look_again(rhythm: Rhythm, now: datetime) -> timedelta:
    """Return the wait after which something new is about as likely as not: a poll should not come later."""
    return _until(rhythm, now, _LIKELY)


def silent_since(
    rhythm: Rhythm | None,
    last_new: datetime,
    until: datetime,
    blind: Sequence[tuple[datetime, datetime]] = (),
) -> Silence | None:
    """Return the silence from `last_new` to the last poll that worked, when it is longer than is normal."""
    if until - last_new <= NO_SILENCE:
        return None
    if rhythm is None:
        unseen = (
            min(end, until) - max(start, last_new) for start, end in blind if end > last_new and start < until
        )
        quiet = until - last_new - sum(unseen, timedelta())
        return Silence(last_new, 0.0) if quiet > UNKNOWN_AFTER else None
    zone = rhythm.zone
    start, end = _local_hours(last_new, zone), _local_hours(until, zone)
    passed = _passed(rhythm.clock, start, end, _spans(blind, last_new, zone))
    gaps = passed * rhythm.tempo / rhythm.usual
    return Silence(last_new, gaps) if gaps > rhythm.alarm else None


def describe(rhythm: Rhythm) -> str:
    """Say how often a feed has something new, to follow "it used to have something new"."""
    if rhythm.per_day >= 1.5:
        often = f"about {round(rhythm.per_day)} times a day"
    elif rhythm.per_day > 0.75:
        often = "about once a day"
    else:
        days = round(1 / rhythm.per_day)
        return "about once a week" if days == 7 else f"about every {days} days"
    if rhythm.days_off == (5, 6):
        return f"{often} from Monday to Friday"
    if rhythm.days_off:
        return f"{often}, hardly on {' and '.join(_DAYS[day] for day in rhythm.days_off)}"
    return often


def _until(rhythm: Rhythm, at: datetime, silence: float) -> timedelta:
    start = _local_hours(at, rhythm.zone)
    return timedelta(hours=_reach(rhythm.clock, _read(rhythm.clock, start) + silence) - start)


# --- time ---------------------------------------------------------------------------------------


def _local_hours(at: datetime, zone: ZoneInfo) -> float:
    """Return hours since a Monday's midnight long ago, by the clocks of the zone."""
    return at.timestamp() / _HOUR_S + _shift(at, zone)


def _shift(at: datetime, zone: ZoneInfo) -> float:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return offset.total_seconds() / _HOUR_S + _MONDAY


def _hours(hour: FreshHour, zone: ZoneInfo) -> tuple[float, float, float]:
    """Return before, first and last in local hours, as if clocks were never changed between them."""
    shift = _shift(hour.first, zone)
    return (
        hour.before.timestamp() / _HOUR_S + shift,
        hour.first.timestamp() / _HOUR_S + shift,
        hour.last.timestamp() / _HOUR_S + shift,
    )


def _spans(blind: Sequence[tuple[datetime, datetime]], since: datetime, zone: ZoneInfo) -> Spans:
    return [
        (_local_hours(max(start, since), zone), _local_hours(end, zone))
        for start, end in blind
        if end > since
    ]


def _fading(hours: int, days: float) -> list[float]:
    """Return the weight of what was seen 0, 1, 2 … weeks ago, given the hours with news in so many days."""
    half_life = min(max(_HALF_LIFE_NEWS * days / hours, _HALF_LIFE[0]), _HALF_LIFE[1])
    return [0.5 ** (7 * week / half_life) for week in range(int(days // 7) + 2)]


def _exposure(start: float, end: float, blind: Spans, fading: Sequence[float]) -> list[float]:
    """Return for each hour of the week how many hours of it were watched, weighted by their age."""
    weeks = int((end - start) // _HOURS)
    exposure = [sum(fading[:weeks])] * _HOURS
    _add(exposure, start, end - weeks * _HOURS, fading[weeks])
    for first, last in blind:
        _add(exposure, max(first, start), min(last, end), -fading[max(int((end - last) // _HOURS), 0)])
    return [max(hours, 0.0) for hours in exposure]


def _add(exposure: list[float], start: float, end: float, weight: float) -> None:
    while start < end:
        step = min(int(start) + 1.0, end) - start
        exposure[int(start) % _HOURS] += weight * step
        start += step


# --- the profile of a week ----------------------------------------------------------------------


def _profile(
    counts: Sequence[float], exposure: Sequence[float], *, enough: bool
) -> tuple[list[float], tuple[int, ...]]:
    """Return the rate in each hour of the week, and the days off.

    Hour of day times weekday, each drawn towards the average where little is known (an hour first towards its
    neighbours); then each hour of the week is drawn from that product towards what it showed itself.
    """
    rate = sum(counts) / sum(exposure)
    hours = [(sum(counts[hour::24]), rate * sum(exposure[hour::24])) for hour in range(24)]
    near = _factors(_smooth([seen for seen, _ in hours]), _smooth([due for _, due in hours]), _PRIOR_HOUR)
    by_hour = [
        (seen + _PRIOR_HOUR * around) / (due + _PRIOR_HOUR)
        for (seen, due), around in zip(hours, near, strict=True)
    ]
    days = [
        (sum(counts[day : day + 24]), rate * sum(exposure[day : day + 24])) for day in range(0, _HOURS, 24)
    ]
    by_day = _factors([seen for seen, _ in days], [due for _, due in days], _PRIOR_DAY)
    separate = [rate * by_hour[hour % 24] * by_day[hour // 24] for hour in range(_HOURS)]
    scale = sum(counts) / sum(one * hours for one, hours in zip(separate, exposure, strict=True))
    rates = [
        one * scale * (count + _PRIOR_CELL) / (hours * one * scale + _PRIOR_CELL)
        for one, count, hours in zip(separate, counts, exposure, strict=True)
    ]
    off = tuple(day for day, (seen, due) in enumerate(days) if enough and seen < _DAY_OFF * due)
    return [max(one, rate * _LEAST_RATE) for one in rates], off


def _factors(seen: Sequence[float], due: Sequence[float], prior: float) -> list[float]:
    return [(found + prior) / (expected + prior) for found, expected in zip(seen, due, strict=True)]


def _smooth(values: Sequence[float]) -> list[float]:
    around = len(values)
    return [
        (values[place - 1] + 2 * value + values[(place + 1) % around]) / 4
        for place, value in enumerate(values)
    ]


# --- the feed's own clock -----------------------------------------------------------------------


def _clock(rates: Sequence[float], per_week: float) -> tuple[float, ...]:
    scale = per_week / sum(rates)
    return tuple(itertools.accumulate((rate * scale for rate in rates), initial=0.0))


def _read(clock: Sequence[float], hours: float) -> float:
    """Return what the feed's clock shows at a time given in hours."""
    week, hour = divmod(hours, _HOURS)
    whole = int(hour)
    return week * clock[-1] + clock[whole] + (hour - whole) * (clock[whole + 1] - clock[whole])


def _reach(clock: Sequence[float], shown: float) -> float:
    """Return the time in hours at which the feed's clock shows a value: the inverse of `_read`."""
    week, rest = divmod(shown, clock[-1])
    hour = min(bisect_right(clock, rest) - 1, _HOURS - 1)
    return week * _HOURS + hour + (rest - clock[hour]) / (clock[hour + 1] - clock[hour])


def _passed(clock: Sequence[float], start: float, end: float, blind: Spans) -> float:
    """Return what passed on the feed's clock while somebody was looking."""
    passed = _read(clock, end) - _read(clock, start)
    for first, last in blind:
        if last > start and first < end:
            passed -= _read(clock, min(last, end)) - _read(clock, max(first, start))
    return max(passed, 0.0)


# --- how long silences get ----------------------------------------------------------------------


def _silences(
    hours: Sequence[tuple[float, float, float]], blind: Spans, clock: Sequence[float]
) -> list[float]:
    """Return how long it was quiet between hours with news, up to the last poll that still found nothing."""
    silences = []
    ahead = 0
    for (_, _, start), (end, _, _) in itertools.pairwise(hours):
        while ahead < len(blind) and blind[ahead][1] <= start:
            ahead += 1
        within = ahead
        while within < len(blind) and blind[within][0] < end:
            within += 1
        silences.append(_passed(clock, start, end, blind[ahead:within]))
    return silences


def _apart(silences: Sequence[Seen]) -> Sequence[Seen]:
    """Leave out what is within one burst: silences far shorter than the wait from any moment to the next news."""
    capped = _capped(silences)
    total = sum(silence * weight for silence, weight, _ in capped)
    if not total:
        return silences
    wait = sum(silence * silence * weight for silence, weight, _ in capped) / (2 * total)
    return [one for one in silences if one[0] >= _WITHIN_BURST * wait]


def _capped(silences: Sequence[Seen]) -> list[Seen]:
    """Shorten silences that no rhythm explains, so that one outage does not excuse the next."""
    ordered = sorted(silence for silence, _, _ in silences)
    bound = _quantile(ordered, _LONG)
    excess = _quantile(ordered, (1 + _LONG) / 2) - bound  # the median of what is beyond the bound
    cap = bound + _OUTLIER * max(excess, bound / 4, 0.25) / log(2)
    return [(min(silence, cap), weight, age) for silence, weight, age in silences]


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def _tempos(silences: Sequence[float]) -> list[float]:
    """Return the tempo before each silence and after the last: one more than there are silences."""
    mean = sum(silences) / len(silences) or 1.0
    tempos = [1.0]
    total = 0.0
    for number, silence in enumerate(silences):
        total += silence / mean
        if number >= _RECENT:
            total -= silences[number - _RECENT] / mean
        seen = min(number + 1, _RECENT)
        tempo = _SLACK * (seen + _PRIOR_RECENT) / (total + _PRIOR_RECENT)
        tempos.append(max(min(tempo, 1.0), _SLOWEST))
    return tempos


def _usual(silences: Sequence[Seen], covered: float) -> float:
    """Return the silence that four weeks exceed with a chance of one half; `covered` are weighted hours.

    What is beyond the upper quartile is taken to fall off exponentially; that its mean is known only from a
    few makes the far end heavier (Lomax), the more so the fewer they are.
    """
    ordered = sorted(_capped(silences))
    total = sum(weight for _, weight, _ in ordered)
    mean = sum(silence * weight for silence, weight, _ in ordered) / total
    share = max(min(1 - _LONG, _ENOUGH_LONG / total), _LEAST_LONG)  # of silences that are called long
    below, place = 0.0, 0
    while below + ordered[place][1] < (1 - share) * total:
        below += ordered[place][1]
        place += 1
    bound = ordered[place][0]
    long = ordered[place + 1 :]
    weight = sum(one for _, one, _ in long) + _PRIOR_LONG
    excess = (sum((silence - bound) * one for silence, one, _ in long) + _PRIOR_LONG * mean) / weight
    in_a_month = total * _MONTH / covered
    chance = min(log(2) / in_a_month, share / 2)
    stretch: float = (share / chance) ** (1 / weight) - 1
    return bound + excess * weight * stretch


def _recurring(silences: Sequence[Seen]) -> float:
    """Return what lately came without being the end: what came twice is no accident, what came once may be."""
    lately = sorted(silence for silence, _, age in silences if age < _MONTH)
    twice = lately[-2] if len(lately) > 1 else 0.0
    once = max((silence for silence, _, age in silences if age < _HOURS), default=0.0)
    return max(twice, _ONCE * once)
