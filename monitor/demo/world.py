"""The outlets as bytes: feeds, pages, front pages and an OPML list of them all.

Pure: what is out, where it is served and one instant in, bytes out. The same in, the same out.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import jinja2

from monitor.demo import wording
from monitor.demo.content import Article, Site

NOTICE = "Sample outlet of the demonstration; all reports are invented."


@dataclass(frozen=True, slots=True)
class Edition:
    """An outlet at one moment."""

    site: Site
    base: str  # "http://127.0.0.1:40001"
    published: datetime  # what every date is relative to; aware
    out: frozenset[str]  # names of the articles that are out
    titles: Mapping[str, str]  # article name -> changed title


@dataclass(frozen=True, slots=True)
class Resource:
    """What an address holds."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class _Piece:
    """An article worded for its readers: placeholders filled, dates in the outlet's zone."""

    name: str
    number: int
    title: str
    summary: str
    paragraphs: tuple[str, ...]
    at: datetime | None
    path: str
    url: str  # canonical
    link: str  # as the feed gives it
    guid: str
    byline: str
    section: str
    language: str
    page: str
    bare: bool
    also: str

    @property
    def iso(self) -> str:
        return self.at.isoformat() if self.at else ""

    @property
    def shown(self) -> str:
        return wording.dateline(self.at, self.language) if self.at else ""


def resource(edition: Edition, path: str) -> Resource:
    """Return what the outlet has at a path (without query): feed, page, front page, robots.txt or a 404."""
    if path == edition.site.feed_path:
        return Resource(200, _FEEDS[edition.site.dialect].content_type, feed(edition))
    if path == "/":
        return Resource(200, _HTML, _render("front.html.j2", edition, pieces=_pieces(edition)))
    if path == "/robots.txt":
        return Resource(200, "text/plain; charset=utf-8", b"User-agent: *\nDisallow: /search/\n")
    for piece in _pieces(edition):
        if piece.path == path:
            return _page(edition, piece)
    return Resource(404, _HTML, _render("missing.html.j2", edition))


def feed(edition: Edition) -> bytes:
    """Write the outlet's feed in its dialect, newest first."""
    site = edition.site
    pieces = _pieces(edition)
    dated = [p.at for p in pieces if p.at and p.at <= edition.published]
    built = max(dated, default=edition.published).astimezone(ZoneInfo(site.zone))
    if site.dialect == "json11":
        return _json_feed(edition, pieces)
    return _render(
        _FEEDS[site.dialect].template,
        edition,
        pieces=pieces,
        built=built,
        full=site.dialect == "rss20-full",
        rss_date=functools.partial(wording.feed_date, zone_name=site.zone_name),
    )


def path(edition: Edition, article: Article) -> str:
    """Return the path of an article's page, as the outlet's CMS builds it; titles play no part."""
    if edition.site.layout == "newsroom":
        return f"/story/{article.number}/{article.name}"
    if edition.site.layout == "khabar":
        return f"/{edition.site.language}/news/{article.number}/"
    at = _local(edition, article.at)
    return f"{at:/%Y/%m/%d}/{article.name}/" if at else f"/{article.name}/"


def opml(editions: Iterable[Edition], title: str) -> bytes:
    """List the outlets' feeds in folders by place and kind, each with its language."""
    rows = sorted(
        (
            {
                "folder": e.site.folder,
                "kind": e.site.kind,
                "title": e.site.name,
                "url": e.base + e.site.feed_path,
                "home": f"{e.base}/",
                "language": e.site.language,
            }
            for e in editions
        ),
        key=lambda row: (row["folder"], row["kind"], row["title"]),
    )
    return _template("list.opml.j2").render(title=title, rows=rows).encode()


# --- the article as its outlet words it ---------------------------------------------------------


def _pieces(edition: Edition) -> tuple[_Piece, ...]:
    out = [a for a in edition.site.articles if a.name in edition.out]
    out.sort(key=lambda a: a.at if a.at is not None else timedelta(0), reverse=True)
    return tuple(_piece(edition, article) for article in out)


def _piece(edition: Edition, article: Article) -> _Piece:
    site = edition.site
    language = article.language or site.language

    def worded(text: str) -> str:
        filled = wording.fill(text, edition.published, ZoneInfo(site.zone), language)
        return wording.typeset(filled, site.spelling)

    here = path(edition, article)
    url = edition.base + here
    paragraphs = tuple(worded(paragraph) for paragraph in article.paragraphs)
    lead = worded(article.summary) or next(iter(paragraphs), "")
    return _Piece(
        name=article.name,
        number=article.number,
        title=worded(edition.titles.get(article.name, article.title)),
        summary="" if article.bare else lead,
        paragraphs=paragraphs,
        at=_local(edition, article.at),
        path=here,
        url=url,
        link=url + site.tracking,
        guid=_guid(edition, article, url),
        byline=worded(article.byline),
        section=worded(article.section),
        language=language,
        page=article.page,
        bare=article.bare,
        also=article.also,
    )


