"""One row an article: CSV for spreadsheets and statistics, JSON Lines for programs.

A JSON line holds what is stored, as it is. A CSV cell is made fit for a spreadsheet: one line, without controls,
and with an apostrophe wherever it would be run as a formula.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import regex

from monitor.models import ArticleRecord, Span
from monitor.text.show import instant, json_line, one_line

# A tuple holds ids, which have no bar in them, and is joined by it; a list holds others' text or objects.
Value: TypeAlias = str | int | tuple[str, ...] | list[Any] | None

BOM = "\ufeff"  # without it Excel reads every script but ASCII wrongly, and says nothing
BAR = "|"
CELL_LIMIT = 32_767  # characters; beyond it Excel goes on in the next row

# What spreadsheets run: = + - @ and the characters they take for these, with anything in front that is not seen or
# falls away when the file is read. Where the semicolon separates (much of Europe), a cell begins after each.
_RUN = regex.compile(
    r"(?:^|(?<=;))(?=[\p{Z}\p{C}\u034f\u115f\u1160\u3164\uffa0'‘’＇\"“”＂]*"
    r"[=+\-@＝＋－＠﹦﹢﹣﹫\u2212\u207a-\u207c\u208a-\u208c])"
)


def guarded(text: str) -> str:
    """Return a cell's text with an apostrophe before whatever a spreadsheet would run.

    An apostrophe before what would be run gets one of its own, so that no two texts become the same.
    """
    return str(_RUN.sub("'", text))


def csv_rows(records: Iterable[ArticleRecord]) -> Iterator[str]:
    """Yield the heading and a row for each record, as RFC 4180 has it, with a byte order mark before all."""
    writer = csv.writer(_Through(), lineterminator="\r\n")
    heading: str = writer.writerow(COLUMNS)
    yield BOM + heading
    for record in records:
        row: str = writer.writerow([_cell(value(record)) for value in COLUMNS.values()])
        yield row


def json_lines(records: Iterable[ArticleRecord]) -> Iterator[str]:
    """Yield one JSON object a record, with the columns of the CSV as they are stored."""
    for record in records:
        row = {name: value(record) for name, value in COLUMNS.items()}
        yield json_line({name: None if value == "" else value for name, value in row.items()}) + "\n"


class _Through:
    """A file that gives back what is written to it: writerow returns its row."""

    def write(self, text: str) -> str:
        return text


def _cell(value: Value) -> str:
    match value:
        case None:
            return ""
        case int():
            return str(value)
        case str():
            return guarded(one_line(value, CELL_LIMIT))[:CELL_LIMIT]
        case tuple():
            return guarded(BAR.join(value))
        case list():
            return _json(value)


def _json(items: list[Any]) -> str:
    """Write a list, empty as nothing; one that no cell can hold ends with how many are left out."""
    text = guarded(json_line(items)) if items else ""
    kept = len(items)
    while len(text) > CELL_LIMIT:
        kept //= 2
        text = guarded(json_line([*items[:kept], {"left_out": len(items) - kept}]))
    return text


def _published(record: ArticleRecord) -> str | None:
    stamp = record.published
    if stamp is None or stamp.at is None:
        return None
    if stamp.confidence == "day":
        return record.day.isoformat() if record.day else None
    return instant(stamp.at)


def _zone(record: ArticleRecord) -> str | None:
    """Return the zone; an offset with what it is from, for alone it would be read as a number."""
    zone = record.published.zone if record.published else None
    return f"UTC{zone}" if zone and zone[0] in "+-" else zone


def _grade(record: ArticleRecord) -> str | None:
    best = max((match.grade for match in record.matches), key=lambda grade: grade.rank, default=None)
    return best.value if best else None


def _spans(record: ArticleRecord) -> list[Any]:
    return [
        {"rule": match.rule, "grade": match.grade.value} | _span(span)
        for match in record.matches
        for span in match.spans
    ]


def _span(span: Span) -> dict[str, Any]:
    return {
        "field": span.field,
        "start": span.start,
        "end": span.end,
        "text": span.text,
        "alias": span.alias,
        "entity": span.entity,
    }


def _terms(record: ArticleRecord) -> list[Any]:
    return list(dict.fromkeys(word.text for match in record.matches for word in match.context))


def _unrecorded(_: ArticleRecord) -> None:
    """Stand in for what this program does not record yet."""


COLUMNS: Mapping[str, Callable[[ArticleRecord], Value]] = MappingProxyType(
    {
        "cluster_id": lambda one: one.story,
        "article_id": lambda one: one.id,
        "source_id": lambda one: one.outlet,
        "source_name": lambda one: one.outlet_name,
        "source_kind": lambda one: one.kind,
        "source_country": lambda one: one.country,
        "source_lang": lambda one: one.languages,
        "article_lang": lambda one: one.language,
        "title": lambda one: one.title,
        "author": lambda one: one.author,
        "published_raw": lambda one: one.published.raw if one.published else None,
        "published_utc": _published,
        "first_seen_utc": lambda one: instant(one.first_seen),
        "fetched_utc": lambda one: instant(one.fetched_at) if one.fetched_at else None,
        "url": lambda one: one.url,
        "canonical_url": lambda one: one.canonical_url,
        "guid": lambda one: one.guid,
        "text_origin": lambda one: one.origin.value,
        "word_count": lambda one: one.word_count,
        "rule_ids": lambda one: tuple(match.rule for match in one.matches),
        "entity_ids": lambda one: one.entities,
        "place_ids": lambda one: one.places,
        "country": lambda one: one.place_countries,
        "match_grade": _grade,
        "match_spans": _spans,
        "context_terms": _terms,
        "speakers": _unrecorded,
        "claim_count": _unrecorded,
        "quote_count": _unrecorded,
        "claim_status": lambda one: one.status,
        "origin": lambda one: one.report_of,
        "n_origins": lambda one: one.origins,
        "duplicate_of": lambda one: one.copy_of,
        "labels_used": _unrecorded,
        "raw_sha256": lambda one: one.raw_sha256,
        "text_sha256": lambda one: one.text_sha256,
        "archive_path": lambda one: one.archive_path,
        "extractor": lambda one: one.extractor.partition(" ")[0],
        "extractor_version": lambda one: one.extractor.partition(" ")[2],
        "ruleset_version": lambda one: one.ruleset,
        "reviewer": _unrecorded,
        "review_status": _unrecorded,
        "review_note": _unrecorded,
        # beside the list that the field's projects share: how far the date above can be trusted
        "published_confidence": lambda one: one.published.confidence if one.published else None,
        "published_zone": _zone,
    }
)
