"""Calendars and month names of the languages that news is written in."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import jdatetime

from monitor.text.fold import fold

# One line a month, January first. Letters that differ only by script variety are folded on both sides.
_GREGORIAN = """
january jan januar janvier | جنوری جنوري ژانویه ژانویهٔ جانوری يناير كانون_الثاني जनवरी
february feb febr | فروری فبروري فوریه فبرایر فبراير شباط फरवरी फ़रवरी
march mar | مارچ مارس آذار मार्च
april apr | اپریل اپرېل آوریل آپریل ابریل أبريل إبريل نيسان अप्रैल
may | مئی مۍ می مه مهٔ مايو أيار ماي मई
june jun | جون ژوئن يونيو يونيه حزيران जून
july jul | جولائی جولای ژوئیه جولايي يوليو يوليه تموز जुलाई
august aug | اگست اګست اوت آگوست اگوست أغسطس آب अगस्त
september sep sept | ستمبر سپتمبر سپتامبر سبتمبر أيلول सितंबर सितम्बर
october oct | اکتوبر اكتوبر أكتوبر اکتبر تشرين_الأول अक्टूबर अक्तूबर
november nov | نومبر نوامبر نوفمبر تشرين_الثاني नवंबर नवम्बर
december dec | دسمبر دسامبر ډسمبر ديسمبر كانون_الأول दिसंबर दिसम्बर
"""
# Iran's names, the zodiac's names used in Afghanistan (Dari, Pashto), Latin transcriptions.
_JALALI = """
فروردین حمل وری farvardin
اردیبهشت ثور غویی ordibehesht
خرداد جوزا غبرګولی khordad
تیر سرطان چنګاښ tir
مرداد امرداد اسد زمری mordad
شهریور سنبله وږی shahrivar
مهر میزان تله mehr
آبان عقرب لړم aban
آذر قوس لیندۍ azar
دی جدی مرغومی dey
بهمن دلو سلواغه bahman
اسفند حوت کب esfand
"""
_HIJRI = """
محرم محرم_الحرام muharram
صفر صفر_المظفر safar
ربیع_الاول ربیع_الأول rabi_al_awwal rabi_i
ربیع_الثانی ربیع_الآخر rabi_al_thani rabi_ii
جمادی_الاول جمادی_الاولی جمادى_الأولى jumada_al_awwal jumada_al_ula
جمادی_الثانی جمادی_الثانیه جمادی_الآخره جمادى_الآخرة jumada_al_thani jumada_al_akhirah
رجب رجب_المرجب rajab
شعبان شعبان_المعظم shaban
رمضان رمضان_المبارک ramadan ramazan
شوال شوال_المکرم shawwal
ذوالقعدہ ذی_القعدہ ذیقعدہ ذوالقعده ذو_القعدة ذي_القعدة dhu_al_qadah
ذوالحجہ ذی_الحجہ ذیحجہ ذوالحجه ذو_الحجة ذي_الحجة dhu_al_hijjah
"""
_WEEKDAYS = """
monday mon | پیر سوموار دوشنبه دوشنبې دو_شنبه الاثنين الإثنين सोमवार
tuesday tue tues | منگل سه‌شنبه سهشنبه سه_شنبه سېشنبه الثلاثاء मंगलवार
wednesday wed weds | بدھ چهارشنبه چهار_شنبه چهارشنبې الأربعاء बुधवार
thursday thu thur thurs | جمعرات پنجشنبه پنج_شنبه پنج‌شنبه الخميس गुरुवार
friday fri | جمعہ جمعه آدینه الجمعة शुक्रवार
saturday sat | ہفتہ سنیچر شنبه شنبې السبت शनिवार
sunday sun | اتوار یکشنبه یک_شنبه یک‌شنبه الأحد रविवार
"""


@lru_cache(maxsize=4096)
def plain(word: str) -> str:
    """Return a word in the one spelling that names are looked up by."""
    return word.lower() if word.isascii() else fold(word).replace(" ", "")


def _table(lines: str) -> dict[str, int]:
    table: dict[str, int] = {}
    for number, line in enumerate(lines.strip().splitlines(), start=1):
        for name in line.replace("|", " ").split():
            table.setdefault(plain(name.replace("_", "")), number)
    return table


@lru_cache(maxsize=1)
def months() -> dict[str, tuple[str, int]]:
    """Return plain month name, words joined -> (calendar, 1..12)."""
    names: dict[str, tuple[str, int]] = {}
    for calendar, lines in (("gregorian", _GREGORIAN), ("jalali", _JALALI), ("hijri", _HIJRI)):
        for name, number in _table(lines).items():
            names.setdefault(name, (calendar, number))
    return names


@lru_cache(maxsize=1)
def weekdays() -> dict[str, int]:
    """Return plain weekday name -> 0..6, Monday first."""
    return {name: number - 1 for name, number in _table(_WEEKDAYS).items()}


def from_jalali(year: int, month: int, day: int) -> date | None:
    """Return the Gregorian day of a day in Iran's and Afghanistan's solar calendar, None when it is none."""
    try:
        gregorian: date = jdatetime.date(year, month, day).togregorian()
    except ValueError:
        return None
    return gregorian


_LEAP_YEARS = frozenset({2, 5, 7, 10, 13, 16, 18, 21, 24, 26, 29})
_EPOCH = date(622, 7, 19).toordinal()  # 1 Muharram 1, civil reckoning, in the proleptic Gregorian calendar


def from_hijri(year: int, month: int, day: int) -> date | None:
    """Return the Gregorian day by the tabular Islamic calendar, None when it is none.

    Real months begin with a sighting of the moon: the true day may be one or two away.
    """
    length = 30 if month % 2 or (month == 12 and year % 30 in _LEAP_YEARS) else 29
    if not (1 <= year <= 2000 and 1 <= month <= 12 and 1 <= day <= length):
        return None
    days = (year - 1) * 354 + (11 * year + 3) // 30 + 29 * (month - 1) + month // 2 + day - 1
    return date.fromordinal(_EPOCH + days)
