"""`feeds discover|backfill`: feeds that are not known yet, entries that are not shown any more."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.common import (
    Clock,
    clock_of,
    command,
    console,
    json_option,
    print_json,
    progress_bars,
    setup_of,
)
from monitor.cli.editing import address_of
from monitor.cli.feeds import feeds
from monitor.cli.making import outlet_id, outside
from monitor.errors import NotFoundError, OutsideError

if TYPE_CHECKING:
    from monitor.discovery import Discovery
    from monitor.setup import Setup
    from monitor.sources.paging import Backfill


@command(feeds, "discover")
@click.argument("url")
@json_option
def feeds_discover(config_path: Path, now: datetime | None, url: str, as_json: bool) -> None:
    """Look for the feeds of a site or page: what it declares, what it links, where feeds usually stand."""
    from monitor import screens

    setup = setup_of(config_path)
    found = _discover(setup, clock_of(now), url)
    listed = [one.url for one in setup.subscriptions]
    if as_json:
        print_json(screens.found_json(found.found, listed))
    elif found.found:
        console().print(screens.found_table(found.found, listed))
    if found.untried and not as_json:
        click.echo(f"{len(found.untried)} more addresses look like feeds and were not asked:", err=True)
        for one in found.untried[:10]:
            click.echo(f"  {screens.address(one)}", err=True)
    if not found.found:
        why = f" ({found.page_fault})" if found.page_fault else ""
        raise OutsideError(f"no feed was found with {found.asked} requests{why}")
    if not as_json:
        click.echo("to follow one: monitor feeds add ADDRESS", err=True)


def _discover(setup: Setup, clock: Clock, url: str) -> Discovery:
    import asyncio

    from monitor.discovery import discover
    from monitor.sources.robots import Robots
    from monitor.trial import Outside

    address = address_of(url)
    # Nobody said https: a site that has none is looked for over http.
    addresses = [address] if address == url.strip() else [address, address.replace("https://", "http://", 1)]

    async def ask() -> Discovery:
        async with outside(setup, clock) as (client, workers):
            tools = Outside(client, workers, clock, progress)
            return await discover(tools, Robots(client, now=clock), addresses)

    with progress_bars() as progress:
        return asyncio.run(ask())


@command(feeds, "backfill")
@click.argument("url")
@click.option("--pages", default=10, show_default=True, type=click.IntRange(1, 1000), help="At most so many.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="No further back than this local day.")
@json_option
def feeds_backfill(
    config_path: Path, now: datetime | None, url: str, pages: int, until: datetime | None, as_json: bool
) -> None:
    """Store the older entries of a feed whose site pages it; they never alert, and the next cycle reads them."""
    import asyncio

    from monitor import screens
    from monitor.store.store import exclusive

    setup, clock = setup_of(config_path), clock_of(now)
    first = until.replace(tzinfo=setup.config.zone) if until else None
    with exclusive(setup.config.data):
        done = asyncio.run(_backfill(setup, clock, address_of(url), pages, first))
    if as_json:
        print_json(screens.backfill_json(address_of(url), done))
    else:
        click.echo(screens.backfill_sentence(done))


async def _backfill(setup: Setup, clock: Clock, url: str, pages: int, until: datetime | None) -> Backfill:
    from monitor.older import backfill
    from monitor.sources.robots import Robots
    from monitor.sources.urls import same_place, shown_url
    from monitor.store.store import Store
    from monitor.trial import Outside
    from monitor.writer import Writer

    writer = Writer(Store(setup.config.database))
    try:
        store = writer.store
        await writer(store.sync_feeds, setup.subscriptions, lambda one: outlet_id(setup, one.url), clock())
        known = await writer(store.feeds)
        feed = next((one for one in known if same_place(one.url) == same_place(url)), None)
        if feed is None:
            raise NotFoundError(f"no feed on the list has the address {shown_url(url)}: add it first")
        with progress_bars() as progress:
            async with outside(setup, clock) as (client, workers):
                permit = Robots(client, now=clock).require if setup.config.extract.robots else None
                tools = Outside(client, workers, clock, progress)
                done = await backfill(tools, writer, feed, pages=pages, until=until, permit=permit)
        if done.entries:
            from monitor.models import Notice

            await writer(
                store.tell,
                Notice(
                    f"backfill|{feed.id}|{clock().isoformat()}",
                    feed.title,
                    f"{done.entries} older entries were stored by hand; they do not alert",
                ),
                (),
                clock(),
            )
        return done
    finally:
        writer.close()
