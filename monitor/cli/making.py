"""Where the effects are made: HTTP client, workers, store, and a pipeline on them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from monitor import __version__
from monitor.cli.common import Clock

if TYPE_CHECKING:
    from monitor.pipeline import Pipeline, Progress, Tools
    from monitor.setup import Setup
    from monitor.sources.fetch import Client
    from monitor.workers import Workers
    from monitor.writer import Writer


@dataclass(frozen=True, slots=True)
class Run:
    """A pipeline with what holds it up."""

    pipeline: Pipeline
    writer: Writer
    tools: Tools


@asynccontextmanager
async def outside(setup: Setup, clock: Clock, *, reads: bool = True) -> AsyncIterator[tuple[Client, Workers]]:
    """Make the HTTP client and the workers, and take them down again; `reads` when they are to read pages."""
    from monitor.sources.fetch import open_client

    config = setup.config
    workers = _workers(setup, os.cpu_count() or 2, reads=reads)
    try:
        async with open_client(
            contact=config.contact or "no contact given",
            version=__version__,
            proxy=config.proxy or None,
            allow_private=config.allow_private,
            now=clock,
            per_host=config.poll.per_host,
            host_gap_s=config.poll.host_gap,
            concurrency=config.poll.concurrency,
        ) as client:
            yield client, workers
    finally:
        workers.close()


def _workers(setup: Setup, count: int, *, reads: bool) -> Workers:
    """Make workers; those that only parse feeds need neither the extractor nor the rules."""
    from monitor.workers import Workers

    if not reads:
        return Workers(count, preload=("monitor.cli", "monitor.sources.feed"))
    from monitor import reading

    return Workers(
        count,
        initializer=reading.prepare,
        initargs=(setup.rules,),
        preload=("monitor.cli", "monitor.reading", "monitor.sources.feed", "trafilatura"),
    )


@asynccontextmanager
async def open_run(
    setup: Setup, clock: Clock, *, out: TextIO, progress: Progress, reads: bool = True
) -> AsyncIterator[Run]:
    """Make everything a pipeline works with, and take it down again; `reads` unless it is only to poll."""
    import random

    from monitor.delivery import Delivery
    from monitor.lanes import Lanes
    from monitor.pipeline import Pipeline, Tools
    from monitor.sources.robots import Robots
    from monitor.store.store import Store
    from monitor.writer import Writer

    chance = random.Random()  # noqa: S311 - spreads requests in time; nothing secret
    writer = Writer(Store(setup.config.database))
    slow = _workers(setup, 1, reads=reads)
    try:
        store = writer.store
        await writer(store.sync_feeds, setup.subscriptions, lambda one: outlet_id(setup, one.url), clock())
        await writer(store.use_ruleset, setup.rules.digest, clock())
        await writer(store.recover_leases, clock())
        async with outside(setup, clock, reads=reads) as (client, workers):
            tools = Tools(
                setup=setup,
                writer=writer,
                client=client,
                robots=Robots(client, now=clock),
                lanes=Lanes(workers, slow),
                delivery=Delivery(setup, writer, clock, chance, out),
                clock=clock,
                progress=progress,
                chance=chance,
            )
            yield Run(Pipeline(tools), writer, tools)
    finally:
        slow.close()
        writer.close()


def outlet_id(setup: Setup, url: str) -> str:
    outlet = setup.registry.at(url)
    return outlet.id if outlet else ""
