"""Ask one feed or page and store nothing: `check --online`, `feeds add`, `explain --url`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.errors import FeedError, FetchError, MonitorError, OutsideError, WorkerError
from monitor.models import Document, FeedDocument, Page, Response
from monitor.pipeline import FEED_DEADLINE_S, FEED_LIMIT, Progress
from monitor.registry import host_of
from monitor.setup import Setup
from monitor.sources.feed import parse_feed
from monitor.sources.fetch import Client, Permit
from monitor.sources.language import detect
from monitor.sources.page import read_html
from monitor.sources.tried import Tried, given, refused
from monitor.workers import Workers


@dataclass(frozen=True, slots=True)
class Outside:
    """What asking takes."""

    client: Client
    workers: Workers
    clock: Callable[[], datetime]
    progress: Progress


async def try_feed(tools: Outside, url: str, *, permit: Permit | None = None) -> Tried:
    """Fetch and parse an address once; what went wrong is told, not raised."""
    try:
        response = await tools.client.get(url, limit=FEED_LIMIT, permit=permit)
        document = await parsed(tools, response)
    except (FetchError, FeedError, WorkerError) as error:
        return refused(url, error)
    return given(url, response, document)


async def try_feeds(tools: Outside, urls: Sequence[str]) -> list[Tried]:
    """Do so with many, in their order."""
    done = 0

    async def one(url: str) -> Tried:
        nonlocal done
        tried = await try_feed(tools, url)
        done += 1
        tools.progress("check", done, len(urls))
        return tried

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(url)) for url in urls]
    return [task.result() for task in tasks]


async def parsed(tools: Outside, response: Response) -> FeedDocument:
    """Parse an answer as a feed, in a worker; raise FeedError or WorkerError."""
    return await tools.workers.run(
        parse_feed,
        response.body,
        response.url,
        response.header("content-type"),
        tools.clock(),
        deadline_s=FEED_DEADLINE_S,
    )


async def read_one(setup: Setup, client: Client, workers: Workers, url: str) -> Document:
    """Fetch a page and return its article as rules read it; raise OutsideError when there is none."""
    try:
        response = await client.get(url, limit=setup.config.extract.max_fetch)
        page: Page = await workers.run(
            read_html,
            response.body,
            response.url,
            response.header("content-type"),
            setup.config.extract.max_parse,
            deadline_s=setup.config.extract.deadline,
        )
    except MonitorError as error:
        raise OutsideError(str(error)) from error
    outlet = setup.registry.at(response.url)
    return Document(
        fields=(("title", page.title), ("body", page.text)),
        language=detect(page.text, page.language),
        host=host_of(response.url),
        kind=outlet.kind if outlet else "",
        about_region=outlet is not None and outlet.about_region,
    )
