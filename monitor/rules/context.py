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
* An entity's own such name anywhere in the document speaks for its abbreviations as for itself.
* An abbreviation that the document itself explains as something else (bilateral labour agreement (BLA)) is
  that something else throughout.
* Where nothing else speaks for a name, what belongs to a place its entity asks for does (a town, where the
  province is asked for), but only up to likely.
* A name of several words that a word with a capital stands before (Speaker National Assembly) is not taken
  without context, and check at most where somebody else's name says whose it is (Senegal's National Assembly).
* A town's name with a capital that only a preposition of place stands before (in Kech) is likely at high, and
  so is one that a report begins with (تربت: …), in capitals at every level (MACH: …).
* Abbreviations spelled in the names of letters (بی ایل اے), or with a hyphen, may have a level of their own, and
  so may names in Latin letters (Turbat is a town; تربت is a grave as well).
* A word of `not_of` directly beside a name (Kuwait's National Assembly) ends it.
* What an outlet that writes about the region first of all leaves unsaid counts as said nearby; at high and
  very_high only for abbreviations and names of several words, and for towns with a capital at high.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import regex

from monitor.models import Context, Grade
from monitor.rules.names import Form, Kind, initials
from monitor.rules.page import NEAR, Page, Place, gap, neighbours
from monitor.rules.perso_arabic import ends_alike
from monitor.text.fold import fold, words

_STRONG, _LIKELY, _CHECK = Grade.STRONG, Grade.LIKELY, Grade.CHECK
_BESIDE = 2  # characters between a name and a word that stands directly beside it: Zehri town
_SMALL = 4  # characters of a small word between two names: " کی ", " of "
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
_UNSURE = ("high", "very_high")
_LOCATED = ("medium", "high")  # levels at which a name that is written as a place is one
_WHERE = {
    "title": "in the title",
    "sentence": "in the same sentence",
    "near": "close by",
    "paragraph": "in the same paragraph",
    "document": "elsewhere in the text",
}


_Key = tuple[int, int, Place, str]


@dataclass(frozen=True, slots=True)
class Needs:
    """What an entity's names need around them; numbers are of context words."""

    level: str
    spelled: str  # of abbreviations that can hardly be anything else
    latin: str  # of other names in Latin letters
    require: frozenset[int]
    exclude: frozenset[int]
    not_of: frozenset[int]
    languages: frozenset[str]  # of the press of a place's country
    asked: tuple[str, ...]  # the required words as the pack lists them
    own: frozenset[str]  # long words of its full names, folded
    family: frozenset[int]  # entities that belong to one whose name is among the required words


@dataclass(frozen=True, slots=True)
class Verdict:
    """What context made of a name: a grade or, without one, why not."""

    grade: Grade | None
    why: str
    rank: int = 0  # how near the support stands: 0 nowhere, 4 in one sentence, 5 directly beside
    context: tuple[Context, ...] = ()
    missing: bool = False  # refused only for want of context


class Surroundings:
    """Answers what stands around a place of one page."""

    def __init__(self, page: Page, words_: Sequence[str], capitals: frozenset[int]) -> None:
        self._page = page
        self._words = words_
        self._capitals = capitals
        self._contexts: dict[int, list[Place]] = {}
        self._definitions: dict[str, list[list[str]]] | None = None
        self.own: dict[int, Place] = {}  # entity: its own telling name, once found

    def judge(
        self,
        place: Place,
        form: Form,
        needs: Needs,
        *,
        qualified: bool = False,
        located: bool = False,
        dateline: bool = False,
    ) -> Verdict:
        """Grade one name at one place.

        `qualified`: a word nobody here knows may say whose it is; `located`: it is written as a place is;
        `dateline`: in capitals, at the beginning of a report.
        """
        if form.kind is Kind.ABBR and (other := self._defined_otherwise(form, needs)):
            return Verdict(None, f"the text itself explains it as “{other}”")
        if (whose := self._nearest(place, needs.not_of, excludes=True)) and self._owns(whose, place):
            return Verdict(None, f"“{whose.text}” stands beside it and says whose it is", context=(whose,))
        excluded = self._nearest(place, needs.exclude, excludes=True)
        if told := self._by_full_name(place, form, excluded):
            return told
        if excluded is not None:
            return Verdict(None, f"{_said(excluded)}, which excludes it", context=(excluded,))
        if not needs.require:
            return Verdict(_STRONG, "its full name" if form.kind is Kind.FULL else "its name")
        found = self._nearest(place, needs.require, excludes=False)
        if found is None:
            if dateline:
                return Verdict(_LIKELY, "the report begins with it as its place", missing=True)
            return self._unsupported(form, needs, qualified=qualified, located=located)
        return self._supported(place, form, needs, found)

    def _by_full_name(self, place: Place, form: Form, excluded: Context | None) -> Verdict | None:
        """Grade a name that speaks for itself, or an abbreviation that its own full name speaks for."""
        rank, why = 4, "its full name"
        context: tuple[Context, ...] = ()
        if not form.telling:
            own = self.own.get(form.entity)
            if own is None or form.kind not in (Kind.ABBR, Kind.SPELLED):
                return None
            support = self._context(own, self._page.scope(place, own), "requires")
            rank, why, context = max(_RANKS[support.scope], 3), _said(support), (support,)
        if excluded is None:
            return Verdict(_STRONG, why, rank, context)
        return Verdict(_LIKELY, f"{why}, although {_said(excluded)}", rank, (*context, excluded))

    def _unsupported(self, form: Form, needs: Needs, *, qualified: bool, located: bool) -> Verdict:
        if self._page.document.about_region:
            # Its readers know which abbreviation is meant; a common word is one in its pages too.
            common = form.kind is Kind.WORD and (_level(form, needs) == "very_high" or not form.capital)
            rank = _RANKS["document" if common and _level(form, needs) in _UNSURE else "paragraph"]
            grade = _LIKELY if located and _level(form, needs) in _LOCATED else _grades(form, needs)[rank]
            return Verdict(grade, "the outlet writes about this region", rank)
        grade = _grades(form, needs)[0]
        if located and _level(form, needs) in _LOCATED:
            why = "what stands before it stands before places, although nothing says which"
            return Verdict(_LIKELY, why, missing=True)
        if grade is None:
            return Verdict(None, f"none of {_listed(needs.asked)} stands in the text", missing=True)
        why = f"none of {_listed(needs.asked)} stands near"
        return Verdict(_CHECK if qualified else grade, why, missing=True)

    def lean(
        self, place: Place, form: Form, needs: Needs, others: Mapping[int, Sequence[Place]]
    ) -> Verdict | None:
        """Grade a name that nothing speaks for by the nearest of the named entities that could."""
        best: _Key | None = None
        for entity in needs.family.intersection(others):
            for other in neighbours(place, others[entity], with_own=False):
                best = _nearer(best, self._key(place, other))
        if best is None:
            return None
        verdict = self._supported(place, form, needs, self._context(best[2], best[3], "requires"))
        return replace(verdict, grade=_LIKELY) if verdict.grade is _STRONG else verdict

    def _supported(self, place: Place, form: Form, needs: Needs, found: Context) -> Verdict:
        rank = _RANKS[found.scope]
        field = self._page.fields[place.field].name
        beside = field == found.field and gap(place, Place(place.field, found.start, found.end)) <= _BESIDE
        return Verdict(_grades(form, needs)[rank], _said(found), rank + beside, (found,))

    def _owns(self, whose: Context, place: Place) -> bool:
        """Tell whether a word stands beside a name with at most a small word between: Kuwait's, of Kuwait, کویت کی."""
        field = self._page.fields[place.field]
        return whose.field == field.name and gap(place, Place(place.field, whose.start, whose.end)) <= _SMALL

    def at_home(self, needs: Needs) -> bool:
        """Tell whether the text is in a language of a place's country."""
        return self._page.document.language in needs.languages

    def text(self, place: Place) -> str:
        return self._page.text(place)

    def rank(self, place: Place, others: Sequence[Place]) -> int:
        """Return how near the nearest of other places is: 4 in one sentence or by the title, 1 in one document."""
        near = neighbours(place, others, with_own=False)
        return max((_RANKS[self._page.scope(place, other)] for other in near), default=0)

    def _nearest(self, place: Place, numbers: frozenset[int], *, excludes: bool) -> Context | None:
        """Return the nearest of these context words; one inside the name itself cannot support it."""
        best: _Key | None = None
        for number in self._page.context_numbers & numbers:
            for other in neighbours(place, self._places(number), with_own=excludes):
                key = self._key(place, other)
                if not excludes or key[3] == "title" or key[1] <= NEAR:
                    best = _nearer(best, key)
        return self._context(best[2], best[3], "excludes" if excludes else "requires") if best else None

    def _key(self, place: Place, other: Place) -> _Key:
        """Return what sorts the nearest first: rank, characters between, place; and the scope."""
        scope = self._page.scope(place, other)
        apart = gap(place, other) if place.field == other.field else NEAR + 1
        return -_RANKS[scope], apart, other, scope

    def _places(self, number: int) -> list[Place]:
        """Return where a context word stands; one that the pack writes with a capital needs it."""
        places = self._contexts.get(number)
        if places is None:
            places = self._page.context(number)
            if number in self._capitals:
                places = [place for place in places if self._page.text(place)[0].isupper()]
            places = [place for place in places if ends_alike(self._page.text(place), self._words[number])]
            self._contexts[number] = places
        return places

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


def _nearer(best: _Key | None, key: _Key) -> _Key:
    return key if best is None or key < best else best


def _grades(form: Form, needs: Needs) -> tuple[Grade | None, ...]:
    if form.kind is Kind.FULL:
        return _FULL_GRADES[_level(form, needs)]
    return _WORD_GRADES[_level(form, needs)]


def _level(form: Form, needs: Needs) -> str:
    """Return how ambiguous a name is, as it is written."""
    if form.distinct:
        return needs.spelled
    return needs.latin if form.latin else needs.level


def _said(context: Context) -> str:
    return f"“{context.text}” stands {_WHERE[context.scope]}"


def _listed(asked: tuple[str, ...], most: int = 4) -> str:
    shown = ", ".join(f"“{word}”" for word in asked[:most])
    return f"{shown} … ({len(asked)} words)" if len(asked) > most else shown


# --- abbreviations explained by the text itself ---------------------------------------------------

_IN_BRACKETS = regex.compile(r"\(\s*(\p{Lu}[\p{L}\p{N}.\-]{1,9})\s*\)")
_BEFORE_BRACKETS = regex.compile(r"(?<![\p{L}\p{N}])(\p{Lu}[\p{L}\p{N}.\-]{1,9})\s*\(([^()\n]{5,100})\)")
_JOINING = frozenset(
    ("of", "for", "the", "and", "to", "in", "on", "a", "e", "i", "o", "al", "ul", "el", "de", "la", "y")
)
_EXPLAINED_WITHIN = 120
_MOST_EXPLAINED = 500  # in one field; a text has tens


def _definitions(texts: Iterable[str]) -> dict[str, list[list[str]]]:
    """Collect the words each abbreviation is said to stand for: Some Long Name (SLN), or SLN (Some Long Name)."""
    found: dict[str, list[list[str]]] = {}
    for text in texts:
        for abbreviation, said in islice(_explained(text), _MOST_EXPLAINED):
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
