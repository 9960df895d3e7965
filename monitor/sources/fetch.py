"""Fetch one URL: bounded in bytes and seconds, politely, and only from addresses that are allowed.

The one home of aiohttp. Everything that can go wrong with a URL leaves here as a FetchError.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import aiohttp
import certifi
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError
from yarl import URL

from monitor.errors import BlockedAddressError, FetchError
from monitor.models import Response
from monitor.sources.address import AddressPolicy, literal
from monitor.sources.answers import is_challenge, refusal_words, retry_after_s
from monitor.sources.inflate import Inflater, coding_of
from monitor.sources.turns import Politeness, Turns
from monitor.sources.urls import fault_of, shown_url

__all__ = [
    "MAX_REDIRECTS",
    "PRODUCT",
    "Client",
    "Lookup",
    "Permit",
    "open_client",
    "shown_url",
    "system_lookup",
]

PRODUCT = "regional-news-monitor"
MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_CONNECT_S = 10.0
_SILENCE_S = 15.0
_REFUSAL_BYTES = 64 * 1024  # of an error page: enough to recognise a browser check
_HOST_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?")
_SENDABLE = re.compile(r"[\x20-\x7e]{1,1024}")

Lookup = Callable[[str], Sequence[str]]
Permit = Callable[[str], Awaitable[None]]


def system_lookup(host: str) -> Sequence[str]:
    """Resolve a host name to addresses the way the system does; raise OSError. Blocks."""
    try:
        rows = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    except UnicodeError as error:  # a label that is empty or longer than 63 characters
        raise OSError(f"{host} is not a host name") from error
    return list(dict.fromkeys(str(row[4][0]) for row in rows))


def open_client(
    *,
    contact: str,
    version: str,
    proxy: str | None,
    allow_private: tuple[str, ...],
    now: Callable[[], datetime],
    per_host: int = 1,
    host_gap_s: float = 2.0,
    concurrency: int = 32,
    total_s: float = 30.0,
    lookup: Lookup = system_lookup,
) -> Client:
    """Make the client of one run; use it as an async context manager.

    total_s bounds each `get` from its first connection to its last byte, time spent waiting for the
    host's turn excepted. Raises InputError for an entry of allow_private that cannot be read.
    """
    reachable_at = "".join(letter for letter in contact if " " < letter <= "~")
    return Client(
        agent=f"{PRODUCT}/{version} (+{reachable_at})" if reachable_at else f"{PRODUCT}/{version}",
        proxy=proxy or None,
        policy=AddressPolicy(allow_private),
        now=now,
        politeness=Politeness(per_host, host_gap_s, concurrency),
        total_s=total_s,
        lookup=lookup,
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    truncated: bool = False

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")


@dataclass(frozen=True, slots=True)
class _Ask:
    headers: dict[str, str]
    limit: int
    keep_start: bool
    conditional: bool


@dataclass(slots=True)
class _Budget:
    """What one `get` has used up so far."""

    seconds: float
    spent: float = 0.0
    hops: list[int] = field(default_factory=list)  # statuses of the redirects followed
    host: str = ""  # of the last hop


class _RefusedAddressError(RuntimeError):
    """Raised inside aiohttp's connector where an address is about to be connected to.

    A RuntimeError on purpose: of any other exception that is no OSError aiohttp makes an IndexError
    when a name has two addresses. Equal texts on purpose too: of different ones it makes a plain
    RuntimeError. What was refused is in `why`.
    """

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__("refused by the address policy")


class _Resolver(AbstractResolver):
    """Looks names up in threads of its own: a few dead name servers must not stop all other lookups."""

    def __init__(self, lookup: Lookup, threads: int) -> None:
        self._lookup = lookup
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="dns")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        addresses = await loop.run_in_executor(self._threads, self._lookup, host)
        found = [(a, socket.AF_INET6 if ":" in a else socket.AF_INET) for a in addresses]
        rows = [
            ResolveResult(
                hostname=host, host=address, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST
            )
            for address, kind in found
            if family in (socket.AF_UNSPEC, kind)
        ]
        if not rows:
            raise OSError(f"{host} has no address")
        return rows

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


class Client:
    """One HTTP session: connections, politeness per host, and the address policy."""

    def __init__(
        self,
        *,
        agent: str,
        proxy: str | None,
        policy: AddressPolicy,
        now: Callable[[], datetime],
        politeness: Politeness,
        total_s: float,
        lookup: Lookup,
    ) -> None:
        self.agent = agent
        self._proxy = proxy
        self._http_proxy = proxy if proxy and proxy.startswith("http") else None
        self._policy = policy
        self._now = now
        self._concurrency = politeness.concurrency
        self._total_s = total_s
        self._lookup = lookup
        self._turns = Turns(politeness, now)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=self._connector(),
            headers={"User-Agent": self.agent, "Accept-Encoding": "gzip, deflate"},
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,  # inflate.py bounds it and sees where a stream was cut
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S, sock_read=_SILENCE_S),
            max_line_size=16_384,
            max_field_size=32_768,  # some publishers' security headers pass aiohttp's 8 KB
        )
        return self

    def _connector(self) -> aiohttp.BaseConnector:
        if self._proxy and self._proxy.startswith("socks"):
            # The proxy resolves names, so that it alone knows which sites are asked for.
            return ProxyConnector.from_url(
                self._proxy, rdns=True, limit=self._concurrency, ssl=_tls_context()
            )
        return aiohttp.TCPConnector(
            resolver=_Resolver(self._lookup, self._concurrency),
            use_dns_cache=False,  # each connection is judged by the address it is made to
            limit=self._concurrency,
            ssl=_tls_context(),
            # Behind a proxy every socket leads to the proxy, which the user chose: nothing to judge there.
            socket_factory=None if self._proxy else self._socket,
        )

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(
        self,
        url: str,
        *,
        etag: str = "",
        last_modified: str = "",
        accept: str = "*/*",
        limit: int,
        deadline_s: float | None = None,
        permit: Permit | None = None,
        keep_start: bool = False,
    ) -> Response:
        """Fetch a URL; raise FetchError for anything but a success or a 304 that was asked for.

        limit: bytes of the decoded body; above it the fetch fails as "too-large", or with keep_start
        ends there as truncated. permit is awaited with every URL on the way, and may raise.
        """
        headers = {"Accept": accept or "*/*"}
        if _SENDABLE.fullmatch(etag):
            headers["If-None-Match"] = etag
        if _SENDABLE.fullmatch(last_modified):
            headers["If-Modified-Since"] = last_modified
        ask = _Ask(headers, limit, keep_start, conditional=len(headers) > 1)
        budget = _Budget(self._total_s if deadline_s is None else deadline_s)
        target = self._checked(url)
        while True:
            if permit is not None:
                await permit(str(target))
            answer = await self._visit(target, ask, budget)
            if answer.status not in _REDIRECTS:
                break
            budget.hops.append(answer.status)
            if len(budget.hops) > MAX_REDIRECTS:
                raise FetchError(
                    f"{shown_url(url)} leads from one address to the next, more than {MAX_REDIRECTS} times",
                    kind="redirect",
                    status=answer.status,
                )
            target = self._next(target, answer)
        moved = bool(budget.hops) and _PERMANENT.issuperset(budget.hops)
        return Response(
            requested_url=url,
            url=str(target),
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            fetched_at=self._now(),
            truncated=answer.truncated,
            moved_to=str(target) if moved else "",
            elapsed_ms=round(budget.spent * 1000),
        )

    def space(self, url: str, seconds: float) -> None:
        """Keep at least so many seconds between requests to the URL's host from now on."""
        self._turns.space(_host_key(self._checked(url)), seconds)

    # --- one hop ----------------------------------------------------------------------------

    async def _visit(self, target: URL, ask: _Ask, budget: _Budget) -> _Answer:
        site, key = target.host or "", _host_key(target)
        loop = asyncio.get_running_loop()
        # A redirect within a host belongs to the request before it; a new host has its own gap.
        async with self._turns.turn(key, spaced=key != budget.host):
            left = self._turns.pause_left(key)
            if left:
                raise FetchError(
                    f"{site} asked for a pause that lasts {round(left)} s longer",
                    kind="http",
                    status=429,
                    retry_after=left,
                )
            began = loop.time()
            try:
                async with asyncio.timeout(budget.seconds - budget.spent):
                    answer = await self._exchange(target, ask)
            except _RefusedAddressError as error:
                raise _blocked(site, error.why) from None
            except (aiohttp.ClientError, OSError, ValueError, *_PROXY_ERRORS) as error:
                raise _failure(error, site, budget.seconds) from error
            finally:
                budget.spent += loop.time() - began
                budget.host = key
        self._judge(answer, ask, site, key)
        return answer

    async def _exchange(self, target: URL, ask: _Ask) -> _Answer:
        if self._session is None:
            raise RuntimeError("the client is used outside its context")
        async with self._session.get(
            target, headers=ask.headers, allow_redirects=False, proxy=self._http_proxy
        ) as reply:
            headers = tuple((name.lower(), _clean(value)) for name, value in reply.headers.items())
            if reply.status == 304 or reply.status in _REDIRECTS:
                return _Answer(reply.status, headers)
            if reply.status >= 400:
                ask = _Ask(ask.headers, _REFUSAL_BYTES, keep_start=True, conditional=False)
            body, truncated = await _read(reply, ask, target.host or "")
            return _Answer(reply.status, headers, body, truncated)

    def _judge(self, answer: _Answer, ask: _Ask, site: str, key: str) -> None:
        status = answer.status
        if status >= 400:
            pause = retry_after_s(answer.header("retry-after"), self._now())
            if pause and status in {429, 503}:
                self._turns.hold(key, pause)
            challenge = is_challenge(status, answer.headers, answer.body)
            raise FetchError(
                refusal_words(site, status, challenge), kind="http", status=status, retry_after=pause
            )
        if status == 304 and not ask.conditional:
            raise FetchError(
                f"{site} says that nothing has changed, though nothing was asked about (304)",
                kind="protocol",
                status=status,
            )
        if status < 200 or (status >= 300 and status != 304 and status not in _REDIRECTS):
            raise FetchError(f"{site} answers with status {status}", kind="http", status=status)
        if answer.truncated and not answer.body:
            raise FetchError(f"{site} ended its answer before any of it could be read", kind="protocol")

    # --- where to ---------------------------------------------------------------------------

    def _checked(self, url: str) -> URL:
        """Return the URL as it will be asked for; raise FetchError when it may not be."""
        fault = fault_of(url)
        if fault:
            raise FetchError(f"the address {shown_url(url)} {fault}", kind="bad-url")
        try:
            target = URL(url)
            host = target.raw_host or ""
            address = literal(host)
        except ValueError as error:
            raise FetchError(
                f"the address {shown_url(url)} cannot be used: {error}", kind="bad-url"
            ) from None
        if address is None:
            if not _HOST_NAME.fullmatch(host.lower()):
                raise FetchError(f"the address {shown_url(url)} has no usable host name", kind="bad-url")
            if not self._proxy or not _means_this_machine(host):
                return target
            address = "127.0.0.1"
        why = self._policy.refusal(address, target.port or 0)
        if why:
            raise _blocked(host, why)
        return target

    def _next(self, target: URL, answer: _Answer) -> URL:
        location = answer.header("location").strip()
        if not location:
            raise FetchError(
                f"{target.host} redirects without saying where to ({answer.status})",
                kind="redirect",
                status=answer.status,
            )
        try:
            joined = target.join(URL(quote(location, safe="%!#$&'()*+,/:;=?@[]~"))).with_fragment(None)
            return self._checked(str(joined))
        except BlockedAddressError:
            raise
        except (FetchError, ValueError) as error:
            raise FetchError(
                f"{target.host} redirects to where nobody can follow: {error}",
                kind="redirect",
                status=answer.status,
            ) from None

    def _socket(self, row: aiohttp.AddrInfoType) -> socket.socket:
        """Make the socket for one address, unless the policy refuses it. The last word on every connection."""
        family, kind, protocol, _, address = row
        why = self._policy.refusal(str(address[0]), int(address[1]))
        if why:
            raise _RefusedAddressError(why)
        return socket.socket(family, kind, protocol)


