"""The well-behaved half of fetching: answers, validators, redirects, politeness."""

from __future__ import annotations

import asyncio
import gzip
import shutil
import ssl
import subprocess
import zlib
from email.utils import format_datetime
from pathlib import Path

import pytest

from monitor.errors import FetchError
from monitor.models import Response
from monitor.sources.answers import max_age_s, retry_after_s
from monitor.sources.urls import shown_url
from tests.sources.fetch_servers import START, Clock, Request, Server, client, raw, reply

BODY = "<rss><channel><title>گوادر کی خبریں</title></channel></rss>".encode()


def fetch(server: Server, path: str = "/", **asked: object) -> Response:
    async def scenario() -> Response:
        async with server, client(server) as opened:
            return await opened.get(server.url(path), **{"limit": 100_000, **asked})  # type: ignore[arg-type]

    return asyncio.run(scenario())


def failure(server: Server, path: str = "/", **asked: object) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch(server, path, **asked)
    return caught.value


def test_a_success_keeps_body_headers_and_time() -> None:
    server = Server({"/": reply(200, BODY, ETag='"a"', Content_Type="text/xml", X_Name="خبر")})
    got = fetch(server)
    assert (got.status, got.body, got.truncated, got.moved_to) == (200, BODY, False, "")
    assert got.header("etag") == '"a"'
    assert got.header("x-name") == "خبر"
    assert got.fetched_at == START
    assert got.url == got.requested_url == server.url()


def test_the_request_says_who_asks_and_sends_nothing_else_that_tells() -> None:
    server = Server({"/": reply(200, BODY)})
    fetch(server, etag='W/"a b"', last_modified="Sun, 22 Nov 2026 05:00:00 GMT", accept="application/rss+xml")
    headers = server.requests[0].headers
    assert headers["user-agent"] == "regional-news-monitor/0.1.0 (+https://example.org/about)"
    assert headers["if-none-match"] == 'W/"a b"'
    assert headers["if-modified-since"] == "Sun, 22 Nov 2026 05:00:00 GMT"
    assert headers["accept"] == "application/rss+xml"
    assert headers["accept-encoding"] == "gzip, deflate"
    assert set(headers) <= {
        "host", "user-agent", "accept", "accept-encoding", "if-none-match", "if-modified-since"
    }  # fmt: skip


def test_validators_that_would_break_the_request_are_not_sent() -> None:
    server = Server({"/": reply(200, BODY)})
    fetch(server, etag='"a"\r\nX-Injected: 1', last_modified="x" * 2000)
    assert not {"if-none-match", "if-modified-since", "x-injected"} & set(server.requests[0].headers)


def test_not_modified_comes_back_empty() -> None:
    got = fetch(Server({"/": reply(304, ETag='"a"')}), etag='"a"')
    assert (got.status, got.body) == (304, b"")


def test_not_modified_without_a_question_is_a_fault() -> None:
    assert failure(Server({"/": reply(304)})).kind == "protocol"


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(BODY, mtime=0)),
        ("x-gzip", gzip.compress(BODY, mtime=0)),
        ("gzip", gzip.compress(BODY[:20], mtime=0) + gzip.compress(BODY[20:])),
        ("gzip", gzip.compress(BODY, mtime=0) + b"\0\0\0\0"),
        ("gzip", BODY),
        ("deflate", zlib.compress(BODY)),
        ("deflate", zlib.compress(BODY)[2:-4]),
        ("identity", BODY),
        ("utf-8", BODY),
    ],
)
def test_content_codings_are_undone(coding: str, packed: bytes) -> None:
    got = fetch(Server({"/": reply(200, packed, Content_Encoding=coding)}))
    assert (got.body, got.truncated) == (BODY, False)


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "deflate, br"])
def test_codings_that_were_not_asked_for_are_refused(coding: str) -> None:
    error = failure(Server({"/": reply(200, BODY, Content_Encoding=coding)}))
    assert error.kind == "protocol"
    assert coding in str(error)


