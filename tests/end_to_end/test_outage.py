"""A channel that is down for a day, a hundred restarts, a feed that renames everything: real parts, a clock of ours."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.alerts.recorders import Web, web_recorder
from tests.end_to_end.mortal import Clock, Program, Reply, Wire, tagged, wired
from tests.end_to_end.newsroom import LANGUAGES, Newsroom

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
_KEY = re.compile(r"· #([0-9a-f]{6})\b")


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    with wired(len(LANGUAGES)) as wire:
        yield wire


def write_config(folder: Path, room: Newsroom, channels: dict[str, str]) -> Path:
    (folder / "feeds.opml").write_text(room.opml(), encoding="utf-8")
    urls = "".join(f"  {name}: {{url: '{url}'}}\n" for name, url in channels.items())
    config = folder / "config.yaml"
    config.write_text(
        "contact: https://example.org/tests\n"
        "poll: {host_gap: 0s}\n"
        "network: {allow_private: [127.0.0.1]}\n"
        f"rules: [{{id: almanac, query: 'almanac OR جنتری OR سالنامه', channels: [{', '.join(channels)}]}}]\n"
        f"channels:\n{urls}",
        encoding="utf-8",
    )
    return config


def rows(program: Program, state: str) -> Counter[str]:
    found = program.rows("SELECT channel FROM outbox WHERE state = ?", state)
    return Counter(row["channel"] for row in found)


def keys_of(texts: list[str]) -> Counter[str]:
    return Counter(key for text in texts for key in _KEY.findall(text))


def posted(web: Web) -> list[str]:
    return [json.loads(body)["message"] for _, _, body in web.requests]


@pytest.fixture
def web() -> Iterator[Web]:
    with web_recorder() as web:
        yield web


def test_a_channel_that_is_down_for_a_day_loses_nothing_and_does_not_flood(
    tmp_path: Path, wire: Wire, web: Web
) -> None:
    room, clock = Newsroom(wire), Clock()
    with web_recorder() as other:
        urls = {"desk": f"json://127.0.0.1:{web.port}/", "post": f"json://127.0.0.1:{other.port}/"}
        program = Program(write_config(tmp_path, room, urls), clock)
        for outlet in range(3):  # read once before, so that nothing is held as a first poll's
            room.publish(outlet, room.write(LANGUAGES[outlet], frozenset()), clock.now)
        program.cycle()
        web.status = 503
        down = clock.now
        for number in range(500):
            outlet = number % 3
            room.publish(outlet, room.write(LANGUAGES[outlet], frozenset({"almanac"})), clock.now)
            if number % 21 == 20 or number == 499:
                program.cycle()
                clock.now += HOUR
        while clock.now < down + 24 * HOUR:
            program.cycle()
            clock.now += HOUR / 2
        assert rows(program, "sent")["post"] == 500  # the other channel is unaffected
        arrived = keys_of(posted(other))
        assert len(arrived) == 500
        assert set(arrived.values()) == {1}
        assert rows(program, "pending") == {"desk": 500}
        assert len(web.requests) < 60  # one try at a time, and ever more seldom

        web.status, web.requests = 200, []
        back = clock.now
        while not web.requests:  # its next try is an hour away at most
            assert clock.now <= back + HOUR
            clock.now += MINUTE
            program.cycle(all_feeds=False)
        returned = clock.now
        while clock.now < returned + 10 * MINUTE:
            clock.now += MINUTE / 2
            program.cycle(all_feeds=False)
        assert 2 <= len(web.requests) <= 12
        while rows(program, "pending"):
            assert clock.now < returned + 3 * HOUR
            clock.now += 2 * MINUTE
            program.cycle(all_feeds=False)
        # The console, where notices go here, was told once that the desk does not answer.
        assert rows(program, "sent") == {"desk": 500, "post": 500, "console": 1}
        (notice,) = program.rows("SELECT subject FROM notice")
        assert notice["subject"].startswith("Channel desk has not delivered since ")
        late = keys_of(posted(web))
        assert len(late) == 500
        assert set(late.values()) == {1}
        assert len(keys_of(posted(other))) == 500


def test_a_hundred_idle_restarts_send_nothing(tmp_path: Path, wire: Wire, web: Web) -> None:
    room, clock = Newsroom(wire), Clock()
    program = Program(write_config(tmp_path, room, {"desk": f"json://127.0.0.1:{web.port}/"}), clock)
    for number in range(9):
        room.publish(number % 3, room.write(LANGUAGES[number % 3], frozenset({"almanac"})), clock.now)
    program.cycle()
    sent = len(web.requests)
    assert len(keys_of(posted(web))) == 9
    for number in range(100):
        clock.now += MINUTE * (number % 3)
        program.cycle(all_feeds=number % 2 == 0)
    assert len(web.requests) == sent
    assert rows(program, "sent") == {"desk": 9}
    assert program.rows("SELECT subject FROM notice") == []
    assert program.rows("SELECT count(*) AS n FROM article")[0]["n"] == 9


def renamed(program: Program, wire: Wire, clock: Clock, *, links: bool) -> None:
    """Show a feed of a hundred items twice, the second time with other identifiers."""
    room = Newsroom(wire)
    texts = [room.write("en", frozenset({"almanac"})) for _ in range(100)]
    day = clock.now

    def feed(serial: str) -> bytes:
        items = "".join(
            f"<item><title>{text.title}</title><link>{wire.base(0)}/{serial if links else 'page'}/{text.number}</link>"
            f"<guid isPermaLink='false'>{serial}-{text.number}</guid>"
            f"<pubDate>{day:%a, %d %b %Y %H:%M:%S} +0000</pubDate><description>{text.body[0]}</description></item>"
            for text in texts
        )
        return f"<rss version='2.0'><channel><title>Outlet</title>{items}</channel></rss>".encode()

    body = feed("first")

    def answer(outlet: int, path: str, tag: str) -> Reply:
        if path != "/feed" or outlet:
            number = path.rpartition("/")[2]
            if not number.isdigit():
                return Reply(status=404)
            text = texts[int(number) - 1]
            return Reply("".join(f"<p>{sentence}</p>" for sentence in (text.title, *text.body)).encode())
        return tagged(body, tag)

    wire.answer = answer
    program.cycle()
    clock.now += 2 * HOUR
    program.cycle()
    clock.now += 2 * HOUR
    body = feed("second")
    program.cycle()
    clock.now += 2 * HOUR
    program.cycle()


@pytest.mark.parametrize("links", [False, True], ids=["guids", "guids and links"])
def test_a_feed_that_renames_a_hundred_items_alerts_of_none(
    tmp_path: Path, wire: Wire, web: Web, links: bool
) -> None:
    clock = Clock()
    program = Program(
        write_config(tmp_path, Newsroom(wire), {"desk": f"json://127.0.0.1:{web.port}/"}), clock
    )
    renamed(program, wire, clock, links=links)
    arrived = keys_of(posted(web))
    assert len(arrived) == 10  # what a first poll may alert of
    assert set(arrived.values()) == {1}
    assert len(program.rows("SELECT 1 FROM outbox WHERE kind = 'story' AND state = 'sent'")) == 10
    assert rows(program, "pending") == {}


def test_a_feed_that_renames_a_hundred_items_is_told_of_once(tmp_path: Path, wire: Wire, web: Web) -> None:
    clock = Clock()
    program = Program(
        write_config(tmp_path, Newsroom(wire), {"desk": f"json://127.0.0.1:{web.port}/"}), clock
    )
    renamed(program, wire, clock, links=True)
    (held,) = program.rows("SELECT held FROM poll WHERE held_reason LIKE '%identifiers regenerated%'")
    assert held["held"] == 100
    assert len(program.rows("SELECT 1 FROM notice")) == 1
