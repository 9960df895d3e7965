"""The commands as a user meets them: exit codes, errors in words, nothing touched by what is refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.demo import stage

SOUND = """
region: {pack}
rules:
  - {{id: water, query: 'water OR پانی', channels: [console]}}
"""


def monitor(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "monitor", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | environment,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text(SOUND.format(pack=stage.region_pack()), encoding="utf-8")
    (tmp_path / "feeds.opml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0"><head><title>t</title></head><body>'
        '<outline text="Daily" type="rss" xmlUrl="https://daily.example/feed"/></body></opml>\n',
        encoding="utf-8",
    )
    return tmp_path


def listing(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_sound_configuration(folder: Path) -> None:
    done = monitor("check", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "is sound: 1 rules" in done.stdout


BROKEN = """
region: {pack}
timezone: Asia/Karachy
poll: {{evry: 5m}}
rules:
  - {{id: a, query: '@place.atlantis'}}
  - {{id: b, query: 'x AND (y'}}
  - {{id: c, query: water, channels: [fax]}}
  - {{id: d, query: water, examples: {{match: [fire]}}}}
channels:
  desk: {{url: 'slakc://token'}}
digest: {{at: 25:61}}
digest: {{}}
"""


@pytest.mark.parametrize("command", ["check", "once", "run", "status", "digest"])
def test_a_broken_configuration_is_refused_whole_and_nothing_is_touched(folder: Path, command: str) -> None:
    (folder / "config.yaml").write_text(BROKEN.format(pack=stage.region_pack()), encoding="utf-8")
    before = listing(folder)
    done = monitor(command, cwd=folder)
    assert done.returncode == 1
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    places = [line.split(": ")[0] for line in lines]
    assert [place.rpartition(":")[0] for place in places] == [
        f"config.yaml:{line}" for line in (3, 4, 6, 7, 8, 9, 11, 12, 13)
    ]
    for line, words in zip(
        lines,
        (
            "no such time zone",
            "unknown key: evry",
            "place.atlantis",
            "rule b",
            "no channel is called fax",
            "rule d",
            "slack",
            'written like "06:00"',
            "written twice",
        ),
        strict=True,
    ):
        assert words in line
    assert "token" not in done.stderr
    assert "Traceback" not in done.stderr
    assert listing(folder) == before


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("frobnicate",), 2, "No such command"),
        (("once", "--only", "sleep"), 2, "sleep"),
        (("once", "--now", "yesterday"), 2, "an instant is written like"),
        (("explain",), 2, "give one of"),
        (("explain", "--text", "x", "--query", "a AND"), 1, "--query:"),
        (("explain", "--file", "missing.txt"), 1, "cannot be read"),
        (("explain", "7"), 1, "no article has the number 7"),
        (("digest", "--date", "2999-01-01"), 1, "is not over"),
        (("check", "--config", "missing.yaml"), 1, "missing.yaml: cannot be read"),
        (("feeds", "import", "missing.opml"), 1, "cannot be read"),
        (("alerts", "test", "fax"), 1, "no channel is called fax"),
    ],
)
def test_errors_speak_and_carry_their_exit_code(
    folder: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = monitor(*arguments, cwd=folder)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_run_is_exit_3(folder: Path) -> None:
    from monitor.store.store import exclusive

    with exclusive(folder / "data"):
        done = monitor("once", cwd=folder)
    assert done.returncode == 3
    assert "another run holds" in done.stderr


def test_explain_answers_in_json_with_exact_offsets(folder: Path) -> None:
    text = "صاف پانی ۲۰۲۶ میں۔\n\n"
    (folder / "text.txt").write_text(text, encoding="utf-8")
    done = monitor("explain", "--file", "text.txt", "--json", cwd=folder)
    assert done.returncode == 0
    (match,) = json.loads(done.stdout)["matches"]
    (span,) = match["spans"]
    assert (match["rule"], match["grade"], span["field"]) == ("water", "strong", "body")
    assert text[span["start"] : span["end"]] == span["text"] == "پانی"


def test_reading_commands_on_nothing_answer_and_touch_nothing(folder: Path) -> None:
    before = listing(folder)
    assert json.loads(monitor("stories", "--json", cwd=folder).stdout) == []
    assert json.loads(monitor("alerts", "list", "--json", cwd=folder).stdout) == []
    status = json.loads(monitor("status", "--json", cwd=folder).stdout)
    assert status["feeds"] == {"total": 1, "ok": 0, "failing": 0, "silent": 0, "blocked": 0}
    assert status["outbox"] == {"pending": 0, "dead": 0}
    assert status["db_bytes"] == 0
    assert json.loads(monitor("feeds", "list", "--json", cwd=folder).stdout)[0]["state"] == "unpolled"
    assert listing(folder) == before


def test_feeds_go_out_and_come_in(folder: Path) -> None:
    other = folder / "other.opml"
    other.write_text(
        '<opml version="1.0"><body><outline text="Press"><outline text="New" custom="kept" '
        'xmlUrl="https://new.example/rss"/><outline text="Daily again" xmlUrl="https://daily.example/feed"/>'
        "</outline></body></opml>",
        encoding="utf-8",
    )
    assert "1 feeds added" in monitor("feeds", "import", "other.opml", cwd=folder).stdout
    exported = monitor("feeds", "export", cwd=folder).stdout
    assert 'custom="kept"' in exported
    assert exported.count("https://daily.example/feed") == 1
    rows = json.loads(monitor("feeds", "list", "--json", cwd=folder).stdout)
    assert [(row["title"], row["folders"]) for row in rows] == [("Daily", []), ("New", ["Press"])]


def test_a_doctype_is_refused(folder: Path) -> None:
    bad = '<!DOCTYPE opml [<!ENTITY a "b">]><opml version="2.0"><body/></opml>'
    (folder / "bad.opml").write_text(bad)
    done = monitor("feeds", "import", "bad.opml", cwd=folder)
    assert done.returncode == 1
    assert "bad.opml" in done.stderr or "DOCTYPE" in done.stderr


def test_the_daemon_starts_reloads_and_stops(folder: Path) -> None:
    """SIGHUP with a bad configuration keeps the old one; SIGTERM ends it with exit 0."""
    (folder / "feeds.opml").write_text('<opml version="2.0"><head/><body/></opml>')
    daemon = subprocess.Popen(
        [sys.executable, "-m", "monitor", "run"],
        cwd=folder,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert daemon.stderr is not None

    def until(words: str) -> str:
        assert daemon.stderr is not None
        seen = ""
        for line in daemon.stderr:
            seen += line
            if words in line:
                return seen
        raise AssertionError(f"the daemon ended without saying {words!r}: {seen}")

    until("running")
    config = folder / "config.yaml"
    sound = config.read_text()
    config.write_text(sound + "colour: red\n")
    daemon.send_signal(signal.SIGHUP)
    until("unknown key: colour")
    config.write_text(sound)
    daemon.send_signal(signal.SIGHUP)
    until("read anew")
    until("running")
    daemon.send_signal(signal.SIGTERM)
    _, rest = daemon.communicate(timeout=30)
    assert daemon.returncode == 0, rest
    assert "stopped" in rest
    assert "Traceback" not in rest


def test_the_demonstration_runs_whole(tmp_path: Path) -> None:
    done = monitor("demo", "--keep", str(tmp_path / "demo"), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Khan of Kalat" in done.stdout
    assert "⟦" in done.stdout
    (page,) = (tmp_path / "demo" / "data" / "digests").glob("*.html")
    assert page.stat().st_size > 20_000


def test_help_is_quick_to_load() -> None:
    """`monitor --help` must not import what only commands need."""
    code = "import sys; import monitor.cli; print(sorted({name.split('.')[0] for name in sys.modules}))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    heavy = (
        "trafilatura",
        "feedparser",
        "apprise",
        "aiohttp",
        "pydantic",
        "sqlite_utils",
        "apscheduler",
        "lark",
        "rich",
    )
    assert not [name for name in heavy if f"'{name}'" in out]
