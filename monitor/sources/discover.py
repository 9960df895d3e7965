"""Where a site may keep its feeds: what its page declares and links, and where feeds usually stand.

`page_hints` and `sitemap_children` read bodies of strangers and are meant for a worker process with a
deadline; the rest is pure and quick.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from lxml import etree

from monitor.sources.charset import decode, header_charset
from monitor.sources.markup import absolute_url, title_text
from monitor.sources.urls import same_place

MOST_HINTS = 200  # of one page; a hub of feeds may well list a hundred
_MOST_LINKS = 5_000

_FEED_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
        "application/feed+json",
        "application/x-rss+xml",
        "application/x-atom+xml",
        "text/rss",
        "text/rss+xml",
        "text/atom+xml",
    }
)
_VAGUE_TYPES = frozenset(
    {"", "application/xml", "text/xml", "application/json"}
)  # an address must bear them out
_FEED_SEGMENT = re.compile(
    r"(?:[a-z0-9_-]{0,24}[_-])?(?:rss|atom|rdf|feeds?)(?:[_-]?(?:feeds?|2|20|10|news|index))?"
    r"(?:\.[a-z]{2,5})?"
    r"|[^/]{1,80}\.(?:rss|rdf|atom)"
)
_FEED_QUERY = re.compile(
    r"(?:^|&)(?:feed|format|type|alt|output|view)=(?:rss|rss2|atom|rdf|feed|xml)(?:&|$)", re.IGNORECASE
)
_FEED_HOSTS = ("feeds.", "feed.", "rss.")
_COMMENTS = re.compile(r"(?:^|/)comments?(?:/|$)|comments-rss", re.IGNORECASE)
_ON_COMMENTS = re.compile(
    r"\b(?:comments?|commentaires|kommentare?|comentarios)\b|دیدگاه|تبصر|تعليقات", re.IGNORECASE
)
_FILE = re.compile(r"\.[a-z0-9]{2,5}$", re.IGNORECASE)
_NEWS = re.compile(r"news(?!letter)|google", re.IGNORECASE)
_SITE_PATHS = (
    "/feed/",
    "/rss.xml",
    "/rss",
    "/feeds",
    "/atom.xml",
    "/index.xml",
    "/feed.xml",
    "/feed.json",
    "/?feed=rss2",
    "/news-sitemap.xml",
)


@dataclass(frozen=True, slots=True)
class Hint:
    """An address that may be a feed's, and why it is thought so."""

    url: str
    how: str  # itself | declared | linked | usual place | news sitemap


@dataclass(frozen=True, slots=True)
class PageHints:
    """What a page says about feeds, in its order."""

    title: str
    declared: tuple[Hint, ...]
    linked: tuple[Hint, ...]


