"""An archive to ask questions of: articles put together from the sentences of published ones, stored as a run would.

    MONITOR_CORPORA=… python -m benchmarks.archive --articles 100000 --data FOLDER

Then, on that archive, searches (the newest 50) and a backtest of 50 rules on all cores, with the times they take.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import gzip
import os
import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.backtest import backtest
from monitor.check import load
from monitor.models import Rule
from monitor.rules.matcher import rule_source
from monitor.search import search
from monitor.setup import Setup
from monitor.store import codec
from monitor.store.queries import Queries
from monitor.store.store import Store
from monitor.text.fold import fold_mapped
from monitor.text.sentences import sentences

ROOT = Path(__file__).resolve().parents[1]
CORPORA = Path(os.environ.get("MONITOR_CORPORA", ROOT.parent / "shared" / "data"))
START = datetime(2025, 1, 1, tzinfo=UTC)
SOURCES = (  # language, file, column
    ("ur", "ur/geo_articles.csv.gz", "content"),
    ("ur", "ur/jang_articles.csv.gz", "content"),
    ("en", "en/dawn_68_articles.csv.gz", "text"),
    ("en", "en/acled_demonstrations_balochistan.csv.gz", "notes"),
)
QUERIES = (
    "@org.bla",
    "@place.balochistan/**",
    '@place.balochistan/** AND ("enforced disappearance*" OR "missing persons" OR "جبری گمشدگی")',
    "کوئٹہ",
    '"press club" NEAR/10 protest*',
    "title:quetta",
    "gwadar AND port NOT strike",
    "pakist*",
)
BATCH = 1_000


def pool() -> dict[str, list[str]]:
    """Return sentences by language."""
    csv.field_size_limit(10_000_000)
    found: dict[str, list[str]] = {}
    for language, name, column in SOURCES:
        with gzip.open(CORPORA / "text" / name, "rt", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                text = row.get(column) or max((value or "" for value in row.values()), key=len)
                found.setdefault(language, []).extend(text[start:end] for start, end in sentences(text))
    return found


def fill(path: Path, count: int) -> None:
    """Write so many articles, a minute apart."""
    chance = random.Random(11)
    sentences_of = pool()
    with Store(path) as store:
        store.db.execute("PRAGMA synchronous = OFF")
        store.db.execute(
            "INSERT INTO feed (id, url, title, added) VALUES (1, 'https://one.example/feed', 'One', '2025-01-01')"
        )
        for first in range(1, count + 1, BATCH):
            store.db.execute("BEGIN")
            for number, row, words in _articles(first, min(first + BATCH, count + 1), sentences_of, chance):
                store.db.execute(
                    "INSERT INTO article (id, identity, feed_id, url, title, summary, content, author, language,"
                    " first_seen, may_alert, read_at, text, verdict, origin, indexed)"
                    " VALUES (?, ?, 1, ?, ?, '', '', '', ?, ?, 1, ?, ?, 'full', 'page', 1)",
                    [number, *row],
                )
                store.db.execute("INSERT INTO article_words (rowid, words) VALUES (?, ?)", [number, words])
            store.db.execute("COMMIT")


def _articles(
    first: int, end: int, sentences_of: dict[str, list[str]], chance: random.Random
) -> Iterator[tuple[int, list[str | None], str]]:
    for number in range(first, end):
        language = chance.choice(("en", "ur"))
        some = chance.choices(sentences_of[language], k=chance.randint(8, 24))
        title, text = some[0][:90], " ".join(some)
        url = f"https://one.example/{number}"
        at = codec.instant(START + timedelta(minutes=number))
        yield (
            number,
            [url, url, title, language, at, at, text],
            " ".join(sorted(fold_mapped(f"{title}\n{text}").index_words())),
        )


def rules_of(setup: Setup) -> tuple[Rule, ...]:
    """Return 50 rules of the kinds that researchers write."""
    chance = random.Random(5)
    named = [entity.id for entity in setup.region.entities]
    kinds = ("@{0}", "@{0}/** AND (attack* OR ہلاک*)", "@{0} NOT @{1}", "@{0} OR @{1}", "@{0} NEAR/30 @{1}")
    return tuple(
        Rule(id=f"r{number}", title="", query=kinds[number % 5].format(*chance.sample(named, 2)))
        for number in range(50)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    setup = load(ROOT / "config.yaml", {})
    setup = replace(setup, config=replace(setup.config, data=options.data))
    if not setup.config.database.exists():
        began = time.monotonic()
        fill(setup.config.database, options.articles)
        size = setup.config.database.stat().st_size / 1_000_000
        print(f"{options.articles} articles, {size:.0f} MB, written in {time.monotonic() - began:.0f} s")
    _searches(setup)
    _backtest(setup)


def _searches(setup: Setup) -> None:
    print("| query | found | tried | median ms | p95 ms |\n|---|--:|--:|--:|--:|")
    with Queries.open(setup.config.database) as reader:
        for query in QUERIES:
            times = []
            for _ in range(20):
                began = time.perf_counter()
                searched = search(reader, setup, query, limit=50)
                times.append(1000 * (time.perf_counter() - began))
            times.sort()
            middle, late = statistics.median(times), times[18]
            print(f"| `{query}` | {len(searched.found)} | {searched.tried} | {middle:.0f} | {late:.0f} |")


def _quiet(stage: str, done: int, total: int) -> None:
    """Show nothing."""


def _backtest(setup: Setup) -> None:
    rules = rules_of(setup)
    before = tuple(
        replace(rule, query=f"{rule.query} NOT (said OR کہا)") if not number % 7 else rule
        for number, rule in enumerate(rules)
    )
    setup = replace(
        setup, config=replace(setup.config, rules=rules), rules=rule_source(rules, setup.region.entities)
    )
    cores = os.cpu_count() or 1
    began = time.monotonic()
    done = asyncio.run(backtest(setup, before, since=None, cores=cores, limit=50, progress=_quiet))
    took = time.monotonic() - began
    print(
        f"backtest: {done.articles} articles, {done.tried} tried, {len(rules)} rules, {cores} cores: {took:.0f} s; "
        f"{done.tally.after.total()} matches, {len(done.tally.changes)} changes"
    )


if __name__ == "__main__":
    main()
