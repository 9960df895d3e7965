"""Forks one life of the program after another from a process that has imported all of it.

Reads orders from stdin, one JSON object a line, and answers each with the process id, and with the exit code
when that life has ended. What a life runs is the command `monitor run`; only its clock, how often it wakes
and, where that is asked for, a deliberate fault (see broken) are put in from here.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from multiprocessing import util
from typing import Any, NoReturn

from apscheduler.schedulers.asyncio import AsyncIOScheduler

import monitor.check
import monitor.cli.making
import monitor.cli.running
import monitor.pipeline
import monitor.reading
import monitor.sources.feed
from monitor import daemon
from monitor.alerts import send
from monitor.workers import die_with_parent
from tests.end_to_end.kills import broken
from tests.end_to_end.kills.program import FastClock

_FREE_FD = 100  # above what a process that has just begun has open


def serve() -> None:
    """Fork a life for each order, one at a time."""
    die_with_parent()
    send.check_url("json://127.0.0.1/")  # loads every service
    assert threading.active_count() == 1  # else a fork might inherit a lock that nobody opens
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _live(json.loads(line))
        _say({"pid": pid})
        _, status = os.waitpid(pid, 0)
        _say({"code": os.waitstatus_to_exitcode(status)})


def _say(what: dict[str, int]) -> None:
    os.write(1, json.dumps(what).encode() + b"\n")


def _live(order: dict[str, Any]) -> NoReturn:
    """Become the program."""
    os.setsid()
    die_with_parent()
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for old, new in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(old, new)
    _fork_fork_server()
    clock = FastClock(order["started"], order["speed"], datetime.fromisoformat(order["at"]))
    monitor.cli.running.clock_of = lambda now: clock  # type: ignore[attr-defined]
    _wake_often(order["wake"])
    if order["broken"]:
        broken.VARIANTS[order["broken"]]()
    sys.argv = ["monitor", "run", "--config", order["config"]]
    monitor.cli.main()


def _wake_often(seconds: float) -> None:
    """Have the stages woken so often by the machine's own clock, which is the one the scheduler knows."""
    scheduler = daemon.Daemon._scheduler

    def by_machine(self: daemon.Daemon) -> AsyncIOScheduler:
        self._clock = lambda: datetime.now(UTC)
        return scheduler(self)

    daemon.Daemon._scheduler = by_machine  # type: ignore[method-assign]
    daemon.POLL_EVERY_S = daemon.READ_EVERY_S = daemon.ALERT_EVERY_S = seconds  # type: ignore[assignment]


def _fork_fork_server() -> None:
    """Have multiprocessing's fork server forked too: as it is, it would import everything once more.

    It waits in a process that is forked while there is but one thread, and is given what the new
    interpreter would have been given.
    """
    here, there = socket.socketpair()
    seed = os.fork()
    if seed == 0:
        here.close()
        ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)
        data, received, _, _ = socket.recv_fds(there, 65536, 8)
        if not data:
            os._exit(0)
        order = json.loads(data)
        high = [os.dup2(fd, _FREE_FD + number) for number, fd in enumerate(received)]
        for fd, number in zip(high, order["fds"], strict=True):
            os.dup2(fd, number)
        # What stays open would be inherited by workers, and keep connections alive that must end.
        for fd in {there.detach(), *received, *high} - set(order["fds"]):
            os.close(fd)
        exec(order["code"], {})
        os._exit(0)
    there.close()
    spawn = util.spawnv_passfds

    def instead(path: bytes, args: Sequence[Any], passfds: Sequence[int]) -> int:
        code = args[-1]
        if not isinstance(code, str) or "multiprocessing.forkserver" not in code:
            return spawn(path, args, passfds)
        util.spawnv_passfds = spawn  # the seed is used up
        numbers = sorted(passfds)
        socket.send_fds(here, [json.dumps({"code": code, "fds": numbers}).encode()], numbers)
        return seed

    util.spawnv_passfds = instead


if __name__ == "__main__":
    serve()
