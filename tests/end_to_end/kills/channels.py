"""Two channels on loopback, a web service and a mail server, that record what they take and sometimes fail."""

from __future__ import annotations

import json
import random
import re
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TextIO

from aiosmtpd.controller import Controller

from tests.alerts.recorders import free_port
from tests.end_to_end.kills.moments import Watch

WEB, MAIL = "desk", "post"
CHANNELS = (WEB, MAIL)
# How a delivery ends when it does not end well, and whether the channel has the message all the same.
WEB_FAULTS = {"429": False, "500": False, "500 though taken": True, "cut off though taken": True}
MAIL_FAULTS = {
    "450 to the recipient": False,
    "451 to the letter": False,
    "cut off before taking": False,
    "cut off though taken": True,
}
WELL = "ok"
KILLED = "killed first"
# Answered well, and then the line is dead: for the sender that is a success like any other.
GONE_AFTER = "ok, then cut off"
_KEY = re.compile(r"#([0-9a-f]{6})\b")
_ISOLATES = re.compile("[\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Heard:
    """One delivery as a channel saw it. An alert is (short key, address of its story's article or "")."""

    life: int
    channel: str
    end: str
    taken: bool
    alerts: tuple[tuple[str, str], ...]
    marked: tuple[str, ...]  # short keys that the message calls possible repeats
    text: str

    @property
    def well(self) -> bool:
        """Whether the sender was told that it was taken, if it lived to hear it."""
        return self.end in {WELL, GONE_AFTER}


class Record:
    """The file in which every delivery is kept, line by line."""

    def __init__(self, file: TextIO, chance: random.Random, faults: float) -> None:
        self._file = file
        self._chance = chance
        self._faults = faults
        self._lock = threading.Lock()

    def end(self, ways: Sequence[str]) -> str:
        """Draw how a delivery is to end."""
        with self._lock:
            return self._chance.choice(ways) if self._chance.random() < self._faults else WELL

    def keep(self, life: int, channel: str, end: str, text: str, *, taken: bool) -> None:
        """Write down a delivery before anything is answered."""
        plain = _ISOLATES.sub("", text)
        alerts, marked = read_alerts(plain)
        heard = Heard(life, channel, end, taken, alerts, marked, plain)
        with self._lock:
            self._file.write(json.dumps(asdict(heard), ensure_ascii=False) + "\n")
            self._file.flush()


def read_alerts(text: str) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """Return the alerts that a message is about, and the keys that it calls possible repeats."""
    alerts: list[tuple[str, str]] = []
    marked: list[str] = []
    url = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("http://"):
            url = line
        elif line.startswith("Possible repeat"):
            marked += _KEY.findall(line)
        elif line.startswith("Rule: "):
            alerts += [(key, url) for key in _KEY.findall(line)[-1:]]
        elif found := re.fullmatch(_KEY, line):
            alerts.append((found[1], ""))
    return tuple(alerts), tuple(marked)


def read_record(path: Path) -> tuple[Heard, ...]:
    """Read the file of a Record, life after life: what a killed life had sent may be heard late."""
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    heard = (
        Heard(**{**row, "alerts": tuple(map(tuple, row["alerts"])), "marked": tuple(row["marked"])})
        for row in rows
    )
    return tuple(sorted(heard, key=lambda one: one.life))


@contextmanager
def web_channel(record: Record, watch: Watch) -> Iterator[str]:
    """Serve the web service; give the channel's URL, in which LIFE stands for the number of a life."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            text, life = json.loads(body)["message"], int(self.path.strip("/"))
            if watch.see("begun"):
                record.keep(life, WEB, KILLED, text, taken=False)
                self.close_connection = True
                return
            end = record.end([*WEB_FAULTS])
            record.keep(life, WEB, end, text, taken=WEB_FAULTS.get(end, True))
            watch.see("taken")
            if end == "cut off though taken":
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            status = 200 if end == WELL else int(end[:3])
            try:
                self.send_response(status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")
            except ConnectionError:  # nobody is there any more to be told
                return
            watch.see("told")

        def log_message(self, *args: object) -> None:
            pass

    with serving(Handler) as port:
        yield f"json://127.0.0.1:{port}/LIFE"


class _Letters:
    """What the mail server does with letters."""

    def __init__(self, record: Record, watch: Watch) -> None:
        self._record = record
        self._watch = watch
        self._end = WELL

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        session.end = self._record.end([*MAIL_FAULTS, GONE_AFTER])
        if session.end == "450 to the recipient":
            self._record.keep(_life(address), MAIL, session.end, "", taken=False)
            return "450 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        part: Any = message_from_bytes(envelope.content, policy=default)
        text = part.get_body(("plain",)).get_content()
        life = _life(envelope.rcpt_tos[0])
        if self._watch.see("begun"):
            self._record.keep(life, MAIL, KILLED, text, taken=False)
            return "451 killed first"
        self._record.keep(life, MAIL, session.end, text, taken=MAIL_FAULTS.get(session.end, True))
        self._watch.see("taken")
        if session.end.startswith("cut off"):
            server.transport.abort()
            return "421 nobody hears this"
        if session.end == "451 to the letter":
            return "451 try again later"
        if session.end == GONE_AFTER:
            server.transport.write(b"250 taken\r\n")
            server.transport.close()
            self._watch.see("told")
            return "421 nobody hears this"
        server.loop.call_soon(self._watch.see, "told")
        return "250 taken"


def _life(address: str) -> int:
    return int(address.partition("@")[0].rpartition("-")[2])


@contextmanager
def mail_channel(record: Record, watch: Watch) -> Iterator[str]:
    """Run the mail server; give the channel's URL, in which LIFE stands for the number of a life."""
    port = free_port()
    controller = Controller(_Letters(record, watch), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield f"mailto://127.0.0.1:{port}?from=monitor@example.org&to=desk-LIFE@example.org&mode=insecure"
    finally:
        controller.stop()


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    """Serve HTTP on loopback in threads; give the port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    # A client that was killed leaves connections broken at every possible place.
    server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
