"""`alerts list|retry|test`, `digest`, `status`: what the store holds."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor import __version__
from monitor.cli.common import (
    clock_of,
    command,
    commands,
    console,
    json_option,
    print_json,
    reader_of,
    setup_of,
    store_of,
)
from monitor.cli.health import health_now
from monitor.errors import InputError, OutsideError

if TYPE_CHECKING:
    from monitor.setup import Setup
    from monitor.store.queries import Queries


@commands.group()
def alerts() -> None:
    """Look at the outbox and try the channels."""


@command(alerts, "list")
@click.option("--limit", type=click.IntRange(1, 2**62), help="So many, the newest first (default: all).")
@json_option
def alerts_list(config_path: Path, now: datetime | None, limit: int | None, as_json: bool) -> None:
    """List the alerts of the outbox, newest first."""
    from monitor import screens

    with reader_of(setup_of(config_path)) as reader:
        rows = reader.alerts(limit)
    if as_json:
        print_json(screens.alerts_json(rows))
    else:
        console().print(screens.alerts_table(rows, clock_of(now)()))


@command(alerts, "retry")
@click.argument("numbers", nargs=-1, type=click.IntRange(1, 2**62))
@click.option("--all", "every", is_flag=True, help="All dead letters.")
def alerts_retry(config_path: Path, now: datetime | None, numbers: Sequence[int], every: bool) -> None:
    """Try dead alerts again; a running monitor, or the next run, sends them."""
    if bool(numbers) == every:
        raise click.UsageError("give the numbers of dead alerts, or --all")
    setup = setup_of(config_path)
    with store_of(setup) as store:
        tried = store.retry(None if every else numbers, clock_of(now)())
    click.echo(f"{tried} alert{'' if tried == 1 else 's'} will be tried again")


@command(alerts, "test")
@click.argument("channel")
def alerts_test(config_path: Path, now: datetime | None, channel: str) -> None:
    """Send a test message to a channel."""
    from monitor.delivery import send_test
    from monitor.errors import NotFoundError

    setup = setup_of(config_path)
    found = setup.config.channel(channel)
    if found is None:
        names = ", ".join(one.name for one in setup.config.channels)
        raise NotFoundError(f"no channel is called {channel}; there are {names}")
    if found.off:
        raise OutsideError(f"channel {channel} is off: {', '.join(found.missing)} not set")
    outcome = send_test(setup, found, clock_of(now)(), sys.stdout)
    if outcome.kind != "ok":
        raise OutsideError(f"channel {channel}: {outcome.detail}")
    click.echo(f"channel {channel} took the test message", err=True)


@command(commands)
@click.option(
    "--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="The local day; default: the last one."
)
@click.option("--so-far", is_flag=True, help="Print an open day as it stands, and keep nothing.")
@json_option
def digest(
    config_path: Path, now: datetime | None, day: datetime | None, so_far: bool, as_json: bool
) -> None:
    """Write the digest of a closed local day: Markdown, HTML and JSONL."""
    from monitor import daily

    setup, clock = setup_of(config_path), clock_of(now)
    zone = setup.config.zone
    today = clock().astimezone(zone).date()
    if day and not 1970 <= day.year <= 9000:
        raise InputError("a date lies between the years 1970 and 9000")
    wanted = day.date() if day else today if so_far else today - timedelta(days=1)
    if not so_far and not daily.closed(wanted, zone, clock()):
        raise InputError(f"{wanted} is not over in {zone}: --so-far prints what there is")
    with reader_of(setup) as reader:
        if so_far:
            _print_digest(setup, reader, wanted, as_json=as_json)
            return
        files = daily.write_day(reader, setup, wanted)
        first = reader.first_activity()
        if first is None or wanted < first.astimezone(zone).date():
            click.echo(f"On {wanted} no feed was followed yet: the digest says only that.", err=True)
    paths = [str(setup.config.digests / name) for name in files]
    if as_json:
        print_json({"date": wanted.isoformat(), "files": paths})
    else:
        for path in paths:
            click.echo(path)


def _print_digest(setup: Setup, reader: Queries, day: date, *, as_json: bool) -> None:
    from monitor import daily
    from monitor.digest import render

    gathered = daily.day_digest(reader, setup, day)
    click.echo(render.jsonl(gathered) if as_json else render.markdown(gathered), nl=False)


@command(commands)
@json_option
def status(config_path: Path, now: datetime | None, as_json: bool) -> None:
    """Show on one screen how the monitor does."""
    from monitor import screens
    from monitor.alerts.send import shown

    setup, clock = setup_of(config_path), clock_of(now)
    database = setup.config.database
    with reader_of(setup) as reader:
        rows = health_now(setup, reader, clock())
        counts, oldest = reader.counts(), reader.oldest_due()
    states = [health.state for _, health in rows]
    size = database.stat().st_size if database.exists() else 0
    answer = screens.status_json(states, counts, oldest, size, __version__)
    if as_json:
        print_json(answer)
        return
    channels = [(channel.name, shown(channel)) for channel in setup.config.channels]
    console().print(screens.status_table(answer, counts["unread"], channels, clock()))
    wrong = [(feed, health) for feed, health in rows if health.state in {"failing", "silent", "blocked"}]
    if wrong:
        console().print(screens.feeds_table(wrong, clock()))
