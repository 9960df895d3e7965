"""Draw the HTML part of a mail: one small document, no script, no image, nothing fetched.

Every value goes through `_e`; an address becomes a link only as `safe_url` gave it. Colours stand inline for
clients that drop style sheets; the style sheet only adds what inline rules cannot say (dark, small screens).
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from markupsafe import Markup

from monitor.alerts.card import Card, RuleLine
from monitor.alerts.foreign import bare
from monitor.alerts.templates import Templates
from monitor.models import Quote
from monitor.text.show import mark

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','Noto Naskh Arabic',sans-serif"
_SHEET = """
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (max-width: 480px) { .card { padding: 16px 14px !important; } }
@media (prefers-color-scheme: dark) {
  body, .page { background: #15181c !important; color: #e6e8ea !important; }
  .sheet { background: #1d2126 !important; border-color: #363c44 !important; }
  .card { border-color: #363c44 !important; }
  .soft { color: #a9b1ba !important; }
  .rule { background: #2a3038 !important; color: #dfe4ea !important; }
  .quote { border-color: #5c6873 !important; }
  a, .title { color: #9cc4ff !important; }
  mark { background: #6b5300 !important; color: #fff6d6 !important; }
}
"""
# Scripts whose letters need more room than Latin ones at the same size.
_TALL = {"ar", "bal", "brh", "fa", "ks", "ku", "pa", "ps", "sd", "skr", "ug", "ur"}
_CLOSING = (
    "What is quoted is its speakers' and outlets' own wording. "
    "A key such as #a1b2c3 names one alert: seen twice, it is the same alert delivered again."
)


def stories(
    cards: Sequence[Card], languages: Sequence[str], *, title: str, region: str, templates: Templates
) -> str:
    """Return a document about these stories; the cards' texts are isolated and not yet escaped."""
    drawn = [_story(one, language, templates) for one, language in zip(cards, languages, strict=True)]
    if len(cards) > 1:
        drawn.insert(0, _row(f'<p style="margin:0;font-size:17px">{len(cards)} stories</p>', first=True))
    return _document("".join(drawn), title, region)


def paragraphs(lines: Sequence[str], title: str, region: str) -> str:
    """Return a document of a heading and paragraphs."""
    rows = "".join(f'<p dir="auto" style="margin:0 0 12px">{_e(line)}</p>' for line in lines)
    return _document(_row(_heading(_e(title), "") + rows, first=True), title, region)


def _e(text: str) -> str:
    return html.escape(text, quote=True)


def _document(rows: str, title: str, region: str) -> str:
    about = f"Alerts on {_e(region)}. " if region else ""
    return (
        '<!doctype html>\n<html lang="en" dir="ltr"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        '<meta name="supported-color-schemes" content="light dark">'
        f"<title>{_e(title)}</title><style>{_SHEET}</style></head>"
        f'<body style="margin:0;background:#f1f3f5;color:#1c2126;{_FONT}">'
        '<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0"'
        ' style="background:#f1f3f5;color:#1c2126"><tr><td align="center" style="padding:16px 8px">'
        '<table role="presentation" class="sheet" width="100%" cellpadding="0" cellspacing="0"'
        ' style="max-width:640px;background:#ffffff;border:1px solid #d9dee3;border-radius:6px;'
        f'font-size:15px;line-height:1.5;text-align:left">{rows}</table>'
        '<p class="soft" style="max-width:640px;margin:12px auto 0;padding:0 8px;font-size:12px;'
        f'line-height:1.5;color:#5c6670;text-align:left">{about}{_e(_CLOSING)}</p>'
        "</td></tr></table></body></html>\n"
    )


def _row(content: str, *, first: bool = False) -> str:
    border = "" if first else "border-top:1px solid #d9dee3;"
    return f'<tr><td class="card" style="{border}padding:20px 24px">{content}</td></tr>\n'


def _story(one: Card, language: str, templates: Templates) -> str:
    quotes = tuple(Markup(f"“{marked(quote)}”") for quote in one.quotes)  # noqa: S704  marked escapes them
    own = templates.html(one, quotes, language)
    return _card(one, language) if own is None else _row(own)


def _card(one: Card, language: str) -> str:
    parts = [_heading(_title(one), language)]
    parts.append(_soft([one.outlet, *one.dates]))
    parts += [_quote(quote, language) for quote in one.quotes]
    parts += [_rule(rule, language) for rule in one.rules]
    if one.url:
        parts.append(f'<p style="margin:12px 0 0;font-size:13px;word-break:break-all">{_link(one.url)}</p>')
    parts += [f'<p style="margin:8px 0 0;font-size:14px">{_e(line)}</p>' for line in one.notes]
    return _row("".join(parts))


def _title(one: Card) -> str:
    title = _e(bare(one.title))  # dir=auto reads past no isolate
    if not one.url:
        return title
    return (
        f'<a class="title" href="{_e(one.url)}" rel="noopener noreferrer"'
        f' style="color:#0b4f9e;text-decoration:none">{title}</a>'
    )


def _link(url: str) -> str:
    return f'<a href="{_e(url)}" rel="noopener noreferrer" style="color:#0b4f9e">{_e(url)}</a>'


def _heading(content: str, language: str) -> str:
    size = "21px;line-height:1.7" if _tall(language) else "19px;line-height:1.35"
    style = f"margin:0 0 8px;font-size:{size};font-weight:600;text-align:start"
    return f'<h2 dir="auto"{_lang(language)} style="{style}">{content}</h2>'


def _soft(lines: Sequence[str]) -> str:
    shown = "<br>".join(map(_e, lines))
    return f'<p class="soft" style="margin:0 0 12px;font-size:13px;color:#5c6670">{shown}</p>'


def _quote(quote: Quote, language: str) -> str:
    size = "17px;line-height:1.9" if _tall(language) else "15px;line-height:1.55"
    # The bar stands at the start of the text, which is the right for text that runs to the left.
    return (
        f'<blockquote class="quote" dir="auto"{_lang(language)} style="margin:0 0 12px;padding:0 12px;'
        f'border-inline-start:3px solid #aab4be;font-size:{size};text-align:start">'
        f"“{marked(quote)}”</blockquote>"
    )


def marked(quote: Quote) -> str:
    """Return a quote escaped, with its marks as <mark>."""
    opening = '<mark style="background:#fff0a8;color:inherit">'
    return mark(quote.text, quote.marks, opening, "</mark>", lambda part: _e(bare(part)))


def _rule(rule: RuleLine, language: str) -> str:
    grade = f" · {_e(rule.grade)}" if rule.grade else ""
    name = "Update on " if rule.news else ""
    lines = [f"{name}<strong>{_e(rule.title)}</strong>{grade} · <code>{_e(rule.key)}</code>"]
    if rule.news:
        lines.append(f"New: {_e(rule.news)}")
    if rule.other_title:
        lines.append(f"It matched in: <span{_lang(language)}>{_e(rule.other_title)}</span>")
    if rule.why:
        lines.append(f"Why: {_e(rule.why)}")
    return (
        '<p class="rule" style="margin:0 0 6px;padding:6px 10px;border-radius:4px;background:#eef2f6;'
        f'font-size:14px">{"<br>".join(lines)}</p>'
    )


def _lang(language: str) -> str:
    return f' lang="{language}"' if _LANGUAGE.fullmatch(language) else ""


def _tall(language: str) -> bool:
    return language.partition("-")[0].lower() in _TALL
