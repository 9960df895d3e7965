"""What a day's digest says has changed in what earlier ones said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from monitor.models import Changes, Edit, Moved
from monitor.store.changes import changes
from monitor.store.store import Store
from tests.store.facts import NOW, entry, match, new, open_store, poll, reading, save, with_feed

DAY = timedelta(days=1)
TODAY = (NOW + DAY, NOW + 2 * DAY)
LATER = NOW + 1.5 * DAY


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path) as store:
        store.save_polls([poll(with_feed(store), *map(new, range(1, 6)))])
        yield store


def edit(store: Store, number: int, title: str, at: datetime) -> None:
    record = poll(store.feeds()[0], at=at)
    changed = ((number, replace(entry(number), title=title), ()),)
    store.save_polls([replace(record, edited=changed)])


def test_an_edited_headline_is_told_with_what_it_was(store: Store) -> None:
    save(store, 1, reading(match()))
    save(store, 2, reading())  # of no interest
    edit(store, 1, "Report number one", NOW + timedelta(hours=1))
    edit(store, 1, "Report number one, corrected", LATER)
    edit(store, 2, "Another", LATER)
    found = changes(store, *TODAY).edits
    assert found == (
        Edit(1, LATER, "https://one.example/1", "One", "Report number one", "Report number one, corrected"),
    )


def test_articles_that_moved_to_another_story_are_told(store: Store) -> None:
    one = save(store, 1, reading(match())).story
    other = save(store, 2, reading(match())).story
    assert one is not None
    assert other is not None
    store.merge([one, other], LATER)
    assert changes(store, *TODAY).moved == (Moved(other, one, "by hand", 1),)
    new_story = store.split(one, [2], LATER + timedelta(minutes=1))
    assert (
        changes(store, *TODAY).moved
        == (
            Moved(other, one, "by hand", 1),
            Moved(one, new_story, "by hand", 1),
        )[:1]
    )  # what came today and went today stood in no earlier digest there


def test_a_story_that_was_joined_by_hand_moved_as_one(store: Store) -> None:
    one = save(store, 1, reading(match())).story
    other = save(store, 2, reading(match())).story
    save(store, 3, reading(match()), story=other)
    assert one is not None
    assert other is not None
    store.merge([one, other], LATER)
    assert changes(store, *TODAY).moved == (Moved(other, one, "by hand", 2),)


def test_matches_that_later_rules_no_longer_find_are_counted(store: Store) -> None:
    save(store, 1, reading(match("water"), match("fire")))
    save(store, 2, reading(match("water")))
    store.save_rematch(1, reading(match("water")), now=LATER, ruleset="r2")
    other_spans = replace(match("water"), why="another word")
    store.save_rematch(2, reading(other_spans), now=LATER, ruleset="r2")
    assert changes(store, *TODAY).withdrawn == 1


def test_a_day_without_changes_has_none(store: Store) -> None:
    save(store, 1, reading(match()))
    assert changes(store, *TODAY) == Changes()
