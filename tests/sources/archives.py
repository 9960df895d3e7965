"""Web archives made for tests."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5


@dataclass(frozen=True)
class Given:
    """What a crawler was answered."""

    url: str
    body: str
    status: str = "200 OK"
    content_type: str = "text/html; charset=utf-8"
    kind: str = "response"
    date: str = "2026-02-02T10:00:00Z"


page = Given


def write(path: Path, answers: Sequence[Given], *, packed: bool = True, encoding: str = "") -> Path:
    """Write an archive; `encoding` is that of the bodies: none, gzip or chunked."""
    records = [_record("warcinfo", path.name, "2026-02-02T10:00:00Z", b"software: test\r\n")]
    for one in answers:
        headers, body = [f"Content-Type: {one.content_type}"], one.body.encode()
        if encoding == "gzip":
            headers, body = [*headers, "Content-Encoding: gzip"], gzip.compress(body)
        elif encoding == "chunked":
            headers = [*headers, "Transfer-Encoding: chunked"]
            body = (b"%x\r\n%s\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
        first = "GET / HTTP/1.1" if one.kind == "request" else f"HTTP/1.1 {one.status}"
        answer = "\r\n".join([first, *headers, "", ""]).encode() + body
        records.append(_record(one.kind, one.url, one.date, answer))
    path.write_bytes(b"".join(gzip.compress(record) if packed else record for record in records))
    return path


def _record(kind: str, url: str, date: str, block: bytes) -> bytes:
    content = "application/warc-fields" if kind == "warcinfo" else f"application/http; msgtype={kind}"
    headers = [
        "WARC/1.0",
        f"WARC-Type: {kind}",
        f"WARC-Target-URI: {url}",
        f"WARC-Date: {date}",
        f"WARC-Record-ID: <urn:uuid:{uuid5(NAMESPACE_URL, url)}>",
        f"Content-Type: {content}",
        f"Content-Length: {len(block)}",
    ]
    return "\r\n".join([*headers, "", ""]).encode() + block + b"\r\n\r\n"
