"""The monitor in this process: its real stages, store and delivery, on a clock of ours, in lives that can be cut off.

A life is one run of the program as the commands make it, from opening the store and giving back leases to the end
of both. What it stands on is replaced in three places only: heavy work is done in this process, the connection to
the database can die before its n-th statement, and channels may be ours, which take, refuse or fall silent at will.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import re
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import pytest

from monitor import reading
from monitor.alerts.message import TEXT_LIMIT, Style
from monitor.alerts.send import Sender
from monitor.check import load
from monitor.cli import making
from monitor.cli.common import silent
from monitor.delivery import Delivery
from monitor.models import Channel, Message, Outcome
from monitor.pipeline import Pipeline
from monitor.setup import Setup
from monitor.sources import fetch
from monitor.store.store import Store

T = TypeVar("T")
_REPEAT = re.compile("^Possible repeat of ([#0-9a-f, ]+):", re.MULTILINE)
START = datetime(2026, 2, 2, 9, tzinfo=UTC)
Mode = Literal["up", "refusing", "taken, then silent", "silent", "refusing for good"]
When = Literal["never", "statement", "before sending", "after sending"]


class DiedError(BaseException):
    """Stands for kill -9: nothing may catch it."""


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Fate:
    """When a life ends: before its n-th statement, or around its n-th delivery. Once dead, it does nothing."""

    when: When = "never"
    number: int = 0
    dead: bool = False
    statements: int = 0
    deliveries: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def statement(self) -> None:
        self._living()
        self.statements += 1
        if self.when == "statement" and self.statements == self.number:
            self.die()

    def before_sending(self) -> None:
        with self._lock:
            self._living()
            self.deliveries += 1
            if self.when == "before sending" and self.deliveries == self.number:
                self.die()

    def after_sending(self) -> None:
        if self.when == "after sending" and self.deliveries >= self.number:
            self.die()

    def die(self) -> None:
        self.dead = True
        raise DiedError

    def _living(self) -> None:
        if self.dead:
            raise DiedError


# --- channels -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Attempt:
    """One delivery as its channel saw it; `alerts` maps the short keys of alerts to the text about each."""

    life: int
    channel: str
    taken: bool
    known: bool  # the channel said how it went, whether or not the sender lived to hear it
    message: Message
    alerts: Mapping[str, str]
    at: datetime

    def marked(self, key: str) -> bool:
        """Tell whether the message says of an alert that it may have come before."""
        named = _REPEAT.search(self.alerts[key])
        return self.message.title.startswith("Possible repeat") or bool(named and f"#{key}" in named[1])


@dataclass
class Line:
    """A channel: how it answers now, and all that was tried on it."""

    name: str
    mode: Mode = "up"
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def taken(self) -> list[Attempt]:
        return [one for one in self.attempts if one.taken]


class LineSender:
    """A sender for one life of the program."""

    style: Style = "plain"
    limit = TEXT_LIMIT

    def __init__(self, line: Line, fate: Fate, life: int) -> None:
        self.name = line.name
        self._line, self._fate, self._life = line, fate, life

    def deliver(self, message: Message, timeout_s: float, now: datetime) -> Outcome:
        self._fate.before_sending()
        mode = self._line.mode
        known = mode not in ("taken, then silent", "silent")
        alerts = {alert.key: text for alert, text in message.parts}
        taken = mode in ("up", "taken, then silent")
        self._line.attempts.append(Attempt(self._life, self.name, taken, known, message, alerts, now))
        self._fate.after_sending()
        if mode == "up":
            return Outcome("ok")
        if not known:
            return Outcome("unknown", "no answer in time")
        return Outcome("failed" if mode == "refusing" else "permanent", mode)


# --- the program --------------------------------------------------------------------------------


class _Connection:
    """A connection to the database that asks a fate before each statement."""

    def __init__(self, connection: sqlite3.Connection, fate: Fate) -> None:
        self._connection, self._fate = connection, fate

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        self._fate.statement()
        return self._connection.execute(*arguments)

    def executemany(self, *arguments: Any) -> sqlite3.Cursor:
        self._fate.statement()
        return self._connection.executemany(*arguments)

    def close(self) -> None:
        self._connection.rollback()  # a dead process holds no lock, but a cursor that is not done would
        self._connection.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class Inline:
    """Workers that are this process."""

    def __init__(self, setup: Setup, count: int, *, reads: bool) -> None:
        reading.prepare(setup.rules)

    async def run(self, function: Callable[..., T], *args: object, deadline_s: float) -> T:
        return function(*args)

    def close(self) -> None:
        pass


@dataclass(frozen=True)
class Variant:
    """The classes a life is made of; a test puts broken ones here."""

    store: type[Store] = Store
    delivery: type[Delivery] = Delivery


WHOLE = Variant()


@dataclass
class Program:
    """A configuration in a folder, and the lives of the program on it. Without `lines` its channels are real."""

    config: Path
    clock: Clock
    lines: Mapping[str, Line] = field(default_factory=dict)
    variant: Variant = WHOLE
    lives: int = 0

    def __post_init__(self) -> None:
        self.setup = load(self.config, {})
        self.database = self.setup.config.database

    def live(self, work: Callable[[Pipeline], Awaitable[object]], fate: Fate | None = None) -> bool:
        """Run the program from its start to its end; tell whether it got there."""
        self.lives += 1
        fate = fate or Fate()

        async def life() -> None:
            async with making.open_run(self.setup, self.clock, out=io.StringIO(), progress=silent) as run:
                await work(run.pipeline)

        with self._standing_on(fate, self.lives):
            try:
                asyncio.run(life())
            except* DiedError:
                pass
        return not fate.dead

    def cycle(self, fate: Fate | None = None, *, all_feeds: bool = True) -> bool:
        """Live for one cycle."""
        return self.live(lambda pipeline: pipeline.cycle(all_feeds=all_feeds), fate)

    def rows(self, sql: str, *parameters: object) -> list[Any]:
        """Ask the database, as whoever looks at it from outside."""
        if not self.database.exists():
            return []
        connection = sqlite3.connect(f"{self.database.absolute().as_uri()}?mode=ro", uri=True)
        try:
            connection.row_factory = sqlite3.Row
            return connection.execute(sql, parameters).fetchall()
        finally:
            connection.close()

    @contextmanager
    def _standing_on(self, fate: Fate, life: int) -> Iterator[None]:
        lines, variant = self.lines, self.variant

        class MortalStore(variant.store):  # type: ignore[misc, name-defined]
            def __init__(self, path: Path) -> None:
                super().__init__(path)
                self.db.conn = _Connection(self.db.conn, fate)

        class LineDelivery(variant.delivery):  # type: ignore[misc, name-defined]
            async def _sender(self, channel: Channel) -> Sender:
                if not lines:
                    return await super()._sender(channel)  # type: ignore[no-any-return]
                return LineSender(lines[channel.name], fate, life)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("monitor.store.store.Store", MortalStore)
            patch.setattr("monitor.delivery.Delivery", LineDelivery)
            patch.setattr("monitor.cli.making._workers", Inline)
            patch.setattr("monitor.sources.fetch._tls_context", _tls_context)
            yield


# Half of a short life would be spent on reading the machine's certificates.
_tls_context = cache(fetch._tls_context)


# --- outlets ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reply:
    """What an outlet answers. `promised` bytes are announced, None: the end of the line is the end of the body."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    tag: str = ""
    promised: int | None = -1  # as many as there are

    def wire(self) -> bytes:
        head = [f"HTTP/1.1 {self.status} Reply", f"Content-Type: {self.content_type}", "Connection: close"]
        if self.tag:
            head.append(f"ETag: {self.tag}")
        if self.promised is not None:
            head.append(f"Content-Length: {len(self.body) if self.promised < 0 else self.promised}")
        return "\r\n".join([*head, "", ""]).encode() + self.body