def _local(edition: Edition, at: timedelta | None) -> datetime | None:
    return None if at is None else (edition.published + at).astimezone(ZoneInfo(edition.site.zone))


def _guid(edition: Edition, article: Article, url: str) -> str:
    if not edition.site.guids:
        return ""
    if edition.site.layout == "wordpress":
        return f"{edition.base}/?p={article.number}"
    if edition.site.dialect == "atom10":
        return f"tag:{edition.site.id}.example,2026:{article.number}"
    return url


# --- feeds --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Dialect:
    template: str
    content_type: str


_FEEDS = {
    "rss20": _Dialect("rss20.xml.j2", "application/rss+xml; charset=UTF-8"),
    "rss20-full": _Dialect("rss20.xml.j2", "application/rss+xml; charset=UTF-8"),
    "atom10": _Dialect("atom10.xml.j2", "application/atom+xml; charset=utf-8"),
    "rss10": _Dialect("rss10.xml.j2", "text/xml"),
    "json11": _Dialect("", "application/feed+json"),
}
_HTML = "text/html; charset=UTF-8"


def _json_feed(edition: Edition, pieces: Iterable[_Piece]) -> bytes:
    site = edition.site
    items = []
    for piece in pieces:
        item: dict[str, object] = {"id": piece.guid, "url": piece.link, "title": piece.title}
        if not piece.bare:
            item["content_html"] = _template("content.html.j2").render(piece=piece)
            item["summary"] = piece.summary
        if piece.at:
            item["date_published"] = piece.iso
        if piece.byline:
            item["authors"] = [{"name": piece.byline}]
        if piece.language != site.language:
            item["language"] = piece.language
        items.append(item)
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": site.name,
        "home_page_url": f"{edition.base}/",
        "feed_url": edition.base + site.feed_path,
        "description": site.tagline,
        "language": site.language,
        "items": items,
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


# --- pages --------------------------------------------------------------------------------------


def _page(edition: Edition, piece: _Piece) -> Resource:
    if piece.page == "challenge":
        return Resource(403, _HTML, _render("challenge.html.j2", edition))
    if piece.page == "missing":
        return Resource(404, _HTML, _render("missing.html.j2", edition))
    others = [p for p in _pieces(edition) if p.name != piece.name]
    page = _render(
        f"{edition.site.layout}.html.j2",
        edition,
        piece=piece,
        related=others[:3],
        also=next((p for p in others if p.name == piece.also), None),
        teaser=piece.page == "teaser",
        sidebar=[wording.typeset(line, edition.site.spelling) for line in edition.site.sidebar],
    )
    return Resource(200, _HTML, page)


def _render(template: str, edition: Edition, **values: object) -> bytes:
    site = edition.site
    return (
        _template(template)
        .render(
            site=site,
            base=edition.base,
            feed_url=edition.base + site.feed_path,
            feed_type=_FEEDS[site.dialect].content_type.partition(";")[0],
            direction="ltr" if site.language == "en" else "rtl",
            words=_WORDS[site.language],
            notice=NOTICE,
            **values,
        )
        .encode()
    )


def _template(name: str) -> jinja2.Template:
    return _environment().get_template(name)


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("monitor.demo"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )


_WORDS = {
    "en": {
        "also": "Also read:",
        "by": "By",
        "related": "Related stories",
        "latest": "Most read",
        "share": "Share this story",
        "wall": "This report is for subscribers. Subscribe or log in to read the rest.",
        "notice": "",
    },
    "ur": {
        "also": "یہ بھی پڑھیں:",
        "by": "رپورٹ:",
        "related": "متعلقہ خبریں",
        "latest": "مقبول خبریں",
        "share": "خبر شیئر کریں",
        "wall": "مکمل خبر صرف خریداروں کے لیے ہے۔",
        "notice": "یہ نمائشی ادارہ ہے؛ تمام خبریں فرضی ہیں۔",
    },
    "fa": {
        "also": "بیشتر بخوانید:",
        "by": "گزارش:",
        "related": "خبرهای مرتبط",
        "latest": "پربازدیدترین‌ها",
        "share": "همرسانی این خبر",
        "wall": "ادامهٔ این گزارش ویژهٔ مشترکان است.",
        "notice": "این رسانه نمایشی است؛ همهٔ خبرها ساختگی‌اند.",
    },
}
