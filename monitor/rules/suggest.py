"""Spellings in texts that are close to a name and are none of its: for a person to look at. They match nothing.

A word is compared with the names of one word, a row of words with those of as many that share a word with it.
What is in the region pack in any spelling, or one of its endings, is not suggested.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz, process

from monitor.models import Entity
from monitor.rules.names import Kind, forms
from monitor.text.fold import fold, fold_mapped, words

ALIKE = 86.0  # of 100: one letter in seven
ALIKE_SOUNDING = 75.0  # where the consonants are the same: Latin letters write these vowels in many ways
ALIKE_WORD = 78.0  # the least that each word of a row must be like its counterpart
SHORTEST = 5  # letters of a name of one word; shorter ones resemble half the dictionary
LONGEST = 6  # words of a name
_TELLING = 4  # letters of a word that a row must share with a name
_EXAMPLES = 3  # articles
_VOWELS = re.compile("[aeiouy]")
_DOUBLE = re.compile(r"(.)\1+")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A spelling nobody has listed, and the name it is like."""

    text: str  # as it most often stands
    entity: str
    alias: str
    alike: float  # of 100
    times: int
    articles: tuple[int, ...]  # the first few it stands in


@dataclass(slots=True)
class _Seen:
    texts: Counter[str] = field(default_factory=Counter)
    articles: dict[int, None] = field(default_factory=dict)


class Suggester:
    """Collects what resembles names, article by article."""

    def __init__(self, entities: Sequence[Entity]) -> None:
        self._single: dict[str, tuple[str, str]] = {}  # folded name -> entity, alias
        self._sounding: defaultdict[str, list[str]] = defaultdict(list)  # consonants -> folded names
        self._rows: defaultdict[tuple[str, int], list[str]] = defaultdict(
            list
        )  # a word, words in all -> names
        self._named: dict[str, tuple[str, str]] = {}
        self._listed: set[str] = set()  # every name, and every word of one
        for number, entity in enumerate(entities):
            for pattern, form in forms(number, entity):
                self._listed.update((pattern, " ".join(words(pattern)), *words(pattern)))
                self._list(fold(form.alias), form.kind, (entity.id, form.alias))
        for entity in entities:
            for word in (*entity.require, *entity.exclude):
                self._listed.update(words(fold_mapped(word).text))
        self._seen: defaultdict[str, _Seen] = defaultdict(_Seen)
        self._like: dict[str, str] = {}  # folded -> folded name it is like, or empty

    def _list(self, folded: str, kind: Kind, named: tuple[str, str]) -> None:
        parts = words(folded)
        if kind is Kind.WORD and len(folded) >= SHORTEST:
            self._single.setdefault(folded, named)
            if len(consonants := _consonants(folded)) >= _TELLING:
                self._sounding[consonants].append(folded)
        elif kind is Kind.FULL and len(parts) <= LONGEST:
            name = " ".join(parts)
            self._named.setdefault(name, named)
            for word in {part for part in parts if len(part) >= _TELLING}:
                if name not in self._rows[word, len(parts)]:
                    self._rows[word, len(parts)].append(name)

    def add(self, article: int, text: str) -> None:
        """Look for near spellings in one article."""
        folded = fold_mapped(text)
        parts = _cut(folded.text)
        for first, (word, start, end) in enumerate(parts):
            if self._near(word):
                span = folded.span(start, end)
                if not text[span[0]].islower():
                    self._note(word, article, text, span)
            for size in range(2, LONGEST + 1):
                row = parts[first : first + size]
                if len(row) == size and (name := self._near_row([part for part, _, _ in row])):
                    self._note(name, article, text, folded.span(start, row[-1][2]))

    def _note(self, key: str, article: int, text: str, span: tuple[int, int]) -> None:
        seen = self._seen[key]
        seen.texts[" ".join(text[slice(*span)].split())] += 1
        seen.articles[article] = None

    def _near(self, word: str) -> str:
        if len(word) < SHORTEST or word in self._listed:
            return ""
        if word not in self._like:
            sounding = self._sounding.get(_consonants(word), ())
            best = process.extractOne(
                word, sounding, scorer=fuzz.ratio, score_cutoff=ALIKE_SOUNDING
            ) or process.extractOne(word, self._single.keys(), scorer=fuzz.ratio, score_cutoff=ALIKE)
            near = best is not None and not (word.startswith(best[0]) or best[0].startswith(word))
            self._like[word] = best[0] if best and near and word[0] == best[0][0] else ""
        return self._like[word]

    def _near_row(self, row: Sequence[str]) -> str:
        """Return the row when it is like a name of as many words and shares one with it."""
        names = {name for word in set(row) for name in self._rows.get((word, len(row)), ())}
        if not names:
            return ""
        joined = " ".join(row)
        if joined in self._listed:
            return ""
        if joined not in self._like:
            best = process.extractOne(joined, sorted(names), scorer=fuzz.ratio, score_cutoff=ALIKE)
            self._like[joined] = best[0] if best and _no_other_word(row, best[0].split()) else ""
        return joined if self._like[joined] else ""

    def found(self, *, least: int = 2) -> list[Suggestion]:
        """Return what stands in at least so many articles, the most frequent first."""
        return sorted(
            self._suggestions(least), key=lambda one: (-one.times, -one.alike, one.entity, one.text)
        )

    def _suggestions(self, least: int) -> Iterator[Suggestion]:
        for key, seen in self._seen.items():
            if len(seen.articles) < least:
                continue
            like = self._like[key]
            entity, alias = self._single[like] if like in self._single else self._named[like]
            yield Suggestion(
                text=seen.texts.most_common(1)[0][0],
                entity=entity,
                alias=alias,
                alike=round(fuzz.ratio(key, like), 1),
                times=seen.texts.total(),
                articles=tuple(list(seen.articles)[:_EXAMPLES]),
            )


def _consonants(word: str) -> str:
    """Return a word's consonants, a double one once."""
    return _DOUBLE.sub(r"\1", _VOWELS.sub("", word))


def _no_other_word(row: Sequence[str], name: Sequence[str]) -> bool:
    """Tell whether each word of a row is like the one in its place: National Party is not National Army."""
    return all(
        one == other or fuzz.ratio(one, other) >= ALIKE_WORD for one, other in zip(row, name, strict=True)
    )


def _cut(folded: str) -> list[tuple[str, int, int]]:
    """Return the words of a folded text with their places."""
    found: list[tuple[str, int, int]] = []
    end = 0
    for word in words(folded):
        start = folded.index(word, end)
        end = start + len(word)
        found.append((word, start, end))
    return found


def suggestions(
    texts: Iterable[tuple[int, str]], entities: Sequence[Entity], *, least: int = 2
) -> list[Suggestion]:
    """Return near spellings of names in the texts of articles."""
    suggester = Suggester(entities)
    for article, text in texts:
        suggester.add(article, text)
    return suggester.found(least=least)
