"""Markup to plain text, and links to absolute ones: what feeds and pages both need."""

from __future__ import annotations

import re
from html import unescape as html_unescape
from urllib.parse import quote, urljoin, urlsplit

from lxml import etree

MAX_FRAGMENT = 200_000  # characters; a longer one is cut, its text would be no article
MAX_URL = 8_000

_BLOCK_NAMES = """
address article aside blockquote body br caption center dd details dialog dir div dl dt fieldset figcaption figure
footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol option p pre section summary table
tbody td tfoot th thead title tr ul
"""
_SILENT_NAMES = """
applet audio button canvas embed frame frameset head iframe map math noembed noframes object script select style svg
template textarea video
"""
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_SILENT = frozenset(_SILENT_NAMES.split())
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9:-]{0,30}(?=[\s/>])|<!--|<!\[CDATA\[")
_ESCAPED_TAG = re.compile(
    r"&lt;/?(?:p|br|div|a|b|i|em|strong|span|img|ul|ol|li|h[1-6]|blockquote)\b", re.IGNORECASE
)
_TITLE_TAG = re.compile(
    r"</?(?:p|br|div|a|b|i|u|em|strong|span|font|img|sup|sub|small|big|h[1-6]|q|cite|mark|abbr|script|style|iframe|bdi|bdo)"
    r"(?:\s[^<>]{0,2000})?/?>",
    re.IGNORECASE,
)
_LONG_REFERENCE = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9A-Fa-f]{7,});?")
# C0 but tab, line feed and carriage return, surrogates and non-characters.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# C1 controls are windows-1252 punctuation that somebody numbered wrongly.
_C1 = re.compile("[\x80-\x9f]")
# Runs of spaces and what looks like one; a single space is left where it is.
_SPACES = re.compile(r"[\t\r\f\v\u00a0][ \t\r\f\v\u00a0]*| [ \t\r\f\v\u00a0]+")
_SOURCE_BREAKS = re.compile(r"[\t\r\n]+")
_ANY_TAG = re.compile(r"<[^<>]{0,5000}>")
_SILENT_TAG = re.compile(r"<(?:" + "|".join(sorted(_SILENT)) + r")\b", re.IGNORECASE)
_BREAKS = re.compile(r" ?\n[ \n]*")
_URL_SPACE = re.compile(r"[\x00-\x20\x7f]+")
_URL_CONTROL = re.compile("[\x80-\x9f\u2028\u2029]")


def html_text(fragment: str) -> str:
    """Return a fragment's text: blocks on lines of their own, entities decoded, scripts gone.

    Takes broken markup and plain text alike; never fails. Of a fragment above 200,000 characters the
    rest is not read. Markup that was escaped twice is read once more.
    """
    fragment = _legal(fragment[:MAX_FRAGMENT])
    if not _TAG.search(fragment):
        if not _ESCAPED_TAG.search(fragment):
            return _tidy(unescape(fragment))
        fragment = _legal(unescape(fragment))
    return _tidy(_text_of(fragment))


def title_text(raw: str) -> str:
    """Return a headline on one line: entities decoded however often they were escaped, tags gone.

    Only tags that headlines carry are taken for tags, so that "a < b" and "<3" stay.
    """
    text = raw[:20_000]
    for _ in range(3):
        text, before = unescape(_TITLE_TAG.sub("", text)), text
        if text == before:
            break
    return " ".join(_tidy(text).split())


def unescape(text: str) -> str:
    """Decode character references; illegal ones become U+FFFD, whatever their length."""
    if "&" not in text:
        return text
    return html_unescape(_LONG_REFERENCE.sub("\ufffd", text))


def absolute_url(base: str, link: str) -> str:
    """Return the link as an absolute http or https URL, or nothing when it is none."""
    link = _URL_SPACE.sub(" ", link).strip()
    if not link or len(link) > MAX_URL:
        return ""
    link = link.replace(" ", "%20")
    try:
        url = urljoin(base, link)
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port  # a port that is no number raises here and not in somebody's face later
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host:
        return ""
    return _URL_CONTROL.sub(lambda found: quote(found[0]), _FORBIDDEN.sub("", url))


def clean(text: str) -> str:
    """Replace control characters, surrogates and non-characters by U+FFFD, and C1 by what was meant."""
    text = _FORBIDDEN.sub("\ufffd", text)
    return _C1.sub(lambda found: bytes([ord(found[0])]).decode("cp1252", "replace"), text)


def _legal(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", _LONG_REFERENCE.sub("\ufffd", text))


def _tidy(text: str) -> str:
    text = clean(
        text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    )
    return _BREAKS.sub("\n", _SPACES.sub(" ", text)).strip()


def _text_of(fragment: str) -> str:
    parser = etree.HTMLParser(
        recover=True,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
        huge_tree=False,
        encoding="utf-8",
    )
    try:
        root = etree.fromstring(f"<html><body>{fragment}</body></html>".encode("utf-8", "replace"), parser)
    except etree.LxmlError:
        return _without_tags(fragment)
    if root is None:
        return _without_tags(fragment)
    pieces: list[str] = []
    silent = 0
    for event, node in etree.iterwalk(root, events=("start", "end")):
        tag = node.tag if isinstance(node.tag, str) else ""
        if event == "start":
            silent += tag in _SILENT
            if tag in _BLOCKS:
                pieces.append("\n")
            if not silent and node.text:
                pieces.append(_SOURCE_BREAKS.sub(" ", node.text))
        else:
            silent -= tag in _SILENT
            if tag in _BLOCKS:
                pieces.append("\n")
            if not silent and node.tail:
                pieces.append(_SOURCE_BREAKS.sub(" ", node.tail))
    text = "".join(pieces)
    if not text.strip() and not _SILENT_TAG.search(fragment):
        return _without_tags(fragment)  # nested too deeply for the parser
    return text


def _without_tags(fragment: str) -> str:
    """Drop everything between angle brackets: for what no parser takes."""
    return unescape(_ANY_TAG.sub(" ", fragment))
