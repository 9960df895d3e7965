"""Workers die alone: at their deadline, by their own fault, with their parent; never their neighbours."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from monitor.errors import (
    BlockedAddressError,
    ConfigError,
    Fault,
    FetchError,
    MonitorError,
    OpmlError,
    QueryError,
    WorkerCrashedError,
    WorkerError,
    WorkerTimeoutError,
)
from monitor.workers import Workers

_settings: list[str] = []


def add(left: int, right: int) -> int:
    return left + right


def pid() -> int:
    return os.getpid()


def spin() -> None:
    while True:
        pass


def hang_in_c() -> None:
    """Hold the interpreter, as a library stuck in its own loop does: no Python signal handler runs."""
    ctypes.PyDLL(None).sleep(60)


def segfault() -> None:
    ctypes.string_at(0)


def kill_self() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leave() -> None:
    sys.exit(3)


def eat_memory() -> int:
    return len(bytearray(64 << 30))


def divide(number: int) -> float:
    return number / 0


class OddError(MonitorError):
    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second}")
        self.handle = lambda: None  # does not pickle


def raise_odd() -> None:
    raise OddError("this", "that")


def give(error: Exception) -> None:
    raise error


def give_lambda() -> Callable[[], None]:
    return lambda: None


def set_up(value: str) -> None:
    _settings.append(value)


def setting() -> str:
    return _settings[-1]


def refuse() -> None:
    raise QueryError("no closing bracket", 7)


def echo(data: bytes) -> int:
    return len(data)


def with_workers(scenario: Callable[[Workers], Awaitable[None]], count: int = 1, **options: object) -> None:
    async def run() -> None:
        workers = Workers(count, **options)  # type: ignore[arg-type]
        try:
            await scenario(workers)
        finally:
            workers.close()

    asyncio.run(run())


def gone(process: int, within_s: float = 10.0) -> bool:
    """Wait until a process has ended."""
    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], within_s)[0])
    finally:
        os.close(handle)


def test_results_come_back_from_another_process() -> None:
    async def scenario(workers: Workers) -> None:
        assert await workers.run(add, 2, 3, deadline_s=10) == 5
        assert await workers.run(pid, deadline_s=10) != os.getpid()
        assert await workers.run(echo, bytes(8_000_000), deadline_s=10) == 8_000_000

    with_workers(scenario)


def test_nothing_starts_before_it_is_needed() -> None:
    workers = Workers(2)
    workers.close()
    with pytest.raises(WorkerError, match="closed"):
        asyncio.run(workers.run(pid, deadline_s=1))


@pytest.mark.parametrize("function", [spin, hang_in_c])
def test_a_hanging_task_is_killed_and_the_next_one_runs(function: Callable[[], None]) -> None:
    async def scenario(workers: Workers) -> None:
        await workers.run(pid, deadline_s=10)
        began = time.monotonic()
        with pytest.raises(WorkerTimeoutError, match=f"{function.__name__} was stopped after 0.2 s"):
            await workers.run(function, deadline_s=0.2)
        assert time.monotonic() - began < 3
        assert await workers.run(add, 1, 1, deadline_s=10) == 2

    with_workers(scenario)


@pytest.mark.parametrize(("function", "said"), [(segfault, "SIGSEGV"), (kill_self, "SIGKILL")])
def test_a_worker_that_dies_takes_only_its_own_task_with_it(function: Callable[[], None], said: str) -> None:
    async def scenario(workers: Workers) -> None:
        bad = workers.run(function, deadline_s=10)
        good = [workers.run(add, n, n, deadline_s=10) for n in range(20)]
        outcome, *sums = await asyncio.gather(bad, *good, return_exceptions=True)
        assert isinstance(outcome, WorkerCrashedError)
        assert said in str(outcome) or "died 3 times" in str(outcome)
        assert sums == [n + n for n in range(20)]

    with_workers(scenario, count=2)


def test_an_idle_worker_that_is_killed_is_replaced() -> None:
    async def scenario(workers: Workers) -> None:
        for _ in range(3):
            victim = await workers.run(pid, deadline_s=10)
            os.kill(victim, signal.SIGKILL)
            assert gone(victim)
            assert await workers.run(pid, deadline_s=10) != victim

    with_workers(scenario)


def test_running_out_of_memory_is_a_crash_and_the_worker_lives_on() -> None:
    async def scenario(workers: Workers) -> None:
        with pytest.raises(WorkerCrashedError, match="eat_memory ran out of memory"):
            await workers.run(eat_memory, deadline_s=10)
        assert await workers.run(add, 1, 1, deadline_s=10) == 2

    with_workers(scenario)


@pytest.mark.parametrize(
    "error",
    [
        FetchError("no", kind="http", status=404, retry_after=3.5),
        BlockedAddressError("private"),
        QueryError("bad", 7),
        OpmlError("bad", 3, 4),
        ConfigError((Fault("config.yaml", 1, 2, "wrong"),)),
        MonitorError("plain"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_declared_errors_come_through_as_they_are(error: MonitorError) -> None:
    async def scenario(workers: Workers) -> None:
        with pytest.raises(type(error)) as caught:
            await workers.run(give, error, deadline_s=10)
        assert type(caught.value) is type(error)
        assert str(caught.value) == str(error)
        assert vars(caught.value) == vars(error)

    with_workers(scenario)


@pytest.mark.parametrize(
    ("function", "args", "said"),
    [
        (divide, (1,), "divide failed: ZeroDivisionError: division by zero"),
        (raise_odd, (), "raise_odd failed: this and that"),
        (leave, (), "leave failed: SystemExit: 3"),
        (give_lambda, (), "give_lambda failed: "),
    ],
)
def test_other_exceptions_are_worker_errors_with_their_traceback(
    function: Callable[..., object], args: tuple[object, ...], said: str
) -> None:
    async def scenario(workers: Workers) -> None:
        with pytest.raises(WorkerError) as caught:
            await workers.run(function, *args, deadline_s=10)
        assert type(caught.value) is WorkerError
        assert said in str(caught.value)
        assert "Traceback" in caught.value.__notes__[0]
        assert await workers.run(add, 1, 1, deadline_s=10) == 2

    with_workers(scenario)


def test_the_initializer_runs_in_every_worker() -> None:
    async def scenario(workers: Workers) -> None:
        found = await asyncio.gather(*(workers.run(setting, deadline_s=10) for _ in range(8)))
        assert set(found) == {"ready"}

    with_workers(scenario, count=2, initializer=set_up, initargs=("ready",), max_tasks=2)


def test_an_initializer_that_fails_is_said_with_every_task() -> None:
    async def scenario(workers: Workers) -> None:
        for _ in range(3):
            with pytest.raises(WorkerError, match="could not be prepared: no closing bracket"):
                await workers.run(add, 1, 1, deadline_s=10)

    with_workers(scenario, initializer=refuse)


def test_workers_are_replaced_after_their_share_of_tasks() -> None:
    async def scenario(workers: Workers) -> None:
        assert len({await workers.run(pid, deadline_s=10) for _ in range(9)}) == 3

    with_workers(scenario, max_tasks=3)


def test_a_cancelled_caller_stops_its_worker() -> None:
    async def scenario(workers: Workers) -> None:
        victim = await workers.run(pid, deadline_s=10)
        task = asyncio.create_task(workers.run(spin, deadline_s=60))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(task, 0.3)
        assert await workers.run(pid, deadline_s=10) != victim

    with_workers(scenario)


def test_closing_is_quick_and_ends_what_was_running() -> None:
    async def scenario(workers: Workers) -> None:
        victim = await workers.run(pid, deadline_s=10)
        tasks = [asyncio.create_task(workers.run(spin, deadline_s=60)) for _ in range(3)]
        await asyncio.wait(tasks, timeout=0.2)
        began = time.monotonic()
        workers.close()
        assert time.monotonic() - began < 2
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            assert isinstance(outcome, WorkerError)
        assert gone(victim)

    with_workers(scenario)


SCRIPT = """
import asyncio, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
sys.path.insert(0, {folder!r})
from test_workers import pid, spin
from monitor.workers import Workers

