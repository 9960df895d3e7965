"""The daemon: APScheduler wakes the stages, signals stop or reload them. What is due, the store decides.

A stage that still runs when its next waking comes is not started twice; wakings missed by a sleeping
machine are made up for by one. So every job here may be late, doubled or lost without harm.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import Enum

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

from monitor.errors import MonitorError
from monitor.models import Counts
from monitor.pipeline import Pipeline
from monitor.setup import Setup
from monitor.writer import Writer

POLL_EVERY_S = 10
READ_EVERY_S = 5
ALERT_EVERY_S = 5
MATCH_EVERY_S = 300
WATCH_EVERY_S = 900
STOP_WITHIN_S = 10.0

log = logging.getLogger(__name__)


class Ending(Enum):
    """Why the daemon returned."""

    STOP = "stop"
    RELOAD = "reload"


class Signals:
    """Listens for SIGTERM, SIGINT and SIGHUP for the whole life of the program, over every reload."""

    def __init__(self, reload: Callable[[], Awaitable[bool]]) -> None:
        self._reload = reload
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._reloaded = asyncio.Event()
        self._asking: asyncio.Task[None] | None = None
        self._loop.add_signal_handler(signal.SIGHUP, self._hang_up)
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._stop.set)

    async def ending(self) -> Ending:
        """Wait for the end of this setup: a stop that was asked for at any time, or a new configuration."""
        waits = {asyncio.create_task(event.wait()) for event in (self._stop, self._reloaded)}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()
        self._reloaded.clear()
        return Ending.STOP if self._stop.is_set() else Ending.RELOAD

    def _hang_up(self) -> None:
        if self._asking is None or self._asking.done():
            self._asking = self._loop.create_task(self._ask())

    async def _ask(self) -> None:
        if await self._reload():
            self._reloaded.set()


class Daemon:
    """Runs the stages of one setup until a signal ends it."""

    def __init__(
        self, setup: Setup, pipeline: Pipeline, writer: Writer, clock: Callable[[], datetime]
    ) -> None:
        self._setup = setup
        self._pipeline = pipeline
        self._writer = writer
        self._clock = clock
        self._running: dict[str, asyncio.Task[None]] = {}

    async def serve(self, signals: Signals) -> Ending:
        """Run until SIGTERM or SIGINT, or until SIGHUP has brought a configuration that is sound."""
        await self._pipeline.spread()
        scheduler = self._scheduler()
        scheduler.start()
        log.info("running")
        try:
            return await signals.ending()
        finally:
            scheduler.shutdown(wait=False)
            await self._drain()

    def _scheduler(self) -> AsyncIOScheduler:
        zone = self._setup.config.zone
        scheduler = AsyncIOScheduler(
            timezone=zone, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        now = self._clock()
        stages: tuple[tuple[str, int, Callable[[], Awaitable[Counts]]], ...] = (
            ("poll", POLL_EVERY_S, self._pipeline.poll),
            ("read", READ_EVERY_S, self._pipeline.read),
            ("alert", ALERT_EVERY_S, self._pipeline.alert),
            ("match", MATCH_EVERY_S, self._pipeline.match),
            ("watch", WATCH_EVERY_S, self._pipeline.watch),
        )
        for name, seconds, stage in stages:
            scheduler.add_job(
                self._start, "interval", seconds=seconds, id=name, args=(name, stage), next_run_time=now
            )
        hour, minute = self._setup.config.digest.at.split(":")
        scheduler.add_job(
            self._start,
            CronTrigger(hour=hour, minute=minute, timezone=zone),
            id="digest",
            args=("digest", self._pipeline.digest),
            next_run_time=now,  # days missed while nothing ran
        )
        scheduler.add_job(
            self._start, CronTrigger(hour=3, minute=30, timezone=zone), id="tidy", args=("tidy", self._tidy)
        )
        return scheduler

    async def _start(self, name: str, stage: Callable[[], Awaitable[Counts]]) -> None:
        """Begin a stage unless it runs; as a task of ours, for the scheduler would cancel its own when it stops."""
        if name not in self._running:
            task = asyncio.get_running_loop().create_task(self._run(name, stage))
            self._running[name] = task
            task.add_done_callback(lambda _: self._running.pop(name))

    async def _run(self, name: str, stage: Callable[[], Awaitable[Counts]]) -> None:
        try:
            counts = await stage()
        except MonitorError as error:
            # The store may be full or locked for a while; what was not done is still due.
            log.error("stage %s stopped and will be tried again: %s", name, error)  # noqa: TRY400
            return
        except Exception:
            log.exception("stage %s stopped in a way nobody foresaw; it will be tried again", name)
            return
        done = {
            key: value
            for key in Counts.__dataclass_fields__
            if key not in {"alerts_pending", "unchanged"} and (value := getattr(counts, key))
        }
        if done:
            log.info("%s: %s", name, ", ".join(f"{value} {key}" for key, value in done.items()))

    async def _tidy(self) -> Counts:
        await self._writer(self._writer.store.tidy)
        return Counts()

    async def _drain(self) -> None:
        """Let running stages finish for a while, then cancel them: what they had not written is still due."""
        if self._running:
            _, late = await asyncio.wait(self._running.values(), timeout=STOP_WITHIN_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
