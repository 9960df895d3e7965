"""The numbers and days a report gives, whatever its language: what two reports of one event agree on."""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta

import regex

from monitor.text.fold import fold

# Counting words from two; one is an article in too many languages.
_COUNTED = (
    """two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty""",
    """دو تین چار پانچ چھ سات آٹھ نو دس گیارہ بارہ تیرہ چودہ پندرہ سولہ سترہ اٹھارہ انیس بیس اکیس بائیس تیئیس
    چوبیس پچیس چھبیس ستائیس اٹھائیس انتیس تیس""",
    """دو سه چهار پنج شش هفت هشت نه ده یازده دوازده سیزده چهارده پانزده شانزده هفده هجده نوزده بیست""",
    """دوه درې څلور پنځه شپږ اووه اته نهه لس""",
)
_TENS = {
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "چالیس": 40,
    "پچاس": 50,
    "ساٹھ": 60,
    "چهل": 40,
    "پنجاه": 50,
    "شصت": 60,
    "dozen": 12,
    "درجن": 12,
}
_ALSO_WORDS = frozenset(map(fold, ("نه", "نو")))  # not; new
_VALUES = {
    **{fold(word): str(value) for words in _COUNTED for value, word in enumerate(words.split(), start=2)},
    **{fold(word): str(value) for word, value in _TENS.items()},
}
_WEEKDAYS = {
    language: {fold(word): number for number, day in enumerate(days.split(", ")) for word in day.split("|")}
    for language, days in {
        "en": "monday, tuesday, wednesday, thursday, friday, saturday, sunday",
        "ur": "پیر, منگل, بدھ, جمعرات, جمعہ|جمعے, سنیچر, اتوار",
        "fa": "دوشنبه, سه‌شنبه, چهارشنبه, پنجشنبه|پنج‌شنبه, جمعه, شنبه, یکشنبه",
    }.items()
}
_YESTERDAY = frozenset(map(fold, ("yesterday", "دیروز")))
_TODAY = frozenset(map(fold, ("today", "امروز", "آج")))

_TOKEN = regex.compile(r"\p{N}+(?:[.,٫٬:/]\p{N}+)*|\p{L}[\p{L}\p{M}\u200c]*")
_THOUSANDS = regex.compile(r",(?=\d{3}\b)")
_YEARS = (range(1900, 2101), range(1300, 1500))  # of the common era; of the Solar and the lunar Hijra


def numbers(text: str) -> frozenset[str]:
    """Return the counts and measures of a text in western digits; no years, clock times, dates, nor one."""
    found = set()
    for token in _TOKEN.findall(text):
        if not token[0].isnumeric():
            word = fold(token)
            if word in _VALUES and word not in _ALSO_WORDS:
                found.add(_VALUES[word])
            continue
        plain = "".join(_digit(sign) for sign in token)
        plain = _THOUSANDS.sub("", plain.replace("٬", ",")).replace("٫", ".").replace(",", ".")
        if ":" not in plain and "/" not in plain and plain not in {"0", "1"} and not _is_year(plain):
            found.add(plain)
    return frozenset(found)


def _digit(sign: str) -> str:
    value = unicodedata.digit(sign, None)
    return sign if value is None else str(value)


def _is_year(plain: str) -> bool:
    return len(plain) == 4 and plain.isdigit() and any(int(plain) in years for years in _YEARS)


def days(text: str, published: date, language: str) -> frozenset[date]:
    """Return the days a text names as a weekday, today or yesterday, counted back from its date."""
    weekdays = _WEEKDAYS.get(language, {})
    found = set()
    for token in _TOKEN.findall(text):
        word = fold(token)
        if word in _TODAY:
            found.add(published)
        elif word in _YESTERDAY:
            found.add(published - timedelta(days=1))
        elif word in weekdays:
            found.add(published - timedelta(days=(published.weekday() - weekdays[word]) % 7))
    return frozenset(found)
