"""Time zones as feeds and pages write them: offsets, abbreviations, IANA names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

_HOURS: dict[str, float] = {
    # RFC 822 and what mail and feeds use beside it
    "UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "MET": 1, "MEST": 2,
    "EET": 2, "EEST": 3, "MSK": 3, "TRT": 3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
    "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10, "AST": -4, "ADT": -3, "NST": -3.5, "NDT": -2.5,
    "BRT": -3, "ART": -3, "CLT": -4, "BST": 1, "IST": 5.5,
    # the Middle East, Central and South Asia
    "PKT": 5, "PKST": 6, "IRST": 3.5, "IRDT": 4.5, "AFT": 4.5, "GST": 4, "AZT": 4, "GET": 4, "AMT": 4,
    "UZT": 5, "TMT": 5, "TJT": 5, "KGT": 6, "ALMT": 5, "NPT": 5.75, "BDT": 6, "BTT": 6, "MMT": 6.5, "SLST": 5.5,
    # further east and south
    "ICT": 7, "WIB": 7, "WITA": 8, "WIT": 9, "HKT": 8, "SGT": 8, "MYT": 8, "PHT": 8, "AWST": 8, "JST": 9, "KST": 9,
    "ACST": 9.5, "ACDT": 10.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
    "SAST": 2, "CAT": 2, "EAT": 3, "WAT": 1,
}  # fmt: skip
# More than one zone goes by these names; the reading is the commoner one, never called exact.
_AMBIGUOUS = {
    "AMT": "Armenian or Amazon time", "AST": "Atlantic or Arabia time", "BST": "British or Bangladesh time",
    "CST": "Central American or China time", "GST": "Gulf or South Georgia time",
    "IST": "Indian, Irish or Israel time", "PST": "Pacific, Pakistan or Philippine time",
}  # fmt: skip
_SPELLED_OUT = {
    "pakistan standard time": "PKT", "iran standard time": "IRST", "iran daylight time": "IRDT",
    "afghanistan time": "AFT", "afghanistan standard time": "AFT", "india standard time": "IST",
    "coordinated universal time": "UTC", "greenwich mean time": "GMT",
}  # fmt: skip
_OFFSET = re.compile(r"(?:UTC|GMT)?\s?([+-])(\d{1,2}):?(\d{2})?", re.IGNORECASE)
_IANA = re.compile(r"[A-Z][A-Za-z]{1,20}/[A-Z][A-Za-z_-]{1,30}")
_ABBREVIATION = re.compile(r"[A-Za-z]{1,6}")


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone as written; `info` is None when nobody can say what it stands for."""

    name: str
    info: tzinfo | None
    confidence: str = "exact"
    note: str = ""


def known_abbreviation(word: str) -> bool:
    """Tell whether the word is a zone abbreviation that can be read."""
    return word.upper() in _HOURS


@lru_cache(maxsize=512)
def read_zone(written: str) -> Zone | None:
    """Return the zone that a string names; None when it names none.

    An offset that no place on earth has, and an abbreviation that is not known, give a zone without
    `info`, so that nobody takes them for UTC.
    """
    written = written.strip()
    if not written:
        return None
    offset = _OFFSET.fullmatch(written)
    if offset:
        return _offset_zone(offset[1], int(offset[2]), int(offset[3] or 0), written)
    if _IANA.fullmatch(written):
        info = iana(written)
        return (
            Zone(written, info)
            if info
            else Zone(written, None, "doubtful", f"unknown zone {written}, read as UTC")
        )
    spelled = _SPELLED_OUT.get(written.lower())
    if spelled:
        return _named(spelled)
    if _ABBREVIATION.fullmatch(written):
        return _named(written.upper())
    return None


def iana(name: str) -> ZoneInfo | None:
    """Return the zone of the time zone database, None when there is none of that name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # OSError: the name of a folder of zones
        return None


def _offset_zone(sign: str, hours: int, minutes: int, written: str) -> Zone:
    minutes_east = hours * 60 + minutes
    if minutes > 59 or minutes_east > 14 * 60:
        return Zone(written, None, "doubtful", f"impossible zone {written}, read as UTC")
    east = timedelta(minutes=minutes_east if sign == "+" else -minutes_east)
    name = "UTC" if not minutes_east else f"{sign}{hours:02d}:{minutes:02d}"
    return Zone(name, timezone(east))


def _named(name: str) -> Zone:
    if name not in _HOURS:
        return Zone(name, None, "doubtful", f"unknown zone {name}, read as UTC")
    info = timezone(timedelta(hours=_HOURS[name]))
    if name in _AMBIGUOUS:
        return Zone(name, info, "inferred", f"{name} may be {_AMBIGUOUS[name]}")
    return Zone("UTC" if name in {"Z", "UT"} else name, info)
