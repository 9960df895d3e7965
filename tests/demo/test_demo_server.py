from __future__ import annotations

import asyncio
import gzip
import http.client
import io
import socket
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

import feedparser
import pytest

from monitor.demo import world
from monitor.demo.content import Site, sites
from monitor.demo.server import Seen, World, serve, serve_in_thread

NOW = datetime(2026, 2, 3, 9, 30, tzinfo=UTC)
CHRONICLE, COURIER, BULLETIN = "quetta-chronicle", "makran-courier", "republic-bulletin"


@pytest.fixture
def outlets() -> Iterator[World]:
    with serve_in_thread(NOW) as served:
        yield served


def get(
    url: str, headers: Mapping[str, str] | None = None, *, method: str = "GET", timeout: float = 5
) -> tuple[int, http.client.HTTPMessage, bytes]:
    parts = urlsplit(url)
    assert parts.hostname
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        connection.request(method, f"{parts.path}?{parts.query}", headers=dict(headers or {}))
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def entries(body: bytes) -> list[str]:
    return [entry.title for entry in feedparser.parse(io.BytesIO(body)).entries]


def test_every_outlet_serves_its_feed_and_pages_on_a_port_of_its_own(outlets: World) -> None:
    assert len(set(outlets.base.values())) == len(outlets.outlets) == len(sites())
    for site in outlets.sites:
        status, headers, body = get(outlets.feed_url(site.id))
        assert status == 200
        assert headers["Content-Type"]
        assert body == world.feed(outlets.edition(site.id))
        for article in site.articles:
            wanted = {"challenge": 403, "missing": 404}.get(article.page, 404 if article.hold else 200)
            assert get(outlets.url(site.id, article.name))[0] == wanted


def test_addresses_are_told_as_the_configuration_wants_them(outlets: World) -> None:
    hosts = {host for outlet in outlets.outlets for host in outlet.hosts}
    assert hosts == set(outlets.allow_private)
    assert hosts == {urlsplit(base).netloc for base in outlets.base.values()}
    assert outlets.opml().count(b"xmlUrl=") == len(sites())


@pytest.mark.parametrize("site", [s for s in sites() if s.validators], ids=lambda s: s.id)
def test_validators_lead_to_304_and_a_change_to_200(outlets: World, site: Site) -> None:
    url = outlets.feed_url(site.id)
    _, first, _ = get(url)
    asked = {}
    if etag := first["ETag"]:
        asked["If-None-Match"] = etag
    if modified := first["Last-Modified"]:
        asked["If-Modified-Since"] = modified
    status, headers, body = get(url, asked)
    assert (status, body) == (304, b"")
    assert headers["ETag"] == first["ETag"]
    assert headers["Last-Modified"] == first["Last-Modified"]
    outlets.edit(site.id, site.articles[0].name, title="Another title")
    assert get(url, asked)[0] == 200


def test_a_tag_outranks_a_date_and_weak_tags_compare_equal(outlets: World) -> None:
    url = outlets.feed_url(CHRONICLE)
    _, first, _ = get(url)
    later = "Wed, 04 Feb 2026 00:00:00 GMT"
    assert get(url, {"If-Modified-Since": later})[0] == 304
    assert get(url, {"If-Modified-Since": later, "If-None-Match": '"other"'})[0] == 200
    assert get(url, {"If-None-Match": f'"other", W/{first["ETag"]}'})[0] == 304
    assert get(url, {"If-Modified-Since": "yesterday"})[0] == 200


def test_one_outlet_sends_the_same_bytes_and_no_validators(outlets: World) -> None:
    url = outlets.feed_url(COURIER)
    _, first, body = get(url)
    assert first["ETag"] is None
    assert first["Last-Modified"] is None
    asked = {"If-Modified-Since": "Wed, 04 Feb 2026 00:00:00 GMT", "If-None-Match": "*"}
    assert get(url, asked)[::2] == (200, body)


