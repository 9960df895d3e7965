"""The heavy work on one article, from a page's bytes to its matches: pure, and importable by name.

A worker calls `prepare` once with the rules and then `read_page` for each article. What comes back is
small: the text and what was found in it, never the page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from monitor.models import (
    ArticleView,
    Context,
    Document,
    Origin,
    Page,
    PageContext,
    Reading,
    RuleSource,
    Span,
    Verdict,
)
from monitor.rules.matcher import Evaluation, RuleSet
from monitor.sources import boilerplate, language
from monitor.sources.page import read_html
from monitor.stories import cluster
from monitor.stories.signature import Roles, signature
from monitor.text.fold import fold_mapped

_ENOUGH = 200  # characters of feed content that can stand for an article

_Cited = TypeVar("_Cited", Span, Context)

_prepared: dict[str, tuple[RuleSet, Roles]] = {}


@dataclass(frozen=True, slots=True)
class Limits:
    """What is read at the most."""

    max_parse: int


def prepare(source: RuleSource) -> None:
    """Compile the rules for this process; the set before is forgotten."""
    if source.digest not in _prepared:
        prepared = RuleSet.compile(source), Roles(source.entities)
        _prepared.clear()
        _prepared[source.digest] = prepared


def read_page(body: bytes | None, context: PageContext, limits: Limits) -> Reading:
    """Read one article; without a body (context.failure says why) from what the feed said alone."""
    page = _page(body, context, limits)
    own_words = context.foreign and page.verdict is Verdict.FULL and bool(page.title)
    if own_words:
        # What somebody else's feed says of the page is not the outlet's headline, summary or date.
        context = replace(
            context, title=page.title, summary="", content="", author=page.author, published=page.published
        )
    text, origin = _best_text(page, context)
    spoken = language.detect(text or f"{context.title}\n{context.summary}", context.language or page.language)
    title = context.title or page.title
    aside = boilerplate.spans(text, context.boilerplate, f"{title}\n{context.summary}")
    own = boilerplate.mask(text, aside)
    document = Document(
        fields=(("title", title), ("summary", context.summary), ("body", own)),
        language=spoken,
        host=context.host,
        kind=context.kind,
        about_region=context.about_region,
        origin=origin,
    )
    found = _found(document, text)
    published = context.published if context.published and context.published.at else page.published
    told = published.at.date() if published and published.at else None
    return Reading(
        title=title,
        text=text,
        language=spoken,
        verdict=page.verdict,
        origin=origin,
        author=context.author or page.author,
        published=published,
        mentions=found.mentions,
        matches=found.matches,
        given_up=found.given_up,
        sketch=cluster.sketch(own if text else context.summary),
        signature=signature(title, own if text else context.summary, found.mentions, _roles(), told, spoken),
        own_words=own_words,
        canonical_url=page.canonical_url,
        extractor=page.extractor,
        raw_sha256=hashlib.sha256(body).hexdigest() if body is not None else "",
        text_sha256=hashlib.sha256(text.encode()).hexdigest() if text else "",
        note="; ".join(filter(None, [page.note or context.note, _set_aside(len(aside))])),
        aside=aside,
        fingerprints=boilerplate.fingerprints(text),
        index_words=_index_words(title, context.summary, text),
    )


def rematch(article: ArticleView, host: str) -> Reading:
    """Read a stored article, its outlet put to it, again with the present rules; its text stays as it is."""
    found = _found(document_of(article, host), article.text)
    return Reading(
        title=article.title,
        text=article.text,
        language=article.language,
        verdict=article.verdict,
        origin=article.origin,
        author=article.author,
        published=article.published,
        mentions=found.mentions,
        matches=found.matches,
        given_up=found.given_up,
        sketch=(),
        aside=article.aside,
        index_words=_index_words(article.title, article.summary, article.text),
    )


def set_aside(article: ArticleView, common: frozenset[int]) -> ArticleView:
    """Return a stored article with all set aside that is now known to be boilerplate (fingerprints)."""
    found = boilerplate.spans(article.text, common, f"{article.title}\n{article.summary}")
    return replace(article, aside=tuple(sorted({*article.aside, *found})))


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
        index_words=_index_words(context.title, context.summary),
    )


def document_of(article: ArticleView, host: str) -> Document:
    """Return a stored article, its outlet put to it, as rules read it."""
    return Document(
        fields=(
            ("title", article.title),
            ("summary", article.summary),
            ("body", boilerplate.mask(article.text, article.aside)),
        ),
        language=article.language,
        host=host,
        kind=article.kind,
        about_region=article.about_region,
        origin=article.origin,
    )


def _index_words(*fields: str) -> tuple[str, ...]:
    return tuple(sorted(fold_mapped("\n".join(fields)).index_words()))


def _found(document: Document, body: str) -> Evaluation:
    """Match a document whose body may be masked; what is cited of it is cited as it stands in the original."""
    evaluation = _rules().match(document, misses=False)
    if document.field("body") == body:
        return evaluation
    return replace(
        evaluation,
        mentions=tuple(
            replace(
                mention,
                span=_original([mention.span], body)[0],
                context=_original(mention.context, body),
            )
            for mention in evaluation.mentions
        ),
        matches=tuple(
            replace(match, spans=_original(match.spans, body), context=_original(match.context, body))
            for match in evaluation.matches
        ),
    )


def _original(cited: Sequence[_Cited], body: str) -> tuple[_Cited, ...]:
    return tuple(
        replace(one, text=body[one.start : one.end]) if one.field == "body" else one for one in cited
    )


def _set_aside(sentences: int) -> str:
    return f"{sentences} sentences that stand on many pages of the site set aside" if sentences else ""


def _rules() -> RuleSet:
    ((rules, _),) = _prepared.values()
    return rules


def _roles() -> Roles:
    ((_, roles),) = _prepared.values()
    return roles


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
