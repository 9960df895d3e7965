"""`monitor backfill` as a researcher runs it, on web archives of the sample outlets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.backfill import Archives
from monitor.errors import InputError
from monitor.store.queries import Queries
from tests.end_to_end.conftest import Desk
from tests.sources.archives import Given, page, write

FILLER = (
    "<p>"
    + "The rest of the report says what the council decided on that day and who was present. " * 6
    + "</p>"
)


def report(host: str, number: int, words: str) -> Given:
    return page(
        f"https://{host}/{number}",
        f"<html><head><title>Report {number}: {words}</title></head><body><article><h1>Report {number}: {words}</h1>"
        f"<p>{words} The figures of report {number} were published by the office.</p>{FILLER}</article></body></html>",
        date=f"2024-05-{number % 28 + 1:02d}T10:00:00Z",
    )


PAGES = [
    report("daily.example", 1, "Officials in Quetta, Balochistan, opened a road."),
    report("daily.example", 2, "The council of a far town met."),
    report("other.example", 3, "A school in Turbat, Balochistan, was repaired."),
    report("news.other.example", 4, "The port of Gwadar in Balochistan saw two ships."),
    report("other.example", 5, "A film festival began."),
]
EMPTY = {"pages": 0, "known": 0, "unread": 0, "stored": 0, "matches": 0, "stories_new": 0}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return write(tmp_path / "news.warc.gz", PAGES)


def stored(desk: Desk) -> list[str]:
    with Queries.open(desk.data / "monitor.db") as reader:
        rows = reader.db.execute("SELECT url FROM article ORDER BY id").fetchall()
    return [url for (url,) in rows]


def test_what_matches_is_kept_and_nobody_is_alerted(desk: Desk, archive: Path) -> None:
    assert desk.json("backfill", str(archive)) == {
        "pages": 5, "known": 0, "unread": 0, "stored": 3, "matches": 3, "stories_new": 3
    }  # fmt: skip
    assert stored(desk) == [PAGES[0].url, PAGES[2].url, PAGES[3].url]
    assert desk.json("alerts", "list") == []
    row = json.loads(desk.run("export", "--format", "jsonl").splitlines()[0])
    assert row["url"] == PAGES[0].url
    assert row["source_name"] == "daily.example"
    assert row["first_seen_utc"] == "2024-05-02T10:00:00Z"
    assert row["archive_path"].startswith("news.warc.gz#urn:uuid:")
    # Nothing waits, nothing is polled or missed, and no day's digest has it.
    assert desk.json("once", "--only", "read")["matches"] == 0
    assert "warc:" not in desk.run("feeds", "list", "--json")
    desk.run("digest", "--so-far")
    assert not any("daily.example" in path.read_text() for path in desk.data.rglob("digests/*.md"))


def test_the_archive_can_be_searched_by_when_it_was_captured(desk: Desk, archive: Path) -> None:
    desk.run("backfill", str(archive))
    assert "Turbat" in desk.run("search", "Turbat", "--since", "2024-05-04")
    assert "Turbat" not in desk.run("search", "Turbat", "--since", "2024-05-05")


def test_reading_it_again_changes_nothing(desk: Desk, archive: Path) -> None:
    desk.run("backfill", str(archive))
    assert desk.json("backfill", str(archive)) == EMPTY
    longer = write(
        archive.with_name("longer.warc.gz"), [*PAGES, report("daily.example", 6, "Rain in Quetta.")]
    )
    assert desk.json("backfill", str(longer)) | {"stories_new": 0} == {
        "pages": 6, "known": 3, "unread": 0, "stored": 1, "matches": 1, "stories_new": 0
    }  # fmt: skip


def test_a_damaged_archive_keeps_what_stands_before(desk: Desk, archive: Path) -> None:
    whole = archive.read_bytes()
    archive.write_bytes(whole[:-300])
    with pytest.raises(InputError, match="ends inside the record at byte"):
        desk.run("backfill", str(archive))
    assert stored(desk) == [PAGES[0].url, PAGES[2].url, PAGES[3].url]
    archive.write_bytes(whole)
    assert desk.json("backfill", str(archive))["known"] == 3


def test_it_goes_on_where_it_was_stopped(desk: Desk, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.backfill._AHEAD", 1)
    monkeypatch.setattr("monitor.backfill._NOTED", 1)
    finished = 0

    class StoppedError(Exception):
        pass

    finish = Archives._finish

    async def dies(self: Archives, *given: object) -> None:
        nonlocal finished
        finished += 1
        if finished > 2:
            raise StoppedError
        await finish(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Archives, "_finish", dies)
    with pytest.raises(StoppedError):
        desk.run("backfill", str(archive))
    assert stored(desk) == [PAGES[0].url]
    monkeypatch.setattr(Archives, "_finish", finish)
    again = desk.json("backfill", str(archive))
    assert stored(desk) == [PAGES[0].url, PAGES[2].url, PAGES[3].url]
    assert again["pages"] < 5


def test_a_site_and_what_lies_below_it(desk: Desk, archive: Path) -> None:
    assert desk.json("backfill", str(archive), "--host", "other.example")["pages"] == 3
    assert stored(desk) == [PAGES[2].url, PAGES[3].url]
    assert desk.json("backfill", str(archive)) == {
        "pages": 5, "known": 2, "unread": 0, "stored": 1, "matches": 1, "stories_new": 1
    }  # fmt: skip


def test_every_page_can_be_kept(desk: Desk, archive: Path) -> None:
    assert desk.json("backfill", str(archive), "--all")["stored"] == 5


def test_alerts_come_when_they_are_asked_for(desk: Desk, archive: Path) -> None:
    desk.run("backfill", str(archive), "--alert")
    assert {alert["state"] for alert in desk.json("alerts", "list")} == {"pending"}


def test_what_is_no_archive_is_refused(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<html>")
    with pytest.raises(InputError, match="is no web archive"):
        desk.run("backfill", str(tmp_path / "page.html"))
    assert not (desk.data / "monitor.db").exists() or stored(desk) == []
