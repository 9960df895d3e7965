"""Withhold from a record whatever could name a private person.

Names cannot be found reliably in five scripts, so nothing is searched for: what may hold one is withheld, and what
cannot is kept. Only entities of the region pack, which are public ones, are still named, by their ids.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TypeVar
from urllib.parse import urlsplit

from monitor.models import ArticleRecord, Context, Span
from monitor.text.show import safe_url

WITHHELD = "[withheld]"

_Cited = TypeVar("_Cited", Span, Context)


def redact(record: ArticleRecord, public: Collection[str]) -> ArticleRecord:
    """Return a record without title, byline, addresses beyond the host, identifiers and words of others.

    public: the names of the region pack's outlets and entities, which stay.
    """
    host = _host(record.url)
    stamp = record.published
    return replace(
        record,
        url=host,
        canonical_url=_host(record.canonical_url),
        final_url=_host(record.final_url),
        guid=_withheld(record.guid),
        feed="",
        outlet_name=record.outlet_name if record.outlet_name in public else urlsplit(host).netloc,
        title=_withheld(record.title),
        author=_withheld(record.author),
        published=replace(stamp, raw="", note="") if stamp is not None else None,
        matches=tuple(
            replace(
                match,
                spans=tuple(replace(_masked(span), alias=_masked(span).text) for span in match.spans),
                context=tuple(map(_masked, match.context)),
                why="",
            )
            for match in record.matches
        ),
        mentions=(),
        report_of=record.report_of if record.report_of in public else _withheld(record.report_of),
    )


def _masked(cited: _Cited) -> _Cited:
    return replace(cited, text=cited.entity or WITHHELD)


def _withheld(text: str) -> str:
    return WITHHELD if text else ""


def _host(url: str) -> str:
    parts = urlsplit(safe_url(url))
    return f"{parts.scheme}://{parts.netloc}/" if parts.netloc else ""
