"""A SOCKS proxy from the configuration: names travel to it unresolved, and its refusals are told in words."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from monitor.errors import FetchError
from tests.sources.fetch_servers import Server, client, reply


@asynccontextmanager
async def socks_server(target: tuple[str, int], asked: list[str], refusal: int = 0) -> AsyncIterator[str]:
    """A SOCKS5 server that leads every connection to one target, or refuses each with a code."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        methods = await reader.readexactly(2)
        await reader.readexactly(methods[1])
        writer.write(b"\x05\x00")
        kind = (await reader.readexactly(4))[3]
        if kind == 3:
            (length,) = await reader.readexactly(1)
            asked.append((await reader.readexactly(length)).decode())
        else:
            asked.append("an address")
            await reader.readexactly(4 if kind == 1 else 16)
        await reader.readexactly(2)
        writer.write(b"\x05" + bytes([refusal]) + b"\x00\x01\x00\x00\x00\x00" + struct.pack(">H", 0))
        if refusal:
            writer.close()
            return
        there, back = await asyncio.open_connection(*target)
        await asyncio.gather(pump(reader, back), pump(there, writer))

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield f"socks5://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def test_names_are_resolved_by_the_proxy() -> None:
    asked: list[str] = []
    site = Server({"*": reply(200, b"a feed")})

    async def scenario() -> None:
        async with (
            site,
            socks_server(("127.0.0.1", site.port), asked) as proxy,
            client(proxy=proxy) as opened,
        ):
            got = await opened.get("http://outlet.example/feed", limit=1000)
            assert got.body == b"a feed"
            with pytest.raises(FetchError) as refused:
                await opened.get("http://127.0.0.1/", limit=1000)
            assert refused.value.kind == "blocked-address"

    asyncio.run(scenario())
    assert asked == ["outlet.example"]


def test_a_refusal_of_the_proxy_is_told_in_words() -> None:
    async def scenario() -> None:
        async with socks_server(("127.0.0.1", 1), [], refusal=5) as proxy, client(proxy=proxy) as opened:
            with pytest.raises(FetchError, match="does not take the connection") as error:
                await opened.get("http://outlet.example/feed", limit=1000)
            assert error.value.kind == "connect"

    asyncio.run(scenario())


def test_a_proxy_that_is_not_there() -> None:
    async def scenario() -> None:
        async with client(proxy="socks5://127.0.0.1:1") as opened:
            with pytest.raises(FetchError, match=r"network\.proxy cannot be reached"):
                await opened.get("http://outlet.example/feed", limit=1000)

    asyncio.run(scenario())
