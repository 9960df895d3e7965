"""Death before each SQL statement of a whole cycle: the next cycle makes up for everything, once."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.models import AlertState
from tests.end_to_end.mortal import Clock, Fate, Line, Program, Wire, wired
from tests.end_to_end.newsroom import LANGUAGES, Newsroom
from tests.end_to_end.test_outage import write_config

LATER = timedelta(hours=2)
EVERY = 23  # of the statements, in the fast tests


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    with wired(len(LANGUAGES)) as wire:
        yield wire


def matched(program: Program) -> Counter[tuple[str, str]]:
    return Counter(
        (row["url"], row["rule"])
        for row in program.rows(
            "SELECT a.url, m.rule FROM match m JOIN article a ON a.id = m.article_id WHERE m.withdrawn IS NULL"
        )
    )


def check(program: Program, line: Line, expected: Counter[tuple[str, str]], died: int) -> None:
    """Everything was matched once and told; what was told twice says so."""
    assert matched(program) == expected, died
    states = {row["state"] for row in program.rows("SELECT state FROM outbox")}
    assert states == {AlertState.SENT.value}, died
    told = Counter(key for attempt in line.taken for key in attempt.alerts)
    keys = {row["key"] for row in program.rows("SELECT key FROM outbox")}
    assert set(told) == keys, died
    for key in told:
        again = [attempt for attempt in line.taken if key in attempt.alerts][1:]
        assert all(attempt.marked(key) for attempt in again), died
        assert len(again) <= 1, died
    assert program.rows("PRAGMA integrity_check")[0][0] == "ok"
    assert program.rows("PRAGMA foreign_key_check") == []


def cuts(tmp_path: Path, wire: Wire, every: int) -> tuple[int, int]:
    """Kill a cycle before every n-th of its statements; return how many it has, and how often it died."""
    room, clock = Newsroom(wire), Clock()
    lines = {"desk": Line("desk")}
    first = tmp_path / "first"
    first.mkdir()
    program = Program(write_config(first, room, {"desk": "json://127.0.0.1:9/"}), clock, lines)
    for outlet in range(3):  # read once before, so that nothing is held as a first poll's
        room.publish(outlet, room.write(LANGUAGES[outlet], frozenset()), clock.now)
    program.cycle()
    copied = room.write("en", frozenset({"almanac"}))
    room.publish(0, copied, clock.now)
    room.publish(1, copied, clock.now)
    for outlet in range(3):
        room.publish(outlet, room.write(LANGUAGES[outlet], frozenset({"almanac"})), clock.now)
    whole = tmp_path / "whole"
    shutil.copytree(first, whole)
    complete = Program(whole / "config.yaml", clock, {"desk": Line("desk")})
    fate = Fate()
    assert complete.cycle(fate)
    expected = matched(complete)
    assert len(expected) == 5
    assert set(expected.values()) == {1}
    check(complete, complete.lines["desk"], expected, 0)
    deaths = 0
    for number in range(1, fate.statements + 1, every):
        folder = tmp_path / "cut"
        shutil.copytree(first, folder)
        line = Line("desk")
        mortal = Program(folder / "config.yaml", Clock(clock.now), {"desk": line})
        deaths += not mortal.cycle(Fate("statement", number))
        for _ in range(2):
            mortal.clock.now += LATER
            mortal.cycle()
        check(mortal, line, expected, number)
        shutil.rmtree(folder)
    return fate.statements, deaths


def test_a_cycle_that_dies_before_some_statements_loses_nothing(tmp_path: Path, wire: Wire) -> None:
    statements, deaths = cuts(tmp_path, wire, EVERY)
    assert deaths >= statements // EVERY - 1


@pytest.mark.slow
def test_a_cycle_that_dies_before_any_statement_loses_nothing(tmp_path: Path, wire: Wire) -> None:
    statements, deaths = cuts(tmp_path, wire, 1)
    assert deaths >= statements - 1  # how the work interleaves may differ by a statement
