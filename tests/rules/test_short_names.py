"""The region's short Urdu names, which are common words too, on occurrences in press texts labelled by hand.

`labelled/urdu_short_names.tsv` says where each stands: `row` counts data rows (of a text file, lines) from 0,
`start` and `end` count code points in that column's text. `entity` is the place that the name could mean, and
`label` whether it does: `true`; `false`; `part` for what is named after the place, which counts neither way.
"""

from __future__ import annotations

import csv
import gzip
import os
from functools import cache
from pathlib import Path

import pytest

from monitor.models import Document, Grade, Rule
from monitor.rules.entities import load_region
from monitor.rules.matcher import RuleSet, rule_source

ROOT = Path(__file__).resolve().parents[2]
CORPORA = Path(os.environ.get("MONITOR_CORPORA", ROOT / ".." / "shared" / "data"))
LABELLED = Path(__file__).parent / "labelled" / "urdu_short_names.tsv"
LONGEST_FIELD = 10_000_000


@cache
def rows(file: str) -> tuple[dict[str, str], ...]:
    """Return the data rows of a file of the Urdu corpora; a plain text has one column, `line`."""
    path = CORPORA / "text" / "ur" / file
    if not path.exists():
        pytest.skip(f"no text/ur/{file} under MONITOR_CORPORA")
    data = path.read_bytes()
    lines = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8").split("\n")
    if file.endswith(".txt.gz"):
        return tuple({"line": line} for line in lines)
    csv.field_size_limit(LONGEST_FIELD)
    ended = [line + "\n" for line in lines]
    if file.endswith(".tsv"):
        return tuple(csv.DictReader(ended, delimiter="\t", quoting=csv.QUOTE_NONE))
    return tuple(csv.DictReader(ended))


@cache
def outcomes() -> tuple[tuple[str, str, bool], ...]:
    """Return for each labelled occurrence where it stands, its label, and whether its place is reported there.

    Reported is what the matcher grades strong or likely.
    """
    entities = load_region(ROOT / "regions" / "balochistan").entities
    places = RuleSet.compile(rule_source([Rule("places", "Places", "@place.balochistan/**")], entities))
    found = []
    for labelled in csv.DictReader(LABELLED.read_text(encoding="utf-8").splitlines(), delimiter="\t"):
        text = rows(labelled["file"])[int(labelled["row"])][labelled["column"]]
        start, end = int(labelled["start"]), int(labelled["end"])
        mentions = places.match(Document((("body", text),), language="ur")).mentions
        reported = any(
            mention.entity == labelled["entity"]
            and mention.grade.rank >= Grade.LIKELY.rank
            and mention.span.start < end
            and start < mention.span.end
            for mention in mentions
        )
        where = f"{labelled['file']} row {labelled['row']} at {start}: {labelled['entity']}"
        found.append((where, labelled["label"], reported))
    return tuple(found)


def test_what_is_reported_is_the_place() -> None:
    right = [where for where, label, reported in outcomes() if reported and label == "true"]
    wrong = [where for where, label, reported in outcomes() if reported and label == "false"]
    assert right
    assert len(right) / len(right + wrong) >= 0.95, wrong


def test_the_places_meant_are_reported() -> None:
    kept = [where for where, label, reported in outcomes() if reported and label == "true"]
    lost = [where for where, label, reported in outcomes() if not reported and label == "true"]
    assert len(kept) / len(kept + lost) >= 0.90, lost
