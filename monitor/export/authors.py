"""Read a byline: whose it is, and whether that is a person's name or an office's."""

from __future__ import annotations

from dataclasses import dataclass

import regex

from monitor.text.fold import fold

_BY = regex.compile(r"by:? (?=\S)", regex.IGNORECASE)
_BETWEEN = regex.compile(r"\s*[;,،؛]\s*|\s+(?:and|&|اور|و|او)\s+", regex.IGNORECASE)
_WORD = regex.compile(r"[\p{Latin}\p{Mn}.'’-]+")
_OFFICE = frozenset(
    "agence agencies agency amnesty army association bureau center centre channel commission committee correspondent "
    "correspondents council daily department desk digest editor editorial editors federation foundation government "
    "group human institute international journal magazine media ministry monitor monitoring movement network news "
    "newspaper newsroom office online organisation organization party police post press radio report reporter "
    "reporters reports rights service services staff team television the times today tribune tv union university "
    "watch web writer writers".split()
)


@dataclass(frozen=True, slots=True)
class Author:
    """One author: a person whose family name can be told, or a name that is to stay as it is."""

    name: str
    given: str = ""
    family: str = ""  # empty: an office, or a name of which nobody here knows the parts

    @property
    def inverted(self) -> str:
        """Return "family, given"; a name that stays as it is has no comma, which would turn it round."""
        return (
            f"{self.family}, {self.given}" if self.family else " ".join(self.name.replace(",", " ").split())
        )


def authors(byline: str, *, outlet: str) -> tuple[Author, ...]:
    """Return the authors that a byline names, on one line; one that is not plainly a list stays whole."""
    byline = _BY.sub("", byline, count=1) if _BY.match(byline) else byline
    if not byline:
        return ()
    parts = [part for part in _BETWEEN.split(byline) if part]
    if fold(byline) == fold(outlet) or not all(map(_like_a_person, parts)):
        parts = [byline]
    return tuple(_author(part, outlet) for part in dict.fromkeys(parts))


def _author(name: str, outlet: str) -> Author:
    """Take the last word of a personal name in Latin letters for the family's, with "de", "van", "ul" before it."""
    words = name.split()
    latin = all(map(_WORD.fullmatch, words)) and words[0][0].isupper() and words[-1][0].isupper()
    if not latin or not _like_a_person(name) or fold(name) == fold(outlet):
        return Author(name)
    first = len(words) - 1
    while first > 1 and words[first - 1].islower():
        first -= 1
    return Author(name, " ".join(words[:first]), " ".join(words[first:]))


def _like_a_person(name: str) -> bool:
    words = name.casefold().split()
    return 2 <= len(words) <= 4 and _OFFICE.isdisjoint(words) and not any(map(str.isdigit, name))
