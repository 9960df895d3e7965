"""One entry from whatever a feed's dialect calls its parts, cleaned and bounded alike for all."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from monitor.models import Entry, Stamp
from monitor.sources.dates import parse_date
from monitor.sources.markup import absolute_url, clean, html_text, title_text

MAX_ENTRIES = 2_000
MAX_TITLE = 2_000
MAX_GUID = 1_000
MAX_AUTHOR = 300

_MAIL = re.compile(r"[\w.+-]{1,64}@[\w.-]{1,253}")
_EMPTY_BRACKETS = re.compile(r"[(<\[]\s{0,20}[)>\]]")
_WHOLE_BRACKET = re.compile(r"\(([^()]*)\)")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{1,8}){0,4}")


def make_entry(
    *,
    base: str,
    url: str,
    guid: str = "",
    title: str = "",
    summary: str = "",
    content: str = "",
    author: str = "",
    published: str = "",
    updated: str = "",
    language: str = "",
    now: datetime | None = None,
) -> Entry:
    """Return the entry: text without markup, links absolute, dates read, everything bounded.

    `summary` and `content` are HTML or plain text; content is kept when it says more than the summary.
    """
    link = absolute_url(base, url)
    guid = clean(guid.strip())
    plain_summary = html_text(summary) if summary else ""
    plain_content = html_text(content) if content and content != summary else ""
    return Entry(
        guid=guid
        if len(guid) <= MAX_GUID
        else "sha256:" + sha256(guid.encode("utf-8", "replace")).hexdigest(),
        url=link or (absolute_url("", guid) if guid.startswith(("http://", "https://")) else ""),
        title=_cut(title_text(title), MAX_TITLE),
        summary=plain_summary,
        content=plain_content if len(plain_content) > len(plain_summary) else "",
        author=author_name(author),
        published=_stamp(published, now),
        updated=_stamp(updated, now),
        language=language_tag(language),
    )


def published_from_update(entry: Entry) -> Entry:
    """Let the date of an update stand in where a feed gives no other, and say so."""
    if entry.published is not None or entry.updated is None:
        return entry
    stamp = entry.updated
    confidence = "inferred" if stamp.confidence in {"exact", "day"} else stamp.confidence
    note = "; ".join(filter(None, [stamp.note, "date of an update"]))
    return replace(entry, published=replace(stamp, confidence=confidence, note=note))


def author_name(raw: str) -> str:
    """Return a byline without mail addresses, which are nobody's business here."""
    name = _MAIL.sub(" ", title_text(raw[: 4 * MAX_AUTHOR]))
    name = " ".join(_EMPTY_BRACKETS.sub(" ", name).split())
    whole = _WHOLE_BRACKET.fullmatch(name)
    return _cut(whole[1].strip() if whole else name, MAX_AUTHOR)


def language_tag(raw: str) -> str:
    """Return a language tag in lower case ("ur", "fa-ir"), empty when it is none."""
    tag = raw.strip().lower().replace("_", "-")[:40]
    return tag if _LANGUAGE.fullmatch(tag) else ""


def newest_entries(entries: list[Entry]) -> tuple[Entry, ...]:
    """Return at most 2,000 entries, the newest, in the feed's order."""
    if len(entries) <= MAX_ENTRIES:
        return tuple(entries)
    order = sorted(range(len(entries)), key=lambda i: _age(entries[i]), reverse=True)
    return tuple(entries[i] for i in sorted(order[:MAX_ENTRIES]))


def _age(entry: Entry) -> float:
    stamp = entry.published or entry.updated
    return stamp.at.timestamp() if stamp and stamp.at else float("-inf")


def _stamp(raw: str, now: datetime | None) -> Stamp | None:
    raw = clean(raw.strip())
    return parse_date(raw, source="feed", now=now) if raw else None


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
