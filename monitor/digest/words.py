"""How the digest words its own voice: dates, languages, counts. Foreign text is not touched here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, timezone, tzinfo
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from monitor.models import Moved, Stamp, Verdict
from monitor.text.show import local_time, one_line

# strftime's names follow the process's locale; a digest must not.
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

LANGUAGES = {
    "ar": "Arabic", "bal": "Balochi", "bn": "Bengali", "brh": "Brahui", "de": "German", "en": "English",
    "es": "Spanish", "fa": "Persian", "fr": "French", "hi": "Hindi", "ku": "Kurdish", "pa": "Punjabi",
    "ps": "Pashto", "ru": "Russian", "sd": "Sindhi", "skr": "Saraiki", "tr": "Turkish", "ur": "Urdu",
    "zh": "Chinese",
}  # fmt: skip

VERDICTS: Mapping[str, str] = {
    Verdict.FULL: "read in full",
    Verdict.TEASER: "only a beginning could be read",
    Verdict.WALL: "behind a log-in, payment or consent page",
    Verdict.BLOCKED: "the page was refused to this program",
    Verdict.LIST: "the link led to an index page",
    Verdict.EMPTY: "the page held no article",
    Verdict.TOO_LARGE: "the page is too large to be parsed",
    Verdict.UNREACHABLE: "the page could not be reached",
    Verdict.REFUSED: "robots.txt or the address policy forbids the page",
    Verdict.NO_PAGE: "the feed gave no link",
}

UNTITLED = "(no title)"

PRIORITIES = ("high", "normal", "low")

STATES = {
    "ok": "read",
    "failing": "failing",
    "silent": "silent",
    "blocked": "blocked",
    "paused": "paused",
    "unpolled": "not polled",
}

_LANGUAGE = re.compile("[a-z]{2,3}")
_OFFSET = re.compile(r"([+-])([01]\d|2[0-3]):?([0-5]\d)")
_URL = re.compile(r"https?://[^\s<>\"'\u2066-\u2069]+", re.IGNORECASE)


def long_date(day: date) -> str:
    """Return "Monday 2 February 2026"."""
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"


def short_date(day: date) -> str:
    """Return "Mon 02 Feb 2026"."""
    return f"{WEEKDAYS[day.weekday()][:3]} {day.day:02} {MONTHS[day.month - 1][:3]} {day.year}"


def day_month(day: date) -> str:
    """Return "2 Feb"."""
    return f"{day.day} {MONTHS[day.month - 1][:3]}"


def utc(at: datetime) -> str:
    """Return "2026-02-02 10:04 UTC", for a datetime in UTC."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def published(stamp: Stamp | None, zone: ZoneInfo) -> str:
    """Say when an article was published, in local time, and how sure that is."""
    if stamp is None or (stamp.at is None and not stamp.raw.strip()):
        return "no date given"
    if stamp.at is None:
        return "date not readable"
    if stamp.confidence == "day":
        return f"{short_date(stamp.at.astimezone(_zone_of(stamp, zone)).date())}, no time given"
    text = local_time(stamp.at, zone)
    return text if stamp.confidence == "exact" else f"{text}, {stamp.confidence}"


def _zone_of(stamp: Stamp, home: ZoneInfo) -> tzinfo:
    """Return the zone in which a date without a time names the day it was written for."""
    offset = _OFFSET.fullmatch(stamp.zone)
    if offset:
        sign, hours, minutes = offset.groups()
        gap = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-gap if sign == "-" else gap)
    return timezone(timedelta(0)) if stamp.zone in {"", "UTC", "GMT", "Z"} else home


def language(code: str) -> str:
    """Return a language's English name, the code itself when it has none here; feeds write anything there."""
    primary = primary_language(code)
    return LANGUAGES.get(primary, primary or "language unknown")


def primary_language(code: str) -> str:
    """Return the part of a language tag that names the language, or an empty string when it is no tag."""
    primary = code.partition("-")[0].lower()
    return primary if _LANGUAGE.fullmatch(primary) else ""


def kind(name: str) -> str:
    """Return an outlet's kind as words."""
    return one_line(name.replace("-", " ").replace("_", " ")) or "kind unknown"


def many(count: int, one: str, more: str = "") -> str:
    """Return "1 story", "2,000 stories"."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def listed(items: Sequence[str]) -> str:
    """Join as in "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def percent(part: int, whole: int) -> int:
    """Return the share in whole per cent, rounded half up; 0 of nothing."""
    return (200 * part + whole) // (2 * whole) if whole else 0


def public_url(url: str) -> str:
    """Return a URL without user, query and fragment: those are where tokens of private feeds stand."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host:
        return ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{port}{parts.path}" + ("?…" if parts.query else "")


def without_tokens(text: str) -> str:
    """Shorten every URL inside a message as `public_url` does."""
    return _URL.sub(lambda found: public_url(found.group()) or "(address withheld)", text)


def moved(change: Moved) -> str:
    """Say that articles stand in another story than earlier digests had them in."""
    return (
        f"{many(change.articles, 'article')} of story {change.story} {'is' if change.articles == 1 else 'are'} "
        f"part of story {change.into} now ({change.how})"
    )


def withdrawn(count: int) -> str:
    """Say that matches of earlier days are found no more."""
    return (
        f"{many(count, 'match', 'matches')} of earlier days {'is' if count == 1 else 'are'} found no more by rules "
        "or names that have changed"
    )
