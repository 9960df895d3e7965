"""What matching costs beside extraction, on the same articles: positions, context and grades included.

    MONITOR_CORPORA=… python -m benchmarks.matching

English pages are those of the corpora with known text; Urdu ones are published articles set into the page of an
Urdu outlet, since few Urdu pages are stored whole. The patterns are the region's names and as many invented
names of two words as it takes, drawn from the words of the texts themselves, so that parts of them keep coming
up. Prints a table; the figures in docs/rules.md come from it. Ratios of CPU time in one run, each the best of some.
"""

from __future__ import annotations

import csv
import gzip
import html
import json
import os
import random
import re
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import mean

import trafilatura

from monitor.models import Document, Entity, Name, Rule
from monitor.rules.entities import load_region
from monitor.rules.matcher import RuleSet, rule_source
from monitor.text.fold import fold, variants, words

ROOT = Path(__file__).resolve().parents[1]
CORPORA = Path(os.environ.get("MONITOR_CORPORA", ROOT.parent / "shared" / "data"))
SIZES = ((50, 5), (5_000, 200), (50_000, 200))  # patterns and rules
URDU_PAGE = "naibaat_ur_amp_webarchive.html.gz"
URDU_ARTICLES = 40
ROUNDS = 3
_LONG_PARAGRAPH = re.compile(r"<p\b[^>]*>(?:(?!</p>).){200,}?</p>", re.DOTALL)
_KINDS = (  # of queries, as researchers write them
    "@{0}",
    "@{0}/** AND (attack* OR killed OR ہلاک)",
    '@{0} OR "{1}"',
    "@{0} NEAR/20 (said OR کہا)",
    "@place.balochistan/** AND {2}*",
)


def english_pages() -> list[str]:
    folder = CORPORA / "html" / "benchmark"
    truth = json.loads((folder / "ground-truth.json").read_text())
    pages = [
        gzip.decompress((folder / f"{key}.html.gz").read_bytes()).decode("utf-8", "replace")
        for key in sorted(truth)
    ]
    return [page for page in pages if (text := trafilatura.extract(page)) and _latin(text)]


def _latin(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    return sum(character.isascii() for character in letters) > 0.9 * len(letters)


def urdu_pages() -> list[str]:
    shell = gzip.decompress((CORPORA / "html" / "region" / URDU_PAGE).read_bytes()).decode("utf-8", "replace")
    csv.field_size_limit(10_000_000)
    with gzip.open(CORPORA / "text" / "ur" / "jang_articles.csv.gz", "rt", encoding="utf-8") as file:
        texts = [row["content"] for row in csv.DictReader(file)]
    first = _LONG_PARAGRAPH.search(shell)
    assert first is not None
    bare = _LONG_PARAGRAPH.sub("", shell)
    pages = []
    for text in sorted(texts, key=len)[-URDU_ARTICLES:]:
        paragraphs = "".join(
            f"<p>{html.escape(part)}</p>" for part in re.split(r"(?<=۔) ", text) if part.strip()
        )
        pages.append(f"{bare[: first.start()]}{paragraphs}{bare[first.start() :]}")
    return pages


def rules_of(patterns: int, count: int, texts: Sequence[str]) -> RuleSet:
    """Compile so many patterns in so many rules."""
    chance = random.Random(7)
    entities = list(load_region(ROOT / "regions" / "balochistan").entities)
    vocabulary = sorted({word for text in texts for word in words(fold(text)) if len(word) > 2})
    if patterns < 1_000:
        entities = [entity for entity in entities if not entity.require and not entity.parent][:3]
    queries: list[Rule] = []
    for number in range(count):
        kind = _KINDS[number % len(_KINDS)]
        if "place.balochistan" in kind and patterns < 1_000:
            kind = _KINDS[0]
        entity = entities[number % len(entities)]
        word, other = chance.choice(vocabulary), chance.choice(vocabulary)
        queries.append(Rule(id=f"r{number}", title="", query=kind.format(entity.id, f"{word} {other}", word)))
    size = RuleSet.compile(rule_source(queries, entities)).size
    invented = []
    while size < patterns:
        name = f"{chance.choice(vocabulary)} {chance.choice(vocabulary)}"
        size += len(variants(name))
        invented.append(
            Entity(f"made.n{len(invented)}", name, "organisation", names=(Name(name, "en", True),))
        )
    return RuleSet.compile(rule_source(queries, (*entities, *invented)))


def cost(work: Callable[..., object], *arguments: object) -> float:
    """Return CPU seconds of work(*arguments), the best of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        work(*arguments)
        best = min(best, time.process_time() - began)
    return best


def _extract(page: str) -> object:
    return trafilatura.bare_extraction(page, fast=True, include_comments=False, with_metadata=True)


def main() -> None:
    print("| articles | characters | extraction, ms | patterns | rules | matching, ms | of extraction |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for language, pages in (("English", english_pages()), ("Urdu", urdu_pages())):
        texts = [trafilatura.extract(page, fast=True, include_comments=False) or "" for page in pages]
        extraction = sum(cost(_extract, page) for page in pages)
        code = language[:2].lower()
        documents = [Document(fields=(("title", text[:80]), ("body", text)), language=code) for text in texts]
        for patterns, count in SIZES:
            rules = rules_of(patterns, count, texts)
            matching = sum(cost(partial(rules.match, misses=False), document) for document in documents)
            share = f"{100 * matching / extraction:.1f} %"
            print(
                f"| {len(pages)} {language} | {mean(map(len, texts)):.0f} | {1000 * extraction / len(pages):.1f} "
                f"| {rules.size:,} | {count} | {1000 * matching / len(pages):.2f} | {share} |"
            )


if __name__ == "__main__":
    main()