# --- reading ------------------------------------------------------------------------------------


async def _read(reply: aiohttp.ClientResponse, ask: _Ask, site: str) -> tuple[bytes, bool]:
    """Return the decoded body and whether it ended early; raise FetchError above the limit."""
    try:
        inflater = Inflater(coding_of(reply.headers.get("Content-Encoding", "")))
    except ValueError as error:
        if reply.status >= 400:
            return b"", False  # the status says more than the body would
        raise FetchError(
            f"{site} sends its answer compressed as {error}, which was not asked for", kind="protocol"
        ) from None
    body = bytearray()
    received = 0
    try:
        async for chunk in reply.content.iter_any():
            received += len(chunk)
            for piece in inflater.feed(chunk):
                body += piece
                if len(body) > ask.limit:
                    return _cut(body, ask, site), True
            if received > 2 * ask.limit + _REFUSAL_BYTES:  # compressed nothing, without end
                return _cut(body, ask, site), True
    except aiohttp.ServerTimeoutError:
        raise
    except (aiohttp.ClientPayloadError, aiohttp.ClientConnectionError):
        early = True
    else:
        early = False
        for piece in inflater.finish():
            body += piece
    return bytes(body), early or not inflater.complete


def _cut(body: bytearray, ask: _Ask, site: str) -> bytes:
    if not ask.keep_start:
        raise FetchError(f"{site} sends more than the {_size(ask.limit)} that are read", kind="too-large")
    return bytes(body[: ask.limit])


