"""Foreign text made fit to be shown: in a terminal, a log, a message, Markdown or a page.

Text from feeds and pages may turn the reading direction around, hide characters, break lines, colour a
terminal, or look like a link, a heading or a mention. What leaves here can do none of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

import regex

_ISOLATE, _POP = "\u2068", "\u2069"

# Format characters: of direction, invisible, or deprecated. ZWNJ, ZWJ and the visible Arabic number signs are
# text. Tag characters can carry hidden words.
_UNSEEN = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]+"
)
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_SPACES = re.compile(r"\s+")
_CLUSTER = regex.compile(r"\X")
_QUOTATION = re.compile("“([^”]*)”")
# JSON allows these raw; line readers and terminals do not: some break lines on them, some reorder text.
_AWKWARD = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def _clean(text: str) -> str:
    text = _CONTROLS.sub(" ", _UNSEEN.sub("", text))
    return _SURROGATES.sub("\ufffd", text)


def isolate(text: str) -> str:
    """Wrap foreign text so that its direction cannot reach its surroundings: U+2068 … U+2069.

    Direction controls inside are removed, ZWNJ and ZWJ kept, other controls become spaces.
    """
    return f"{_ISOLATE}{_clean(text)}{_POP}"


def isolate_quotations(sentence: str) -> str:
    """Isolate each “quotation” of a sentence of our own, whose text must be clean already."""
    return _QUOTATION.sub(lambda found: f"“{_ISOLATE}{found[1]}{_POP}”", sentence)


def one_line(text: str, limit: int | None = None) -> str:
    """Return the text on one line without controls, cut with … to at most `limit` characters."""
    line = _SPACES.sub(" ", _clean(text)).strip()
    if limit is None or len(line) <= limit:
        return line
    if limit < 1:
        return ""
    room = limit - 1
    cut = line.rfind(" ", 0, room + 1)
    if cut <= room // 2:  # one long word: cut between what is seen as characters
        cut = 0
        for cluster in _CLUSTER.finditer(line):
            if cluster.end() > room:
                break
            cut = cluster.end()
    return line[:cut].rstrip(" ,;:،؛-–—") + "…"


_LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}\.?", re.IGNORECASE)
_LOOSE_PERCENT = re.compile(r"%(?![0-9a-fA-F]{2})")


def safe_url(url: str) -> str:
    """Return the URL if it is an absolute http or https one that is safe to show as a link, else "".

    What has no place in a URL is percent-encoded: spaces, quotes, brackets, every script. A user name, an odd
    host or a control character inside makes it unfit.
    """
    url = url.strip()
    if _CONTROLS.search(url):
        return ""
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii")
        path, query, fragment = (_quoted(part) for part in (parts.path, parts.query, parts.fragment))
    except ValueError:  # also UnicodeError: a host that is no name, a lone surrogate
        return ""
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc or not _HOST.fullmatch(host):
        return ""
    return "".join(
        (
            f"{parts.scheme}://{host}",
            f":{port}" if port is not None else "",
            path,
            f"?{query}" if query else "",
            f"#{fragment}" if fragment else "",
        )
    )


def _quoted(part: str) -> str:
    return quote(_LOOSE_PERCENT.sub("%25", part), safe="/%:@!$&*+,;=~?-._")


def mark(
    text: str, spans: Sequence[tuple[int, int]], before: str, after: str, escape: Callable[[str], str]
) -> str:
    """Escape a text and put `before` and `after` around its spans; overlapping spans become one."""
    pieces = []
    done = 0
    for start, end in _merged(spans, len(text)):
        pieces += [escape(text[done:start]), before, escape(text[start:end]), after]
        done = end
    pieces.append(escape(text[done:]))
    return "".join(pieces)


def _merged(spans: Sequence[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted((max(0, start), min(end, length)) for start, end in spans):
        if start >= end:
            continue
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


# What means something to CommonMark or its usual extensions, wherever in a line the text may come to stand:
# tables, strike-through, mathematics, footnotes, bare links, mentions, issue numbers, emoji names, attributes.
_MARKUP = re.compile(
    r"[\\`*_{}\[\]#|~^$@]|:(?=//|[a-z+][\w+-]*:)|(?<=www)\.|(?<=\d)[.)](?=\s|$)|(?<!\S)[-+=]+",
    re.IGNORECASE,
)
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def markdown(text: str) -> str:
    """Return text escaped so that CommonMark shows it literally, on one line and without controls."""
    line = _SPACES.sub(" ", _clean(text)).translate(_ENTITIES)
    return _MARKUP.sub(lambda found: "".join("\\" + character for character in found[0]), line)


# Zones whose data names them by their offset only.
_ZONE_NAMES = {
    ("Asia/Tehran", timedelta(hours=3, minutes=30)): "IRST",
    ("Asia/Tehran", timedelta(hours=4, minutes=30)): "IRDT",
    ("Asia/Kabul", timedelta(hours=4, minutes=30)): "AFT",
}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def local_time(at: datetime, zone: ZoneInfo) -> str:
    """Return an instant in a zone, with its offset: Mon 02 Feb 2026, 15:04 PKT (+05:00)."""
    if at.tzinfo is None:
        raise ValueError("a time without a zone is no instant")
    local = at.astimezone(zone)
    offset = local.utcoffset() or timedelta()
    name = _ZONE_NAMES.get((zone.key, offset)) or local.tzname() or ""
    day = f"{_DAYS[local.weekday()]} {local.day:02} {_MONTHS[local.month - 1]} {local.year}"
    named = f" {name}" if name.isalpha() else ""
    hours = f"{local:%z}"
    return f"{day}, {local:%H:%M}{named} ({hours[:3]}:{hours[3:5]})"


def instant(at: datetime) -> str:
    """Return an instant as the whole program writes it for others: UTC, seconds, Z."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def json_line(value: object) -> str:
    """Return JSON on one line, in its own scripts; what would break or turn a line round is escaped."""
    text = _SURROGATES.sub("\ufffd", json.dumps(value, ensure_ascii=False, separators=(", ", ": ")))
    return _AWKWARD.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def log_safe(text: str, limit: int = 500) -> str:
    """Return foreign text as one quoted line for a log; whatever is not printable is escaped."""
    return repr(text[:limit]) + ("…" if len(text) > limit else "")
