"""Say about one story what a message says, line by line, in the tool's own neutral voice.

Foreign text enters a line only through `foreign`, which the caller gives: it makes it inert for one kind of
reader. Lines are plain text; whoever renders them escapes them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from monitor.alerts.foreign import CLOSE, OPEN
from monitor.models import Alert, AlertItem, Origin, Quote, Stamp, Verdict
from monitor.text.show import isolate_quotations, local_time, one_line, safe_url

_OFFSET = re.compile(r"([+-])([01]\d|2[0-3]):?([0-5]\d)")
_TITLE = 300
_NAME = 80
_OTHERS = 6

_LANGUAGES = {
    "ar": "Arabic", "bal": "Balochi", "brh": "Brahui", "en": "English", "fa": "Persian", "hi": "Hindi",
    "ps": "Pashto", "sd": "Sindhi", "skr": "Saraiki", "ur": "Urdu",
}  # fmt: skip

_TEXT = {
    Origin.FEED: "The text is the feed's",
    Origin.SUMMARY: "Only the feed's summary was read",
    Origin.TITLE: "Only the headline was read",
}
_PAGE = {
    Verdict.TEASER: "the page gave no more than a beginning",
    Verdict.WALL: "the page stands behind a log-in, payment or consent wall",
    Verdict.BLOCKED: "the site refused the page",
    Verdict.LIST: "the link leads to an index, not an article",
    Verdict.EMPTY: "the page held no article",
    Verdict.TOO_LARGE: "the page is too large to read",
    Verdict.UNREACHABLE: "the page could not be reached",
    Verdict.REFUSED: "robots.txt or the address policy forbids the page",
    Verdict.NO_PAGE: "the feed gave no link to a page",
}


@dataclass(frozen=True, slots=True)
class Detail:
    """How much a message may say about each story."""

    quotes: int
    quote_length: int
    title_length: int = _TITLE
    why: bool = True
    notes: bool = True
    news: int = 400  # characters


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One alert of a story: the rule that fired."""

    title: str
    grade: str
    key: str
    why: str  # empty when there is no room for it
    news: str  # of an update: what is new
    other_title: str  # the headline that matched, where it is not the story's


@dataclass(frozen=True, slots=True)
class Card:
    """What a message says about one story; foreign text is already inert."""

    title: str
    outlet: str
    dates: tuple[str, ...]
    url: str  # empty when there is none that may be linked
    rules: tuple[RuleLine, ...]
    quotes: tuple[Quote, ...]  # original text: whoever renders them marks and escapes them
    notes: tuple[str, ...]


def card(item: AlertItem, *, zone: ZoneInfo, detail: Detail, foreign: Callable[[str], str]) -> Card:
    """Return what is to be said about a story, cut to a level of detail; titles and keys always stay."""

    def short(text: str, limit: int = _NAME) -> str:
        return foreign(one_line(text, limit))

    about = [short(item.outlet) if item.outlet.strip() else "Outlet unknown"]
    about += [_plain_word(part, short) for part in (_kind(item.kind), _language(item.language)) if part]
    return Card(
        title=short(item.title, detail.title_length) if item.title.strip() else "(no headline)",
        outlet=" · ".join(about),
        dates=(published(item.published, zone, short), f"First seen {moment(item.first_seen, zone)}"),
        url=safe_url(item.url),
        rules=_rules(item, detail, short),
        quotes=tuple(_cut(quote, detail.quote_length) for quote in item.quotes[: detail.quotes]),
        notes=_notes(item, short) if detail.notes else _repeat(item),
    )


def _kind(kind: str) -> str:
    return kind.replace("-", " ").replace("_", " ")


def _language(code: str) -> str:
    return _LANGUAGES.get(code.partition("-")[0].lower(), code)


def _plain_word(text: str, short: Callable[..., str]) -> str:
    return text if re.fullmatch(r"[A-Za-z ]+", text) else short(text)


def _rules(item: AlertItem, detail: Detail, short: Callable[..., str]) -> tuple[RuleLine, ...]:
    known = {rule: (title, grade, why) for rule, title, grade, why in item.rules}
    lines = []
    for alert in item.alerts:
        title, grade, why = known.get(alert.rule, (alert.rule, None, ""))
        differs = one_line(alert.title) != one_line(item.title)
        lines.append(
            RuleLine(
                title=short(title or alert.rule),
                grade=grade.value if grade else "",
                key=f"#{alert.key}",
                why=_own_words(short(why, 240)) if detail.why and why and not _is_update(alert) else "",
                news=_news(alert.body, detail.news, short) if _is_update(alert) else "",
                other_title=short(alert.title, detail.title_length)
                if differs and alert.title.strip()
                else "",
            )
        )
    return tuple(lines)


