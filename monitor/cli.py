"""The commands, and the only place where clock, HTTP session, workers and store are made.

What a command needs is imported when it runs, so that `monitor --help` answers at once.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import click

from monitor import __version__
from monitor.errors import InputError, MonitorError, OutsideError, StoreBusyError

if TYPE_CHECKING:
    from rich.console import Console

    from monitor.models import Counts, Document, Feed, FeedHealth
    from monitor.pipeline import Pipeline, Progress
    from monitor.setup import Setup
    from monitor.sources.fetch import Client
    from monitor.store.queries import Queries
    from monitor.workers import Workers
    from monitor.writer import Writer

Clock = Callable[[], datetime]
log = logging.getLogger("monitor")

_STAGES = ("poll", "read", "match", "alert", "digest")


def main() -> NoReturn:
    """Run a command and leave with its exit code; a traceback never reaches a user."""
    try:
        commands.main(standalone_mode=False)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except click.UsageError as error:
        error.show()
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(1)
    except StoreBusyError as error:
        _fail(error, 3)
    except OutsideError as error:
        _fail(error, 4)
    except MonitorError as error:
        _fail(error, 1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read our output has seen enough; the interpreter must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if os.environ.get("MONITOR_DEBUG"):
            raise
        click.echo(
            f"monitor: a fault in the program itself ({type(error).__name__}); "
            "MONITOR_DEBUG=1 shows where. Nothing that was stored is lost.",
            err=True,
        )
        sys.exit(1)
    sys.exit(0)


def _fail(error: MonitorError, code: int) -> NoReturn:
    click.echo(str(error), err=True)
    sys.exit(code)


# --- what commands share ------------------------------------------------------------------------


def _instant(_: click.Context, __: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter("an instant is written like 2026-02-02T06:00:00+05:00") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


_config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    default=Path("config.yaml"),
    show_default=True,
    help="The configuration file.",
)
_now_option = click.option(
    "--now", callback=_instant, metavar="INSTANT", help="Run as if it were this time (ISO 8601)."
)
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def _command(group: click.Group, name: str | None = None) -> Callable[[Callable[..., None]], click.Command]:
    """Make a command that takes --config and --now."""

    def make(function: Callable[..., None]) -> click.Command:
        return group.command(name)(_config_option(_now_option(function)))

    return make


def _clock(now: datetime | None) -> Clock:
    """Return the clock: the one place where the time is read."""
    return (lambda: now) if now is not None else (lambda: datetime.now(UTC))


def _setup(config_path: Path) -> Setup:
    from monitor.check import load

    return load(config_path, os.environ)


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    # Tables piped into a file are not folded to a terminal that is not there.
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else 200, highlight=False, soft_wrap=False)


def _log(level: int) -> None:
    logging.basicConfig(
        level=level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s", force=True
    )
    for noisy in ("apscheduler", "trafilatura", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


@contextmanager
def _progress() -> Iterator[Progress]:
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
        console=_console(stderr=True),
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


def _silent(stage: str, done: int, total: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class _Run:
    """A pipeline with what holds it up."""

    pipeline: Pipeline
    writer: Writer


@asynccontextmanager
async def _outside(setup: Setup, clock: Clock) -> AsyncIterator[tuple[Client, Workers]]:
    """Make the HTTP client and the workers, and take them down again."""
    from monitor import reading
    from monitor.sources.fetch import open_client
    from monitor.workers import Workers

    config = setup.config
    workers = Workers(
        os.cpu_count() or 2,
        initializer=reading.prepare,
        initargs=(setup.rules,),
        preload=("monitor.cli", "monitor.reading", "monitor.sources.feed"),
    )
    try:
        async with open_client(
            contact=config.contact or "no contact given",
            version=__version__,
            proxy=config.proxy or None,
            allow_private=config.allow_private,
            now=clock,
            per_host=config.poll.per_host,
            host_gap_s=config.poll.host_gap,
            concurrency=config.poll.concurrency,
        ) as client:
            yield client, workers
    finally:
        workers.close()


@asynccontextmanager
async def _open(setup: Setup, clock: Clock, *, out: TextIO, progress: Progress) -> AsyncIterator[_Run]:
    """Make everything a pipeline works with, and take it down again."""
    import random

    from monitor.delivery import Delivery
    from monitor.pipeline import Pipeline, Tools
    from monitor.sources.robots import Robots
    from monitor.store.store import Store
    from monitor.writer import Writer

    chance = random.Random()  # noqa: S311 - spreads requests in time; nothing secret
    writer = Writer(Store(setup.config.database))
    try:
        store = writer.store
        await writer(store.sync_feeds, setup.subscriptions, lambda one: _outlet_id(setup, one.url), clock())
        await writer(store.use_ruleset, setup.rules.digest, clock())
        await writer(store.recover_leases, clock())
        async with _outside(setup, clock) as (client, workers):
            tools = Tools(
                setup=setup,
                writer=writer,
                client=client,
                robots=Robots(client, now=clock),
                workers=workers,
                delivery=Delivery(setup, writer, clock, chance, out),
                clock=clock,
                progress=progress,
                chance=chance,
            )
            yield _Run(Pipeline(tools), writer)
    finally:
        writer.close()


def _outlet_id(setup: Setup, url: str) -> str:
    outlet = setup.registry.at(url)
    return outlet.id if outlet else ""


# --- the commands -------------------------------------------------------------------------------


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="monitor")
def commands() -> None:
    """Follow a region's news feeds: match rules, send alerts, write a daily digest that can be cited."""


