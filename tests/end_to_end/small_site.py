"""A site of a few addresses on loopback, and the commands run as a shell would run them."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from monitor.cli import main

NOW = datetime(2026, 2, 2, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Answer:
    body: str = ""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Site:
    """Answers by path, query included; what is not there is 404."""

    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    base: str = ""

    def __setitem__(self, path: str, answer: Answer | str) -> None:
        self.answers[path] = answer if isinstance(answer, Answer) else Answer(answer)


@contextlib.contextmanager
def serving() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.requests.append(self.path)
            answer = site.answers.get(self.path, Answer("<h1>Not found</h1>", 404))
            body = answer.body.encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(body)))
            for name, value in answer.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site.base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def moved(to: str, status: int = 301) -> Answer:
    return Answer(status=status, headers=(("Location", to),))


def item(number: int, *, base: str, title: str = "") -> str:
    """Return an item that is so many hours old."""
    date = format_datetime(NOW - timedelta(hours=number))
    return (
        f"<item><title>{title or f'The harbour opens for the {number}th time'}</title><link>{base}/{number}</link>"
        f"<guid>{base}/?p={number}</guid><pubDate>{date}</pubDate><description>Water {number}</description></item>"
    )


def rss(*items: str, title: str = "Coast Daily", head: str = "") -> Answer:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom">'
        f"<channel><title>{title}</title>{head}{''.join(items)}</channel></rss>"
    )
    return Answer(body, content_type="application/rss+xml")


def feed(base: str, *numbers: int, title: str = "Coast Daily", head: str = "") -> Answer:
    return rss(*(item(number, base=base) for number in numbers), title=title, head=head)


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Shell:
    """A folder with a configuration, and the program run in it."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    @property
    def opml(self) -> Path:
        return self.folder / "feeds.opml"

    def __call__(self, *arguments: str, code: int = 0, now: datetime = NOW) -> Done:
        config = str(self.folder / "config.yaml")
        argv = ["monitor", *arguments, "--config", config, "--now", now.isoformat()]
        self.monkeypatch.setattr(sys, "argv", argv)
        with pytest.raises(SystemExit) as left:
            main()
        said = self.capsys.readouterr()
        assert left.value.code == code, said
        assert "Traceback" not in said.err
        return Done(code, said.out, said.err)


def write_config(folder: Path, *feeds: str) -> None:
    """Write a configuration that may reach 127.0.0.1 and matches whatever says “water”."""
    (folder / "config.yaml").write_text(
        "contact: https://example.org/tests\n"
        "poll: {host_gap: 0s}\n"
        "network: {allow_private: [127.0.0.1]}\n"
        "rules: [{id: water, query: water, min_grade: check, channels: [console]}]\n",
        encoding="utf-8",
    )
    outlines = "".join(f'\n    <outline text="Feed {n}" xmlUrl="{url}"/>' for n, url in enumerate(feeds, 1))
    (folder / "feeds.opml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n  <head><title>t</title></head>\n'
        f"  <body>\n    <!-- ours -->{outlines}\n  </body>\n</opml>\n",
        encoding="utf-8",
    )
