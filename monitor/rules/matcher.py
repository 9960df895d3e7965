"""Rules and entities compiled together, and what they find in a document.

One pass of one automaton (automaton.py) finds every name, query word and context word. What stands as a name
is settled for all rules at once (mentions.py: longest first, then context.py); then each rule whose words or
names were found is evaluated on positions (evaluate.py), and those that nearly fired say why not (misses.py).
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from monitor.errors import QueryError
from monitor.models import (
    Context,
    Document,
    Entity,
    Grade,
    Match,
    Mention,
    Miss,
    Origin,
    Rule,
    RuleSource,
    Span,
)
from monitor.rules import mentions
from monitor.rules import misses as misses_
from monitor.rules.automaton import Automaton, Patterns
from monitor.rules.evaluate import Evaluator, Hit, Plan, Truth
from monitor.rules.lexicon import Directory, Lexicon
from monitor.rules.mentions import Refusal
from monitor.rules.page import Page, Place
from monitor.rules.query import compile_regex, parse
from monitor.rules.tree import (
    EntityRef,
    Filter,
    Node,
    Not,
    Or,
    Phrase,
    Prefix,
    Regex,
    Word,
    children,
    citable,
    walk,
)

TOO_OFTEN = 3  # documents on which a regular expression may take too long before it is quarantined


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a document holds: all mentions, the rules that fire (at any grade), the rules that nearly did."""

    mentions: tuple[Mention, ...]
    matches: tuple[Match, ...]
    misses: tuple[Miss, ...]
    given_up: tuple[str, ...] = ()  # rules with a regular expression that was not tried to the end


def rule_source(rules: Iterable[Rule], entities: Iterable[Entity]) -> RuleSource:
    """Bundle rules and entities with the SHA-256 of what decides about matches: queries and entities."""
    rules, entities = tuple(rules), tuple(entities)
    canonical = repr(([(rule.id, rule.query) for rule in rules], entities))
    return RuleSource(rules, entities, hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest())