@commands.command()
@_config_option
def run(config_path: Path) -> None:
    """Run the monitor until it is stopped.

    SIGTERM stops it cleanly, SIGHUP reloads the configuration; a bad one is refused and the old one stays.
    """
    import asyncio

    from monitor.store.store import exclusive

    _log(logging.INFO)
    setup = _setup(config_path)
    _greet(setup)
    with exclusive(setup.config.data):
        asyncio.run(_serve(config_path, setup))


async def _serve(config_path: Path, setup: Setup) -> None:
    import asyncio

    from monitor.daemon import Daemon, Ending
    from monitor.errors import ConfigError

    accepted = [setup]

    async def reload() -> bool:
        try:
            new = await asyncio.to_thread(_setup, config_path)
        except ConfigError as error:
            log.error("the new configuration is refused, the old one stays:\n%s", error)
            return False
        if new.config.data != setup.config.data:
            log.error("the new configuration is refused: another data folder needs a restart")
            return False
        accepted.append(new)
        return True

    clock = _clock(None)
    while True:
        async with _open(accepted[-1], clock, out=sys.stdout, progress=_silent) as opened:
            ending = await Daemon(accepted[-1], opened.pipeline, opened.writer, clock).serve(reload)
        if ending is Ending.STOP:
            log.info("stopped")
            return
        log.info("the configuration was read anew")


def _greet(setup: Setup) -> None:
    """Say what is about to happen, and what is off."""
    config = setup.config
    log.info(
        "%s %s: %d feeds, %d rules, data in %s",
        setup.region.name or "monitor",
        __version__,
        len(setup.subscriptions),
        len(config.rules),
        config.data,
    )
    for channel in config.channels:
        if channel.off:
            log.warning(
                "channel %s is off: %s not set; its alerts go to the console and %s",
                channel.name,
                ", ".join(channel.missing),
                config.alert_record,
            )


@_command(commands)
@click.option("--all", "all_feeds", is_flag=True, help="Poll every feed now, due or not.")
@click.option("--only", type=click.Choice(_STAGES), help="Run one stage alone.")
@_json_option
def once(config_path: Path, now: datetime | None, all_feeds: bool, only: str | None, as_json: bool) -> None:
    """Run one full cycle of everything that is due, then exit."""
    import asyncio

    from monitor import screens
    from monitor.store.store import exclusive

    _log(logging.WARNING)
    setup = _setup(config_path)
    with exclusive(setup.config.data), _progress() as progress:
        # With --json stdout is for the program that reads it; alerts on the console are talk.
        out = sys.stderr if as_json else sys.stdout
        counts = asyncio.run(_cycle(setup, _clock(now), out, progress, all_feeds=all_feeds, only=only))
    if as_json:
        _print_json(screens.counts_json(counts))
    else:
        click.echo(screens.counts_sentence(counts))


