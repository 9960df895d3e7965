"""Choose the sentences of a story that say what matched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.models import ArticleView, Span
from monitor.text.fold import fold, words
from monitor.text.sentences import sentences

LIMIT = 360  # code points; a "sentence" without a full stop can be a whole page
ALIKE = 0.8  # share of the shorter sentence's words that the other has too


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of one article's field, verbatim, with the matched words in it."""

    article: int
    field: str  # title | summary | body
    start: int  # in the field's original
    end: int
    text: str  # original[start:end]
    marks: tuple[tuple[int, int], ...]  # inside text, ascending, apart
    language: str
    cut_before: bool = False  # the sentence begins before this
    cut_after: bool = False


@dataclass(frozen=True, slots=True)
class _Candidate:
    passage: Passage
    order: tuple[int, int]
    kinds: int  # how many different names or words are marked
    words: frozenset[str]


def headline(article: ArticleView) -> Passage:
    """Return an article's title with what matched in it."""
    marks = _merged((span.start, span.end) for span in _spans(article, "title", article.title))
    return Passage(article.id, "title", 0, len(article.title), article.title, marks, article.language)


def key_passages(articles: Sequence[ArticleView], limit: int = 3) -> tuple[Passage, ...]:
    """Return at most `limit` different sentences, those with most marks, in reading order.

    Earlier articles win ties, so that a wire story is quoted from the first outlet that had it. A story
    that matched in its headlines only is represented by its first sentence.
    """
    titles = [frozenset(words(fold(article.title))) for article in articles]
    found = [
        candidate
        for place, article in enumerate(articles)
        for candidate in _candidates(article, place)
        if not any(candidate.words <= title for title in titles)  # it would only repeat the headline
    ]
    found.sort(key=lambda one: (-one.kinds, -len(one.passage.marks), one.order))
    chosen: list[_Candidate] = []
    for candidate in found:
        if len(chosen) == limit:
            break
        if not any(_alike(candidate.words, other.words) for other in chosen):
            chosen.append(candidate)
    if not chosen:
        opening = next(filter(None, map(_opening, articles)), None)
        return (opening,) if opening else ()
    chosen.sort(key=lambda one: one.order)
    return tuple(one.passage for one in chosen)


def _candidates(article: ArticleView, place: int) -> Iterable[_Candidate]:
    for rank, (name, text) in enumerate((("body", article.text), ("summary", article.summary))):
        spans = _spans(article, name, text)
        if not spans:
            continue
        for start, end in sentences(text):
            inside = [span for span in spans if span.start < end and span.end > start]
            if inside:
                passage = _passage(article, name, text, (start, end), inside)
                kinds = len({span.entity or fold(span.alias or span.text) for span in inside})
                # Bodies of every article before any summary: a summary mostly repeats its body.
                order = (rank * 1_000 + place, start)
                yield _Candidate(passage, order, kinds, frozenset(words(fold(text[start:end]))))


def _opening(article: ArticleView) -> Passage | None:
    for name, text in (("body", article.text), ("summary", article.summary)):
        for start, end in sentences(text):
            return _passage(article, name, text, (start, end), ())
    return None


def _spans(article: ArticleView, name: str, text: str) -> list[Span]:
    """Return what matched in one field, in order; spans that no longer re-read are left out."""
    spans = {
        (span.start, span.end, span.entity, span.alias): span
        for match in article.matches
        for span in match.spans
        if span.field == name and span.text and text[span.start : span.end] == span.text
    }
    return [spans[key] for key in sorted(spans)]


def _passage(
    article: ArticleView, name: str, text: str, sentence: tuple[int, int], spans: Sequence[Span]
) -> Passage:
    start, end = sentence
    marks = _merged((max(span.start, start), min(span.end, end)) for span in spans)
    left, right = _window(text, start, end, marks)
    inside = tuple((first - left, min(last, right) - left) for first, last in marks if left <= first < right)
    return Passage(
        article=article.id,
        field=name,
        start=left,
        end=right,
        text=text[left:right],
        marks=inside,
        language=article.language,
        cut_before=left > start,
        cut_after=right < end,
    )


def _window(text: str, start: int, end: int, marks: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Cut a sentence that is too long around its first mark, at spaces."""
    if end - start <= LIMIT:
        return start, end
    left = max(start, marks[0][0] - LIMIT // 3) if marks else start
    right = min(end, left + LIMIT)
    left = max(start, right - LIMIT)
    if left > start:
        space = text.find(" ", left, marks[0][0] if marks else right)
        left = space + 1 if space >= 0 else left
    if right < end:
        space = text.rfind(" ", marks[0][1] if marks else left, right)
        right = space if space > left else right
    return left, right


def _merged(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Join spans that overlap or touch: two marks side by side read as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _alike(some: frozenset[str], others: frozenset[str]) -> bool:
    shorter = min(len(some), len(others))
    return shorter > 0 and len(some & others) >= ALIKE * shorter
