"""What a site's robots.txt allows (RFC 9309), asked for once a day per site."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from protego import Protego

from monitor.errors import FetchError
from monitor.sources.fetch import PRODUCT, Client
from monitor.sources.urls import shown_url

_LIMIT = 500_000  # bytes; the RFC asks for at least 500 KiB of patience, no list of rules is longer
_KEPT_FOR = timedelta(hours=24)
_RETRY_AFTER = timedelta(hours=1)
_MAX_DELAY_S = 30.0
_KEPT_SITES = 2048
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class _Site:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    rules: Protego | None = None  # None: nothing is forbidden
    failure: FetchError | None = None  # set while robots.txt cannot be had and no earlier one is known
    known: bool = False
    asked: datetime = _LONG_AGO
    valid_until: datetime = _LONG_AGO


class Robots:
    """The robots.txt files of the sites that articles come from."""

    def __init__(self, client: Client, *, now: Callable[[], datetime], agent: str = PRODUCT) -> None:
        self._client = client
        self._now = now
        self._agent = agent
        self._sites: dict[str, _Site] = {}

    async def allowed(self, url: str) -> bool:
        """Tell whether the site lets this program fetch the URL; no while its robots.txt fails."""
        site = await self._site(url)
        return site.failure is None and self._permits(site, url)

    async def require(self, url: str) -> None:
        """Raise FetchError if the URL may not be fetched.

        Its kind is "robots" when the site forbids it, which is final, and that of the failure when
        robots.txt cannot be had just now, which is worth another try.
        """
        site = await self._site(url)
        if site.failure is not None:
            why = site.failure
            raise FetchError(
                f"robots.txt of {urlsplit(url).hostname} cannot be had, so nothing is fetched there: {why}",
                kind=why.kind,
                status=why.status,
                retry_after=why.retry_after,
            )
        if not self._permits(site, url):
            raise FetchError(f"robots.txt forbids fetching {shown_url(url)}", kind="robots")

    async def sitemaps(self, url: str) -> tuple[str, ...]:
        """Return the sitemaps that the site names; none while its robots.txt cannot be had."""
        site = await self._site(url)
        return tuple(map(str, site.rules.sitemaps)) if site.rules is not None else ()

    def delay(self, url: str) -> float | None:
        """Return the crawl delay the site asks for, at most 30 s; None when it asks for none or is unknown."""
        site = self._sites.get(_origin(url))
        if site is None or site.rules is None:
            return None
        wanted = site.rules.crawl_delay(self._agent)
        return None if wanted is None or not wanted > 0 else min(float(wanted), _MAX_DELAY_S)

    def _permits(self, site: _Site, url: str) -> bool:
        return site.rules is None or bool(site.rules.can_fetch(url, self._agent))

    async def _site(self, url: str) -> _Site:
        origin = _origin(url)
        site = self._sites.get(origin)
        if site is None:
            while len(self._sites) >= _KEPT_SITES:
                del self._sites[next(iter(self._sites))]  # the one known longest; it can be asked again
            site = self._sites[origin] = _Site()
        async with site.lock:
            now = self._now()
            # `asked` in the future: the clock was set back, and the day that was counted is void.
            if now >= site.valid_until or now < site.asked:
                await self._ask(origin, site, now)
        return site

    async def _ask(self, origin: str, site: _Site, now: datetime) -> None:
        site.asked = now
        try:
            answer = await self._client.get(f"{origin}/robots.txt", limit=_LIMIT, keep_start=True)
        except FetchError as error:
            self._remember_failure(site, error, now)
            return
        site.rules = Protego.parse(answer.body.decode("utf-8-sig", "replace"))
        site.failure, site.known = None, True
        site.valid_until = now + _KEPT_FOR
        delay = self.delay(origin)
        if delay is not None:
            self._client.space(origin, delay)

    @staticmethod
    def _remember_failure(site: _Site, error: FetchError, now: datetime) -> None:
        refused = error.status is not None and 400 <= error.status < 500 and error.status != 429
        if refused:  # the RFC's "unavailable": there are no rules
            site.rules, site.failure, site.known = None, None, True
            site.valid_until = now + _KEPT_FOR
            return
        # The RFC's "unreachable": everything is forbidden, unless earlier rules are known.
        site.failure = None if site.known else error
        site.valid_until = now + _RETRY_AFTER


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme.lower()}://{parts.netloc.rpartition('@')[2].lower()}"
