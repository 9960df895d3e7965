"""What each name of an entity asks of the text it is found in.

| kind    | example                   | how it is read                                                         |
|---------|---------------------------|------------------------------------------------------------------------|
| full    | Baloch Liberation Army    | two words or more: speaks for itself                                   |
| word    | Gwadar, Hub               | one word: a common word too, where the entity's level is high          |
| abbr    | BLA, B.L.A.               | exactly these letters in exactly this case, and not BLAs or BLA-2      |
| spelled | بی ایل اے                 | an abbreviation spelled out in letter names: several words, no name    |

Labels (names that one side uses for another) are no names here: they neither find an entity nor claim
what they are written with, so that other entities' names inside them are still found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import regex

from monitor.models import Entity, Name
from monitor.rules.perso_arabic import LETTER_NAMES, spelled
from monitor.text.fold import fold, fold_word, variants, words

_LATIN = regex.compile(r"\p{Latin}")
_LEADING = tuple(map(fold, "بلفك"))  # in, for, so, like
_LED = 5  # letters of a name that one of these may lead
_UNAMBIGUOUS = ("low", "medium")
PEOPLES = frozenset({"people", "ethnic_group", "tribe"})
_ARTICLE, _TO_THE = "ال", "لل"
_SERVANT, _SERVANT_OF = "عبدال", "عبد ال"
_POSSESSIVE = ("کی", "کے", "کا")
_MOST_JOINED = 3  # words before the last, for a postposition to come between
_MARKS_BETWEEN = (".", "۔", "۔ ")
_LONGEST_SPELLED = 6  # letters


class Kind(StrEnum):
    """How a name is written."""

    FULL = "full"
    WORD = "word"
    ABBR = "abbr"
    SPELLED = "spelled"


@dataclass(frozen=True, slots=True)
class Form:
    """One name of one entity, with what the matcher must know about it."""

    entity: int  # index into the entities
    alias: str
    kind: Kind
    latin: bool
    distinct: bool  # an abbreviation that can hardly be anything else: spelled in letters, or with a hyphen
    verified: bool
    capital: bool  # one word that is a common word too: stands with a capital or not at all
    proper: bool  # written with a capital: in lower case it is a common word (a barkhan is a dune)
    title: bool  # "Khan of Kalat": a given name before it makes it somebody's surname and home
    person: bool  # "Akbar Bugti": a given name before it makes it somebody else's
    people: bool  # "Baloch": a given name before it makes it a surname
    generic: bool  # several words that many might bear: National Assembly, National Party
    place: bool  # names a place
    telling: bool  # holds one of its entity's own context words, so it needs no other
    lead: int = 0  # letters of the pattern that stand before the name: Arabic ب ل ف ك are written with it


def initials(text: str) -> str:
    """Return the letters and digits of a text as they stand."""
    return "".join(character for character in text if character.isalnum())


def forms(index: int, entity: Entity) -> Iterable[tuple[str, Form]]:
    """Yield every folded pattern of an entity with the form it stands for."""
    require = [f" {fold_word(word)} " for word in entity.require]
    for name in (*entity.names, *_spelled_out(entity.names)):
        if name.language == "label":
            continue
        form = _form(index, entity, name, require)
        written = _joined(name, form, entity) if form.kind is Kind.FULL else ()
        for pattern in dict.fromkeys((*_patterns(name.text, form.kind), *written)):
            if words(pattern):
                yield pattern, form
        if form.people and form.latin and not name.text.endswith(("s", "ch")):
            yield f"{fold(name.text)}s", form
        if name.language == "ar" and form.kind is not Kind.ABBR and len(initials(name.text)) >= _LED:
            for letter in _LEADING:
                yield letter + fold(name.text), replace(form, lead=len(letter))
            if name.text.startswith(_ARTICLE):
                yield _TO_THE + fold(name.text[len(_ARTICLE) :]), form


def _spelled_out(names: Sequence[Name]) -> Iterable[Name]:
    """Yield the abbreviations as Urdu writes them, in the names of their letters: BLA, بی ایل اے."""
    listed = {fold(name.text) for name in names}
    for name in names:
        if name.language == "abbr" and name.verified and 2 <= len(name.text) <= _LONGEST_SPELLED:
            letters = [LETTER_NAMES.get(letter) for letter in name.text]
            text = " ".join(letter for letter in letters if letter)
            if None not in letters and fold(text) not in listed:
                yield Name(text, "ur", verified=True)


def _joined(name: Name, form: Form, entity: Entity) -> Iterable[str]:
    """Yield other ways of joining a name's words: (in brackets), with an Urdu postposition, without a gap, with &."""
    *first, last = name.text.split()
    if first and "(" not in name.text:
        yield fold(f"{' '.join(first)} ({last})")
    if (
        first
        and len(first) <= _MOST_JOINED
        and name.language == "ur"
        and not entity.type.startswith("person")
    ):
        for between in _POSSESSIVE:
            yield fold(f"{' '.join(first)} {between} {last}")
    if form.latin and entity.country:
        yield fold("".join((*first, last)))
    if " and " in name.text:
        yield fold(name.text.replace(" and ", " & "))


def _form(index: int, entity: Entity, name: Name, require: Sequence[str]) -> Form:
    alias = name.text
    folded = fold(alias)
    kind = _kind(name, folded)
    latin = _LATIN.search(alias) is not None
    common = ((latin and entity.latin) or entity.level) not in _UNAMBIGUOUS
    parts = alias.split()
    person = latin and kind is Kind.FULL and entity.type.startswith("person")
    title = person and len(parts) > 2 and parts[1].islower()
    telling = kind is Kind.FULL and any(word in f" {folded} " for word in require)
    return Form(
        entity=index,
        alias=alias,
        kind=kind,
        latin=latin,
        distinct=kind is Kind.SPELLED or (kind is Kind.ABBR and "-" in alias),
        verified=name.verified,
        capital=latin and kind is Kind.WORD and common,
        proper=latin and kind is not Kind.ABBR and alias[:1].isupper(),
        title=title,
        person=person and not title,
        people=kind is Kind.WORD and entity.type in PEOPLES,
        generic=latin and kind is Kind.FULL and common and bool(require) and not telling,
        place=bool(entity.country),
        telling=telling,
    )


def _kind(name: Name, folded: str) -> Kind:
    letters = initials(name.text)
    if name.language == "abbr":
        return Kind.ABBR
    if letters.isascii() and letters.isupper() and " " not in name.text and 2 <= len(letters) <= 8:
        return Kind.ABBR
    if len(words(folded)) < 2:
        return Kind.WORD
    return Kind.SPELLED if spelled(name.text) else Kind.FULL


def _patterns(alias: str, kind: Kind) -> Iterable[str]:
    if kind is Kind.SPELLED:
        letters = alias.split()
        return (*variants(alias), *(fold(mark.join(letters)) for mark in _MARKS_BETWEEN))
    if kind is not Kind.ABBR:
        return (*variants(alias), *(other for plain in _servants(alias) for other in variants(plain)))
    plain = fold(alias)
    dotted = f"{'.'.join(plain)}" if plain.isalpha() and alias.isupper() else plain
    return dict.fromkeys((plain, dotted, f"{dotted}." if dotted != plain else plain))


def _servants(alias: str) -> Iterable[str]:
    """Yield a name with عبدالقدوس written in two words, or عبد القدوس in one."""
    if _SERVANT in alias:
        yield alias.replace(_SERVANT, _SERVANT_OF)
    if _SERVANT_OF in alias:
        yield alias.replace(_SERVANT_OF, _SERVANT)
