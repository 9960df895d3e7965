"""How soon does the monitor notice that a feed fell silent, and how often does it cry wolf? A seeded simulation.

`python -m benchmarks.silence` prints the table, `--write docs/health.md` puts it between that page's marks.
Outlets publish by rhythms of their own; the real cadence decides when they are polled, the real health judges
them at each poll. Nothing is fetched: a poll's answer follows from what the outlet has published.
"""

from __future__ import annotations

import argparse
import copy
import os
import random
import sys
import time
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from math import exp, inf
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

from monitor.daemon import WATCH_EVERY_S
from monitor.models import Feed, FeedHistory, FreshHour, Health, Specimen
from monitor.sources import cadence, health, rhythm
from monitor.sources.rhythm import Rhythm
from monitor.store.history import (
    ENOUGH_HOURS,
    LATEST_SPECIMENS,
    LEARNED_FROM,
    LEARNED_FROM_AT_MOST,
    ORDINARY_WAITS,
    SPECIMEN_AGES,
    blind_seconds,
)

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
ZONE = ZoneInfo("Asia/Karachi")
LONDON = ZoneInfo("Europe/London")
BOUNDS = cadence.Bounds(every_s=900, min_s=300, max_s=12 * 3600)  # as shipped
DAY, HOUR = 86_400.0, 3_600.0
WINDOW = 20  # entries in a document
HICCUPS = 0.01  # of polls fail for no lasting reason
RELEARN = timedelta(days=2)  # the monitor itself learns anew at every judgement
WAYS = ("stale content", "304 for ever", "parked page", "5xx and timeouts", "undated, republished", "teasers")
TRUE_NAMES = {
    "stale content": {"silent", "stale"},
    "304 for ever": {"stale"},
    "parked page": {"parked"},
    "5xx and timeouts": {"failing"},
    "undated, republished": {"undated"},
    "teasers": {"shrinking"},
}
ALARMS = frozenset({"silent", "stale", "failing", "parked", "blocked", "gone", "undated", "shrinking"})
WITHIN = 3  # expected gaps
MARKS = ("<!-- python -m benchmarks.silence --write docs/health.md -->", "<!-- end -->")


# --- outlets ------------------------------------------------------------------------------------

FLAT = (1.0,) * 24
DAYTIME = tuple(0.1 if hour < 7 else 1.0 for hour in range(24))
OFFICE = tuple(float(9 <= hour < 17) for hour in range(24))
MORNING = tuple(10.0 if hour in {5, 6} else 0.1 for hour in range(24))
ALL_WEEK = (1.0,) * 7
WEEKDAYS = (1.0,) * 5 + (0.0,) * 2
NO_FRIDAYS = (1.0, 1.0, 1.0, 1.0, 0.05, 0.6, 1.0)
RHYTHMS: dict[str, tuple[tuple[float, ...], tuple[float, ...], str]] = {
    "round the clock": (FLAT, ALL_WEEK, ""),
    "day and night": (DAYTIME, ALL_WEEK, ""),
    "weekdays 9 to 17": (OFFICE, WEEKDAYS, ""),
    "bursts": (DAYTIME, ALL_WEEK, "bursts"),
    "mornings": (MORNING, ALL_WEEK, ""),
    "hardly on Fridays": (DAYTIME, NO_FRIDAYS, ""),
    "regular": (FLAT, ALL_WEEK, "regular"),
    "shifts for a month": (OFFICE, ALL_WEEK, "shift"),
    "from abroad": (DAYTIME, WEEKDAYS, "abroad"),
    "slack fortnight": (DAYTIME, ALL_WEEK, "slack"),
}
FASTING = tuple(float(8 <= hour < 14 or hour >= 20 or hour < 1) for hour in range(24))
SHIFT = (60, 90)  # days of a month like Ramadan: other hours, a third less
SLACK = (70, 84)  # days of holiday at a third of the volume


