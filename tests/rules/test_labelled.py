"""Sentences labelled by hand before the matcher saw them: how many are read rightly.

Six sets. All but aside.jsonl are looked at when something is mended, and hold what has been learned; the third was
written to be stranger than the press is. aside.jsonl, the other half of the first, is never looked at: it tells whether
what was mended is of a kind. The texts are invented, the traps are those of the press, and half of all rows are traps.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from monitor.models import Document, Grade, Rule
from monitor.rules.entities import load_region
from monitor.rules.matcher import RuleSet, rule_source
from monitor.sources.language import detect

HERE = Path(__file__).parent
PACK = HERE.parents[1] / "regions" / "balochistan"
# Precision and recall of each set; docs/rules.md has the figures.
FLOORS = {
    "open": (0.95, 0.92),
    "second": (0.95, 0.92),
    "third": (0.95, 0.88),
    "fourth": (0.95, 0.92),
    "fifth": (0.95, 0.92),
    "aside": (0.85, 0.84),
}


@dataclass(frozen=True)
class Sentence:
    """A text, the entity that is asked for, and whether it is meant."""

    number: int
    entity: str
    match: bool
    text: str
    span_text: str


@cache
def sentences(half: str) -> tuple[Sentence, ...]:
    rows = (HERE / "labelled" / f"{half}.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(
        Sentence(row["id"], row["entity"], row["match"], row["text"], row.get("span_text", ""))
        for row in map(json.loads, rows)
    )


@cache
def rules() -> RuleSet:
    wanted = sorted({one.entity for half in FLOORS for one in sentences(half)})
    queries = [Rule(id=entity, title="", query=f"@{entity}") for entity in wanted]
    return RuleSet.compile(rule_source(queries, load_region(PACK).entities))


@cache
def figures(half: str) -> tuple[float, float]:
    """Return precision and recall at strong and likely."""
    right = wrong = missed = 0
    for one in sentences(half):
        evaluation = rules().match(Document(fields=(("body", one.text),), language=detect(one.text)))
        found = any(
            match.rule == one.entity and match.grade is not Grade.CHECK for match in evaluation.matches
        )
        right += found and one.match
        wrong += found and not one.match
        missed += one.match and not found
    return right / (right + wrong), right / (right + missed)


@pytest.mark.parametrize("half", FLOORS)
def test_what_is_reported_is_meant(half: str) -> None:
    precision, _ = figures(half)
    assert precision >= FLOORS[half][0]


@pytest.mark.parametrize("half", FLOORS)
def test_what_is_meant_is_reported(half: str) -> None:
    _, recall = figures(half)
    assert recall >= FLOORS[half][1]


def test_the_labels_are_sound() -> None:
    for half in FLOORS:
        for one in sentences(half):
            assert one.span_text in one.text
            assert bool(one.span_text) is one.match, one.number
