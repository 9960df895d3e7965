"""The main job: from feeds to alerts and a digest, on real servers, by the commands a user types."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from monitor.demo import stage
from monitor.demo.expected import COPIES, EVENTS, EXPECTED
from tests.end_to_end.conftest import PUBLISHED, Desk

LATER = timedelta(hours=1)


def recorded(desk: Desk) -> list[dict[str, Any]]:
    """Return every alert that reached the console's file, in order."""
    file = desk.data / "alerts.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_every_sample_article_matches_what_it_should_and_nothing_else(desk: Desk) -> None:
    desk.once()
    matched = desk.matched()
    out = {name: one for name, one in EXPECTED.items() if not one.held}
    assert matched.keys() == out.keys()
    missed = {
        name: one.must_match - matched[name] for name, one in out.items() if one.must_match - matched[name]
    }
    false = {
        name: one.must_not_match & matched[name]
        for name, one in out.items()
        if one.must_not_match & matched[name]
    }
    assert (missed, false) == ({}, {})


def test_the_second_run_finds_nothing_new_and_sends_nothing(desk: Desk) -> None:
    first = desk.once()
    assert first["polled"] == len(desk.world.sites)
    assert first["failed"] == 0
    assert first["alerts_sent"] > 0
    assert first["alerts_pending"] == 0
    alerts = desk.json("alerts", "list")
    assert {alert["state"] for alert in alerts} <= {"sent", "held"}
    assert max(Counter((one["story"], one["rule"], one["channel"]) for one in alerts).values()) == 1
    assert len(recorded(desk)) == first["alerts_sent"]

    desk.world.requests.clear()
    second = desk.once("--all", now=PUBLISHED + LATER)
    assert second["polled"] == second["unchanged"] == len(desk.world.sites)
    assert (second["entries_new"], second["articles_new"], second["alerts_sent"]) == (0, 0, 0)
    statuses = Counter(seen.status for seen in desk.world.requests)
    assert statuses[304] >= len(desk.world.sites) - 2
    assert set(statuses) == {200, 304}
    assert len(recorded(desk)) == first["alerts_sent"]


def test_copies_arriving_in_one_poll_are_one_story_and_one_alert(desk: Desk) -> None:
    desk.once()
    stories = desk.json("stories", "--limit", "1000")
    story_of = {
        article["url"].partition("?")[0]: story["id"] for story in stories for article in story["articles"]
    }
    place = {
        name: story_of.get(desk.world.url(one.outlet, name)) for name, one in EXPECTED.items() if not one.held
    }
    copies = [sorted(name for name in group if not EXPECTED[name].held) for group in COPIES]
    assert max(map(len, copies)) >= 4
    for group in copies:
        ids = {place[name] for name in group}
        assert len(ids) == 1, group
        (story,) = ids
        alerts = [alert for alert in desk.json("alerts", "list") if alert["story"] == story]
        assert len(alerts) == len({(alert["rule"], alert["channel"]) for alert in alerts})
        (shown,) = [one for one in stories if one["id"] == story]
        assert shown["sources"] == len({EXPECTED[name].outlet for name in group})
    told = [{place.get(name) for name in event} - {None} for event in EVENTS]
    assert [len(stories) for stories in told] == [1] * len(EVENTS)
    assert len(set().union(*told)) == len(EVENTS)


def test_a_copy_that_comes_later_joins_and_is_not_alerted(desk: Desk) -> None:
    desk.once()
    before = len(recorded(desk))
    (name,) = [name for group in COPIES for name in group if EXPECTED[name].held]
    desk.world.publish(EXPECTED[name].outlet, name)
    counts = desk.once("--all", now=PUBLISHED + LATER)
    assert (counts["articles_new"], counts["stories_new"], counts["alerts_sent"]) == (1, 0, 0)
    assert len(recorded(desk)) == before


def test_new_news_on_a_known_feed_alerts(desk: Desk) -> None:
    desk.once()
    desk.world.publish("quetta-chronicle", "deployments-assembly-update")
    counts = desk.once("--all", now=PUBLISHED + LATER)
    assert counts["articles_new"] == 1
    assert counts["alerts_sent"] == len(EXPECTED["deployments-assembly-update"].must_match)


def test_an_edited_title_is_no_news(desk: Desk) -> None:
    desk.once()
    desk.world.edit("quetta-chronicle", "deployments-assembly", title="Another headline for Balochistan")
    counts = desk.once("--all", now=PUBLISHED + LATER)
    assert (counts["unchanged"], counts["articles_new"], counts["alerts_sent"]) == (
        len(desk.world.sites) - 1,
        0,
        0,
    )


