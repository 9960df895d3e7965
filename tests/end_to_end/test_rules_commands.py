"""`rules test` and `rules backtest`, as a user would run them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from monitor.cli import commands
from monitor.demo import stage
from monitor.demo.server import World
from monitor.models import Grade
from monitor.store.queries import Queries
from monitor.store.store import Store
from tests.end_to_end.conftest import Desk

QUERIES = {  # rule -> as it is, as it was
    "region": ("@place.balochistan/**", "@place.pk.d.gwadar"),
    "group": ("@org.bla", "@org.bla"),
    "units": ('"desalination unit" OR minister*', '"desalination unit"'),
    "regex": ("/khan of .alat/", "/khan .{1,9} kalat/"),
    "urdu": ("lang:ur NOT @org.bla", "lang:ur"),
}


def with_rules(desk: Desk, name: str, queries: dict[str, str], extra: str = "") -> Path:
    """Write a configuration beside the desk's own that has these rules and nothing else changed."""
    before, _, rest = desk.config.read_text(encoding="utf-8").partition("rules:\n")
    after = rest[rest.index("\nchannels:") :]
    rules = "".join(
        f"  - {{id: {rule}, title: {rule}, channels: [console], query: '{query}'}}\n"
        for rule, query in queries.items()
    )
    path = desk.config.with_name(name)
    path.write_text(f"{before}rules:\n{rules}{extra}{after}", encoding="utf-8")
    return path


@pytest.fixture
def archive(desk: Desk) -> Desk:
    """An archive read by rules as they were, with the rules of today in force."""
    old = with_rules(desk, "old.yaml", {rule: before for rule, (_, before) in QUERIES.items()})
    Desk(old, desk.world).once()
    new = with_rules(desk, "new.yaml", {rule: now for rule, (now, _) in QUERIES.items()})
    return Desk(new, desk.world)


@pytest.mark.parametrize("against", [True, False], ids=["against the old rules", "against what is stored"])
def test_a_backtest_finds_what_trying_every_article_finds(archive: Desk, against: bool) -> None:
    options = ["--against", str(archive.config.with_name("old.yaml"))] if against else []
    done = archive.json("rules", "backtest", "--limit", "10000", *options)
    changes: dict[str, dict[int, tuple[str | None, str | None]]] = {rule: {} for rule in QUERIES}
    for change in done["changes"]:
        changes[change["rule"]][change["article"]] = (change["before"], change["after"])
    for counts in done["rules"]:
        now, before = (archive.grades(query) for query in QUERIES[counts["rule"]])
        assert changes[counts["rule"]] == {
            number: (before.get(number), now.get(number))
            for number in now.keys() | before.keys()
            if now.get(number) != before.get(number)
        }
        assert (counts["before"], counts["after"]) == (len(before), len(now))
        assert counts["gained"] == len(now.keys() - before.keys())
        assert counts["lost"] == len(before.keys() - now.keys())
        assert counts["alerts"] <= sum(Grade(grade).rank >= 2 for grade in now.values())
    assert sum(row["gained"] for row in done["by_feed"]) == sum(row["gained"] for row in done["rules"]) > 0
    assert sum(row["lost"] for row in done["by_language"]) == sum(row["lost"] for row in done["rules"]) > 0


def test_a_backtest_writes_nothing(archive: Desk) -> None:
    def stored() -> bytes:
        with Queries.open(archive.data / "monitor.db") as reader:
            return "\n".join(reader.db.conn.iterdump()).encode()

    before = stored()
    text = archive.run("rules", "backtest", "--against", str(archive.config.with_name("old.yaml")))
    assert stored() == before
    assert "+ region (" in text
    assert "− urdu (" in text
    assert "alerts a week" in text


def test_the_same_rules_change_nothing(archive: Desk) -> None:
    done = archive.json("rules", "backtest", "--against", str(archive.config))
    assert done["changes"] == []
    assert "No match is gained" in archive.run("rules", "backtest", "--against", str(archive.config))


