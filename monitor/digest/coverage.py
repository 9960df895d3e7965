"""Say what could be seen, and what could not: silence is only news where somebody was listening."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.digest import words
from monitor.models import ArticleView, DayRecord, FeedHealth, Rule, Verdict

# Worst first: what a reader has to know before trusting a silence.
STATES = ("blocked", "failing", "silent", "unpolled", "paused", "ok")
_FEW = 3  # sources; below this a share of them says nothing about a country


@dataclass(frozen=True, slots=True)
class FeedRow:
    """What could be seen of one feed; its URL without user, query and fragment."""

    feed: str
    url: str
    outlet: str
    kind: str
    country: str
    language: str
    state: str
    detail: str
    polls: int
    failures: int
    entries: int
    new_entries: int
    last_ok: datetime | None
    held: int


@dataclass(frozen=True, slots=True)
class Share:
    """The part of one kind or language in what was followed, read and matched."""

    name: str
    sources: int
    live: int
    new_entries: int
    matched: int  # articles with a match


@dataclass(frozen=True, slots=True)
class Silence:
    """A rule that nothing matched."""

    rule: str
    title: str
    live: int
    sources: int

    @property
    def sentence(self) -> str:
        """Say how many sources the silence was heard in."""
        if not self.live:
            return f"no reports, and none of {words.many(self.sources, 'source')} could be seen"
        return f"no reports in {self.live} of {self.sources} live sources"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What could be seen on the day, what could not, and why."""

    feeds: int
    states: tuple[tuple[str, int], ...]  # every state, worst first
    polled: int
    sources: int  # outlets with a feed that is not paused
    live: int  # of these, the ones with a feed that was read and is not silent
    unseen: tuple[FeedRow, ...]
    seen: tuple[FeedRow, ...]
    held: tuple[FeedRow, ...]
    kinds: tuple[Share, ...]
    languages: tuple[Share, ...]
    read: int  # articles
    in_full: int
    texts: tuple[tuple[str, int], ...]  # articles by verdict, most first
    gaps: tuple[str, ...]  # sentences
    silences: tuple[Silence, ...]

    def count(self, state: str) -> int:
        """Return how many feeds are in a state."""
        return dict(self.states).get(state, 0)

    @property
    def sentence(self) -> str:
        """Say how much of what is followed could be seen."""
        if not self.feeds:
            return "No feed is followed."
        parts = [
            f"{count} {words.STATES.get(state, state)}"
            for state, count in self.states
            if count and state != "ok"
        ]
        rest = f" Of {words.many(self.feeds, 'feed')}, {words.listed(parts)}." if parts else ""
        return (
            f"{self.live} of {words.many(self.sources, 'source')} were live: read on this day, and not silent "
            f"against their own rhythm.{rest}"
        )

    @property
    def text_sentence(self) -> str:
        """Say for how many articles there was less than the whole text."""
        less = self.read - self.in_full
        return (
            f"Of {words.many(self.read, 'article')}, {self.in_full} "
            f"({words.percent(self.in_full, self.read)} %) were read in full; of {less} "
            f"({words.percent(less, self.read)} %) there was less: a beginning, a summary or a headline."
        )


def cover(record: DayRecord, rules: Mapping[str, Rule], matched_rules: frozenset[str]) -> Coverage:
    """Gather a day's coverage. `matched_rules` are the ids of the rules that found something."""
    rows = sorted((_row(health) for health in record.feeds), key=_feed_order)
    followed = [health for health in record.feeds if health.state != "paused"]
    sources, live = _sources(followed), _sources(_live(followed))
    states = Counter(row.state for row in rows)
    matched = [article for story in record.stories for article in story.articles if article.matches]
    return Coverage(
        feeds=len(rows),
        states=tuple((state, states[state]) for state in (*STATES, *sorted(set(states) - set(STATES)))),
        polled=sum(row.polls > 0 for row in rows),
        sources=len(sources),
        live=len(live),
        unseen=tuple(row for row in rows if row.state != "ok"),
        seen=tuple(row for row in rows if row.state == "ok"),
        held=tuple(row for row in rows if row.held),
        kinds=_shares(followed, matched, "kind"),
        languages=_shares(followed, matched, "language"),
        read=sum(count for _, count in record.verdicts),
        in_full=sum(count for verdict, count in record.verdicts if verdict == Verdict.FULL),
        texts=tuple(sorted(record.verdicts, key=lambda row: (-row[1], row[0]))),
        gaps=tuple(_gaps(followed)),
        silences=tuple(
            Silence(rule.id, rule.title, len(live), len(sources))
            for rule in sorted(
                rules.values(), key=lambda rule: (words.PRIORITIES.index(rule.priority), rule.id)
            )
            if rule.id not in matched_rules
        ),
    )


def source_of(health: FeedHealth) -> str:
    """Return what counts as one source: the outlet, or the feed where the outlet is not known."""
    return health.outlet or health.url


def _sources(feeds: Iterable[FeedHealth]) -> frozenset[str]:
    return frozenset(map(source_of, feeds))


def _live(feeds: Iterable[FeedHealth]) -> list[FeedHealth]:
    return [health for health in feeds if health.state == "ok"]


def _row(health: FeedHealth) -> FeedRow:
    return FeedRow(
        feed=health.feed,
        url=words.public_url(health.url),
        outlet=health.outlet,
        kind=health.kind,
        country=health.country,
        language=health.language,
        state=health.state,
        detail=words.without_tokens(health.detail),
        polls=health.polls,
        failures=health.failures,
        entries=health.entries,
        new_entries=health.new_entries,
        last_ok=health.last_ok,
        held=health.held,
    )


def _feed_order(row: FeedRow) -> tuple[int, str, str, str]:
    rank = STATES.index(row.state) if row.state in STATES else -1
    return rank, row.feed.casefold(), row.feed, row.url


def _shares(feeds: Sequence[FeedHealth], matched: Sequence[ArticleView], of: str) -> tuple[Share, ...]:
    """Count sources, entries and matched articles by kind or by language, most sources first."""
    by_name: dict[str, list[FeedHealth]] = {}
    for health in feeds:
        by_name.setdefault(_name(health, of), []).append(health)
    articles = Counter(_name(article, of) for article in matched)
    shares = [
        Share(
            name=name,
            sources=len(_sources(by_name.get(name, ()))),
            live=len(_sources(_live(by_name.get(name, ())))),
            new_entries=sum(health.new_entries for health in by_name.get(name, ())),
            matched=articles[name],
        )
        for name in {*by_name, *articles}
    ]
    return tuple(sorted(shares, key=lambda share: (-share.sources, -share.matched, share.name)))


def _name(thing: FeedHealth | ArticleView, of: str) -> str:
    return thing.kind if of == "kind" else words.primary_language(thing.language)


def _gaps(feeds: Sequence[FeedHealth]) -> Iterable[str]:
    """Name the languages and countries out of which little or nothing could be seen."""
    languages: dict[str, list[FeedHealth]] = {}
    countries: dict[str, list[FeedHealth]] = {}
    for health in feeds:
        languages.setdefault(_name(health, "language"), []).append(health)
        countries.setdefault(health.country, []).append(health)
    for code, group in sorted(languages.items()):
        if code and not _live(group):
            yield f"No source in {words.language(code)} could be seen."
    for code, group in sorted(countries.items()):
        sources, live = len(_sources(group)), len(_sources(_live(group)))
        if code and sources >= _FEW and 2 * live < sources:
            yield (
                f"Only {live} of {sources} sources publishing from {code} could be seen: "
                "their silence may be a network shutdown or a block, and is no sign that nothing happened."
            )