class RuleSet:
    """Compiled rules. Does not pickle: a process compiles its own from the source."""

    def __init__(self, source: RuleSource) -> None:
        self.source = source
        patterns = Patterns()
        self.lexicon = Lexicon(source.entities, patterns)
        self._numbers: dict[Word | Phrase | Prefix, int] = {}
        self._plans = [self._plan(rule, patterns) for rule in source.rules]
        self._by_leaf: defaultdict[int, set[int]] = defaultdict(set)
        self._by_entity: defaultdict[str, set[int]] = defaultdict(set)
        self._always: set[int] = set()
        for number, plan in enumerate(self._plans):
            self._index(number, plan)
        self._automaton = Automaton(patterns)
        self._late: Counter[Regex] = Counter()
        self._quarantined: set[Regex] = set()

    @classmethod
    def compile(cls, source: RuleSource) -> RuleSet:
        """Compile; raise QueryError for a query that cannot be read or names an entity nobody knows."""
        return cls(source)

    @property
    def size(self) -> int:
        """The number of patterns looked for."""
        return self._automaton.size

    def _plan(self, rule: Rule, patterns: Patterns) -> Plan:
        plan = Plan(parse(rule.query))
        for node in walk(plan.tree):
            match node:
                case Word() | Phrase() | Prefix():
                    plan.numbers[node] = self._leaf(node, patterns)
                case EntityRef():
                    plan.entities[node] = self.lexicon.named(node)
                case Regex(pattern):
                    plan.patterns[node] = compile_regex(pattern, node.column)
                case _:
                    pass
        return plan

    def _leaf(self, node: Word | Phrase | Prefix, patterns: Patterns) -> int:
        if node not in self._numbers:
            number = self._numbers[node] = len(self._numbers)
            open_end = isinstance(node, Prefix) or (isinstance(node, Phrase) and node.prefix)
            (patterns.prefix if open_end else patterns.phrase)(node.text, number)
        return self._numbers[node]

    def _index(self, number: int, plan: Plan) -> None:
        """Note what must be found before a rule is worth evaluating."""
        if _may_hold_without_words(plan.tree):
            self._always.add(number)
        for leaf in plan.numbers.values():
            self._by_leaf[leaf].add(number)
        for family in plan.entities.values():
            for entity in family:
                self._by_entity[entity].add(number)

    def match(self, document: Document, *, misses: bool = True) -> Evaluation:
        """Return what a document holds; the same document always gives the same. Without misses it is faster.

        But a regular expression that took too long on some documents is not tried on those after them.
        """
        page = Page(document, self._automaton.scan)
        named = mentions.find(page, self.lexicon, self._by_entity)
        evaluator = Evaluator(page, named.mentions, self._quarantined)
        refused: defaultdict[str, list[Refusal]] = defaultdict(list)
        for refusal in named.refusals:
            refused[refusal.entity].append(refusal)
        matches: list[Match] = []
        missed: list[Miss] = []
        for number in self._worth_trying(page, {*evaluator.mentions, *refused}):
            rule, plan = self.source.rules[number], self._plans[number]
            truth = evaluator.truth(plan.tree, plan)
            if truth is not None:
                matches.append(_match(rule, truth, document.origin))
            elif misses and (why := misses_.why_not(plan, evaluator, refused)):
                missed.append(Miss(rule.id, why))
        return Evaluation(
            _mentions(named.mentions, document.origin),
            tuple(matches),
            tuple(missed),
            self._given_up(evaluator),
        )

    def _given_up(self, evaluator: Evaluator) -> tuple[str, ...]:
        """Return the rules whose regular expressions were not tried to the end, and remember what was slow."""
        if evaluator.slow is not None:
            self._late[evaluator.slow] += 1
            if self._late[evaluator.slow] >= TOO_OFTEN:
                self._quarantined.add(evaluator.slow)
        if not evaluator.given_up:
            return ()
        return tuple(
            rule.id
            for rule, plan in zip(self.source.rules, self._plans, strict=True)
            if not plan.patterns.keys().isdisjoint(evaluator.given_up)
        )

    def _worth_trying(self, page: Page, entities: Iterable[str]) -> list[int]:
        """Return the rules of which any word or name was found, in their order."""
        numbers = set(self._always)
        for leaf in page.leaf_numbers:
            numbers |= self._by_leaf[leaf]
        for entity in entities:
            numbers |= self._by_entity.get(entity, set())
        return sorted(numbers)


def _may_hold_without_words(node: Node) -> bool:
    match node:
        case Filter() | Regex() | Not():
            return True
        case Word() | Phrase() | Prefix() | EntityRef():
            return False
        case Or(parts):
            return any(map(_may_hold_without_words, parts))
        case _:
            return all(map(_may_hold_without_words, children(node)))


# --- what is reported -------------------------------------------------------------------------------


def _mentions(found: Sequence[Mention], origin: Origin) -> tuple[Mention, ...]:
    if origin is Origin.PAGE:
        return tuple(found)
    return tuple(replace(mention, grade=mention.grade.lower()) for mention in found)


def _match(rule: Rule, truth: Truth, origin: Origin) -> Match:
    """Put together what a rule cites; text that only the feed gave lowers the grade by one."""
    grade = truth.grade if origin is Origin.PAGE else truth.grade.lower()
    context: dict[Context, None] = {}
    for hit in truth.hits:
        context.update(dict.fromkeys(hit.context))
    reasons = _reasons(truth.hits)
    if origin is not Origin.PAGE:
        reasons.append("read in the feed alone, not on the page: one grade lower")
    if grade is not Grade.STRONG and grade.rank < rule.min_grade.rank:
        reasons.append(f"graded {grade}, and the rule alerts from {rule.min_grade}")
    return Match(rule.id, grade, _spans(truth.hits), tuple(context), "; ".join(reasons))


def _spans(hits: Sequence[Hit]) -> tuple[Span, ...]:
    """Return what is cited, in reading order: each place once, and of names inside a longer name only that."""
    at: dict[Place, Span] = {}
    for hit in hits:
        for span in hit.spans:
            place = Place(hit.place.field, span.start, span.end)
            if place not in at or (span.entity and not at[place].entity):
                at[place] = span
    kept: list[Span] = []
    reached = (-1, -1)  # field and end of the longest name so far
    for place in sorted(at, key=lambda place: (place.field, place.start, -place.end)):
        span = at[place]
        if span.entity and (place.field, place.end) <= reached:
            continue
        if span.entity:
            reached = (place.field, place.end)
        kept.append(span)
    return tuple(kept)


