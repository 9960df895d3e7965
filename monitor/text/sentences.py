"""Where sentences and paragraphs begin and end, in every script the region's press uses.

Spans are of the original text, without white space at either end, in order, and together they hold every
character that is not white space.
"""

from __future__ import annotations

import re

# What str.splitlines ends lines at.
_LINE = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_CLOSING = "\"'”’»›)\\]}」』"
# Urdu's press closes quotations with ‘ and “ too.
_END = re.compile(rf"[.!?…۔؟।॥。！？]+[{_CLOSING}]*(?:[‘“]+(?=\s|$))?")


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# These stand in abbreviations, numbers and addresses too: only white space makes them ends.
_FULL_STOPS = frozenset(".…")
_ABBREVIATIONS = _set(
    "mr mrs ms dr prof gen lt col maj brig capt cpl sgt adm cmdr cdr hon rev fr st mt ft gov sen rep pres insp "
    "supt asst dy addl engr adv retd vs cf viz eg ie e.g i.e a.k.a approx rs nos pp vol fig sec para "
    "jan feb mar apr jun jul aug sep sept oct nov dec"
)
# These may also end a sentence; the next then begins with a capital letter.
_ENDING_ABBREVIATIONS = _set("etc al inc ltd co corp pvt bros jr sr govt dept univ a.m p.m am pm")
_NUMBER_FOLLOWS = _set("no art p ch op")
# Words that begin sentences: after U.S. they tell the end of one from the middle of a name.
_STARTERS = _set(
    "The He She It They We I In On At A An This That These Those But And However Meanwhile Earlier According"
)
_DOTTED = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
# Letters' names, from which Urdu spells abbreviations: آئی۔ایس۔آئی
_LETTER_NAMES = _set(
    "اے بی سی ڈی ای ایف جی ایچ آئی جے کے ایل ایم این او پی کیو آر ایس ٹی یو وی ڈبلیو ایکس وائی زیڈ"
)
_NEXT = re.compile(r"\S")
_PIECE_BEFORE = re.compile(r"[^\s\"'“”‘’«»(\[{،,۔]*$")
_PIECE_AFTER = re.compile(r"[^\s\"'“”‘’«»()\[\]،,.۔]*")


def paragraphs(text: str) -> list[tuple[int, int]]:
    """Return the spans of the lines that are not blank."""
    return [span for line in _LINE.finditer(text) for span in _trimmed(text, *line.span())]


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the spans of the sentences; a line's end always ends one, a closing quote belongs to its own."""
    spans = []
    for start, end in paragraphs(text):
        begin = start
        for stop in _END.finditer(text, start, end):
            if stop.end() < end and _ends(text, begin, stop, end):
                spans += _trimmed(text, begin, stop.end())
                begin = stop.end()
        spans += _trimmed(text, begin, end)
    return spans


def _trimmed(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the span without white space at its ends: none when nothing is left."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return [(start, end)] if start < end else []


def _ends(text: str, begin: int, stop: re.Match[str], end: int) -> bool:
    """Tell whether a full stop or the like ends the sentence that began at `begin`."""
    mark, after = text[stop.start()], text[stop.end()]
    beyond = _NEXT.search(text, stop.end(), end)
    assert beyond, "a paragraph does not end in white space"
    several = len(stop[0]) > 1 or mark == "…"
    if several and after.isspace() and beyond[0].islower():
        return False  # "Why?" he asked; and then ... nothing
    if mark in "!?":
        return after.isspace() or not after.isascii()
    if mark == "۔":
        return not _inside_urdu(text, begin, stop, end)
    if mark not in _FULL_STOPS:
        return True
    if not after.isspace():
        return _glued_in_arabic(text, begin, stop, end)
    return several or not _is_abbreviation(text, begin, stop.start(), beyond.start())


def _is_abbreviation(text: str, begin: int, dot: int, beyond: int) -> bool:
    """Tell whether what stands before a single full stop is cut short, and the sentence goes on."""
    piece = _piece_before(text, begin, dot)
    name = piece.lower()
    if name.isdecimal():
        return text[begin:dot].strip() == piece  # "1. First item"
    if name in _NUMBER_FOLLOWS:
        return text[beyond].isdecimal()
    if name in _ABBREVIATIONS:
        return True
    if name in _ENDING_ABBREVIATIONS:
        return not text[beyond].isupper()
    if _DOTTED.fullmatch(piece):  # U.S. and B.L.A. and J.R.
        return _piece_after(text, beyond, len(text)) not in _STARTERS
    return len(piece) == 1 and piece.isupper()


def _inside_urdu(text: str, begin: int, stop: re.Match[str], end: int) -> bool:
    """Tell whether ۔ stands in a number, after a list's number, or in an abbreviation spelled in letters."""
    before = _piece_before(text, begin, stop.start())
    after = _piece_after(text, stop.end(), end)
    if before.isdecimal():
        return after[:1].isdecimal() or text[begin : stop.start()].strip() == before
    return before in _LETTER_NAMES and after in _LETTER_NAMES


def _glued_in_arabic(text: str, begin: int, stop: re.Match[str], end: int) -> bool:
    """Tell whether a full stop with no space after it ends an Arabic-script sentence: رفت.او گفت."""
    before = _piece_before(text, begin, stop.start())
    after = _piece_after(text, stop.end(), end)
    if len(before) < 2 or "." in before or text.startswith(".", stop.end() + len(after)):
        return False  # ب.ل.ا
    return all("\u0600" <= letter <= "\u08ff" for letter in before[-1] + after[:1])


def _piece_before(text: str, begin: int, place: int) -> str:
    """Return what stands before a place up to white space, at most a few dozen characters."""
    found = _PIECE_BEFORE.search(text, max(begin, place - 40), place)
    return found[0] if found else ""


def _piece_after(text: str, place: int, end: int) -> str:
    found = _PIECE_AFTER.match(text, place, end)
    return found[0] if found else ""
