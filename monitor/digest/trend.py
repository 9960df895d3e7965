"""How much was reported day by day, measured with the same feeds throughout.

A feed that is added brings articles and one that dies takes some away, and neither is news. So the curve is drawn
over a panel: the feeds that were followed during the whole window and still are. On days on which one of them
could not be seen, what it would have had is estimated from what the others had that day (the time effects
model used for wildlife counts, TRIM: a feed's level times the day's): an outage does not look like silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from monitor.digest import words
from monitor.models import FeedDays, Month, Rule

FEWEST_FEEDS = 3
FEWEST_DAYS = 7  # before the last one
_ROUNDS = 100  # of the fit, which converges in a few
_CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class Mark:
    """A day on which what is followed changed."""

    day: date
    kind: str  # added | removed | lost | rules
    what: tuple[str, ...]  # feeds; foreign text


@dataclass(frozen=True, slots=True)
class Trend:
    """Articles with a match, day by day; the last day is the digest's."""

    days: tuple[date, ...]
    raw: tuple[int, ...]  # of every feed
    panel: tuple[float, ...]  # of the panel's feeds, what was not seen filled in
    low: float  # on eight of ten of the days before, the panel had at least this
    high: float  # and at most this
    feeds: int  # in the panel
    unseen: tuple[int, ...]  # feeds of the panel that could not be seen, each day
    marks: tuple[Mark, ...]

    @property
    def sentence(self) -> str:
        """Say how the day compares."""
        last = self.panel[-1]
        place = "above" if last > self.high else "below" if last < self.low else "within"
        low, high = f"{self.low:.0f}", f"{self.high:.0f}"
        usual = low if low == high else f"{low} to {high}"
        return (
            f"{words.many(round(last), 'article')} with a match from the {words.many(self.feeds, 'feed')} followed "
            f"on all of these {len(self.days)} days: {place} what is usual for them, {usual} a day."
        )


@dataclass(frozen=True, slots=True)
class RuleDays:
    """Articles that a rule matched, day by day."""

    rule: str
    title: str
    counts: tuple[int, ...]


def trend(month: Month) -> Trend | None:
    """Return the curve of a month; None where too few feeds or days would make it mean nothing."""
    feeds = [feed for feed in month.feeds if feed.throughout]
    if len(feeds) < FEWEST_FEEDS or len(month.days) <= FEWEST_DAYS:
        return None
    panel = _filled(feeds, len(month.days))
    before = sorted(panel[:-1])
    return Trend(
        days=month.days,
        raw=tuple(sum(feed.matched[day] for feed in month.feeds) for day in range(len(month.days))),
        panel=tuple(round(value, 2) for value in panel),
        low=round(_quantile(before, 0.1), 2),
        high=round(_quantile(before, 0.9), 2),
        feeds=len(feeds),
        unseen=tuple(sum(not feed.seen[day] for feed in feeds) for day in range(len(month.days))),
        marks=tuple(_marks(month)),
    )


def rule_days(month: Month, rules: Mapping[str, Rule]) -> tuple[RuleDays, ...]:
    """Return what each rule found day by day, most first."""
    rows = [
        RuleDays(rule, rules[rule].title if rule in rules else rule, counts) for rule, counts in month.rules
    ]
    return tuple(sorted(rows, key=lambda row: (-sum(row.counts), row.rule)))


def _filled(feeds: Sequence[FeedDays], days: int) -> list[float]:
    """Return each day's total, where a cell that was not seen is its feed's level times its day's, at least."""
    gaps = [(number, day) for number, feed in enumerate(feeds) for day in range(days) if not feed.seen[day]]
    of_feed = [sum(n for n, seen in zip(feed.matched, feed.seen, strict=True) if seen) for feed in feeds]
    of_day = [sum(feed.matched[day] for feed in feeds if feed.seen[day]) for day in range(days)]
    lit = {day for day in range(days) if any(feed.seen[day] for feed in feeds)}
    by_feed, by_day = [0.0] * len(feeds), [1.0] * days
    for _ in range(_ROUNDS if gaps else 0):
        weights = [sum(by_day)] * len(feeds)
        for number, day in gaps:
            weights[number] -= by_day[day]
        by_feed = [_over(found, weight) for found, weight in zip(of_feed, weights, strict=True)]
        weights = [sum(by_feed)] * days
        for number, day in gaps:
            weights[day] -= by_feed[number]
        before, by_day = by_day, [_over(found, weight) for found, weight in zip(of_day, weights, strict=True)]
        # A day on which none was seen is one like the others.
        usual = _over(sum(by_day), len(lit))
        by_day = [effect if day in lit else usual for day, effect in enumerate(by_day)]
        if max(abs(one - other) for one, other in zip(before, by_day, strict=True)) < _CLOSE:
            break
    totals = [float(sum(feed.matched[day] for feed in feeds)) for day in range(days)]
    for number, day in gaps:
        totals[day] += max(by_feed[number] * by_day[day] - feeds[number].matched[day], 0.0)
    return totals


def _over(found: float, weight: float) -> float:
    """Return how much was found for its weight; nothing where next to nothing was looked at."""
    return found / weight if weight > _CLOSE else 0.0


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Return a quantile of ascending values, between two of them in proportion."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def _marks(month: Month) -> Iterator[Mark]:
    for number, day in enumerate(month.days):
        for kind, of in (("added", "added"), ("removed", "removed"), ("lost", "lost")):
            names = tuple(feed.feed for feed in month.feeds if getattr(feed, of) == day)
            if names:
                yield Mark(day, kind, names)
        if day in month.rules_changed and number:
            yield Mark(day, "rules", ())
