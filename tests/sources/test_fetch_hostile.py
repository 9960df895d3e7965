"""The hostile half of fetching: what it costs, and what is left of it."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import FetchError
from monitor.models import Response
from monitor.sources.inflate import Inflater
from tests.sources.fetch_servers import Handler, Request, Server, client, endless, raw, reply

OK = b"HTTP/1.1 200 OK\r\n"
TEXT = b"<rss>" + b"".join(b"<item><title>Report %d</title></item>" % n for n in range(400))
NOISE = bytes(zlib.crc32(n.to_bytes(4, "big")) % 256 for n in range(200_000))  # does not compress


def fetch(
    handler: Handler, *, limit: int = 1_000_000, total_s: float = 5.0, keep_start: bool = False
) -> Response:
    async def scenario() -> Response:
        async with Server({"*": handler}) as server, client(server, total_s=total_s) as opened:
            return await opened.get(server.url(), limit=limit, keep_start=keep_start)

    return asyncio.run(scenario())


def failure(handler: Handler, *, limit: int = 1_000_000, total_s: float = 5.0) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch(handler, limit=limit, total_s=total_s)
    return caught.value


# --- seconds ------------------------------------------------------------------------------------


async def never(_: Request, out: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    "handler",
    [
        never,
        endless(OK + b"Content-Length: 100000\r\n\r\n", b"x", pause=0.02),
        endless(OK, b"X-Header: 1\r\n", pause=0.02),
        endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.01),
        endless(OK + b"\r\n", b"", pause=0.05),
    ],
    ids=["silence", "dripping body", "dripping headers", "endless 100", "open end"],
)
def test_slowness_ends_at_the_deadline(handler: Handler) -> None:
    error = failure(handler, total_s=0.3)
    assert error.kind == "timeout"
    assert "within 0.3 s" in str(error)


def test_redirects_share_one_deadline() -> None:
    async def slow_hop(request: Request, out: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.15)
        await reply(302, Location=f"{request.path}x")(request, out)

    assert failure(slow_hop, total_s=0.35).kind == "timeout"


# --- bytes --------------------------------------------------------------------------------------


def bomb(coding: str, size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31 if coding == "gzip" else 15)
    piece = bytes(1_000_000)
    return b"".join(packer.compress(piece) for _ in range(size // len(piece))) + packer.flush()


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_bomb_costs_its_limit_and_no_more(coding: str) -> None:
    packed = bomb(coding, 100_000_000)
    tracemalloc.start()
    try:
        error = failure(reply(200, packed, Content_Encoding=coding), limit=2_000_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert error.kind == "too-large"
    assert "2 MB" in str(error)
    assert peak < 12_000_000


@pytest.mark.parametrize(
    "handler",
    [
        endless(OK + b"\r\n", bytes(50_000)),
        endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"c350\r\n" + bytes(50_000) + b"\r\n"),
        endless(OK + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(bytes(500_000))),
        # empty gzip members decode to nothing, for ever
        endless(OK + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"") * 2000),
        reply(200, NOISE + NOISE),
    ],
    ids=["plain", "chunked", "gzip members", "empty members", "announced"],
)
def test_endless_bodies_end_at_the_limit(handler: Handler) -> None:
    assert failure(handler, limit=300_000).kind == "too-large"


@pytest.mark.parametrize(
    "handler",
    [
        endless(OK, b"X-Header: 1\r\n"),
        raw(OK + b"X-Header: " + b"x" * 3_000_000 + b"\r\n\r\n"),
        raw(b"HTTP/1.1 200 " + b"x" * 3_000_000 + b"\r\n\r\n"),
    ],
    ids=["endless", "one huge", "huge reason"],
)
def test_headers_are_bounded(handler: Handler) -> None:
    tracemalloc.start()
    try:
        error = failure(handler)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert error.kind in {"protocol", "connect"}
    assert peak < 12_000_000


def test_what_is_too_large_can_be_read_to_the_limit_instead() -> None:
    got = fetch(reply(200, TEXT), limit=100, keep_start=True)
    assert (got.body, got.truncated) == (TEXT[:100], True)


def test_the_limit_itself_is_not_too_large() -> None:
    assert fetch(reply(200, TEXT), limit=len(TEXT)).body == TEXT


def test_an_error_page_is_not_read_to_its_end() -> None:
    head = b"HTTP/1.1 403 Forbidden\r\n\r\n"
    assert failure(endless(head, bytes(50_000)), limit=1_000).status == 403


# --- bodies that end early ----------------------------------------------------------------------

PACKED = gzip.compress(TEXT, mtime=0)


@pytest.mark.parametrize("abort", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"Content-Length: 99999\r\n\r\n", TEXT),
        (b"Transfer-Encoding: chunked\r\n\r\n", b"%x\r\n%s\r\n" % (len(TEXT), TEXT)),
    ],
    ids=["length", "chunked"],
)
def test_a_short_body_comes_back_marked(head: bytes, body: bytes, abort: bool) -> None:
    got = fetch(raw(OK + head, body, abort=abort))
    assert got.truncated
    assert got.body == TEXT


@pytest.mark.parametrize("length", [True, False], ids=["length", "until close"])
def test_a_gzip_stream_cut_off_is_noticed_even_where_http_saw_its_end(length: bool) -> None:
    cut = PACKED[: len(PACKED) // 2]
    head = b"Content-Encoding: gzip\r\n" + (b"Content-Length: %d\r\n" % len(cut) if length else b"")
    got = fetch(raw(OK + head + b"\r\n" + cut))
    assert got.truncated
    assert len(got.body) > 100
    assert TEXT.startswith(got.body)


def test_a_damaged_gzip_stream_is_marked_or_refused() -> None:
    damaged = bytearray(gzip.compress(NOISE, mtime=0))
    damaged[-6] ^= 0xFF  # its checksum
    head = b"Content-Encoding: gzip\r\n\r\n"
    got = fetch(raw(OK + head, bytes(damaged)))
    assert got.truncated
    assert NOISE.startswith(got.body)


def test_an_answer_that_ends_before_it_began_is_a_failure() -> None:
    assert failure(raw(OK + b"Content-Length: 10\r\n\r\n")).kind == "protocol"
    assert failure(raw(OK + b"Content-Encoding: gzip\r\n\r\n" + PACKED[:12])).kind == "protocol"


@pytest.mark.parametrize(
    "answer",
    [
        b"not http at all\r\n\r\n",
        b"HTTP/1.1 xyz OK\r\n\r\n",
        OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        OK + b"Content-Length: -5\r\n\r\nhello",
        b"\x16\x03\x01\x02\x00",
        b"",
    ],
)
def test_answers_that_are_not_http_are_refused(answer: bytes) -> None:
    assert failure(raw(answer)).kind == "protocol"


def test_neighbours_are_served_beside_a_stalled_host() -> None:
    async def scenario() -> None:
        bad, good = Server({"*": never}), Server({"*": reply(200, TEXT)})
        async with bad, good, client(bad, good, total_s=0.4) as opened:
            stalled = asyncio.create_task(opened.get(bad.url(), limit=1_000_000))
            for _ in range(10):
                assert (await opened.get(good.url(), limit=1_000_000)).body == TEXT
            assert not stalled.done()
            with pytest.raises(FetchError):
                await stalled

    asyncio.run(scenario())


# --- the decoder by itself ----------------------------------------------------------------------


@given(
    body=st.binary(max_size=2000),
    cuts=st.lists(st.integers(1, 40), max_size=30),
    coding=st.sampled_from(["gzip", "deflate", ""]),
    keep=st.floats(0, 1),
)
def test_any_chunking_gives_the_same_bytes_and_a_cut_is_never_taken_for_the_end(
    body: bytes, cuts: list[int], coding: str, keep: float
) -> None:
    packed = {"gzip": gzip.compress(body), "deflate": zlib.compress(body), "": body}[coding]
    sent = packed[: int(len(packed) * keep)] if coding else packed
    inflater, decoded, rest = Inflater(coding), b"", sent
    for size in [*cuts, max(len(sent), 1)]:
        chunk, rest = rest[:size], rest[size:]
        if chunk:
            decoded += b"".join(inflater.feed(chunk))
    decoded += b"".join(inflater.finish())
    if sent == packed:
        assert (decoded, inflater.complete) == (body, True)
    elif len(sent) > 2:
        assert not inflater.complete
        assert body.startswith(decoded)
