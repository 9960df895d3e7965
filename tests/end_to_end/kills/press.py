"""What the outlets publish while the program is being killed, and what each of their feeds shows.

A feed forgets an entry only when the program has acknowledged it: a conditional request that carries the tag
of a body says that everything in that body was stored. What is lost after that is lost for good, so it cannot
be hidden by reading the same feed once more.
"""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from html import escape

RULES = {"harbour": "harbour", "drought": "drought*", "night-train": '"night train"'}
_SAID = {
    "harbour": "the harbour",
    "drought": "droughts of that kind",
    "night-train": "a night train",
}
_SHOWN = 5  # entries that stay in a feed after they were acknowledged
_FIRST = 6  # before a feed was read once: an alert of a first poll is one of ten at most
_BEHIND = 25  # unread entries with which an outlet waits for its reader
_WORDS = """
    teacher market village council river bridge hospital library mountain valley garden market-day window
    kitchen farmer engineer captain painter musician harvest winter summer autumn morning evening letter
    journey lantern orchard meadow barley copper silver wooden narrow gentle distant ancient crowded quiet
    public common spring autumnal northern southern eastern western local annual monthly weekly school bakery
    workshop station museum theatre court office road wall roof tower field forest island shore lake stream
    carpenter baker weaver shepherd doctor nurse clerk judge pupil visitor neighbour stranger elder cousin
    repaired opened painted counted gathered carried measured offered promised studied visited described
    finished started followed answered promised welcomed planted collected discussed prepared explained
    slowly quickly carefully openly together yesterday often rarely usually perhaps already finally
""".split()
_SMALL = "the a of in with for and by from near after before under over between along".split()


@dataclass(frozen=True, slots=True)
class Report:
    """One article at one outlet; reports of one story are copies of each other."""

    outlet: str
    story: int
    url: str
    title: str
    body: tuple[str, ...]
    rules: tuple[str, ...]  # that must match it, and no others
    at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What an outlet answers to one request."""

    status: int
    content_type: str
    body: bytes
    tag: str = ""


class Press:
    """Outlets that publish, edit and copy reports; every lever is seeded and may be pulled from any thread."""

    def __init__(self, names: Sequence[str], chance: random.Random, clock: Callable[[], datetime]) -> None:
        self._names = tuple(names)
        self._chance = chance
        self._clock = clock
        self._lock = threading.Lock()
        self._reports: list[Report] = []
        self._by_url: dict[str, int] = {}
        self._shown: dict[str, list[str]] = {name: [] for name in names}
        self._bodies: dict[str, dict[str, frozenset[str]]] = {name: {} for name in names}
        self._acknowledged: set[str] = set()
        self._read: set[str] = set()  # outlets whose present feed is known to the program
        self._base: dict[str, str] = {}
        self._stories = 0
        self._closed = False
        self.edits = 0

    def open(self, outlet: str, base: str) -> None:
        """Tell where an outlet is served; before anything is published."""
        self._base[outlet] = base

    def publish(self, stories: int) -> None:
        """Put out so many stories, each at one outlet or as copies at several, and edit some headline."""
        with self._lock:
            for _ in range(stories):
                self._publish()
            if self._reports and self._chance.random() < 0.4:
                self._edit(self._chance.randrange(max(0, len(self._reports) - 12), len(self._reports)))

    def close(self) -> None:
        """Publish nothing any more; what was read before does not count as read by the last life."""
        with self._lock:
            self._closed = True
            self._read.clear()

    def read_by_all(self) -> bool:
        """Tell whether every outlet's present feed has been acknowledged."""
        with self._lock:
            return self._read == set(self._names)

    def published(self) -> tuple[Report, ...]:
        """Return all there ever was, as it stands now."""
        with self._lock:
            return tuple(self._reports)

    def answer(self, outlet: str, path: str, known_tag: str) -> Answer:
        """Answer one GET request; `known_tag` is what the client sent in If-None-Match."""
        with self._lock:
            if path != "/feed":
                return self._page(f"{self._base[outlet]}{path}")
            self._acknowledged |= self._bodies[outlet].get(known_tag, frozenset())
            body = self._feed(outlet)
            tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
            if tag == known_tag:
                self._read.add(outlet)
                return Answer(304, "", b"", tag)
            self._bodies[outlet][tag] = frozenset(self._shown[outlet])
            return Answer(200, "application/rss+xml; charset=utf-8", body, tag)

    def _publish(self) -> None:
        if self._closed:
            return
        chosen = self._chance.sample(
            self._names, min(self._chance.choice((1, 1, 1, 2, 2, 3)), len(self._names))
        )
        ready = [name for name in chosen if self._has_room(name)]
        if not ready:
            return
        self._stories += 1
        rules = tuple(rule for rule in RULES if self._chance.random() < 0.4)
        body = [self._sentence() for _ in range(7)]
        for place, rule in enumerate(rules, start=1):
            body[place] = f"{self._words(5).capitalize()} {_SAID[rule]} {self._words(6)}."
        title = f"{self._words(6).capitalize()}, {self._stories}"
        for name in ready:
            url = f"{self._base[name]}/{self._stories}/{'-'.join(title.lower().split()[:3])}"
            self._by_url[url] = len(self._reports)
            self._reports.append(Report(name, self._stories, url, title, tuple(body), rules, self._clock()))
            self._forget(name)
            self._shown[name].append(url)
            self._read.discard(name)

    def _has_room(self, name: str) -> bool:
        unread = [url for url in self._shown[name] if url not in self._acknowledged]
        begun = any(url in self._acknowledged for url in self._shown[name])
        return len(unread) < (_BEHIND if begun else _FIRST)

    def _forget(self, name: str) -> None:
        """Let the window slide over what the program has said that it holds."""
        shown = self._shown[name]
        self._shown[name] = [
            url
            for place, url in enumerate(shown)
            if place >= len(shown) - _SHOWN or url not in self._acknowledged
        ]

    def _edit(self, number: int) -> None:
        report = self._reports[number]
        self._reports[number] = replace(report, title=f"{report.title.removesuffix(' again')} again")
        self._read.discard(report.outlet)
        self.edits += 1

    def _feed(self, outlet: str) -> bytes:
        items = []
        for url in reversed(self._shown[outlet]):
            report = self._reports[self._by_url[url]]
            items.append(
                f"<item><title>{escape(report.title)}</title><link>{url}</link><guid>{url}</guid>"
                f"<pubDate>{format_datetime(report.at)}</pubDate>"
                f"<description>{escape(report.body[0])}</description></item>"
            )
        return (
            '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
            f"<title>{outlet.capitalize()}</title><language>en</language>{''.join(items)}</channel></rss>"
        ).encode()

    def _page(self, url: str) -> Answer:
        number = self._by_url.get(url)
        if number is None:
            return Answer(404, "text/html; charset=utf-8", b"<h1>Not found</h1>")
        report = self._reports[number]
        paragraphs = "".join(f"<p>{escape(sentence)}</p>" for sentence in report.body)
        page = (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(report.title)}</title></head>'
            f"<body><main><article><h1>{escape(report.title)}</h1>{paragraphs}</article></main></body></html>"
        )
        return Answer(200, "text/html; charset=utf-8", page.encode())

    def _sentence(self) -> str:
        return f"{self._words(13).capitalize()}."

    def _words(self, count: int) -> str:
        pools = (_SMALL if place % 3 == 0 else _WORDS for place in range(count))
        return " ".join(self._chance.choice(pool) for pool in pools)
