"""Feeds that die and return: a notice through the channels, once each, and in the digest of its day."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

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
        desk.once("--all", "--only", "poll", now=now)
        desk.once("--only", "watch", now=now)
        desk.once("--only", "alert", now=now)
    told = notices(desk)
    assert [line["title"].split(" feed")[0] for line in told if "Quetta Chronicle" in line["title"]]
    died = [line for line in told if "Quetta Chronicle" in line["title"]]
    assert len(died) == 1
    assert "404" in died[0]["text"]
    desk.world.break_outlet("quetta-chronicle", "ok")
    for _ in range(3):
        now += timedelta(hours=12)
        desk.once("--all", "--only", "poll", now=now)
        desk.once("--only", "watch", now=now)
        desk.once("--only", "alert", now=now)
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