async def _cycle(
    setup: Setup,
    clock: Clock,
    out: TextIO,
    progress: Progress,
    *,
    all_feeds: bool = False,
    only: str | None = None,
) -> Counts:
    async with _open(setup, clock, out=out, progress=progress) as opened:
        pipeline = opened.pipeline
        if only is None:
            return await pipeline.cycle(all_feeds=all_feeds)
        if only == "poll":
            return await pipeline.poll(all_feeds=all_feeds)
        stages = {
            "read": pipeline.read,
            "match": pipeline.match,
            "alert": pipeline.alert,
            "digest": pipeline.digest,
        }
        return await stages[only]()


@_command(commands)
@click.option("--online", is_flag=True, help="Also try every feed.")
@_json_option
def check(config_path: Path, now: datetime | None, online: bool, as_json: bool) -> None:
    """Validate the configuration: keys, rules with their examples, feeds, channels."""
    from monitor.check import check as check_setup

    setup, faults = check_setup(config_path, os.environ)
    off = [(channel.name, ", ".join(channel.missing)) for channel in setup.config.channels if channel.off]
    answers = _try_feeds(setup, _clock(now)) if online and not faults else []
    if as_json:
        _print_json(
            {
                "faults": [
                    {"file": one.file, "line": one.line, "column": one.column, "message": one.message}
                    for one in faults
                ],
                "channels_off": [{"channel": name, "missing": missing} for name, missing in off],
                "feeds": [{"url": url, "answer": answer, "ok": ok} for url, answer, ok in answers],
            }
        )
    else:
        for fault in faults:
            click.echo(str(fault), err=True)
        for name, missing in off:
            click.echo(f"channel {name} is off: {missing} not set; its alerts go to the console")
        for url, answer, ok in answers:
            click.echo(f"{'ok  ' if ok else 'FAIL'} {url}: {answer}")
        if not faults:
            rules, feeds = len(setup.config.rules), len(setup.subscriptions)
            entities = len(setup.region.entities)
            click.echo(f"{config_path} is sound: {rules} rules, {entities} entities, {feeds} feeds")
    if faults:
        sys.exit(1)
    failed = sum(not ok for _, _, ok in answers)
    if failed:
        raise OutsideError(f"{failed} of {len(answers)} feeds did not answer with a feed")


def _try_feeds(setup: Setup, clock: Clock) -> list[tuple[str, str, bool]]:
    """Fetch and parse every feed once, storing nothing."""
    import asyncio

    from monitor.trial import try_feeds

    async def ask() -> list[tuple[str, str, bool]]:
        async with _outside(setup, clock) as (client, workers):
            return await try_feeds(setup, client, workers, clock, progress)

    with _progress() as progress:
        return asyncio.run(ask())


@_command(commands)
@click.argument("article", type=int, required=False)
@click.option("--text", help="Explain this text.")
@click.option("--file", "file", type=click.Path(path_type=Path), help="Explain the text of a file.")
@click.option("--url", help="Fetch a page and explain its article.")
@click.option("--query", help="Use this query instead of the configured rules.")
@_json_option
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

    setup = _setup(config_path)
    source, titles = setup.rules, {rule.id: rule.title for rule in setup.config.rules}
    if query is not None:
        from monitor.models import Rule

        rule = Rule(id="query", title=query, query=query)
        for _, message, column in check_rules([rule], setup.region.entities):
            raise InputError(f"--query: {message}" + (f" (column {column})" if column else ""))
        source, titles = rule_source([rule], setup.region.entities), {"query": query}
    document = _document(setup, _clock(now), article, text, file, url)
    evaluation = RuleSet.compile(source).match(document)
    if as_json:
        _print_json(explain_json(evaluation))
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
        return _fetch_document(setup, clock, url)
    from monitor import reading
    from monitor.errors import NotFoundError
    from monitor.registry import host_of

    assert article is not None
    with _reader(setup) as reader:
        found = reader.article(article)
    if found is None:
        raise NotFoundError(f"no article has the number {article}")
    return reading.document_of(found, host_of(found.url), setup.registry.article(found).kind)


