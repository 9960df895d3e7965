"""No request reaches an address that is not public, unless the configuration names it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from monitor.errors import BlockedAddressError, FetchError, InputError
from monitor.sources.address import AddressPolicy, literal, parse_allowed
from tests.sources.fetch_servers import Request, Server, client, reply

# fmt: off
REFUSED = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254", "127.0.0.1",
    "127.1.2.3", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1",
    "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1",
    "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::", "3fff::1", "5f00::1", "fc00::1",
    "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1",
]
PUBLIC = [
    "8.8.8.8", "1.1.1.1", "100.63.255.255", "172.32.0.1", "192.167.255.255", "2606:4700::1",
    "2a00:1450::1", "2400:cb00::1",
]
ODD = [
    "0x7f.1", "0x7f000001", "2130706433", "017700000001", "0177.0.0.1", "127.1", "127.0.1", "1", "0x",
    "127.0.0.0x1", "127.0.0.256", "1.2.3.4.5",
]
# fmt: on


@pytest.mark.parametrize("address", REFUSED)
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    assert AddressPolicy().refusal(address, 80).startswith(f"{address} is ")


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_not(address: str) -> None:
    assert AddressPolicy().refusal(address, 80) == ""


@pytest.mark.parametrize(
    ("entry", "address", "port", "allowed"),
    [
        ("127.0.0.1", "127.0.0.1", 80, True),
        ("127.0.0.1", "127.0.0.1", 9999, True),
        ("127.0.0.1", "127.0.0.2", 80, False),
        ("127.0.0.1", "::ffff:127.0.0.1", 80, True),
        ("127.0.0.1", "64:ff9b::7f00:1", 80, False),
        ("127.0.0.1:8001", "127.0.0.1", 8001, True),
        ("127.0.0.1:8001", "127.0.0.1", 8002, False),
        ("10.1.0.0/16", "10.1.255.255", 443, True),
        ("10.1.0.0/16", "10.2.0.1", 443, False),
        ("::1", "::1", 80, True),
        ("[::1]:8001", "::1", 8001, True),
        ("[::1]:8001", "::1", 80, False),
        ("fd00::/8", "fd12::1", 80, True),
        ("64:ff9b::/96", "64:ff9b::808:808", 80, True),
    ],
)
def test_the_configuration_can_allow_an_address_a_port_or_a_network(
    entry: str, address: str, port: int, allowed: bool
) -> None:
    assert (AddressPolicy((entry,)).refusal(address, port) == "") is allowed


@pytest.mark.parametrize(
    "entry",
    ["localhost", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:70000", "10.1.0.1/16", "[::1", "[::1]x", "", "*"],
)
def test_an_entry_that_cannot_be_read_is_refused(entry: str) -> None:
    with pytest.raises(InputError):
        parse_allowed(entry)


@pytest.mark.parametrize("host", ODD)
def test_odd_spellings_of_addresses_are_neither_names_nor_addresses(host: str) -> None:
    with pytest.raises(ValueError, match="not a host name"):
        literal(host)


@pytest.mark.parametrize(
    "host", ["dawn.com", "4chan.example", "0xdeadbeef.example", "xn--mgb.example", "localhost", "face.b00c"]
)
def test_names_are_names(host: str) -> None:
    assert literal(host) is None


# --- with a canary that nothing may reach -------------------------------------------------------

WAYS = [
    *(f"http://[{address}]:PORT/" if ":" in address else f"http://{address}:PORT/" for address in REFUSED),
    *(f"http://{host}:PORT/" for host in ODD),
    "http://localhost:PORT/",
    "http://inside.example:PORT/",
    "http://mixed.example:PORT/",
    "http://mapped.example:PORT/",
    "http://LOCALHOST.:PORT/",
    "http://１２７.０.０.１:PORT/",
    "http://127。0。0。1:PORT/",
    "http://①②⑦.0.0.1:PORT/",
    "http://127.0.0.1.:PORT/",
    "http://user@127.0.0.1:PORT/",
    "http://outlet.example@127.0.0.1:PORT/",
    "http://outlet.example\\@127.0.0.1:PORT/",
    "http://outlet.example#@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT\\.outlet.example/",
    "https://127.0.0.1:PORT/",
    "//127.0.0.1:PORT/",
    "HTTP://127.0.0.1:PORT/",
    "http:127.0.0.1:PORT/",
    "http:/127.0.0.1:PORT/",
    "http:///127.0.0.1:PORT/",
    "ftp://127.0.0.1:PORT/",
    "gopher://127.0.0.1:PORT/_GET%20/",
    "file:///etc/hostname",
    "dict://127.0.0.1:PORT/",
    "data:text/xml,<rss/>",
    "javascript:1",
    "unix:///run/x.sock",
    "ws://127.0.0.1:PORT/",
    "/etc/hostname",
    "127.0.0.1:PORT",
    "http://127.0.0.1:PORT /",
    "http://\r\n127.0.0.1:PORT/",
    "http://%31%32%37.0.0.1:PORT/",
    "http://[::1%25lo]:PORT/",
    "http://[::ffff:7f00:1]:PORT/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]:PORT/",
    "http://[127.0.0.1]:PORT/",
    "",
]


def names(host: str) -> Sequence[str]:
    known = {
        "inside.example": ["127.0.0.1"],
        "mixed.example": ["127.0.0.1", "::1", "10.0.0.1"],
        "mapped.example": ["::ffff:127.0.0.1"],
        "localhost": ["127.0.0.1", "::1"],
        "localhost.": ["127.0.0.1"],
    }
    if host not in known:
        raise OSError(host)
    return known[host]


def test_there_are_ways_enough() -> None:
    assert len(WAYS) >= 60


def test_no_way_leads_to_the_canary_directly_or_by_redirect() -> None:
    async def scenario() -> None:
        async with Server({"*": reply(200, b"secret")}) as canary, Server() as outlet:
            async with client(outlet, lookup=names, total_s=2.0) as opened:
                for number, way in enumerate(WAYS):
                    url = way.replace("PORT", str(canary.port))
                    with pytest.raises(FetchError) as direct:
                        await opened.get(url, limit=1000)
                    assert direct.value.kind in {"blocked-address", "bad-url", "dns", "tls"}, url
                    if url.isprintable() and url:
                        outlet.routes[f"/{number}"] = reply(302, Location=url)
                        with pytest.raises(FetchError) as hop:
                            await opened.get(outlet.url(f"/{number}"), limit=1000)
                        assert hop.value.kind in {"blocked-address", "redirect", "dns", "http"}, url
            assert canary.connections == 0

    asyncio.run(scenario())


def test_a_name_that_changes_its_address_is_judged_by_where_it_leads_each_time() -> None:
    answers = ["ALLOWED", "10.0.0.1"]

    def rebind(_: str) -> Sequence[str]:
        return [answers.pop(0).replace("ALLOWED", "127.0.0.1")]

    async def closing(_: Request, out: asyncio.StreamWriter) -> None:
        out.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
        await out.drain()
        out.close()

    async def scenario() -> None:
        async with Server({"*": closing}) as server, client(server, lookup=rebind) as opened:
            assert (await opened.get(server.url(host="name.example"), limit=10)).body == b"ok"
            with pytest.raises(BlockedAddressError) as caught:
                await opened.get(server.url(host="name.example"), limit=10)
            assert "10.0.0.1 is a private address" in str(caught.value)
            assert "allow_private" in str(caught.value)
            assert len(server.requests) == 1

    asyncio.run(scenario())


def test_a_name_with_one_allowed_address_is_reached_by_it() -> None:
    async def scenario() -> None:
        server = Server({"*": reply(200, b"ok")})
        async with server, client(server, lookup=lambda _: ["10.0.0.1", "127.0.0.1", "::1"]) as opened:
            assert (await opened.get(server.url(host="name.example"), limit=10)).body == b"ok"

    asyncio.run(scenario())
