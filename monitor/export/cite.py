"""References for citation managers: RIS, BibTeX and CSL-JSON. Nothing is said that is not known.

All three say the same: who, what, where, when as far as it is known, when it was retrieved, and by which hashes
the bytes can be told. What has no field of its own stands in the note.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import regex

from monitor.export.authors import Author, authors
from monitor.models import ArticleRecord, Origin
from monitor.text.show import instant, json_line, one_line, safe_url

_SURE = ("exact", "day", "inferred")  # dates that a reference gives; the note says where one is inferred
_NO_PRESS = ("rights-group", "think-tank")  # what they publish is a page, and no newspaper's article
_READ = {
    Origin.FEED: "text from the feed",
    Origin.SUMMARY: "only the feed's summary was read",
    Origin.TITLE: "only the headline was read",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Without a brace that could stand alone: BibTeX counts them whatever stands before.
_LATEX = str.maketrans(
    {
        "\\": r"{\textbackslash}",
        "{": r"{\textbraceleft}",
        "}": r"{\textbraceright}",
        "~": r"{\textasciitilde}",
        "^": r"{\textasciicircum}",
        **{special: f"\\{special}" for special in "&%$#_"},
    }
)


@dataclass(frozen=True, slots=True)
class Reference:
    """What is cited of one article, each text on one line and without controls; empty where nothing is known."""

    key: str  # ASCII, unique in the archive, the same for ever
    title: str
    authors: tuple[Author, ...]
    outlet: str
    press: bool
    day: date | None
    inferred: bool  # the day is the likely one
    retrieved: date | None
    url: str
    language: str
    archive: str  # where the bytes are, and by what they can be told
    note: str


def reference(record: ArticleRecord) -> Reference:
    """Return what is cited of an article."""
    # A page that was read is cited where the link led, and else where it is said to be.
    read = record.origin is Origin.PAGE
    url = safe_url(record.final_url if read else "") or safe_url(record.url)
    stamp = record.published
    confidence = stamp.confidence if stamp is not None else "none"
    hashes = (("raw", record.raw_sha256), ("text", record.text_sha256))
    archive = [f"{name} sha256 {value}" for name, value in hashes if value]
    return Reference(
        key=f"{_slug(url)}-{record.id}",
        title=one_line(record.title),
        authors=authors(one_line(record.author), outlet=one_line(record.outlet_name)),
        outlet=one_line(record.outlet_name),
        press=record.kind not in _NO_PRESS,
        day=record.day if confidence in _SURE else None,
        inferred=confidence == "inferred",
        retrieved=record.fetched_at.date() if read and record.fetched_at else None,
        url=url,
        language=one_line(record.language),
        archive="; ".join(filter(None, [one_line(record.archive_path), *archive])),
        note=_note(record),
    )


def _slug(url: str) -> str:
    host = (urlsplit(url).hostname or "article").removeprefix("www.")
    return str(regex.sub("[^a-z0-9]+", "-", host)).strip("-")


def _note(record: ArticleRecord) -> str:
    """Say in one line what a reader has to know of the source and has no field of its own."""
    stamp = record.published
    parts = [f"Source kind: {record.kind}" if record.kind else "", _READ.get(record.origin, "")]
    if stamp is None or not (stamp.at or stamp.raw):
        parts.append("no publication date given")
    elif stamp.confidence not in {"exact", "day"}:
        why = f", {stamp.note}" if stamp.note else ""
        given = f", given as “{stamp.raw}”" if stamp.raw else ""
        what = {"inferred": "inferred", "doubtful": "doubtful"}.get(stamp.confidence, "not readable")
        parts.append(f"publication date {what}{why}{given}")
    if record.origin is Origin.PAGE and record.fetched_at:
        parts.append(f"retrieved {instant(record.fetched_at)}")
    else:
        parts.append(f"seen in its feed {instant(record.first_seen)}")
    parts += [
        f"{name} sha256 {value[:12]}"
        for name, value in (("raw", record.raw_sha256), ("text", record.text_sha256))
        if value
    ]
    parts.append(f"article {record.id} of the monitor's archive")
    return one_line("; ".join(filter(None, parts))) + "."


# --- RIS ----------------------------------------------------------------------------------------


def ris(records: Iterable[ArticleRecord]) -> Iterator[str]:
    """Yield one RIS reference a record; no value holds a line's end, so none can begin a tag."""
    for record in records:
        it = reference(record)
        fields = [
            ("TY", "NEWS" if it.press else "ELEC"),
            ("ID", it.key),
            ("TI", it.title),
            *(("AU", author.inverted) for author in it.authors),
            ("T2", it.outlet),
            ("PY", f"{it.day.year}" if it.day else ""),
            ("DA", f"{it.day:%Y/%m/%d}/" if it.day else ""),
            ("Y2", f"{it.retrieved:%Y/%m/%d}/" if it.retrieved else ""),
            ("UR", it.url),
            ("LA", it.language),
            ("AN", it.archive),
            ("N1", it.note),
        ]
        lines = [f"{tag}  - {value}\r\n" for tag, value in fields if value]
        yield "".join(lines) + "ER  - \r\n\r\n"