@dataclass(frozen=True)
class Outlet:
    """Who publishes how much, when."""

    number: int
    rhythm: str
    per_day: float

    def weight(self, hour: int, *, events: bool = True) -> float:
        """Return how much is published in an hour since START, by the outlet's clocks; 1 on average."""
        hours, days, special = RHYTHMS[self.rhythm]
        zone = LONDON if special == "abroad" else ZONE
        local = (START + timedelta(hours=hour)).astimezone(zone)
        factor = 1.0
        if events and special == "shift" and SHIFT[0] <= hour / 24 < SHIFT[1]:
            hours, factor = FASTING, 0.67
        if events and special == "slack" and SLACK[0] <= hour / 24 < SLACK[1]:
            factor = 0.33
        return factor * hours[local.hour] * days[local.weekday()] * 168 / (sum(hours) * sum(days))

    def items(self, days: int, chance: random.Random, *, events: bool = True) -> list[float]:
        """Return when items appear, in seconds since START."""
        special = RHYTHMS[self.rhythm][2]
        if special == "regular":
            step, at, found = DAY / self.per_day, 0.0, []
            while (at := at + step * chance.uniform(0.8, 1.2)) < days * DAY:
                found.append(at)
            return found
        found = []
        mood = 1.0
        for hour in range(days * 24):
            if hour % 24 == 0:
                mood = chance.gammavariate(8, 1 / 8)  # some days bring more than others
            rate = self.per_day / 24 * mood * self.weight(hour, events=events)
            if special == "bursts":
                for _ in range(_poisson(rate / 6, chance)):
                    begin = (hour + chance.random()) * HOUR
                    found += [begin + chance.expovariate(1 / HOUR) for _ in range(1 + _poisson(5, chance))]
            else:
                found += [(hour + chance.random()) * HOUR for _ in range(_poisson(rate, chance))]
        found.sort()
        return found


def _poisson(mean: float, chance: random.Random) -> int:
    if not mean:
        return 0
    limit, product, count = exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count


def outlets(count: int) -> list[Outlet]:
    """Return outlets from 0.2 to 200 items a day, every rhythm at every volume."""
    names = list(RHYTHMS)
    return [
        Outlet(number, names[(number * 3) % len(names)], 0.2 * 1000 ** (number / (count - 1)))
        for number in range(count)
    ]


# --- the yardstick: what gap is to be expected, by the true rhythm --------------------------------


