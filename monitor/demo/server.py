"""The outlets on loopback: one port each, real HTTP, and levers to break, publish and edit."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import hashlib
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from types import MappingProxyType
from typing import Literal, get_args

from aiohttp import web

from monitor.demo import content, world
from monitor.demo.content import Site
from monitor.models import Outlet

How = Literal["ok", "html", "empty", "truncated", "cut", "500", "404", "endless", "timeout"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as a server saw it; status 0 when it was left without an answer."""

    outlet: str
    path: str
    status: int
    conditional: bool


class World:
    """All sample outlets as they stand now. The levers take effect with the next request."""

    def __init__(self, sites: tuple[Site, ...], published: datetime, ports: Mapping[str, int]) -> None:
        self.sites = sites
        self.published = published
        self.base: Mapping[str, str] = MappingProxyType(
            {outlet: f"http://127.0.0.1:{port}" for outlet, port in ports.items()}
        )
        self.requests: list[Seen] = []
        self._ports = dict(ports)
        self._broken: dict[str, How] = {}
        self._out = {site.id: frozenset(a.name for a in site.articles if not a.hold) for site in sites}
        self._titles: dict[str, dict[str, str]] = {site.id: {} for site in sites}
        self._revisions = dict.fromkeys(ports, 0)

    @property
    def outlets(self) -> tuple[Outlet, ...]:
        """Every outlet as the region's registry would list it; its host is "127.0.0.1:PORT"."""
        return tuple(
            Outlet(
                id=site.id,
                name=site.name,
                kind=site.kind,
                country=site.country,
                languages=site.languages,
                hosts=(f"127.0.0.1:{self._ports[site.id]}",),
                note=site.note,
            )
            for site in self.sites
        )

    @property
    def allow_private(self) -> tuple[str, ...]:
        """Entries for the setting network.allow_private: every outlet's address and port."""
        return tuple(f"127.0.0.1:{port}" for port in self._ports.values())

    def opml(self) -> bytes:
        """List every feed in folders by place and kind, with its language."""
        return world.opml((self.edition(site.id) for site in self.sites), "Sample outlets")

    def feed_url(self, outlet: str) -> str:
        """Return the address of an outlet's feed; KeyError when there is no such outlet."""
        return self.base[outlet] + self._site(outlet).feed_path

    def url(self, outlet: str, article: str) -> str:
        """Return the canonical address of an article's page; KeyError when there is none."""
        return self.base[outlet] + world.path(self.edition(outlet), self._site(outlet).article(article))

    def edition(self, outlet: str) -> world.Edition:
        """Return what an outlet has out at this moment; KeyError when there is no such outlet."""
        site = self._site(outlet)
        return world.Edition(
            site, self.base[outlet], self.published, self._out[outlet], dict(self._titles[outlet])
        )

    def break_outlet(self, name: str, how: How) -> None:
        """Make an outlet's feed fail in the given way from now on; "ok" mends it. Pages stay as they are.

        html: the front page instead; empty: no bytes; truncated: the connection closes before the
        announced length; cut: half the bytes, announced as all; endless: items for ever; timeout: no answer.
        """
        if how not in get_args(How):
            raise ValueError(f"no such way to break: {how!r}")
        self._broken[self._site(name).id] = how

    def publish(self, outlet: str, article: str) -> None:
        """Put out an article that was held back."""
        self._out[outlet] |= {self._site(outlet).article(article).name}
        self._revisions[outlet] += 1

    def edit(self, outlet: str, article: str, *, title: str) -> None:
        """Change the title of an article, in the feed and on its page; its address stays."""
        self._titles[outlet][self._site(outlet).article(article).name] = title
        self._revisions[outlet] += 1

    def failure(self, outlet: str, path: str) -> How:
        """Tell how the outlet answers at a path: "ok" unless it is a broken outlet's feed."""
        return self._broken.get(outlet, "ok") if path == self._site(outlet).feed_path else "ok"

    def last_modified(self, outlet: str) -> datetime:
        """Return a whole second that moves with every lever pulled at this outlet."""
        return self.published + timedelta(hours=-1, seconds=self._revisions[outlet])

    def outlet_at(self, port: int) -> str:
        """Name the outlet served on a port."""
        return next(outlet for outlet, mine in self._ports.items() if mine == port)

    def _site(self, outlet: str) -> Site:
        for site in self.sites:
            if site.id == outlet:
                return site
        raise KeyError(outlet)


@contextlib.asynccontextmanager
async def serve(published: datetime) -> AsyncIterator[World]:
    """Serve every sample outlet on its own port of 127.0.0.1; every date is relative to `published`.

    ValueError when `published` is naive. All servers, and requests that still hang, end with the context.
    """
    if published.tzinfo is None:
        raise ValueError("the instant that dates are relative to must know its zone")
    sites = content.sites()
    sockets = {site.id: socket.create_server(("127.0.0.1", 0)) for site in sites}
    ports = {outlet: int(s.getsockname()[1]) for outlet, s in sockets.items()}
    outlets = World(sites, published.replace(microsecond=0), ports)
    closing = asyncio.Event()
    server = web.Server(_Handler(outlets, closing), handler_cancellation=True)
    runner = web.ServerRunner(server, shutdown_timeout=0.2)
    await runner.setup()
    try:
        for opened in sockets.values():
            await web.SockSite(runner, opened).start()
        yield outlets
    finally:
        closing.set()
        await runner.cleanup()


