"""Loopback servers that stand for the services alerts go to, and keep what they were sent."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Web:
    """An HTTP server: what it was sent, and what it answers."""

    port: int = 0
    status: int = 200
    body: bytes = b"ok"
    location: str = ""
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)  # answers wait for it
    arrived: threading.Event = field(default_factory=threading.Event)
    drop: bool = False  # takes the request and closes the connection

    def __post_init__(self) -> None:
        self.gate.set()

    def payload(self) -> Any:
        """Return the one request's JSON."""
        (request,) = self.requests
        return json.loads(request[2])


@contextmanager
def web_recorder() -> Iterator[Web]:
    web = Web()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            web.requests.append((self.path, dict(self.headers), body))
            web.arrived.set()
            web.gate.wait(30)
            if web.drop:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(web.status)
            if web.location:
                self.send_header("Location", web.location)
            self.send_header("Content-Length", str(len(web.body)))
            self.end_headers()
            self.wfile.write(web.body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    web.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield web
    finally:
        web.gate.set()
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Post:
    """A mail server: the letters it took, by recipient, and how it answers."""

    port: int = 0
    letters: list[tuple[list[str], bytes]] = field(default_factory=list)
    recipients: dict[str, str] = field(default_factory=dict)  # address -> refusal
    data: str = "250 taken"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if refusal := self.recipients.get(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.data.startswith("250"):
            self.letters.append((list(envelope.rcpt_tos), envelope.content))
        if self.data == "drop":
            session.peer_gone = True
            server.transport.close()
            return "250 nobody hears this"
        return self.data


@contextmanager
def mail_recorder() -> Iterator[Post]:
    post = Post(port=free_port())
    controller = Controller(post, hostname="127.0.0.1", port=post.port)
    controller.start()
    try:
        yield post
    finally:
        controller.stop()


def free_port() -> int:
    """Return a loopback port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
