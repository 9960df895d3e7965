"""What stands around a name, and what it says about it: exclusion, requirement, definition, grade.

A name that is ambiguous needs one of its entity's context words. How near it stands decides the grade:

| level     | same sentence, or title | 200 characters, or paragraph | elsewhere | nowhere |
|-----------|-------------------------|------------------------------|-----------|---------|
| low       | strong                  | strong                       | likely    | likely  |
| medium    | strong                  | likely                       | likely    | check   |
| high      | strong                  | likely                       | check     | no      |
| very_high | strong                  | likely                       | check     | no      |

* An entity that asks for no context is strong.
* An excluding word in the title or within 200 characters ends it, before any requirement is looked at.
* A name of several words that holds one of its own context words (Baloch Liberation Army) is strong wherever
  it stands, and an excluding word near it only makes it likely. Other names of several words are strong, at
  high likely and at very_high check, until context raises them (National Party).
* An entity's own such name anywhere in the document makes its abbreviations strong.
* An abbreviation that the document itself explains as something else (bilateral labour agreement (BLA)) is
  that something else throughout.
* An outlet whose kind is `local` writes about its region: what it leaves unsaid counts as said nearby.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import regex

from monitor.models import Context, Document, Grade
from monitor.rules.names import Form, Kind, initials
from monitor.rules.page import TITLE, Page, Place
from monitor.text.fold import fold, words

NEAR = 200  # characters of the original text between the two
LOCAL_KINDS = frozenset({"local"})

_STRONG, _LIKELY, _CHECK = Grade.STRONG, Grade.LIKELY, Grade.CHECK
_RANKS = {"title": 4, "sentence": 4, "near": 3, "paragraph": 2, "document": 1, "": 0}
# By level: the grade for each rank, from nothing (0) to the same sentence (4).
_WORD_GRADES: dict[str, tuple[Grade | None, ...]] = {
    "low": (_LIKELY, _LIKELY, _STRONG, _STRONG, _STRONG),
    "medium": (_CHECK, _LIKELY, _LIKELY, _LIKELY, _STRONG),
    "high": (None, _CHECK, _LIKELY, _LIKELY, _STRONG),
    "very_high": (None, _CHECK, _LIKELY, _LIKELY, _STRONG),
}
_FULL_GRADES: dict[str, tuple[Grade | None, ...]] = {
    "low": (_STRONG,) * 5,
    "medium": (_STRONG,) * 5,
    "high": (_LIKELY, _LIKELY, _STRONG, _STRONG, _STRONG),
    "very_high": (_CHECK, _LIKELY, _LIKELY, _STRONG, _STRONG),
}
_WHERE = {
    "title": "in the title",
    "sentence": "in the same sentence",
    "near": "close by",
    "paragraph": "in the same paragraph",
    "document": "elsewhere in the text",
}


@dataclass(frozen=True, slots=True)
class Needs:
    """What an entity's names need around them; numbers are of context words."""

    level: str
    require: frozenset[int]
    exclude: frozenset[int]
    asked: tuple[str, ...]  # the required words as the pack lists them
    own: frozenset[str] = field(default=frozenset())  # long words of its full names, folded


@dataclass(frozen=True, slots=True)
class Verdict:
    """What context made of a name: a grade or, without one, why not."""

    grade: Grade | None
    why: str
    rank: int = 0  # 0 to 4: how near the support stands
    context: tuple[Context, ...] = ()
    missing: bool = False  # refused only for want of context


