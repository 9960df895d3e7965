"""`feeds list|import|export|add|remove|pause|move|health`: the list of feeds, and how they do."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from monitor.cli.common import (
    Clock,
    clock_of,
    command,
    commands,
    console,
    json_option,
    print_json,
    reader_of,
    setup_of,
    silent,
)
from monitor.cli.editing import address_of, bytes_of, edit_feeds, require_public
from monitor.cli.health import health_now
from monitor.cli.making import outside
from monitor.errors import InputError, NotFoundError, OutsideError

if TYPE_CHECKING:
    from monitor.models import Feed
    from monitor.setup import Setup
    from monitor.sources.opml import Opml
    from monitor.sources.tried import Tried

_force = click.option("--force", is_flag=True, help="Take the address as it is, without trying it.")


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


@command(feeds, "health")
@json_option
def feeds_health(config_path: Path, now: datetime | None, as_json: bool) -> None:
    """Show in which state each feed is and why, the worst first."""
    from monitor import screens

    setup, clock = setup_of(config_path), clock_of(now)
    with reader_of(setup) as reader:
        rows = screens.worst_first(health_now(setup, reader, clock()))
    if as_json:
        print_json(screens.health_json(rows))
        return
    console().print(screens.health_table(rows, clock()))
    for feed, health in rows:
        if confirm := screens.confirmation(feed, health):
            click.echo(f"{screens.address(feed.url)} has moved for good to {screens.address(feed.moved_to)}")
            click.echo(f"  to confirm: {confirm}")


# --- the list, both ways ------------------------------------------------------------------------


@command(feeds, "import")
@click.argument("file", type=click.Path(path_type=Path))
def feeds_import(config_path: Path, now: datetime | None, file: Path) -> None:
    """Add the feeds of another OPML file that are not in feeds.opml yet."""
    from monitor.sources import opml

    setup = setup_of(config_path)
    other = opml.parse(bytes_of(file), str(file))
    for line, column, message in opml.faults(other):
        click.echo(f"{file}:{line}:{column}: left out: {message}", err=True)
    added = 0

    def merge(own: Opml) -> Opml:
        nonlocal added
        merged, added = opml.merge(own, other)
        return merged

    edit_feeds(setup, clock_of(now), merge)
    click.echo(f"{added} feeds added to {setup.config.feeds}")


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
        write_atomically(file.resolve(), data)  # a link in its place stays one
        click.echo(f"written to {file}")


# --- one feed -----------------------------------------------------------------------------------


@command(feeds, "add")
@click.argument("url")
@click.option("--title", help="Its name; default: what it calls itself.")
@click.option("--language", help="Its language, like ur; default: what its entries are written in.")
@click.option("--folder", default="", help='Where in the list: "Pakistan / Private".')
@_force
def feeds_add(
    config_path: Path,
    now: datetime | None,
    url: str,
    title: str | None,
    language: str | None,
    folder: str,
    force: bool,
) -> None:
    """Try a feed and add it to feeds.opml."""
    from monitor import screens
    from monitor.models import Subscription
    from monitor.sources import opml
    from monitor.sources.entries import language_tag
    from monitor.text.show import one_line

    if language and not language_tag(language):
        raise click.BadParameter("a language is written like ur or fa-AF", param_hint="--language")
    setup, clock = setup_of(config_path), clock_of(now)
    url = address_of(url)
    require_public(setup, url)
    _require_absent(setup, url)
    if not force:
        tried = _try(setup, clock, url)
        if tried.moved_to:
            click.echo(
                f"it has moved for good to {screens.address(tried.moved_to)}, which is added", err=True
            )
            url = tried.moved_to
        title, language = title or tried.title, language or tried.language
    name = one_line(title or "", 200) or urlsplit(url).hostname or url
    folders = tuple(part for part in re.split(r"\s+/\s+", folder.strip()) if part)
    feed = Subscription(
        url=url,
        title=name,
        language=language_tag(language or ""),
        folders=folders,
        attributes=(("type", "rss"), ("text", name), ("title", name)),
    )
    edit_feeds(setup, clock, lambda own: opml.add(own, feed))
    click.echo(f"added {screens.quoted(name)} ({screens.address(url)}) to {setup.config.feeds}")


@command(feeds, "remove")
@click.argument("url")
def feeds_remove(config_path: Path, now: datetime | None, url: str) -> None:
    """Take a feed out of feeds.opml; what it has given stays in the archive."""
    from monitor.sources import opml

    setup = setup_of(config_path)
    name = _change(setup, clock_of(now), url, opml.remove)
    click.echo(f"removed {name} from {setup.config.feeds}; what it has given stays in the archive")


@command(feeds, "pause")
@click.argument("url")
@click.option("--resume", is_flag=True, help="Poll it again.")
def feeds_pause(config_path: Path, now: datetime | None, url: str, resume: bool) -> None:
    """Keep a feed in feeds.opml and do not poll it."""
    from monitor.sources import opml

    setup = setup_of(config_path)
    name = _change(setup, clock_of(now), url, lambda own, it: opml.pause(own, it, paused=not resume))
    click.echo(f"{name} is polled again from now on" if resume else f"{name} is paused; --resume ends it")


@command(feeds, "move")
@click.argument("url")
@click.argument("new", required=False)
@_force
def feeds_move(config_path: Path, now: datetime | None, url: str, new: str | None, force: bool) -> None:
    """Give a feed its new address and keep its history.

    Without NEW, the address to which it has been redirecting for good is taken.
    """
    from monitor import screens
    from monitor.sources import opml

    setup, clock = setup_of(config_path), clock_of(now)
    url = address_of(url)
    target = address_of(new) if new else _known_move(setup, url)
    require_public(setup, target)
    old = url

    def readdress(own: Opml) -> Opml:
        nonlocal old
        found = opml.find(own, url)
        if found is None and opml.find(own, target) is not None:
            return own  # an earlier try wrote the list and died before the store followed
        moved = opml.readdress(own, url, target)
        old = found.attribute("xmlurl") if found else url
        return moved

    _require_known(setup, url, target)
    if not force:
        _try(setup, clock, target)
    edit_feeds(setup, clock, readdress, also=lambda store: store.move_feed(old, target))
    click.echo(f"moved to {screens.address(target)}; its history came along")


def _known_move(setup: Setup, url: str) -> str:
    """Return where a feed says that it now is."""
    feed = stored_feed(setup, url)
    if feed is None or not feed.moved_to:
        raise InputError("it has not said that it moved; give its new address: monitor feeds move URL NEW")
    return feed.moved_to


def stored_feed(setup: Setup, url: str) -> Feed | None:
    """Return what the store knows of a feed, by any spelling of its address."""
    from monitor.sources.urls import same_place

    with reader_of(setup) as reader:
        return next((feed for feed in reader.feeds() if same_place(feed.url) == same_place(url)), None)


def _require_absent(setup: Setup, url: str) -> None:
    """Refuse early, before anything is asked for, what editing the list would refuse."""
    from monitor.sources.urls import same_place, shown_url

    known = next((one for one in setup.subscriptions if same_place(one.url) == same_place(url)), None)
    if known is not None:
        raise InputError(
            f"{shown_url(url)} is on the list already: {known.title}, {setup.config.feeds}:{known.line}"
        )


def _require_known(setup: Setup, url: str, target: str) -> None:
    from monitor.sources.urls import same_place, shown_url

    listed = {same_place(one.url) for one in setup.subscriptions}
    if not {same_place(url), same_place(target)} & listed:
        raise NotFoundError(f"no feed on the list has the address {shown_url(url)}")
    if any(one.url == target for one in setup.subscriptions) and same_place(url) in listed:
        raise InputError(f"{shown_url(target)} is on the list already; the old address can be removed")


def _change(setup: Setup, clock: Clock, url: str, change: Callable[[Opml, str], Opml]) -> str:
    """Change the feed at an address; return its name, fit for a sentence."""
    from monitor import screens
    from monitor.sources.urls import same_place

    address = address_of(url)
    edit_feeds(setup, clock, lambda own: change(own, address))
    place = same_place(address)
    return next(
        (screens.quoted(one.title) for one in setup.subscriptions if same_place(one.url) == place), url
    )


def _try(setup: Setup, clock: Clock, url: str) -> Tried:
    """Ask an address for a feed; raise InputError or OutsideError when there is none."""
    import asyncio

    from monitor.trial import Outside, try_feed

    async def ask() -> Tried:
        async with outside(setup, clock) as (client, workers):
            return await try_feed(Outside(client, workers, clock, silent), url)

    tried = asyncio.run(ask())
    if tried.ok:
        return tried
    if tried.status in {"bad-url", "blocked-address"}:
        raise InputError(tried.answer)
    hint = "; `monitor feeds discover` looks for a site's feeds" if tried.status == "not a feed" else ""
    raise OutsideError(f"{tried.answer}{hint}; --force takes the address as it is")
