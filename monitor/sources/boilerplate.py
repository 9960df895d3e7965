"""Sentences that stand on many of one site's pages: leaked sidebars, appeals, notices, never the article.

A stored text stays whole. What rules read has these sentences blanked, so that every offset stays right.
"""

from __future__ import annotations

import hashlib
from array import array
from collections import Counter, OrderedDict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from monitor.sources.urls import same_place
from monitor.text.fold import fold, words
from monitor.text.sentences import sentences

WINDOW = 50  # pages of a site that are remembered
SHARE = 0.2  # of the stories among them, and at least LEAST
LEAST = 5
RECENT = 8  # a list of the latest headlines changes by the hour: half of the last few is enough
RECENT_LEAST = 4
SHORTEST = 4  # words; a shorter line says nothing, and may be a dateline
SAME_TITLE = 2 / 3  # of two titles' words
ABOUT = 0.6  # of a sentence's words that stand in the article's own title and summary
LONGEST = 100_000  # characters of a text that are looked at
_MOST = 400  # sentences of one page


def site_of(url: str) -> str:
    """Return whose pages a page is compared with: its host without "www.", and its port."""
    return same_place(url).partition("/")[0]


def fingerprints(text: str) -> tuple[int, ...]:
    """Return 64-bit hashes of a text's sentences, folded, each once; none for those of a few words."""
    found = (_fingerprint(text[start:end]) for start, end in _sentences(text))
    return tuple(dict.fromkeys(number for number in found if number is not None))


def spans(text: str, boilerplate: Collection[int], about: str = "") -> tuple[tuple[int, int], ...]:
    """Return where sentences of the boilerplate stand in a text.

    One that says what the article's own title and summary (`about`) say is its own: a headline that leaks
    onto every page is the first sentence of one of them.
    """
    if not boilerplate:
        return ()
    own = frozenset(words(fold(about)))
    return tuple(
        (start, end)
        for start, end in _sentences(text)
        if _fingerprint(text[start:end]) in boilerplate and not _says(text[start:end], own)
    )


def mask(text: str, blanked: Iterable[tuple[int, int]]) -> str:
    """Return a text of the same length with the spans blanked; nothing can be read across one of them."""
    parts, position = [], 0
    for start, end in blanked:
        parts += [text[position:start], " " * (end - start - 1), "."]
        position = end
    return "".join([*parts, text[position:]])


@dataclass(frozen=True, slots=True)
class _Page:
    title: frozenset[str]
    fingerprints: array[int]
    story: int


class Learned:
    """What the last pages of one site have in common."""

    def __init__(self) -> None:
        self._pages: OrderedDict[int, _Page] = OrderedDict()  # by article, the last at the end
        self._stories = 0
        self._settled: set[int] = set()

    def boilerplate(self, article: int | None = None, title: str = "") -> frozenset[int]:
        """Return the sentences that are not an article's own, should they stand in its text.

        They stand in a fifth of the stories of the window, at least 5, or in half of the last 8; the article
        itself is counted. Pages under much the same title are one story, and a page that says nothing
        that no other story says (a copy) is no evidence.
        """
        words_of_title = _title_words(title)
        own = self._story(article, words_of_title)
        others = [page for number, page in self._pages.items() if number != article]
        return self._common(others, own, LEAST, SHARE) | self._common(
            others[-RECENT + 1 :], own, RECENT_LEAST, 1 / 2
        )

    def add(self, article: int, title: str, found: Sequence[int]) -> tuple[int, ...]:
        """Learn from a page (`found`: its fingerprints); a page that is known moves to the end.

        Return the earlier articles with sentences that only now are known to be boilerplate.
        """
        common = self.boilerplate(article, title)
        words_of_title = _title_words(title)
        page = _Page(words_of_title, array("Q", found), self._story(article, words_of_title))
        fresh = common.intersection(found) - self._settled
        again = tuple(
            number
            for number, other in self._pages.items()
            if number != article and not fresh.isdisjoint(other.fingerprints)
        )
        self._settled = (self._settled | fresh) & self._known(found)
        self._pages[article] = page
        self._pages.move_to_end(article)
        if len(self._pages) > WINDOW:
            self._pages.popitem(last=False)
        return again

    def _known(self, found: Sequence[int]) -> set[int]:
        """Return every fingerprint in the window and in one more page."""
        return set(found).union(*(page.fingerprints for page in self._pages.values()))

    def _story(self, article: int | None, title: frozenset[str]) -> int:
        """Return the number of the story a page belongs to, a new one where none has such a title."""
        if article is not None and article in self._pages:
            return self._pages[article].story
        for page in reversed(self._pages.values()):
            if title and len(title & page.title) >= SAME_TITLE * len(title | page.title):
                return page.story
        self._stories += 1
        return self._stories

    @staticmethod
    def _common(pages: Sequence[_Page], own: int, least: int, share: float) -> frozenset[int]:
        """Return what stands in enough of the pages' stories and the story `own` together."""
        places = {story: 1 << place for place, story in enumerate({own, *(page.story for page in pages)})}
        standing: Counter[int] = Counter()  # bits: the stories a sentence stands in
        for page in pages:
            for number in page.fingerprints:
                standing[number] |= places[page.story]
        evidence: Counter[int] = Counter()
        for page in pages:
            if any(standing[number].bit_count() == 1 for number in page.fingerprints):
                for number in page.fingerprints:
                    evidence[number] |= places[page.story]
        enough = max(least, share * len(places))
        return frozenset(
            number for number, bits in evidence.items() if (bits | places[own]).bit_count() >= enough
        )


def _sentences(text: str) -> list[tuple[int, int]]:
    return sentences(text[:LONGEST])[:_MOST]


def _fingerprint(sentence: str) -> int | None:
    said = words(fold(sentence))
    if len(said) < SHORTEST:
        return None
    return int.from_bytes(hashlib.blake2b(" ".join(said).encode(), digest_size=8).digest(), "little")


def _says(sentence: str, own: frozenset[str]) -> bool:
    said = set(words(fold(sentence)))
    return len(said & own) >= ABOUT * len(said)


def _title_words(title: str) -> frozenset[str]:
    return frozenset(words(fold(title)))