Answer = Callable[[int, str, str], Reply]  # outlet, path, the tag that the client knows


@dataclass
class Wire:
    """Loopback servers, one for each outlet, that answer as whoever plugs in last wants."""

    ports: Sequence[int] = ()
    answer: Answer = lambda outlet, path, tag: Reply(status=404)

    def base(self, outlet: int) -> str:
        return f"http://127.0.0.1:{self.ports[outlet]}"


@contextmanager
def wired(outlets: int) -> Iterator[Wire]:
    """Serve so many outlets from a thread of their own."""
    wire = Wire()
    loop = asyncio.new_event_loop()

    async def serve(outlet: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            fields = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])
            }
            reply = wire.answer(outlet, head[0].split()[1], fields.get("if-none-match", ""))
            writer.write(reply.wire())
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):  # whoever asked is dead
            pass
        finally:
            writer.close()

    async def begin() -> list[asyncio.Server]:
        return [
            await asyncio.start_server(lambda r, w, n=n: serve(n, r, w), "127.0.0.1", 0)  # type: ignore[misc]
            for n in range(outlets)
        ]

    servers = loop.run_until_complete(begin())
    wire.ports = tuple(server.sockets[0].getsockname()[1] for server in servers)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield wire
    finally:
        for server in servers:
            loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def tagged(body: bytes, known: str, content_type: str = "application/rss+xml; charset=utf-8") -> Reply:
    """Return a body with its tag, or 304 to whoever knows it."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    return Reply(status=304, tag=tag) if tag == known else Reply(body, content_type=content_type, tag=tag)
