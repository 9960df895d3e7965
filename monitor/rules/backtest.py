"""What a changed rule set would gain and lose: two sides judged on the same documents, and what that adds up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from monitor.models import Document, Grade, Need, Rule, RuleSource
from monitor.rules.automaton import Patterns
from monitor.rules.lexicon import Lexicon
from monitor.rules.matcher import RuleSet, rule_source
from monitor.rules.prefilter import any_of, need
from monitor.rules.query import parse

_WEEK = timedelta(weeks=1)
_BEFORE = "before "  # no rule's id holds a space


@dataclass(frozen=True, slots=True)
class Judged:
    """What one rule made of one article; an empty grade: nothing."""

    rule: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Row:
    """What all rules made of one article."""

    article: int
    story: int | None
    feed: str
    language: str
    judged: tuple[Judged, ...]
    near: tuple[str, ...]  # rules that nearly fired, as they are now


class Sides:
    """The rules as they are and, unless what is stored stands for them, as they were; compiled."""

    def __init__(self, now: RuleSource, before: Sequence[Rule] | None) -> None:
        self._stored = before is None
        self._kept: set[str] = set()  # judged once for both sides
        rules = list(now.rules)
        same = {rule.id: rule.query for rule in now.rules}
        for rule in before or ():
            if same.get(rule.id) == rule.query:
                self._kept.add(rule.id)
            else:
                rules.append(replace(rule, id=f"{_BEFORE}{rule.id}", must_match=(), must_ignore=()))
        self._rules = RuleSet.compile(rule_source(rules, now.entities))

    def judge(
        self, document: Document, stored: Mapping[str, Grade]
    ) -> tuple[tuple[Judged, ...], tuple[str, ...]]:
        """Return what the rules of both sides make of a document, and which rules of today nearly fire."""
        evaluation = self._rules.match(document)
        found = {match.rule: match.grade.value for match in evaluation.matches}
        after = {rule: grade for rule, grade in found.items() if not rule.startswith(_BEFORE)}
        if self._stored:
            before = {rule: grade.value for rule, grade in stored.items()}
        else:
            before = {rule: grade for rule, grade in after.items() if rule in self._kept}
            before |= {
                rule.removeprefix(_BEFORE): grade for rule, grade in found.items() if rule not in after
            }
        judged = tuple(
            Judged(rule, before.get(rule, ""), after.get(rule, ""))
            for rule in sorted(before.keys() | after.keys())
        )
        near = tuple(miss.rule for miss in evaluation.misses if not miss.rule.startswith(_BEFORE))
        return judged, near


def needed(now: RuleSource, before: Sequence[Rule] | None) -> Need:
    """Return what an article must hold for any rule of either side to match it."""
    lexicon = Lexicon(now.entities, Patterns())
    queries = {rule.query for rule in (*now.rules, *(before or ()))}
    return any_of(need(parse(query), lexicon) for query in sorted(queries))


@dataclass(slots=True)
class Tally:
    """What the rows of all articles add up to."""

    min_grades: Mapping[str, Grade]  # of the rules as they are
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    gained: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    near: Counter[str] = field(default_factory=Counter)
    by_feed: dict[str, Counter[str]] = field(default_factory=dict)  # kind of change -> matches
    by_language: dict[str, Counter[str]] = field(default_factory=dict)
    changes: list[tuple[int, Judged]] = field(default_factory=list)  # with the article
    alerts: dict[str, set[tuple[str, int]]] = field(default_factory=dict)  # rule -> stories or lone articles

    def add(self, rows: Iterable[Row]) -> None:
        """Count what the rules made of some articles."""
        for row in rows:
            self.near.update(row.near)
            for judged in row.judged:
                self._count(row, judged)

    def _count(self, row: Row, judged: Judged) -> None:
        self.before[judged.rule] += bool(judged.before)
        self.after[judged.rule] += bool(judged.after)
        least = self.min_grades.get(judged.rule)
        if least and judged.after and Grade(judged.after).rank >= least.rank:
            event = ("article", row.article) if row.story is None else ("story", row.story)
            self.alerts.setdefault(judged.rule, set()).add(event)
        if judged.before == judged.after:
            return
        kind = "changed" if judged.before and judged.after else "gained" if judged.after else "lost"
        {"changed": self.changed, "gained": self.gained, "lost": self.lost}[kind][judged.rule] += 1
        self.by_feed.setdefault(row.feed, Counter())[kind] += 1
        self.by_language.setdefault(row.language, Counter())[kind] += 1
        self.changes.append((row.article, judged))

    @property
    def rules(self) -> tuple[str, ...]:
        """Every rule of today in its order, then those that are gone."""
        return (*self.min_grades, *sorted(self.before.keys() - self.min_grades.keys()))

    def alerts_a_week(self, rule: str, span: timedelta) -> float | None:
        """Estimate a rule's alerts a week, one for each story; None when the archive is shorter than that."""
        return len(self.alerts.get(rule, ())) / (span / _WEEK) if span >= _WEEK else None
