"""JSON Feed 1 and 1.1."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from monitor.errors import FeedError
from monitor.models import Entry, FeedDocument
from monitor.sources.entries import language_tag, make_entry, newest_entries, published_from_update
from monitor.sources.markup import title_text


def parse_json_feed(text: str, url: str, notes: tuple[str, ...], now: datetime | None) -> FeedDocument:
    """Read a JSON Feed; anything else that is JSON, or nearly, raises FeedError."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FeedError("the body is JSON that cannot be read, not a feed") from error
    if not isinstance(document, dict) or not isinstance(items := document.get("items"), list):
        raise FeedError(f"the body is JSON that is not a JSON Feed{_says(document)}")
    version = _text(document, "version")
    if "jsonfeed.org" not in version:
        raise FeedError("the body is JSON that is not a JSON Feed: it names no version of it")
    entries = [_entry(item, url, now) for item in items if isinstance(item, dict)]
    kept = newest_entries(entries)
    if len(kept) < len(entries):
        notes = (*notes, f"{len(entries)} entries, the newest {len(kept)} read")
    return FeedDocument(
        title=title_text(_text(document, "title")),
        language=language_tag(_text(document, "language")),
        entries=kept,
        note="; ".join(notes),
        dialect="json11" if version.rstrip("/").endswith("1.1") else "json10",
    )


def _entry(item: Mapping[str, Any], base: str, now: datetime | None) -> Entry:
    entry = make_entry(
        base=base,
        url=_text(item, "url") or _text(item, "external_url"),
        guid=_text(item, "id"),
        title=_text(item, "title"),
        summary=_text(item, "summary"),
        content=_text(item, "content_html") or _text(item, "content_text"),
        author=", ".join(_authors(item)),
        published=_text(item, "date_published"),
        updated=_text(item, "date_modified"),
        language=_text(item, "language"),
        now=now,
    )
    return published_from_update(entry)


def _authors(item: Mapping[str, Any]) -> list[str]:
    listed = item.get("authors")
    people = listed if isinstance(listed, list) else [item.get("author")]
    return [name for person in people[:20] if isinstance(person, dict) and (name := _text(person, "name"))]


def _text(mapping: Mapping[str, Any], key: str) -> str:
    """Return a string, or a number as one (ids are often numbers); everything else is as good as absent."""
    value = mapping.get(key)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _says(document: Any) -> str:
    """Quote the message an error answer carries."""
    if isinstance(document, dict):
        for key in ("error", "message", "detail", "title"):
            message = document.get(key)
            if isinstance(message, str) and message.strip():
                return f": it says “{title_text(message)[:100]}”"
    return ""
