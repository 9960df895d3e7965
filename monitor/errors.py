"""Every failure this program expects, drawn as one tree.

MonitorError                    carries a message written for a person
├── InputError                  what was handed in is at fault: exit 1
│   ├── ConfigError             config.yaml, the region pack or feeds.opml; holds every Fault found
│   ├── QueryError              a query that cannot be parsed; knows its column
│   ├── OpmlError               an OPML file that cannot be read without guessing
│   └── NotFoundError           an article, story, channel or day that is not there
├── StoreBusyError              another process holds the store: exit 3
├── StoreError                  the database cannot be used as it is
├── OutsideError                the one outside thing that was asked for failed: exit 4
├── FetchError                  a URL gave no usable response; kind says how
│   └── BlockedAddressError     the address is not one this program may connect to
├── FeedError                   a body that is not a feed
├── ExtractError                a page that could not be read
└── WorkerError                 a function in a worker process did not return
    ├── WorkerTimeoutError      it was killed at its deadline
    └── WorkerCrashedError      its process died
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class MonitorError(Exception):
    """An expected failure, said in words a user can act on."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions pickle as type(*args); those below take more than their message, so a plain
        # one could not be rebuilt where it arrives, and errors travel between processes here.
        return _rebuild, (type(self), self.args, self.__dict__.copy())


def _rebuild(kind: type[MonitorError], args: tuple[Any, ...], state: dict[str, Any]) -> MonitorError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class InputError(MonitorError):
    """What was handed in is at fault."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a file, and where it stands."""

    file: str
    line: int  # from 1; 0 when the whole file is meant
    column: int  # from 1; 0 when the whole line is meant
    message: str

    def __str__(self) -> str:
        place = self.file
        if self.line:
            place += f":{self.line}:{self.column or 1}"
        return f"{place}: {self.message}"


class ConfigError(InputError):
    """The configuration is refused; `faults` lists everything found, in file order."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults))


class QueryError(InputError):
    """A query cannot be parsed; `column` counts from 1 in the query's own characters."""

    def __init__(self, message: str, column: int) -> None:
        self.column = column
        super().__init__(message)


class OpmlError(InputError):
    """An OPML file cannot be read; `line` and `column` count from 1, 0 when unknown."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        self.line = line
        self.column = column
        super().__init__(message)

    def __str__(self) -> str:
        place = f" (line {self.line}, column {self.column})" if self.column else f" (line {self.line})"
        return f"{self.args[0]}{place if self.line else ''}"


class NotFoundError(InputError):
    """Nothing is known under the name or number that was given."""


class StoreBusyError(MonitorError):
    """Another run holds the store."""


class StoreError(MonitorError):
    """The database cannot be used as it is."""


class OutsideError(MonitorError):
    """The one outside thing that was asked for failed."""


class FetchError(MonitorError):
    """A URL gave no usable response.

    kind is one of: timeout, dns, connect, tls, http, too-large, redirect, protocol, blocked-address,
    robots, bad-url. status is the HTTP status when there was one. retry_after is in seconds.
    """

    def __init__(
        self, message: str, kind: str, status: int | None = None, retry_after: float | None = None
    ) -> None:
        self.kind = kind
        self.status = status
        self.retry_after = retry_after
        super().__init__(message)


class BlockedAddressError(FetchError):
    """The address is private, local or reserved, and no setting allows it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, kind="blocked-address")


class FeedError(MonitorError):
    """A body is not a feed; the message says what it looks like instead."""


class ExtractError(MonitorError):
    """A page could not be read; the message says why."""


class WorkerError(MonitorError):
    """A function handed to a worker process did not return."""


class WorkerTimeoutError(WorkerError):
    """The worker was killed at its deadline."""


class WorkerCrashedError(WorkerError):
    """The worker's process died."""