class Truth:
    """What is known of an outlet without learning it: a clock by its true rates, and its usual longest gap."""

    def __init__(self, outlet: Outlet, days: int, chance: random.Random) -> None:
        self._clock = [0.0]
        for hour in range(days * 24):
            self._clock.append(self._clock[-1] + outlet.weight(hour) * outlet.per_day / 24)
        few = 6 if RHYTHMS[outlet.rhythm][2] == "bursts" else 1  # items that come together
        month = 28 * DAY * max(1.0, 5.5 * few / (28 * outlet.per_day))
        months = 60 if outlet.per_day < 10 else 12
        plain = [0.0]
        for hour in range(168):
            plain.append(plain[-1] + outlet.weight(hour, events=False) * outlet.per_day / 24)
        found = outlet.items(int(months * month / DAY), chance, events=False)
        longest = [0.0] * months
        for one, other in pairwise(found):
            place = int(other // month)
            if place < months:
                longest[place] = max(longest[place], _weekly(plain, other) - _weekly(plain, one))
        self.usual = median(longest)

    def items(self, start: float, end: float, without: Sequence[tuple[float, float]]) -> float:
        """Return how many items come between two times on average, without those of some spans."""
        away = (
            (max(first, start), min(last, end)) for first, last in without if last > start and first < end
        )
        return self._between(start, end) - sum(self._between(first, last) for first, last in away)

    def _between(self, start: float, end: float) -> float:
        return _clock_at(self._clock, end) - _clock_at(self._clock, start)


def _weekly(clock: Sequence[float], at: float) -> float:
    weeks, rest = divmod(at / HOUR, 168)
    return weeks * clock[-1] + _clock_at(clock, rest * HOUR)


def _clock_at(clock: Sequence[float], at: float) -> float:
    hour = min(at / HOUR, len(clock) - 1.001)
    whole = int(hour)
    return clock[whole] + (hour - whole) * (clock[whole + 1] - clock[whole])


# --- what a poll is answered ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """What one poll gave."""

    outcome: str  # changed | unchanged | failed
    status: int | None = 200
    problem: str = ""
    new: int = 0
    undated: int = 0
    characters: int = 0


@dataclass
class Server:
    """An outlet's feed as it is served, healthy until it breaks."""

    published: list[float]
    chatty: bool  # its bytes differ at every request
    text: int
    chance: random.Random
    way: str = ""
    broken_at: float = 0.0

    def answer(self, last_ok: float, at: float, *, full: bool) -> Answer:
        """Answer a poll at `at`, when the last one that worked was at `last_ok`."""
        if self.chance.random() < HICCUPS:
            return Answer("failed", None, "timeout")
        if not self.way or at < self.broken_at:
            return self._document(self._between(last_ok, at), full=full)
        return self._broken(last_ok, at, full=full)

    def _broken(self, last_ok: float, at: float, *, full: bool) -> Answer:
        if self.way == "parked page":
            return Answer("failed", None, "not-a-feed")
        if self.way == "5xx and timeouts":
            return Answer("failed", *self.chance.choice([(503, "http-503"), (None, "timeout")]))
        if self.way == "304 for ever":
            return Answer("failed", 304, "protocol") if full else Answer("unchanged", 304)
        first = last_ok < self.broken_at
        if self.way == "stale content":
            return self._document(self._between(last_ok, self.broken_at) if first else 0, full=full)
        again = self._between(max(last_ok, self.broken_at), at)
        if (
            self.way == "undated, republished"
        ):  # everything it had, as if it were new, whenever it would publish
            new = WINDOW if first or again else 0
            return self._document(new, full=full, undated=WINDOW)
        return self._document(again, full=full, share=0.15, changed=first)

    def _document(
        self, new: int, *, full: bool, undated: int = 0, share: float = 1.0, changed: bool = False
    ) -> Answer:
        if not (new or changed or self.chatty):
            return Answer("unchanged", 200 if full else 304)
        characters = round(self.text * share * self.chance.lognormvariate(0, 0.15))
        return Answer("changed", 200, "", new, undated, characters)

    def _between(self, start: float, end: float) -> int:
        return bisect_right(self.published, end) - bisect_right(self.published, start)


# --- polling and judging --------------------------------------------------------------------------


@dataclass
class Watch:
    """One feed under watch: when it is polled, what was seen, and how it is judged."""

    server: Server
    chance: random.Random
    outages: Sequence[tuple[float, float]]  # of ours
    feed: Feed
    at: float = 0.0  # when it is due, in seconds since START
    polled: float = 0.0
    begun: bool = False
    fresh: list[FreshHour] = field(default_factory=list)
    blind: list[tuple[datetime, datetime]] = field(default_factory=list)
    documents: list[Specimen] = field(default_factory=list)
    document_times: list[datetime] = field(default_factory=list)
    good: list[datetime] = field(default_factory=list)  # latest first
    trouble: FeedHistory = field(default_factory=FeedHistory)
    last_change: datetime | None = None
    not_modified: int = 0
    learned: Rhythm | None = None
    learned_at: datetime = START - RELEARN

    def branch(self, way: str, broken_at: float, seed: str) -> Watch:
        """Return the same watch in a world where the feed breaks."""
        other = copy.copy(self)
        other.chance = random.Random(seed)
        other.server = replace(self.server, way=way, broken_at=broken_at, chance=random.Random(seed))
        for name in ("fresh", "blind", "documents", "document_times", "good"):
            setattr(other, name, list(getattr(self, name)))
        return other

    def poll(self) -> Health:
        """Poll once, at the time that is due, and say how the feed does."""
        self.polled = _after_outage(self.at, self.outages, self.chance)
        now = START + timedelta(seconds=self.polled)
        full = cadence.wants_full(self.feed, now)
        last_ok = (self.good[0] - START).total_seconds() if self.good else -1.0
        answer = self.server.answer(last_ok, self.polled, full=full)
        if answer.outcome == "failed":
            self._failed(answer, now)
        else:
            self._worked(answer, now, full=full)
        assert self.feed.next_due is not None
        self.at = (self.feed.next_due - START).total_seconds()
        return self._judge(now)

    def until_polled(self) -> Iterator[tuple[float, Health]]:
        """Judge the feed while it waits, as often as the monitor itself does, and poll it."""
        if self.trouble.problem or self.server.way:  # else nothing changes before the poll
            at = self.polled
            while (at := at + WATCH_EVERY_S) < self.at:
                if not any(start <= at < end for start, end in self.outages):
                    yield at, self._judge(START + timedelta(seconds=at))
        judged = self.poll()
        yield self.polled, judged

    def _failed(self, answer: Answer, now: datetime) -> None:
        schedule = cadence.after_failure(
            self.feed,
            now=now,
            kind=answer.problem,
            status=answer.status,
            retry_after_s=None,
            bounds=BOUNDS,
            jitter=self.chance.random(),
        )
        before = self.trouble
        self.trouble = FeedHistory(
            problem=answer.problem,
            status=answer.status,
            failing_since=before.failing_since or now,
            failures=before.failures + 1,
            not_feeds=before.not_feeds + (answer.problem == "not-a-feed"),
        )
        self.feed = replace(
            self.feed, failures=self.feed.failures + 1, last_polled=now, next_due=schedule.next_due
        )

    def _worked(self, answer: Answer, now: datetime, *, full: bool) -> None:
        self._note_blindness(now)
        changed = answer.outcome == "changed" or not self.begun
        if changed:
            self.last_change, self.not_modified = now, 0
            self.documents.append(
                Specimen(now, WINDOW, answer.undated, answer.characters or self.server.text)
            )
            self.document_times.append(now)
        else:
            self.not_modified += answer.status == 304
        if answer.new and self.begun:
            self._note_news(self.good[1], now)
        self.begun = True
        self.trouble = FeedHistory()
        schedule = cadence.after_success(
            self.feed,
            now=now,
            changed=changed,
            new_entries=answer.new,
            ttl_s=None,
            max_age_s=None,
            bounds=BOUNDS,
            jitter=self.chance.random(),
        )
        self.feed = replace(
            self.feed,
            failures=0,
            last_polled=now,
            last_full=now if full else self.feed.last_full,
            next_due=schedule.next_due,
            interval_s=schedule.interval_s,
        )
        if self.learned is not None:
            soon = cadence.sooner(self.feed, rhythm.look_again(self.learned, now), BOUNDS)
            self.feed = replace(self.feed, next_due=soon or schedule.next_due)

    def _note_blindness(self, now: datetime) -> None:
        planned = timedelta(seconds=self.feed.interval_s)
        if not self.feed.failures and self.feed.next_due and self.feed.last_polled:
            planned = max(planned, self.feed.next_due - self.feed.last_polled)
        if seconds := blind_seconds(self.good, planned, now):
            self.blind.append((now - timedelta(seconds=seconds), now))
        self.good = [now, *self.good[:ORDINARY_WAITS]]

    def _note_news(self, before: datetime, now: datetime) -> None:
        last = self.fresh[-1] if self.fresh else None
        hour = now.replace(minute=0, second=0, microsecond=0)
        if last and last.first >= hour:
            self.fresh[-1] = replace(last, last=now, polls=last.polls + 1)
        else:
            self.fresh.append(FreshHour(before, now, now, 1))

    def _judge(self, now: datetime) -> Health:
        if not self.begun:
            history = replace(self.trouble, polls=1)
            return health.assess(history, None, now, ZONE)
        if now - self.learned_at >= RELEARN:
            self._learn(now)
        trouble = self.trouble
        history = FeedHistory(
            since=self.document_times[0],
            last_ok=self.good[0],
            last_change=self.last_change,
            not_modified=self.not_modified,
            fresh=(self.fresh[-1],) if self.fresh else (),
            blind=tuple(self.blind[-8:]),
            specimens=self._specimens(),
            polls=1,
            problem=trouble.problem,
            status=trouble.status,
            failing_since=trouble.failing_since,
            failures=trouble.failures,
            not_feeds=trouble.not_feeds,
        )
        return health.assess(history, self.learned, now, ZONE)

    def _learn(self, now: datetime) -> None:
        if not self.fresh:
            return
        last = self.fresh[-1].last
        for span in (LEARNED_FROM, LEARNED_FROM_AT_MOST):
            since = max(self.document_times[0], last - span)
            known = self.fresh[bisect_left(self.fresh, since, key=lambda hour: hour.first) :]
            if len(known) >= ENOUGH_HOURS:
                break
        blind = [one for one in self.blind if one[1] > since]
        self.learned = health.learn(
            FeedHistory(since=since, last_ok=self.good[0], fresh=tuple(known), blind=tuple(blind)), ZONE
        )
        self.learned_at = now

    def _specimens(self) -> tuple[Specimen, ...]:
        newest = self.document_times[-1]
        places = {bisect_left(self.document_times, newest - age) - 1 for age in SPECIMEN_AGES}
        count = len(self.documents)
        places.update(range(max(count - LATEST_SPECIMENS, 0), count))
        return tuple(self.documents[place] for place in sorted(places) if place >= 0)


def _after_outage(at: float, outages: Iterable[tuple[float, float]], chance: random.Random) -> float:
    for start, end in outages:
        if start <= at < end:
            return end + chance.uniform(0, 600)
    return at


# --- the experiment -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """How much is simulated."""

    feeds: int = 50
    days: int = 182  # in good health
    breaks: tuple[int, int] = (120, 170)  # between these days, for the six ways
    patience: int = 120  # days after which a way counts as never noticed
    seed: int = 20260205


@dataclass(frozen=True)
class Found:
    """How one way of falling silent was noticed."""

    way: str
    condition: str  # empty: never noticed
    gaps: float  # expected gaps that had passed, without the times when this monitor was off


@dataclass(frozen=True)
class Seen:
    """What one outlet gave."""

    rhythm: str
    per_day: float
    false_alarms: tuple[str, ...]
    weeks: float
    polls: int
    found: tuple[Found, ...]


def watch(outlet: Outlet, plan: Plan) -> Seen:
    """Watch one outlet in good health, and in six worlds in which it falls silent."""
    chance = random.Random(f"{plan.seed}/{outlet.number}")
    days = plan.days + plan.patience
    published = outlet.items(days, chance)
    truth = Truth(outlet, days, random.Random(f"{plan.seed}/{outlet.number}/truth"))
    broken_at = chance.uniform(*plan.breaks) * DAY
    server = Server(published, chance.random() < 0.35, chance.randrange(300, 4000), chance)
    feed = Feed(id=outlet.number, url=f"https://outlet-{outlet.number}.example/feed", title="")
    run = Watch(server, chance, our_outages(plan), feed, at=chance.uniform(0, 900))
    alarms: list[str] = []
    found: list[Found] = []
    alarmed = False
    polls = 0
    while run.at < plan.days * DAY:
        if not found and run.at >= broken_at:
            found = [_break(run, way, broken_at, outlet, truth, plan) for way in WAYS]
        for _, judged in run.until_polled():
            if alarm(judged) and not alarmed:
                alarms.append(f"{judged.condition} on day {run.polled / DAY:.0f}")
            alarmed = alarm(judged)
        polls += 1
    return Seen(outlet.rhythm, outlet.per_day, tuple(alarms), plan.days / 7, polls, tuple(found))


def alarm(judged: Health) -> bool:
    """Tell whether a researcher would be told, or find a remark in the digest."""
    return judged.lasting and judged.condition in ALARMS


def our_outages(plan: Plan) -> tuple[tuple[float, float], ...]:
    """Return when this monitor itself was off: an hour, a night, a weekend, a week."""
    days = ((20.3, 1 / 24), (41.8, 0.4), (67.7, 2.5), (101.2, 0.5), (133.0, 7.0))
    return tuple((start * DAY, (start + length) * DAY) for start, length in days if start < plan.days)


def _break(run: Watch, way: str, broken_at: float, outlet: Outlet, truth: Truth, plan: Plan) -> Found:
    world = run.branch(way, broken_at, f"{plan.seed}/{outlet.number}/{way}")
    place = bisect_right(run.server.published, broken_at) - 1
    # Silence begins with the last item; what breaks the feed itself, or its entries, begins when it breaks.
    since = run.server.published[place] if way in WAYS[:2] and place >= 0 else broken_at
    while world.at < broken_at + plan.patience * DAY:
        for at, judged in world.until_polled():
            items = truth.items(since, at, run.outages)
            if alarm(judged):
                return Found(way, judged.condition, items / truth.usual)
    return Found(way, "", inf)


def simulate(plan: Plan, jobs: int = 1) -> list[Seen]:
    """Watch all outlets."""
    work: Callable[[Outlet], Seen] = partial(watch, plan=plan)
    if jobs == 1:
        return [work(outlet) for outlet in outlets(plan.feeds)]
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(work, outlets(plan.feeds)))


