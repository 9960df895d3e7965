"""Redaction: what a private person's name may stand in never leaves, in no format."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime

import pytest

from monitor.export import cite, tables
from monitor.export.redact import WITHHELD, redact
from monitor.models import ArticleRecord, Context, Grade, Match, Mention, Span, Stamp
from tests.export.archive import record

NAME = "Zarina Bibi Nobody"
PUBLIC = {"Dawn", "Human Rights Commission"}
FORMATS = (tables.csv_rows, tables.json_lines, cite.ris, cite.bibtex, cite.csl_json)


def full_of_names() -> ArticleRecord:
    said = Span("title", 0, 18, NAME, NAME)
    known = Span("title", 0, 18, NAME, NAME, "org.hrcp")
    return record(
        title=NAME, author=NAME, guid=NAME, feed=NAME, outlet_name=NAME, report_of=NAME,
        url=f"https://dawn.example:8443/{NAME}?q={NAME}", final_url=f"https://dawn.example/{NAME}",
        canonical_url=f"https://dawn.example/x#{NAME}",
        published=Stamp(NAME, datetime.fromisoformat("2026-02-02T08:00Z"), confidence="inferred", note=NAME),
        matches=(Match("missing", Grade.STRONG, (said, known), (Context("body", 1, 2, NAME, "requires", "near"), Context("body", 1, 2, NAME, "requires", "near", "org.hrcp")), NAME),),
        mentions=(Mention("org.hrcp", Grade.STRONG, known),),
    )  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
def test_no_format_names_anybody(form: object) -> None:
    assert callable(form)
    text = "".join(form([redact(full_of_names(), PUBLIC)]))
    for part in (NAME, *NAME.split(), "Zarina%20Bibi"):
        assert part not in text
    assert "Zarina" in "".join(form([full_of_names()]))


def test_what_names_nobody_is_kept() -> None:
    before, after = record(), redact(record(), PUBLIC)
    changed = {one.name for one in fields(before) if getattr(before, one.name) != getattr(after, one.name)}
    assert changed == {
        "url", "canonical_url", "final_url", "guid", "feed", "title", "author", "published", "matches",
    }  # fmt: skip
    assert (after.title, after.author, after.guid) == (WITHHELD,) * 3
    assert (after.outlet_name, after.report_of) == ("Dawn", "Dawn")
    assert after.url == after.final_url == "https://www.dawn.example/"
    assert after.published is not None
    assert before.published is not None
    assert after.published == replace(before.published, raw="")


def test_entities_are_shown_by_their_ids_and_words_of_rules_not_at_all() -> None:
    (match, _) = redact(record(), PUBLIC).matches
    assert [(span.text, span.alias) for span in match.spans] == [("place.quetta",) * 2, (WITHHELD,) * 2]
    assert [(span.start, span.end) for span in match.spans] == [(0, 5), (7, 11)]
    assert [word.text for word in match.context] == [WITHHELD]
    assert match.why == ""


def test_what_is_empty_stays_empty() -> None:
    bare = redact(
        record(title="", author="", guid="", url="", final_url="", canonical_url="", published=None), PUBLIC
    )
    assert (bare.title, bare.author, bare.guid, bare.url, bare.canonical_url) == ("",) * 5
    assert bare.published is None


def test_an_outlet_that_nobody_registered_is_its_host() -> None:
    assert redact(record(outlet_name="The Diary of " + NAME), PUBLIC).outlet_name == "www.dawn.example"
    assert redact(record(outlet_name=NAME, url=""), PUBLIC).outlet_name == ""
