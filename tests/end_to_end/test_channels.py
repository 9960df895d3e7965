"""Alerts and digests through real channels: a recording web service and a real mail server on loopback."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from monitor.demo import stage
from monitor.demo.expected import RULES
from monitor.demo.server import World
from tests.alerts.recorders import Post, Web, mail_recorder, web_recorder
from tests.end_to_end.conftest import PUBLISHED, Desk


@pytest.fixture
def web() -> Iterator[Web]:
    with web_recorder() as web:
        yield web


@pytest.fixture
def post() -> Iterator[Post]:
    with mail_recorder() as post:
        yield post


def desk_with(folder: Path, world: World, channels: str, rules: frozenset[str]) -> Desk:
    return Desk(stage.write_config(folder, world, channels=channels, alerting=rules), world)


def test_every_alert_stands_in_some_message_of_every_channel(
    world: World, tmp_path: Path, web: Web, post: Post
) -> None:
    channels = (
        f"desk: {{url: 'json://127.0.0.1:{web.port}/alerts'}}\n"
        f"mail: {{url: 'mailto://127.0.0.1:{post.port}?from=monitor@example.org&to=desk@example.org&mode=insecure'}}"
    )
    desk = desk_with(tmp_path, world, channels, frozenset(RULES))
    counts = desk.once()
    assert counts["alerts_pending"] == 0
    alerts = [alert for alert in desk.json("alerts", "list") if alert["state"] == "sent"]
    assert counts["alerts_sent"] == len(alerts)
    assert len(Counter(alert["channel"] for alert in alerts)) == 3
    keys = {
        line["id"]: line["key"]
        for line in map(json.loads, (desk.data / "alerts.jsonl").read_text().splitlines())
    }
    assert len(keys) == sum(alert["channel"] == "console" for alert in alerts)
    posted = "\n".join(json.loads(body)["message"] for _, _, body in web.requests)
    mailed = [message_from_bytes(body, policy=default) for _, body in post.letters]
    texts = "\n".join(str(one.get_body(("plain",)).get_content()) for one in mailed)  # type: ignore[union-attr]
    pages = "\n".join(str(one.get_body(("html",)).get_content()) for one in mailed)  # type: ignore[union-attr]
    for alert in alerts:
        where = {"console": "", "desk": posted, "mail": texts}[alert["channel"]]
        if where:
            assert alert["title"].split()[0] in where
    assert "⟦" in posted
    assert "<mark" in pages
    assert "خان" in pages


def test_a_channel_that_is_down_is_retried_and_harms_no_other(world: World, tmp_path: Path, web: Web) -> None:
    desk = desk_with(tmp_path, world, f"desk: {{url: 'json://127.0.0.1:{web.port}/'}}", frozenset({"herof"}))
    web.status = 500
    counts = desk.once()
    states = {(one["channel"], one["state"]) for one in desk.json("alerts", "list")}
    assert states == {("console", "sent"), ("desk", "pending")}
    assert counts["alerts_pending"] > 0
    assert len(web.requests) == 1  # the others wait behind the one that failed
    web.status = 200
    assert desk.once(now=PUBLISHED)["alerts_sent"] == 0  # it is backing off
    assert desk.once(now=PUBLISHED + timedelta(hours=2))["alerts_pending"] == 0
    assert {one["state"] for one in desk.json("alerts", "list")} == {"sent"}


def test_quiet_hours_hold_and_then_deliver(world: World, tmp_path: Path, web: Web) -> None:
    channel = (
        f"desk: {{url: 'json://127.0.0.1:{web.port}/', quiet: '14:00-20:00'}}"  # PUBLISHED is 15:00 there
    )
    desk = desk_with(tmp_path, world, channel, frozenset({"herof"}))
    counts = desk.once()
    assert web.requests == []
    assert counts["alerts_pending"] > 0
    held = [one for one in desk.json("alerts", "list") if one["channel"] == "desk"]
    assert {one["state"] for one in held} == {"held"}
    desk.once(now=PUBLISHED + timedelta(hours=5))
    assert len(web.requests) == len({one["story"] for one in held})


def test_a_channel_without_its_secret_is_off_and_alerts_go_to_the_console(
    world: World, tmp_path: Path
) -> None:
    desk = desk_with(tmp_path, world, "desk: {url: '${DESK_URL}'}", frozenset({"herof"}))
    assert "channel desk is off: DESK_URL not set" in desk.run("check")
    desk.once()
    assert {one["channel"] for one in desk.json("alerts", "list")} == {"console"}
    assert "DESK_URL" in desk.run("status")
    desk.once("--only", "digest", now=stage.morning_after(PUBLISHED))
    assert "DESK_URL" in (desk.data / "digests" / "2026-02-02.jsonl").read_text()


def test_the_digest_goes_out_by_mail(world: World, tmp_path: Path, post: Post) -> None:
    channel = (
        f"mail: {{url: 'mailto://127.0.0.1:{post.port}?from=m@example.org&to=d@example.org&mode=insecure'}}"
    )
    desk = desk_with(tmp_path, world, channel, frozenset())
    with desk.config.open("a") as file:
        file.write("digest: {channels: [mail]}\n")
    desk.once()
    morning = stage.morning_after(PUBLISHED)
    counts = desk.once(now=morning)
    assert (counts["digests_written"], counts["alerts_sent"]) == (1, 1)
    (letter,) = (message_from_bytes(body, policy=default) for _, body in post.letters)
    assert letter["Subject"] == "Digest of 2026-02-02: Balochistan"
    page = letter.get_body(("html",))
    assert page is not None
    written = (desk.data / "digests" / "2026-02-02.html").read_text()
    assert "The whole digest: " in page.get_content()  # which is too long for mail services, and attached
    (attached,) = letter.iter_attachments()
    assert attached.get_filename() == "2026-02-02.html"
    assert attached.get_content().splitlines() == written.splitlines()
    assert desk.once(now=morning + timedelta(hours=1))["alerts_sent"] == 0


def test_a_test_message_reaches_its_channel_and_a_dead_one_is_exit_4(
    world: World, tmp_path: Path, web: Web
) -> None:
    from monitor.errors import NotFoundError, OutsideError

    desk = desk_with(tmp_path, world, f"desk: {{url: 'json://127.0.0.1:{web.port}/'}}", frozenset())
    desk.run("alerts", "test", "desk")
    assert "alerts will reach you here" in web.payload()["message"]
    web.status = 403
    with pytest.raises(OutsideError, match="channel desk"):
        desk.run("alerts", "test", "desk")
    with pytest.raises(NotFoundError, match="there are"):
        desk.run("alerts", "test", "fax")
    assert not (desk.data / "monitor.db").exists()
