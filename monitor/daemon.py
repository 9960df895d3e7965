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
        self._over: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()

    async def serve(self, reload: Callable[[], Awaitable[bool]]) -> Ending:
        """Run until SIGTERM or SIGINT, or until SIGHUP finds a configuration that `reload` accepts."""
        loop = asyncio.get_running_loop()
        reloading: set[asyncio.Task[None]] = set()

        async def ask() -> None:
            if await reload():
                self._end(Ending.RELOAD)

        def hang_up() -> None:
            task = loop.create_task(ask())
            reloading.add(task)
            task.add_done_callback(reloading.discard)

        loop.add_signal_handler(signal.SIGHUP, hang_up)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end, Ending.STOP)
        await self._pipeline.spread()
        scheduler = self._scheduler()
        scheduler.start()
        log.info("running")
        try:
            return await self._over
        finally:
            scheduler.shutdown(wait=False)
            await self._drain()

    def _end(self, ending: Ending) -> None:
        if not self._over.done():
            self._over.set_result(ending)

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
        except Exception:
            # The store may be full or locked for a while; what was not done is still due.
            log.exception("stage %s stopped; it will be tried again", name)
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
