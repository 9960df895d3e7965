"""The digest as one HTML file that needs nothing else: no script, no image, no address but the articles'."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from monitor.digest import charts, month, words
from monitor.digest.card import GROUPS, cite
from monitor.digest.gather import Digest
from monitor.digest.map import draw, on_the_map
from monitor.digest.passages import Passage
from monitor.digest.places import Dot
from monitor.text import show

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.IGNORECASE)


def html(digest: Digest) -> str:
    """Return the digest as a whole HTML document."""
    return (
        _environment()
        .get_template("digest.html.j2")
        .render(
            digest=digest,
            zone=digest.zone,
            anchors={card.number: card.story for card in digest.cards},
            kind_name=words.kind,
            language_name=words.language,
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "inert": inert,
        "own_words": own_words,
        "marked": marked,
        "language": words.language,
        "kind": words.kind,
        "long_date": words.long_date,
        "utc": words.utc,
        "local": show.local_time,
        "machine": _machine,
        "lang": _lang,
        "cite": cite,
        "many": words.many,
        "moved": words.moved,
        "withdrawn": words.withdrawn,
        "safe_url": show.safe_url,
        "percent": words.percent,
        "short_date": words.short_date,
        "day_month": words.day_month,
        "days_of": _days,
        "volume": charts.volume,
        "raw_is_drawn": charts.raw_is_drawn,
        "flag": charts.key,
        "changed": month.changed,
        "heat": charts.heat,
        "map_of": draw,
        "drawn_dots": _drawn,
    }
    environment.globals |= {
        "GROUPS": GROUPS,
        "MARKS": month.MARKS,
        "WEEK": month.WEEK,
        "NO_CURVE": month.NO_CURVE,
        "STATES": words.STATES,
        "UNTITLED": words.UNTITLED,
        "VERDICTS": words.VERDICTS,
    }
    return environment


def inert(text: str) -> str:
    """Return foreign text without controls; autoescape does the rest, and <bdi> isolates it."""
    return show.isolate(text)[1:-1]


def own_words(sentence: str) -> str:
    """Return a sentence of our own without controls, what it quotes isolated."""
    return show.isolate_quotations(inert(sentence))


def marked(passage: Passage) -> Markup:
    """Return a passage with <mark> around what matched."""
    text = show.mark(passage.text, passage.marks, "<mark>", "</mark>", _escaped)
    before, after = "… " if passage.cut_before else "", " …" if passage.cut_after else ""
    return Markup(f"{before}{text}{after}")  # noqa: S704  every foreign piece went through _escaped


def _escaped(piece: str) -> str:
    return str(escape(inert(piece)))


def _days(digest: Digest) -> tuple[date, ...]:
    return month.days_of(digest.date, digest.rule_days)


def _drawn(digest: Digest) -> Sequence[Dot]:
    outline = digest.outline
    return [dot for dot in digest.dots if on_the_map(outline, dot)] if outline else []


def _machine(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _lang(code: str) -> str:
    """Return a language tag a browser can use, or an empty string."""
    return code if _LANGUAGE.fullmatch(code) else ""
