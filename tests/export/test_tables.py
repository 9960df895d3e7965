"""Tables read back by csv and json, and by a spreadsheet that runs whatever it can."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.export import tables
from monitor.models import ArticleRecord, Grade, Match, Origin, Span, Stamp
from monitor.text.show import one_line
from tests.export.archive import HOSTILE, PERSIAN, URDU, record

DOCS = Path(__file__).resolve().parents[2] / "docs" / "exports.md"
COLUMNS = """
    cluster_id article_id source_id source_name source_kind source_country source_lang article_lang title author
    published_raw published_utc first_seen_utc fetched_utc url canonical_url guid text_origin word_count rule_ids
    entity_ids place_ids country match_grade match_spans context_terms speakers claim_count quote_count claim_status
    origin n_origins duplicate_of labels_used raw_sha256 text_sha256 archive_path extractor extractor_version
    ruleset_version reviewer review_status review_note published_confidence published_zone
""".split()


def from_csv(*records: ArticleRecord) -> list[dict[str, str]]:
    data = "".join(tables.csv_rows(records)).encode()
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def from_jsonl(*records: ArticleRecord) -> list[dict[str, Any]]:
    return [json.loads(line) for line in tables.json_lines(records)]


def would_run(cell: str) -> bool:
    """Tell whether a spreadsheet could take a cell for a formula: by what is left when the unseen falls away."""
    seen = "".join(one for one in cell if unicodedata.category(one)[0] not in "ZC" and one not in '"“”')
    return unicodedata.normalize("NFKC", seen[:1]) in set("=+-@−") and bool(seen)


def test_the_columns_are_those_of_the_field_in_their_order() -> None:
    assert list(tables.COLUMNS) == COLUMNS
    assert next(iter(tables.csv_rows([]))) == "\ufeff" + ",".join(COLUMNS) + "\r\n"


def test_a_row_is_read_back() -> None:
    one = record(copy_of=3)
    (row,) = from_csv(one)
    spans = json.loads(row.pop("match_spans"))
    assert spans == [
        {"rule": "missing", "grade": "strong", "field": "title", "start": 0, "end": 5, "text": "کوئٹہ", "alias": "کوئٹہ", "entity": "place.quetta"},
        {"rule": "missing", "grade": "strong", "field": "body", "start": 7, "end": 11, "text": "term", "alias": "term", "entity": ""},
        {"rule": "quetta", "grade": "likely", "field": "title", "start": 0, "end": 5, "text": "کوئٹہ", "alias": "کوئٹہ", "entity": "place.quetta"},
    ]  # fmt: skip
    assert row == {
        "cluster_id": "7", "article_id": "12", "source_id": "dawn", "source_name": "Dawn",
        "source_kind": "private", "source_country": "PK", "source_lang": "en|ur", "article_lang": "ur",
        "title": URDU, "author": "Saleem Shahid", "published_raw": "Mon, 02 Feb 2026 13:00:00 +0500",
        "published_utc": "2026-02-02T08:00:00Z", "first_seen_utc": "2026-02-02T09:00:00Z",
        "fetched_utc": "2026-02-02T09:02:00Z", "url": "https://www.dawn.example/news/12?a=1&b=2",
        "canonical_url": "https://www.dawn.example/news/12?a=1&b=2", "guid": "guid-12", "text_origin": "page",
        "word_count": "240", "rule_ids": "missing|quetta", "entity_ids": "place.quetta|org.hrcp",
        "place_ids": "place.quetta", "country": "PK", "match_grade": "strong", "context_terms": '["camp"]',
        "speakers": "", "claim_count": "", "quote_count": "", "claim_status": "several", "origin": "Dawn",
        "n_origins": "2", "duplicate_of": "3", "labels_used": "", "raw_sha256": one.raw_sha256,
        "text_sha256": one.text_sha256, "archive_path": "", "extractor": "trafilatura",
        "extractor_version": "2.3.1", "ruleset_version": "f" * 64, "reviewer": "", "review_status": "",
        "review_note": "", "published_confidence": "exact", "published_zone": "UTC+05:00",
    }  # fmt: skip


def test_json_has_lists_numbers_and_null() -> None:
    (row,) = from_jsonl(record(author="", published=None, matches=(), fetched_at=None))
    assert list(row) == COLUMNS
    assert row["source_lang"] == ["en", "ur"]
    assert (row["article_id"], row["n_origins"]) == (12, 2)
    assert row["match_spans"] == row["rule_ids"] == []
    for name in (
        "author",
        "published_raw",
        "published_utc",
        "fetched_utc",
        "match_grade",
        "speakers",
        "reviewer",
    ):
        assert row[name] is None


def test_a_date_is_as_precise_as_it_is_known() -> None:
    midnight = datetime(2026, 2, 1, 19, tzinfo=UTC)
    day = record(published=Stamp("2 Feb 2026", midnight, "+05:00", confidence="day"), day=date(2026, 2, 2))
    none = record(published=Stamp("soon", None, confidence="none"), day=None)
    for read in (from_csv, from_jsonl):
        rows = read(day, none)
        assert rows[0]["published_utc"] == "2026-02-02"
        assert not rows[1]["published_utc"]
        assert [row["published_confidence"] for row in rows] == ["day", "none"]
        assert rows[1]["published_raw"] == "soon"


def hold(text: str) -> None:
    spans = (Span("title", 0, len(text), text, text),)
    one = record(
        title=text, author=text, guid=text, outlet_name=text, report_of=text, url=text,
        published=Stamp(text, None, confidence="none"), matches=(Match("r", Grade.CHECK, spans),),
    )  # fmt: skip
    data = "".join(tables.csv_rows([one, record(id=13)]))
    rows = from_csv(one, record(id=13))
    assert [row["article_id"] for row in rows] == ["12", "13"]
    assert data.count("\n") == data.count("\r\n") == 3
    assert not set(data) & set("\x00\x1b\u202e\u2066\u2028\u0085\u200f")
    for row in rows:
        assert not [cell for cell in row.values() if would_run(cell)]
    # As read where the semicolon separates and where the tabulator does.
    for other in ";\t":
        for cells in csv.reader(io.StringIO(data.removeprefix("\ufeff"), newline=""), delimiter=other):
            assert not [cell for cell in cells if would_run(cell)]
    (line,) = from_jsonl(one)
    kept = re.sub("[\ud800-\udfff]", "\ufffd", text)
    assert line["title"] == (kept or None)
    assert line["match_spans"][0]["text"] == kept
    assert len("".join(tables.json_lines([one])).splitlines()) == 1


@pytest.mark.parametrize("text", [*HOSTILE, "a\x00b", "lone \ud800 half", PERSIAN])
def test_hostile_text_is_a_text(text: str) -> None:
    hold(text)


@given(st.text(max_size=40))
def test_any_text_is_a_text(text: str) -> None:
    hold(text)


@given(st.text(alphabet="=+-@;'\"“ \t\u200b\ufeff\u202e＝−1a,", max_size=12))
def test_what_could_run_does_not(text: str) -> None:
    hold(text)


@given(st.text(alphabet="=+-@;'\" 1a", max_size=12))
def test_a_cell_can_be_had_back(text: str) -> None:
    text = one_line(text)
    rule = r"""(^|;)'(?=[\s'"]*[=+\-@])"""
    assert rule in DOCS.read_text(encoding="utf-8")
    assert re.sub(rule, r"\1", tables.guarded(text)) == text


