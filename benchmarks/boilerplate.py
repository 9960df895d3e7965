"""What is set aside of articles with a leaked sidebar, and what is lost of articles without one.

    MONITOR_CORPORA=… python -m benchmarks.boilerplate

Reads text/ur of the corpora: articles of four outlets as published, and a set whose bodies hold the sidebar
of the day they were fetched. Pages are learned from one after another, as in a run; what is learned later is
also set aside in earlier articles. Prints the tables of docs/boilerplate.md.
"""

from __future__ import annotations

import csv
import gzip
import os
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from monitor.sources import boilerplate
from monitor.sources.boilerplate import Learned, fingerprints, site_of
from monitor.text.fold import fold
from monitor.text.sentences import sentences

NAME = "کوئٹہ"
OUTLETS = ("geo", "jang", "express", "samaa")
COMMON = 5  # pages on which a sentence stands that is not the article's, in the set with the sidebar
_NO_LETTER = re.compile(r"[\W\d_]+")


@dataclass(frozen=True)
class Article:
    title: str
    url: str
    text: str


@dataclass
class Read:
    """What became of an article: stretches set aside when it was read, and in the end."""

    article: Article
    first: tuple[tuple[int, int], ...]
    last: tuple[tuple[int, int], ...]


def load(corpora: Path, name: str) -> list[Article]:
    csv.field_size_limit(10_000_000)
    with gzip.open(corpora / "text" / "ur" / f"{name}.csv.gz", "rt", encoding="utf-8") as file:
        return [Article(row["title"], row["link"], row["content"]) for row in csv.DictReader(file)]


def read_all(articles: Sequence[Article]) -> list[Read]:
    """Read articles in order, as the pipeline does: mask, learn, look again at earlier ones."""
    sites: dict[str, Learned] = defaultdict(Learned)
    done: list[Read] = []
    for number, article in enumerate(articles):
        learned = sites[site_of(article.url)]
        common = learned.boilerplate(title=article.title)
        aside = boilerplate.spans(article.text, common, article.title)
        done.append(Read(article, aside, aside))
        for earlier in learned.add(number, article.title, fingerprints(article.text)):
            again = done[earlier]
            found = boilerplate.spans(again.article.text, learned.boilerplate(earlier), again.article.title)
            again.last = tuple(sorted({*again.last, *found}))
    return done


def orders(articles: Sequence[Article]) -> dict[str, list[Article]]:
    """Return the orders in which the articles are read."""
    shuffled = {f"shuffled {seed}": list(articles) for seed in (1, 2, 3)}
    for name, copy in shuffled.items():
        random.Random(name).shuffle(copy)
    return {
        "as in the set": list(articles),
        "by number": sorted(articles, key=lambda article: article.url),
    } | shuffled


def repeated(articles: Sequence[Article]) -> frozenset[tuple[str, int]]:
    """Return the (site, fingerprint) of what stands on several pages of a site."""
    standing = Counter(
        (site_of(article.url), number) for article in articles for number in fingerprints(article.text)
    )
    return frozenset(key for key, pages in standing.items() if pages >= COMMON)


def stretches(article: Article) -> list[tuple[tuple[int, int], int]]:
    """Return an article's sentences that have a fingerprint."""
    return [
        ((start, end), number[0])
        for start, end in sentences(article.text)
        if (number := fingerprints(article.text[start:end]))
    ]


def leaked_hits(reads: Sequence[Read], leaked: frozenset[tuple[str, int]], last: bool) -> list[int]:
    """Return which articles still show the name in a leaked sentence."""
    return [
        place
        for place, read in enumerate(reads)
        if any(
            NAME in read.article.text[start:end]
            and (site_of(read.article.url), number) in leaked
            and (start, end) not in (read.last if last else read.first)
            for (start, end), number in stretches(read.article)
        )
    ]


def letters(text: str) -> str:
    return _NO_LETTER.sub("", fold(text))