def page_hints(body: bytes, url: str, content_type: str) -> PageHints:
    """Read the feeds that a page declares in its head, and the links on it that look like a feed's."""
    text = decode(body, [header_charset(content_type)]).text
    parser = etree.HTMLParser(
        recover=True,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
        huge_tree=False,
        encoding="utf-8",
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.LxmlError:
        root = None
    if root is None:
        return PageHints("", (), ())
    base = (
        next((absolute_url(url, href) for one in root.iter("base") if (href := one.get("href"))), "") or url
    )
    title = next((one.text or "" for one in root.iter("title")), "")
    site = site_of(url)
    declared = _told_apart(_declared(root, base))
    known = {same_place(hint.url) for hint in declared}
    linked = [
        hint
        for hint in _told_apart(_linked(root, base))
        if same_place(hint.url) not in known and _nearby(hint.url, site)
    ]
    return PageHints(title_text(title), tuple(declared), tuple(linked[:MOST_HINTS]))


def _declared(root: etree._Element, base: str) -> Iterator[Hint]:
    for link in _first(root.iter("link"), _MOST_LINKS):
        rel = (link.get("rel") or "").lower().split()
        kind = (link.get("type") or "").partition(";")[0].strip().lower()
        url = _address(base, link.get("href") or "")
        if not url or not {"alternate", "feed"} & set(rel) or _ON_COMMENTS.search(link.get("title") or ""):
            continue
        if kind in _FEED_TYPES or (kind in _VAGUE_TYPES and looks_like_feed(url)):
            yield Hint(url, "declared")


def _linked(root: etree._Element, base: str) -> Iterator[Hint]:
    for link in _first(root.iter("a", "area"), _MOST_LINKS):
        kind = (link.get("type") or "").strip().lower()
        url = _address(base, link.get("href") or "")
        if url and (kind in _FEED_TYPES or looks_like_feed(url)):
            yield Hint(url, "linked")


def _first(elements: Iterator[etree._Element], count: int) -> Iterator[etree._Element]:
    return (element for _, element in zip(range(count), elements, strict=False))


def _address(base: str, href: str) -> str:
    """Return a link's web address; "feed:" is how some pages ask a feed reader to take over."""
    href = href.strip()
    if href[:5].lower() == "feed:":
        rest = href[5:]
        href = f"http:{rest}" if rest.startswith("//") else rest
    return absolute_url(base, href).partition("#")[0]


def _told_apart(hints: Iterable[Hint]) -> list[Hint]:
    """Return hints without repeats and without feeds of readers' comments."""
    found: dict[str, Hint] = {}
    for hint in hints:
        if not _COMMENTS.search(urlsplit(hint.url).path):
            found.setdefault(same_place(hint.url), hint)
    return list(found.values())


def looks_like_feed(url: str) -> bool:
    """Tell whether an address is spelled as feeds' addresses are."""
    parts = urlsplit(url)
    segments = [segment for segment in parts.path.lower().split("/") if segment]
    return any(_FEED_SEGMENT.fullmatch(segment) for segment in segments) or bool(
        _FEED_QUERY.search(parts.query)
    )


def site_of(url: str) -> str:
    """Return the host that names a site, without the "www." or "feeds." before it."""
    host = (urlsplit(url).hostname or "").lower().removeprefix("www.")
    for prefix in _FEED_HOSTS:
        if host.startswith(prefix) and "." in host.removeprefix(prefix):
            host = host.removeprefix(prefix)
    return host


def _nearby(url: str, site: str) -> bool:
    """Tell whether a link stays with its site, or leads to where sites let their feeds be served."""
    host = site_of(url)
    return host == site or host.endswith(f".{site}") or site.endswith(f".{host}") or "feedburner." in host


def nearest_first(hints: Sequence[Hint], url: str) -> list[Hint]:
    """Sort hints so that those which share most words with an address come first; equals keep their order."""
    wanted = _words(url)
    return sorted(hints, key=lambda hint: -len(wanted & _words(hint.url)))


def _words(url: str) -> set[str]:
    return set(re.findall(r"[^\W_]{3,}", urlsplit(url).path.lower()))


def usual_places(url: str) -> tuple[Hint, ...]:
    """Return where feeds usually stand: of the given page, then of the whole site."""
    return (*own_place(url), *(_at(url, path) for path in _SITE_PATHS))


def own_place(url: str) -> tuple[Hint, ...]:
    """Return where WordPress keeps the feed of a section; nothing for a front page or a file."""
    path = urlsplit(url).path.rstrip("/")
    return (_at(url, f"{path}/feed/"),) if path and not _FILE.search(path) else ()


def _at(url: str, path: str) -> Hint:
    parts = urlsplit(url)
    path, _, query = path.partition("?")
    return Hint(urlunsplit((parts.scheme, parts.netloc, path, query, "")), "usual place")


def news_sitemaps(sitemaps: Iterable[str], most: int) -> tuple[Hint, ...]:
    """Return those sitemaps that by their names list news; packed ones (.gz) are left out."""
    named = [
        url
        for url in dict.fromkeys(sitemaps)
        if _NEWS.search(urlsplit(url).path) and not urlsplit(url).path.endswith(".gz")
    ]
    return tuple(Hint(url, "news sitemap") for url in named[:most])


def sitemap_children(body: bytes, url: str) -> tuple[str, ...]:
    """Return the sitemaps that an index of sitemaps names, the first 1,000; none when it is no index."""
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return ()
    if root is None or not isinstance(root.tag, str) or root.tag.rpartition("}")[2] != "sitemapindex":
        return ()
    places = (absolute_url(url, one.text or "") for one in root.iter("{*}loc"))
    return tuple(place for _, place in zip(range(1_000), places, strict=False) if place)