def test_one_outlet_compresses_when_asked(outlets: World) -> None:
    url = outlets.feed_url(BULLETIN)
    _, plain, body = get(url)
    assert plain["Content-Encoding"] is None
    _, packed, small = get(url, {"Accept-Encoding": "br, gzip;q=0.8"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(small) == body
    assert packed["ETag"] != plain["ETag"]


def test_held_articles_come_out_when_published(outlets: World) -> None:
    url = outlets.feed_url(CHRONICLE)
    before = entries(get(url)[2])
    outlets.publish(CHRONICLE, "deployments-assembly-update")
    after = entries(get(url)[2])
    assert set(after) - set(before) == {
        "Committee asks for timetable as Assembly debate on Balochistan resumes",
    }
    assert get(outlets.url(CHRONICLE, "deployments-assembly-update"))[0] == 200


def test_an_edited_title_shows_in_feed_and_page(outlets: World) -> None:
    outlets.edit(COURIER, "pasni-season", title="Prawn season closes at Pasni")
    assert "Prawn season closes at Pasni" in entries(get(outlets.feed_url(COURIER))[2])
    assert b"Prawn season closes at Pasni" in get(outlets.url(COURIER, "pasni-season"))[2]


def test_levers_refuse_unknown_names(outlets: World) -> None:
    with pytest.raises(KeyError):
        outlets.publish(CHRONICLE, "no-such-article")
    with pytest.raises(KeyError):
        outlets.break_outlet("no-such-outlet", "404")
    with pytest.raises(ValueError, match="no such way"):
        outlets.break_outlet(CHRONICLE, "melted")  # type: ignore[arg-type]


def test_a_broken_feed_breaks_as_told_and_mends(outlets: World) -> None:
    url = outlets.feed_url(CHRONICLE)
    whole = get(url)[2]
    outlets.break_outlet(CHRONICLE, "500")
    assert get(url)[0] == 500
    outlets.break_outlet(CHRONICLE, "404")
    assert get(url)[0] == 404
    outlets.break_outlet(CHRONICLE, "empty")
    assert get(url)[::2] == (200, b"")
    outlets.break_outlet(CHRONICLE, "html")
    status, headers, body = get(url)
    assert (status, headers.get_content_type()) == (200, "text/html")
    assert entries(body) == []
    outlets.break_outlet(CHRONICLE, "cut")
    assert get(url)[::2] == (200, whole[: len(whole) // 2])
    outlets.break_outlet(CHRONICLE, "truncated")
    with pytest.raises(http.client.IncompleteRead) as caught:
        get(url)
    assert caught.value.partial == whole[: len(whole) // 2]
    assert get(outlets.url(CHRONICLE, "quetta-bus-route"))[0] == 200
    assert get(outlets.feed_url(COURIER))[0] == 200
    outlets.break_outlet(CHRONICLE, "ok")
    assert get(url)[::2] == (200, whole)


def test_an_endless_feed_goes_on_for_as_long_as_it_is_read(outlets: World) -> None:
    outlets.break_outlet(CHRONICLE, "endless")
    parts = urlsplit(outlets.feed_url(CHRONICLE))
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        connection.sendall(f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        taken = 0
        while taken < 20_000_000:
            taken += len(connection.recv(1 << 20))
    outlets.break_outlet(CHRONICLE, "ok")
    assert get(outlets.feed_url(CHRONICLE))[0] == 200


def test_a_hanging_feed_never_answers_and_holds_nobody_up(outlets: World) -> None:
    outlets.break_outlet(CHRONICLE, "timeout")
    with pytest.raises(TimeoutError):
        get(outlets.feed_url(CHRONICLE), timeout=0.2)
    assert get(outlets.url(CHRONICLE, "quetta-bus-route"))[0] == 200
    assert outlets.requests[0] == Seen(CHRONICLE, "/feed/", 0, conditional=False)


def test_requests_are_logged_in_order(outlets: World) -> None:
    url = outlets.feed_url(CHRONICLE)
    _, headers, _ = get(url)
    get(url, {"If-None-Match": headers["ETag"]})
    get(outlets.base[COURIER] + "/nowhere?a=b")
    get(url, method="POST")
    assert outlets.requests == [
        Seen(CHRONICLE, "/feed/", 200, conditional=False),
        Seen(CHRONICLE, "/feed/", 304, conditional=True),
        Seen(COURIER, "/nowhere", 404, conditional=False),
        Seen(CHRONICLE, "/feed/", 405, conditional=False),
    ]


def test_serving_starts_at_once_and_ends_with_the_context_even_under_a_hanging_request() -> None:
    async def live() -> tuple[float, float, str]:
        begun = time.perf_counter()
        async with serve(NOW) as served:
            started = time.perf_counter() - begun
            served.break_outlet(CHRONICLE, "timeout")
            url = served.feed_url(CHRONICLE)
            parts = urlsplit(url)
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            writer.write(f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await reader.read(1)
            assert served.requests
            leaving = time.perf_counter()
        ended = time.perf_counter() - leaving
        writer.close()
        await reader.read()
        return started, ended, url

    started, ended, url = asyncio.run(live())
    assert started < 0.5
    assert ended < 2
    with pytest.raises(ConnectionRefusedError):
        get(url)


def test_a_naive_instant_is_refused() -> None:
    async def live() -> None:
        async with serve(datetime(2026, 2, 3)):  # noqa: DTZ001 - the fault under test
            pass

    with pytest.raises(ValueError, match="zone"):
        asyncio.run(live())
