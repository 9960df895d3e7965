"""`search` and `rules`: what the archive holds, and what a rule would make of it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import regex

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
from monitor.errors import InputError, QueryError

_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_LONGEST = timedelta(days=36_500)


def _since(context: click.Context, _: click.Parameter, value: str | None) -> datetime | None:
    """Read 12h, 90d, 8w or a date; the former count back from --now, which is therefore read first."""
    if value is None:
        return None
    if found := regex.fullmatch(r"([0-9]{1,5})([hdw])", value):
        back = min(int(found[1]) * _UNITS[found[2]], _LONGEST)
        return clock_of(context.params.get("now"))() - back
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        raise click.BadParameter("write it like 12h, 90d, 8w or 2026-02-01") from None


since_option = click.option(
    "--since",
    callback=_since,
    metavar="WHEN",
    help="Only what was first seen since then: 12h, 90d, 8w or a date.",
)


@command(commands)
@click.argument("query")
@click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="So many, newest first."
)
@since_option
@click.option(
    "--seconds",
    default=30.0,
    show_default=True,
    type=click.FloatRange(0.1, 86_400),
    help="Stop looking after so long.",
)
@json_option
def search(
    config_path: Path,
    now: datetime | None,
    query: str,
    limit: int,
    since: datetime | None,
    seconds: float,
    as_json: bool,
) -> None:
    """Search the archive in the language of the rules, newest first."""
    from monitor import reports
    from monitor.search import search as search_archive

    setup = setup_of(config_path)
    until = time.monotonic() + seconds
    with reader_of(setup) as reader:
        try:
            searched = search_archive(
                reader, setup, query, limit=limit, since=since, enough=lambda: time.monotonic() > until
            )
        except QueryError as error:
            raise InputError(f"the query, column {error.column}: {error}") from error
    if as_json:
        print_json(reports.searched_json(searched, setup.registry))
    else:
        console().print(reports.searched_text(searched, setup.registry, setup.config.zone))
