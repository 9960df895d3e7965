"""Spellings that are close to a name: shown to a person, never matched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.models import Entity, Name
from monitor.rules.suggest import Suggester, suggestions

ENTITIES = (
    Entity(
        "place.port", "Tarbatan", "town", names=(Name("Tarbatan", "en", True), Name("تربتان", "ur", True))
    ),
    Entity("org.front", "Free Harbour Front", "party", names=(Name("Free Harbour Front", "en", True),)),
    Entity("org.guard", "TGF", "force", names=(Name("TGF", "abbr", True),)),
)


def found(*texts: str) -> dict[str, str]:
    return {one.text: one.entity for one in suggestions(enumerate(texts), ENTITIES, least=1)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rain in Tarbattan today", {"Tarbattan": "place.port"}),
        ("the Free Harbor Front said", {"Free Harbor Front": "org.front"}),
        ("ترباتان میں بارش", {"ترباتان": "place.port"}),
        ("Rain in Tarbatan, said the Free Harbour Front", {}),
        ("TARBATAN’S rain", {}),
        ("the Free Harbour Board said", {}),  # another word, not another spelling
        ("TFG and TGFs", {}),  # abbreviations resemble each other too easily
        ("Turban", {}),
        ("a tarbattan of cloth", {}),  # a name has a capital
        ("Tarbeetan", {"Tarbeetan": "place.port"}),  # the same consonants
    ],
)
def test_what_is_close_to_a_name(text: str, expected: dict[str, str]) -> None:
    assert found(text) == expected


def test_what_stands_in_one_article_only_is_a_slip() -> None:
    suggester = Suggester(ENTITIES)
    suggester.add(7, "Tarbattan, Tarbattan")
    assert suggester.found() == []
    suggester.add(9, "In TARBATTAN")
    (one,) = suggester.found()
    assert (one.text, one.times, one.articles) == ("Tarbattan", 3, (7, 9))


@given(st.text(max_size=80))
def test_any_text_can_be_looked_at(text: str) -> None:
    for one in suggestions([(1, text)], ENTITIES, least=1):
        assert one.text
