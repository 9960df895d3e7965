"""The tree of a query, answered by the positions of what was found.

AND, OR and NOT look at the whole document, NEAR at one field. A word that is found is strong, a name has its
mention's grade; AND is as weak as its weakest part, OR as strong as its best. NOT takes a name at grade check
as absent. What a match cites are the words and names that made it true, in reading order.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Iterable
from dataclasses import dataclass, field

import regex

from monitor.models import Context, Document, Grade, Mention, Span
from monitor.rules.page import TITLE, Page, Place
from monitor.rules.tree import (
    And,
    EntityRef,
    Filter,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Prefix,
    Regex,
    Title,
    Word,
    unparse,
)

REGEX_SECONDS = 0.2
_MOST_HITS = 1000  # of one leaf or NEAR in one document

_ORDER = (Grade.STRONG, Grade.LIKELY, Grade.CHECK)

Leaf = Word | Phrase | Prefix | EntityRef | Regex


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found: where, what is cited of it, and how sure it is."""

    place: Place
    spans: tuple[Span, ...]
    grade: Grade = Grade.STRONG
    context: tuple[Context, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Truth:
    """A part of a query that holds, and what makes it so."""

    grade: Grade
    hits: tuple[Hit, ...] = ()


@dataclass
class Plan:
    """A query and, for its leaves in order, what the matcher knows them by."""

    tree: Node
    numbers: dict[Leaf, int] = field(default_factory=dict)  # of words, phrases, prefixes
    entities: dict[EntityRef, frozenset[str]] = field(default_factory=dict)
    patterns: dict[Regex, regex.Pattern[str]] = field(default_factory=dict)


class Evaluator:
    """Answers queries about one page."""

    def __init__(self, page: Page, mentions: Iterable[Mention], quarantined: Container[Regex] = ()) -> None:
        self.page = page
        self._quarantined = quarantined
        self.mentions: dict[str, list[Mention]] = {}
        for mention in mentions:
            self.mentions.setdefault(mention.entity, []).append(mention)
        self._numbered = {part.name: part.number for part in page.fields}
        self.slow: Regex | None = None  # the pattern that used up the time of this document
        self.given_up: list[Regex] = []  # every pattern that was not tried to the end
        self._regex_hits: dict[Regex, list[Hit]] = {}
        self._word_hits: dict[int, list[Hit]] = {}
        self._truths: dict[tuple[int, bool], Truth | None] = {}

    def truth(self, node: Node, plan: Plan, title: bool = False) -> Truth | None:
        """Return what makes a part true, or None when it is not; `title` looks at the title alone."""
        key = (id(node), title)  # plans outlive the evaluator, so that no other node can get this id
        if key not in self._truths:
            self._truths[key] = None if self._absent(node, plan) else self._truth(node, plan, title)
        return self._truths[key]

    def _absent(self, node: Node, plan: Plan) -> bool:
        """Tell whether a part cannot be true since what it asks for stands nowhere: costs next to nothing."""
        match node:
            case Word() | Phrase() | Prefix():
                return plan.numbers[node] not in self.page.leaf_numbers
            case EntityRef():
                return self.mentions.keys().isdisjoint(plan.entities[node])
            case And(parts):
                return any(self._absent(part, plan) for part in parts)
            case Or(parts):
                return all(self._absent(part, plan) for part in parts)
            case Near(left, right):
                return self._absent(left, plan) or self._absent(right, plan)
            case Title(part):
                return self._absent(part, plan)
            case _:
                return False

    def _truth(self, node: Node, plan: Plan, title: bool) -> Truth | None:
        match node:
            case And(parts):
                found = []
                for part in sorted(parts, key=_costs):
                    truth = self.truth(part, plan, title)
                    if truth is None:
                        return None
                    found.append(truth)
                return _all(found)
            case Or(parts):
                some = [truth for part in parts if (truth := self.truth(part, plan, title))]
                return _any(some) if some else None
            case Not(part):
                inner = self.truth(part, plan, title)
                absent = inner is None or inner.grade is Grade.CHECK
                return Truth(Grade.STRONG) if absent else None
            case Title(part):
                return self.truth(part, plan, title=True)
            case Filter():
                return Truth(Grade.STRONG) if passes(node, self.page.document) else None
            case _:
                return _best(self.hits(node, plan, title))

    def hits(self, node: Node, plan: Plan, title: bool = False) -> list[Hit]:
        """Return where a word, phrase, prefix, name, regex, NEAR or an OR of such stands, in reading order."""
        match node:
            case Word() | Phrase() | Prefix():
                found = self._words(node, plan)
            case EntityRef():
                found = self._names(plan.entities[node])
            case Regex():
                found = self._regex(node, plan.patterns[node])
            case Near(left, right, distance):
                return self._near(self.hits(left, plan, title), self.hits(right, plan, title), distance)
            case Or(parts):
                found = [hit for part in parts for hit in self.hits(part, plan, title)]
                found.sort(key=lambda hit: hit.place)
            case _:
                raise TypeError(f"{node!r} stands nowhere")
        if title:
            found = [hit for hit in found if self.page.fields[hit.place.field].name == TITLE]
        return found[:_MOST_HITS]

    def _words(self, node: Word | Phrase | Prefix, plan: Plan) -> list[Hit]:
        number = plan.numbers[node]
        if number not in self._word_hits:
            open_end = isinstance(node, Prefix) or (isinstance(node, Phrase) and node.prefix)
            alias = f"{node.text}*" if open_end else node.text
            self._word_hits[number] = [
                self._hit(place, alias)
                for part in self.page.fields
                for place in _outermost(part.place(stretch) for stretch in part.found.leaves.get(number, ()))
            ]
        return self._word_hits[number]

    def _hit(self, place: Place, alias: str) -> Hit:
        part = self.page.fields[place.field]
        text = part.text[place.start : place.end]
        span = Span(part.name, place.start, place.end, text, alias)
        return Hit(place, (span,))

    def _names(self, entities: frozenset[str]) -> list[Hit]:
        found = []
        for entity in sorted(entities.intersection(self.mentions)):
            for mention in self.mentions[entity][:_MOST_HITS]:
                span = mention.span
                place = Place(self._numbered[span.field], span.start, span.end)
                found.append(Hit(place, (span,), mention.grade, mention.context, mention.why))
        return sorted(found, key=lambda hit: hit.place)

    def _regex(self, node: Regex, pattern: regex.Pattern[str]) -> list[Hit]:
        if node not in self._regex_hits:
            self._regex_hits[node] = self._search(node, pattern)
        return self._regex_hits[node]

    def _search(self, node: Regex, pattern: regex.Pattern[str]) -> list[Hit]:
        """Try a pattern on every field; once one has used up the time, no other is tried on this document."""
        if self.slow is not None or node in self._quarantined:
            self.given_up.append(node)
            return []
        found: list[Hit] = []
        alias = unparse(node)
        try:
            for part in self.page.fields:
                for hit in pattern.finditer(part.text, timeout=REGEX_SECONDS):
                    if hit[0]:
                        found.append(self._hit(Place(part.number, *hit.span()), alias))
                    if len(found) >= _MOST_HITS:
                        break
        except TimeoutError:
            self.slow = node
            self.given_up.append(node)
            return []
        return found

    def _near(self, left: list[Hit], right: list[Hit], distance: int) -> list[Hit]:
        """Pair what stands within a distance of each other in one field; side by side is 1 word, overlap 0."""
        numbered = sorted((hit.place.field, *self._numbers(hit), index) for index, hit in enumerate(right))
        longest = max((last - first for _, first, last, _ in numbered), default=0)
        found: list[Hit] = []
        for one in left:
            field_, (first, last) = one.place.field, self._numbers(one)
            low = bisect_left(numbered, (field_, first - distance - longest))
            high = bisect_left(numbered, (field_, last + distance + 1))
            found += [
                _joined(one, right[index])
                for _, other_first, other_last, index in numbered[low:high]
                if first - other_last <= distance
            ]
            if len(found) >= _MOST_HITS:
                break
        return sorted(found[:_MOST_HITS], key=lambda hit: hit.place)

    def _numbers(self, hit: Hit) -> tuple[int, int]:
        """Return the numbers of a hit's first and last word in its field."""
        part = self.page.fields[hit.place.field]
        return part.word(hit.place.start), part.word(hit.place.end - 1)


def passes(node: Filter, document: Document) -> bool:
    """Tell whether an article has the property a filter asks for."""
    match node.name:
        case "lang":
            spoken = document.language.lower()
            return spoken == node.value or spoken.partition("-")[0] == node.value
        case "source":
            host = document.host.lower()
            return host == node.value or host.endswith(f".{node.value}")
        case _:
            return document.kind.lower() == node.value


def _costs(node: Node) -> bool:
    """Tell whether a part is to be tried last."""
    return isinstance(node, Regex)


def strongest(grades: Iterable[Grade]) -> Grade:
    found = set(grades)
    return next(grade for grade in _ORDER if grade in found)


def weakest(grades: Iterable[Grade]) -> Grade:
    found = set(grades)
    return next(grade for grade in reversed(_ORDER) if grade in found)


def _all(parts: list[Truth]) -> Truth:
    return Truth(weakest(part.grade for part in parts), _united(parts))


def _any(parts: list[Truth]) -> Truth:
    return Truth(strongest(part.grade for part in parts), _united(parts))


def _best(hits: list[Hit]) -> Truth | None:
    """Return a leaf's truth; what is only to be checked is cited where there is nothing better."""
    if not hits:
        return None
    grade = strongest(hit.grade for hit in hits)
    return Truth(grade, tuple(hit for hit in hits if grade is Grade.CHECK or hit.grade is not Grade.CHECK))


def _united(parts: list[Truth]) -> tuple[Hit, ...]:
    return tuple(sorted((hit for part in parts for hit in part.hits), key=lambda hit: hit.place))


def _outermost(places: Iterable[Place]) -> list[Place]:
    """Sort places and drop those inside another."""
    kept: list[Place] = []
    for place in sorted(places, key=lambda place: (place.field, place.start, -place.end)):
        if not kept or kept[-1].field != place.field or place.end > kept[-1].end:
            kept.append(place)
    return kept


def _joined(one: Hit, other: Hit) -> Hit:
    before, after = sorted((one, other), key=lambda hit: hit.place)
    place = Place(one.place.field, before.place.start, max(one.place.end, other.place.end))
    return Hit(
        place,
        (*before.spans, *after.spans),
        weakest((one.grade, other.grade)),
        (*before.context, *after.context),
        "; ".join(dict.fromkeys(hit.why for hit in (before, after) if hit.why)),
    )
