"""`stories`, `story`, `merge`, `split`, `mute`: what belongs together, and what a person says of it."""

from __future__ import annotations

from collections.abc import Sequence
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
    span_of,
    store_of,
)
from monitor.errors import NotFoundError

if TYPE_CHECKING:
    from monitor.models import Story
    from monitor.setup import Setup

_number = click.IntRange(1, 2**62)


def _span(_: click.Context, __: click.Parameter, value: str) -> timedelta:
    span = span_of(value)
    if span is None:
        raise click.BadParameter("a time is written like 45m, 12h, 7d or 2w")
    return span


@command(commands)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@json_option
def stories(config_path: Path, now: datetime | None, limit: int, as_json: bool) -> None:
    """List stories, the most recently touched first."""
    from monitor import screens

    setup = setup_of(config_path)
    with reader_of(setup) as reader:
        found = [setup.registry.story(story) for story in reader.stories(limit=limit)]
    if as_json:
        print_json(screens.stories_json(found))
    else:
        console().print(screens.stories_table(found, clock_of(now)()))


@command(commands)
@click.argument("number", type=_number)
@json_option
def story(config_path: Path, now: datetime | None, number: int, as_json: bool) -> None:
    """Show one story: its articles, how each belongs to it, where its reports come from, its alerts."""
    from monitor import screens

    setup = setup_of(config_path)
    found = _shown(setup, number)
    with reader_of(setup) as reader:
        alerts = reader.alerts(story=found.id)
    origins = setup.registry.origins_of(found)
    if as_json:
        print_json(screens.story_json(found, origins, alerts))
        return
    click.echo(screens.story_head(found))
    console().print(screens.story_table(found, origins, clock_of(now)()))
    if alerts:
        console().print(screens.alerts_table(alerts, clock_of(now)()))


@command(commands)
@click.argument("numbers", nargs=-1, required=True, type=_number)
def merge(config_path: Path, now: datetime | None, numbers: Sequence[int]) -> None:
    """Make several stories one, the oldest of them."""
    if len(set(numbers)) < 2:
        raise click.UsageError("give the numbers of two stories or more")
    setup = setup_of(config_path)
    with store_of(setup) as store:
        merged = store.merge(numbers, clock_of(now)())
    click.echo(f"story {merged}: {_articles(_shown(setup, merged))}")


@command(commands)
@click.argument("number", type=_number)
@click.argument("articles", nargs=-1, required=True, type=_number)
def split(config_path: Path, now: datetime | None, number: int, articles: Sequence[int]) -> None:
    """Take articles out of a story into one of their own; the two are never made one again by themselves."""
    setup = setup_of(config_path)
    with store_of(setup) as store:
        new = store.split(number, articles, clock_of(now)())
    for one in (number, new):
        shown = _shown(setup, one)
        click.echo(f"story {shown.id}: {_articles(shown)}")


@command(commands)
@click.argument("number", type=_number)
@click.option(
    "--for", "span", default="24h", show_default=True, callback=_span, help="How long: 45m, 12h, 7d or 2w."
)
@click.option("--off", is_flag=True, help="Send alerts about it again from now on.")
def mute(config_path: Path, now: datetime | None, number: int, span: timedelta, off: bool) -> None:
    """Send no alert about a story for a while; what comes meanwhile is sent at the end."""
    from monitor import screens

    setup, at = setup_of(config_path), clock_of(now)()
    until = None if off else at + span
    with store_of(setup) as store:
        muted = store.mute(number, until, at)
    click.echo(f"story {muted}: " + (f"no alerts until {screens.iso(until)}" if until else "alerts are sent"))


def _shown(setup: Setup, number: int) -> Story:
    with reader_of(setup) as reader:
        found = reader.story(number)
    if found is None:
        raise NotFoundError(f"no story has the number {number}")
    return setup.registry.story(found)


def _articles(story: Story) -> str:
    numbers = ", ".join(str(article.id) for article in story.articles)
    return f"article{'s' if len(story.articles) > 1 else ''} {numbers}"
