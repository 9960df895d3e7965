"""Whether a name stands in a text at all, going by the characters it is written with and the word before it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import regex

from monitor.models import Grade
from monitor.rules import capitals, perso_arabic
from monitor.rules.capitals import Given
from monitor.rules.names import Form, Kind, initials
from monitor.rules.page import FieldText, Place

_NUMBER_AFTER = regex.compile(r"[ \u00a0\-‐‑–]\p{N}")
_SPACE = regex.compile(r"\s+")
# What follows the place that a report begins with: KHUZDAR: …, تربت (نامہ نگار) …, QUETTA, Feb 3 (APP) …
_AFTER_DATELINE = regex.compile(r"[ \u00a0]?(?::|\((?:[^()\n]{1,40})\)|, \p{L}{3,9}\.? \p{N}{1,2}\b)")
_DESIGNATION = regex.compile(r"[\-‐‑–]\p{N}")
_LONG_NUMBER = regex.compile(r"[ \u00a0]\p{N}{5}")
_DOMAINS = frozenset(("com", "net", "org", "gov", "edu", "info"))
_SURNAME = "what stands directly before it may be a given name, and it a surname"
_ADDRESS_SIGNS = frozenset("/.@-_")
_REACH = 200  # characters of an address looked at, and of a line on either side of a name


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name that stands in the text, before its context is looked at."""

    form: Form
    ceiling: Grade = Grade.STRONG
    doubt: str = ""
    located: bool = False  # it is written as a place is: in Kech
    dateline: bool = False  # it is the place that a report begins with: KECH: …
    qualified: bool = False  # a word nobody here knows stands before it with a capital


def no_name(form: Form, text: str, place: Place) -> str:
    """Say why these characters are not this name, or nothing when they may be."""
    _, start, end = place
    if not form.latin:
        if form.kind is Kind.SPELLED and perso_arabic.spells_more(text, start, end):
            return "more letters are spelled beside it"
        return "" if perso_arabic.ends_alike(text[start:end], form.alias) else "it ends in another letter"
    if form.kind is Kind.ABBR:
        if initials(text[start:end]) != initials(form.alias):
            return f"the abbreviation is written {form.alias}"
        if _DESIGNATION.match(text, end):
            return "a number is joined to the abbreviation"
        if _LONG_NUMBER.match(text, end):
            return "a long number follows it"
    elif form.capital:
        if not text[start].isupper():
            return f"{form.alias} is written with a capital"
        if _NUMBER_AFTER.match(text, end):
            return "a number follows it"
    if _in_address(text, start, end):
        return "it is part of an address"
    return ""


def _in_address(text: str, start: int, end: int) -> bool:
    """Tell whether a name stands in a URL, a domain or an e-mail address."""
    if text[start - 1 : start] not in _ADDRESS_SIGNS and text[end : end + 1] not in _ADDRESS_SIGNS:
        return False
    before = _SPACE.split(text[max(0, start - _REACH) : start])[-1]
    after = _SPACE.split(text[end : end + _REACH], maxsplit=1)[0]
    token = (before + text[start:end] + after).strip("\"'“”‘’()<>[],;:.!?…")
    if "://" in token or token.startswith("www.") or "." in token.partition("@")[2]:
        return True
    domain = token.partition("/")[0].rpartition(".")
    return bool(domain[0]) and (domain[2] in _DOMAINS or (len(domain[2]) == 2 and domain[2].islower()))


def doubted(form: Form, field: FieldText, place: Place, known: Callable[[str], bool]) -> Candidate | str:
    """Return the candidate with what must be doubted about it, or why it is none."""
    found = (_by_capitals if form.latin else _by_neighbours)(form, field, place, known)
    if form.verified or isinstance(found, str):
        return found
    return Candidate(form, Grade.CHECK, "this spelling has not been verified")


def _by_capitals(form: Form, field: FieldText, place: Place, known: Callable[[str], bool]) -> Candidate | str:
    _, start, end = place
    text = field.text
    if form.kind is Kind.ABBR:
        if capitals.shouted(text, _line(field, place), start, end):
            return Candidate(form, Grade.CHECK, "everything around the abbreviation is in capitals")
    elif form.capital and end - start > 1 and text[start:end].isupper():
        return _in_capitals(form, field, place)
    elif form.proper and text[start:end].islower():
        if capitals.lower_among_capitals(text, _line(field, place), start, end):
            return Candidate(form, Grade.CHECK, f"{form.alias} is written with capitals")
    elif form.person and capitals.given_name(text, _line(field, place), start, end, known) is Given.YES:
        return Candidate(form, Grade.CHECK, "with the name directly before it, it may be somebody else's")
    elif form.title or form.people:
        return _after_given_name(form, field, place, known)
    elif form.generic:
        line = _line(field, place)
        if capitals.somebody_elses(text, line, start, end, known):
            return Candidate(form, Grade.CHECK, "a name nobody here knows says whose it is")
        return Candidate(form, qualified=capitals.given_name(text, line, start, end, known) is Given.YES)
    if form.place and form.kind is Kind.WORD:
        line = _line(field, place)
        if form.capital and capitals.goes_on(text, line, start, end, known):
            return Candidate(form, Grade.CHECK, "the word that follows it may make it part of another name")
        located = capitals.located(text, line, start, end, known)
        return Candidate(form, located=located or _dateline(field, place))
    return Candidate(form)


def _in_capitals(form: Form, field: FieldText, place: Place) -> Candidate | str:
    """Judge a name that is no abbreviation and stands in capitals: MACH, as the place a report begins with."""
    if form.place and _dateline(field, place):
        return Candidate(form, dateline=True)
    if capitals.shouted(field.text, _line(field, place), place.start, place.end):
        return Candidate(form)
    return f"{form.alias} is not written in capitals"


def _by_neighbours(form: Form, field: FieldText, place: Place, known: Callable[[str], bool]) -> Candidate:
    if form.people and perso_arabic.surname(field.text, place.start, place.end, known):
        return Candidate(form, Grade.CHECK, _SURNAME)
    located = (
        form.place
        and form.kind is Kind.WORD
        and (perso_arabic.located(field.text, place.start, place.end) or _dateline(field, place))
    )
    return Candidate(form, located=located)


def _dateline(field: FieldText, place: Place) -> bool:
    """Tell whether a name is the place that a report, or a paragraph of it, begins with."""
    before = field.text[max(0, place.start - _REACH) : place.start].rpartition("\n")[2]
    return not before.strip() and _AFTER_DATELINE.match(field.text, place.end) is not None


def _line(field: FieldText, place: Place) -> capitals.Line:
    """Return the sentence around a name, as much of it as may be looked at."""
    start, end = field.sentence(place.start)
    return max(start, place.start - _REACH), min(end, place.end + _REACH)


def _after_given_name(
    form: Form, field: FieldText, place: Place, known: Callable[[str], bool]
) -> Candidate | str:
    line = _line(field, place)
    given = capitals.given_name(field.text, line, place.start, place.end, known)
    if form.people and capitals.addressed(field.text, line, place.start):
        given = Given.YES
    if given is Given.YES and form.title:
        return "a given name stands directly before it"
    if given is Given.YES:
        return Candidate(form, Grade.CHECK, _SURNAME)
    if given is Given.MAYBE:
        return Candidate(form, Grade.LIKELY, "the word directly before it may be a given name")
    return Candidate(form)