def against_gold(
    reads: Sequence[Read], leaked: frozenset[tuple[str, int]], gold: dict[str, str]
) -> tuple[int, int, int, int]:
    """Return leaked sentences, those set aside, own sentences, those set aside, where the true body is known."""
    counts = [0, 0, 0, 0]
    for read in reads:
        if read.article.url not in gold:
            continue
        for span, number in stretches(read.article):
            own = letters(read.article.text[slice(*span)]) in gold[read.article.url]
            if own or (site_of(read.article.url), number) in leaked:
                counts[2 * own] += 1
                counts[2 * own + 1] += span in read.last
    return counts[0], counts[1], counts[2], counts[3]


def rotating(articles: Sequence[Article], length: int, step: int) -> tuple[float, int, int]:
    """Put the first sentences of the latest articles beside each text, a new one every `step` articles.

    Return the share of them that was set aside, own sentences, and own sentences set aside.
    """
    learned, listed = Learned(), list[str]()
    beside = beside_aside = own = own_aside = 0
    for number, article in enumerate(articles):
        spans = stretches(article)
        text = "\n".join([article.text, *listed])
        aside = boilerplate.spans(text, learned.boilerplate(title=article.title), article.title)
        beside += len(listed)
        beside_aside += sum(start > len(article.text) for start, _ in aside)
        own += len(spans)
        own_aside += sum(start <= len(article.text) for start, _ in aside)
        learned.add(number, article.title, fingerprints(text))
        if spans and number % step == 0:
            listed = [article.text[slice(*spans[0][0])], *listed][:length]
    return beside_aside / beside, own, own_aside


def table(*rows: Sequence[object]) -> None:
    head, *body = rows
    print("| " + " | ".join(map(str, head)) + " |")
    print("|" + "---|" * len(head))
    for row in body:
        print("| " + " | ".join(map(str, row)) + " |")
    print()


def timed(work: Callable[[], object], times: int) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000 / times


def main() -> int:
    corpora = Path(os.environ.get("MONITOR_CORPORA", ""))
    if not (corpora / "text" / "ur").is_dir():
        print("MONITOR_CORPORA does not name the corpora", file=sys.stderr)
        return 1
    leaky = load(corpora, "azaan_boilerplate")
    outlets = {name: load(corpora, f"{name}_articles") for name in OUTLETS}
    gold = {article.url: letters(article.text) for article in outlets["jang"]}
    leaked = repeated(leaky)
    bare = [Read(article, (), ()) for article in leaky]
    rows = []
    for name, articles in orders(leaky).items():
        reads = read_all(articles)
        first, last = leaked_hits(reads, leaked, last=False), leaked_hits(reads, leaked, last=True)
        all_leaked, set_aside, own, lost = against_gold(reads, leaked, gold)
        rows.append(
            (
                name,
                len(leaked_hits(bare, leaked, last=False)),
                f"{len(first)} ({len(first) / len(leaky):.1%})",
                len(last),
                f"{set_aside} of {all_leaked} ({set_aside / all_leaked:.0%})",
                f"{lost} of {own} ({lost / own:.1%})",
            )
        )
    print(f"{len(leaky)} bodies\n")
    table(
        ("order", "hits before", "when first read", "in the end", "leaked set aside", "own set aside"), *rows
    )
    table(
        ("outlet", "articles", "sentences", *(f"set aside, {name}" for name in orders([]))),
        *(
            (
                name,
                len(articles),
                sum(len(stretches(article)) for article in articles),
                *(sum(len(read.last) for read in read_all(order)) for order in orders(articles).values()),
            )
            for name, articles in outlets.items()
        ),
    )
    turning = []
    for length, step in ((8, 1), (8, 2), (8, 4), (20, 1)):
        share, own, lost = rotating(orders(outlets["express"])["shuffled 1"], length, step)
        turning.append((length, step, f"{share:.0%}", f"{lost} of {own}"))
    table(("headlines beside", "new one every … articles", "set aside", "own set aside"), *turning)
    print(f"{timed(lambda: read_all(leaky), len(leaky)):.1f} ms an article")
    return 0


if __name__ == "__main__":
    sys.exit(main())
