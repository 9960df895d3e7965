"""`monitor export` as a researcher runs it, on the sample outlets."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import rispy
from bibtexparser.entrypoint import parse_string

from monitor.errors import InputError, NotFoundError
from monitor.store.queries import Queries
from tests.end_to_end.conftest import Desk

FORMATS = ("csv", "jsonl", "ris", "bibtex", "csl")


@pytest.fixture
def archive(desk: Desk) -> Desk:
    desk.once()
    return desk


def export(desk: Desk, form: str, *arguments: str) -> str:
    return desk.run("export", "--format", form, *arguments)


def rows(desk: Desk, *arguments: str) -> list[dict[str, str]]:
    return list(
        csv.DictReader(io.StringIO(export(desk, "csv", *arguments).removeprefix("\ufeff"), newline=""))
    )


def test_every_format_tells_of_the_same_articles(archive: Desk) -> None:
    with Queries.open(archive.data / "monitor.db") as reader:
        matched = sorted(reader.ids_with_matches(None))
    assert [int(row["article_id"]) for row in rows(archive)] == matched
    lines = [json.loads(line) for line in export(archive, "jsonl").splitlines()]
    assert [line["article_id"] for line in lines] == matched
    keys = [item["id"] for item in json.loads(export(archive, "csl"))]
    assert [int(key.rpartition("-")[2]) for key in keys] == matched
    assert [row["id"] for row in rispy.loads(export(archive, "ris"))] == keys
    assert [entry.key for entry in parse_string(export(archive, "bibtex")).entries] == keys
    assert {line["article_lang"] for line in lines} >= {"en", "ur", "fa"}


def test_what_it_says_is_what_the_other_commands_say(archive: Desk) -> None:
    stories = {story["id"]: story for story in archive.json("stories", "--limit", "1000")}
    for row in rows(archive):
        story = stories[int(row["cluster_id"])]
        shown = next(one for one in story["articles"] if one["id"] == int(row["article_id"]))
        assert int(row["n_origins"]) == story["origins"]
        assert row["claim_status"] == story["status"]
        assert row["url"] == shown["url"]
        assert row["article_lang"] == shown["language"]
    copies = [row for row in rows(archive) if row["duplicate_of"]]
    by_id = {row["article_id"]: row for row in rows(archive)}
    assert copies
    for copy in copies:
        first = by_id[copy["duplicate_of"]]
        assert first["cluster_id"] == copy["cluster_id"]
        assert not first["duplicate_of"]


def test_the_same_bytes_twice(archive: Desk) -> None:
    for form in FORMATS:
        assert export(archive, form) == export(archive, form)


def test_rules_and_time_choose(archive: Desk) -> None:
    every, matched = rows(archive, "--all"), rows(archive)
    assert len(every) > len(matched)
    herof = rows(archive, "--rule", "herof")
    assert herof == [row for row in matched if "herof" in row["rule_ids"].split("|")]
    both = rows(archive, "--rule", "herof", "--rule", "enforced-disappearances")
    assert len(both) > len(herof) > 0
    assert rows(archive, "--since", "1d") == matched
    assert rows(archive, "--until", "1d") == []
    assert rows(archive, "--since", "2026-02-03") == []


def test_a_file_is_written_whole(archive: Desk, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")
    assert archive.run("export", "--format", "csv", "--output", str(target)) == ""
    assert target.read_bytes().decode().replace("\r\n", "\n") == export(archive, "csv")  # click's runner's
    assert [path.name for path in tmp_path.glob("*out*")] == ["out.csv"]
    assert target.read_bytes()[:3] == b"\xef\xbb\xbf"
    with pytest.raises(InputError, match="is not a folder"):
        archive.run("export", "--format", "csv", "--output", str(tmp_path / "none" / "out.csv"))


def test_redaction_takes_titles_and_paths_out_of_every_format(archive: Desk) -> None:
    titles = {row["title"] for row in rows(archive)} | {row["author"] for row in rows(archive)} - {""}
    for form in FORMATS:
        text = export(archive, form, "--redact-private")
        assert not [title for title in titles if title in text]
        assert "/2026/" not in text.replace("2026/02/02/", "")
    assert [row["article_id"] for row in rows(archive, "--redact-private")] == [
        row["article_id"] for row in rows(archive)
    ]


def test_an_empty_archive_gives_empty_exports(desk: Desk) -> None:
    assert rows(desk) == []
    assert json.loads(export(desk, "csl")) == []
    assert [export(desk, form) for form in ("jsonl", "ris", "bibtex")] == [""] * 3


def test_what_is_wrong_is_said(archive: Desk) -> None:
    with pytest.raises(NotFoundError, match=r"no such rule: nope \(there are: balochistan, bla, "):
        export(archive, "csv", "--rule", "nope")
    archive.run("export", "--format", "csv", "--all", "--rule", "bla", exit_code=2)
    archive.run("export", "--format", "xls", exit_code=2)
    archive.run("export", exit_code=2)
    archive.run("export", "--format", "csv", "--since", "soon", exit_code=2)


def test_the_monitors_own_files_are_never_replaced(archive: Desk, tmp_path: Path) -> None:
    database = archive.data / "monitor.db"
    other = tmp_path / "hard.csv"
    os.link(database, other)
    (tmp_path / "link.csv").symlink_to(archive.config)
    for own in (database, archive.data / "monitor.db-wal", archive.config, other, tmp_path / "link.csv"):
        with pytest.raises(InputError, match="is the monitor's own"):
            archive.run("export", "--format", "csv", "--output", str(own))
    with pytest.raises(InputError, match="is not a file"):
        archive.run("export", "--format", "csv", "--output", str(archive.data))
    assert rows(archive)


def test_a_dash_is_stdout(archive: Desk) -> None:
    assert export(archive, "csv", "--output", "-") == export(archive, "csv")
    assert not Path("-").exists()


def piped(desk: Desk, command: str) -> subprocess.CompletedProcess[str]:
    """Run a shell's line in which $MONITOR is the program."""
    program = f"{sys.executable} -m monitor export --config {desk.config} --all"
    return subprocess.run(
        ["bash", "-c", command],
        env=os.environ | {"MONITOR": program},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_reader_that_has_seen_enough_is_no_fault(archive: Desk) -> None:
    done = piped(archive, "$MONITOR --format jsonl | head -c 10 >/dev/null; exit ${PIPESTATUS[0]}")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_full_disk_is_said_in_words(archive: Desk) -> None:
    done = piped(archive, "$MONITOR --format jsonl > /dev/full")
    assert (done.returncode, done.stderr) == (1, "monitor: No space left on device\n")


def test_data_and_talk_are_apart(archive: Desk) -> None:
    done = piped(archive, "$MONITOR --format jsonl")
    count = len(done.stdout.splitlines())
    assert (done.returncode, done.stderr) == (0, f"{count} articles exported\n")


def test_no_terminal_is_needed(archive: Desk) -> None:
    whole = piped(archive, "$MONITOR --format jsonl").stdout
    for line in ("$MONITOR --format jsonl 2>&-", "$MONITOR --format jsonl 2>/dev/full"):
        done = piped(archive, line)
        assert (done.returncode, done.stdout) == (0, whole)
    closed = piped(archive, "$MONITOR --format jsonl >&-")
    assert (closed.returncode, closed.stderr) == (1, "stdout is closed: --output writes a file\n")