# --- BibTeX -------------------------------------------------------------------------------------


def bibtex(records: Iterable[ArticleRecord]) -> Iterator[str]:
    """Yield one BibTeX entry a record, in UTF-8, with what LaTeX would act on escaped."""
    for record in records:
        it = reference(record)
        fields = [
            ("title", _latex(it.title)),
            ("author", " and ".join(map(_bibtex_name, it.authors))),
            ("journal" if it.press else "organization", _latex(it.outlet)),
            ("entrysubtype", "newspaper" if it.press else ""),
            ("date", it.day.isoformat() if it.day else ""),
            ("year", f"{it.day.year}" if it.day else ""),
            ("url", it.url),
            ("urldate", it.retrieved.isoformat() if it.retrieved else ""),
            ("language", _latex(it.language)),
            ("note", _latex(it.note)),
            ("rawsha256", _latex(record.raw_sha256)),
            ("textsha256", _latex(record.text_sha256)),
            ("archivepath", _latex(one_line(record.archive_path))),
        ]
        lines = [f"  {name} = {{{value}}},\n" for name, value in fields if value]
        month = f"  month = {_MONTHS[it.day.month - 1]},\n" if it.day else ""
        yield f"@{'article' if it.press else 'online'}{{{it.key},\n{''.join(lines)}{month}}}\n\n"


def _latex(text: str) -> str:
    return text.translate(_LATEX)


def _bibtex_name(author: Author) -> str:
    name = _latex(author.inverted)
    return name if author.family else f"{{{name}}}"


# --- CSL-JSON -----------------------------------------------------------------------------------


def csl_json(records: Iterable[ArticleRecord]) -> Iterator[str]:
    """Yield the pieces of one JSON array, an item a record."""
    lead = "[\n"
    for record in records:
        yield lead + json_line(csl_item(record))
        lead = ",\n"
    yield "[]\n" if lead == "[\n" else "\n]\n"


def csl_item(record: ArticleRecord) -> dict[str, Any]:
    """Return one CSL-JSON item."""
    it = reference(record)
    item = {
        "id": it.key,
        "type": "article-newspaper" if it.press else "webpage",
        "title": it.title,
        "author": [_csl_name(author) for author in it.authors],
        "container-title": it.outlet,
        "issued": _csl_date(it.day, circa=it.inferred),
        "accessed": _csl_date(it.retrieved),
        "URL": it.url,
        "language": it.language,
        "archive_location": it.archive,
        "note": it.note,
    }
    return {name: value for name, value in item.items() if value}


def _csl_name(author: Author) -> dict[str, str]:
    if author.family:
        return {"family": author.family, "given": author.given}
    return {"literal": author.name}


def _csl_date(day: date | None, *, circa: bool = False) -> dict[str, Any]:
    if day is None:
        return {}
    return {"date-parts": [[day.year, day.month, day.day]]} | ({"circa": True} if circa else {})
