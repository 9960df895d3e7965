"""What commands share: the clock, options, and how they speak."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor import __version__
from monitor.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from monitor.pipeline import Progress
    from monitor.setup import Setup
    from monitor.store.queries import Queries
    from monitor.store.store import Store

Clock = Callable[[], datetime]
_SPAN = re.compile(r"([0-9]{1,5})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="monitor")
def commands() -> None:
    """Follow a region's news feeds: match rules, send alerts, write a daily digest that can be cited."""


def _instant(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter("an instant is written like 2026-02-02T06:00:00+05:00") from None
    if not 1970 <= at.year <= 9000:
        raise click.BadParameter("an instant lies between the years 1970 and 9000")
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    default=Path("config.yaml"),
    show_default=True,
    help="The configuration file.",
)
now_option = click.option(
    "--now",
    callback=_instant,
    is_eager=True,  # other options count back from it
    metavar="INSTANT",
    help="Run as if it were this time (ISO 8601).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def command(group: click.Group, name: str | None = None) -> Callable[[Callable[..., None]], click.Command]:
    """Make a command that takes --config and --now."""

    def make(function: Callable[..., None]) -> click.Command:
        return group.command(name)(config_option(now_option(function)))

    return make


def clock_of(now: datetime | None) -> Clock:
    """Return the clock: the one place where the time is read."""
    return (lambda: now) if now is not None else (lambda: datetime.now(UTC))


def span_of(value: str) -> timedelta | None:
    """Return the time that 45m, 12h, 7d or 2w means; None where it is written otherwise."""
    found = _SPAN.fullmatch(value)
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None


def setup_of(config_path: Path) -> Setup:
    from monitor.check import load

    return load(config_path, os.environ)


def print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    # Tables piped into a file are not folded to a terminal that is not there.
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else 200, highlight=False, soft_wrap=False)


def talk(level: int) -> None:
    logging.basicConfig(
        level=level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s", force=True
    )
    for noisy in ("apscheduler", "trafilatura", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


@contextmanager
def progress_bars() -> Iterator[Progress]:
    """Show a bar for each stage on a terminal, and one line a stage elsewhere."""
    if not sys.stderr.isatty():
        yield _lines
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    bars = Progress(
        TextColumn("{task.description:<8}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console(stderr=True),
        transient=True,
    )
    tasks: dict[str, Any] = {}

    def show(stage: str, done: int, total: int) -> None:
        if stage not in tasks:
            tasks[stage] = bars.add_task(stage, total=total)
        bars.update(tasks[stage], completed=done, total=total)

    with bars:
        yield show


def _lines(stage: str, done: int, total: int) -> None:
    if done == total and total:
        click.echo(f"{stage}: {total} done", err=True)


def silent(stage: str, done: int, total: int) -> None:
    pass


def reader_of(setup: Setup) -> Queries:
    from monitor.store.queries import Queries

    return Queries.open(setup.config.database)


@contextmanager
def store_of(setup: Setup) -> Iterator[Store]:
    """Open the store for one change; a running monitor may hold it meanwhile."""
    from monitor.store.store import Store

    if not setup.config.database.exists():
        raise InputError(f"nothing has been stored yet in {setup.config.database}")
    with Store(setup.config.database) as store:
        yield store
