"""The words and figures of a written date, and what has been made out of them so far."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date

from monitor.sources.calendars import months, plain, weekdays
from monitor.sources.zones import Zone

RANKS = ("exact", "day", "inferred", "doubtful", "none")

_DIGITS = re.compile(r"[^\x00-\x7f]")
_INVISIBLE = dict.fromkeys(
    [0xAD, 0x61C, 0x640, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A)]
)
_SIGNS = str.maketrans(
    {"−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "،": ",", "٫": ".", "۔": " ", "؍": "/", "／": "/"}
)
_LETTER = "[^\\W\\d_]"
_MARKS = "\u0300-\u036f\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f"
WORD = re.compile(f"{_LETTER}(?:{_LETTER}|[{_MARKS}])*")
_TOKEN = re.compile(f"(?P<number>\\d+)|(?P<word>{_LETTER}(?:{_LETTER}|[{_MARKS}])*)")


# Words of the part of the day: hours to add to an hour of the twelve-hour clock. The night's are its own.
PARTS = {
    **dict.fromkeys(map(plain, ["صبح", "صباحا", "ص", "بامداد", "सुबह"]), "am"),
    **dict.fromkeys(
        map(plain, ["شام", "سہپہر", "دوپہر", "عصر", "ظهر", "مساء", "م", "بعدازظهر", "दोपहर", "शाम", "غروب"]),
        "pm",
    ),
    **dict.fromkeys(map(plain, ["رات", "شب", "रात", "ليلا"]), "night"),
}
# Words that say nothing about the date they stand beside.
_FILLER_WORDS = """
published publish posted updated update modified created date time on at of the in and st nd rd th
hrs hours hour local ad ce ah sh de le du
بجے بجکر منٹ بوقت بروز تاریخ شائع اشاعت کو کی میں مورخہ م ھ ه ش ق ہجری عیسوی بمطابق بمطابقت
هش هق ساعت انتشار روز مورخ برابر با مطابق هجری شمسی قمری میلادی المبارک المعظم المظفر الحرام
تاريخ نشر الساعة في يوم العام سنة के को बजे
"""
FILLERS = frozenset(map(plain, _FILLER_WORDS.split())) | frozenset(PARTS) | {""}
# What can stand behind a time in capitals and is no time zone.
NAMES = frozenset(months()) | frozenset(weekdays()) | FILLERS


@dataclass(slots=True)
class Found:
    """What has been made out so far; the one thing here that changes while a date is read."""

    day: date | None = None
    time: tuple[int, int, int, int] | None = None
    zone: Zone | None = None
    calendar: str = "gregorian"
    confidence: str = "exact"
    notes: list[str] = field(default_factory=list)
    next_day: bool = False

    def doubt(self, confidence: str, note: str = "") -> None:
        """Lower the confidence, never raise it."""
        self.confidence = max(self.confidence, confidence, key=RANKS.index)
        if note and note not in self.notes:
            self.notes.append(note)


@dataclass(frozen=True, slots=True)
class Token:
    kind: str  # number | month | weekday | word
    text: str
    value: int = 0
    calendar: str = ""


def normal(raw: str) -> str:
    """Fold digits, signs and presentation forms; drop what cannot be seen."""
    text = raw
    if not raw.isascii():
        text = unicodedata.normalize("NFKC", raw.translate(_INVISIBLE).translate(_SIGNS)).translate(_SIGNS)
        text = _DIGITS.sub(lambda c: str(unicodedata.decimal(c[0], c[0])), text)
    return " ".join(text.split())


def tokens_of(text: str) -> list[Token]:
    """Cut into numbers, month names, weekdays and other words; fillers and signs are left out."""
    pieces = [(piece.lastgroup or "", piece[0]) for piece in _TOKEN.finditer(text)]
    tokens: list[Token] = []
    at = 0
    while at < len(pieces):
        kind, piece = pieces[at]
        if kind == "number":
            tokens.append(Token("number", piece, int(piece) if len(piece) < 10 else 0))
            at += 1
            continue
        token, used = _word_token(pieces, at)
        if token:
            tokens.append(token)
        at += used
    return tokens


def _word_token(pieces: list[tuple[str, str]], at: int) -> tuple[Token | None, int]:
    """Return the longest name of up to three words that begins here, or the single word."""
    words: list[str] = []
    for kind, piece in pieces[at : at + 3]:
        if kind == "number":
            break
        words.append(plain(piece))
    for count in range(len(words), 0, -1):
        name = "".join(words[:count])
        if name in months():
            calendar, number = months()[name]
            return Token("month", name, number, calendar), count
        if name in weekdays():
            return Token("weekday", name, weekdays()[name]), count
    if words and (words[0] in FILLERS or words[0] == "t"):
        return None, 1
    return Token("word", pieces[at][1]), 1
