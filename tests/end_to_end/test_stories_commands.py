"""What a person does with stories and alerts: look at one, merge, split, mute, try again."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from monitor.errors import InputError, NotFoundError
from tests.end_to_end.conftest import PUBLISHED, Desk


def ferry(desk: Desk) -> dict[str, object]:
    (found,) = [story for story in desk.json("stories", "--limit", "1000") if "ferry" in story["title"]]
    return dict(found)


def test_one_event_in_two_languages_is_one_story_with_its_origins(desk: Desk) -> None:
    desk.once()
    shown = desk.json("story", str(ferry(desk)["id"]))
    assert {article["language"] for article in shown["articles"]} == {"en", "ur"}
    assert [article["how"] for article in shown["articles"]].count("same event") == 1
    assert shown["origins"] == len({article["origin"] for article in shown["articles"]}) == 2
    assert {alert["rule"] for alert in shown["alerts"]} == {"balochistan"}
    text = desk.run("story", str(shown["id"]))
    assert "2 origins, 2 outlets" in text
    assert "same event" in text


def test_a_split_lasts_and_a_merge_ends_it(desk: Desk) -> None:
    desk.once()
    story = ferry(desk)
    number, article = str(story["id"]), str(desk.json("story", str(story["id"]))["articles"][1]["id"])
    said = desk.run("split", number, article)
    new = said.splitlines()[1].partition(":")[0].removeprefix("story ")
    assert said.splitlines()[1] == f"story {new}: article {article}"
    desk.once("--all", now=PUBLISHED + timedelta(hours=1))
    assert len(desk.json("story", number)["articles"]) == 1
    assert desk.run("merge", new, number).startswith(f"story {number}: articles ")
    assert desk.json("story", new)["id"] == int(number)


def test_a_muted_story_says_so(desk: Desk) -> None:
    desk.once()
    number = str(ferry(desk)["id"])
    assert (
        desk.run("mute", number, "--for", "2d") == f"story {number}: no alerts until 2026-02-04T10:00:00Z\n"
    )
    assert desk.json("story", number)["muted_until"] == "2026-02-04T10:00:00Z"
    assert desk.run("mute", number, "--off") == f"story {number}: alerts are sent\n"
    assert desk.json("story", number)["muted_until"] is None


def test_what_is_not_there_is_said(desk: Desk) -> None:
    with pytest.raises(InputError, match="nothing has been stored"):
        desk.run("merge", "1", "2")
    desk.once()
    for arguments in ("story 999", "split 999 1", "merge 1 999", "mute 999"):
        with pytest.raises(NotFoundError, match="no story has the number 999"):
            desk.run(*arguments.split())
    for arguments in ("merge 1 1", "mute 1 --for soon", "alerts retry"):
        desk.run(*arguments.split(), exit_code=2)
    assert desk.run("alerts", "retry", "--all") == "0 alerts will be tried again\n"


@pytest.mark.parametrize("wanted", ["[origin]", "[]"])
def test_what_a_later_report_adds_is_told_where_a_rule_asks_for_it(desk: Desk, wanted: str) -> None:
    text = desk.config.read_text(encoding="utf-8")
    asked = text.replace("  - id: balochistan\n", f"  - id: balochistan\n    updates: {wanted}\n")
    desk.config.write_text(asked, encoding="utf-8")
    desk.world.break_outlet("subh-e-makran", "500")
    desk.once()
    first = str(ferry(desk)["id"])
    desk.world.break_outlet("subh-e-makran", "ok")
    later = PUBLISHED + timedelta(minutes=30)
    desk.once("--all", now=later)
    updates = [alert for alert in desk.json("story", first)["alerts"] if alert["kind"] == "update"]
    assert [alert["state"] for alert in updates] == (["pending"] if wanted == "[origin]" else [])
    desk.once(now=later + timedelta(hours=1))  # an hour after the last message about it
    lines = (desk.data / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
    told = [line for line in map(json.loads, lines) if line["story"] == int(first)]
    assert [line["kind"] for line in told] == ["story", "update"][: 1 + len(updates)]
    if updates:
        assert "another origin: روزنامہ صبح مکران" in told[1]["text"]
