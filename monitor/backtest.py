"""The rules of today against those of yesterday, over the stored articles: read-only, on all cores."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from monitor.models import ArticleView, Outlet, Rule, RuleSource
from monitor.reading import document_of
from monitor.registry import Registry, host_of
from monitor.rules.backtest import Row, Sides, Tally, needed
from monitor.setup import Setup
from monitor.store.queries import Queries
from monitor.workers import Workers

BATCH = 400  # articles that a worker judges at a time
BATCH_DEADLINE_S = 600
PRELOAD = ("monitor.backtest",)


@dataclass(frozen=True, slots=True)
class Backtest:
    """What came of it."""

    tally: Tally
    articles: int  # read articles in the time asked for
    tried: int  # of them held a word of a rule
    span: timedelta  # from the first of them to the last
    newest: tuple[ArticleView, ...]  # of the articles with changes


class _Bench:
    """What one worker process holds between batches."""

    def __init__(
        self, path: Path, now: RuleSource, before: Sequence[Rule] | None, outlets: Sequence[Outlet]
    ) -> None:
        self._reader = Queries.open(path)
        self._sides = Sides(now, before)
        self._registry = Registry(tuple(outlets), ())

    def judge(self, articles: Sequence[int]) -> tuple[Row, ...]:
        stored = self._reader.standing_grades(articles)
        stories = self._reader.stories_of(articles)
        rows = []
        for article in self._reader.bare_articles(articles):
            document = document_of(self._registry.article(article), host_of(article.url))
            judged, near = self._sides.judge(document, stored.get(article.id, {}))
            if judged or near:
                rows.append(
                    Row(article.id, stories.get(article.id), article.feed, article.language, judged, near)
                )
        return tuple(rows)


_bench: list[_Bench] = []


def prepare(path: Path, now: RuleSource, before: Sequence[Rule] | None, outlets: Sequence[Outlet]) -> None:
    """Open the archive and compile the rules in a worker process."""
    _bench[:] = [_Bench(path, now, before, outlets)]


def judge(articles: Sequence[int]) -> tuple[Row, ...]:
    """Judge a batch in a prepared worker process."""
    return _bench[0].judge(articles)


async def backtest(
    setup: Setup,
    before: Sequence[Rule] | None,
    *,
    since: datetime | None,
    cores: int,
    limit: int,
    progress: Callable[[str, int, int], None],
) -> Backtest:
    """Judge every stored article by the rules of today and those before; None: by what is stored of its matches.

    `limit` bounds the changed articles that are returned whole, newest first; everything is counted.
    """
    path = setup.config.database
    with Queries.open(path) as reader:
        articles, span = reader.read_since(since)
        wanted = sorted(_candidates(reader, setup.rules, before, since), reverse=True)
        tally = Tally({rule.id: rule.min_grade for rule in setup.config.rules})
        if wanted:
            initargs = (path, setup.rules, before, setup.region.outlets)
            workers = Workers(cores, prepare, initargs, preload=PRELOAD, max_tasks=0)
            try:
                await _judge_all(workers, wanted, cores, tally, progress)
            finally:
                workers.close()
        tally.changes.sort(key=lambda change: (-change[0], change[1].rule))
        newest = list(dict.fromkeys(article for article, _ in tally.changes))[:limit]
        return Backtest(tally, articles, len(wanted), span, tuple(reader.bare_articles(newest)))


def _candidates(
    reader: Queries, now: RuleSource, before: Sequence[Rule] | None, since: datetime | None
) -> set[int]:
    wanted = set(reader.ids_worth_trying(needed(now, before), since=since))
    return wanted | reader.ids_with_matches(since) if before is None else wanted


async def _judge_all(
    workers: Workers,
    wanted: Sequence[int],
    cores: int,
    tally: Tally,
    progress: Callable[[str, int, int], None],
) -> None:
    """Judge all batches, as many at once as there are cores and one waiting for each."""
    left = iter(wanted)
    done = 0

    async def work() -> None:
        nonlocal done
        while batch := list(islice(left, BATCH)):
            tally.add(await workers.run(judge, batch, deadline_s=BATCH_DEADLINE_S))
            done += len(batch)
            progress("backtest", done, len(wanted))

    async with asyncio.TaskGroup() as group:
        for _ in range(2 * cores):
            group.create_task(work())