def test_what_is_old_at_a_first_poll_is_held(desk: Desk) -> None:
    counts = desk.once(now=PUBLISHED + timedelta(days=10))
    assert counts["matches"] > 0
    assert counts["alerts_sent"] == 0
    alerts = desk.json("alerts", "list")
    assert {alert["state"] for alert in alerts} == {"held"}
    assert recorded(desk) == []


def test_the_digest_is_written_the_next_morning_and_stays_the_same(desk: Desk) -> None:
    desk.once()
    morning = stage.morning_after(PUBLISHED)
    assert desk.once("--only", "digest", now=PUBLISHED + LATER)["digests_written"] == 0
    assert desk.once("--only", "digest", now=morning)["digests_written"] == 1
    assert desk.once("--only", "digest", now=morning + LATER)["digests_written"] == 0
    files = {path.name: path.read_bytes() for path in (desk.data / "digests").iterdir()}
    assert set(files) == {"2026-02-02.md", "2026-02-02.html", "2026-02-02.jsonl"}
    desk.once("--all", now=morning + LATER)
    desk.run("digest", "--date", "2026-02-02", now=morning + timedelta(days=30))
    assert {path.name: path.read_bytes() for path in (desk.data / "digests").iterdir()} == files


def test_an_open_day_is_refused_and_so_far_keeps_nothing(desk: Desk) -> None:
    desk.once()
    from monitor.errors import InputError

    with pytest.raises(InputError, match="not over"):
        desk.run("digest", "--date", "2026-02-02")
    text = desk.run("digest", "--so-far")
    assert "Balochistan" in text
    assert not (desk.data / "digests").exists()


@pytest.mark.parametrize("how", ["html", "empty", "truncated", "cut", "500", "404", "endless"])
def test_a_broken_feed_is_reported_and_harms_no_other(desk: Desk, how: Any) -> None:
    desk.world.break_outlet("quetta-chronicle", how)
    counts = desk.once()
    others = len(desk.world.sites) - 1
    assert counts["polled"] == others + 1
    whole = {one.outlet for one in EXPECTED.values()} - {"quetta-chronicle"}
    matched = desk.matched()
    assert {EXPECTED[name].outlet for name in matched} >= whole
    if how in {"truncated", "cut"}:
        # What could be read of it is kept; no validator is stored that would hide the rest.
        assert any(EXPECTED[name].outlet == "quetta-chronicle" for name in matched)
        connection = sqlite3.connect(desk.data / "monitor.db")
        rows = connection.execute(
            "SELECT etag, body_sha256, problem FROM feed WHERE url = ?",
            [desk.world.feed_url("quetta-chronicle")],
        )
        assert rows.fetchone() == ("", "", "truncated")
    assert counts["failed"] == 1
    status = desk.json("status")
    assert (status["feeds"]["failing"], status["feeds"]["ok"]) == (1, others)
    desk.once("--only", "digest", now=stage.morning_after(PUBLISHED))
    digest = (desk.data / "digests" / "2026-02-02.md").read_text()
    assert "Quetta Chronicle" in digest.split("Coverage")[-1]
    desk.world.break_outlet("quetta-chronicle", "ok")
    assert desk.once("--all", now=PUBLISHED + LATER)["failed"] == 0
    out = {name for name, one in EXPECTED.items() if not one.held}
    assert desk.matched().keys() == out


def test_killed_at_any_moment_the_next_run_completes_the_work(desk: Desk) -> None:
    """kill -9 in the middle of reading: nothing is lost, nothing is matched or stored twice."""
    command = [
        sys.executable,
        "-m",
        "monitor",
        "once",
        "--config",
        str(desk.config),
        "--now",
        PUBLISHED.isoformat(),
    ]
    for stop_after in (5, 20, 40):
        killed = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        seen = len(desk.world.requests)
        while killed.poll() is None and len(desk.world.requests) < seen + stop_after:
            os.sched_yield()
        killed.send_signal(signal.SIGKILL)
        killed.communicate(timeout=60)
    desk.once("--all")
    connection = sqlite3.connect(desk.data / "monitor.db")
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert connection.execute("SELECT count(*) FROM job").fetchone() == (0,)
    out = {name: one for name, one in EXPECTED.items() if not one.held}
    matched = desk.matched()
    assert matched.keys() == out.keys()
    assert all(one.must_match <= matched[name] for name, one in out.items())
    alerts = desk.json("alerts", "list")
    assert max(Counter((one["story"], one["rule"], one["channel"]) for one in alerts).values()) == 1
    keys = Counter(line["key"] for line in recorded(desk))
    assert keys.keys() == {line["key"] for line in recorded(desk)}
    assert len(keys) == sum(alert["state"] == "sent" for alert in alerts)
    repeats = [line for line in recorded(desk) if keys[line["key"]] > 1]
    assert all(count <= 4 for count in keys.values())
    assert all(line["possible_repeat"] for line in repeats[len(repeats) // 2 :])
