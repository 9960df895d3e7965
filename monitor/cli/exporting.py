"""`export`: data and citations of what is stored."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.common import command, commands, progress_bars, reader_of, setup_of, silent
from monitor.cli.searching import moment, since_option
from monitor.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from monitor.models import ArticleRecord
    from monitor.pipeline import Progress
    from monitor.setup import Setup
    from monitor.store.queries import Queries

_TABLES = ("csv", "jsonl")
_REFERENCES = ("ris", "bibtex", "csl")


@command(commands)
@click.option(
    "--format",
    "form",
    required=True,
    type=click.Choice([*_TABLES, *_REFERENCES]),
    help="A table, objects for programs, or references for a citation manager.",
)
@since_option
@click.option("--until", callback=moment, metavar="WHEN", help="Only what was first seen before then.")
@click.option(
    "--rule", "rules", multiple=True, metavar="ID", help="Only what this rule matches; may be repeated."
)
@click.option("--all", "every", is_flag=True, help="Every article that was read, matched or not.")
@click.option(
    "--output", type=click.Path(path_type=Path), help="A file instead of stdout (-); whole or not at all."
)
@click.option("--redact-private", is_flag=True, help="Withhold whatever could name a private person.")
def export(
    config_path: Path,
    now: datetime | None,
    form: str,
    since: datetime | None,
    until: datetime | None,
    rules: tuple[str, ...],
    every: bool,
    output: Path | None,
    redact_private: bool,
) -> None:
    """Write the matched articles as data or as citations, in the order in which they were found."""
    from monitor.digest.write import write_atomically
    from monitor.export import cite, tables
    from monitor.export.redact import redact
    from monitor.exported import exported
    from monitor.models import Selection
    from monitor.store.records import count, snapshot

    if rules and every:
        raise click.UsageError("--all asks for more than any --rule")
    setup = setup_of(config_path)
    output = _writable(output, setup)
    if unknown := [rule for rule in rules if rule not in setup.rule_by_id]:
        known = ", ".join(setup.rule_by_id) or "none"
        raise NotFoundError(f"no such rule: {', '.join(unknown)} (there are: {known})")
    write: Callable[[Iterable[ArticleRecord]], Iterator[str]] = {
        "csv": tables.csv_rows,
        "jsonl": tables.json_lines,
        "ris": cite.ris,
        "bibtex": cite.bibtex,
        "csl": cite.csl_json,
    }[form]
    wanted = Selection(since, until, rules, every)
    public = {one.name for one in setup.region.outlets} | {one.name for one in setup.region.entities}
    done = 0

    def records(reader: Queries, progress: Progress) -> Iterator[ArticleRecord]:
        nonlocal done
        total = count(reader, wanted)
        for record in exported(reader, setup, wanted, judged=form in _TABLES):
            done += 1
            progress("export", done, total)
            yield redact(record, public) if redact_private else record

    with reader_of(setup) as reader, snapshot(reader), _bar(output) as progress:
        pieces = (piece.encode() for piece in write(records(reader, progress)))
        if output is None:
            _print(pieces)
        else:
            write_atomically(output, pieces)
    with suppress(OSError):  # a stderr that takes nothing costs no data
        click.echo(f"{done} article{'' if done == 1 else 's'} exported", err=True)


def _writable(output: Path | None, setup: Setup) -> Path | None:
    """Return where to write, with links followed; None for stdout. Raises InputError for what is not to be replaced."""
    if output is None or str(output) == "-":
        if sys.stdout is None:
            raise InputError("stdout is closed: --output writes a file")
        return None
    if output.exists() and not output.is_file():
        raise InputError(f"{output} is not a file and is left as it is")
    config = setup.config
    database = [config.database.with_name(config.database.name + end) for end in ("", "-wal", "-shm")]
    pack = config.region.rglob("*") if config.region is not None else ()
    for own in (config.file, config.feeds, *database, *pack):
        if output.resolve() == own.resolve() or (output.exists() and own.exists() and output.samefile(own)):
            raise InputError(f"{output} is the monitor's own and is left as it is: name another file")
    return output.resolve()


def _bar(output: Path | None) -> AbstractContextManager[Progress]:
    """Show how far it is on a terminal that does not show the data."""
    if sys.stderr is not None and sys.stderr.isatty() and (output is not None or not sys.stdout.isatty()):
        return progress_bars()
    return nullcontext(silent)


def _print(pieces: Iterable[bytes]) -> None:
    try:
        sys.stdout.buffer.writelines(pieces)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read it has seen enough, which click would call a failure
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise click.exceptions.Exit(0) from None
