"""Turn what the store holds of one closed day into the value that every format is rendered from.

Pure: the same record gives the same digest. Everything is ordered here, ties by id, so that a renderer
only has to walk through it. Foreign text is carried verbatim; making it harmless is the renderers' work.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from monitor import __version__
from monitor.digest import words
from monitor.digest.card import Card, Report, make_card, rank
from monitor.digest.coverage import Coverage, cover
from monitor.digest.index import IndexRow, entity_index, place_index, rule_index, topic_index
from monitor.digest.places import Dot, dots
from monitor.digest.trend import RuleDays, Trend, rule_days, trend
from monitor.models import Changes, DayRecord, Entity, MapOutline, Rule
from monitor.text.show import local_time

GLANCE_MOST = 10
GLANCE_LEAST = 5
LATE = timedelta(hours=24)  # before the day began


@dataclass(frozen=True, slots=True)
class Window:
    """The day as one zone's clock shows it."""

    zone: str
    start: str
    end: str


@dataclass(frozen=True, slots=True)
class Header:
    """Which day this is, by which rules, and how much went into it."""

    start: datetime
    end: datetime
    windows: tuple[Window, ...]  # UTC, the digest's own zone, then the region's others
    ruleset: str  # first twelve hex digits
    polled: int
    failed: int
    silent: int
    entries: int
    articles: int
    matches: int
    stories: int
    copies: int  # articles of a story beyond its first


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the program has to say about itself."""

    at: datetime
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Digest:
    """One local day, ready to be rendered."""

    date: date
    region: str
    version: str
    zone: ZoneInfo
    header: Header
    glance: tuple[Card, ...]
    stories: tuple[Card, ...]
    singles: tuple[Card, ...]
    checks: tuple[Card, ...]
    places: tuple[IndexRow, ...]
    organisations: tuple[IndexRow, ...]
    people: tuple[IndexRow, ...]
    rules: tuple[IndexRow, ...]
    topics: tuple[IndexRow, ...]
    changes: Changes
    late: tuple[Report, ...]  # first seen on this day, and dated well before it
    trend: Trend | None  # None: too few feeds or days
    rule_days: tuple[RuleDays, ...]  # what each rule found, most first
    outline: MapOutline | None
    dots: tuple[Dot, ...]
    notices: tuple[Notice, ...]
    channels_off: tuple[tuple[str, str], ...]
    coverage: Coverage

    @property
    def cards(self) -> tuple[Card, ...]:
        """Return every story, in the order of its numbers."""
        return self.stories + self.singles + self.checks

    @property
    def sources(self) -> tuple[Report, ...]:
        """Return every article, in the order of its numbers."""
        return tuple(report for card in self.cards for report in card.reports)


def gather(
    record: DayRecord,
    *,
    date: date,
    zone: ZoneInfo,
    zones: tuple[ZoneInfo, ...],
    rules: Mapping[str, Rule],
    entities: Mapping[str, Entity],
    region: str,
    outline: MapOutline | None = None,
    version: str = __version__,
) -> Digest:
    """Gather the digest of the local day `date` in `zone`; `zones` are the others its window is given in."""
    ranked = sorted(
        (make_card(story, record.start, zone, rules, entities) for story in record.stories), key=rank
    )
    cards = _numbered(
        card for section in ("story", "single", "check") for card in ranked if card.section == section
    )
    stories = tuple(card for card in cards if card.section == "story")
    singles = tuple(card for card in cards if card.section == "single")
    matched = frozenset(hit.id for card in cards for hit in card.rules)
    coverage = cover(record, rules, matched)
    header = Header(
        start=record.start,
        end=record.end,
        windows=_windows(record, zone, zones),
        ruleset=record.ruleset[:12],
        polled=coverage.polled,
        failed=coverage.count("failing") + coverage.count("blocked"),
        silent=coverage.count("silent"),
        entries=record.entries,
        articles=record.articles,
        matches=record.matches,
        stories=len(cards),
        copies=sum(max(len(card.reports) - 1, 0) for card in cards),
    )
    return Digest(
        date=date,
        region=region,
        version=version,
        zone=zone,
        header=header,
        glance=stories[:GLANCE_MOST] + singles[: max(GLANCE_LEAST - len(stories), 0)],
        stories=stories,
        singles=singles,
        checks=tuple(card for card in cards if card.section == "check"),
        places=place_index(cards, entities),
        organisations=entity_index(cards, ("org",)),
        people=entity_index(cards, ("person",)),
        rules=rule_index(cards),
        topics=topic_index(cards),
        changes=record.changes,
        late=tuple(
            report
            for card in cards
            for report in card.reports
            if not report.earlier and _late(report, record)
        ),
        trend=trend(record.month) if record.month else None,
        rule_days=rule_days(record.month, rules) if record.month else (),
        outline=outline,
        dots=dots(cards, entities),
        notices=tuple(
            Notice(at, words.without_tokens(subject), words.without_tokens(text))
            for at, subject, text in sorted(record.notices)
        ),
        channels_off=tuple(sorted(record.channels_off)),
        coverage=coverage,
    )


def _late(report: Report, record: DayRecord) -> bool:
    told = report.stamp.at if report.stamp and report.stamp.confidence != "doubtful" else None
    return told is not None and told < record.start - LATE


def _numbered(cards: Iterable[Card]) -> tuple[Card, ...]:
    """Give stories and sources their numbers, from 1 and in reading order."""
    numbered: list[Card] = []
    source = 0
    for number, card in enumerate(cards, start=1):
        reports: list[Report] = []
        for report in card.reports:
            source += 1
            reports.append(replace(report, number=source))
        numbered.append(replace(card, number=number, reports=tuple(reports)))
    return tuple(numbered)


def _windows(record: DayRecord, zone: ZoneInfo, zones: tuple[ZoneInfo, ...]) -> tuple[Window, ...]:
    others = [one for one in {each.key: each for each in (zone, *zones)}.values() if one.key != "UTC"]
    return (
        Window("UTC", words.utc(record.start), words.utc(record.end)),
        *(Window(one.key, local_time(record.start, one), local_time(record.end, one)) for one in others),
    )