# --- the table ------------------------------------------------------------------------------------


def table(seen: Sequence[Seen]) -> str:
    """Return what was noticed, and when, as Markdown."""
    titles = (
        f"falls silent by | outlets | within {WITHIN} expected gaps | rightly named | median | 90 % | worst"
    )
    rows = [f"| {titles} |", "|---|--:|--:|--:|--:|--:|--:|"]
    for way in WAYS:
        found = [one for outlet in seen for one in outlet.found if one.way == way]
        gaps = sorted(one.gaps for one in found)
        rows.append(
            f"| {way} | {len(found)} | {_within(found)} "
            f"| {sum(one.condition in TRUE_NAMES[way] for one in found)} "
            f"| {median(gaps):.1f} | {gaps[len(gaps) * 9 // 10]:.1f} | {gaps[-1]:.1f} |"
        )
    return "\n".join(rows)


def _within(found: Iterable[Found]) -> int:
    return sum(one.gaps <= WITHIN for one in found)


def alarms(seen: Sequence[Seen]) -> str:
    """Return one sentence about false alarms."""
    weeks = sum(outlet.weeks for outlet in seen)
    by_rhythm = Counter[str]()
    for outlet in seen:
        by_rhythm[outlet.rhythm] += len(outlet.false_alarms)
    several = ", ".join(f"{rhythm} {count}" for rhythm, count in by_rhythm.most_common() if count)
    count = by_rhythm.total()
    return f"{count} false alarms in {weeks:.0f} feed-weeks, {100 * count / weeks:.2f} per 100 ({several})."


