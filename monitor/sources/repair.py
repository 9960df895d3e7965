"""What publishers do to XML, undone before a parser sees it: one bad byte must not cost a whole feed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html.entities import html5

from monitor.sources.charset import decode, header_charset

_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s{0,8}=\s{0,8}[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_DECLARATION = re.compile(r"<\?xml\s[^>]{0,400}\?>")
_ROOT = re.compile(r"<(?:\w{1,20}:)?(rss|rdf|feed|urlset|sitemapindex|opml)(?=[\s>/])", re.IGNORECASE)
_CLOSING_ROOT = re.compile(r"</(?:\w{1,20}:)?(rss|rdf|feed|urlset|sitemapindex|opml)\s{0,20}>", re.IGNORECASE)
# What may stand around a root element: comments, instructions, a document type.
_PROLOG_PART = re.compile(
    r"<!--[^>]{0,4000}-->|<\?[^>]{0,2000}\?>|<!DOCTYPE[^>\[]{0,2000}(?:\[[^\]]{0,16000}\]\s{0,20})?>",
    re.IGNORECASE,
)
_PLAIN_ENTITY = re.compile(
    r"<!ENTITY\s{1,20}(\w{1,40})\s{1,20}[\"']([^\"'<&%]{0,40}|&#x?[0-9A-Fa-f]{1,6};)[\"']\s{0,20}>"
)
# What XML cannot hold; the last two are the non-characters that parsers also refuse.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CHARREF = re.compile(r"&#(?:[xX]([0-9A-Fa-f]{1,400})|([0-9]{1,400}))(;?)")
_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]{0,31});")
_BARE_AMPERSAND = re.compile(r"&(?!#[0-9]{1,12};|#[xX][0-9A-Fa-f]{1,12};|(?:amp|lt|gt|quot|apos);)")
# A tag so long is an attack or an embedded picture; neither says anything that is read here.
_HUGE_TAG = re.compile(r"<([A-Za-z][\w:.-]{0,60})\s[^<>]{20000,}>")
# feedparser looks for e-mail addresses in these with an expression that takes seconds on 32 kB.
_LONG_AUTHOR = re.compile(
    r"(<(?:\w{1,20}:)?(?:author|creator|managingEditor|webMaster|publisher)>\s{0,50}(?:<!\[CDATA\[)?[^<\]]{0,300})"
    r"[^<\]]{100,}",
    re.IGNORECASE,
)
_NO_CHARACTER = "\ufffd"
_PROLOG = 16_000  # how far into a text a prolog is looked for
_PREFIX = 200_000  # how far into a text its declaration is looked for, behind a server's warnings
_EPILOG = 16_000  # how far from its end a root's end tag is
DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'


@dataclass(frozen=True, slots=True)
class Repaired:
    """A feed's text without declaration, fit for an XML parser; `notes` say what was wrong with it."""

    text: str
    encoding: str
    notes: tuple[str, ...]

    def xml(self) -> bytes:
        """Return the text as UTF-8 with a declaration that is true."""
        return (DECLARATION + self.text).encode("utf-8", "replace")


def repair(body: bytes, content_type: str) -> Repaired:
    """Turn a feed's body into XML text: right encoding, nothing before the root, no forbidden characters.

    Well-formed feeds come out with the same content. Never fails; work is linear in the body's length.
    """
    inside = _DECLARED.search(body[:2000].replace(b"\0", b""))
    declared = [header_charset(content_type), inside.group(1).decode("ascii") if inside else ""]
    decoded = decode(body, [label for label in declared if label])
    notes = [decoded.note] if decoded.note else []
    text = decoded.text
    changed, text = _replaced(_FORBIDDEN, _NO_CHARACTER, text)
    if changed:
        notes.append(f"{changed} control characters replaced")
    text = _from_root(text, notes)
    if "<!ENTITY" in text[:_PROLOG]:
        text = _without_subset(text, notes)
    changed, text = _mend_references(text)
    if changed:
        notes.append(f"{changed} invalid character references replaced")
    text = _outside_cdata(text, _mend_ampersands)
    text = _HUGE_TAG.sub(r"<\1>", text)
    text = _LONG_AUTHOR.sub(r"\1", text)
    return Repaired(text, decoded.encoding, tuple(notes))


