"""A feed's text cut at its items, without parsing it: to keep the newest of too many, or to find the bad one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from monitor.sources.dates import parse_date

_BORDER = re.compile(r"<!\[CDATA\[|<!--|<(/?)(item|entry)(?=[\s/>])", re.IGNORECASE)
_CLOSING = re.compile(r"</(?:channel|rss|feed|rdf:rdf)\s{0,20}>", re.IGNORECASE)
_DATE = re.compile(
    r"<(?:pubDate|published|issued|dc:date|dcterms:issued|date|updated|modified|dcterms:modified|dcterms:created)>"
    r"\s{0,40}(?:<!\[CDATA\[)?([^<\]]{4,100})",
    re.IGNORECASE,
)
_NO_DATE = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cut:
    """A feed's text as head, items and tail; joined again they are the text."""

    head: str
    items: tuple[str, ...]  # each from its start tag to the next item's, so nothing between them is lost
    tail: str
    last_is_open: bool  # the text ends inside the last item

    def only(self, items: tuple[str, ...]) -> str:
        """Return the feed's text with these items alone."""
        return self.head + "".join(items) + self.tail


def cut(text: str) -> Cut | None:
    """Cut a feed at its items; None when it has none. Looks past CDATA and comments; linear."""
    starts: list[int] = []
    end = 0
    is_open = False
    name = ""
    position = 0
    while found := _BORDER.search(text, position):
        position = found.end()
        kind = (found[2] or "").lower()
        if not kind:
            close = text.find("]]>" if found[0].startswith("<![") else "-->", position)
            if close < 0:
                break
            position = close + 3
        elif name and kind != name:
            continue
        elif found[1]:
            end, is_open = text.find(">", position) + 1 or len(text), False
        else:
            name, is_open = kind, True
            starts.append(found.start())
    if not starts:
        return None
    never_closed = end <= starts[0]  # a publisher's habit, not a body that ended early
    end = len(text) if is_open or never_closed else end
    items = tuple(text[a:b] for a, b in pairwise([*starts, end]))
    cut_off = is_open and not _CLOSING.search(items[-1])
    return Cut(text[: starts[0]], items, text[end:], cut_off)


def newest(items: tuple[str, ...], limit: int) -> tuple[str, ...]:
    """Return the newest items, in their order; undated ones count as old, the first of equals wins."""
    if len(items) <= limit:
        return items
    order = sorted(range(len(items)), key=lambda i: _date_of(items[i]), reverse=True)
    return tuple(items[i] for i in sorted(order[:limit]))


def _date_of(item: str) -> datetime:
    found = _DATE.search(item)
    return (parse_date(found[1]).at if found else None) or _NO_DATE
