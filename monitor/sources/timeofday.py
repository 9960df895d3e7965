"""The time of day in a written date, with the half of the day and the zone that go with it."""

from __future__ import annotations

import re

from monitor.sources.calendars import plain
from monitor.sources.datetext import NAMES, PARTS, WORD, Found
from monitor.sources.zones import known_abbreviation, read_zone

_TIME = re.compile(r"(?<![\d:+])(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,:](\d{1,9}))?)?(?!\d)")
_ISO_HOUR = re.compile(r"(?<=\dT)(\d{2})(?=Z?$|[+-]\d)")
_HOUR = re.compile(r"(?<![\d:+/.-])(\d{1,2})\s{0,3}(?=[ap]\.?m\b|بجے|बजे)", re.IGNORECASE)
_DOTTED = re.compile(r"(?<![\d.])(\d{1,2})\.(\d{2})(?=\s{0,3}[ap]\.?m\b)", re.IGNORECASE)
_HALF = re.compile(r"\s{0,3}([ap])\.?\s?m\b\.?", re.IGNORECASE)
_PERSIAN_HALF = re.compile(r"\s{0,3}([قب])\.?\s?ظ\b\.?")
_ZONE_AFTER_TIME = re.compile(
    r",?\s{0,3}((?:UTC|GMT)?\s?[+-]\d{1,2}(?::?\d{2})?(?![\d/.-])|[A-Z][a-z]{2,12}/[A-Z][A-Za-z_]{2,20}|[A-Za-z]{1,5}(?![^\W_]))",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"\(([^()]{0,60})\)")
_LATE_OFFSET = re.compile(r"(?<=\s)[+-]\d{2}:?\d{2}$")


def take_time(text: str, found: Found) -> str:
    """Read time, half of the day and zone; return the text without them."""
    comments = _COMMENT.findall(text)
    text = _COMMENT.sub(" ", text)
    clock = _TIME.search(text) or _ISO_HOUR.search(text) or _DOTTED.search(text) or _HOUR.search(text)
    if clock is None:
        return text
    groups = (*clock.groups(), None, None, None)
    end, half = _half_of_day(text, clock.start(), clock.end())
    hour = _on_24_hours(int(clock[1]), half)
    micros = int((groups[3] or "0")[:6].ljust(6, "0"))
    set_time(found, hour, int(groups[1] or 0), int(groups[2] or 0), micros)
    start = clock.start()
    if start >= 2 and text[start - 1] in "Tt" and text[start - 2].isdigit():
        start -= 1
    zone = _ZONE_AFTER_TIME.match(text, end)
    if zone and _is_zone(zone[1]):
        found.zone = read_zone(zone[1].replace(" ", ""))
        end = zone.end()
    rest = f"{text[:start]} {text[end:]}".strip()
    late = _LATE_OFFSET.search(rest)
    if late and found.zone is None:
        found.zone, rest = read_zone(late[0]), rest[: late.start()]
    for comment in comments:
        if found.zone is None:
            found.zone = read_zone(comment)
    return rest


def _is_zone(written: str) -> bool:
    if not written.isalpha():
        return True
    return known_abbreviation(written) or (
        written.isupper() and len(written) >= 2 and plain(written) not in NAMES
    )


def _half_of_day(text: str, start: int, end: int) -> tuple[int, str]:
    """Return where the time ends and whether it is am, pm, night, or nothing of the kind."""
    half = _HALF.match(text, end)
    if half:
        return half.end(), half[1].lower() + "m"
    persian = _PERSIAN_HALF.match(text, end)
    if persian:
        return persian.end(), "am" if persian[1] == "ق" else "pm"
    after = WORD.match(text, end + 1) if text[end : end + 1] == " " else WORD.match(text, end)
    if after and plain(after[0]) in PARTS:
        return after.end(), PARTS[plain(after[0])]
    before = text[:start].split()
    return end, PARTS.get(plain(before[-1]), "") if before else ""


def _on_24_hours(hour: int, half: str) -> int:
    if not 1 <= hour <= 12 or not half:
        return hour
    if half == "night":
        half = "pm" if 6 <= hour <= 11 else "am"
    return hour % 12 + (12 if half == "pm" else 0)


def set_time(found: Found, hour: int, minute: int, second: int, micros: int) -> None:
    if hour == 24 and minute == 0 and second == 0:
        found.next_day, hour = True, 0
    if hour > 23 or minute > 59 or second > 60:
        found.doubt("doubtful", "impossible time of day")
        return
    found.time = (hour, minute, min(second, 59), micros)
