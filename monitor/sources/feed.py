"""Feeds to entries. The home of feedparser, which never sees a body that was not repaired first.

feedparser is given a stream and nothing else: a string or bytes it would try to open as a file or a URL.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import feedparser

from monitor.errors import FeedError
from monitor.models import Entry, FeedDocument, Recall, Traits
from monitor.sources import identity
from monitor.sources.charset import decode, header_charset
from monitor.sources.entries import (
    MAX_ENTRIES,
    language_tag,
    make_entry,
    newest_entries,
    published_from_update,
)
from monitor.sources.items import Cut, cut, newest
from monitor.sources.jsonfeed import parse_json_feed
from monitor.sources.markup import absolute_url, title_text
from monitor.sources.recall import BASE, Sorted, agrees, digests_of, frame_of, sort_out
from monitor.sources.repair import DECLARATION, Repaired, repair
from monitor.sources.sitemap import parse_sitemap

NOTHING = Recall()
CUT = "the last entry is cut off and left for the next poll"

# What feedparser raises on input it did not foresee; its own exceptions it puts into the result.
_LIBRARY_FAULTS = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    AssertionError,
)

_ROOT = re.compile(r"\s{0,1000}<([A-Za-z_][\w.:-]{0,60})")
_PROLOG_PART = re.compile(r"\s{0,1000}(?:<!--[^>]{0,4000}-->|<\?[^>]{0,2000}\?>|<![A-Za-z][^>]{0,2000}>)")
_FEED_PART = re.compile(r"<(?:\w{1,20}:)?(?:rss|rdf|feed|channel|item|entry)(?=[\s>/])", re.IGNORECASE)
_HTML = re.compile(r"<!doctype html|<html[\s>]|<head[\s>]|<body[\s>]", re.IGNORECASE)
_HTML_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{1,300})", re.IGNORECASE)

_PERIODS = {"hourly": 3600, "daily": 86400, "weekly": 7 * 86400, "monthly": 30 * 86400, "yearly": 365 * 86400}
_MAX_TTL = 30 * 86400


def parse_feed(
    body: bytes, url: str, content_type: str, now: datetime | None = None, recall: Recall = NOTHING
) -> FeedDocument:
    """Read a feed of any dialect; a body that is none raises FeedError, which says what it looks like.

    `url` is where the body came from after redirects, the base of relative links; `now` flags dates in the
    future; items in `recall` are not parsed again. Reads RSS 0.9x to 2.0, Atom, JSON Feed and Google-News
    sitemaps, at most the 2,000 newest entries. Meant for a worker process with a deadline: hostile bodies can
    cost seconds.
    """
    document = _parse(body, url, content_type, now, recall)
    return document if document.traits else replace(document, traits=_traits(document.entries))


def _parse(body: bytes, url: str, content_type: str, now: datetime | None, recall: Recall) -> FeedDocument:
    if not body.strip():
        raise FeedError("the body is empty")
    if body.lstrip(b"\xef\xbb\xbf\xfe\xff\0 \t\r\n")[:1] in {b"{", b"["}:
        decoded = decode(body, [header_charset(content_type)])
        return parse_json_feed(decoded.text.strip(), url, (decoded.note,) if decoded.note else (), now)
    repaired = repair(body, content_type)
    root = _root_of(repaired.text)
    if root == "urlset":
        return parse_sitemap(repaired.xml(), url, repaired.notes, now)
    if root in {"sitemapindex", "opml"} or not _FEED_PART.search(repaired.text):
        raise FeedError(f"the body is {_looks_like(repaired.text, root)}")
    parts = cut(repaired.text)
    if parts is not None and (items := sort_out(parts, recall)):
        document = _parse_unseen(repaired, parts, items, url, now, recall)
        if document is not None:
            return document
    return _parse_xml(repaired, parts, url, root, now)


def _parse_unseen(
    repaired: Repaired, parts: Cut, items: Sorted, url: str, now: datetime | None, recall: Recall
) -> FeedDocument | None:
    """Parse the items that are not known; None when that may not give what parsing all would."""
    if len(parts.items) > MAX_ENTRIES:
        return None
    try:
        parsed = _feedparser(parts.only(items.unseen), url if BASE in repaired.text else "")
    except _LIBRARY_FAULTS:
        return None
    raws, version = parsed["entries"], str(parsed.get("version") or "")
    if parsed["bozo"] or len(raws) != len(items.unseen) or not version:
        return None
    entries = tuple(_entry(raw, url, version, now) for raw in raws)
    traits = _traits(entries)
    if not agrees(items.known, traits, recall.policy):
        return None
    return replace(
        _document(parsed, entries, list(repaired.notes), version),
        traits=traits,
        recalled=items.known,
        frame=recall.frame,
        digests=digests_of(Cut(parts.head, items.unseen, parts.tail, last_is_open=False)),
    )


def _parse_xml(
    repaired: Repaired, parts: Cut | None, url: str, root: str, now: datetime | None
) -> FeedDocument:
    notes = list(repaired.notes)
    text = repaired.text
    if parts is not None:
        items = parts.items
        if parts.last_is_open:
            notes.append(CUT)
            items = items[:-1]
        if len(items) > MAX_ENTRIES:
            notes.append(f"{len(items)} entries, the newest {MAX_ENTRIES} read")
            items = newest(items, MAX_ENTRIES)
        if len(items) < len(parts.items):
            text = parts.only(items)
            parts = Cut(parts.head, items, parts.tail, last_is_open=False)
    # Without bases in the document, links are made absolute here: the parser takes a fifth longer for it.
    parsed, raws = _entries_of(text, parts, url if BASE in text else "", notes)
    version = str(parsed.get("version") or "")
    if not version and (not raws or root == "html"):
        raise FeedError(f"the body is {_looks_like(repaired.text, root)}")
    entries = newest_entries([_entry(raw, url, version, now) for raw in raws])
    document = _document(parsed, entries, notes, version)
    if parts is None or parsed["bozo"] or len(parts.items) != len(entries) or document.partial:
        return document
    return replace(document, frame=frame_of(parts), digests=digests_of(parts))


def _traits(entries: Sequence[Entry]) -> tuple[Traits, ...]:
    return tuple(map(identity.traits, entries))


def _document(
    parsed: Mapping[str, Any], entries: tuple[Entry, ...], notes: list[str], version: str
) -> FeedDocument:
    about = parsed.get("feed") or {}
    return FeedDocument(
        title=title_text(_text(about, "title")),
        language=language_tag(_text(about, "language")),
        entries=entries,
        ttl_s=_ttl(about),
        note="; ".join(notes),
        partial=CUT in notes,
        dialect=version or "unknown",
    )


def _entries_of(
    text: str, parts: Cut | None, url: str, notes: list[str]
) -> tuple[Mapping[str, Any], list[Mapping[str, Any]]]:
    """Parse the whole; if the library stumbles, parse item by item and lose only the one it stumbles on."""
    try:
        parsed = _feedparser(text, url)
    except _LIBRARY_FAULTS as error:
        if parts is None:
            raise FeedError(f"the body is XML that cannot be parsed ({type(error).__name__})") from error
    else:
        return parsed, list(parsed["entries"])
    try:
        parsed = _feedparser(parts.only(()), url)
    except _LIBRARY_FAULTS as error:
        raise FeedError(f"the body is XML that cannot be parsed ({type(error).__name__})") from error
    entries: list[Mapping[str, Any]] = []
    for item in parts.items:
        try:
            entries += _feedparser(parts.only((item,)), url)["entries"]
        except _LIBRARY_FAULTS:
            notes.append("an entry that cannot be parsed was left out")
    return parsed, entries


def _feedparser(text: str, url: str) -> Mapping[str, Any]:
    headers = {"content-type": "application/xml; charset=utf-8"}
    if url:
        headers["content-location"] = url
    parsed: Mapping[str, Any] = feedparser.parse(
        io.BytesIO((DECLARATION + text).encode("utf-8", "replace")),
        response_headers=headers,
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    return parsed


def _entry(raw: Mapping[str, Any], base: str, version: str, now: datetime | None) -> Entry:
    contents = [str(part.get("value") or "") for part in raw.get("content") or ()]
    content = max(contents, key=len, default="")
    summary = _text(raw, "summary")
    if summary == content:
        summary = ""  # feedparser shows an entry's only text as both
    published = _own(raw, "published")
    updated = _own(raw, "updated")
    if not published:
        published = _own(raw, "created")
        if not published and not version.startswith("atom"):
            published = updated  # RSS has no date of updates: dc:date is the date
    entry = make_entry(
        base=base,
        url=_link(raw, base),
        guid=_text(raw, "id"),
        title=_text(raw, "title"),
        summary=summary,
        content=content,
        author=_authors(raw, version),
        published=published,
        updated=updated,
        language=_text(raw, "language"),
        now=now,
    )
    return published_from_update(entry)


def _own(raw: Mapping[str, Any], key: str) -> str:
    """Return a value that the entry itself has; feedparser's mapping lends some from others."""
    value = dict.get(raw, key) if isinstance(raw, dict) else None
    return value if isinstance(value, str) else ""