def _fetch_document(setup: Setup, clock: Clock, url: str) -> Document:
    import asyncio

    from monitor.trial import read_one

    async def ask() -> Document:
        async with _outside(setup, clock) as (client, workers):
            return await read_one(setup, client, workers, url)

    return asyncio.run(ask())


@commands.group()
def feeds() -> None:
    """Look after the feeds in feeds.opml."""


@_command(feeds, "list")
@_json_option
def feeds_list(config_path: Path, now: datetime | None, as_json: bool) -> None:
    """List every feed and how it does."""
    from monitor import screens

    setup, clock = _setup(config_path), _clock(now)
    with _reader(setup) as reader:
        rows = _health(setup, reader, clock())
    if as_json:
        _print_json(screens.feeds_json(rows))
    else:
        _console().print(screens.feeds_table(rows, clock()))


@_command(feeds, "import")
@click.argument("file", type=click.Path(path_type=Path))
def feeds_import(config_path: Path, now: datetime | None, file: Path) -> None:
    """Add the feeds of another OPML file that are not in feeds.opml yet."""
    from monitor.digest.write import write_atomically
    from monitor.sources import opml

    target = _setup(config_path).config.feeds
    own = opml.parse(target.read_bytes(), str(target))
    other = opml.parse(_bytes_of(file), str(file))
    for line, column, message in opml.faults(other):
        click.echo(f"{file}:{line}:{column}: left out: {message}", err=True)
    merged, added = opml.merge(own, other)
    if added:
        write_atomically(target, opml.serialise(merged))
    click.echo(f"{added} feeds added to {target}")


@_command(feeds, "export")
@click.argument("file", type=click.Path(path_type=Path), required=False)
def feeds_export(config_path: Path, now: datetime | None, file: Path | None) -> None:
    """Write the feeds as OPML, to a file or to stdout."""
    from monitor.digest.write import write_atomically
    from monitor.sources import opml

    source = _setup(config_path).config.feeds
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


def _reader(setup: Setup) -> Queries:
    from monitor.store.queries import Queries

    return Queries.open(setup.config.database)


def _health(setup: Setup, reader: Queries, now: datetime) -> list[tuple[Feed, FeedHealth]]:
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
        outlet = _outlet_id(setup, one.url)
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


@_command(commands)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@_json_option
def stories(config_path: Path, now: datetime | None, limit: int, as_json: bool) -> None:
    """List stories, the most recently touched first."""
    from monitor import screens

    setup = _setup(config_path)
    with _reader(setup) as reader:
        found = [setup.registry.story(story) for story in reader.stories(limit=limit)]
    if as_json:
        _print_json(screens.stories_json(found))
    else:
        _console().print(screens.stories_table(found, _clock(now)()))


@commands.group()
def alerts() -> None:
    """Look at the outbox and try the channels."""


@_command(alerts, "list")
@click.option("--limit", type=click.IntRange(1), help="So many, the newest first (default: all).")
@_json_option
def alerts_list(config_path: Path, now: datetime | None, limit: int | None, as_json: bool) -> None:
    """List the alerts of the outbox, newest first."""
    from monitor import screens

    with _reader(_setup(config_path)) as reader:
        rows = reader.alerts(limit)
    if as_json:
        _print_json(screens.alerts_json(rows))
    else:
        _console().print(screens.alerts_table(rows, _clock(now)()))


@_command(alerts, "test")
@click.argument("channel")
def alerts_test(config_path: Path, now: datetime | None, channel: str) -> None:
    """Send a test message to a channel."""
    from monitor.delivery import send_test
    from monitor.errors import NotFoundError

    setup = _setup(config_path)
    found = setup.config.channel(channel)
    if found is None:
        names = ", ".join(one.name for one in setup.config.channels)
        raise NotFoundError(f"no channel is called {channel}; there are {names}")
    if found.off:
        raise OutsideError(f"channel {channel} is off: {', '.join(found.missing)} not set")
    outcome = send_test(setup, found, _clock(now)(), sys.stdout)
    if outcome.kind != "ok":
        raise OutsideError(f"channel {channel}: {outcome.detail}")
    click.echo(f"channel {channel} took the test message", err=True)


