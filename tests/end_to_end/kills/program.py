"""The program as a process of its own that can be started, waited for and killed with all its children.

Plain runs `python -m monitor run` as it is. Warm runs the same command in a fork of a process that has imported
everything already, with a clock that goes faster: so a life is work rather than imports, and hours of back-off
and flood control pass in seconds.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Protocol

ROOT = Path(__file__).resolve().parents[3]


class FastClock:
    """A clock that showed `at` when the machine's showed `started`, and goes so many times faster."""

    def __init__(self, started: float, speed: float, at: datetime) -> None:
        self.started = started  # seconds of the epoch
        self.speed = speed
        self.at = at

    def __call__(self) -> datetime:
        return self.at + timedelta(seconds=(time.time() - self.started) * self.speed)


class Program(Protocol):
    """A way to run the program, one life after another."""

    def start(self) -> int:
        """Start a life; return its process id, which is its group's too."""

    def ended(self, timeout_s: float) -> int | None:
        """Wait for the life to end; its exit code (negative: a signal), None when it goes on."""


def kill(pid: int, *, alone: bool = False) -> None:
    """End a life by SIGKILL, with everything that it has started or alone."""
    try:
        (os.kill if alone else os.killpg)(pid, signal.SIGKILL)
    except ProcessLookupError:  # it ended by itself, which its exit code tells
        return


def outlived(pid: int) -> bool:
    """Tell whether anything that a life started still runs; it does not any more when this returns."""
    running = [file for file in Path("/proc").glob("[0-9]*/stat") if _runs(file, pid)]
    kill(pid)
    return bool(running)


def _runs(file: Path, group: int) -> bool:
    """Tell whether a process is of a group and more than a name that nobody has struck off yet."""
    try:
        state, _, its_group = file.read_text().rpartition(")")[2].split()[:3]
    except OSError:  # it has just ended
        return False
    return int(its_group) == group and state != "Z"


class Plain:
    """`python -m monitor run`."""

    def __init__(self, config: Path, log: IO[bytes]) -> None:
        self._command = [sys.executable, "-m", "monitor", "run", "--config", str(config)]
        self._log = log
        self._life: subprocess.Popen[bytes] | None = None

    def start(self) -> int:
        self._life = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
            cwd=ROOT,
        )
        return self._life.pid

    def ended(self, timeout_s: float) -> int | None:
        assert self._life is not None
        try:
            return self._life.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None


class Warm:
    """Lives that are forks of one process (see launcher)."""

    def __init__(
        self, launcher: subprocess.Popen[bytes], config: Path, log: Path, hooks: dict[str, object]
    ) -> None:
        self._launcher = launcher
        self._order = {"config": str(config), "log": str(log), **hooks}

    def start(self) -> int:
        assert self._launcher.stdin is not None
        self._launcher.stdin.write(json.dumps(self._order).encode() + b"\n")
        self._launcher.stdin.flush()
        told = self._told(60)
        assert told is not None
        return told["pid"]

    def ended(self, timeout_s: float) -> int | None:
        told = self._told(timeout_s)
        return None if told is None else told["code"]

    def _told(self, timeout_s: float) -> dict[str, int] | None:
        out = self._launcher.stdout
        assert out is not None
        # Unbuffered, and the launcher says one line at a time: nothing can wait behind what select sees.
        if not select.select([out], [], [], timeout_s)[0]:
            return None
        line = out.readline()
        if not line:
            raise RuntimeError("the launcher has ended")
        told: dict[str, int] = json.loads(line)
        return told


@contextmanager
def launcher() -> Iterator[subprocess.Popen[bytes]]:
    """Start the process that warm lives are forked from; it serves one world after another."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.end_to_end.kills.launcher"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        cwd=ROOT,
    ) as process:
        try:
            yield process
        finally:
            assert process.stdin is not None
            process.stdin.close()
