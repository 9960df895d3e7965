"""The heavy work on one article, from a page's bytes to its matches: pure, and importable by name.

A worker calls `prepare` once with the rules and then `read_page` for each article. What comes back is
small: the text and what was found in it, never the page.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from monitor.models import ArticleView, Document, Origin, Page, PageContext, Reading, RuleSource, Verdict
from monitor.rules.matcher import RuleSet
from monitor.sources import language
from monitor.sources.page import read_html
from monitor.stories import cluster

_ENOUGH = 200  # characters of feed content that can stand for an article

_prepared: dict[str, RuleSet] = {}


@dataclass(frozen=True, slots=True)
class Limits:
    """What is read at the most."""

    max_parse: int


def prepare(source: RuleSource) -> None:
    """Compile the rules for this process; the set before is forgotten."""
    if source.digest not in _prepared:
        compiled = RuleSet.compile(source)
        _prepared.clear()
        _prepared[source.digest] = compiled


def read_page(body: bytes | None, context: PageContext, limits: Limits) -> Reading:
    """Read one article; without a body (context.failure says why) from what the feed said alone."""
    page = _page(body, context, limits)
    text, origin = _best_text(page, context)
    spoken = language.detect(text or f"{context.title}\n{context.summary}", context.language or page.language)
    document = Document(
        fields=(("title", context.title or page.title), ("summary", context.summary), ("body", text)),
        language=spoken,
        host=context.host,
        kind=context.kind,
        origin=origin,
    )
    evaluation = _rules().match(document)
    return Reading(
        title=context.title or page.title,
        text=text,
        language=spoken,
        verdict=page.verdict,
        origin=origin,
        author=context.author or page.author,
        published=context.published if context.published and context.published.at else page.published,
        mentions=evaluation.mentions,
        matches=evaluation.matches,
        sketch=cluster.sketch(text or context.summary),
        canonical_url=page.canonical_url,
        extractor=page.extractor,
        raw_sha256=hashlib.sha256(body).hexdigest() if body is not None else "",
        text_sha256=hashlib.sha256(text.encode()).hexdigest() if text else "",
        note=page.note or context.note,
    )


def rematch(article: ArticleView, host: str, kind: str) -> Reading:
    """Read a stored article again with the present rules; its text stays as it is."""
    document = document_of(article, host, kind)
    evaluation = _rules().match(document)
    return Reading(
        title=article.title,
        text=article.text,
        language=article.language,
        verdict=article.verdict,
        origin=article.origin,
        author=article.author,
        published=article.published,
        mentions=evaluation.mentions,
        matches=evaluation.matches,
        sketch=(),
    )


def unread(context: PageContext, note: str) -> Reading:
    """Return what is kept of an article that could not be read at all; the digest counts it."""
    return Reading(
        title=context.title,
        text="",
        language=context.language,
        verdict=Verdict.EMPTY,
        origin=Origin.TITLE,
        author=context.author,
        published=context.published,
        mentions=(),
        matches=(),
        sketch=(),
        note=note,
    )


def document_of(article: ArticleView, host: str, kind: str) -> Document:
    """Return a stored article as rules read it."""
    return Document(
        fields=(("title", article.title), ("summary", article.summary), ("body", article.text)),
        language=article.language,
        host=host,
        kind=kind,
        origin=article.origin,
    )


def _rules() -> RuleSet:
    (rules,) = _prepared.values()
    return rules


def _page(body: bytes | None, context: PageContext, limits: Limits) -> Page:
    if body is None:
        return Page(text="", title="", verdict=context.failure or Verdict.NO_PAGE, note=context.note)
    return read_html(
        body,
        context.url,
        context.content_type,
        limits.max_parse,
        feed_text_length=max(len(context.content), len(context.summary)),
    )


def _best_text(page: Page, context: PageContext) -> tuple[str, Origin]:
    """Choose the body: the page's text, unless the page was none and the feed says more."""
    if page.verdict is Verdict.FULL:
        return page.text, Origin.PAGE
    if len(context.content) > max(len(page.text), _ENOUGH):
        return context.content, Origin.FEED
    if page.verdict is Verdict.TEASER and len(page.text) > len(context.summary):
        return page.text, Origin.PAGE
    return context.content, (
        Origin.FEED if context.content else Origin.SUMMARY if context.summary else Origin.TITLE
    )
