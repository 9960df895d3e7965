"""`check` and `explain`: what is wrong with a configuration, and what its rules make of a text."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.common import (
    Clock,
    clock_of,
    command,
    commands,
    console,
    json_option,
    print_json,
    progress_bars,
    reader_of,
    setup_of,
)
from monitor.cli.editing import require_public
from monitor.cli.making import outside
from monitor.errors import InputError, OutsideError

if TYPE_CHECKING:
    from monitor.models import Document
    from monitor.setup import Setup
    from monitor.sources.tried import Tried


@command(commands)
@click.option("--online", is_flag=True, help="Also try every feed.")
@json_option
def check(config_path: Path, now: datetime | None, online: bool, as_json: bool) -> None:
    """Validate the configuration: keys, rules with their examples, feeds, channels."""
    from monitor import screens
    from monitor.check import check as check_setup
    from monitor.text.show import isolate

    setup, faults = check_setup(config_path, os.environ)
    off = [(channel.name, ", ".join(channel.missing)) for channel in setup.config.channels if channel.off]
    answers = _try_feeds(setup, clock_of(now)) if online and not faults else []
    answers.sort(key=lambda tried: tried.ok)
    if as_json:
        print_json(
            {
                "faults": [
                    {"file": one.file, "line": one.line, "column": one.column, "message": one.message}
                    for one in faults
                ],
                "channels_off": [{"channel": name, "missing": missing} for name, missing in off],
                "feeds": screens.tried_json(answers),
            }
        )
    else:
        for fault in faults:
            click.echo(isolate(str(fault))[1:-1], err=True)
        for name, missing in off:
            click.echo(f"channel {name} is off: {missing} not set; its alerts go to the console")
        if answers:
            titles = {one.url: one.title for one in setup.subscriptions}
            console().print(screens.tried_table(answers, titles))
        if not faults:
            rules, feeds = len(setup.config.rules), len(setup.subscriptions)
            entities = len(setup.region.entities)
            click.echo(f"{config_path} is sound: {rules} rules, {entities} entities, {feeds} feeds")
    if faults:
        sys.exit(1)
    failed = sum(not tried.ok for tried in answers)
    if failed:
        raise OutsideError(f"{failed} of {len(answers)} feeds did not answer with a feed")


def _try_feeds(setup: Setup, clock: Clock) -> list[Tried]:
    """Fetch and parse every feed once, storing nothing."""
    import asyncio

    from monitor.trial import Outside, try_feeds

    async def ask() -> list[Tried]:
        async with outside(setup, clock) as (client, workers):
            tools = Outside(client, workers, clock, progress)
            return await try_feeds(tools, [one.url for one in setup.subscriptions])

    with progress_bars() as progress:
        return asyncio.run(ask())


@command(commands)
@click.argument("article", type=click.IntRange(1, 2**62), required=False)
@click.option("--text", help="Explain this text.")
@click.option("--file", "file", type=click.Path(path_type=Path), help="Explain the text of a file.")
@click.option("--url", help="Fetch a page and explain its article.")
@click.option("--query", help="Use this query instead of the configured rules.")
@json_option
def explain(
    config_path: Path,
    now: datetime | None,
    article: int | None,
    text: str | None,
    file: Path | None,
    url: str | None,
    query: str | None,
    as_json: bool,
) -> None:
    """Say which rules fire on a text and why: exact spans, the context that decided, near misses."""
    if sum(one is not None for one in (article, text, file, url)) != 1:
        raise click.UsageError("give one of: an article's number, --text, --file or --url")
    from monitor.rules.explain import explain_json, explain_text
    from monitor.rules.matcher import RuleSet, check_rules, rule_source

    setup = setup_of(config_path)
    source, titles = setup.rules, {rule.id: rule.title for rule in setup.config.rules}
    if query is not None:
        from monitor.models import Rule

        rule = Rule(id="query", title=query, query=query)
        for _, message, column in check_rules([rule], setup.region.entities):
            raise InputError(f"--query: {message}" + (f" (column {column})" if column else ""))
        source, titles = rule_source([rule], setup.region.entities), {"query": query}
    document = _document(setup, clock_of(now), article, text, file, url)
    evaluation = RuleSet.compile(source).match(document)
    if as_json:
        print_json(explain_json(evaluation))
    else:
        click.echo(explain_text(document, evaluation, titles))


def _document(
    setup: Setup,
    clock: Clock,
    article: int | None,
    text: str | None,
    file: Path | None,
    url: str | None,
) -> Document:
    """Return what is to be explained as rules read it."""
    from monitor.models import Document

    if file is not None:
        try:
            text = file.read_bytes().decode("utf-8")
        except OSError as error:
            raise InputError(f"{file} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise InputError(f"{file} is not UTF-8 (byte {error.start})") from error
    if text is not None:
        from monitor.sources.language import detect

        return Document(fields=(("body", text),), language=detect(text))
    if url is not None:
        require_public(setup, url)
        return _fetch_document(setup, clock, url)
    from monitor import reading
    from monitor.errors import NotFoundError
    from monitor.registry import host_of

    assert article is not None
    with reader_of(setup) as reader:
        found = reader.article(article)
    if found is None:
        raise NotFoundError(f"no article has the number {article}")
    return reading.document_of(setup.registry.article(found), host_of(found.url))


def _fetch_document(setup: Setup, clock: Clock, url: str) -> Document:
    import asyncio

    from monitor.trial import read_one

    async def ask() -> Document:
        async with outside(setup, clock) as (client, workers):
            return await read_one(setup, client, workers, url)

    return asyncio.run(ask())
