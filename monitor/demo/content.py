"""The outlets and their hand-written articles, as read from the files in outlets/.

All dates are relative to one instant, which world.py is given.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib import resources
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Article:
    """One report, as its outlet keeps it: dates are relative, `{weekday -5h}` stands for a day."""

    name: str  # unique in the world, and the last part of the page's address
    title: str
    paragraphs: tuple[str, ...]  # "## …" is a sub-heading, "> …" a quotation
    at: timedelta | None  # from the world's instant; None: the outlet gives no date
    summary: str = ""  # empty: the first paragraph
    byline: str = ""
    section: str = ""
    language: str = ""  # empty: the outlet's
    page: str = "article"  # article | teaser | challenge | missing
    bare: bool = False  # the feed gives nothing but the title
    also: str = ""  # name of the article the "Also read" line points to
    hold: bool = False  # kept back until it is published
    fires: tuple[str, ...] = ()  # rules that must match, see expected.py
    perhaps: tuple[str, ...] = ()  # rules about which nothing is promised
    story: str = ""  # articles with the same word here are copies of one report
    event: str = ""  # articles with the same word here report one event independently

    @property
    def number(self) -> int:
        """Six digits, the same on every run, as a CMS numbers its posts."""
        return 100_000 + sum(ord(c) * (i + 7) ** 3 for i, c in enumerate(self.name)) % 900_000


@dataclass(frozen=True, slots=True)
class Site:
    """One outlet: who it is, in which dialect it speaks, what it has written."""

    id: str
    name: str
    kind: str
    country: str
    languages: tuple[str, ...]
    folder: str  # of the OPML file
    zone: str  # IANA name
    feed_path: str
    dialect: str  # rss20 | rss20-full | atom10 | rss10 | json11
    layout: str  # wordpress | newsroom | khabar
    tagline: str
    articles: tuple[Article, ...]
    zone_name: str = ""  # written instead of "+0500"
    validators: tuple[str, ...] = ("etag", "last-modified")
    compressed: bool = False
    spelling: tuple[str, ...] = ()  # habits of its typesetting, see wording.py
    tracking: str = ""  # added to the feed's links: "?utm_source=rss"
    guids: bool = True
    nav: tuple[str, ...] = ()
    sidebar: tuple[str, ...] = ()  # headlines beside every page
    note: str = ""

    @property
    def language(self) -> str:
        """The language of an article that does not name its own."""
        return self.languages[0]

    def article(self, name: str) -> Article:
        """Return the article of that name; KeyError when this outlet has none."""
        for article in self.articles:
            if article.name == name:
                return article
        raise KeyError(name)


@functools.cache
def sites() -> tuple[Site, ...]:
    """Read every outlet of the package, in order of file name; ValueError where a file is wrong."""
    folder = resources.files("monitor.demo") / "outlets"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)
    raw = [yaml.load(f.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) for f in files]
    return _with_copies([_site(outlet) for outlet in raw], raw)


def _site(raw: Mapping[str, Any]) -> Site:
    articles = tuple(_article(name, values) for name, values in raw["articles"].items())
    plain = {key: _frozen(value) for key, value in raw.items() if key != "articles"}
    return Site(**plain, articles=articles)


def _article(name: str, raw: Mapping[str, Any]) -> Article:
    plain = {k: _frozen(v) for k, v in raw.items() if k not in _READ_HERE}
    return Article(name=name, at=span(raw["at"]), paragraphs=_paragraphs(raw.get("body", "")), **plain)


_READ_HERE = {"at", "body", "copy_of", "edits", "paragraphs"}


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _paragraphs(body: str) -> tuple[str, ...]:
    return tuple(" ".join(block.split("\n")) for block in body.strip().split("\n\n") if block)


def _with_copies(read: Sequence[Site], raw: Sequence[Mapping[str, Any]]) -> tuple[Site, ...]:
    """Fill in the articles that are another's text with edits, perhaps cut short."""
    originals = {article.name: article for site in read for article in site.articles}
    done = []
    for site, outlet in zip(read, raw, strict=True):
        articles = []
        for article in site.articles:
            values = outlet["articles"][article.name]
            text = article.paragraphs
            if "copy_of" in values:
                original = originals[values["copy_of"]].paragraphs[: values.get("paragraphs")]
                text = _edited(original, values.get("edits", ()))
            articles.append(replace(article, paragraphs=text))
        done.append(replace(site, articles=tuple(articles)))
    return tuple(done)


def _edited(paragraphs: tuple[str, ...], edits: Sequence[Sequence[str]]) -> tuple[str, ...]:
    text = "\n\n".join(paragraphs)
    for old, new in edits:
        if text.count(old) != 1:
            raise ValueError(f"an edit must find its words exactly once: {old!r}")
        text = text.replace(old, new)
    return tuple(text.split("\n\n"))


_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def span(text: str | None) -> timedelta | None:
    """Read "-2h", "+3d" or "-90m"; None stays None; ValueError otherwise."""
    if text is None:
        return None
    found = re.fullmatch(r"([+-]\d+)([mhd])", text)
    if not found:
        raise ValueError(f"not a span of time: {text!r}")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
