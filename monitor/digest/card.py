"""Show one story: its head title, who reported it, what matched, what is not confirmed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from monitor.digest import words
from monitor.digest.passages import Passage, headline, key_passages
from monitor.models import ArticleView, Entity, Grade, Match, Origin, Rule, Side, Stamp, Story, Verdict
from monitor.text.show import one_line, safe_url

# The first part of an entity's id says what it is; anything else is listed under its own name.
GROUPS = {
    "place": "Places",
    "org": "Organisations",
    "person": "People",
    "event": "Events",
    "project": "Projects",
    "people": "Peoples",
    "term": "Terms",
}


@dataclass(frozen=True, slots=True)
class Report:
    """One article of a story, numbered as it is cited."""

    number: int
    article: int
    story: int
    outlet: str
    feed: str
    kind: str
    language: str
    author: str
    title: Passage
    url: str  # absolute http(s), or empty
    stamp: Stamp | None
    published: str
    first_seen: datetime
    fetched_at: datetime | None
    verdict: Verdict
    origin: Origin
    how: str  # how it came to stand in this story
    earlier: bool  # seen before this day began
    text_sha256: str
    grade: Grade | None  # None: it stands in the story without a match of its own

    @property
    def citation(self) -> str:
        """Return the source in one plain line, foreign text as it stands."""
        return "".join(text for _, text in cite(self))


@dataclass(frozen=True, slots=True)
class RuleHit:
    """A rule that found a story, at its best grade in any of the articles."""

    id: str
    title: str
    priority: str
    grade: Grade
    why: str


@dataclass(frozen=True, slots=True)
class Found:
    """An entity named in a story."""

    id: str
    name: str
    type: str
    group: str  # the first part of the id
    grade: Grade


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something a careful reader has to hold against a story."""

    text: str  # our own words
    outlets: tuple[str, ...] = ()  # whom it is about, to be appended; foreign text

    @property
    def sentence(self) -> str:
        """Return the whole sentence, foreign text as it stands."""
        return f"{self.text} {words.listed(self.outlets)}." if self.outlets else f"{self.text}."


@dataclass(frozen=True, slots=True)
class Card:
    """A story as the digest shows it."""

    number: int
    story: int
    section: str  # story | single | check
    title: Passage
    status: str
    grade: Grade
    origins: int
    sources: int
    first_seen: datetime
    latest: datetime
    continued: bool  # seen before this day began
    rules: tuple[RuleHit, ...]
    reports: tuple[Report, ...]
    passages: tuple[Passage, ...]
    found: tuple[Found, ...]
    unconfirmed: tuple[Doubt, ...]
    topics: tuple[str, ...] = ()
    sides: tuple[Side, ...] = ()  # whose words its reports give

    def named(self, *groups: str) -> tuple[Found, ...]:
        """Return the entities of these groups."""
        return tuple(entity for entity in self.found if entity.group in groups)

    def report(self, article: int) -> Report:
        """Return the report of an article of this story."""
        return next(report for report in self.reports if report.article == article)


def make_card(
    story: Story,
    day: datetime,
    zone: ZoneInfo,
    rules: Mapping[str, Rule],
    entities: Mapping[str, Entity],
) -> Card:
    # What was seen on the day itself is quoted first; what a story carries over stands behind it.
    articles = sorted(story.articles, key=lambda article: article.first_seen < day)
    hits = _hits(articles, rules)
    grade = max((hit.grade for hit in hits), key=lambda one: one.rank, default=Grade.CHECK)
    return Card(
        number=0,
        story=story.id,
        section=_section(articles, hits, grade),
        title=_title(story, articles),
        status="; ".join(filter(None, (_status(story), _sides(story)))),
        grade=grade,
        origins=story.origins,
        sources=story.sources,
        first_seen=story.first_seen,
        latest=max((article.first_seen for article in articles), default=story.first_seen),
        continued=story.first_seen < day,
        rules=hits,
        reports=tuple(_report(story, article, day, zone) for article in story.articles),
        passages=key_passages(articles),
        found=_found(articles, entities),
        unconfirmed=tuple(_unconfirmed(story, grade)),
        topics=story.topics,
        sides=story.sides,
    )


def _title(story: Story, articles: Sequence[ArticleView]) -> Passage:
    head = next((article for article in story.articles if article.title == story.title), None)
    if head is not None:
        return headline(head)
    language = articles[0].language if articles else ""
    return Passage(0, "title", 0, len(story.title), story.title, (), language)


def _report(story: Story, article: ArticleView, day: datetime, zone: ZoneInfo) -> Report:
    return Report(
        number=0,
        article=article.id,
        story=story.id,
        outlet=article.outlet or article.feed,
        feed=article.feed,
        kind=article.kind,
        language=article.language,
        author=one_line(article.author),
        title=headline(article),
        url=safe_url(article.url),
        stamp=article.published,
        published=words.published(article.published, zone),
        first_seen=article.first_seen,
        fetched_at=article.fetched_at,
        verdict=article.verdict,
        origin=article.origin,
        how=article.how,
        earlier=article.first_seen < day,
        text_sha256=article.text_sha256,
        grade=max((match.grade for match in article.matches), key=lambda one: one.rank, default=None),
    )


def _hits(articles: Sequence[ArticleView], rules: Mapping[str, Rule]) -> tuple[RuleHit, ...]:
    best: dict[str, Match] = {}
    for article in articles:
        for match in article.matches:
            known = best.get(match.rule)
            if known is None or match.grade.rank > known.grade.rank:
                best[match.rule] = match
    hits = [
        RuleHit(
            id=match.rule,
            title=rules[match.rule].title if match.rule in rules else match.rule,
            priority=rules[match.rule].priority if match.rule in rules else "normal",
            grade=match.grade,
            why=match.why,
        )
        for match in best.values()
    ]
    return tuple(
        sorted(hits, key=lambda hit: (words.PRIORITIES.index(hit.priority), -hit.grade.rank, hit.id))
    )


