"""Look for a site's feeds with few requests: `feeds discover`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from monitor.errors import FeedError, FetchError, InputError, OutsideError, WorkerError
from monitor.models import Response
from monitor.pipeline import FEED_DEADLINE_S, FEED_LIMIT
from monitor.sources import discover as places
from monitor.sources.discover import Hint, PageHints
from monitor.sources.fetch import Permit
from monitor.sources.robots import Robots
from monitor.sources.tried import Tried, given
from monitor.sources.urls import same_place
from monitor.trial import Outside, parsed

MOST_REQUESTS = 15  # redirects and robots.txt counted
_LINKED = 6  # of the links on a page that look like feeds
_SITEMAPS = 2
_NOT_OURS = frozenset({"bad-url", "blocked-address"})  # faults of what was handed in
_NO_SITE = frozenset({"dns", "connect", "tls", "timeout"})
_NO_ANSWER = _NO_SITE | {"protocol", "redirect"}


@dataclass(frozen=True, slots=True)
class Discovery:
    """The feeds found from one address."""

    found: tuple[tuple[Tried, str], ...]  # and how each was found: Hint.how
    asked: int  # requests
    untried: tuple[str, ...]  # addresses that look like feeds, for which no request was left
    page_fault: str  # why the address itself could not be read; empty when it could


async def discover(tools: Outside, robots: Robots, addresses: Sequence[str]) -> Discovery:
    """Look for the feeds of a site or page, with few requests; the first address that can be reached counts.

    First what the page declares and links, then news sitemaps, and where that gave nothing the usual
    places. Raises InputError for an address that may not be asked, OutsideError for one that cannot be.
    """
    return await _Search(tools, robots).run(addresses)


class _Search:
    def __init__(self, tools: Outside, robots: Robots) -> None:
        self._tools = tools
        self._robots = robots
        self._asked = 0
        self._over = False  # the site cannot be reached, or wants to be left alone
        self._site = ""
        self._origins: set[tuple[str, str]] = set()  # whose robots.txt is known
        self._seen: set[str] = set()
        self._bodies: set[str] = set()
        self._found: list[tuple[Tried, str]] = []
        self._untried: dict[str, None] = {}
        self._unreadable = ""  # what the last answer did to a worker

    async def run(self, addresses: Sequence[str]) -> Discovery:
        answer, url, fault = await self._arrive(addresses)
        if answer is not None:
            await self._follow(answer)
        if not self._found or self._found[0][1] != "itself":
            await self._sitemaps(url)
            # Where the site itself says what there is, only the feed of the very page is worth a guess.
            guesses = places.usual_places(url) if not self._found else places.own_place(url)
            await self._try(guesses, guess=True)
        self._tools.progress("discover", self._asked, self._asked)
        return Discovery(tuple(self._found), self._asked, tuple(self._untried), fault)

    async def _arrive(self, addresses: Sequence[str]) -> tuple[Response | None, str, str]:
        """Ask for the address itself; return the page, where it is, and why there is none."""
        for url in addresses:
            self._site = places.site_of(url)
            try:
                answer = await self._visit(Hint(url, "itself"))
            except FetchError as error:
                if error.kind in _NOT_OURS:
                    raise InputError(str(error)) from error
                if url != addresses[-1] and error.kind in _NO_ANSWER:
                    self._seen.clear()  # https and http are one place to it
                    continue
                if error.kind in _NO_ANSWER or error.status == 429:
                    raise OutsideError(str(error)) from error
                return None, url, str(error)
            if answer is None:
                return None, url, self._unreadable
            self._site = places.site_of(answer.url)
            return answer, answer.url, ""
        raise InputError("no address was given")

    async def _follow(self, answer: Response) -> None:
        hints = await self._hints(answer)
        await self._try(hints.declared)
        await self._try(places.nearest_first(hints.linked, answer.url), most=_LINKED)

    async def _try(self, hints: Iterable[Hint], *, guess: bool = False, most: int = MOST_REQUESTS) -> None:
        """Ask for addresses; a page at one that looks like a feed's is a list of feeds, perhaps."""
        lists = []
        for number, hint in enumerate(hints):
            if number >= most:
                self._put_off(hint)
                continue
            answer = await self._politely(hint, guess=guess)
            if answer is not None and places.looks_like_feed(hint.url):
                lists.append(answer)
        for answer in lists:
            more = await self._hints(answer)
            for hint in (*more.declared, *places.nearest_first(more.linked, answer.url)):
                await self._politely(hint)

    async def _sitemaps(self, url: str) -> None:
        if self._spent:
            return
        self._count_robots(url)
        named = await self._robots.sitemaps(url)
        hints = places.news_sitemaps(named, _SITEMAPS)
        if not hints and not self._found:
            hints = tuple(Hint(one, "news sitemap") for one in named[:1] if not one.endswith(".gz"))
        for hint in hints:
            answer = await self._politely(hint)
            if answer is None:
                continue
            try:
                children = await self._tools.workers.run(
                    places.sitemap_children, answer.body, answer.url, deadline_s=FEED_DEADLINE_S
                )
            except WorkerError:
                continue
            for child in places.news_sitemaps(children, _SITEMAPS):
                await self._politely(child)

    async def _hints(self, answer: Response) -> PageHints:
        try:
            return await self._tools.workers.run(
                places.page_hints,
                answer.body,
                answer.url,
                answer.header("content-type"),
                deadline_s=FEED_DEADLINE_S,
            )
        except WorkerError:
            return PageHints("", (), ())

    async def _politely(self, hint: Hint, *, guess: bool = False) -> Response | None:
        """Visit an address; where its site cannot be reached or wants to be left alone, it is."""
        try:
            return await self._visit(hint, guess=guess)
        except FetchError as error:
            tired = error.kind in _NO_SITE or error.status == 429
            if tired and places.site_of(hint.url) == self._site:
                self._over = True
            return None

    async def _visit(self, hint: Hint, *, guess: bool = False) -> Response | None:
        """Ask for an address and keep it when it is a feed; return its answer when it is something else."""
        place = same_place(hint.url)
        if place in self._seen:
            return None
        if self._spent:
            self._put_off(hint)
            return None
        self._seen.add(place)
        response = await self._tools.client.get(
            hint.url, limit=FEED_LIMIT, keep_start=True, permit=self._permit(guess=guess)
        )
        final, body = same_place(response.url), sha256(response.body).hexdigest()
        if body in self._bodies or (final != place and final in self._seen):
            return None
        self._seen.add(final)
        self._bodies.add(body)
        try:
            document = await parsed(self._tools, response)
        except FeedError:
            return response
        except WorkerError as error:
            self._unreadable = str(error)
            return None
        self._found.append((given(hint.url, response, document), hint.how))
        return None

    def _permit(self, *, guess: bool) -> Permit:
        """Count every hop, and keep to robots.txt where nobody has pointed to the address."""

        async def permit(url: str) -> None:
            if guess and not self._spent and places.site_of(url) == self._site:
                self._count_robots(url)
                await self._robots.require(url)
            if self._spent:
                raise FetchError("the requests of this search are used up", kind="robots")
            self._asked += 1
            self._tools.progress("discover", self._asked, MOST_REQUESTS + 1)

        return permit

    @property
    def _spent(self) -> bool:
        return self._over or self._asked >= MOST_REQUESTS

    def _count_robots(self, url: str) -> None:
        """Count the request for a site's robots.txt, which is asked for once."""
        parts = urlsplit(url)
        origin = parts.scheme, parts.netloc
        if origin not in self._origins:
            self._origins.add(origin)
            self._asked += 1

    def _put_off(self, hint: Hint) -> None:
        """Remember an address that somebody pointed to and nobody could ask."""
        if hint.how != "usual place" and same_place(hint.url) not in self._seen:
            self._untried[hint.url] = None