def test_redirects_are_followed_and_a_permanent_move_is_reported() -> None:
    server = Server(
        {"/a": reply(301, Location="/b"), "/b": reply(308, Location="c?x=1#top"), "/c?x=1": reply(200, BODY)}
    )
    got = fetch(server, "/a")
    assert got.url == got.moved_to == server.url("/c?x=1")
    assert got.requested_url == server.url("/a")


def test_a_move_with_one_temporary_hop_is_not_permanent() -> None:
    got = fetch(
        Server({"/a": reply(301, Location="/b"), "/b": reply(302, Location="/c"), "/c": reply(200, BODY)}),
        "/a",
    )
    assert (got.body, got.moved_to) == (BODY, "")


def test_a_location_in_raw_urdu_is_followed() -> None:
    server = Server({"/a": reply(302, Location="/خبر/1"), "/%D8%AE%D8%A8%D8%B1/1": reply(200, BODY)})
    assert fetch(server, "/a").body == BODY


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("", "without saying where"),
        ("file:///etc/hostname", "not http or https"),
        ("gopher://127.0.0.1/", "not http or https"),
        ("javascript:alert(1)", "not http or https"),
        ("http:///x y", "more than 5 times"),
        ("http://h:99999/", "Port out of range"),
        ("/loop", "more than 5 times"),
    ],
)
def test_redirects_that_cannot_be_followed(location: str, said: str) -> None:
    hop = reply(302, Location=location) if location else reply(302)
    error = failure(Server({"*": hop}))
    assert error.kind == "redirect"
    assert said in str(error)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "wants a log-in (401 Unauthorized)"),
        (403, "refuses this program (403 Forbidden)"),
        (404, "has nothing at this address (404 Not Found)"),
        (410, "gone for good (410 Gone)"),
        (451, "legal reasons"),
        (500, "an error of its own (500 Internal Server Error)"),
        (520, "an error of its own (520)"),
        (300, "status 300"),
    ],
)
def test_error_statuses_are_said_in_words(status: int, said: str) -> None:
    error = failure(Server({"/": reply(status, b"no")}))
    assert (error.kind, error.status) == ("http", status)
    assert said in str(error)


@pytest.mark.parametrize(
    ("status", "headers", "page"),
    [
        (403, {"Cf_Mitigated": "challenge"}, b""),
        (503, {}, b"<html><title>Just a moment...</title>"),
        (
            403,
            {"Content_Encoding": "gzip"},
            gzip.compress(b"<script src='/cdn-cgi/challenge-platform/x'>", mtime=0),
        ),
        (429, {}, b"Checking your browser before accessing"),
    ],
)
def test_a_browser_check_is_called_by_its_name(status: int, headers: dict[str, str], page: bytes) -> None:
    error = failure(Server({"/": reply(status, page, **headers)}))
    assert str(error) == f"127.0.0.1 answers with a browser check ({status})"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("999999999999999", 86_400.0),
        (format_datetime(START.replace(hour=7), usegmt=True), 3600.0),
        (format_datetime(START.replace(hour=1), usegmt=True), 0.0),
        ("Sun, 22 Nov 2026 07:00:00 -0000", 3600.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("٣", None),
    ],
)
def test_retry_after_is_read_in_both_forms(value: str, seconds: float | None) -> None:
    assert retry_after_s(value, START) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"cache-control": "public, max-age=600"}, 600),
        ({"cache-control": "max-age=600", "age": "500"}, 100),
        ({"cache-control": "max-age=600", "age": "900"}, 0),
        ({"cache-control": "no-cache, max-age=600"}, None),
        ({"cache-control": "s-maxage=600"}, None),
    ],
)
def test_freshness_is_read_from_cache_control(headers: dict[str, str], seconds: int | None) -> None:
    answer = Response("http://a.example/", "http://a.example/", 200, tuple(headers.items()), b"", START)
    assert max_age_s(answer) == seconds


