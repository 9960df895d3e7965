"""Feeds that die and return: a notice through the channels, once each, and in the digest of its day."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from monitor.demo import stage
from monitor.demo.expected import RULES
from monitor.demo.server import serve_in_thread
from monitor.demo.stage import morning_after
from tests.end_to_end.conftest import PUBLISHED, Desk


def notices(desk: Desk) -> list[dict[str, Any]]:
    lines = (desk.data / "alerts.jsonl").read_text().splitlines()
    return [line for line in map(json.loads, lines) if line["kind"] == "notice"]


def test_a_feed_that_dies_is_told_once_and_its_return_once(desk: Desk) -> None:
    now = PUBLISHED
    desk.once(now=now)
    desk.world.break_outlet("quetta-chronicle", "404")
    for _ in range(30):
        now += timedelta(hours=12)
        desk.once("--all", now=now)
    told = notices(desk)
    assert [line["title"].split(" feed")[0] for line in told if "Quetta Chronicle" in line["title"]]
    died = [line for line in told if "Quetta Chronicle" in line["title"]]
    assert len(died) == 1
    assert "404" in died[0]["text"]
    desk.world.break_outlet("quetta-chronicle", "ok")
    for _ in range(3):
        now += timedelta(hours=12)
        desk.once("--all", now=now)
    about = [line["title"] for line in notices(desk) if "Quetta Chronicle" in line["title"]]
    assert len(about) == 2
    desk.run("digest", "--date", f"{now:%Y-%m-%d}", now=morning_after(now) + timedelta(days=1))


def test_idle_starts_tell_nothing(desk: Desk) -> None:
    desk.once()
    before = (desk.data / "alerts.jsonl").read_text()
    for number in range(5):
        counts = desk.once(now=PUBLISHED + timedelta(minutes=number))
        assert counts["alerts_sent"] == 0
    assert (desk.data / "alerts.jsonl").read_text() == before


def test_while_nothing_can_be_reached_no_feed_is_blamed(tmp_path: Path) -> None:
    with serve_in_thread(PUBLISHED) as world:
        desk = Desk(stage.write_config(tmp_path, world, alerting=frozenset(RULES)), world)
        desk.once()
        feeds = desk.json("feeds", "list")
    now = PUBLISHED
    for _ in range(20):  # nobody listens any more
        now += timedelta(hours=6)
        desk.once("--all", now=now)
    told = notices(desk)
    assert [line["title"] for line in told] == ["No feed can be reached"]
    assert f"None of {len(feeds)} feeds" in told[0]["text"]
    health = desk.json("feeds", "health", now=now)
    assert {feed["state"] for feed in health} == {"failing"}
    assert sum("nothing else can be reached" in str(feed) for feed in health) >= len(health) / 2
