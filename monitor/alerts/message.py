"""Write what a channel sends: inert text, and HTML of the same content.

Every alert of a message stands in it with its headline and its key (#a1b2c3), however short the message has
to be; quotes are cut first, then reasons and notes.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal
from zoneinfo import ZoneInfo

from monitor.alerts import mail
from monitor.alerts.card import Card, Detail, card, repeat
from monitor.alerts.foreign import bare, chat, inert, plain, wrapped
from monitor.alerts.templates import BUILT_IN, Templates
from monitor.models import Alert, AlertItem, Attachment, Message
from monitor.text.show import mark, one_line

# plain: for readers that show text as it is (a terminal, a mail's text part, JSON)
# chat: for services that may read markup, mentions and links into text
Style = Literal["plain", "chat"]

TITLE_LIMIT = 200
TEXT_LIMIT = 30_000
PAGE_LIMIT = 100_000  # bytes: Gmail shows no more of a mail
_DETAILS = (
    Detail(quotes=3, quote_length=700),
    Detail(quotes=2, quote_length=400),
    Detail(quotes=1, quote_length=300),
    Detail(quotes=1, quote_length=160),
    Detail(quotes=0, quote_length=0),
)
_BARE = Detail(quotes=0, quote_length=0, title_length=120, why=False, notes=False, news=60)


def compose(
    items: Sequence[AlertItem],
    *,
    zone: ZoneInfo,
    limit: int = TEXT_LIMIT,
    region: str = "",
    style: Style = "plain",
    templates: Templates = BUILT_IN,
) -> Message:
    """Write one message about these stories, in the greatest detail that `limit` characters of text hold.

    What does not fit in the least detail is longer than the limit: `split` the items first.
    """
    if not items:
        raise ValueError("a message needs at least one story")
    detail = next(
        (level for level in _DETAILS if _length(_text(items, zone, level, style, templates), style) <= limit),
        _BARE,
    )
    headlines = [_headline(item) for item in items]
    cards = [card(item, zone=zone, detail=detail, foreign=_foreign(style)) for item in items]
    pages = [card(item, zone=zone, detail=detail, foreign=plain) for item in items]
    languages = [item.language for item in items]
    texts = [_item_text(*one, style, templates) for one in zip(cards, languages, strict=True)]
    title, text = _subject(items, headlines, style), _joined(texts)
    if style == "chat" and len(items) == 1 and cards[0].title in title:
        text = _item_text(cards[0], languages[0], style, templates, headline=False)
    return Message(
        title=title,
        text=text,
        html=mail.stories(
            pages,
            languages,
            title=_subject(items, headlines, "plain"),
            region=region,
            templates=templates,
        ),
        alert_ids=tuple(alert.id for item in items for alert in item.alerts),
        headers=_headers(items, region),
        parts=tuple((alert, own) for item, own in zip(items, texts, strict=True) for alert in item.alerts),
    )


def split(
    items: Sequence[AlertItem],
    *,
    zone: ZoneInfo,
    limit: int = TEXT_LIMIT,
    style: Style = "plain",
    templates: Templates = BUILT_IN,
) -> list[list[AlertItem]]:
    """Cut a list of stories into runs that each fit into one message, in the same order."""
    runs: list[list[AlertItem]] = []
    for item in items:
        if runs and _length(_text([*runs[-1], item], zone, _BARE, style, templates), style) <= limit:
            runs[-1].append(item)
        else:
            runs.append([item])
    return runs


def note(
    alert: Alert,
    lines: Sequence[str],
    *,
    region: str = "",
    style: Style = "plain",
    page: Attachment | None = None,
) -> Message:
    """Write a message that is about no story: a test, a notice, the digest.

    `lines` are paragraphs of plain text; `page` is an HTML document that goes with a mail, and stands in its body
    instead of one made of the lines, unless it is so long that mail services would cut it.
    """
    foreign = _foreign(style)
    # The title is this program's own: not foreign, and not to be isolated in a subject line.
    own = bare(one_line(alert.title, TITLE_LIMIT))
    title = inert(own) if style == "chat" else own
    said = [line for line in lines if line.strip()]
    again = (repeat([alert]),) if alert.possible_repeat else ()
    text = "\n\n".join([*map(foreign, said), *again, f"#{alert.key}"])
    short = page is not None and len(page.text.encode()) <= PAGE_LIMIT
    document = (
        page.text
        if page and short
        else mail.paragraphs([*map(bare, said), *again], bare(alert.title), region)
    )
    return Message(
        title=title,
        text=text,
        html=document,
        alert_ids=(alert.id,),
        headers=_headers((), region),
        parts=((alert, text),),
        attachments=(page,) if page else (),
    )


def _foreign(style: Style) -> Callable[[str], str]:
    return chat if style == "chat" else plain


def _length(text: str, style: Style) -> int:
    # Chat services count what they are sent, in which & < > are written as entities.
    return len(html.escape(text, quote=False)) if style == "chat" else len(text)


def _text(
    items: Sequence[AlertItem], zone: ZoneInfo, detail: Detail, style: Style, templates: Templates
) -> str:
    cards = [card(item, zone=zone, detail=detail, foreign=_foreign(style)) for item in items]
    return _joined(
        [_item_text(one, item.language, style, templates) for one, item in zip(cards, items, strict=True)]
    )


def _joined(texts: Sequence[str]) -> str:
    if len(texts) == 1:
        return texts[0]
    return "\n\n".join(
        (f"{len(texts)} stories", *(f"{number}. {text}" for number, text in enumerate(texts, 1)))
    )


def _item_text(one: Card, language: str, style: Style, templates: Templates, *, headline: bool = True) -> str:
    if style == "chat":  # the same address, without what a service would act on
        one = replace(one, url=one.url.replace("@", "%40").replace("*", "%2A").replace("~", "%7E"))
    quotes = tuple(_quoted(quote.text, quote.marks, style) for quote in one.quotes)
    rules: list[str] = []
    for rule in one.rules:
        name = "Update on" if rule.news else "Rule"
        rules.append(f"{name}: {rule.title}{f' · {rule.grade}' if rule.grade else ''} · {rule.key}")
        if rule.news:
            rules.append(f"New: {rule.news}")
        if rule.other_title:
            rules.append(f"It matched in: {rule.other_title}")
        if rule.why:
            rules.append(f"Why: {rule.why}")
    blocks = [
        [one.title if headline else "", one.outlet, *one.dates, one.url],
        quotes,
        rules,
        list(one.notes),
    ]
    built_in = "\n\n".join(text for block in blocks if (text := "\n".join(filter(None, block))))
    return templates.text(one, quotes, language, built_in)


def _quoted(text: str, marks: Sequence[tuple[int, int]], style: Style) -> str:
    def segment(part: str) -> str:
        part = bare(part).replace("⟦", "[").replace("⟧", "]")
        return inert(part) if style == "chat" else part

    return wrapped(f"“{mark(text, marks, '⟦', '⟧', segment)}”")


def _headline(item: AlertItem) -> str:
    return one_line(item.title) or "(no headline)"


def _subject(items: Sequence[AlertItem], headlines: Sequence[str], style: Style) -> str:
    """Return one line of at most 200 characters: the outlet's headline and the rule, or how many stories."""
    foreign = _foreign(style)
    repeat = all(any(alert.possible_repeat for alert in item.alerts) for item in items)
    start = "Possible repeat: " if repeat else ""
    if all(alert.kind == "update" for item in items for alert in item.alerts):
        start += "Update: "
    if len(items) > 1:
        line = f"{start}{len(items)} stories: "
        shown: list[str] = []
        for headline in headlines:
            more = foreign(one_line(headline, 80))
            if len(line) + sum(len(title) + 3 for title in shown) + len(more) > TITLE_LIMIT:
                break
            shown.append(more)
        return line + " · ".join(shown)
    titles = [title for _, title, _, _ in items[0].rules] or [alert.rule for alert in items[0].alerts]
    rule = foreign(one_line(titles[0], 50)) + (f" +{len(titles) - 1}" if len(titles) > 1 else "")
    for length in range(TITLE_LIMIT, 20, -10):
        line = f"{start}{foreign(one_line(headlines[0], length))} — {rule}"
        if len(line) <= TITLE_LIMIT:
            return line
    return f"{start}{rule}"[:TITLE_LIMIT]


def _headers(items: Sequence[AlertItem], region: str) -> tuple[tuple[str, str], ...]:
    """Return the mail headers: a list to filter by, and one thread for all messages about one story."""
    label = re.sub(r"[^a-z0-9]+", "-", region.lower()).strip("-") or "region"
    headers = [("List-Id", f"<{label}.alerts.localhost>"), ("Auto-Submitted", "auto-generated")]
    if len(items) == 1:
        thread = f"<story-{items[0].story}.{label}@alerts.invalid>"
        headers += [("References", thread), ("In-Reply-To", thread)]
    return tuple(headers)