def test_a_host_that_asks_for_a_pause_is_left_alone_until_it_is_over() -> None:
    clock = Clock()
    server = Server({"/busy": reply(429, Retry_After="90"), "/": reply(200, BODY)})

    async def scenario() -> None:
        async with server, client(server, now=clock) as opened:
            with pytest.raises(FetchError) as first:
                await opened.get(server.url("/busy"), limit=1000)
            with pytest.raises(FetchError) as second:
                await opened.get(server.url("/"), limit=1000)
            assert first.value.retry_after == second.value.retry_after == 90
            assert second.value.status == 429
            assert len(server.requests) == 1
            clock.forward(seconds=91)
            assert (await opened.get(server.url("/"), limit=1000)).body == BODY

    asyncio.run(scenario())


def test_one_request_at_a_time_for_a_host_with_a_gap_between() -> None:
    active: list[int] = []
    most: list[int] = []

    async def handler(request: Request, out: asyncio.StreamWriter) -> None:
        active.append(1)
        most.append(len(active))
        for _ in range(20):
            await asyncio.sleep(0)
        active.pop()
        await reply(200, BODY)(request, out)

    server, other = Server({"*": handler}), Server({"*": handler})

    async def scenario() -> None:
        async with server, other, client(server, other, gap=0.04) as opened:
            paths = [opened.get(server.url(f"/{number}"), limit=1000) for number in range(4)]
            await asyncio.gather(*paths, opened.get(other.url(), limit=1000))

    asyncio.run(scenario())
    gaps = [later - earlier for earlier, later in zip(server.times, server.times[1:], strict=False)]
    assert min(gaps) >= 0.04
    assert other.times[0] < server.times[1]
    assert max(most) == 2


def test_a_redirect_within_a_host_does_not_wait_for_the_gap() -> None:
    server = Server({"/a": reply(302, Location="/b"), "/b": reply(200, BODY)})

    async def scenario() -> Response:
        async with server, client(server, gap=30.0) as opened, asyncio.timeout(5):
            return await opened.get(server.url("/a"), limit=1000)

    assert asyncio.run(scenario()).body == BODY


def test_waiting_for_a_turn_is_not_held_against_the_request() -> None:
    server = Server({"*": reply(200, BODY)})

    async def scenario() -> None:
        async with server, client(server, gap=0.3, total_s=0.25) as opened:
            await asyncio.gather(*(opened.get(server.url(f"/{n}"), limit=1000) for n in range(3)))

    asyncio.run(scenario())
    assert len(server.requests) == 3


def test_every_url_on_the_way_is_put_to_permit() -> None:
    server = Server({"/a": reply(302, Location="/b"), "/b": reply(200, BODY)})
    asked: list[str] = []

    async def permit(url: str) -> None:
        asked.append(url)

    fetch(server, "/a", permit=permit)
    assert asked == [server.url("/a"), server.url("/b")]


def test_log_in_data_of_a_url_is_sent_but_never_shown() -> None:
    server = Server({"/": reply(200, BODY), "/no": reply(302, Location="/no?token=abcdef")})

    async def scenario() -> None:
        async with server, client(server) as opened:
            assert (await opened.get(f"http://me:pw@127.0.0.1:{server.port}/", limit=1000)).body == BODY
            with pytest.raises(FetchError) as caught:
                await opened.get(f"http://me:pw@127.0.0.1:{server.port}/x?api_key=geheim", limit=1000)
            assert "geheim" not in str(caught.value)
            assert "pw" not in str(caught.value)

    asyncio.run(scenario())
    assert server.requests[0].headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:pw@a.example/f?x=1", "https://***@a.example/f?x=1"),
        ("https://a.example/f?token=abc&page=2", "https://a.example/f?token=***&page=2"),
        ("https://a.example/f?author=Hasan&k=0f8fad5b-d9cb-469f-a165-70867728950e", "https://a.example/f?author=Hasan&k=***"),
        ("https://a.example/?4f2a9c7d1e8b6a5c3d2e1f", "https://a.example/?***"),
        ("https://a.example/f?q=missing+persons#s3cret", "https://a.example/f?q=missing+persons"),
        ("http://[::1]:80/x", "http://[::1]:80/x"),
        ("http://[::1/", "(a URL that cannot be read)"),
        ("http://a.example/\x1b[31m", "http://a.example/\N{REPLACEMENT CHARACTER}[31m"),
    ],
)  # fmt: skip
def test_shown_urls_carry_no_secrets(url: str, shown: str) -> None:
    assert shown_url(url) == shown


