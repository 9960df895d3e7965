"""Small loopback servers for the fetching tests: well-behaved ones by table, hostile ones byte by byte."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Self

from monitor.sources.fetch import Client, Lookup, open_client, system_lookup

START = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


@dataclass
class Clock:
    at: datetime = START

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **amount: float) -> None:
        self.at += timedelta(**amount)


@dataclass(frozen=True)
class Request:
    line: str
    path: str
    headers: dict[str, str]


Handler = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


def reply(status: int, body: bytes = b"", **headers: str) -> Handler:
    """Make a handler that answers with this; header names are written with _ for -."""

    async def handler(_: Request, out: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status} Said"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        lines.append(f"Content-Length: {len(body)}")
        out.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    return handler


def raw(*chunks: bytes, abort: bool = False) -> Handler:
    """Make a handler that writes these bytes and closes the connection."""

    async def handler(_: Request, out: asyncio.StreamWriter) -> None:
        for chunk in chunks:
            out.write(chunk)
            await out.drain()
        if abort:
            out.transport.abort()
        out.close()

    return handler


def endless(head: bytes, chunk: bytes, pause: float = 0.0) -> Handler:
    """Make a handler that never stops sending."""

    async def handler(_: Request, out: asyncio.StreamWriter) -> None:
        out.write(head)
        with contextlib.suppress(ConnectionError):
            while not out.transport.is_closing():
                out.write(chunk)
                await out.drain()
                await asyncio.sleep(pause)

    return handler


@dataclass
class Server:
    """A loopback HTTP server that remembers what it was asked."""

    routes: dict[str, Handler] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    async def _serve(self, source: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            # A cancelled handler is the end of the test; asyncio would log it as an accident.
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                while not out.is_closing():
                    await self._answer(source, out)
        finally:
            self._tasks.discard(task)
            out.transport.abort()

    async def _answer(self, source: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        head = (await source.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head[1:] if line)
        }
        path = head[0].split(" ")[1]
        request = Request(head[0], path, headers)
        self.requests.append(request)
        self.times.append(asyncio.get_running_loop().time())
        handler = self.routes.get(path) or self.routes.get("*") or reply(404)
        await handler(request, out)
        await out.drain()


@contextlib.asynccontextmanager
async def client(
    *servers: Server,
    now: Callable[[], datetime] = Clock(),  # noqa: B008 -- a clock that stands still is shared safely
    allow: tuple[str, ...] = (),
    gap: float = 0.0,
    total_s: float = 5.0,
    proxy: str | None = None,
    per_host: int = 1,
    lookup: Lookup = system_lookup,
) -> AsyncIterator[Client]:
    """Open a client that may reach just these servers, and what `allow` names."""
    allowed = tuple(f"127.0.0.1:{server.port}" for server in servers) + allow
    async with open_client(
        contact="https://example.org/about",
        version="0.1.0",
        proxy=proxy,
        allow_private=allowed,
        now=now,
        per_host=per_host,
        host_gap_s=gap,
        total_s=total_s,
        lookup=lookup,
    ) as opened:
        yield opened
