"""Show alerts on the terminal, and keep them in a file, one JSON object per line and alert."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from monitor.alerts.message import TEXT_LIMIT, Style
from monitor.models import Alert, Message, Outcome
from monitor.text.show import one_line

ADDRESS = "console://"


class Console:
    """The channel that needs nothing set: always there, and what the others fall back to."""

    style: Style = "plain"
    limit = TEXT_LIMIT

    def __init__(self, name: str, out: TextIO, record: Path) -> None:
        self.name = name
        self._out = out
        self._record = record

    def deliver(self, message: Message, timeout_s: float, now: datetime) -> Outcome:  # noqa: ARG002
        """Write to the file first, for the file is what counts: a closed terminal is no failure."""
        lines = (json.dumps(self._row(alert, text, now), ensure_ascii=False) for alert, text in message.parts)
        try:
            _append(self._record, "".join(f"{line}\n" for line in lines).encode())
        except OSError as error:
            return Outcome("failed", f"the file of alerts cannot be written: {error.strerror or 'I/O error'}")
        try:
            self._show(f"{message.text}\n\n")
        except (OSError, ValueError):  # a pipe that was closed, at its other end or at ours
            return Outcome("ok", "kept in the file; the terminal is closed")
        return Outcome("ok")

    def _row(self, alert: Alert, text: str, now: datetime) -> dict[str, Any]:
        return {
            "at": now.isoformat(),
            "id": alert.id,
            "key": alert.key,
            "kind": alert.kind,
            "channel": self.name,
            "story": alert.story,
            "rule": alert.rule,
            "title": one_line(alert.title),
            "url": one_line(alert.url),
            "possible_repeat": alert.possible_repeat,
            "text": text,
        }

    def _show(self, text: str) -> None:
        encoding = getattr(self._out, "encoding", None) or "utf-8"
        self._out.write(text.encode(encoding, "backslashreplace").decode(encoding))
        self._out.flush()


def _append(path: Path, data: bytes) -> None:
    """Add lines to a file so that they are on the disk, and whole, when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.exists()
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        size = os.fstat(handle).st_size
        # A line torn by a crash must not swallow the one that follows it.
        torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        rest = memoryview(b"\n" + data if torn else data)
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    finally:
        os.close(handle)
    if new:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
