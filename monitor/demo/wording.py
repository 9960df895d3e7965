"""Days and dates as each language writes them, and the habits of each outlet's typesetting."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import jdatetime

from monitor.demo.content import span

_WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "ur": ("پیر", "منگل", "بدھ", "جمعرات", "جمعہ", "ہفتہ", "اتوار"),
    "fa": ("دوشنبه", "سه‌شنبه", "چهارشنبه", "پنجشنبه", "جمعه", "شنبه", "یکشنبه"),
}
_MONTHS = {
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    "ur": (
        "جنوری", "فروری", "مارچ", "اپریل", "مئی", "جون",
        "جولائی", "اگست", "ستمبر", "اکتوبر", "نومبر", "دسمبر",
    ),
    "fa": (
        "فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور",
        "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند",
    ),
}  # fmt: skip
_BORROWED = {"bal": "ur"}  # as the Balochi press of Pakistan does
_PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_PLACEHOLDER = re.compile(r"\{(weekday|date) ([+-]\d+[mhd])\}")


def weekday(day: datetime, language: str) -> str:
    """Name the day of the week; KeyError for a language without a list here."""
    return _WEEKDAYS[_BORROWED.get(language, language)][day.weekday()]


def date(day: datetime, language: str) -> str:
    """Write the date as the language's press does: Persian in the Jalali calendar."""
    if language == "fa":
        jalali = jdatetime.date.fromgregorian(date=day.date())
        text = f"{jalali.day} {_MONTHS['fa'][jalali.month - 1]} {jalali.year}"
        return text.translate(_PERSIAN_DIGITS)
    return f"{day.day} {_MONTHS[_BORROWED.get(language, language)][day.month - 1]} {day.year}"


def dateline(day: datetime, language: str) -> str:
    """Write date and time as a page shows them."""
    if language == "fa":
        clock = f"{day:%H:%M}".translate(_PERSIAN_DIGITS)
        return f"{weekday(day, language)} {date(day, language)} - {clock}"
    if language == "en":
        return f"{_MONTHS['en'][day.month - 1]} {day.day}, {day.year} {day:%H:%M}"
    return f"{date(day, language)}، {day:%H:%M}"


def feed_date(day: datetime, zone_name: str = "") -> str:
    """Write an RFC 822 date; a zone's name, such as PKT, stands in for its offset when given."""
    text = format_datetime(day)
    return f"{text[:-5]}{zone_name}" if zone_name else text


def fill(text: str, now: datetime, zone: ZoneInfo, language: str) -> str:
    """Put days and dates in the place of `{weekday -5h}` and `{date +3d}`."""

    def word(found: re.Match[str]) -> str:
        ahead = span(found[2])
        assert ahead is not None
        day = (now + ahead).astimezone(zone)
        return weekday(day, language) if found[1] == "weekday" else date(day, language)

    return _PLACEHOLDER.sub(word, text)


def typeset(text: str, habits: tuple[str, ...]) -> str:
    """Spell text as the outlet's software does.

    arabic-letters: Arabic yeh and kaf for the Urdu and Persian letters; soft-hyphens: one inside every
    word of seven letters or more; no-zwnj: joined words run together.
    """
    if "arabic-letters" in habits:
        text = text.replace("ی", "ي").replace("ک", "ك")
    if "soft-hyphens" in habits:
        text = re.sub(r"[\u0620-\u064a\u066e-\u06d3]{7,}", lambda m: f"{m[0][:4]}\u00ad{m[0][4:]}", text)
    if "no-zwnj" in habits:
        text = text.replace("\u200c", "")
    return text
