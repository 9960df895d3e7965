"""Web archives to pages. The home of warcio.

A WARC holds what a crawler was answered: Common Crawl's news collection, an archive of one's own. Each of its
records stands alone, so reading can begin at any of them again.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord

from monitor.errors import InputError
from monitor.sources.urls import fault_of

_MAGIC = b"WARC/"
_BEGINNING = 4096  # bytes in which it stands, packed or not
_PAGE_TYPES = ("text/html", "application/xhtml+xml")
# What the library raises on bytes that are no archive, or no longer one.
_BROKEN = (ArchiveLoadFailed, EOFError, OSError, UnicodeError, ValueError, AttributeError, zlib.error)


@dataclass(frozen=True, slots=True)
class ArchivedPage:
    """An HTML page as a crawler was given it."""

    url: str
    body: bytes  # without its transfer and content encodings
    content_type: str
    captured: datetime | None
    record: str  # the record's id, "<urn:uuid:…>"
    offset: int = 0  # bytes from the file's beginning to the record


def pages(path: Path, start: int, limit: int) -> Iterator[ArchivedPage]:
    """Yield the HTML pages that were answered with 200, from the record at byte `start` on.

    Pages above `limit` bytes, and those whose encoding is broken, are left out. Raises InputError, which names
    the byte, when the file is no WARC or ends inside a record.
    """
    with path.open("rb") as file:
        if not _begins_as_warc(file.read(_BEGINNING)):
            raise InputError(f"{path} is no web archive: it does not begin with a WARC record")
        file.seek(start)
        offset = end = start
        try:
            records = ArchiveIterator(file)
            for record in records:
                page = _page(record, limit)
                # Asked for earlier, it would skip what was not read of the page.
                offset = records.get_record_offset()
                end = offset + records.get_record_length()
                if page is not None:
                    yield replace(page, offset=offset)
        except _BROKEN as error:
            raise InputError(f"{path} is damaged behind the record at byte {offset}") from error
        file.seek(end)
        if file.read(_BEGINNING).strip():
            raise InputError(f"{path} ends inside the record at byte {end}")


def _begins_as_warc(beginning: bytes) -> bool:
    with contextlib.suppress(zlib.error):
        if beginning[:2] == b"\x1f\x8b":
            beginning = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(beginning, len(_MAGIC))
    return beginning.startswith(_MAGIC)


def _page(record: ArcWarcRecord, limit: int) -> ArchivedPage | None:
    if record.rec_type != "response" or record.http_headers is None:
        return None
    content_type = record.http_headers.get_header("Content-Type") or ""
    url = (record.rec_headers.get_header("WARC-Target-URI") or "").strip("<> ")
    if (
        record.http_headers.get_statuscode() != "200"
        or content_type.partition(";")[0].strip().lower() not in _PAGE_TYPES
        or fault_of(url)
    ):
        return None
    try:
        body = record.content_stream().read(limit + 1)
    except _BROKEN:
        return None  # its own encoding; the record around it has its length
    if not body or len(body) > limit:
        return None
    return ArchivedPage(
        url=url,
        body=body,
        content_type=content_type,
        captured=_instant(record.rec_headers.get_header("WARC-Date") or ""),
        record=record.rec_headers.get_header("WARC-Record-ID") or "",
    )


def _instant(written: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
