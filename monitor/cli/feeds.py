"""`feeds list|import|export`."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.common import (
    clock_of,
    command,
    commands,
    console,
    json_option,
    print_json,
    reader_of,
    setup_of,
)
from monitor.cli.making import outlet_id
from monitor.errors import InputError

if TYPE_CHECKING:
    from monitor.models import Feed, FeedHealth
    from monitor.setup import Setup
    from monitor.store.queries import Queries


@commands.group()
def feeds() -> None:
    """Look after the feeds in feeds.opml."""


@command(feeds, "list")
@json_option
def feeds_list(config_path: Path, now: datetime | None, as_json: bool) -> None:
    """List every feed and how it does."""
    from monitor import screens

    setup, clock = setup_of(config_path), clock_of(now)
    with reader_of(setup) as reader:
        rows = health_now(setup, reader, clock())
    if as_json:
        print_json(screens.feeds_json(rows))
    else:
        console().print(screens.feeds_table(rows, clock()))


@command(feeds, "import")
@click.argument("file", type=click.Path(path_type=Path))
def feeds_import(config_path: Path, now: datetime | None, file: Path) -> None:
    """Add the feeds of another OPML file that are not in feeds.opml yet."""
    from monitor.digest.write import write_atomically
    from monitor.sources import opml

    target = setup_of(config_path).config.feeds
    own = opml.parse(target.read_bytes(), str(target))
    other = opml.parse(_bytes_of(file), str(file))
    for line, column, message in opml.faults(other):
        click.echo(f"{file}:{line}:{column}: left out: {message}", err=True)
    merged, added = opml.merge(own, other)
    if added:
        write_atomically(target, opml.serialise(merged))
    click.echo(f"{added} feeds added to {target}")


@command(feeds, "export")
@click.argument("file", type=click.Path(path_type=Path), required=False)
def feeds_export(config_path: Path, now: datetime | None, file: Path | None) -> None:
    """Write the feeds as OPML, to a file or to stdout."""
    from monitor.digest.write import write_atomically
    from monitor.sources import opml

    source = setup_of(config_path).config.feeds
    data = opml.serialise(opml.parse(source.read_bytes(), str(source)))
    if file is None:
        sys.stdout.buffer.write(data)
    else:
        write_atomically(file, data)
        click.echo(f"written to {file}")


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from error


def health_now(setup: Setup, reader: Queries, now: datetime) -> list[tuple[Feed, FeedHealth]]:
    """Return each subscribed feed with how it does now; one that was never polled stands there too."""
    from functools import partial

    from monitor.models import Feed, FeedHealth
    from monitor.sources import health

    known = {feed.url: feed for feed in reader.feeds()}
    judged = reader.feed_health(
        now - timedelta(days=1), now + timedelta(seconds=1), partial(health.judge, now=now)
    )
    states = {facts.url: facts for facts in judged}
    rows = []
    for one in setup.subscriptions:
        outlet = outlet_id(setup, one.url)
        feed = known.get(one.url) or Feed(
            0, one.url, one.title, language=one.language, folders=one.folders, outlet=outlet
        )
        facts = states.get(one.url) or FeedHealth(
            feed=one.title,
            url=one.url,
            outlet=outlet,
            language=one.language,
            kind="",
            country="",
            state="unpolled",
            detail="not polled yet",
            polls=0,
            failures=0,
            entries=0,
            new_entries=0,
            last_ok=None,
        )
        rows.append((feed, setup.registry.health(facts)))
    return rows