def _section(articles: Sequence[ArticleView], hits: Sequence[RuleHit], grade: Grade) -> str:
    if grade is Grade.CHECK:
        return "check"
    spans = {
        (s.field, s.start, s.end) for article in articles for match in article.matches for s in match.spans
    }
    once = len(articles) == 1 and len(spans) == 1 and all(field != "title" for field, _, _ in spans)
    return "single" if once and all(hit.priority != "high" for hit in hits) else "story"


def _status(story: Story) -> str:
    if story.sources <= 1:
        return "one outlet"
    if story.origins <= 1:
        return f"{story.sources} outlets, {'one' if story.origins else 'no independent'} origin"
    return f"{story.origins} origins, {words.many(story.sources, 'outlet')}"


def _sides(story: Story) -> str:
    if not story.sides:
        return ""
    return f"quoted: {story.sides[0]} only" if len(story.sides) == 1 else f"quoted: {', '.join(story.sides)}"


def _found(articles: Sequence[ArticleView], entities: Mapping[str, Entity]) -> tuple[Found, ...]:
    """Return who and what is named, most often named first."""
    grades: dict[str, Grade] = {}
    counts: dict[str, int] = {}
    for article in articles:
        for entity, grade in _named(article):
            counts[entity] = counts.get(entity, 0) + 1
            if entity not in grades or grade.rank > grades[entity].rank:
                grades[entity] = grade
    found = [
        Found(
            id=entity,
            name=entities[entity].name if entity in entities else entity,
            type=entities[entity].type if entity in entities else "",
            group=entity.partition(".")[0],
            grade=grade,
        )
        for entity, grade in grades.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.grade.rank, -counts[one.id], one.id)))


def _named(article: ArticleView) -> Iterable[tuple[str, Grade]]:
    if article.mentions:
        return [(mention.entity, mention.grade) for mention in article.mentions]
    return sorted(
        {(span.entity, match.grade) for match in article.matches for span in match.spans if span.entity}
    )


def _unconfirmed(story: Story, grade: Grade) -> Iterable[Doubt]:
    """Say what a careful reader has to hold against the story."""
    articles = story.articles
    if grade is Grade.CHECK:
        yield Doubt("The match itself is uncertain (grade check)")
    if story.sources <= 1:
        yield Doubt("Reported by one outlet")
    elif story.origins <= 1:
        origin = "second" if story.origins else "independent"
        yield Doubt(f"{story.sources} outlets carry it, but no {origin} origin was found")
    kinds = {article.kind for article in articles}
    if story.sources > 1 and len(kinds) == 1 and "" not in kinds:
        yield Doubt(f"Every outlet that carries it is of one kind: {words.kind(kinds.pop())}")
    for text, applies in _DOUBTS:
        outlets = dict.fromkeys(
            one_line(article.outlet or article.feed, 60) for article in articles if applies(article)
        )
        if outlets:
            yield Doubt(text, tuple(outlets))


def _dated(article: ArticleView, confidence: str) -> bool:
    stamp = article.published
    if stamp is None or stamp.at is None:
        return confidence == "none"
    return stamp.confidence == confidence


_DOUBTS: tuple[tuple[str, Callable[[ArticleView], bool]], ...] = (
    ("No publication date could be read at", lambda article: _dated(article, "none")),
    ("The publication date is doubtful at", lambda article: _dated(article, "doubtful")),
    ("The publication date is inferred at", lambda article: _dated(article, "inferred")),
    ("Only the feed's summary was read at", lambda article: article.origin is Origin.SUMMARY),
    ("Only the headline was read at", lambda article: article.origin is Origin.TITLE),
    (
        "Only the beginning of the article was read at",
        lambda article: article.verdict is Verdict.TEASER and article.origin in (Origin.PAGE, Origin.FEED),
    ),
)


def rank(card: Card) -> tuple[int, int, int, int, int, bool, float, int]:
    """Order: origins, sides, outlets, best grade, the rules' priority, a hit in the title, recency; then the id."""
    priority = min(
        (words.PRIORITIES.index(hit.priority) for hit in card.rules), default=len(words.PRIORITIES)
    )
    title_hit = any(report.title.marks for report in card.reports)
    return (
        -card.origins,
        -len(card.sides),
        -card.sources,
        -card.grade.rank,
        priority,
        not title_hit,
        -card.latest.timestamp(),
        card.story,
    )


def _quoted(title: str) -> list[tuple[str, str]]:
    if not one_line(title):
        return [("plain", f", {words.UNTITLED}, ")]
    return [("plain", ", “"), ("title", title), ("plain", "”, ")]


def cite(report: Report) -> tuple[tuple[str, str], ...]:
    """Return a source's citation as (role, text) pieces.

    Roles: outlet, title, author and url are foreign and have to be made harmless; plain is our own wording.
    """
    pieces = [
        ("outlet", report.outlet),
        *_quoted(report.title.text),
    ]
    if report.author:
        pieces += [("plain", "by "), ("author", report.author), ("plain", ", ")]
    told = report.published
    pieces.append(("plain", told if told.startswith(("no ", "date ")) else f"published {told}"))
    if report.fetched_at:
        pieces.append(("plain", f", retrieved {words.utc(report.fetched_at)}"))
    else:
        pieces.append(("plain", f", seen in its feed {words.utc(report.first_seen)}"))
    if report.url:
        pieces += [("plain", ", "), ("url", report.url)]
    if report.text_sha256:
        pieces.append(("plain", f", text sha256 {report.text_sha256[:12]}"))
    return (*pieces, ("plain", "."))
