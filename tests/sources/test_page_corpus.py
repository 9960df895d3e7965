"""Real pages with known text: reading them is no worse than bare trafilatura.

The measure is that of the article extraction benchmark: word 4-grams counted with their repetitions,
precision and recall page by page, F1 of their means.
"""

from __future__ import annotations

import gzip
import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
import trafilatura

from monitor.sources.charset import decode
from monitor.sources.page import read_html

CORPORA = Path(os.environ.get("MONITOR_CORPORA", Path(__file__).parents[3] / "shared" / "data")) / "html"
LIMIT = 4_000_000
SAMPLE = 4  # in a quick run, every fourth page

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Gold:
    """A page as served, and the text that people or the publisher's own parser say is its article."""

    name: str
    url: str
    body: bytes
    text: str


def pages() -> list[Gold]:
    if not CORPORA.is_dir():
        pytest.skip("the corpora are not here (MONITOR_CORPORA)")
    return [*_benchmark(), *_fundus(CORPORA / "fundus"), *_region()]


def _unpacked(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())


def _benchmark() -> Iterator[Gold]:
    folder = CORPORA / "benchmark"
    for key, truth in sorted(json.loads((folder / "ground-truth.json").read_text()).items()):
        yield Gold(key[:8], truth["url"], _unpacked(folder / f"{key}.html.gz"), truth["articleBody"])


def _fundus(folder: Path) -> Iterator[Gold]:
    for truth in sorted(folder.rglob("*.json")):
        versions = json.loads(truth.read_text())
        for page in sorted(truth.parent.glob(f"{truth.stem}_*.html.gz")):
            yield _gold(page, versions)


def _region() -> Iterator[Gold]:
    folder = CORPORA / "region"
    for page, truth in (
        ("timesofindia_2024-09-02_balochistan", "fundus_ind_TimesOfIndia"),
        ("fundus_ind_Bhaskar_2024_09_04", "fundus_ind_Bhaskar"),
    ):
        yield _gold(folder / f"{page}.html.gz", json.loads((folder / f"{truth}.json").read_text()))


def _gold(page: Path, versions: dict[str, Any]) -> Gold:
    """Take the version whose text stands in the page: a gold file holds those of several dates."""
    body = _unpacked(page)
    there = grams(decode(body, []).text)
    texts = [_text(version["body"]) for version in versions.values() if version.get("body")]
    best = max(texts, key=lambda text: (grams(text) & there).total() / max(1, grams(text).total()))
    return Gold(page.name.removesuffix(".html.gz"), "", body, best)


def _text(body: dict[str, Any]) -> str:
    lines = [*body["summary"]]
    for section in body["sections"]:
        lines += [*section["headline"], *section["paragraphs"]]
    return "\n".join(lines)


def grams(text: str) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text)
    return Counter(zip(*(words[start:] for start in range(min(4, max(1, len(words))))), strict=False))


def score(text: str, truth: str) -> tuple[float, float]:
    """Return precision and recall."""
    found, wanted = grams(text), grams(truth)
    both = (found & wanted).total()
    return both / found.total() if found else 0.0, both / wanted.total()


def f1(scores: Sequence[tuple[float, float]]) -> float:
    precision, recall = mean(one for one, _ in scores), mean(other for _, other in scores)
    return 2 * precision * recall / (precision + recall)


def ours(page: Gold) -> str:
    return read_html(page.body, page.url, "text/html", LIMIT).text


def bare(page: Gold) -> str:
    return trafilatura.extract(page.body, url=page.url or None) or ""


def compare(chosen: Sequence[Gold]) -> None:
    mine = [score(ours(page), page.text) for page in chosen]
    theirs = [score(bare(page), page.text) for page in chosen]
    lines = [
        f"{page.name:42} precision {one[0]:.3f} {other[0]:.3f}  recall {one[1]:.3f} {other[1]:.3f}"
        for page, one, other in zip(chosen, mine, theirs, strict=True)
    ]
    lines.append(f"{len(chosen)} pages, F1 of ours {f1(mine):.3f}, of bare trafilatura {f1(theirs):.3f}")
    print("\n".join(lines))  # noqa: T201 -- shown by pytest -rP, and where it fails
    assert f1(mine) >= f1(theirs)


def test_a_sample_reads_no_worse_than_bare_trafilatura() -> None:
    compare(pages()[::SAMPLE])


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_every_page_reads_no_worse_than_bare_trafilatura() -> None:
    compare(pages())