class Surroundings:
    """Answers what stands around a place of one page."""

    def __init__(self, page: Page, capitals: frozenset[int]) -> None:
        self._page = page
        self._capitals = capitals
        self._definitions: dict[str, list[list[str]]] | None = None
        self.own: dict[int, Place] = {}  # entity: its own telling name, once found

    def judge(self, place: Place, form: Form, needs: Needs) -> Verdict:
        """Grade one name at one place."""
        if form.kind is Kind.ABBR and (other := self._defined_otherwise(form, needs)):
            return Verdict(None, f"the text itself explains it as “{other}”")
        excluded = self._nearest(place, needs.exclude, excludes=True)
        if form.telling:
            if excluded is None:
                return Verdict(_STRONG, "its full name", rank=4)
            return Verdict(_LIKELY, f"its full name, although {_said(excluded)}", 4, (excluded,))
        if excluded is not None:
            return Verdict(None, f"{_said(excluded)}, which excludes it", context=(excluded,))
        if not needs.require:
            return Verdict(_STRONG, "its full name" if form.kind is Kind.FULL else "its name")
        if form.kind in (Kind.ABBR, Kind.SPELLED) and (own := self.own.get(form.entity)):
            support = self._context(own, self._scope(place, own), "requires")
            return Verdict(_STRONG, f"{_said(support)}", max(_RANKS[support.scope], 3), (support,))
        found = self._nearest(place, needs.require, excludes=False)
        grades = (_FULL_GRADES if form.kind is Kind.FULL else _WORD_GRADES)[needs.level]
        rank = _RANKS[found.scope] if found else 0
        if found is None:
            rank = max(rank, _prior(self._page.document))
        grade = grades[rank]
        if grade is None:
            return Verdict(None, f"none of {_listed(needs.asked)} stands in the text", missing=True)
        if found is not None:
            return Verdict(grade, _said(found), rank, (found,))
        why = "the outlet writes about this region" if rank else f"none of {_listed(needs.asked)} stands near"
        return Verdict(grade, why, rank, missing=rank == 0)

    def text(self, place: Place) -> str:
        return self._page.text(place)

    def rank(self, place: Place, other: Place) -> int:
        """Return how near two places are: 4 in one sentence or by the title, 1 in one document."""
        return _RANKS[self._scope(place, other)]

    def _nearest(self, place: Place, numbers: frozenset[int], *, excludes: bool) -> Context | None:
        best: tuple[int, int, Place, str] | None = None
        for number, other in self._page.contexts(numbers):
            if not excludes and _inside(other, place):
                continue
            if number in self._capitals and not self._page.text(other)[0].isupper():
                continue
            scope = self._scope(place, other)
            if excludes and scope in ("paragraph", "document"):
                continue
            if excludes and scope == "sentence" and _gap(place, other) > NEAR:
                continue
            key = (-_RANKS[scope], _gap(place, other), other, scope)
            if best is None or key < best:
                best = key
        return self._context(best[2], best[3], "excludes" if excludes else "requires") if best else None

    def _scope(self, place: Place, other: Place) -> str:
        field = self._page.fields[place.field]
        if place.field == other.field:
            start, end = field.sentence(place.start)
            if start <= other.start < end:
                return "sentence" if field.name != TITLE else "title"
            if _gap(place, other) <= NEAR:
                return "near"
            start, end = field.paragraph(place.start)
            if start <= other.start < end:
                return "paragraph"
            return "document"
        return "title" if self._page.fields[other.field].name == TITLE else "document"

    def _context(self, place: Place, scope: str, role: str) -> Context:
        name = self._page.fields[place.field].name
        return Context(name, place.start, place.end, self._page.text(place), role, scope)

    def _defined_otherwise(self, form: Form, needs: Needs) -> str:
        """Return what the text says the abbreviation stands for, when that is not the entity."""
        if not form.latin:
            return ""
        if self._definitions is None:
            self._definitions = _definitions(field.text for field in self._page.fields)
        said = self._definitions.get(initials(form.alias).casefold(), [])
        if any(_shares(words_, needs.own) for words_ in said):
            return ""
        return " ".join(said[0]) if said else ""


def _prior(document: Document) -> int:
    """Return the rank that an outlet's kind stands for where the text itself says nothing."""
    return _RANKS["paragraph"] if document.kind in LOCAL_KINDS else 0


def _inside(inner: Place, outer: Place) -> bool:
    return inner.field == outer.field and outer.start <= inner.start and inner.end <= outer.end


def _gap(place: Place, other: Place) -> int:
    if place.field != other.field:
        return NEAR + 1
    return max(0, other.start - place.end, place.start - other.end)


def _said(context: Context) -> str:
    return f"“{context.text}” stands {_WHERE[context.scope]}"


def _listed(asked: tuple[str, ...], most: int = 4) -> str:
    shown = ", ".join(asked[:most])
    return f"{shown} … ({len(asked)} words)" if len(asked) > most else shown


# --- abbreviations explained by the text itself ---------------------------------------------------

_IN_BRACKETS = regex.compile(r"\(\s*(\p{Lu}[\p{L}\p{N}.\-]{1,9})\s*\)")
_BEFORE_BRACKETS = regex.compile(r"(?<![\p{L}\p{N}])(\p{Lu}[\p{L}\p{N}.\-]{1,9})\s*\(([^()\n]{5,100})\)")
_JOINING = frozenset("of for the and to in on a e i o al ul el de la du des und y".split())
_EXPLAINED_WITHIN = 120


def _definitions(texts: Iterable[str]) -> dict[str, list[list[str]]]:
    """Collect the words each abbreviation is said to stand for: Some Long Name (SLN), or SLN (Some Long Name)."""
    found: dict[str, list[list[str]]] = {}
    for text in texts:
        for abbreviation, said in _explained(text):
            letters = initials(abbreviation)
            if letters.endswith("s") and letters[:-1].isupper():
                letters = letters[:-1]
            if sum(map(str.isupper, letters)) >= 2 and (expansion := _expansion(letters.casefold(), said)):
                found.setdefault(letters.casefold(), []).append(expansion)
    return found


def _explained(text: str) -> Iterator[tuple[str, list[str]]]:
    for hit in _IN_BRACKETS.finditer(text):
        line = text.rfind("\n", 0, hit.start()) + 1
        yield hit[1], words(fold(text[max(line, hit.start() - _EXPLAINED_WITHIN) : hit.start()]))
    for hit in _BEFORE_BRACKETS.finditer(text):
        yield hit[1], words(fold(hit[2]))


def _expansion(letters: str, said: list[str]) -> list[str]:
    """Return the last words whose initials spell the letters, small words aside."""
    for length in range(len(letters), min(len(said), 2 * len(letters)) + 1):
        words_ = said[-length:]
        for counted in (words_, [word for word in words_ if word not in _JOINING]):
            if "".join(word[0] for word in counted) == letters and words_[0] not in _JOINING:
                return words_
    return []


def _shares(said: list[str], own: frozenset[str]) -> bool:
    long = [word for word in said if len(word) > 3]
    return 2 * sum(word in own for word in long) >= len(long)
