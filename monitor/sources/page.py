"""Article pages to text. The home of trafilatura, which sees text already decoded and bounded in size.

Everything here runs in a worker process with a deadline: the checks below turn cheap bombs away, the
deadline is what stops the others. Never in threads: lxml crashes there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from urllib.parse import urlsplit

import trafilatura
from lxml import etree
from trafilatura.settings import Document

from monitor.models import Page, Stamp, Verdict
from monitor.sources.charset import decode, header_charset
from monitor.sources.dates import parse_date
from monitor.sources.entries import MAX_TITLE, author_name, language_tag
from monitor.sources.leftovers import without_leftovers
from monitor.sources.markup import absolute_url, clean, html_text, title_text
from monitor.sources.verdict import Evidence, judge

__all__ = ["EXTRACTOR", "html_text", "read_html"]

EXTRACTOR = f"trafilatura {trafilatura.__version__}"

# A front page has some 10,000 tags; the parser needs seconds from about here.
_MAX_TAGS = 200_000
_MAX_ELEMENTS = 60_000
_MAX_DEEP_ELEMENTS = 5_000  # old pages that never close a tag are deep and small
_MAX_DEPTH = 180
_MAX_SECOND_LOOK = 10_000  # elements
# What the libraries raise on trees they did not foresee.
_LIBRARY_FAULTS = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    AssertionError,
    etree.LxmlError,
)

_META_CHARSET = re.compile(
    rb"<meta[^<>]{0,300}?charset\s{0,8}=\s{0,8}[\"']?\s{0,8}([A-Za-z0-9._:-]{1,40})", re.IGNORECASE
)
_XML_CHARSET = re.compile(rb"<\?xml[^<>]{0,200}?encoding\s{0,8}=\s{0,8}[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_PAGE_TYPES = ("html", "xml", "text/plain", "octet-stream", "unknown")
# A declaration, and a document type with entities of its own: neither belongs before HTML.
_XML_HEAD = re.compile(
    r"\s{0,200}(?:<\?xml[^>]{0,400}\?>\s{0,200})?(?:<!DOCTYPE[^>\[]{0,500}\[.{0,4000}?\]\s{0,20}>)?",
    re.DOTALL,
)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

# trafilatura drops every invisible character, and with the zero-width non-joiner the borders inside Persian
# words. So the two joiners travel through it as letters of a script that no page is written in.
_JOINERS = (("\u200c", "\U00010330"), ("\u200d", "\U00010331"))
_JOINER_NAMES = re.compile(r"&(?:(zwnj)|(zwj)|#(?:(8204)|(8205)|x0{0,4}20(?:(0c)|(0d))));", re.IGNORECASE)

_DATE_NAMES = (
    "article:published_time", "og:article:published_time", "datepublished", "date_published", "pubdate", "publishdate",
    "publish-date", "publish_date", "parsely-pub-date", "sailthru.date", "dc.date.issued", "dcterms.issued",
    "dcterms.created", "dc.date", "cxenseparse:recs:publishtime", "date",
)  # fmt: skip
_JSON_DATE = re.compile(r"\"datePublished\"\s{0,10}:\s{0,10}\"([^\"]{4,60})\"")
_DATE_OPTIONS = {
    "extensive_search": False,  # or it makes dates up from any year in the footer
    "original_date": True,
    "max_date": "2199-12-31",  # not today: the same bytes must give the same date tomorrow
}


def read_html(body: bytes, url: str, content_type: str, max_parse: int, feed_text_length: int = 0) -> Page:
    """Extract one article from a page's bytes; never fails, the verdict says what was got.

    `url` is where the page came from after redirects. A body above `max_parse` bytes, or with more tags
    or deeper nesting than any article has, is too-large and not extracted. `feed_text_length` is how many
    characters the feed itself carried: a page with clearly less is a teaser.
    """
    if len(body) > max_parse:
        return _nothing(Verdict.TOO_LARGE, f"{len(body):,} bytes, {max_parse:,} are parsed")
    if (tags := body.count(b"<")) > _MAX_TAGS:
        return _nothing(Verdict.TOO_LARGE, f"{tags:,} tags, {_MAX_TAGS:,} are parsed")
    kind = content_type.partition(";")[0].strip().lower()
    if kind and not any(part in kind for part in _PAGE_TYPES):
        return _nothing(Verdict.EMPTY, f"{kind[:60]} is not a page")
    if body[:8].lstrip().startswith(b"%PDF"):
        return _nothing(Verdict.EMPTY, "a PDF document is not a page")
    html, note = _decoded(body, content_type)
    if not html.strip():
        return _nothing(Verdict.EMPTY, "the page is empty")
    joined = _with_joiners(html)
    try:
        tree = trafilatura.load_html(joined)
    except _LIBRARY_FAULTS as error:
        return _nothing(Verdict.EMPTY, f"cannot be parsed ({type(error).__name__})")
    if tree is None:
        return _nothing(Verdict.EMPTY, "nothing to parse")
    if too_much := _too_much(tree):
        return _nothing(Verdict.TOO_LARGE, too_much)
    return _extract(tree, html, url, feed_text_length, note)


def _extract(tree: etree._Element, html: str, url: str, feed_text_length: int, note: str) -> Page:
    links = _link_texts(tree)
    page = Page(
        text="",
        title="",
        verdict=Verdict.EMPTY,
        language=_language(tree),
        canonical_url=_canonical(tree, url),
        published=_first_readable(_date_candidates(tree)),
        extractor=EXTRACTOR,
        note=note,
    )

    def attempt(*, fast: bool) -> Page:
        return _attempt(tree, html, links, page, url, feed_text_length, fast=fast)

    first = attempt(fast=True)
    if first.verdict not in {Verdict.LIST, Verdict.EMPTY} or tree.xpath("count(//*)") > _MAX_SECOND_LOOK:
        return first
    # The quick way sometimes brings the menu and not the article; the thorough one costs twice as much.
    second = attempt(fast=False)
    return second if second.verdict in {Verdict.FULL, Verdict.TEASER} else first


def _attempt(
    tree: etree._Element,
    html: str,
    links: frozenset[str],
    page: Page,
    url: str,
    feed_text_length: int,
    *,
    fast: bool,
) -> Page:
    """Extract once, and complete the page with what was found."""
    notes = [page.note] if page.note else []
    document = Document()
    try:
        found = trafilatura.bare_extraction(
            tree,
            url=url or None,
            fast=fast,
            include_comments=False,
            with_metadata=True,
            date_extraction_params=_DATE_OPTIONS,
        )
    except _LIBRARY_FAULTS as error:
        notes.append(f"extraction failed ({type(error).__name__})")
    else:
        document = found if isinstance(found, Document) else document
    raw_text = _plain(document.text or "")
    fallback_title = "".join(tree.xpath("//title//text()"))[:MAX_TITLE]
    title = title_text(_restored(document.title or fallback_title))[:MAX_TITLE]
    text, dropped = without_leftovers(raw_text, title)
    if dropped:
        notes.append(f"{dropped} lines beside the article dropped")
    stated = page.published
    if stated is None or stated.confidence == "doubtful":
        stated = _first_readable([document.date or ""]) or stated
    return replace(
        page,
        text=text,
        title=title,
        verdict=judge(Evidence(text, raw_text, title, html, url, links, feed_text_length)),
        author=author_name(_restored(document.author or "")),
        published=stated,
        site_name=title_text(_restored(document.sitename or ""))[:200],
        note="; ".join(notes),
    )


def _nothing(verdict: Verdict, note: str) -> Page:
    return Page(text="", title="", verdict=verdict, extractor=EXTRACTOR, note=note)


# --- before the extraction ------------------------------------------------------------------------


def _decoded(body: bytes, content_type: str) -> tuple[str, str]:
    """Return the page as text without control characters, and what was odd about its encoding."""
    declared = [header_charset(content_type)]
    start = body[:2_000_000]
    for pattern in (_META_CHARSET, _XML_CHARSET):
        found = pattern.search(start)
        declared.append(found.group(1).decode("ascii") if found else "")
    decoded = decode(body, [label for label in declared if label])
    text = _CONTROLS.sub("", decoded.text)
    head = _XML_HEAD.match(text)
    return text[head.end() :] if head else text, decoded.note


def _with_joiners(html: str) -> str:
    """Put the stand-ins for the two joiners, also where they are written as references."""
    if "&" in html:
        html = _JOINER_NAMES.sub(
            lambda found: _JOINERS[0 if found[1] or found[3] or found[5] else 1][0], html
        )
    for joiner, letter in _JOINERS:
        html = html.replace(letter, "").replace(joiner, letter)
    return html


def _restored(text: str) -> str:
    for joiner, letter in _JOINERS:
        text = text.replace(letter, joiner)
    return text


def _plain(text: str) -> str:
    """Return extracted text: joiners back, no controls, a line a paragraph."""
    lines = (" ".join(line.split()) for line in clean(_restored(text)).splitlines())
    return "\n".join(line for line in lines if line)


def _too_much(tree: etree._Element) -> str:
    """Say why a tree is more than an article, empty when it is not."""
    elements = int(tree.xpath("count(//*)"))
    if elements > _MAX_ELEMENTS:
        return f"{elements:,} elements, {_MAX_ELEMENTS:,} are read"
    if elements > _MAX_DEEP_ELEMENTS and tree.xpath("boolean(/" + "/*" * _MAX_DEPTH + ")"):
        return f"{elements:,} elements nested more than {_MAX_DEPTH} deep"
    return ""


# --- what the page says about itself --------------------------------------------------------------


def _language(tree: etree._Element) -> str:
    for value in (
        tree.get("lang"),
        tree.get("{http://www.w3.org/XML/1998/namespace}lang"),
        tree.get("xml:lang"),
    ):
        if value and (tag := language_tag(value)):
            return tag
    for value in tree.xpath("//meta[@http-equiv='content-language']/@content")[:1]:
        return language_tag(str(value))
    return ""


def _canonical(tree: etree._Element, url: str) -> str:
    """Return the page's canonical address; not a front page's, which careless themes name everywhere."""
    links = (
        tree.xpath("//link[@rel='canonical']/@href")[:1]
        or tree.xpath("//meta[@property='og:url']/@content")[:1]
    )
    for link in links:
        address = absolute_url(url, str(link))
        front = urlsplit(address).path in {"", "/"} and not urlsplit(address).query
        if address and not (front and urlsplit(url).path not in {"", "/"}):
            return address
    return ""


def _date_candidates(tree: etree._Element) -> Iterator[str]:
    """Yield the dates of publication that the page states in so many words, the most reliable first."""
    stated: dict[str, str] = {}
    for meta in tree.xpath("//meta[@content][@property or @name or @itemprop]")[:300]:
        name = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").strip().lower()
        stated.setdefault(name, meta.get("content", ""))
    yield from (stated[name] for name in _DATE_NAMES[:3] if stated.get(name))
    for script in tree.xpath("//script[@type='application/ld+json']")[:10]:
        dates = set(_JSON_DATE.findall((script.text or "")[:200_000]))
        if len(dates) == 1:  # several belong to several articles
            yield dates.pop()
    yield from (stated[name] for name in _DATE_NAMES[3:] if stated.get(name))
    for element in tree.xpath("//*[@itemprop='datePublished']")[:1]:
        yield element.get("datetime") or element.get("content") or ""
    for element in tree.xpath(
        "//time[@datetime][@pubdate or contains(@class, 'publish') or contains(@class, 'entry-date')]"
    )[:1]:
        yield element.get("datetime") or ""


def _link_texts(tree: etree._Element) -> frozenset[str]:
    texts = (
        _restored(" ".join("".join(link.itertext()).split())) for link in tree.xpath("//a[@href]")[:5_000]
    )
    return frozenset(text for text in texts if len(text) > 2)


def _first_readable(raws: Iterable[str]) -> Stamp | None:
    """Return the first date without doubt, else the first that can be read, else None."""
    doubtful: Stamp | None = None
    for raw in islice(raws, 10):
        stamp = parse_date(clean(raw.strip()), source="page") if raw.strip() else None
        if stamp is None or stamp.at is None:
            continue
        if stamp.confidence != "doubtful":
            return stamp
        doubtful = doubtful or stamp
    return doubtful
