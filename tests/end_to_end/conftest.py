"""The sample outlets on loopback, and the commands run on them as a user would."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from monitor.check import load
from monitor.cli import commands
from monitor.demo import stage
from monitor.demo.expected import EXPECTED, RULES
from monitor.demo.server import World, serve_in_thread
from monitor.models import Rule
from monitor.reading import document_of
from monitor.registry import host_of
from monitor.rules.matcher import RuleSet, rule_source
from monitor.store.queries import Queries

PUBLISHED = datetime(2026, 2, 2, 10, tzinfo=UTC)  # 15:00 in Karachi


@dataclass
class Desk:
    """A configuration on the sample outlets, and the commands to run on it."""

    config: Path
    world: World

    @property
    def data(self) -> Path:
        return self.config.parent / "data"

    def run(self, *arguments: str, now: datetime | None = PUBLISHED, exit_code: int = 0) -> str:
        moment = [] if now is None else ["--now", now.isoformat()]
        result = CliRunner().invoke(commands, [*arguments, "--config", str(self.config), *moment])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == exit_code, result.output
        return str(result.stdout)

    def json(self, *arguments: str, now: datetime | None = PUBLISHED) -> Any:
        return json.loads(self.run(*arguments, "--json", now=now))

    def once(self, *arguments: str, now: datetime = PUBLISHED) -> dict[str, int]:
        counts: dict[str, int] = self.json("once", *arguments, now=now)
        return counts

    def matched(self) -> dict[str, set[str]]:
        """Return, by sample article, the rules that match it at grade likely or better."""
        names = {self.world.url(one.outlet, name): name for name, one in EXPECTED.items() if not one.held}
        with Queries.open(self.data / "monitor.db") as reader:
            articles = [reader.article(number + 1) for number in range(reader.counts()["articles"])]
        return {
            names[article.url.partition("?")[0]]: {one.rule for one in article.matches if one.grade.rank >= 2}
            for article in articles
            if article is not None
        }

    def grades(self, query: str) -> dict[int, str]:
        """Return the grade that a query has in each article it matches, trying every one without the index."""
        setup = load(self.config, {})
        rules = RuleSet.compile(rule_source([Rule(id="query", title="", query=query)], setup.region.entities))
        found = {}
        with Queries.open(self.data / "monitor.db") as reader:
            for number in range(reader.counts()["articles"], 0, -1):
                article = reader.article(number)
                assert article is not None
                article = setup.registry.article(article)
                for match in rules.match(document_of(article, host_of(article.url))).matches:
                    found[number] = match.grade.value
        return found


@pytest.fixture
def world() -> Iterator[World]:
    with serve_in_thread(PUBLISHED) as world:
        yield world


@pytest.fixture
def desk(world: World, tmp_path: Path) -> Desk:
    return Desk(stage.write_config(tmp_path, world, alerting=frozenset(RULES)), world)
