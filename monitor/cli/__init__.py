"""The commands, and the only place where clock, HTTP session, workers and store are made.

What a command needs is imported when it runs, so that `monitor --help` answers at once.
"""

from __future__ import annotations

import io
import os
import sys
from typing import NoReturn

import click

from monitor.cli import asking, backfilling, checking, exporting, feeds, running, searching, seeking, stories
from monitor.cli.common import commands
from monitor.errors import MonitorError, OutsideError, StoreBusyError

__all__ = [
    "asking", "backfilling", "checking", "commands", "exporting", "feeds", "main", "running", "searching",
    "seeking", "stories",
]  # fmt: skip


_EXIT_CODES: tuple[tuple[type[MonitorError], int], ...] = (
    (StoreBusyError, 3),
    (OutsideError, 4),
    (MonitorError, 1),
)


def main() -> NoReturn:
    """Run a command and leave with its exit code; a traceback never reaches a user."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                errors="backslashreplace"
            )  # a terminal of another encoding still says what it can
    try:
        commands.main(standalone_mode=False)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2 if isinstance(error, click.UsageError) else 1)
    except MonitorError as error:
        _fail(error, next(code for kind, code in _EXIT_CODES if isinstance(error, kind)))
    except BrokenPipeError:
        _release_stdout()  # whoever read our output has seen enough
        sys.exit(0)
    except OSError as error:
        click.echo(
            f"monitor: {error.strerror or error}{f': {error.filename}' if error.filename else ''}", err=True
        )
        _release_stdout()
        sys.exit(1)
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


def _release_stdout() -> None:
    """Let go of output that cannot be written, so that the interpreter does not complain about it at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(error: MonitorError, code: int) -> NoReturn:
    from monitor.text.show import isolate

    # Files are other people's too: what they say reaches the terminal without controls.
    for line in str(error).splitlines() or [type(error).__name__]:
        click.echo(isolate(line)[1:-1], err=True)
    sys.exit(code)