def _replaced(pattern: re.Pattern[str], replacement: str, text: str) -> tuple[int, str]:
    new, count = pattern.subn(replacement, text)
    return count, new


def _from_root(text: str, notes: list[str]) -> str:
    """Drop the declaration, what stands before the document, and what stands after its end."""
    root = _ROOT.search(text)
    declaration = _DECLARATION.search(text, 0, min(root.start(), _PREFIX) if root else _PROLOG)
    start = declaration.end() if declaration else 0
    if root is None:
        return text[start:]
    prolog = text[start : root.start()]
    if len(prolog) > _PROLOG or _PROLOG_PART.sub("", prolog).strip():
        start, prolog = root.start(), ""
        notes.append("text before the feed dropped")
    elif declaration and text[: declaration.start()].strip():
        notes.append("text before the feed dropped")
    end = _end_of(text, root[1].lower())
    if _PROLOG_PART.sub("", text[end:]).strip(" \t\r\n" + _NO_CHARACTER):
        notes.append("text after the feed dropped")
    return _DECLARATION.sub("", prolog) + text[root.start() : end]


def _end_of(text: str, root: str) -> int:
    """Return where the root element ends; the text's end when it never does."""
    end = len(text)
    for found in _CLOSING_ROOT.finditer(text, max(0, len(text) - _EPILOG)):
        if found[1].lower() == root:
            end = found.end()
    return end


def _without_subset(text: str, notes: list[str]) -> str:
    """Resolve the plain entities a document type declares, and drop it: the others can be bombs."""
    start = text.find("<!DOCTYPE", 0, _PROLOG)
    root = _ROOT.search(text)
    if start < 0 or root is None or root.start() < start:
        return text
    plain = dict(_PLAIN_ENTITY.findall(text[start : root.start()]))
    notes.append("entity declarations dropped")
    return text[:start] + _NAMED.sub(lambda found: plain.get(found[1], found[0]), text[root.start() :])


def _mend_references(text: str) -> tuple[int, str]:
    """Make every numeric character reference a legal one, also where it is itself escaped."""
    if "&#" not in text:
        return 0, text
    bad = 0

    def mend(found: re.Match[str]) -> str:
        nonlocal bad
        number, base = (found[1], 16) if found[1] else (found[2], 10)
        code = int(number, base) if len(number) <= 12 else 0x110000
        if (
            code in {9, 10, 13}
            or 0x20 <= code < 0xD800
            or 0xE000 <= code < 0xFFFE
            or 0x10000 <= code < 0x110000
        ):
            return found[0] if found[3] else found[0] + ";"
        bad += 1
        return _NO_CHARACTER

    text = _CHARREF.sub(mend, text)
    return bad, text


def _mend_ampersands(text: str) -> str:
    """Resolve the names only HTML knows, and escape every ampersand that begins nothing."""
    if "&" not in text:
        return text
    return _BARE_AMPERSAND.sub("&amp;", _NAMED.sub(_resolve, text))


def _resolve(found: re.Match[str]) -> str:
    name = found[1]
    if name in {"amp", "lt", "gt", "quot", "apos"}:
        return found[0]
    character = html5.get(name + ";", "")
    if not character:
        return "&amp;" + name + ";"
    return character if not set(character) & set("<>&\"'") else f"&#{ord(character[0])};"


def _outside_cdata(text: str, change: Callable[[str], str]) -> str:
    """Apply a change to everything but CDATA sections."""
    if "<![CDATA[" not in text:
        return change(text)
    parts: list[str] = []
    position = 0
    while (start := text.find("<![CDATA[", position)) >= 0:
        end = text.find("]]>", start)
        if end < 0:
            break
        parts.append(change(text[position:start]))
        parts.append(text[start : end + 3])
        position = end + 3
    parts.append(change(text[position:]))
    return "".join(parts)