def test_a_proxy_is_used_when_one_is_named_and_never_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proxy, stray = Server({"*": reply(200, BODY)}), Server({"*": reply(200, b"stray")})

    async def scenario() -> None:
        async with proxy, stray:
            for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
                monkeypatch.setenv(name, stray.url())
            async with client(proxy=proxy.url()) as opened:
                got = await opened.get("http://outlet.example/feed", limit=1000)
                assert (got.body, got.url) == (BODY, "http://outlet.example/feed")
                for refused in (
                    "http://127.0.0.1/",
                    "http://localhost/",
                    "http://10.0.0.1/",
                    "http://0x7f.1/",
                ):
                    with pytest.raises(FetchError):
                        await opened.get(refused, limit=1000)
            async with client(lookup=lambda _: ["127.0.0.1"]) as direct:
                with pytest.raises(FetchError):
                    await direct.get("http://outlet.example/feed", limit=1000)

    asyncio.run(scenario())
    assert [request.line for request in proxy.requests] == ["GET http://outlet.example/feed HTTP/1.1"]
    assert stray.connections == 0


def test_cookies_are_not_kept() -> None:
    server = Server({"*": reply(200, BODY, Set_Cookie="id=1; Path=/")})

    async def scenario() -> None:
        async with server, client(server) as opened:
            for _ in range(2):
                await opened.get(server.url(), limit=1000)

    asyncio.run(scenario())
    assert [request.headers.get("cookie") for request in server.requests] == [None, None]


def test_failures_to_connect_are_told_apart() -> None:
    def unknown(host: str) -> list[str]:
        raise OSError(f"no {host}")

    async def greet(_: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        out.write(b"220 ready\r\n")
        out.close()

    async def kind_of(url: str, **options: object) -> str:
        async with client(**options) as opened:  # type: ignore[arg-type]
            with pytest.raises(FetchError) as caught:
                await opened.get(url, limit=1000)
            return caught.value.kind

    async def scenario() -> None:
        async with Server() as gone:
            closed = gone.url()
        plain = await asyncio.start_server(greet, "127.0.0.1", 0)
        port = plain.sockets[0].getsockname()[1]
        async with plain, Server({"*": raw(b"")}) as mute:
            assert await kind_of(closed, allow=("127.0.0.1",)) == "connect"
            assert await kind_of("http://no.example/", lookup=unknown) == "dns"
            assert await kind_of(f"https://127.0.0.1:{port}/", allow=("127.0.0.1",)) == "tls"
            assert await kind_of(mute.url(), allow=("127.0.0.1",)) == "protocol"

    asyncio.run(scenario())


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes its certificate with openssl")
def test_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")

    async def scenario() -> FetchError:
        server = await asyncio.start_server(lambda _, out: out.close(), "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        async with server, client(allow=("127.0.0.1",)) as opened:
            with pytest.raises(FetchError) as caught:
                await opened.get(f"https://127.0.0.1:{port}/", limit=1000)
        return caught.value

    error = asyncio.run(scenario())
    assert error.kind == "tls"
    assert "certificate" in str(error)
