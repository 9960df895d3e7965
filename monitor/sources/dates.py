"""Dates as publishers write them: the instant, and how far it can be trusted. Nothing is invented."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo

from monitor.models import Stamp
from monitor.sources.datetext import Found, normal
from monitor.sources.days import YEARS, take_day, year_first
from monitor.sources.timeofday import set_time, take_time
from monitor.sources.zones import iana, read_zone

MAX_RAW = 300

_EPOCH = re.compile(r"\d{9,10}(?:\.\d{1,9})?|\d{13}")
_COMPACT = re.compile(
    r"(\d{4})(\d{2})(\d{2})(?:[T ]?(\d{2})(\d{2})(\d{2})?(?:[.,]\d{1,9})?)?\s?(Z|[+-]\d{2}:?\d{2})?"
)
_WEEK_DATE = re.compile(r"(\d{4})-?W(\d{2})-?([1-7])")
_DAY_OF_YEAR = re.compile(r"(\d{4})-(\d{3})")
_DATE_ZONE = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})(Z|[+-]\d{2}:\d{2})")
# The two notations that the formats of feeds prescribe, which nearly all dates have.
_RFC_822 = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) ((?:19|20)\d\d)"
    r" (\d\d):(\d\d):(\d\d) (GMT|[+-]\d{4})"
)
_RFC_3339 = re.compile(r"((?:19|20)\d\d)-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(Z|[+-]\d\d:\d\d)")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def parse_date(
    raw: str, *, source: str = "feed", now: datetime | None = None, default_zone: str = ""
) -> Stamp:
    """Read a date in the notations of the region's feeds and pages; never raises.

    `raw` is kept (its first 300 characters). `at` is aware UTC, or None when no day could be made out.
    Confidence: exact (instant and zone were given) · day (only a day: midnight) · inferred (the zone or
    the conversion is assumed: without any zone `at` is the time as if UTC and `zone` is empty) · doubtful
    (another reading is as good, or the zone is unknown) · none. `default_zone` is the outlet's own zone,
    an IANA name or an offset; it is used only where the date has none, and shows in `zone`.
    `note` flags dates in the future (against `now`), before 1995, and 1 January at midnight.
    """
    kept = raw[:MAX_RAW]
    text = normal(kept) if len(raw) <= MAX_RAW else ""
    found = (_standard(text) or _read(text, now)) if text else None
    if found is None or found.day is None:
        notes = tuple(found.notes) if found else ()
        return Stamp(kept, None, source=source, confidence="none", note="; ".join(notes))
    return _stamp(kept, found, source, now, default_zone)


def _standard(text: str) -> Found | None:
    """Read a date that is written as the formats prescribe; None leaves it to those who read anything."""
    if mail := _RFC_822.fullmatch(text):
        year, month, day = int(mail[4]), _MONTHS.index(mail[3]) + 1, int(mail[2])
        clock, zone = mail.group(5, 6, 7), mail[8]
    elif iso := _RFC_3339.fullmatch(text):
        year, month, day = int(iso[1]), int(iso[2]), int(iso[3])
        clock, zone = iso.group(4, 5, 6), iso[7]
    else:
        return None
    hour, minute, second = map(int, clock)
    if hour > 23 or minute > 59 or second > 59:
        return None
    try:
        found = Found(date(year, month, day), (hour, minute, second, 0), read_zone(zone))
    except ValueError:
        return None
    return None if mail and _WEEKDAYS[date(year, month, day).weekday()] != mail[1] else found


def _read(text: str, now: datetime | None) -> Found | None:
    if _EPOCH.fullmatch(text):
        return _from_epoch(text)
    compact = _COMPACT.fullmatch(text)
    if compact:
        return _from_compact(compact)
    found = Found()
    week = _WEEK_DATE.fullmatch(text)
    if week:
        found.day = _valid_week(int(week[1]), int(week[2]), int(week[3]))
        return found
    ordinal = _DAY_OF_YEAR.fullmatch(text)
    if ordinal:
        year, number = int(ordinal[1]), int(ordinal[2])
        if year in YEARS and 1 <= number <= 366:
            day = date(year, 1, 1) + timedelta(days=number - 1)
            found.day = day if day.year == year else None
        return found
    zoned_day = _DATE_ZONE.fullmatch(text)
    if zoned_day:
        found.zone = read_zone(zoned_day[2])
        text = zoned_day[1]
    rest = take_time(text, found)
    take_day(rest, found, now)
    return found


def _from_epoch(text: str) -> Found:
    seconds = float(text) / (1000 if len(text) == 13 and "." not in text else 1)
    at = datetime.fromtimestamp(seconds, UTC)
    found = Found(at.date(), (at.hour, at.minute, at.second, at.microsecond), read_zone("UTC"))
    if at.year not in YEARS:
        found.day = None
    return found


def _from_compact(parts: re.Match[str]) -> Found:
    found = Found()
    found.day = year_first(int(parts[1]), int(parts[2]), int(parts[3]), found)
    if parts[4]:
        set_time(found, int(parts[4]), int(parts[5]), int(parts[6] or 0), 0)
    if parts[7]:
        found.zone = read_zone(parts[7])
    return found


def _valid_week(year: int, week: int, day: int) -> date | None:
    try:
        return date.fromisocalendar(year, week, day) if year in YEARS else None
    except ValueError:
        return None


def _stamp(raw: str, found: Found, source: str, now: datetime | None, default_zone: str) -> Stamp:
    assert found.day is not None
    day = found.day + timedelta(days=1) if found.next_day else found.day
    hour, minute, second, micros = found.time or (0, 0, 0, 0)
    if found.time is None:
        found.doubt("day")
    naive = datetime(day.year, day.month, day.day, hour, minute, second, micros)  # noqa: DTZ001 - zoned below
    name, info = _zone_for(found, default_zone)
    at = naive.replace(tzinfo=info).astimezone(UTC)
    if day.month == day.day == 1 and (hour, minute, second) == (0, 0, 0):
        found.notes.append("1 January")
    if at.year < 1995:
        found.notes.append("before 1995")
    if now is not None and at > now + timedelta(hours=24):
        found.notes.append("in the future")
    return Stamp(raw, at, name, found.calendar, source, found.confidence, "; ".join(found.notes))


def _zone_for(found: Found, default_zone: str) -> tuple[str, tzinfo]:
    """Return the zone's name as it is shown and what to reckon with."""
    if found.zone is not None:
        found.doubt(found.zone.confidence, found.zone.note)
        return found.zone.name, found.zone.info or UTC
    if default_zone:
        assumed = read_zone(default_zone)
        info = assumed.info if assumed else iana(default_zone)
        if info is not None:
            if found.time is not None:
                found.doubt("inferred", "zone assumed")
            return default_zone, info
    if found.time is not None:
        found.doubt("inferred", "no zone given")
    return "", UTC
