"""Read web archives as if their pages came today: `monitor backfill`.

Pages go to the workers a few at a time and are stored in the order of the archive. How far it was read is kept
with the articles, so that whoever stops it, however, goes on from there; what is known already is not read again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from monitor import reading
from monitor.alerts import policy
from monitor.errors import InputError, WorkerError
from monitor.models import (
    BACKFILL,
    Candidate,
    Entry,
    Match,
    NewAlert,
    NewEntry,
    PageContext,
    Placement,
    Reading,
)
from monitor.pipeline import STORY_WINDOW, Tools
from monitor.registry import host_of
from monitor.sources.urls import canonical_url
from monitor.sources.warc import ArchivedPage, pages
from monitor.stories import cluster
from monitor.writer import Together

UnderWay = deque[tuple[ArchivedPage, asyncio.Task[Reading | None]]]

_AHEAD = 32  # pages read or on their way while earlier ones are stored
_NOTED = 200  # pages after which it is noted how far an archive was read


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which pages of an archive are kept."""

    hosts: tuple[str, ...] = ()  # and what lies below them; all when there is none
    unmatched: bool = False  # also pages that no rule matches
    alert: bool = False

    def digest(self, ruleset: str) -> str:
        """Return what tells whether an archive was read for the same before."""
        return sha256(repr((sorted(self.hosts), self.unmatched, ruleset)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Backfilled:
    """What reading archives gave."""

    pages: int = 0  # HTML pages of the hosts wanted
    known: int = 0  # of them, those that had been read before
    unread: int = 0  # that a worker could not read
    stored: int = 0
    matches: int = 0
    stories_new: int = 0


class Archives:
    """Reads archives into the store, one after another."""

    def __init__(self, tools: Tools, wanted: Wanted) -> None:
        self._tools = tools
        self._setup = tools.setup
        self._store = tools.writer.store
        self._wanted = wanted
        self._sought = wanted.digest(tools.setup.rules.digest)
        self._known = Together(tools.writer, self._store.known_articles)
        self._rules = {rule.id: rule for rule in tools.setup.config.rules}
        self._channels = {channel.name: channel for channel in tools.setup.config.channels}
        self._limits = reading.Limits(max_parse=tools.setup.config.extract.max_parse)
        self._counts = Counting()

    async def read(self, files: Sequence[Path]) -> Backfilled:
        """Read every archive to its end; raise InputError for one that is none, or is damaged, where it is."""
        for file in files:
            await self._read(file)
        return self._counts.frozen()

    async def _read(self, file: Path) -> None:
        size = (await asyncio.to_thread(file.stat)).st_size
        done = await self._tools.writer(self._store.archive_done, file.name, size, self._sought)
        found = self._pages(file, done) if done < size else iter(())
        under_way: UnderWay = deque()
        finished = 0
        try:
            while (page := await asyncio.to_thread(next, found, None)) is not None:
                self._counts.pages += 1
                under_way.append((page, asyncio.create_task(self._page(page))))
                if len(under_way) > _AHEAD:
                    await self._finish(file.name, *under_way.popleft())
                    finished += 1
                    if finished % _NOTED == 0:
                        await self._note(file, size, under_way[0][0].offset)
        except InputError:  # it is damaged further on: what stands before is good
            await self._finish_all(file.name, under_way)
            raise
        else:
            await self._finish_all(file.name, under_way)
            await self._note(file, size, size)
        finally:
            for _, task in under_way:
                task.cancel()

    async def _finish_all(self, name: str, under_way: UnderWay) -> None:
        while under_way:
            await self._finish(name, *under_way.popleft())

    def _pages(self, file: Path, done: int) -> Iterator[ArchivedPage]:
        for page in pages(file, done, self._setup.config.extract.max_fetch):
            host = host_of(page.url)
            if not self._wanted.hosts or _below(host, self._wanted.hosts):
                yield page

    async def _page(self, page: ArchivedPage) -> Reading | None:
        """Read a page in a worker; None when it is known, or a worker could not."""
        if await self._known(canonical_url(page.url)):
            self._counts.known += 1
            return None
        outlet = self._setup.registry.at(page.url)
        context = PageContext(
            url=page.url,
            title="",
            summary="",
            content="",
            author="",
            published=None,
            language="",
            host=host_of(page.url),
            kind=outlet.kind if outlet else "",
            about_region=outlet is not None and outlet.about_region,
            content_type=page.content_type,
            status=200,
            foreign=True,  # there is no feed: the page speaks for itself
        )
        try:
            return await self._tools.lanes.run(
                context.host,
                reading.read_page,
                page.body,
                context,
                self._limits,
                deadline_s=self._setup.config.extract.deadline,
            )
        except WorkerError:
            self._counts.unread += 1
            return None

    async def _finish(self, name: str, page: ArchivedPage, task: asyncio.Task[Reading | None]) -> None:
        result = await task
        if result is None or not (result.matches or self._wanted.unmatched):
            return
        saved = await self._tools.writer(
            self._store.save_archived,
            _entry(page, result, may_alert=self._wanted.alert),
            result,
            host=host_of(page.url),
            archive=f"{name}#{page.record.strip('<>')}",
            seen=page.captured or self._tools.clock(),
            now=self._tools.clock(),
            ruleset=self._setup.rules.digest,
            window=STORY_WINDOW,
            place=_place,
            route=lambda matches: self._route(page, result.language, matches),
        )
        if saved is None:
            self._counts.known += 1
            return
        self._counts.stored += 1
        self._counts.matches += saved.matches
        self._counts.stories_new += saved.new_story

    def _route(self, page: ArchivedPage, language: str, matches: Sequence[Match]) -> tuple[NewAlert, ...]:
        if not self._wanted.alert:
            return ()
        outlet = self._setup.registry.at(page.url)
        return policy.route(
            matches,
            self._rules,
            self._channels,
            language=language,
            kind=outlet.kind if outlet else "",
            may_alert=True,
            why_not="",
        )

    async def _note(self, file: Path, size: int, done: int) -> None:
        now = self._tools.clock()
        await self._tools.writer(self._store.note_archive, file.name, size, self._sought, done, now)
        self._tools.progress(file.name, done, size)


@dataclass(slots=True)
class Counting:
    """Counts while an archive is read."""

    pages: int = 0
    known: int = 0
    unread: int = 0
    stored: int = 0
    matches: int = 0
    stories_new: int = 0

    def frozen(self) -> Backfilled:
        """Return what was counted."""
        return Backfilled(self.pages, self.known, self.unread, self.stored, self.matches, self.stories_new)


def _entry(page: ArchivedPage, result: Reading, *, may_alert: bool) -> NewEntry:
    return NewEntry(
        entry=Entry(
            guid="", url=page.url, title=result.title, author=result.author, published=result.published
        ),
        keys=(),
        identity=canonical_url(page.url),
        may_alert=may_alert,
        held_reason="" if may_alert else BACKFILL,
    )


def _place(own: Candidate, candidates: Sequence[Candidate], apart: frozenset[frozenset[int]]) -> Placement:
    """Place an article among those told in its own days, whenever they were read."""
    near = [one for one in candidates if abs(one.at - own.at) <= STORY_WINDOW]
    return cluster.place(own, near, apart)


def _below(host: str, wanted: Sequence[str]) -> bool:
    return any(host == one or host.endswith(f".{one}") for one in wanted)