@_command(commands)
@click.option(
    "--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="The local day; default: the last one."
)
@click.option("--so-far", is_flag=True, help="Print an open day as it stands, and keep nothing.")
@_json_option
def digest(
    config_path: Path, now: datetime | None, day: datetime | None, so_far: bool, as_json: bool
) -> None:
    """Write the digest of a closed local day: Markdown, HTML and JSONL."""
    from monitor import daily

    setup, clock = _setup(config_path), _clock(now)
    zone = setup.config.zone
    today = clock().astimezone(zone).date()
    wanted = day.date() if day else today if so_far else today - timedelta(days=1)
    if not so_far and not daily.closed(wanted, zone, clock()):
        raise InputError(f"{wanted} is not over in {zone}: --so-far prints what there is")
    with _reader(setup) as reader:
        if so_far:
            _print_digest(setup, reader, wanted, as_json=as_json)
            return
        files = daily.write_day(reader, setup, wanted)
    paths = [str(setup.config.digests / name) for name in files]
    if as_json:
        _print_json({"date": wanted.isoformat(), "files": paths})
    else:
        for path in paths:
            click.echo(path)


def _print_digest(setup: Setup, reader: Queries, day: date, *, as_json: bool) -> None:
    from monitor import daily
    from monitor.digest import render

    gathered = daily.day_digest(reader, setup, day)
    click.echo(render.jsonl(gathered) if as_json else render.markdown(gathered), nl=False)


@_command(commands)
@_json_option
def status(config_path: Path, now: datetime | None, as_json: bool) -> None:
    """Show on one screen how the monitor does."""
    from monitor import screens
    from monitor.alerts.send import shown

    setup, clock = _setup(config_path), _clock(now)
    database = setup.config.database
    with _reader(setup) as reader:
        rows = _health(setup, reader, clock())
        counts, oldest = reader.counts(), reader.oldest_due()
    states = [health.state for _, health in rows]
    size = database.stat().st_size if database.exists() else 0
    answer = screens.status_json(states, counts, oldest, size, __version__)
    if as_json:
        _print_json(answer)
        return
    channels = [(channel.name, shown(channel)) for channel in setup.config.channels]
    _console().print(screens.status_table(answer, counts["unread"], channels, clock()))
    wrong = [(feed, health) for feed, health in rows if health.state in {"failing", "silent", "blocked"}]
    if wrong:
        _console().print(screens.feeds_table(wrong, clock()))


@commands.command()
@click.option(
    "--keep", type=click.Path(path_type=Path), help="Keep configuration, database and digest in this folder."
)
def demo(keep: Path | None) -> None:
    """Run the whole pipeline on sample outlets: no network, no keys."""
    import asyncio
    import tempfile

    _log(logging.ERROR)
    asyncio.run(_demonstrate(keep or Path(tempfile.mkdtemp(prefix="monitor-demo-")), _clock(None)()))


async def _demonstrate(folder: Path, now: datetime) -> None:
    from monitor import screens
    from monitor.demo import server, stage
    from monitor.registry import Registry

    moments = [stage.published(now)]
    async with server.serve(moments[0]) as world:
        setup = _setup(stage.write_config(folder, world))
        setup = replace(setup, registry=Registry((*setup.region.outlets, *world.outlets)))
        with _progress() as progress:
            async with _open(setup, lambda: moments[0], out=sys.stdout, progress=progress) as opened:
                click.echo(f"{len(setup.subscriptions)} sample feeds on this machine, no network.", err=True)
                counts = await opened.pipeline.cycle()
                moments[0] = stage.morning_after(moments[0])
                written = await opened.pipeline.digest()
    click.echo(screens.counts_sentence(replace(counts, digests_written=written.digests_written)), err=True)
    digests = sorted(setup.config.digests.glob("*.html"))
    click.echo(f"The digest: {digests[-1] if digests else 'none was written'}", err=True)
    click.echo(f"Try also:   monitor stories --config {setup.config.file}", err=True)
