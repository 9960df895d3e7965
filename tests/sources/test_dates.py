"""Dates of feeds and pages: the right instant, or an honest doubt."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.models import Stamp
from monitor.sources import dates
from monitor.sources.calendars import from_hijri, from_jalali
from monitor.sources.dates import parse_date
from monitor.sources.zones import read_zone

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

# raw | instant in UTC, "-" for none | zone as shown, "" for none | confidence
RFC_822 = """
Mon, 02 Feb 2026 15:04:05 +0500          | 2026-02-02 10:04:05 | +05:00 | exact
Mon, 2 Feb 2026 15:04:05 +0500           | 2026-02-02 10:04:05 | +05:00 | exact
Mon,02 Feb 2026 15:04:05 +0500           | 2026-02-02 10:04:05 | +05:00 | exact
02 Feb 2026 15:04:05 +0500               | 2026-02-02 10:04:05 | +05:00 | exact
02 Feb 2026 15:04 +0500                  | 2026-02-02 10:04:00 | +05:00 | exact
Mon, 02 Feb 2026 15:04:05 +05:00         | 2026-02-02 10:04:05 | +05:00 | exact
Mon, 02 Feb 2026 15:04:05 +0330          | 2026-02-02 11:34:05 | +03:30 | exact
Mon, 02 Feb 2026 15:04:05 +0430          | 2026-02-02 10:34:05 | +04:30 | exact
Mon, 02 Feb 2026 15:04:05 -0800          | 2026-02-02 23:04:05 | -08:00 | exact
Mon, 02 Feb 2026 15:04:05 GMT            | 2026-02-02 15:04:05 | GMT    | exact
Mon, 02 Feb 2026 15:04:05 UTC            | 2026-02-02 15:04:05 | UTC    | exact
Mon, 02 Feb 2026 15:04:05 UT             | 2026-02-02 15:04:05 | UTC    | exact
Mon, 02 Feb 2026 15:04:05 Z              | 2026-02-02 15:04:05 | UTC    | exact
Mon, 02 Feb 2026 15:04:05 -0000          | 2026-02-02 15:04:05 | UTC    | exact
Mon, 02 Feb 2026 15:04:05 PKT            | 2026-02-02 10:04:05 | PKT    | exact
Mon, 02 Feb 2026 15:04:05 IRST           | 2026-02-02 11:34:05 | IRST   | exact
Mon, 02 Feb 2026 15:04:05 IRDT           | 2026-02-02 10:34:05 | IRDT   | exact
Mon, 02 Feb 2026 15:04:05 AFT            | 2026-02-02 10:34:05 | AFT    | exact
Mon, 02 Feb 2026 15:04:05 IST            | 2026-02-02 09:34:05 | IST    | inferred
Mon, 02 Feb 2026 15:04:05 GST            | 2026-02-02 11:04:05 | GST    | inferred
Mon, 02 Feb 2026 15:04:05 EST            | 2026-02-02 20:04:05 | EST    | exact
Mon, 02 Feb 2026 15:04:05 EDT            | 2026-02-02 19:04:05 | EDT    | exact
Mon, 02 Feb 2026 15:04:05 MST            | 2026-02-02 22:04:05 | MST    | exact
Mon, 02 Feb 2026 15:04:05 PDT            | 2026-02-02 22:04:05 | PDT    | exact
Mon, 02 Feb 2026 15:04:05 PST            | 2026-02-02 23:04:05 | PST    | inferred
Mon, 02 Feb 2026 15:04:05 CET            | 2026-02-02 14:04:05 | CET    | exact
Mon, 02 Feb 2026 15:04:05 BST            | 2026-02-02 14:04:05 | BST    | inferred
Mon, 02 Feb 2026 15:04:05 NPT            | 2026-02-02 09:19:05 | NPT    | exact
Mon, 02 Feb 2026 15:04:05 GMT+5          | 2026-02-02 10:04:05 | +05:00 | exact
Mon, 02 Feb 2026 15:04:05 UTC+05:30      | 2026-02-02 09:34:05 | +05:30 | exact
Mon, 02 Feb 2026 15:04:05 GMT+0500       | 2026-02-02 10:04:05 | +05:00 | exact
Mon, 02 Feb 2026 15:04:05 Asia/Karachi   | 2026-02-02 10:04:05 | Asia/Karachi | exact
Mon, 02 Feb 2026 15:04:05 XYZ            | 2026-02-02 15:04:05 | XYZ    | doubtful
Mon, 02 Feb 2026 15:04:05 +9999          | 2026-02-02 15:04:05 | +9999  | doubtful
Mon, 02 Feb 2026 15:04:05                | 2026-02-02 15:04:05 |        | inferred
Mon, 02 Feb 2026                         | 2026-02-02 00:00:00 |        | day
Fri, 02 Feb 2026 15:04:05 +0500          | 2026-02-02 10:04:05 | +05:00 | exact
Monday, 02-Feb-26 15:04:05 GMT           | 2026-02-02 15:04:05 | GMT    | exact
02 Feb 26 15:04 PKT                      | 2026-02-02 10:04:00 | PKT    | exact
Mon Feb  2 15:04:05 2026                 | 2026-02-02 15:04:05 |        | inferred
Mon Feb  2 15:04:05 PKT 2026             | 2026-02-02 10:04:05 | PKT    | exact
Mon Feb 02 2026 15:04:05 GMT+0500 (Pakistan Standard Time) | 2026-02-02 10:04:05 | +05:00 | exact
Mon, 02 Feb 2026 25:61:00 +0500          | 2026-02-01 19:00:00 | +05:00 | doubtful
Mon, 02 Feb 2026 24:00:00 +0000          | 2026-02-03 00:00:00 | UTC    | exact
Mon, 02 Feb 2026 23:59:60 GMT            | 2026-02-02 23:59:59 | GMT    | exact
"""
ISO_8601 = """
2026-02-02T15:04:05Z                     | 2026-02-02 15:04:05 | UTC    | exact
2026-02-02T15:04:05+05:00                | 2026-02-02 10:04:05 | +05:00 | exact
2026-02-02T15:04:05+0500                 | 2026-02-02 10:04:05 | +05:00 | exact
2026-02-02T15:04:05+05                   | 2026-02-02 10:04:05 | +05:00 | exact
2026-02-02T15:04:05.123Z                 | 2026-02-02 15:04:05.123000 | UTC | exact
2026-02-02T15:04:05.123456789+05:00      | 2026-02-02 10:04:05.123456 | +05:00 | exact
2026-02-02T15:04:05,5Z                   | 2026-02-02 15:04:05.500000 | UTC | exact
2026-02-02T15:04Z                        | 2026-02-02 15:04:00 | UTC    | exact
2026-02-02T15+05:00                      | 2026-02-02 10:00:00 | +05:00 | exact
2026-02-02t15:04:05z                     | 2026-02-02 15:04:05 | UTC    | exact
2026-02-02T15:04:05                      | 2026-02-02 15:04:05 |        | inferred
2026-02-02 15:04:05                      | 2026-02-02 15:04:05 |        | inferred
2026-02-02 15:04                         | 2026-02-02 15:04:00 |        | inferred
2026-02-02 15:04:05 +0500                | 2026-02-02 10:04:05 | +05:00 | exact
2026-02-02T15:04:05 +05:00               | 2026-02-02 10:04:05 | +05:00 | exact
2026-02-02 15:04:05 PKT                  | 2026-02-02 10:04:05 | PKT    | exact
2026-02-02                               | 2026-02-02 00:00:00 |        | day
2026-2-2                                 | 2026-02-02 00:00:00 |        | day
2026-02-02+05:00                         | 2026-02-01 19:00:00 | +05:00 | day
2026/02/02                               | 2026-02-02 00:00:00 |        | day
2026/2/2 15:04:05                        | 2026-02-02 15:04:05 |        | inferred
2026.02.02                               | 2026-02-02 00:00:00 |        | day
20260202                                 | 2026-02-02 00:00:00 |        | day
20260202T150405Z                         | 2026-02-02 15:04:05 | UTC    | exact
20260202T150405+0500                     | 2026-02-02 10:04:05 | +05:00 | exact
20260202150405                           | 2026-02-02 15:04:05 |        | inferred
2026-W06-1                               | 2026-02-02 00:00:00 |        | day
2026-033                                 | 2026-02-02 00:00:00 |        | day
2026-13-02                               | 2026-02-13 00:00:00 |        | doubtful
1770026645                               | 2026-02-02 10:04:05 | UTC    | exact
1770026645000                            | 2026-02-02 10:04:05 | UTC    | exact
1770026645.25                            | 2026-02-02 10:04:05.250000 | UTC | exact
"""
WRITTEN = """
2 February 2026                          | 2026-02-02 00:00:00 |        | day
February 2, 2026                         | 2026-02-02 00:00:00 |        | day
Feb. 2, 2026                             | 2026-02-02 00:00:00 |        | day
2-Feb-2026                               | 2026-02-02 00:00:00 |        | day
2026 Feb 2                               | 2026-02-02 00:00:00 |        | day
Monday, 2nd of February 2026             | 2026-02-02 00:00:00 |        | day
February 2nd, 2026 at 3:04 PM            | 2026-02-02 15:04:00 |        | inferred
Feb 2, 2026 3:04 p.m. PKT                | 2026-02-02 10:04:00 | PKT    | exact
Published: 2 Feb 2026, 15:04 (PKT)       | 2026-02-02 10:04:00 | PKT    | exact
Updated February 2, 2026 12:30am         | 2026-02-02 00:30:00 |        | inferred
2 Feb 2026 12:30 PM                      | 2026-02-02 12:30:00 |        | inferred
15:04 2 Feb 2026 PKT                     | 2026-02-02 10:04:00 | PKT    | exact
15:04, 2 Feb 2026 +0500                  | 2026-02-02 10:04:00 | +05:00 | exact
01:38:07 PM IST Feb 2, 2026              | 2026-02-02 08:08:07 | IST    | inferred
2 Feb 2026 10.30 am                      | 2026-02-02 10:30:00 |        | inferred
2 February 2026 3 PM                     | 2026-02-02 15:00:00 |        | inferred
13/02/2026                               | 2026-02-13 00:00:00 |        | day
02/13/2026                               | 2026-02-13 00:00:00 |        | day
13.02.2026 15:04                         | 2026-02-13 15:04:00 |        | inferred
02/11/2026 10:00                         | 2026-11-02 10:00:00 |        | doubtful
03/12/2026                               | 2026-03-12 00:00:00 |        | doubtful
Monday 02/11/2026                        | 2026-11-02 00:00:00 |        | day
Wednesday 02/11/2026                     | 2026-02-11 00:00:00 |        | day
02/02/2026 10:00 PKT                     | 2026-02-02 05:00:00 | PKT    | exact
02/02/26                                 | 2026-02-02 00:00:00 |        | doubtful
2 Feb 2026 in the morning edition        | 2026-02-02 00:00:00 |        | doubtful
"""
OTHER_SCRIPTS = """
2 فروری 2026                             | 2026-02-02 00:00:00 |        | day
۲ فروری ۲۰۲۶                             | 2026-02-02 00:00:00 |        | day
پیر 2 فروری 2026                         | 2026-02-02 00:00:00 |        | day
2 فروری 2026ء                            | 2026-02-02 00:00:00 |        | day
فروری 2, 2026                            | 2026-02-02 00:00:00 |        | day
پیر 2 فروری 2026 شام 5:30 بجے            | 2026-02-02 17:30:00 |        | inferred
2 فروری 2026 صبح 10:30 بجے               | 2026-02-02 10:30:00 |        | inferred
2 فروری 2026 رات 9:15                    | 2026-02-02 21:15:00 |        | inferred
2 فروری 2026 رات 12:15                   | 2026-02-02 00:15:00 |        | inferred
شائع 2 فروری 2026 05:30 PKT              | 2026-02-02 00:30:00 | PKT    | exact
29 مئی 2026                              | 2026-05-29 00:00:00 |        | day
5 جولائی 2026                            | 2026-07-05 00:00:00 |        | day
14 اگست 2026                             | 2026-08-14 00:00:00 |        | day
٢ فبراير ٢٠٢٦                            | 2026-02-02 00:00:00 |        | day
2 شباط 2026                              | 2026-02-02 00:00:00 |        | day
2 كانون الثاني 2026                      | 2026-01-02 00:00:00 |        | day
15 أغسطس 2026 10:30 م                    | 2026-08-15 22:30:00 |        | inferred
۲ فوریه ۲۰۲۶                             | 2026-02-02 00:00:00 |        | day
۱۲ ژوئیهٔ ۲۰۲۶                           | 2026-07-12 00:00:00 |        | day
دوشنبه ۲ فوریه ۲۰۲۶ ساعت ۱۵:۰۴           | 2026-02-02 15:04:00 |        | inferred
۲ فبروري ۲۰۲۶                            | 2026-02-02 00:00:00 |        | day
2 फ़रवरी 2026                            | 2026-02-02 00:00:00 |        | day
۲۰۲۶-۰۲-۰۲T۱۵:۰۴:۰۵+۰۵:۰۰                | 2026-02-02 10:04:05 | +05:00 | exact
"""
JALALI = """
۱۴۰۴/۱۱/۱۳                               | 2026-02-02 00:00:00 |        | day
1404/11/13                               | 2026-02-02 00:00:00 |        | day
1404-11-13                               | 2026-02-02 00:00:00 |        | day
14041113                                 | 2026-02-02 00:00:00 |        | day
۱۳ بهمن ۱۴۰۴                             | 2026-02-02 00:00:00 |        | day
دوشنبه ۱۳ بهمن ۱۴۰۴                      | 2026-02-02 00:00:00 |        | day
دوشنبه ۱۳ بهمن ۱۴۰۴ ساعت ۱۰:۳۰           | 2026-02-02 10:30:00 |        | inferred
۱۳ بهمن ۱۴۰۴ - ۱۰:۳۰                     | 2026-02-02 10:30:00 |        | inferred
۱۰:۳۰ - ۱۴۰۴/۱۱/۱۳                       | 2026-02-02 10:30:00 |        | inferred
1404/11/13-10:30                         | 2026-02-02 10:30:00 |        | inferred
1404-11-13T10:30:00+03:30                | 2026-02-02 07:00:00 | +03:30 | exact
سه‌شنبه ۱۴ بهمن ۱۴۰۴                     | 2026-02-03 00:00:00 |        | day
۱ فروردین ۱۴۰۵                           | 2026-03-21 00:00:00 |        | day
30 اسفند 1403                            | 2025-03-20 00:00:00 |        | day
۱۳ دلو ۱۴۰۴                              | 2026-02-02 00:00:00 |        | day
13 Bahman 1404                           | 2026-02-02 00:00:00 |        | day
13/11/1404                               | 2026-02-02 00:00:00 |        | day
۱۴۰۵/۰۸/۱۱ ۱۲:۳۰                         | 2026-11-02 12:30:00 |        | inferred
"""
HIJRI = """
14 شعبان 1447                            | 2026-02-02 00:00:00 |        | inferred
14 شعبان المعظم 1447ھ                    | 2026-02-02 00:00:00 |        | inferred
۱۴ شعبان ۱۴۴۷                            | 2026-02-02 00:00:00 |        | inferred
1 رمضان المبارک 1447 ہجری                | 2026-02-18 00:00:00 |        | inferred
10 ربیع الاول 1447                       | 2025-09-03 00:00:00 |        | inferred
10 ذوالحجہ 1446                          | 2025-06-07 00:00:00 |        | inferred
1447/08/14                               | 2026-02-02 00:00:00 |        | doubtful
14 شعبان 1447ھ بمطابق 2 فروری 2026ء      | 2026-02-02 00:00:00 |        | day
"""
UNREADABLE = """
2 Feb                                    | - | | none
2026                                     | - | | none
2026-02                                  | - | | none
2 hours ago                              | - | | none
yesterday                                | - | | none
today at 10:00                           | - | | none
Sun, 32 Foo 2026                         | - | | none
Sun, 32 Feb 2026                         | - | | none
2026-02-30                               | - | | none
30 فروری 2026                            | - | | none
۳۱ بهمن ۱۴۰۴                             | - | | none
0000-00-00T00:00:00Z                     | - | | none
0000-00-00 00:00:00                      | - | | none
99999-01-01T00:00:00Z                    | - | | none
-62135596800                             | - | | none
insert date here                         | - | | none
امروز                                    | - | | none
"""


def rows(table: str) -> list[tuple[str, str, str, str]]:
    cut = [[part.strip() for part in line.split("|")] for line in table.strip().splitlines()]
    return [(raw, at, zone, confidence) for raw, at, zone, confidence in cut]


ALL = [
    row
    for table in (RFC_822, ISO_8601, WRITTEN, OTHER_SCRIPTS, JALALI, HIJRI, UNREADABLE)
    for row in rows(table)
]


@pytest.mark.parametrize(("raw", "at", "zone", "confidence"), ALL, ids=[row[0] for row in ALL])
def test_reads(raw: str, at: str, zone: str, confidence: str) -> None:
    stamp = parse_date(raw, now=NOW)
    expected = None if at == "-" else datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert (stamp.at, stamp.zone, stamp.confidence) == (expected, zone, confidence)
    assert stamp.raw == raw


def test_the_table_is_long_enough() -> None:
    assert len({row[0] for row in ALL}) >= 120


@pytest.mark.parametrize(
    ("raw", "calendar"),
    [
        ("1404/11/13", "jalali"),
        ("14 شعبان 1447", "hijri"),
        ("2 فروری 2026", "gregorian"),
        ("۱۳ دلو ۱۴۰۴", "jalali"),
    ],
)
def test_names_the_calendar(raw: str, calendar: str) -> None:
    assert parse_date(raw).calendar == calendar


@pytest.mark.parametrize(
    ("raw", "note"),
    [
        ("Mon, 02 Nov 2099 10:00:00 GMT", "in the future"),
        ("Thu, 01 Jan 1970 00:00:00 GMT", "1 January; before 1995"),
        ("2019-01-01", "1 January"),
        ("Fri, 02 Feb 2026 15:04:05 +0500", "the weekday does not fit"),
        ("Mon, 02 Feb 2026 15:04:05 PST", "PST may be Pacific, Pakistan or Philippine time"),
        ("Mon, 02 Feb 2026 15:04:05 XYZ", "unknown zone XYZ, read as UTC"),
    ],
)
def test_flags_what_is_odd(raw: str, note: str) -> None:
    assert parse_date(raw, now=NOW).note == note


def test_a_day_ahead_is_not_yet_the_future() -> None:
    ahead = (NOW + timedelta(hours=23)).isoformat()
    assert parse_date(ahead, now=NOW).note == ""
    assert parse_date(ahead, now=NOW - timedelta(hours=2)).note == "in the future"


def test_without_now_nothing_is_in_the_future() -> None:
    assert parse_date("2099-11-02T10:00:00Z").note == ""


@pytest.mark.parametrize("zone", ["Asia/Karachi", "+05:00", "PKT"])
def test_the_outlets_zone_is_used_where_none_is_given(zone: str) -> None:
    stamp = parse_date("2026-02-02 15:04", default_zone=zone)
    assert stamp.at == datetime(2026, 2, 2, 10, 4, tzinfo=UTC)
    assert (stamp.zone, stamp.confidence) == (zone, "inferred")
    given_zone = parse_date("2026-02-02 15:04 GMT", default_zone=zone)
    assert given_zone.at == datetime(2026, 2, 2, 15, 4, tzinfo=UTC)


def test_a_day_begins_in_the_outlets_zone() -> None:
    stamp = parse_date("2 فروری 2026", default_zone="Asia/Karachi")
    assert stamp.at == datetime(2026, 2, 1, 19, tzinfo=UTC)
    assert stamp.confidence == "day"


@pytest.mark.parametrize("zone", ["Asia", "../etc/passwd", "Nowhere/Atall", "", "\0"])
def test_a_wrong_default_zone_is_ignored(zone: str) -> None:
    stamp = parse_date("2026-02-02 15:04", default_zone=zone)
    assert (stamp.at, stamp.zone) == (datetime(2026, 2, 2, 15, 4, tzinfo=UTC), "")


def test_an_ambiguous_day_is_not_put_into_the_future() -> None:
    assert parse_date("10/12/2026", now=NOW).at == datetime(2026, 10, 12, tzinfo=UTC)
    assert parse_date("10/12/2026", now=NOW).confidence == "doubtful"
    assert parse_date("10/12/2026").at == datetime(2026, 12, 10, tzinfo=UTC)


def test_keeps_the_source() -> None:
    assert parse_date("2026-02-02", source="page").source == "page"
    assert parse_date("", source="page") == Stamp("", None, source="page", confidence="none")


def test_long_input_is_no_date_and_is_cut() -> None:
    stamp = parse_date("1" * 20_000 + " " * 20_000 + "x")
    assert stamp.at is None
    assert len(stamp.raw) == 300


def test_calendars_refuse_days_that_are_none() -> None:
    assert from_jalali(1404, 12, 30) is None
    assert from_hijri(1447, 2, 30) is None
    assert from_hijri(1447, 13, 1) is None


def test_hijri_months_follow_each_other_without_gaps() -> None:
    days = [from_hijri(year, month, 1) for year in range(1440, 1461) for month in range(1, 13)]
    known = [day for day in days if day is not None]
    assert len(known) == len(days)
    assert {(b - a).days for a, b in pairwise(known)} == {29, 30}


def test_unknown_zones_are_never_taken_for_utc() -> None:
    zone = read_zone("QQT")
    assert zone is not None
    assert zone.info is None
    assert read_zone("+05:75") is not None
    assert read_zone("no zone at all") is None


WORDS = """
Mon, 02 Feb 2026 15:04:05 +0500 PKT T Z ۱۴۰۴ بهمن فروری 1404/11/13 12:30 am شام 99 -1 :: ( ) 1e9 0 2026-02-02
"""
PIECES = st.sampled_from(WORDS.split())


@given(
    st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=8).map(" ".join), st.lists(PIECES).map("".join))
)
def test_never_raises_and_is_utc_or_nothing(raw: str) -> None:
    for zone in ("", "Asia/Karachi", raw):
        stamp = parse_date(raw, now=NOW, default_zone=zone)
        assert stamp.at is None or stamp.at.tzinfo is UTC
        assert (stamp.at is None) == (stamp.confidence == "none")
        assert stamp == parse_date(raw, now=NOW, default_zone=zone)


@given(st.integers(820_540_800, 3_786_912_000), st.integers(-12 * 4, 14 * 4))
def test_reads_back_every_instant_it_is_written_as(seconds: int, quarters: int) -> None:
    sign, minutes = ("-" if quarters < 0 else "+"), abs(quarters) * 15
    offset = f"{sign}{minutes // 60:02d}{minutes % 60:02d}"
    at = datetime.fromtimestamp(seconds, UTC)
    local = at + timedelta(minutes=quarters * 15)
    for form in ("%a, %d %b %Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%d %B %Y, %I:%M:%S %p", "%Y%m%dT%H%M%S"):
        assert parse_date(f"{local.strftime(form)} {offset}").at == at, form


@given(
    st.dates(min_value=date(1895, 1, 1), max_value=date(2110, 12, 31)),
    st.tuples(st.integers(0, 25), st.integers(0, 61), st.integers(0, 61)),
    st.sampled_from(["+0500", "-1400", "+1500", "+0599", "GMT", "+0330"]),
    st.sampled_from(["Mon", "Tue", "Sun"]),
)
def test_the_prescribed_notations_are_read_as_all_others_are(
    day: date, clock: tuple[int, int, int], zone: str, weekday: str
) -> None:
    time = "{:02d}:{:02d}:{:02d}".format(*clock)
    iso = zone.replace("GMT", "Z") if zone == "GMT" else f"{zone[:3]}:{zone[3:]}"
    for text in (f"{weekday}, {day:%d %b %Y} {time} {zone}", f"{day:%Y-%m-%d}T{time}{iso}"):
        found = dates._standard(text)
        if found is not None:
            assert dates._stamp(text, found, "feed", NOW, "") == _slowly(text)


def _slowly(text: str) -> Stamp:
    found = dates._read(text, NOW)
    assert found is not None
    return dates._stamp(text, found, "feed", NOW, "")