def test_every_column_is_described() -> None:
    described = re.sub(r"\W+", " ", DOCS.read_text(encoding="utf-8").partition("### CSV")[0]).split()
    assert not set(COLUMNS) - set(described)


def test_what_is_harmless_stays_as_it_is() -> None:
    for text in (
        URDU,
        PERSIAN,
        "Balochistan: 5-year plan = done",
        "'quoted' title",
        "a; b",
        "1-2",
        "(=)",
        "“Quote” – said",
    ):
        assert tables.guarded(text) == text
    (row,) = from_csv(record(word_count=0, origins=1))
    assert (row["word_count"], row["n_origins"]) == ("0", "1")


def test_no_cell_is_longer_than_a_spreadsheet_holds() -> None:
    span = Span("body", 0, 9, "word", "word")
    long = record(title=";=" * 40_000, matches=(Match("r", Grade.STRONG, (span,) * 2_000),))
    (row,) = from_csv(long)
    assert all(len(cell) <= 32_767 for cell in row.values())
    *kept, last = json.loads(row["match_spans"])
    assert last == {"left_out": 2_000 - len(kept)}
    assert len(kept) > 100
    (line,) = from_jsonl(long)
    assert len(line["match_spans"]) == 2_000
    huge = replace(span, text="x" * 50_000)
    (row,) = from_csv(record(matches=(Match("r", Grade.STRONG, (huge,)),)))
    assert json.loads(row["match_spans"]) == [{"left_out": 1}]


def test_the_best_grade_and_each_term_once() -> None:
    (row,) = from_jsonl(record(origin=Origin.SUMMARY, matches=(*record().matches, *record().matches)))
    assert (row["match_grade"], row["text_origin"]) == ("strong", "summary")
    assert row["context_terms"] == ["camp"]