def _text(raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key)
    return value if isinstance(value, str) else ""


def _link(raw: Mapping[str, Any], base: str) -> str:
    """Return the first of an entry's links that is a web address: the article's own before a counter's."""
    links = [link for link in raw.get("links") or () if isinstance(link, Mapping)]
    pages = [link for link in links if link.get("rel") == "alternate" and "xml" not in _text(link, "type")]
    candidates = [
        _text(raw, "feedburner_origlink"),
        _text(raw, "link"),
        *(_text(link, "href") for link in pages),
    ]
    return next((url for link in candidates[:10] if (url := absolute_url(base, link))), "")


def _authors(raw: Mapping[str, Any], version: str) -> str:
    """Return the byline; of RSS as it stands where feedparser took a mail address out of it, for it cuts badly."""
    people = [person for person in raw.get("authors") or () if isinstance(person, Mapping)]
    if not version.startswith("atom") and any(_text(person, "email") for person in people):
        return _text(raw, "author")
    names = list(dict.fromkeys(name for person in people[:20] if (name := _text(person, "name"))))
    return ", ".join(names) or _text(raw, "author")


def _ttl(about: Mapping[str, Any]) -> int | None:
    """Return the seconds a feed asks for between polls: `ttl`, or else sy:updatePeriod over its frequency."""
    ttl = _text(about, "ttl").strip()
    if ttl.isascii() and ttl.isdigit() and len(ttl) < 8:
        seconds = int(ttl) * 60
    else:
        frequency = _text(about, "sy_updatefrequency").strip()
        times = int(frequency) if frequency.isascii() and frequency.isdigit() and len(frequency) < 6 else 1
        seconds = _PERIODS.get(_text(about, "sy_updateperiod").strip().lower(), 0) // max(times, 1)
    return min(seconds, _MAX_TTL) if seconds > 0 else None


def _root_of(text: str) -> str:
    """Return the root element's local name in lower case, empty when there is none."""
    position = 0
    while found := _PROLOG_PART.match(text, position):
        position = found.end()
    root = _ROOT.match(text, position)
    return root[1].rpartition(":")[2].lower() if root else ""


def _looks_like(text: str, root: str) -> str:
    """Say what a body is that is no feed."""
    title = _HTML_TITLE.search(text)
    named = f" titled “{title_text(title[1])[:100]}”" if title else ""
    if root == "sitemapindex":
        return "an index of sitemaps, not a feed"
    if root == "opml":
        return "an OPML list, not a feed"
    if root == "html" or _HTML.search(text[:5000]):
        return "an HTML page" + named
    if text[:2000].count("\ufffd") > 20:
        return "binary data"
    if root in {"rss", "rdf", "feed"}:
        return "a feed too damaged to read"
    if root:
        return f"XML whose root <{root}> is no feed's"
    return "plain text, not a feed"
