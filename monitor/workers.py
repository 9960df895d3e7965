"""Run importable functions in processes that can be killed: at a deadline, and with their parent.

The one home of pebble, whose pool is made robust here: functions, arguments and results travel as
bytes of our own making, since one that cannot be unpickled would break the pool itself, and a pool that
broke (pebble gives up when an idle worker is killed) is replaced.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import multiprocessing
import os
import pickle
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as PoolTimeoutError
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

import pebble

from monitor.errors import MonitorError, WorkerCrashedError, WorkerError, WorkerTimeoutError

T = TypeVar("T")

MAX_TASKS = 200  # then a worker is replaced: extraction leaks a little
MEMORY_BYTES = 2 << 30
_PR_SET_PDEATHSIG = 1

# A worker that hangs in C code does not see SIGTERM, and pebble's manager waits while it hopes.
pebble.CONSTS.term_timeout = 0.2


class Workers:
    """A pool of worker processes, started when first used.

    preload names modules that are imported once, in the server the workers are forked from: they then
    start in milliseconds and share that memory. The initializer runs in every worker.
    """

    def __init__(
        self,
        count: int,
        initializer: Callable[..., object] | None = None,
        initargs: tuple[object, ...] = (),
        *,
        preload: Sequence[str] = (),
        max_tasks: int = MAX_TASKS,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        self._count = count
        self._max_tasks = max_tasks
        self._preload = list(preload)
        self._start_args = (pickle.dumps((initializer, initargs)), memory_bytes)
        self._pool: pebble.ProcessPool | None = None
        self._running: set[pebble.ProcessFuture[bytes]] = set()
        self._closed = False

    async def run(self, function: Callable[..., T], *args: object, deadline_s: float) -> T:
        """Return function(*args) from a worker; the deadline counts from when it begins there.

        Declared errors of the function come through as they are. Raises WorkerTimeoutError when the
        worker was killed at the deadline, WorkerCrashedError when it died or ran out of memory, and
        WorkerError, with the traceback as a note, for any other exception.
        """
        name = getattr(function, "__name__", str(function))
        task = pickle.dumps((function, args), protocol=pickle.HIGHEST_PROTOCOL)
        for last_try in (False, True):
            future = self._schedule(task, deadline_s)
            try:
                answer = await asyncio.wrap_future(future)
            except PoolTimeoutError:
                raise WorkerTimeoutError(f"{name} was stopped after {deadline_s:g} s") from None
            except pebble.ProcessExpired as error:
                raise WorkerCrashedError(f"the process of {name} died: {_death(error.exitcode)}") from None
            except BrokenProcessPool:
                # An idle worker was killed, or this task killed its own before pebble knew whose it
                # was. Which of the two shows when it is tried again.
                self._discard()
                if last_try:
                    raise WorkerCrashedError(f"the processes that run {name} died twice") from None
                continue
            except asyncio.CancelledError:
                if self._closed and not _being_cancelled():
                    raise WorkerError(f"{name} was not finished: the workers were closed") from None
                raise
            finally:
                self._running.discard(future)
            return _result(answer, name)  # type: ignore[no-any-return]
        raise AssertionError("the loop above returns or raises")

    def close(self) -> None:
        """Stop the workers at once; what they were running ends as a WorkerError."""
        self._closed = True
        self._discard()

    def _schedule(self, task: bytes, deadline_s: float) -> pebble.ProcessFuture[bytes]:
        if self._closed:
            raise WorkerError("the workers are closed")
        if self._pool is None:
            self._pool = self._new_pool()
        try:
            future = self._pool.schedule(_run, args=(task,), timeout=deadline_s)
        except RuntimeError:  # broken since the last task: none of its workers was busy
            self._discard()
            self._pool = self._new_pool()
            future = self._pool.schedule(_run, args=(task,), timeout=deadline_s)
        self._running.add(future)
        return future

    def _new_pool(self) -> pebble.ProcessPool:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__, *self._preload])
        return pebble.ProcessPool(
            max_workers=self._count,
            max_tasks=self._max_tasks,
            initializer=_start,
            initargs=self._start_args,
            context=context,
        )

    def _discard(self) -> None:
        pool, self._pool = self._pool, None
        if pool is None:
            return
        pool.stop()
        pool.join()
        for future in list(self._running):
            future.cancel()
