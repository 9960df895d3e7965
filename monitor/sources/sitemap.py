"""Google-News sitemaps: for outlets that keep no feed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from lxml import etree

from monitor.errors import FeedError
from monitor.models import FeedDocument
from monitor.sources.entries import language_tag, make_entry, newest_entries, published_from_update
from monitor.sources.markup import title_text

_NAMES = {
    "loc": "loc",
    "lastmod": "lastmod",
    "title": "title",
    "publication_date": "date",
    "language": "language",
    "name": "name",
}


def parse_sitemap(xml: bytes, url: str, notes: tuple[str, ...], now: datetime | None) -> FeedDocument:
    """Read a sitemap whose URLs carry news titles; a sitemap without them raises FeedError."""
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        raise FeedError("the body is a sitemap that cannot be read") from error
    if root is None:
        raise FeedError("the body is a sitemap that cannot be read")
    rows = list(_rows(root))
    named = [row for row in rows if row.get("title")]
    if not named:
        raise FeedError(f"the body is a sitemap of {len(rows)} addresses without news titles")
    entries = [
        published_from_update(
            make_entry(
                base=url,
                url=row.get("loc", ""),
                title=row["title"],
                published=row.get("date", ""),
                updated=row.get("lastmod", ""),
                language=row.get("language", ""),
                now=now,
            )
        )
        for row in named
    ]
    kept = newest_entries(entries)
    if len(kept) < len(entries):
        notes = (*notes, f"{len(entries)} entries, the newest {len(kept)} read")
    languages = {row.get("language", "") for row in named}
    return FeedDocument(
        title=title_text(named[0].get("name", "")),
        language=language_tag(languages.pop()) if len(languages) == 1 else "",
        entries=kept,
        note="; ".join(notes),
        dialect="sitemap-news",
    )


def _rows(root: etree._Element) -> Iterator[dict[str, str]]:
    for element in root.iter("{*}url"):
        row: dict[str, str] = {}
        for child in element.iter(etree.Element):
            if "image" in child.tag or "video" in child.tag:
                continue  # pictures have titles of their own
            if name := _NAMES.get(child.tag.rpartition("}")[2]):
                row.setdefault(name, (child.text or "").strip())
        yield row