def _news(body: str, limit: int, short: Callable[..., str]) -> str:
    """Return what is new, the latest first, cut to about so many characters; what is left out is counted."""
    items = body.split("\n")
    shown = [short(items[0], limit)]
    for item in items[1:]:
        if sum(map(len, shown)) + len(item) > limit:
            break
        shown.append(short(item, limit))
    more = len(items) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more else "")


def _is_update(alert: Alert) -> bool:
    return alert.kind == "update"


def _own_words(made_inert: str) -> str:
    """Return a reason as a sentence of our own, in which only what it quotes stands apart."""
    return isolate_quotations(made_inert.removeprefix(OPEN).removesuffix(CLOSE))


def _notes(item: AlertItem, short: Callable[..., str]) -> tuple[str, ...]:
    notes = [text_note(item.origin, item.verdict)]
    if item.others:
        names = ", ".join(short(name) for name in item.others[:_OTHERS])
        more = len(item.others) - _OTHERS
        notes.append(f"Also in: {names}{f' and {more} more' if more > 0 else ''}")
    notes.append(_told_by(item))
    if not safe_url(item.url):
        notes.append("The feed gave no address that can be linked.")
    return (*filter(None, notes), *_repeat(item))


def _told_by(item: AlertItem) -> str:
    """Say how many tell a story for themselves, and whose words they give."""
    known = {0: "No independent origin", 1: "One origin so far"}
    quoted = f"; quoted: {', '.join(item.sides)}" if item.sides else ""
    only = " only" if len(item.sides) == 1 else ""
    return f"{known.get(item.origins, f'{item.origins} origins')}{quoted}{only}."


def _repeat(item: AlertItem) -> tuple[str, ...]:
    again = [alert for alert in item.alerts if alert.possible_repeat]
    return (repeat(again),) if again else ()


def repeat(alerts: Sequence[Alert]) -> str:
    """Say that alerts may have been delivered before."""
    keys = ", ".join(f"#{alert.key}" for alert in alerts)
    return f"Possible repeat of {keys}: an earlier try may have been delivered."


def text_note(origin: Origin, verdict: Verdict) -> str:
    """Say how much of the article was read; empty when it was all of it."""
    if origin is Origin.PAGE:
        return "Only the beginning of the article could be read." if verdict is Verdict.TEASER else ""
    reason = _PAGE.get(verdict)
    return f"{_TEXT[origin]}{': ' + reason if reason else ''}."


def published(stamp: Stamp | None, zone: ZoneInfo, foreign: Callable[[str], str]) -> str:
    """Say when an article was published, and how sure that is."""
    if stamp is None or (stamp.at is None and not stamp.raw.strip()):
        return "No date given"
    given = f"given as {foreign(stamp.raw)}" if stamp.raw.strip() else ""
    if stamp.at is None:
        return f"Date doubtful: {given}, which could not be read"
    note = foreign(stamp.note) if stamp.note else ""
    if stamp.confidence == "exact":
        return f"Published {moment(stamp.at, zone)}"
    if stamp.confidence == "day":
        day = stamp.at.astimezone(_written_in(stamp, zone)).date()
        return f"Published {day.isoformat()} ({_and('date only, no time', given, note)})"
    if stamp.confidence == "inferred":
        return f"Published {moment(stamp.at, zone)} ({_and('inferred', given, note)})"
    return f"Date doubtful: {_and(given, note, 'read as ' + moment(stamp.at, zone))}"


def _and(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _written_in(stamp: Stamp, home: ZoneInfo) -> tzinfo:
    """Return the zone in which a date without a time names the day it was written for."""
    if offset := _OFFSET.fullmatch(stamp.zone):
        sign, hours, minutes = offset.groups()
        gap = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-gap if sign == "-" else gap)
    return UTC if stamp.zone in {"", "UTC", "GMT", "Z"} else home


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Return an instant in local time and in UTC."""
    return f"{local_time(at, zone)} · {at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _cut(quote: Quote, limit: int) -> Quote:
    """Return a quote no longer than limit, around its first mark and at spaces, with … where it was cut."""
    text = quote.text
    if len(text) <= limit:
        return quote
    first = min((start for start, _ in quote.marks), default=0)
    left = max(0, min(first - limit // 3, len(text) - limit))
    if left and (space := text.find(" ", left, first)) >= 0:
        left = space + 1
    right = min(len(text), left + limit)
    if right < len(text) and (space := text.rfind(" ", left + limit // 2, right)) > 0:
        right = space
    before, after = "… " if left else "", " …" if right < len(text) else ""
    shift = len(before) - left
    marks = tuple(
        (max(start, left) + shift, min(end, right) + shift)
        for start, end in quote.marks
        if start < right and end > left
    )
    return Quote(quote.field, before + text[left:right] + after, marks)