def _reasons(hits: Sequence[Hit]) -> list[str]:
    """Say why each entity was believed, by its best mention, and which words were found."""
    best: dict[str, Hit] = {}
    plain: dict[str, None] = {}
    for hit in hits:
        for span in hit.spans:
            if not span.entity:
                plain[f"“{span.alias}” is found"] = None
            elif span.entity not in best or _stronger(hit.grade, best[span.entity].grade):
                best[span.entity] = hit
    named = [
        f"“{span.text}” is {entity} ({hit.why})"
        for entity, hit in best.items()
        for span in hit.spans
        if span.entity == entity
    ]
    return [*dict.fromkeys(named), *plain]


def _stronger(grade: Grade, other: Grade) -> bool:
    return grade is not other and grade.rank > other.rank


# --- checking ---------------------------------------------------------------------------------------


def check_rules(
    rules: Iterable[Rule], entities: Iterable[Entity], *, examples: bool = True, names: bool = True
) -> list[tuple[str, str, int]]:
    """Return (rule id, message, column) for all that is wrong with rules.

    Queries that cannot be read, entities nobody knows, nothing to cite; then, for rules without such faults,
    each example that must match at the rule's grade and does not, or must be ignored and is not (column 0).
    Without `names`, as when the region pack cannot be read, nobody's name is looked up.
    """
    entities = tuple(entities)
    directory = Directory(entities)
    faults: list[tuple[str, str, int]] = []
    sound: list[Rule] = []
    for rule in rules:
        try:
            _check_query(rule.query, directory if names else None)
        except QueryError as error:
            faults.append((rule.id, str(error), error.column))
        else:
            sound.append(rule)
    if examples and any(rule.must_match or rule.must_ignore for rule in sound):
        compiled = RuleSet.compile(rule_source(sound, entities))
        faults += [(rule.id, message, 0) for rule in sound for message in _failing(rule, compiled)]
    return faults


def _check_query(query: str, directory: Directory | None) -> None:
    tree = parse(query)
    for node in walk(tree):
        if directory is not None and isinstance(node, EntityRef):
            directory.named(node)
    if not citable(tree):
        raise QueryError("a rule needs something to find: NOT alone gives nothing to cite", 1)


@dataclass(frozen=True, slots=True)
class Tried:
    """One example of a rule, and what came of it."""

    rule: str
    text: str
    must_match: bool
    fault: str  # empty: as it must be


def try_examples(rule: Rule, compiled: RuleSet) -> Iterator[Tried]:
    """Try a rule's examples on compiled rules that hold it."""
    for text in rule.must_match:
        yield Tried(rule.id, text, must_match=True, fault=_missed(rule, compiled.match(_example(text))))
    for text in rule.must_ignore:
        yield Tried(rule.id, text, must_match=False, fault=_fired(rule, compiled.match(_example(text))))


def _failing(rule: Rule, compiled: RuleSet) -> Iterator[str]:
    for tried in try_examples(rule, compiled):
        if tried.fault:
            must = "match" if tried.must_match else "be ignored"
            yield f"the example “{tried.text}” must {must}: {tried.fault}"


def _example(text: str) -> Document:
    return Document(fields=(("body", text),))


def _missed(rule: Rule, evaluation: Evaluation) -> str:
    match = next((match for match in evaluation.matches if match.rule == rule.id), None)
    if match is None:
        miss = next((miss.why for miss in evaluation.misses if miss.rule == rule.id), "")
        return miss or "none of its words or names is found"
    return match.why if match.grade.rank < rule.min_grade.rank else ""


def _fired(rule: Rule, evaluation: Evaluation) -> str:
    match = next((match for match in evaluation.matches if match.rule == rule.id), None)
    if match is None or match.grade.rank < rule.min_grade.rank:
        return ""
    return f"it matches at {match.grade}: {match.why}"
