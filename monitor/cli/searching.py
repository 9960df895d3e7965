"""`search` and `rules`: what the archive holds, and what a rule would make of it."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from monitor.cli.common import (
    clock_of,
    command,
    commands,
    console,
    json_option,
    print_json,
    progress_bars,
    reader_of,
    setup_of,
    span_of,
)
from monitor.errors import ConfigError, InputError, QueryError

_LONGEST = timedelta(days=36_500)


def moment(context: click.Context, _: click.Parameter, value: str | None) -> datetime | None:
    """Read 12h, 90d, 8w or a date; the former count back from --now, which is therefore read first."""
    if value is None:
        return None
    if (back := span_of(value)) is not None:
        return clock_of(context.params.get("now"))() - min(back, _LONGEST)
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        raise click.BadParameter("write it like 12h, 90d, 8w or 2026-02-01") from None


since_option = click.option(
    "--since",
    callback=moment,
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


@commands.group()
def rules() -> None:
    """Try the rules: on their examples, and on the archive."""


@command(rules, "test")
@json_option
def rules_test(config_path: Path, now: datetime | None, as_json: bool) -> None:
    """Try every rule on its own examples."""
    from monitor import reports
    from monitor.check import check
    from monitor.rules.matcher import RuleSet, try_examples

    setup, faults = check(config_path, os.environ, examples=False)
    if faults:
        raise ConfigError(faults)
    compiled = RuleSet.compile(setup.rules)
    tried = {rule.id: tuple(try_examples(rule, compiled)) for rule in setup.config.rules}
    if as_json:
        print_json(reports.tried_json(tried))
    else:
        console().print(reports.tried_text(tried))
    if any(one.fault for some in tried.values() for one in some):
        sys.exit(1)


@command(rules, "backtest")
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    help="The configuration with the rules as they were (default: what is stored of their matches).",
)
@since_option
@click.option(
    "--limit",
    default=50,
    show_default=True,
    type=click.IntRange(1, 10_000),
    help="Changes shown, newest first.",
)
@json_option
def rules_backtest(
    config_path: Path,
    now: datetime | None,
    against: Path | None,
    since: datetime | None,
    limit: int,
    as_json: bool,
) -> None:
    """Show what the rules of today gain and lose on the stored articles. Nothing is written."""
    import asyncio

    from monitor import reports
    from monitor.backtest import backtest
    from monitor.check import rules_of

    setup = setup_of(config_path)
    before = rules_of(against, os.environ, setup.region.entities) if against else None
    with progress_bars() as progress:
        done = asyncio.run(
            backtest(setup, before, since=since, cores=os.cpu_count() or 1, limit=limit, progress=progress)
        )
    baseline = str(against) if against else "the stored matches"
    if as_json:
        print_json(reports.backtest_json(done, baseline, setup.registry, limit))
    else:
        console().print(reports.backtest_text(done, baseline, setup.registry, limit))


@command(rules, "suggest")
@since_option
@click.option(
    "--limit",
    default=50,
    show_default=True,
    type=click.IntRange(1, 10_000),
    help="The most frequent so many.",
)
@click.option(
    "--least",
    default=2,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="Only what stands in so many articles.",
)
@json_option
def rules_suggest(
    config_path: Path, now: datetime | None, since: datetime | None, limit: int, least: int, as_json: bool
) -> None:
    """List spellings in the stored articles that are close to a name and are none of its. They match nothing."""
    from monitor import reports
    from monitor.search import near_spellings

    setup = setup_of(config_path)
    with reader_of(setup) as reader, progress_bars() as progress:
        found = near_spellings(reader, setup, since=since, least=least, progress=progress)[:limit]
    if as_json:
        print_json(reports.suggested_json(found))
    else:
        console().print(reports.suggested_text(found))
