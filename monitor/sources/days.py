"""The day in a written date: by a month's name in any order, or by three numbers."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from monitor.sources.calendars import from_hijri, from_jalali
from monitor.sources.datetext import Found, Token, tokens_of
from monitor.sources.zones import read_zone

YEARS = range(1600, 2200)
_JALALI_YEARS = range(1300, 1430)  # 1921 to 2051
_HIJRI_YEARS = range(1430, 1500)  # 2009 to 2077; written in figures alone they are a guess

_NUMERIC = re.compile(r"(?<!\d)(\d{1,4})\s?([-/.])\s?(\d{1,2})\s?\2\s?(\d{1,4})(?!\d)")


def take_day(text: str, found: Found, now: datetime | None) -> None:
    numeric = _NUMERIC.search(text)
    around = f"{text[: numeric.start()]} {text[numeric.end() :]}" if numeric else text
    tokens = tokens_of(around)
    weekday = next((token.value for token in tokens if token.kind == "weekday"), None)
    named = _named_day(tokens, found)
    if named is None and numeric:
        first, second, third = numeric[1], numeric[3], numeric[4]
        found.day = _numeric_day(first, second, third, weekday, now, found)
        leftover = sum(token.kind in {"number", "month"} for token in tokens)
    else:
        found.day = named
        leftover = 0
    if found.day is None:
        return
    _leftover_zone(tokens, found)
    if leftover or any(token.kind == "word" for token in tokens):
        found.doubt("doubtful", "other words or figures beside the date")
    if weekday is not None and found.calendar != "hijri" and found.day.weekday() != weekday:
        found.notes.append("the weekday does not fit")


def _named_day(tokens: list[Token], found: Found) -> date | None:
    """Read day, month name and year in any of their orders; the Gregorian date if there are several."""
    places = [i for i, token in enumerate(tokens) if token.kind == "month"]
    places.sort(key=lambda i: tokens[i].calendar != "gregorian")
    for place in places:
        month = tokens[place]
        before = [token for token in tokens[max(0, place - 2) : place] if token.kind == "number"]
        after = [token for token in tokens[place + 1 : place + 4] if token.kind == "number"]
        pair = _day_and_year(before, after)
        if pair is None:
            continue
        day_number, year_text = pair
        year = int(year_text)
        if month.calendar == "gregorian":
            if len(year_text) == 2:
                year += 2000 if year < 50 else 1900
            day = _gregorian(year, month.value, day_number)
        elif month.calendar == "jalali":
            day = from_jalali(year, month.value, day_number) if year in _JALALI_YEARS else None
        else:
            day = from_hijri(year, month.value, day_number) if 1300 <= year < 1500 else None
        if day is None:
            continue
        found.calendar = month.calendar
        if month.calendar == "hijri":
            found.doubt("inferred", "converted by the tabular calendar")
        for token in {id(t): t for t in (*before, *after)}.values():
            if token in tokens:
                tokens.remove(token)
        return day
    return None


def _day_and_year(before: list[Token], after: list[Token]) -> tuple[int, str] | None:
    """Tell which of the numbers around a month's name are the day and the year."""
    left = before[-1].text if before else ""
    right = [token.text for token in after]
    if len(left) == 4 and right and len(right[0]) <= 2:
        return int(right[0]), left  # 2026 Feb 2
    if left and len(left) <= 2 and right and len(right[0]) in {2, 4}:
        return int(left), right[0]  # 2 Feb 2026
    if len(right) >= 2 and len(right[0]) <= 2 and len(right[1]) == 4:
        return int(right[0]), right[1]  # Feb 2, 2026
    return None


def _leftover_zone(tokens: list[Token], found: Found) -> None:
    """Take a zone's abbreviation that does not stand right behind the time."""
    for token in [token for token in tokens if token.kind == "word"]:
        upper = token.text.isascii() and token.text.isupper() and 2 <= len(token.text) <= 5
        if upper and found.zone is None and found.time is not None:
            found.zone = read_zone(token.text)
            tokens.remove(token)


def _numeric_day(
    first: str, second: str, third: str, weekday: int | None, now: datetime | None, found: Found
) -> date | None:
    if len(first) >= 3:
        return year_first(int(first), int(second), int(third), found) if len(first) == 4 else None
    if len(third) == 3 or len(third) == 1:
        return None
    year = int(third)
    if len(third) == 2:
        year += 2000 if year < 50 else 1900
        found.doubt("doubtful", "two-figure year")
    a, b = int(first), int(second)
    if year in _JALALI_YEARS or year in _HIJRI_YEARS:
        return year_first(year, b, a, found)
    readings = [day for day in (_gregorian(year, b, a), _gregorian(year, a, b)) if day]
    if len(readings) < 2 or readings[0] == readings[1]:
        return readings[0] if readings else None
    fitting = [day for day in readings if weekday is not None and day.weekday() == weekday]
    if len(fitting) == 1:
        return fitting[0]
    found.doubt("doubtful", "day and month may be the other way round")
    if now is not None:
        readings = [day for day in readings if day <= now.date() + timedelta(days=1)] or readings
    return readings[0]


def year_first(year: int, month: int, day: int, found: Found) -> date | None:
    if year in _JALALI_YEARS:
        found.calendar = "jalali"
        return from_jalali(year, month, day)
    if year in _HIJRI_YEARS:
        found.calendar = "hijri"
        found.doubt("doubtful", "converted by the tabular calendar")
        return from_hijri(year, month, day)
    straight = _gregorian(year, month, day)
    if straight is None and (turned := _gregorian(year, day, month)):
        found.doubt("doubtful", "day and month stand the other way round")
        return turned
    return straight


def _gregorian(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year in YEARS else None
    except ValueError:
        return None
