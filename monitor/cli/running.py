"""`run`, `once`, `demo`: the pipeline itself."""

from __future__ import annotations

import logging
import signal
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from monitor import __version__
from monitor.cli.common import (
    Clock,
    clock_of,
    command,
    commands,
    config_option,
    json_option,
    print_json,
    progress_bars,
    setup_of,
    silent,
    talk,
)
from monitor.cli.making import open_run
from monitor.errors import InputError

if TYPE_CHECKING:
    from monitor.models import Counts
    from monitor.pipeline import Progress
    from monitor.setup import Setup

log = logging.getLogger("monitor")

_STAGES = ("poll", "watch", "read", "match", "alert", "digest")


@commands.command()
@config_option
def run(config_path: Path) -> None:
    """Run the monitor until it is stopped.

    SIGTERM stops it cleanly, SIGHUP reloads the configuration; a bad one is refused and the old one stays.
    """
    import asyncio

    from monitor.store.store import exclusive

    # Until the daemon listens, a hang-up has nothing to reload and a request to stop ends the start.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    talk(logging.INFO)
    setup = setup_of(config_path)
    _greet(setup)
    with exclusive(setup.config.data):
        asyncio.run(_serve(config_path, setup))


async def _serve(config_path: Path, setup: Setup) -> None:
    import asyncio

    from monitor.daemon import Daemon, Ending, Signals
    from monitor.errors import ConfigError

    accepted = [setup]

    async def reload() -> bool:
        try:
            new = await asyncio.to_thread(setup_of, config_path)
        except ConfigError as error:
            log.error("the new configuration is refused, the old one stays:\n%s", error)
            return False
        if new.config.data != setup.config.data:
            log.error("the new configuration is refused: another data folder needs a restart")
            return False
        accepted.append(new)
        return True

    clock = clock_of(None)
    signals = Signals(reload)
    while True:
        async with open_run(accepted[-1], clock, out=sys.stdout, progress=silent) as opened:
            ending = await Daemon(accepted[-1], opened.pipeline, opened.writer, clock).serve(signals)
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


@command(commands)
@click.option("--all", "all_feeds", is_flag=True, help="Poll every feed now, due or not.")
@click.option("--only", type=click.Choice(_STAGES), help="Run one stage alone.")
@json_option
def once(config_path: Path, now: datetime | None, all_feeds: bool, only: str | None, as_json: bool) -> None:
    """Run one full cycle of everything that is due, then exit."""
    import asyncio

    from monitor import screens
    from monitor.store.store import exclusive

    talk(logging.WARNING)
    setup = setup_of(config_path)
    with exclusive(setup.config.data), progress_bars() as progress:
        # With --json stdout is for the program that reads it; alerts on the console are talk.
        out = sys.stderr if as_json else sys.stdout
        counts = asyncio.run(_cycle(setup, clock_of(now), out, progress, all_feeds=all_feeds, only=only))
    if as_json:
        print_json(screens.counts_json(counts))
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
    async with open_run(setup, clock, out=out, progress=progress, reads=only != "poll") as opened:
        pipeline = opened.pipeline
        if only is None:
            return await pipeline.cycle(all_feeds=all_feeds)
        stages = {
            "watch": pipeline.watch,
            "read": pipeline.read,
            "match": pipeline.match,
            "alert": pipeline.alert,
            "digest": pipeline.digest,
        }
        counts = await (pipeline.poll(all_feeds=all_feeds) if only == "poll" else stages[only]())
        return replace(counts, alerts_pending=await opened.writer(opened.writer.store.pending))


@commands.command()
@click.option(
    "--keep", type=click.Path(path_type=Path), help="Keep configuration, database and digest in this folder."
)
def demo(keep: Path | None) -> None:
    """Run the whole pipeline on sample outlets: no network, no keys."""
    import asyncio
    import tempfile

    talk(logging.ERROR)
    if keep is not None and (keep / "config.yaml").exists():
        raise InputError(f"{keep} holds a config.yaml already: the demonstration would write over it")
    asyncio.run(_demonstrate(keep or Path(tempfile.mkdtemp(prefix="monitor-demo-")), clock_of(None)()))


async def _demonstrate(folder: Path, now: datetime) -> None:
    from monitor import screens
    from monitor.demo import server, stage
    from monitor.registry import Registry

    moments = [stage.published(now)]
    async with server.serve(moments[0]) as world:
        setup = setup_of(stage.write_config(folder, world))
        setup = replace(
            setup, registry=Registry((*setup.region.outlets, *world.outlets), setup.region.entities)
        )
        with progress_bars() as progress:
            async with open_run(setup, lambda: moments[0], out=sys.stdout, progress=progress) as opened:
                click.echo(f"{len(setup.subscriptions)} sample feeds on this machine, no network.", err=True)
                counts = await opened.pipeline.cycle()
                moments[0] = stage.morning_after(moments[0])
                written = await opened.pipeline.digest()
    click.echo(screens.counts_sentence(replace(counts, digests_written=written.digests_written)), err=True)
    digests = sorted(setup.config.digests.glob("*.html"))
    click.echo(f"The digest: {digests[-1] if digests else 'none was written'}", err=True)
    click.echo(f"Try also:   monitor stories --config {setup.config.file}", err=True)
