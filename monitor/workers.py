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
from concurrent.futures import TimeoutError as PoolTimeoutError
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from typing import Any, TypeVar

import pebble

from monitor.errors import MonitorError, WorkerCrashedError, WorkerError, WorkerTimeoutError

T = TypeVar("T")

MAX_TASKS = 200  # then a worker is replaced: extraction leaks a little
MEMORY_BYTES = 2 << 30
_TRIES = 3
_LOOK_AGAIN_S = 1.0
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
        self._starting = asyncio.Lock()
        self._closed = False

    async def run(self, function: Callable[..., T], *args: object, deadline_s: float) -> T:
        """Return function(*args) from a worker; the deadline counts from when it begins there.

        Declared errors of the function come through as they are. Raises WorkerTimeoutError when the
        worker was killed at the deadline, WorkerCrashedError when it died or ran out of memory, and
        WorkerError, with the traceback as a note, for any other exception.
        """
        name = getattr(function, "__name__", str(function))
        task = pickle.dumps((function, args), protocol=pickle.HIGHEST_PROTOCOL)
        for _ in range(_TRIES):
            pool = await self._started()
            try:
                return _value(await self._answer(pool, task, deadline_s), name)  # type: ignore[no-any-return]
            except PoolTimeoutError:
                raise WorkerTimeoutError(f"{name} was stopped after {deadline_s:g} s") from None
            except pebble.ProcessExpired as error:
                raise WorkerCrashedError(f"the process of {name} died: {_death(error.exitcode)}") from None
            except BrokenProcessPool:
                # An idle worker was killed, or this task killed its own before pebble knew whose it
                # was. Which of the two shows when it is tried again.
                if self._pool is pool:
                    self._pool = None
                    await asyncio.to_thread(_stop, pool)
        raise WorkerCrashedError(f"the processes that run {name} died {_TRIES} times")

    def close(self) -> None:
        """Stop the workers at once; what they were running ends as a WorkerError. Blocks for a moment."""
        self._closed = True
        pool, self._pool = self._pool, None
        if pool is not None:
            _stop(pool)

    async def _started(self) -> pebble.ProcessPool:
        async with self._starting:
            if self._closed:
                raise WorkerError("the workers are closed")
            if self._pool is not None and not self._pool.active:
                broken, self._pool = self._pool, None
                await asyncio.to_thread(_stop, broken)
            if self._pool is None:
                context = multiprocessing.get_context("forkserver")
                context.set_forkserver_preload(["monitor.forkserver", *self._preload])
                # Here and not in the thread below: it is to die when its creator does, and to the
                # kernel that is a thread.
                forkserver.ensure_running()
                # In a thread: the fork server imports its modules before it answers.
                self._pool = await asyncio.to_thread(self._new_pool, context)
            return self._pool

    async def _answer(self, pool: pebble.ProcessPool, task: bytes, deadline_s: float) -> bytes:
        try:
            future = pool.schedule(_run, args=(task,), timeout=deadline_s)
        except RuntimeError as error:  # it broke, or was closed, since it was looked at
            raise BrokenProcessPool from error
        answer: asyncio.Future[bytes] = asyncio.wrap_future(future)
        try:
            while not (await asyncio.wait({answer}, timeout=_LOOK_AGAIN_S))[0]:
                if not pool.active:  # pebble forgets tasks that a breaking pool had not yet handed on
                    raise BrokenProcessPool
        finally:
            answer.cancel()  # stops the worker when it is this coroutine that was cancelled
        return answer.result()

    def _new_pool(self, context: ForkServerContext) -> pebble.ProcessPool:
        pool = pebble.ProcessPool(
            max_workers=self._count,
            max_tasks=self._max_tasks,
            initializer=_start,
            initargs=self._start_args,
            context=context,
        )
        if not pool.active:  # asking starts it
            raise WorkerError("the worker processes could not be started")
        return pool


def _stop(pool: pebble.ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()


# --- in the worker ------------------------------------------------------------------------------

_start_failure = ""


def _start(packed: bytes, memory_bytes: int) -> None:
    """Prepare a worker. Never raises: pebble would start workers, and see them fail, for ever."""
    global _start_failure  # noqa: PLW0603 -- one worker is one process; its state is its module's
    try:
        die_with_parent()
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, most))
        initializer, initargs = pickle.loads(packed)  # noqa: S301 -- made by the parent process
        if initializer is not None:
            initializer(*initargs)
    except BaseException as error:  # noqa: BLE001 -- told to whoever asks this worker for something
        _start_failure = f"a worker could not be prepared: {_said(error)}"


def die_with_parent() -> None:
    """Have the kernel kill this process when the one that forked it dies, however it dies."""
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before the kernel was asked
            os.kill(os.getpid(), signal.SIGKILL)


def _run(task: bytes) -> bytes:
    """Run one task; whatever comes of it is returned as bytes, (kind, content, traceback)."""
    if _start_failure:
        return pickle.dumps(("failed", _start_failure, ""))
    try:
        function, args = pickle.loads(task)  # noqa: S301 -- made by the parent process
        return pickle.dumps(("value", function(*args), ""), protocol=pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        return pickle.dumps(("memory", "", ""))
    except BaseException as error:  # noqa: BLE001 -- a process boundary: it must travel, and as data
        return _packed(error)


def _packed(error: BaseException) -> bytes:
    trace = "".join(traceback.format_exception(error))
    if isinstance(error, MonitorError):
        with contextlib.suppress(pickle.PickleError, TypeError, AttributeError):
            packed = pickle.dumps(("declared", error, trace))
            pickle.loads(packed)  # noqa: S301 -- made in the line above
            return packed
    return pickle.dumps(("failed", _said(error), trace))


def _said(error: BaseException) -> str:
    return str(error) if isinstance(error, MonitorError) else f"{type(error).__name__}: {error}"


# --- back in the parent -------------------------------------------------------------------------


def _value(answer: bytes, name: str) -> Any:
    kind, content, trace = pickle.loads(answer)  # noqa: S301 -- from our own worker
    match kind:
        case "value":
            return content
        case "declared":
            raise content
        case "memory":
            raise WorkerCrashedError(f"{name} ran out of memory")
        case _:
            error = WorkerError(f"{name} failed: {content}")
            if trace:
                error.add_note(trace)
            raise error


def _death(exitcode: int) -> str:
    if exitcode >= 0:
        return f"exit status {exitcode}"
    try:
        return f"killed by {signal.Signals(-exitcode).name}"
    except ValueError:
        return f"killed by signal {-exitcode}"
