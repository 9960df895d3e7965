from __future__ import annotations

import json
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.models import Document, Entity, Name, Origin, Rule
from monitor.rules.explain import explain_json, explain_text
from monitor.rules.matcher import RuleSet, rule_source

ENTITIES = (
    Entity(
        "org.bla",
        "Baloch Liberation Army",
        "armed_group",
        names=(
            Name("Baloch Liberation Army", "en"),
            Name("BLA", "abbr"),
            Name("بی ایل اے", "ur"),
        ),
        require=("Baloch", "attack", "بلوچستان"),
        exclude=("FDA",),
        level="very_high",
    ),
    Entity(
        "place.region", "Balochistan", "region", names=(Name("Balochistan", "en"), Name("بلوچستان", "ur"))
    ),
)
RULES = (
    Rule("bla", "The BLA", "@org.bla"),
    Rule("strikes", "Strikes in the region", "@place.region AND strike*"),
)
TITLES = {rule.id: rule.title for rule in RULES}
COMPILED = RuleSet.compile(rule_source(RULES, ENTITIES))


def plain(document: Document) -> str:
    """Return the explanation without the isolates around foreign text."""
    shown = explain_text(document, COMPILED.match(document), TITLES)
    return shown.replace("\u2068", "").replace("\u2069", "")


def test_json_has_the_shape_other_programs_rely_on() -> None:
    document = Document((("title", "BLA attack"), ("body", "In Balochistan, calm.")))
    assert explain_json(COMPILED.match(document)) == {
        "matches": [
            {
                "rule": "bla",
                "grade": "strong",
                "spans": [
                    {
                        "field": "title",
                        "start": 0,
                        "end": 3,
                        "text": "BLA",
                        "alias": "BLA",
                        "entity": "org.bla",
                    }
                ],
                "context": [
                    {
                        "field": "title",
                        "start": 4,
                        "end": 10,
                        "text": "attack",
                        "role": "requires",
                        "scope": "title",
                        "entity": "org.bla",
                    }
                ],
                "why": "“BLA” is org.bla (“attack” stands in the title)",
            }
        ],
        "misses": [{"rule": "strikes", "why": "all else holds, but “strike*” is missing"}],
    }


def test_json_is_json() -> None:
    document = Document((("body", "بی ایل اے، بلوچستان"),), origin=Origin.FEED)
    explained = explain_json(COMPILED.match(document))
    assert json.loads(json.dumps(explained)) == explained
    assert '"grade": "likely"' in json.dumps(explained)


def test_text_shows_each_sentence_once_with_its_marks() -> None:
    text = "Calm before. The BLA said the attack was its own, and BLA men left. Calm after.\nBalochistan is on strike."
    assert plain(Document((("body", text),))) == (
        "bla (The BLA) — strong\n"
        "    body: The ⟦BLA⟧ said the attack was its own, and ⟦BLA⟧ men left.\n"
        "    decided by “attack” (same sentence), which speaks for org.bla\n"
        "    why: “BLA” is org.bla (“attack” stands in the same sentence)\n"
        "\n"
        "strikes (Strikes in the region) — strong\n"
        "    body: ⟦Balochistan⟧ is on ⟦strike⟧.\n"
        "    why: “Balochistan” is place.region (its name); “strike*” is found"
    )


def test_text_says_what_nearly_fired() -> None:
    assert plain(Document((("body", "FDA accepts BLA."),))) == (
        "No rule fires.\n"
        "\n"
        "Nearly:\n"
        "  bla (The BLA): “BLA” is not read as org.bla: “FDA” stands in the same sentence, which excludes it"
    )
    assert plain(Document((("body", "Nothing."),))) == "No rule fires."


def test_a_long_sentence_is_cut_around_its_marks() -> None:
    shown = plain(Document((("body", "word " * 200 + "BLA attack " + "word " * 200),)))
    line = next(line for line in shown.splitlines() if "⟦" in line)
    assert len(line) < 450
    assert line.startswith("    body: … ")
    assert line.endswith(" …")


def test_many_sentences_are_counted() -> None:
    shown = plain(Document((("body", "The BLA attack.\n" * 30),)))
    assert shown.count("⟦BLA⟧") == 12
    assert "… and 18 more sentences" in shown


HOSTILE = st.text(
    st.sampled_from("ab بلوچستان\u202e\u202d\u2066\u2067\u2069\u200f\u200e\x1b\x07\x9b\u2028\n\r“”⟦[31m"),
    max_size=60,
)


@settings(deadline=None)
@given(HOSTILE, HOSTILE)
def test_no_text_turns_colours_or_breaks_what_stands_around_it(before: str, after: str) -> None:
    document = Document((("title", f"{before}BLA{after}"), ("body", f"{after}BLA attack{before} بلوچستان")))
    shown = explain_text(document, COMPILED.match(document), {"bla": after, "strikes": before})
    for line in shown.split("\n"):
        depth = 0
        for character in line:
            if character == "\u2068":
                depth += 1
            elif character == "\u2069":
                depth -= 1
                assert depth >= 0
            else:
                assert unicodedata.category(character) != "Cc"
                assert unicodedata.bidirectional(character) not in {
                    "RLE",
                    "LRE",
                    "RLO",
                    "LRO",
                    "PDF",
                    "LRI",
                    "RLI",
                }
                if unicodedata.bidirectional(character) in {"R", "AL"}:
                    assert depth, "right-to-left text stands in an isolate"
        assert depth == 0
    assert shown.count("\n") < 30