def late(seen: Sequence[Seen]) -> str:
    """Return which outlets were noticed later than after three expected gaps."""
    lines = []
    for outlet in seen:
        ways = [one for one in outlet.found if one.gaps > WITHIN]
        if ways:
            how = ", ".join(f"{one.way} {one.gaps:.1f}" for one in ways)
            lines.append(f"- {outlet.rhythm}, {outlet.per_day:.1f} a day: {how}")
    return "\n".join(lines) or "None."


def report(plan: Plan, jobs: int) -> str:
    """Run the experiment and describe what came of it, as Markdown."""
    seen = simulate(plan, jobs)
    found = [one for outlet in seen for one in outlet.found]
    polls = sum(outlet.polls for outlet in seen) / sum(outlet.weeks for outlet in seen) / 7
    return f"""{table(seen)}

{_within(found)} of {len(found)} within {WITHIN} expected gaps. {alarms(seen)} {polls:.0f} polls a day and feed.

Later, and after how many expected gaps:

{late(seen)}
"""


def main() -> None:
    """Print the report, or write it between the marks of a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--seed", type=int, default=Plan.seed)
    parser.add_argument("--write", type=Path, help="the page to write the report into")
    options = parser.parse_args()
    started = time.monotonic()
    text = report(Plan(seed=options.seed), options.jobs)
    if options.write is None:
        print(text)
    else:
        page = options.write.read_text(encoding="utf-8")
        before, _, rest = page.partition(MARKS[0])
        _, _, after = rest.partition(MARKS[1])
        options.write.write_text(f"{before}{MARKS[0]}\n{text}{MARKS[1]}{after}", encoding="utf-8")
    print(f"{time.monotonic() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
