"""Whose words a report gives: on reports of our own, labelled before a line of it was written.

Every third report was set aside: it was not looked at while words were added.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from monitor.models import ArticleView, Document, Entity, Grade, Mention, Origin, Side, Span, Verdict
from monitor.rules.entities import load_region
from monitor.rules.matcher import RuleSet, rule_source
from monitor.stories.sides import Voices

HERE = Path(__file__).parent / "labelled"
PACK = Path(__file__).parents[2] / "regions" / "balochistan"
SEEN = datetime(2026, 2, 2, tzinfo=UTC)


def article(title: str, text: str, language: str, mentions: tuple[Mention, ...]) -> ArticleView:
    return ArticleView(
        1,
        "",
        "o",
        "o",
        "",
        title,
        language,
        None,
        SEEN,
        Verdict.FULL,
        Origin.PAGE,
        text,
        "",
        mentions=mentions,
    )


@cache
def scores(*, aside: bool) -> tuple[float, float, float]:
    """Return precision, recall, and the share of reports whose sides are all right."""
    region = load_region(PACK)
    rules, voices = RuleSet.compile(rule_source([], region.entities)), Voices(region.entities)
    right = told = wanted = exact = reports = 0
    for line in (HERE / "sides.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if (row["id"] % 3 == 0) != aside:
            continue
        document = Document((("title", row["title"]), ("body", row["text"])), language=row["lang"])
        mentions = rules.match(document, misses=False).mentions
        found = voices.of(article(row["title"], row["text"], row["lang"], mentions))
        expected = set(map(Side, row["sides"]))
        right, told, wanted = right + len(found & expected), told + len(found), wanted + len(expected)
        exact, reports = exact + (found == expected), reports + 1
    return right / told, right / wanted, exact / reports


@pytest.mark.parametrize(("aside", "precision", "recall"), [(False, 0.93, 0.91), (True, 0.90, 0.75)])
def test_sides_are_told(aside: bool, precision: float, recall: float) -> None:
    found = scores(aside=aside)
    assert found[0] >= precision
    assert found[1] >= recall


FRONT = Entity("org.front", "Shore Front", "armed_group")
SPEAKER = Entity("person.x", "The Governor of Shore", "person_public", side=Side.OFFICIAL)


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("The Shore Front said it had burnt the boats.", {Side.ARMED}),
        ("Police said the Shore Front had burnt the boats.", {Side.OFFICIAL}),
        ("The attack was claimed by the Shore Front.", {Side.ARMED}),
        ("Boats of the Shore Front burnt.", set()),
        ("No group has claimed responsibility.", set()),
        ("There was no comment from the police.", set()),
        ("“Nobody was hurt,” said police.", {Side.OFFICIAL}),
        ("The Governor of Shore told reporters that boats had burnt.", {Side.OFFICIAL}),
        ("According to residents, boats burnt.", {Side.WITNESS}),
        ("The Shore Front burnt boats. The group’s spokesman said so.", {Side.ARMED}),
        ("پولیس کے مطابق کشتیاں جل گئیں۔", {Side.OFFICIAL}),
        ("لواحقین نے پولیس سے مطالبہ کیا ہے کہ وہ کشتیاں واپس کرے۔", {Side.FAMILY}),
        ("به گفته شاهدان عینی، قایق‌ها سوخت.", {Side.WITNESS}),
        ("پلیس در این باره توضیحی نداد.", set()),
    ],
)
def test_who_speaks_and_who_is_spoken_of(text: str, sides: set[Side]) -> None:
    names = {"Shore Front": FRONT.id, "The Governor of Shore": SPEAKER.id}
    mentions = tuple(
        Mention(entity, Grade.STRONG, Span("body", at, at + len(name), name, name, entity))
        for name, entity in names.items()
        if (at := text.find(name)) >= 0
    )
    assert Voices([FRONT, SPEAKER]).of(article("", text, "en", mentions)) == sides