@contextlib.contextmanager
def serve_in_thread(published: datetime) -> Iterator[World]:
    """Do the same from code that is not a coroutine: the servers run in a thread of their own."""
    started: list[World] = []
    ready, leave = threading.Event(), threading.Event()

    async def live() -> None:
        async with serve(published) as outlets:
            started.append(outlets)
            ready.set()
            await asyncio.to_thread(leave.wait)

    def run() -> None:
        try:
            asyncio.run(live())
        finally:
            ready.set()

    thread = threading.Thread(target=run, name="sample outlets", daemon=True)
    thread.start()
    ready.wait()
    if not started:
        raise RuntimeError("the sample outlets could not be served")
    try:
        yield started[0]
    finally:
        leave.set()
        thread.join()


class _Handler:
    """Answer one request: find the outlet by its port, then the resource, then the conditions."""

    def __init__(self, outlets: World, closing: asyncio.Event) -> None:
        self._world = outlets
        self._closing = closing

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        assert request.transport is not None
        outlet = self._world.outlet_at(request.transport.get_extra_info("sockname")[1])
        how = self._world.failure(outlet, request.path)
        if request.method not in ("GET", "HEAD"):
            response: web.StreamResponse = web.Response(status=405, headers={"Allow": "GET, HEAD"})
        elif how == "timeout":
            self._note(request, outlet, 0)
            await self._closing.wait()
            return web.Response(status=503)
        elif how == "endless":
            self._note(request, outlet, 200)
            return await self._endless(request, outlet)
        elif how == "truncated":
            self._note(request, outlet, 200)
            return await self._truncated(request, outlet)
        elif how != "ok":
            response = self._failed(outlet, request.path, how)
        else:
            response = self._answer(request, outlet)
        self._note(request, outlet, response.status)
        return response

    def _note(self, request: web.BaseRequest, outlet: str, status: int) -> None:
        conditional = "If-None-Match" in request.headers or "If-Modified-Since" in request.headers
        self._world.requests.append(Seen(outlet, request.path, status, conditional))

    def _answer(self, request: web.BaseRequest, outlet: str) -> web.Response:
        edition = self._world.edition(outlet)
        found = world.resource(edition, request.path)
        headers = {"Content-Type": found.content_type}
        body = found.body
        if edition.site.compressed:
            headers["Vary"] = "Accept-Encoding"
            if "gzip" in request.headers.get("Accept-Encoding", "").lower():
                headers["Content-Encoding"] = "gzip"
                body = gzip.compress(body, mtime=0)
        if found.status == 200:
            validators = self._validators(edition.site, body)
            headers |= validators
            if _unchanged(request, validators):
                del headers["Content-Type"]
                return web.Response(status=304, headers=headers)
        return web.Response(status=found.status, headers=headers, body=body)

    def _validators(self, site: Site, body: bytes) -> dict[str, str]:
        digest = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        stamp = self._world.last_modified(site.id).astimezone(UTC)
        known = {
            "etag": ("ETag", digest),
            "weak-etag": ("ETag", f"W/{digest}"),
            "last-modified": ("Last-Modified", format_datetime(stamp, usegmt=True)),
        }
        return dict(known[name] for name in site.validators)

    def _failed(self, outlet: str, path: str, how: How) -> web.Response:
        edition = self._world.edition(outlet)
        headers = {"Content-Type": "text/html; charset=UTF-8"}
        if how == "html":
            return web.Response(body=world.resource(edition, "/").body, headers=headers)
        if how == "404":
            return web.Response(status=404, body=b"<h1>Not Found</h1>", headers=headers)
        if how == "500":
            return web.Response(status=500, body=b"<h1>Internal Server Error</h1>", headers=headers)
        whole = world.resource(edition, path)
        body = b"" if how == "empty" else whole.body[: len(whole.body) // 2]
        return web.Response(body=body, headers={"Content-Type": whole.content_type})

    async def _truncated(self, request: web.BaseRequest, outlet: str) -> web.StreamResponse:
        whole = world.resource(self._world.edition(outlet), request.path)
        response = web.StreamResponse(
            headers={"Content-Type": whole.content_type, "Content-Length": str(len(whole.body))}
        )
        response.force_close()
        await response.prepare(request)
        await response.write(whole.body[: len(whole.body) // 2])
        if request.transport is not None:
            request.transport.close()
        return response

    async def _endless(self, request: web.BaseRequest, outlet: str) -> web.StreamResponse:
        whole = world.resource(self._world.edition(outlet), request.path)
        response = web.StreamResponse(headers={"Content-Type": whole.content_type})
        response.force_close()
        await response.prepare(request)
        await response.write(whole.body[: len(whole.body) // 2])
        with contextlib.suppress(ConnectionError):
            while not self._closing.is_set():
                await response.write(_PADDING)
        return response


_PADDING = b"<!-- and so on -->\n" * 3_000


def _unchanged(request: web.BaseRequest, validators: Mapping[str, str]) -> bool:
    """Tell whether a conditional request may be answered with 304 (RFC 9110 §13.1: the tag decides)."""
    tags = request.headers.get("If-None-Match")
    if tags is not None:
        mine = validators.get("ETag", "").removeprefix("W/")
        sent = [tag.strip().removeprefix("W/") for tag in tags.split(",")]
        return bool(mine) and ("*" in sent or mine in sent)
    since = request.headers.get("If-Modified-Since")
    stamp = validators.get("Last-Modified")
    if since is None or stamp is None:
        return False
    try:
        return parsedate_to_datetime(stamp) <= parsedate_to_datetime(since)
    except (ValueError, TypeError):  # not a date, or one that knows no zone
        return False
