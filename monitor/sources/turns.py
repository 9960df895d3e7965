"""Whose turn it is: few requests at once, apart in time for each host, none while a host wants a pause."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

_KEPT_HOSTS = 4096


@dataclass(frozen=True, slots=True)
class Politeness:
    """How many requests at once, to one host and in all, and how far apart (seconds)."""

    per_host: int
    host_gap_s: float
    concurrency: int


@dataclass(slots=True)
class _Host:
    slots: asyncio.Semaphore
    gap_s: float
    users: int = 0
    ready_at: float = 0.0  # loop time
    held_until: datetime | None = None


class Turns:
    """Hands out turns at hosts; a host is named by a key of the caller's choice."""

    def __init__(self, politeness: Politeness, now: Callable[[], datetime]) -> None:
        self._politeness = politeness
        self._now = now
        self._hosts: dict[str, _Host] = {}
        self._slots = asyncio.Semaphore(politeness.concurrency)

    @asynccontextmanager
    async def turn(self, key: str, *, spaced: bool) -> AsyncIterator[None]:
        """Wait for the host's turn and keep it; not spaced: only until nobody else has it.

        The gap is kept from the end of one turn to the beginning of the next.
        """
        loop = asyncio.get_running_loop()
        host = self._host(key)
        host.users += 1
        try:
            async with host.slots:
                start = max(loop.time(), host.ready_at) if spaced else loop.time()
                host.ready_at = max(host.ready_at, start + host.gap_s)
                if start > loop.time():
                    await asyncio.sleep(start - loop.time())
                async with self._slots:
                    try:
                        yield
                    finally:
                        host.ready_at = max(host.ready_at, loop.time() + host.gap_s)
        finally:
            host.users -= 1

    def space(self, key: str, seconds: float) -> None:
        """Keep at least so many seconds between turns at the host from now on."""
        host = self._host(key)
        host.gap_s = max(host.gap_s, seconds)

    def hold(self, key: str, seconds: float) -> None:
        """Remember that the host itself asked for a pause."""
        self._host(key).held_until = self._now() + timedelta(seconds=seconds)

    def pause_left(self, key: str) -> float:
        """Return for how many more seconds the host wants no request."""
        host = self._hosts.get(key)
        if host is None or host.held_until is None:
            return 0.0
        left = (host.held_until - self._now()).total_seconds()
        if left <= 0:
            host.held_until = None
        return max(left, 0.0)

    def _host(self, key: str) -> _Host:
        host = self._hosts.get(key)
        if host is None:
            if len(self._hosts) >= _KEPT_HOSTS:
                self._forget_idle()
            host = _Host(asyncio.Semaphore(self._politeness.per_host), self._politeness.host_gap_s)
            self._hosts[key] = host
        return host

    def _forget_idle(self) -> None:
        """Drop hosts nobody waits for: over months, links lead to any number of them."""
        loop_now, now = asyncio.get_running_loop().time(), self._now()
        self._hosts = {
            key: host
            for key, host in self._hosts.items()
            if host.users
            or host.ready_at > loop_now
            or (host.held_until is not None and host.held_until > now)
        }
