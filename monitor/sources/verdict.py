"""How much of an article a page gave: judged from the text, the title and telling marks in the page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from monitor.models import Verdict

_CHALLENGE_TITLE = re.compile(
    r"just a moment|attention required|access (?:to this page has been )?denied|checking your browser|ddos-guard"
    r"|verify(?:ing)? (?:that )?you are|are you (?:a )?(?:human|robot)|robot (?:check|or human)"
    r"|security (?:check|verification)"
    r"|pardon our interruption|one moment, please|please wait|403 forbidden|request blocked|human verification"
    r"|unusual traffic|bot verification|لطفا صبر کنید",
    re.IGNORECASE,
)
_CHALLENGE_MARK = re.compile(
    r"_cf_chl_opt|cf-chl-|cf_chl_|/cdn-cgi/challenge-platform/h/|_incapsula_resource|captcha-delivery\.com|px-captcha"
    r"|sucuri_cloudproxy|/\.well-known/ddos-guard|awswaf\.com|id=.challenge-form|checking your browser before"
    r"|enable javascript and cookies to continue",
    re.IGNORECASE,
)
_WALL = re.compile(
    r"subscribe (?:now )?to (?:continue|keep|read|unlock|access)|(?:log|sign) ?in to (?:continue|keep|read|view|access)"
    r"|already (?:a|have a|have an) (?:subscriber|subscription|member|account)|(?:subscribers?|members?)[- ]only"
    r"|(?:available|accessible) (?:only )?(?:to|for) (?:our )?(?:paid |paying |premium )?(?:subscribers|members)"
    r"|to (?:continue|keep) reading|create (?:a free|an|your) account|start your (?:free )?(?:trial|subscription)"
    r"|reached your (?:monthly )?(?:free )?(?:article )?limit|unlock (?:this|the full) (?:article|story)"
    r"|we (?:value|care about|respect) your privacy|accept (?:all )?(?:the )?cookies|before you continue to"
    r"|manage (?:your )?(?:consent|cookie|privacy)|we and our (?:\d{1,4} )?partners"
    r"|مکمل (?:خبر|تحریر) پڑھنے کے لیے|سبسکرائب کریں|لاگ ان کریں"
    r"|برای (?:ادامه|مشاهده|خواندن)[^\n]{0,40}(?:وارد|عضو|اشتراک|ثبت)|ورود به حساب کاربری"
    r"|سجل الدخول|للمشتركين فقط",
    re.IGNORECASE,
)
_CUT_SHORT = re.compile(
    r"read (?:more|the full|full story)|continue reading|(?:full|whole) (?:story|article)|click here to read"
    r"|مزید پڑھیں|پوری خبر|ادامه مطلب|متن کامل|اقرأ المزيد|और पढ़ें",
    re.IGNORECASE,
)
_ELLIPSIS = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\]|\[&hellip;\])[\"'”’»)\]]{0,3}\s{0,3}$")
_NOT_FREE = re.compile(r"\"isAccessibleForFree\"\s{0,5}:\s{0,5}\"?false", re.IGNORECASE)

_LOOKED_AT = 150_000  # characters of the page in which marks are looked for
_CHALLENGE_LENGTH = 1_000  # characters; a challenge page says little
_TEASER_LENGTH = 250
_PREVIEW_LENGTH = 800
_WALL_LENGTH = 2_000
_WALL_SHARE = 0.35
_LIST_LINES = 8


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a verdict is based on."""

    text: str  # the cleaned article
    raw_text: str  # what extraction gave before cleaning
    title: str
    html: str
    url: str
    links: frozenset[str]  # the texts of the page's links, white space collapsed
    feed_text_length: int  # characters that the feed itself carried


def judge(evidence: Evidence) -> Verdict:
    """Return the verdict on a page that was parsed.

    A text under four fifths of what the feed itself carried is a teaser.
    """
    text, raw_text = evidence.text, evidence.raw_text
    length = len(text)
    marks = evidence.html[:_LOOKED_AT]
    if length < _CHALLENGE_LENGTH and (
        _CHALLENGE_TITLE.match(evidence.title) or _CHALLENGE_MARK.search(marks)
    ):
        return Verdict.BLOCKED
    if not raw_text.strip():
        return Verdict.WALL if _WALL.search(marks) else Verdict.EMPTY
    if length < _WALL_LENGTH and _walled_share(raw_text) >= _WALL_SHARE:
        return Verdict.WALL
    if not text:
        return Verdict.EMPTY
    if _is_list(text, evidence):
        return Verdict.LIST
    if length < evidence.feed_text_length * 4 // 5:
        return Verdict.TEASER
    if length < _TEASER_LENGTH and (
        _CUT_SHORT.search(raw_text) or _ELLIPSIS.search(text) or _WALL.search(marks)
    ):
        return Verdict.TEASER
    if length < _PREVIEW_LENGTH and (
        _WALL.search(raw_text) or _NOT_FREE.search(marks) or _ELLIPSIS.search(text)
    ):
        return Verdict.TEASER
    return Verdict.FULL


def _walled_share(text: str) -> float:
    """Return the share of the text that stands in lines asking for a log-in, a payment or a consent."""
    lines = [line for line in text.split("\n") if line.strip()]
    asking = sum(len(line) for line in lines if _WALL.search(line[:2_000]))
    return asking / max(1, sum(map(len, lines)))


def _is_list(text: str, evidence: Evidence) -> bool:
    """Tell whether most lines are nothing but links, as on an index or a front page."""
    lines = [line.lstrip("- ").strip() for line in text.split("\n") if line.strip()]
    if len(lines) < _LIST_LINES:
        return False
    linked = sum(line in evidence.links for line in lines)
    parts = urlsplit(evidence.url)
    is_front_page = parts.path in {"", "/"} and not parts.query
    return linked >= len(lines) * (0.3 if is_front_page else 0.5)