async def main():
    workers = Workers(2)
    found = {{await workers.run(pid, deadline_s=20) for _ in range(6)}}
    busy = [asyncio.create_task(workers.run(spin, deadline_s=60)) for _ in range(2)]
    await asyncio.wait(busy, timeout=0.2)
    print(*found, flush=True)
    if sys.argv[1:] == ["leave"]:
        workers.close()
        for task in busy:
            task.cancel()
        return
    try:
        await asyncio.wait(busy)
    finally:  # as every command does
        workers.close()

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.mark.parametrize("way", ["leave", "kill", "interrupt"])
def test_workers_do_not_outlive_their_parent(tmp_path: Path, way: str) -> None:
    script = tmp_path / "monitor-like"
    script.write_text(SCRIPT.format(folder=str(Path(__file__).parent)))
    parent = subprocess.Popen(
        [sys.executable, script, way],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    try:
        assert parent.stdout is not None
        workers = [int(word) for word in parent.stdout.readline().split()]
        assert workers
        if way == "kill":
            parent.kill()
        elif way == "interrupt":
            os.killpg(parent.pid, signal.SIGINT)  # as a terminal does
        _, talk = parent.communicate(timeout=20)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(parent.pid, signal.SIGKILL)
    assert all(gone(worker) for worker in workers)
    if way == "leave":
        assert (parent.returncode, talk) == (0, "")
