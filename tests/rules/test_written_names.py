"""How a name is written, and what stands directly beside it, with the names of the shipped region."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from monitor.models import Document, Entity, Rule
from monitor.rules.entities import load_region
from monitor.rules.matcher import Evaluation, RuleSet, rule_source

PACK = Path(__file__).parents[2] / "regions" / "balochistan"


@cache
def entities() -> tuple[Entity, ...]:
    return load_region(PACK).entities


@cache
def rules(query: str) -> RuleSet:
    return RuleSet.compile(rule_source([Rule(id="r", title="", query=query)], entities()))


def evaluate(query: str, text: str) -> Evaluation:
    return rules(query).match(Document(fields=(("body", text),)))


def test_arabic_prefixes_are_left_outside_the_name() -> None:
    text = "وقع انفجار ببلوشستان"
    (match,) = evaluate("@place.balochistan", text).matches
    assert [span.text for span in match.spans] == ["بلوشستان"]
    assert [text[span.start : span.end] for span in match.spans] == ["بلوشستان"]
    assert not evaluate("@place.balochistan", "سبلوشستان").matches


@pytest.mark.parametrize(
    ("entity", "text", "expected"),
    [
        # a preposition of place before a name with a capital, and nothing after it that says where else
        ("place.pk.d.kech", "Growers in Kech say so", "likely"),
        ("place.pk.d.kech", "Growers of the Kech say so", "no"),
        ("place.pk.d.kech", "Growers in Kech Lomax say so", "no"),
        ("place.pk.d.kech", "Growers in Kech, Bavaria, say so", "no"),
        ("place.pk.t.sui", "Growers in Sui say so", "no"),  # very_high: a preposition is not enough
        ("place.pk.d.kech", "کیچ میں بارش", "likely"),
        ("place.pk.d.kech", "کیچ کی بارش", "no"),
        # a word with a capital that follows makes it part of another name
        ("place.pk.t.sui", "Analyst Sui Lang expects loans for Gwadar", "check"),
        ("place.pk.t.sui", "At Sui Road in Gwadar", "strong"),
        # spelled in letters there is hardly another meaning
        ("org.bla", "بی ایل اے نے کہا", "likely"),
        ("org.bla", "بی ایل اے بوتھ پر", "no"),
        ("org.pk.fc_balochistan", "فرنٹیئر کور خیبر پختونخوا نے کہا", "no"),
    ],
)
def test_how_names_are_written_says_what_they_are(entity: str, text: str, expected: str) -> None:
    matches = evaluate(f"@{entity}", text).matches
    assert (matches[0].grade.value if matches else "no") == expected
