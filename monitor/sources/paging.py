"""The older entries of a feed that a site keeps on further pages: where they are, when to stop.

`read_page` parses bodies of strangers and is meant for a worker process with a deadline; the rest is pure.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from lxml import etree

from monitor.models import BACKFILL, Entry, Feed, FeedDocument, NewEntry
from monitor.sources import identity
from monitor.sources.charset import decode, header_charset
from monitor.sources.feed import parse_feed
from monitor.sources.markup import absolute_url
from monitor.sources.repair import repair
from monitor.sources.urls import same_place

# RFC 5005: complete archives first, then pages of one feed; both lead to what is older.
_OLDER = ("prev-archive", "next")
_ITEMS = frozenset({"item", "entry"})


@dataclass(frozen=True, slots=True)
class FeedPage:
    """One page of a feed, and where it says that the older entries are."""

    document: FeedDocument
    older: str = ""  # absolute; empty when it does not say


@dataclass(frozen=True, slots=True)
class Sifted:
    """What one older page is worth."""

    new: tuple[NewEntry, ...]
    stop: str = ""  # why no further page is worth asking for


@dataclass(frozen=True, slots=True)
class Backfill:
    """What going back through a feed gave."""

    pages: int  # older pages that were read
    entries: int  # that the feed had never shown
    articles: int  # of them, those that no other feed had shown either
    oldest: datetime | None  # of the entries stored
    stopped: str  # why it went no further


def read_page(body: bytes, url: str, content_type: str, now: datetime) -> FeedPage:
    """Read a page of a feed; raise FeedError when it is none."""
    document = parse_feed(body, url, content_type, now)
    if document.dialect.startswith("json"):
        link = _next_url(body, content_type)
    else:
        link = _older_link(repair(body, content_type).xml())
    return FeedPage(document, absolute_url(url, link) if link else "")


def _next_url(body: bytes, content_type: str) -> str:
    feed: Any = json.loads(decode(body, [header_charset(content_type)]).text.strip())
    link = feed.get("next_url")
    return link if isinstance(link, str) else ""


def _older_link(xml: bytes) -> str:
    """Return the link of the feed itself, not of an entry, to older entries."""
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError:
        return ""
    if root is None:
        return ""
    found: dict[str, str] = {}
    for holder in (root, *root.iterchildren("{*}channel")):
        for link in holder.iterchildren("{*}link"):
            if link.get("href"):
                found.setdefault((link.get("rel") or "").strip().lower(), link.get("href", ""))
    return next((found[rel] for rel in _OLDER if rel in found), "")


def numbered(url: str, page: int) -> str:
    """Return where WordPress keeps a page of a feed; the first is 1."""
    parts = urlsplit(url)
    query = [
        (name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "paged"
    ]
    return urlunsplit(parts._replace(query=urlencode([*query, ("paged", str(page))]), fragment=""))


def following(feed_url: str, page: FeedPage, number: int, asked: Collection[str]) -> tuple[str, str]:
    """Return where the page after `number` is, or why there is none.

    A feed that names its older entries on its first page is followed by its word alone; one that does not
    is asked the way of WordPress. `asked` holds the places already visited.
    """
    if page.older:
        looped = same_place(page.older) in asked
        return ("", "the feed leads back to a page that was read") if looped else (page.older, "")
    if number == 1 or same_place(numbered(feed_url, number)) in asked:
        return numbered(feed_url, number + 1), ""
    return "", "the feed names no further page"


def keys_of(feed: Feed, document: FeedDocument) -> frozenset[identity.Key]:
    """Return everything by which the entries of a page can be recognised."""
    policy = identity.guid_policy(document.traits, feed.guid_policy)
    return frozenset(key for entry in document.entries for key in identity.keys(entry, policy))


def sift(
    feed: Feed,
    document: FeedDocument,
    known: Mapping[identity.Key, int],
    seen: Collection[identity.Key],
    until: datetime | None,
) -> Sifted:
    """Return the entries of a page that the feed has never shown, held back from alerting, and whether to go on.

    known holds the ids of stored entries by key, seen the keys of the pages before: what the first page
    shows as well (a post that stays on top) is left to the next poll.
    """
    policy = identity.guid_policy(document.traits, feed.guid_policy)
    if not document.entries:
        return Sifted((), "the page holds no entries")
    unseen = [entry for entry in document.entries if identity.keys(entry, policy)[0] not in seen]
    if not unseen:
        return Sifted((), "the page repeats what was read before: there is no more, or the site has no pages")
    late = [entry for entry in unseen if until is None or _reaches(entry, until)]
    dated = [entry for entry in unseen if entry.published is not None and entry.published.at]
    if until is not None and dated and not any(_reaches(entry, until) for entry in dated):
        return Sifted((), f"what follows is older than {until:%Y-%m-%d}")
    fresh = [entry for entry, entry_id in identity.classify(late, known, policy) if entry_id is None]
    shared = identity.shared_places(document.traits)
    new = tuple(
        NewEntry(
            entry=entry,
            keys=identity.keys(entry, policy),
            identity=identity.article_identity(entry, feed.id, policy, shared),
            may_alert=False,
            held_reason=BACKFILL,
        )
        for entry in fresh
    )
    return Sifted(new)


def _reaches(entry: Entry, until: datetime) -> bool:
    """Tell whether an entry is young enough; one without a date may be."""
    at = entry.published.at if entry.published is not None else None
    return at is None or at >= until


def oldest(entries: Collection[Entry]) -> datetime | None:
    """Return the date of the oldest entry that has one."""
    return min(
        (entry.published.at for entry in entries if entry.published and entry.published.at), default=None
    )
