"""References read back by the programs that others read them with."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
import rispy
from bibtexparser.entrypoint import parse_string
from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON
from hypothesis import given
from hypothesis import strategies as st

from monitor.export import cite
from monitor.export.authors import authors
from monitor.models import ArticleRecord, Origin, Stamp
from monitor.text.show import one_line
from tests.export.archive import HOSTILE, PERSIAN, URDU, record

WITHOUT_DATE = (
    None,
    Stamp("", None, confidence="none"),
    Stamp("last week", None, confidence="none"),
    Stamp(
        "03/02/26", datetime.fromisoformat("2026-02-03T00:00Z"), confidence="doubtful", note="two-figure year"
    ),
)
PRINTED = {"backslash": "\\", "braceleft": "{", "braceright": "}", "asciitilde": "~", "asciicircum": "^"}
INFERRED = Stamp(
    "2026-02-02 13:00",
    datetime.fromisoformat("2026-02-02T13:00Z"),
    confidence="inferred",
    note="no zone given",
)


def from_ris(records: Iterable[ArticleRecord]) -> list[dict[str, Any]]:
    return list(rispy.loads("".join(cite.ris(records))))


def from_bibtex(records: Iterable[ArticleRecord]) -> dict[str, dict[str, str]]:
    library = parse_string("".join(cite.bibtex(records)))
    assert not library.failed_blocks
    assert [*library.comments, *library.preambles, *library.strings] == []
    return {
        entry.key: {"type": entry.entry_type}
        | {field.key: _said(str(field.value)) for field in entry.fields if field.key != "url"}
        | {field.key: str(field.value) for field in entry.fields if field.key == "url"}  # verbatim
        for entry in library.entries
    }


def _said(latex: str) -> str:
    """Return what LaTeX prints."""
    return re.sub(r"\{\\text(\w+)\}|\\([&%$#_])", lambda found: found[2] or PRINTED[found[1]], latex)


def from_csl(records: Iterable[ArticleRecord]) -> list[dict[str, Any]]:
    return list(json.loads("".join(cite.csl_json(records))))


@pytest.mark.parametrize("title", [URDU, PERSIAN, "Plain: 50% & more_or_less {x}"])
def test_every_field_is_read_back(title: str) -> None:
    one = record(title=title, archive_path="evidence/2026-02-02.warc.gz")
    key = "dawn-example-12"
    url = "https://www.dawn.example/news/12/title"
    archive = f"evidence/2026-02-02.warc.gz; raw sha256 {one.raw_sha256}; text sha256 {one.text_sha256}"
    note = (
        f"Source kind: private; retrieved 2026-02-02T09:02:00Z; raw sha256 {one.raw_sha256[:12]}; "
        f"text sha256 {one.text_sha256[:12]}; article 12 of the monitor's archive."
    )
    assert from_ris([one]) == [
        {
            "type_of_reference": "NEWS",
            "id": key,
            "title": title,
            "authors": ["Shahid, Saleem"],
            "secondary_title": "Dawn",
            "year": "2026",
            "date": "2026/02/02/",
            "access_date": "2026/02/02/",
            "urls": [url],
            "language": "ur",
            "accession_number": archive,
            "notes": [note],
        }
    ]
    assert from_bibtex([one])[key] == {
        "type": "article",
        "title": title,
        "author": "Shahid, Saleem",
        "journal": "Dawn",
        "entrysubtype": "newspaper",
        "date": "2026-02-02",
        "year": "2026",
        "month": "feb",
        "url": url,
        "urldate": "2026-02-02",
        "language": "ur",
        "note": note,
        "rawsha256": one.raw_sha256,
        "textsha256": one.text_sha256,
        "archivepath": "evidence/2026-02-02.warc.gz",
    }
    assert from_csl([one]) == [
        {
            "id": key,
            "type": "article-newspaper",
            "title": title,
            "author": [{"family": "Shahid", "given": "Saleem"}],
            "container-title": "Dawn",
            "issued": {"date-parts": [[2026, 2, 2]]},
            "accessed": {"date-parts": [[2026, 2, 2]]},
            "URL": url,
            "language": "ur",
            "archive_location": archive,
            "note": note,
        }
    ]


def test_a_style_prints_it() -> None:
    items = from_csl([record(), record(id=13, title=PERSIAN, author="خبرگزاری", day=None, published=None)])
    source = CiteProcJSON(items)
    style = CitationStylesStyle("harvard-cite-them-right", validate=False)
    bibliography = CitationStylesBibliography(style, source, formatter.plain)
    for item in items:
        bibliography.register(Citation([CitationItem(item["id"])]))
    first, second = sorted(map(str, bibliography.bibliography()), key=lambda line: PERSIAN in line)
    assert "Shahid" in first
    assert URDU in first
    assert "Dawn" in first
    assert "2026" in first
    assert PERSIAN in second
    assert "خبرگزاری" in second
    assert "no date" in second


@pytest.mark.parametrize("stamp", WITHOUT_DATE)
def test_a_date_that_is_not_sure_is_no_date(stamp: Stamp | None) -> None:
    one = record(published=stamp, day=stamp.at.date() if stamp and stamp.at else None)
    (ris,), (csl,) = from_ris([one]), from_csl([one])
    bibtex = from_bibtex([one])["dawn-example-12"]
    assert not {"year", "date"} & (ris.keys() | bibtex.keys())
    assert "month" not in bibtex
    assert "issued" not in csl
    assert "publication date" in csl["note"]
    if stamp and stamp.raw:
        assert f"given as “{stamp.raw}”" in csl["note"]


def test_an_inferred_date_is_said_to_be_one() -> None:
    one = record(published=INFERRED)
    assert from_csl([one])[0]["issued"] == {"date-parts": [[2026, 2, 2]], "circa": True}
    for note in (from_ris([one])[0]["notes"][0], from_bibtex([one])["dawn-example-12"]["note"]):
        assert "publication date inferred, no zone given, given as “2026-02-02 13:00”" in note


def test_what_is_not_known_is_left_out() -> None:
    bare = record(
        title="", author="", url="", final_url="", canonical_url="", outlet_name="", kind="", language="",
        published=None, day=None, fetched_at=None, origin=Origin.TITLE, raw_sha256="", text_sha256="",
    )  # fmt: skip
    note = (
        "only the headline was read; no publication date given; seen in its feed 2026-02-02T09:00:00Z; "
        "article 12 of the monitor's archive."
    )
    assert from_ris([bare]) == [{"type_of_reference": "NEWS", "id": "article-12", "notes": [note]}]
    assert from_csl([bare]) == [{"id": "article-12", "type": "article-newspaper", "note": note}]
    assert set(from_bibtex([bare])["article-12"]) == {"type", "entrysubtype", "note"}


def test_what_a_feed_only_announced_was_not_retrieved() -> None:
    (item,) = from_csl([record(origin=Origin.SUMMARY)])
    assert "accessed" not in item
    assert item["URL"] == "https://www.dawn.example/news/12?a=1&b=2"
    assert "only the feed's summary was read" in item["note"]


def test_a_rights_groups_page_is_no_newspaper() -> None:
    one = record(kind="rights-group")
    assert from_ris([one])[0]["type_of_reference"] == "ELEC"
    assert from_csl([one])[0]["type"] == "webpage"
    entry = from_bibtex([one])["dawn-example-12"]
    assert (entry["type"], entry["organization"]) == ("online", "Dawn")


@pytest.mark.parametrize(
    ("byline", "names"),
    [
        ("Saleem Shahid", ["Shahid, Saleem"]),
        ("By Anwar ul Haq", ["ul Haq, Anwar"]),
        ("Saleem Shahid, Amina Baloch", ["Shahid, Saleem", "Baloch, Amina"]),
        ("Saleem Shahid and Amina de Souza", ["Shahid, Saleem", "de Souza, Amina"]),
        ("Saleem Shahid; Saleem Shahid", ["Shahid, Saleem"]),
        ("Shahid, Saleem", ["Shahid Saleem"]),
        ("Saleem Shahid, Quetta", ["Saleem Shahid Quetta"]),
        ("News Desk", ["News Desk"]),
        ("News and Current Affairs Desk", ["News and Current Affairs Desk"]),
        ("Dawn", ["Dawn"]),
        ("Daily Azadi Quetta", ["Daily Azadi Quetta"]),
        ("AFP", ["AFP"]),
        ("عبدالغنی کاکڑ", ["عبدالغنی کاکڑ"]),
        ("علی احمدی و سارا بلوچ", ["علی احمدی", "سارا بلوچ"]),
        ("تحریریهٔ روزنامه", ["تحریریهٔ روزنامه"]),
        ("", []),
        ("; , and", ["; and"]),
    ],
)
def test_bylines(byline: str, names: list[str]) -> None:
    assert [author.inverted for author in authors(byline, outlet="Dawn")] == names


def test_the_outlets_own_name_is_no_person() -> None:
    (author,) = authors("Subh Makran", outlet="subh makran")
    assert (author.name, author.family) == ("Subh Makran", "")


def test_an_office_stays_whole_where_bibtex_would_part_it() -> None:
    entry = from_bibtex([record(author="News and Current Affairs Desk")])["dawn-example-12"]
    assert entry["author"] == "{News and Current Affairs Desk}"
    assert from_csl([record(author="News Desk")])[0]["author"] == [{"literal": "News Desk"}]


def hold(title: str, byline: str, outlet: str) -> None:
    """Check that three references in a row stay three, whatever stands in the middle one."""
    before, after = record(id=1, title="before"), record(id=3, title="after")
    middle = record(
        id=2, title=title, author=byline, outlet_name=outlet, kind=f"kind {title}", language=byline
    )
    rows = [before, middle, after]
    ris = from_ris(rows)
    assert [row["id"] for row in ris] == [f"dawn-example-{number}" for number in (1, 2, 3)]
    assert ris[1].get("title", "") == one_line(title)
    assert {row["type_of_reference"] for row in ris} == {"NEWS"}
    assert all(row.keys() <= ris[0].keys() for row in ris)
    assert list(from_bibtex(rows)) == [f"dawn-example-{number}" for number in (1, 2, 3)]
    csl = from_csl(rows)
    assert [item["id"] for item in csl] == [f"dawn-example-{number}" for number in (1, 2, 3)]
    assert csl[1].get("title", "") == one_line(title)
    assert csl[1].get("container-title", "") == one_line(outlet)
    for line in "".join(cite.ris(rows)).split("\r\n"):
        assert not line or line[2:6] == "  - "
    for text in ("".join(cite.ris(rows)), "".join(cite.bibtex(rows))):
        assert not set(text) & set("\x00\x1b\x1d\u2028\u2029\u0085\u202e\u2066")
    body = next(iter(cite.bibtex([middle])))
    depth = 0
    for character in body:
        depth += (character == "{") - (character == "}")
        assert depth >= 0
    assert depth == 0


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_in_its_field(text: str) -> None:
    hold(text, text, text)
    entry = from_bibtex([record(title=text)])["dawn-example-12"]
    assert entry["title"] == one_line(text)


@given(st.text(max_size=60), st.text(max_size=40), st.sampled_from(HOSTILE))
def test_any_text_stays_in_its_field(title: str, byline: str, outlet: str) -> None:
    hold(title, byline, outlet)


@given(st.text(alphabet="\\{}%$#_&~^@\"' ab=,\n", max_size=30))
def test_latex_is_escaped_and_read_back(title: str) -> None:
    entry = from_bibtex([record(title=title)])["dawn-example-12"]
    assert entry.get("title", "") == one_line(title)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "https://user:pass@dawn.example/",
        "https://dawn.example/a\r\nER  - ",
        "",
        "//x/y",
    ],
)
def test_an_address_that_is_none_is_left_out(url: str) -> None:
    one = record(url=url, final_url=url)
    assert "URL" not in from_csl([one])[0]
    assert "urls" not in from_ris([one])[0]
    assert "url" not in from_bibtex([one])["article-12"]


def test_an_address_keeps_its_meaning() -> None:
    one = record(final_url="https://dawn.example/خبر/a_b{c}?x=50%25&y=~#top")
    (item,) = from_csl([one])
    assert item["URL"] == "https://dawn.example/%D8%AE%D8%A8%D8%B1/a_b%7Bc%7D?x=50%25&y=~#top"
    assert from_bibtex([one])["dawn-example-12"]["url"] == item["URL"]
    assert from_ris([one])[0]["urls"] == [item["URL"]]


def test_keys_are_ascii_and_differ() -> None:
    rows = [
        record(id=1),
        record(id=2),
        record(id=3, final_url="https://خبر.example/3"),
        record(id=4, final_url="", url=""),
    ]
    keys = list(from_bibtex(rows))
    assert len(set(keys)) == len(rows)
    assert all(key.isascii() and " " not in key for key in keys)
    assert keys == [item["id"] for item in from_csl(rows)] == [item["id"] for item in from_ris(rows)]


def test_none_at_all() -> None:
    assert from_csl([]) == from_ris([]) == []
    assert "".join(cite.bibtex([])) == ""


def test_the_day_is_the_outlets() -> None:
    late = replace(record(), day=date(2026, 3, 1))
    assert from_ris([late])[0]["date"] == "2026/03/01/"
