"""`backfill`: the pipeline over web archives."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.common import (
    Clock,
    clock_of,
    command,
    commands,
    json_option,
    print_json,
    progress_bars,
    setup_of,
    talk,
)
from monitor.cli.making import open_run

if TYPE_CHECKING:
    from monitor.backfill import Backfilled, Wanted
    from monitor.pipeline import Progress
    from monitor.setup import Setup


@command(commands)
@click.argument(
    "archives",
    nargs=-1,
    required=True,
    metavar="WARC...",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option(
    "--host", "hosts", multiple=True, metavar="HOST", help="Only pages of this site; may be repeated."
)
@click.option("--all", "unmatched", is_flag=True, help="Keep every page, also those that no rule matches.")
@click.option("--alert", is_flag=True, help="Alert on what matches, as if it had come today.")
@json_option
def backfill(
    config_path: Path,
    now: datetime | None,
    archives: tuple[Path, ...],
    hosts: tuple[str, ...],
    unmatched: bool,
    alert: bool,
    as_json: bool,
) -> None:
    """Read web archives (WARC, packed or not) as if their pages had come today, without alerts.

    Pages that match a rule are kept, with where in the archive they stand. It can be stopped at any time, and
    goes on where it was.
    """
    import asyncio
    import logging

    from monitor.backfill import Wanted
    from monitor.store.store import exclusive

    talk(logging.WARNING)
    setup = setup_of(config_path)
    wanted = Wanted(tuple(host.lower().strip(".") for host in hosts), unmatched, alert)
    with exclusive(setup.config.data), progress_bars() as progress:
        done = asyncio.run(_backfill(setup, clock_of(now), progress, archives, wanted))
    if as_json:
        print_json(asdict(done))
        return
    click.echo(
        f"{done.pages} pages: {done.stored} kept with {done.matches} matches in {done.stories_new} new stories, "
        f"{done.known} known before, {done.unread} that could not be read"
    )


async def _backfill(
    setup: Setup, clock: Clock, progress: Progress, archives: tuple[Path, ...], wanted: Wanted
) -> Backfilled:
    from monitor.backfill import Archives

    async with open_run(setup, clock, out=sys.stderr, progress=progress) as opened:
        return await Archives(opened.tools, wanted).read(archives)
