"""Undo a body's content coding piece by piece, so that no body is larger in memory than it may be."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

_PIECE = 64 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
_COMPRESSIONS = {"br", "zstd", "compress", "x-compress", "bzip2", "x-bzip2", "xz", "lzma", "dcb", "dcz"}


def coding_of(header: str) -> str:
    """Return "gzip", "deflate" or "" for a Content-Encoding header.

    Raises ValueError, with the coding's name, for one that was not asked for. Words that name no
    compression at all ("utf-8", "none") stand in this header on real sites and mean nothing.
    """
    codings = [word.strip().lower() for word in header.split(",")]
    codings = [{"x-gzip": "gzip"}.get(word, word) for word in codings]
    known = [word for word in codings if word in {"gzip", "deflate"}]
    strange = [word for word in codings if word in _COMPRESSIONS]
    if strange or len(known) > 1:
        raise ValueError(", ".join(codings))
    return known[0] if known else ""


class Inflater:
    """Decodes one body; `complete` tells, after `finish`, whether its end was reached."""

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._head = b""
        self._begun = False
        self._stream: zlib._Decompress | None = None  # None: passed on as it is
        self._ended = False
        self._broken = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what can be decoded so far, in pieces of at most 64 KB."""
        if not self._begun:
            self._head += data
            if len(self._head) < 2:
                return
            data, self._head = self._head, b""
            self._begin(data)
        yield from self._decode(data)

    def finish(self) -> Iterator[bytes]:
        """Yield what was held back: a body too short to be recognised."""
        if self._head:
            self._begun = True
            yield self._head

    @property
    def complete(self) -> bool:
        """Tell whether the coding's own end was seen; a body without coding has none to miss."""
        return self._stream is None or (self._ended and not self._broken)

    def _begin(self, start: bytes) -> None:
        self._begun = True
        # A server that announces gzip and sends plain text is an old fault, and its text is readable.
        if self._coding == "gzip" and start.startswith(_GZIP_MAGIC):
            self._stream = zlib.decompressobj(31)
        elif self._coding == "deflate":
            # RFC 9110 means zlib's format by this word; some servers send the bare stream.
            wrapped = start[0] & 0x0F == 8 and int.from_bytes(start[:2], "big") % 31 == 0
            self._stream = zlib.decompressobj(15 if wrapped else -15)

    def _decode(self, data: bytes) -> Iterator[bytes]:
        if self._stream is None:
            yield data
            return
        while not self._broken:
            if self._ended:
                if self._coding != "gzip" or not data.startswith(_GZIP_MAGIC):
                    return  # padding after the end
                self._stream, self._ended = zlib.decompressobj(31), False
            try:
                piece = self._stream.decompress(data, _PIECE)
            except zlib.error:
                self._broken = True
                return
            if piece:
                yield piece
            self._ended = self._stream.eof
            data = self._stream.unused_data if self._ended else self._stream.unconsumed_tail
            if not data and len(piece) < _PIECE:
                return
