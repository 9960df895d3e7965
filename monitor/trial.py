"""Ask one feed or page and store nothing: `check --online`, `explain --url`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from monitor.errors import FeedError, FetchError, MonitorError, OutsideError, WorkerError
from monitor.models import Document, Page
from monitor.pipeline import FEED_DEADLINE_S, FEED_LIMIT, Progress
from monitor.registry import host_of
from monitor.setup import Setup
from monitor.sources.feed import parse_feed
from monitor.sources.fetch import Client
from monitor.sources.language import detect
from monitor.sources.page import read_html
from monitor.workers import Workers


async def try_feeds(
    setup: Setup, client: Client, workers: Workers, clock: Callable[[], datetime], progress: Progress
) -> list[tuple[str, str, bool]]:
    """Fetch and parse every feed once; return (url, what it answered, whether it is a feed)."""
    answers: dict[str, tuple[str, bool]] = {}

    async def one(url: str) -> None:
        try:
            response = await client.get(url, limit=FEED_LIMIT)
            document = await workers.run(
                parse_feed,
                response.body,
                response.url,
                response.header("content-type"),
                clock(),
                deadline_s=FEED_DEADLINE_S,
            )
        except (FetchError, FeedError, WorkerError) as error:
            answers[url] = (str(error), False)
        else:
            moved = f", moved to {response.moved_to}" if response.moved_to else ""
            answers[url] = (f"{len(document.entries)} entries, {document.dialect}{moved}", True)
        progress("check", len(answers), len(setup.subscriptions))

    async with asyncio.TaskGroup() as group:
        for subscription in setup.subscriptions:
            group.create_task(one(subscription.url))
    return [(url, *answers[url]) for url in (one.url for one in setup.subscriptions)]


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
    )
