"""The commands, and the only place where clock, HTTP session, workers and store are made.

What a command needs is imported when it runs, so that `monitor --help` answers at once.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import click

from monitor.cli import asking, checking, feeds, running, seeking
from monitor.cli.common import commands
from monitor.errors import MonitorError, OutsideError, StoreBusyError

__all__ = ["asking", "checking", "commands", "feeds", "main", "running", "seeking"]


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
