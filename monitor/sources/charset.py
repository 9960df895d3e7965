"""Bytes to text: which encoding a body really has, whatever it claims."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass

# What may be asked for by name, as Python calls it. Everything else that the codec registry offers is
# either no character set (hex, rot13), dangerous (utf-7) or slow on long input (idna, punycode).
_ALLOWED = re.compile(
    r"utf-8|utf-8-sig|utf-16|utf-16-[bl]e|utf-32|utf-32-[bl]e|cp125\d|cp874|cp866|cp855|cp437|cp850|cp852|cp037"
    r"|iso8859-\d{1,2}|koi8-[rut]|mac-\w{3,12}|tis-620|shift_jis\w{0,7}|cp932|euc_jp\w{0,7}|iso2022_\w{2,6}"
    r"|euc_kr|cp949|johab|gb2312|gbk|gb18030|hz|big5|big5hkscs|cp950"
)
# Labels mean in practice what browsers make of them (WHATWG Encoding Standard).
_IN_PRACTICE = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "utf-8-sig": "utf-8",
    "utf_8_sig": "utf-8",
}
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,39}")
_CHARSET = re.compile(r"charset\s{0,8}=\s{0,8}[\"']?\s{0,8}([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# How "<?", "<h", "<r" … begin without a byte order mark.
_WIDE_STARTS = (
    (re.compile(rb"<\x00\x00\x00[?!A-Za-z]\x00\x00\x00"), "utf-32-le"),
    (re.compile(rb"\x00\x00\x00<\x00\x00\x00[?!A-Za-z]"), "utf-32-be"),
    (re.compile(rb"<\x00[?!A-Za-z]\x00"), "utf-16-le"),
    (re.compile(rb"\x00<\x00[?!A-Za-z]"), "utf-16-be"),
    (re.compile(rb"\x4c\x6f\xa7\x94"), "cp037"),  # "<?xm" in EBCDIC
)
# Encodings whose text is plain seven-bit bytes and would pass as UTF-8.
_SEVEN_BIT = ("iso2022_", "hz")
_HIGH = bytes(range(0x80, 0x100))
_ASCII = bytes(range(0x80))
_HIGH_RUN = re.compile(rb"[\x80-\xff]{3,}")
_BAD_BYTES_ALLOWED = 3  # or two in a hundred bytes above ASCII, whichever is more


@dataclass(frozen=True, slots=True)
class Decoded:
    """A body as text; `note` says what was odd, empty when nothing was."""

    text: str
    encoding: str
    note: str = ""


def codec_name(label: str) -> str:
    """Return Python's name for a declared encoding as browsers understand it, empty when it is none."""
    label = label.strip()
    if not _LABEL.fullmatch(label):
        return ""
    try:
        name = codecs.lookup(label).name
    except LookupError:
        return ""
    name = _IN_PRACTICE.get(name, name)
    return name if _ALLOWED.fullmatch(name) else ""


def header_charset(content_type: str) -> str:
    """Return the charset parameter of a Content-Type value, empty when there is none."""
    found = _CHARSET.search(content_type[:500])
    return found.group(1) if found else ""


def decode(body: bytes, declared: Iterable[str] = (), hint: str = "cp1256") -> Decoded:
    """Decode a body that may lie about its encoding; never fails.

    Order of trust: byte order mark, near-strict UTF-8, the declared encodings in their order, the hint
    for text in another script than Latin, windows-1252. UTF-8 goes before any declaration because
    text in another encoding practically never passes as UTF-8, while declarations are often wrong.
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark) and not (mark == codecs.BOM_UTF16_LE and body[2:4] == b"\0\0"):
            return _settled(body[len(mark) :], encoding, "")
    for start, encoding in _WIDE_STARTS:
        if start.match(body):
            return _settled(body, encoding, "")
    names = [name for label in declared if (name := codec_name(label))]
    for name in names:
        if name.startswith(_SEVEN_BIT) and (b"\x1b" in body or b"~{" in body):
            return _settled(body, name, "")
    near = _near_utf8(body)
    if near is not None:
        return near
    for name in names:
        if name in {"utf-8", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"}:
            continue  # refuted by the bytes
        if name == "cp1252" and _in_runs(body):
            break  # a server's default; Western text has no runs of letters above ASCII
        return _settled(body, name, "")
    guess = hint if _in_runs(body) else "cp1252"
    claim = f", declared {names[0]}" if names else ""
    return _settled(body, guess, f"read as {guess}{claim}")


def _settled(body: bytes, encoding: str, note: str) -> Decoded:
    text = body.decode(encoding, "replace")
    return Decoded(text.lstrip("\ufeff"), encoding, note)


def _near_utf8(body: bytes) -> Decoded | None:
    """Return the text if the bytes are UTF-8 but for a few; None when they are something else."""
    try:
        return Decoded(body.decode("utf-8").lstrip("\ufeff"), "utf-8")
    except UnicodeDecodeError:
        text = body.decode("utf-8", "replace")
    bad = text.count("\ufffd") - body.count("\ufffd".encode())
    ascii_count = len(body.translate(None, _HIGH))
    good = len(text) - ascii_count - bad
    high = len(body) - ascii_count
    if bad > max(_BAD_BYTES_ALLOWED, high // 50) and bad * 2 > good:
        return None
    if bad > good:
        return None  # a handful of high bytes, none of which UTF-8 explains
    return Decoded(text.lstrip("\ufeff"), "utf-8", f"{bad} invalid UTF-8 bytes replaced")


def _in_runs(body: bytes) -> bool:
    """Tell whether most bytes above ASCII stand side by side, as the letters of non-Latin words do."""
    runs = sum(len(run.group()) for run in _HIGH_RUN.finditer(body))
    return runs * 2 > len(body.translate(None, _ASCII))