def _size(count: int) -> str:
    for unit, size in (("MB", 1_000_000), ("KB", 1_000)):
        if count >= size:
            return f"{count / size:g} {unit}"
    return f"{count} bytes"


def _clean(value: str) -> str:
    """Return a header's value as text that can be stored: bytes that are no UTF-8 become U+FFFD."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _host_key(target: URL) -> str:
    name = (target.raw_host or "").rstrip(".")
    return name if target.port in (80, 443) else f"{name}:{target.port}"


def _means_this_machine(host: str) -> bool:
    name = host.lower().rstrip(".")
    return name == "localhost" or name.endswith(".localhost")


def _tls_context() -> ssl.SSLContext:
    """Verify against the system's certificates, or against certifi's where the system has none."""
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    folder = Path(paths.capath) if paths.capath else None
    if not paths.cafile and not (folder and any(folder.iterdir())):
        context.load_verify_locations(certifi.where())
    return context


# --- what went wrong ----------------------------------------------------------------------------


def _blocked(site: str, why: str) -> BlockedAddressError:
    place = why if why.startswith(site) else f"{site} leads to an address that is refused: {why}"
    return BlockedAddressError(f"{place}; network.allow_private in the configuration can allow it")


_PROXY_ERRORS = (ProxyError, ProxyConnectionError, ProxyTimeoutError)  # three families of their own

# The first row that fits is taken: narrower types stand before wider ones.
_FAILURES: tuple[tuple[type[Exception], str, str], ...] = (
    (
        aiohttp.ConnectionTimeoutError,
        "timeout",
        f"{{site}} could not be connected to within {_CONNECT_S:g} s",
    ),
    (aiohttp.ServerTimeoutError, "timeout", f"{{site}} fell silent for {_SILENCE_S:g} s"),
    (TimeoutError, "timeout", "{site} did not finish its answer within {seconds:g} s"),
    (aiohttp.ClientConnectorDNSError, "dns", "the name {site} cannot be looked up"),
    (aiohttp.ClientConnectorCertificateError, "tls", "the certificate of {site} is not accepted: {reason}"),
    (aiohttp.ClientSSLError, "tls", "no secure connection to {site} could be made"),
    (ssl.SSLError, "tls", "the secure connection to {site} broke"),
    (ProxyTimeoutError, "timeout", "the proxy in network.proxy did not answer in time"),
    (ProxyConnectionError, "connect", "the proxy in network.proxy cannot be reached"),
    (ProxyError, "connect", "the proxy in network.proxy does not take the connection"),
    (aiohttp.ClientProxyConnectionError, "connect", "the proxy in network.proxy cannot be reached"),
    (aiohttp.ClientHttpProxyError, "connect", "the proxy in network.proxy does not take the connection"),
    (aiohttp.ClientConnectorError, "connect", "{site} cannot be connected to: {reason}"),
    (aiohttp.ServerDisconnectedError, "protocol", "{site} closed the connection without an answer"),
    (aiohttp.InvalidURL, "bad-url", "the address at {site} cannot be used"),
    (OSError, "connect", "the connection to {site} broke: {reason}"),
    (aiohttp.ClientError, "protocol", "{site} answers in a way that is not HTTP"),
    (ValueError, "bad-url", "the address at {site} cannot be used: {reason}"),
)


def _failure(error: Exception, site: str, seconds: float) -> FetchError:
    """Translate what aiohttp raised into what a person can act on."""
    kind, words = next((kind, words) for types, kind, words in _FAILURES if isinstance(error, types))
    return FetchError(words.format(site=site, seconds=seconds, reason=_reason(error)), kind=kind)


def _reason(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return str(getattr(error.certificate_error, "verify_message", "")) or "it cannot be verified"
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return "no connection" if isinstance(error, OSError) else str(error)
