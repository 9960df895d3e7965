"""Articles labelled by hand with the event they report: which are put into one story, and how many origins it has.

open.jsonl is what the weights were fitted on, aside.jsonl was not looked at. The texts are invented; a third of
the events have a twin: the same place another day, the same kind of thing elsewhere, a template filled in twice.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest

from monitor.models import Candidate, Document
from monitor.rules.entities import load_region
from monitor.rules.matcher import RuleSet, rule_source
from monitor.stories import cluster
from monitor.stories.signature import Roles, signature

HERE = Path(__file__).parent / "labelled"
PACK = Path(__file__).parents[2] / "regions" / "balochistan"
WINDOW = timedelta(hours=72)
HALVES = ("open", "aside")


@cache
def articles(half: str) -> tuple[tuple[Candidate, str], ...]:
    """Return each article as the pipeline would place it, and its event."""
    entities = load_region(PACK).entities
    rules, roles = RuleSet.compile(rule_source([], entities)), Roles(entities)
    found = []
    for number, line in enumerate((HERE / f"{half}.jsonl").read_text(encoding="utf-8").splitlines()):
        row = json.loads(line)
        document = Document((("title", row["title"]), ("body", row["text"])), language=row["lang"])
        mentions = rules.match(document, misses=False).mentions
        at = datetime.fromisoformat(row["published"])
        told = signature(row["title"], row["text"], mentions, roles, at.date())
        sketch = cluster.sketch(row["text"])
        found.append((Candidate(number, None, row["lang"], row["title"], sketch, told, at), row["event"]))
    return tuple(found)


def stories(arriving: Iterable[Candidate]) -> dict[int, int]:
    """Place articles one after another; return each one's story."""
    placed: list[Candidate] = []
    story_of: dict[int, int] = {}
    for number, article in enumerate(arriving, start=1):
        near = [
            Candidate(
                one.article, story_of[one.article], one.language, one.title, one.sketch, one.signature, one.at
            )
            for one in placed
            if abs(one.at - article.at) <= WINDOW
        ]
        found = cluster.place(article, near)
        story_of[article.article] = number if found.story is None else found.story
        for other, story in story_of.items():
            if story in found.absorbs:
                story_of[other] = story_of[article.article]
        placed.append(article)
    return story_of


def f1(half: str, counted: Callable[[Candidate, Candidate], bool]) -> float:
    """Return the pairwise F1 of stories, over the pairs that are counted."""
    story_of = stories(one for one, _ in articles(half))
    right = wrong = missed = 0
    for (one, event), (other, other_event) in combinations(articles(half), 2):
        if counted(one, other):
            together = story_of[one.article] == story_of[other.article]
            right += together and event == other_event
            wrong += together and event != other_event
            missed += not together and event == other_event
    return 2 * right / (2 * right + wrong + missed)


@pytest.mark.parametrize("half", HALVES)
def test_stories_within_one_language(half: str) -> None:
    assert f1(half, lambda one, other: one.language == other.language) >= 0.9


@pytest.mark.parametrize("half", HALVES)
def test_stories_across_languages(half: str) -> None:
    assert f1(half, lambda one, other: one.language != other.language) >= 0.85


@pytest.mark.parametrize("half", HALVES)
def test_the_order_of_arrival_changes_nothing(half: str) -> None:
    def partition(arriving: list[Candidate]) -> set[frozenset[int]]:
        story_of = stories(arriving)
        return {
            frozenset(article for article, story in story_of.items() if story == number)
            for number in story_of.values()
        }

    arriving = [one for one, _ in articles(half)]
    first = partition(arriving)
    for seed in range(3):
        random.Random(seed).shuffle(arriving)
        assert partition(arriving) == first