def test_a_rule_that_is_gone_has_lost_everything(archive: Desk) -> None:
    few = Desk(
        with_rules(archive, "few.yaml", {"group": "@org.bla", "never": "nowhere-at-all"}), archive.world
    )
    done = few.json("rules", "backtest", "--against", str(archive.config))
    counts = {row["rule"]: row for row in done["rules"]}
    assert counts["region"]["lost"] == counts["region"]["before"] > 0
    assert counts["region"]["after"] == 0
    text = few.run("rules", "backtest", "--against", str(archive.config), "--limit", "1")
    assert "Never fired: never" in text
    assert "region (no longer a rule)" in text
    assert "more changes (--limit)" in text


def test_faults_of_the_old_rules_are_told_with_their_place(archive: Desk) -> None:
    old = with_rules(archive, "old.yaml", {"broken": "a AND (b"})
    result = CliRunner().invoke(
        commands, ["rules", "backtest", "--config", str(archive.config), "--against", str(old)]
    )
    assert "old.yaml:" in str(result.exception)
    assert "rule broken" in str(result.exception)


def test_an_empty_archive_is_no_fault(desk: Desk) -> None:
    done = desk.json("rules", "backtest")
    assert (done["articles"], done["tried"], done["days"]) == (0, 0, 0)


def test_spellings_close_to_a_name_are_suggested_and_match_nothing(archive: Desk) -> None:
    store = Store(archive.data / "monitor.db")
    store.db.execute(
        "UPDATE article SET text = text || ' In Pannjgur the Balochistn Liberation Army spoke.' WHERE id < 4"
    )
    store.close()
    found = {one["text"]: one for one in archive.json("rules", "suggest")}
    assert found["Pannjgur"]["entity"] == "place.pk.d.panjgur"
    assert found["Balochistn Liberation Army"]["entity"] == "org.bla"
    assert found["Pannjgur"]["times"] == 3
    assert "Pannjgur" in archive.run("rules", "suggest")
    assert (
        archive.json("explain", "--text", "In Pannjgur it rained", "--query", "@place.pk.d.panjgur")[
            "matches"
        ]
        == []
    )
    assert archive.json("rules", "suggest", "--since", "2030-01-01") == []
    assert "No spelling" in archive.run("rules", "suggest", "--since", "2030-01-01")


def test_every_example_is_tried_and_a_wrong_one_told(world: World, tmp_path: Path) -> None:
    desk = Desk(stage.write_config(tmp_path, world), world)
    rule = (
        "  - id: group\n    query: '@org.bla'\n    channels: [console]\n    examples:\n"
        "      match: ['Baloch Liberation Army says so', 'FDA accepts BLA for review']\n"
        "      ignore: ['FDA accepts BLA for review']\n"
    )
    other = Desk(with_rules(desk, "examples.yaml", {"plain": "quiet"}, rule), world)
    text = other.run("rules", "test", exit_code=1)
    assert "✗ group: 2 of 3 examples" in text
    assert "must match: \u2068FDA accepts BLA for review\u2069" in text
    assert "– plain: no examples" in text
    result = CliRunner().invoke(commands, ["rules", "test", "--json", "--config", str(other.config)])
    assert result.exit_code == 1
    assert '"ok": false' in result.stdout


def test_examples_that_do_what_they_must(desk: Desk) -> None:
    rule = (
        "  - id: group\n    query: '@org.bla'\n    channels: [console]\n    examples:\n"
        "      match: ['Baloch Liberation Army says so']\n      ignore: ['FDA accepts BLA for review']\n"
    )
    good = Desk(with_rules(desk, "examples.yaml", {}, rule), desk.world)
    assert "✓ group: 2 of 2 examples" in good.run("rules", "test")
    (only,) = good.json("rules", "test")
    examples: list[dict[str, Any]] = only["examples"]
    assert [one["must"] for one in examples] == ["match", "ignore"]
    assert all(one["fault"] is None for one in examples)
