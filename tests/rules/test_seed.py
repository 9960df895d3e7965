"""The shipped region pack on whole texts: the article this project starts from, and one written for this test."""

from __future__ import annotations

import json
import os
import time
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from monitor.models import Document, Entity, Grade, Rule
from monitor.rules.entities import load_region
from monitor.rules.matcher import Evaluation, RuleSet, rule_source

ROOT = Path(__file__).resolve().parents[2]
CORPORA = Path(os.environ.get("MONITOR_CORPORA", ROOT / ".." / "shared" / "data"))

# A text in the manner of a day's report; what it says is made up.
REPORT = """\
Khan of Kalat Urges ‘Talks, Not Troops’ in Balochistan
Pakistan’s defence minister, Khawaja Asif, told the National Assembly on Tuesday that talks were not planned.
Attacks of the Baloch Liberation Army (BLA) under “Operation Herof” had not ended, he said.
From London, the Khan of Kalat, Sulaiman Dawood Jan Ahmedzai, answered that “the Baloch nation” wanted peace.
He asked the Pakistani military to leave Gwadar and Turbat. The BLA’s statement named no place.
A port official said that Gwadar remained the hub of CPEC.
In Mach, in the Bolan area, trains stood still.
Police in Kalat district arrested a man named Rahim Khan of Kalat district.
وزیر دفاع خواجہ محمد آصف نے کہا کہ بلوچستان میں بی ایل اے سے مذاکرات نہیں ہوں گے۔
خان آف قلّات نے لندن میں بیان دیا۔
گروه جیش‌العدل در سیستان و بلوچستان بیانیه‌ای داد.
"""


def read(*parts: str) -> str:
    path = CORPORA.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"no {'/'.join(parts)} under MONITOR_CORPORA")
    return path.read_text(encoding="utf-8")


@cache
def pack() -> tuple[Entity, ...]:
    return load_region(ROOT / "regions" / "balochistan").entities


@cache
def compiled(query: str) -> RuleSet:
    return RuleSet.compile(rule_source([Rule("query", query, query)], pack()))


def evaluate(query: str, text: str, language: str = "") -> Evaluation:
    return compiled(query).match(Document((("body", text),), language=language))


def cited(entity: str, text: str) -> list[tuple[int, int, str]]:
    return [
        (span.start, span.end, span.text)
        for match in evaluate(f"@{entity}", text).matches
        for span in match.spans
    ]


def every(text: str, part: str) -> list[tuple[int, int, str]]:
    """Return every place of some letters in a text."""
    found, at = [], text.find(part)
    while at >= 0:
        found.append((at, at + len(part), part))
        at = text.find(part, at + 1)
    return found


# --- the report -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entity", "texts"),
    [
        (
            "person.khan_of_kalat",
            ["Khan of Kalat", "Khan of Kalat", "Sulaiman Dawood Jan Ahmedzai", "خان آف قلّات"],
        ),
        ("person.khawaja_asif", ["Khawaja Asif", "خواجہ محمد آصف"]),
        ("org.bla", ["Baloch Liberation Army", "BLA", "BLA", "بی ایل اے"]),
        ("event.op_herof", ["Operation Herof"]),
        ("people.baloch", ["Baloch"]),
        ("org.pk.national_assembly", ["National Assembly"]),
        ("org.pk.army", ["Pakistani military"]),
        ("place.balochistan", ["Balochistan", "بلوچستان", "بلوچستان"]),
        ("place.ir.sistan_baluchestan", ["سیستان و بلوچستان"]),
        ("place.pk.d.gwadar", ["Gwadar", "Gwadar"]),
        ("place.pk.t.mach", ["Mach"]),
        ("place.pk.d.kalat", ["Kalat", "Kalat"]),
        ("org.jaish_al_adl", ["جیش‌العدل"]),
        ("project.cpec", ["CPEC"]),
    ],
)
def test_the_report_names(entity: str, texts: list[str]) -> None:
    places = cited(entity, REPORT)
    assert [text for _, _, text in places] == texts
    assert all(REPORT[start:end] == text for start, end, text in places)


@pytest.mark.parametrize(
    "entity",
    [
        "place.pk.d.hub",
        "event.op_herof_2",
        "org.party.np",
        "person.zardari",
        "place.af.qalat_zabul",
        "org.blf",
    ],
)
def test_the_report_does_not_name(entity: str) -> None:
    assert cited(entity, REPORT) == []


def test_a_title_is_no_place_and_a_villager_no_khan() -> None:
    titles = every(REPORT, "Khan of Kalat")
    assert len(titles) == 3
    khans = [place for place in cited("person.khan_of_kalat", REPORT) if place[2] == "Khan of Kalat"]
    assert khans == titles[:2]
    kalats = every(REPORT, "Kalat")
    assert cited("place.pk.d.kalat", REPORT) == kalats[2:]


# --- the article this project starts from -----------------------------------------------------------------


def gold() -> dict[str, Any]:
    return json.loads(read("seed", "gold.json"))  # type: ignore[no-any-return]


def test_every_gold_span_and_no_other() -> None:
    text = read("seed", "article.txt")
    for expected in gold()["rules"]:
        evaluation = evaluate(f"@{expected['rule']}", text)
        spans = [(span.start, span.end, span.text) for match in evaluation.matches for span in match.spans]
        assert spans == [(span["start"], span["end"], span["text"]) for span in expected["spans"]], expected[
            "rule"
        ]
        assert evaluation.matches[0].grade is Grade.STRONG


def test_what_must_not_match_is_silent() -> None:
    text = read("seed", "article.txt")
    known = {entity.id for entity in pack()}
    silent = [entry["rule"] for entry in gold()["must_not_match"] if entry["rule"] in known]
    silent += [
        town for town in map("place.pk.t.{}".format, ("mach", "sui", "mand", "johan", "nal")) if town in known
    ]
    assert len(silent) > 8
    for entity in (*silent, "place.pk.d.hub"):
        assert cited(entity, text) == [], entity


def test_the_article_takes_a_millisecond_or_so() -> None:
    text = read("seed", "article.txt")
    rules = [Rule(entry["rule"], "", f"@{entry['rule']}") for entry in gold()["rules"]]
    began = time.process_time()
    rule_set = RuleSet.compile(rule_source(rules, pack()))
    assert time.process_time() - began < 2
    document = Document((("body", text),))
    rule_set.match(document)
    began = time.process_time()
    for _ in range(20):
        rule_set.match(document)
    assert time.process_time() - began < 20 * 0.01, "ten times what it takes on a quiet machine"


# --- labelled sentences -------------------------------------------------------------------------------------


def test_labelled_sentences() -> None:
    known = {entity.id for entity in pack()}
    right = wrong = missed = 0
    for line in read("rules", "labelled.jsonl").splitlines():
        row = json.loads(line)
        if row["rule"] not in known:
            continue
        matches = evaluate(f"@{row['rule']}", row["text"], row["lang"]).matches
        fires = bool(matches) and matches[0].grade is not Grade.CHECK
        right += fires and row["match"]
        wrong += fires and not row["match"]
        missed += not fires and row["match"]
    assert right / (right + wrong) >= 0.95
    assert right / (right + missed) >= 0.92
