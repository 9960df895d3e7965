"""What the store gives to an export, from a real database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.exported import exported
from monitor.models import Selection, Stamp
from monitor.setup import Setup
from monitor.store.queries import Queries
from monitor.store.records import BATCH, count, records, snapshot
from tests.export.archive import NOW, URDU, Archive, reading, setup_in

COPY = "Families of missing persons in Quetta said on Monday that the camp goes on for the twelfth day. " * 4


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = Archive(tmp_path / "data" / "monitor.db")
    yield made
    made.store.close()


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return setup_in(tmp_path)


def ids(archive: Archive, wanted: Selection) -> list[int]:
    found = [one.id for one in records(archive.store, wanted)]
    assert count(archive.store, wanted) == len(found)
    return found


def test_matched_articles_by_number(archive: Archive) -> None:
    archive.add("first", "water")
    archive.add("second")
    archive.add("third", "fire", "water")
    archive.add("not read yet", read=False)
    assert ids(archive, Selection()) == [1, 3]
    assert ids(archive, Selection(every=True)) == [1, 2, 3]
    assert ids(archive, Selection(rules=("fire",))) == [3]
    assert ids(archive, Selection(rules=("fire", "water"))) == [1, 3]
    assert ids(archive, Selection(rules=("earth",))) == []


def test_a_span_of_time_ends_before_its_end(archive: Archive) -> None:
    for hour in range(4):
        archive.add(f"at {hour}", "water", at=NOW + timedelta(hours=hour))
    assert ids(archive, Selection(since=NOW + timedelta(hours=1))) == [2, 3, 4]
    assert ids(archive, Selection(until=NOW + timedelta(hours=1))) == [1]
    assert ids(archive, Selection(NOW + timedelta(hours=1), NOW + timedelta(hours=3))) == [2, 3]
    assert ids(archive, Selection(since=NOW + timedelta(days=1))) == []


def test_what_was_withdrawn_is_not_there(archive: Archive) -> None:
    number = archive.add(URDU, "water", "fire")
    archive.store.save_rematch(number, reading(URDU, ("fire",), "text"), now=NOW, ruleset="r2")
    (one,) = records(archive.store, Selection())
    assert ([match.rule for match in one.matches], one.ruleset) == (["fire"], "r2")
    archive.store.save_rematch(number, reading(URDU, (), "text", "org.bla"), now=NOW, ruleset="r3")
    assert ids(archive, Selection()) == []
    (one,) = records(archive.store, Selection(every=True))
    assert {mention.entity for mention in one.mentions} == {"org.bla"}


def test_a_record_is_complete(archive: Archive) -> None:
    stamp = Stamp("Mon, 02 Feb 2026 13:00:00 +0500", NOW - timedelta(hours=1), "+05:00")
    archive.add(URDU, "water", text="ایک دو\nتین", author="نامہ نگار", published=stamp, language="ur")
    (one,) = records(archive.store, Selection())
    assert (one.title, one.author, one.language, one.published) == (URDU, "نامہ نگار", "ur", stamp)
    assert (one.url, one.canonical_url, one.final_url) == ("https://one.example/1",) * 3
    assert (one.guid, one.feed, one.word_count, one.story) == ("g1", "One", 3, 1)
    assert (one.first_seen, one.fetched_at) == (NOW, NOW + timedelta(minutes=1))
    assert (one.extractor, one.ruleset) == ("trafilatura 2.3.1", "r1")
    assert [span.text for match in one.matches for span in match.spans] == [URDU]


def test_batches_are_seamless(archive: Archive) -> None:
    for number in range(BATCH + 3):
        archive.add(f"report {number}", "water")
    assert ids(archive, Selection()) == list(range(1, BATCH + 4))


def test_who_writes_meanwhile_changes_nothing(archive: Archive, tmp_path: Path) -> None:
    for number in range(BATCH + 3):
        archive.add(f"report {number}", "water")
    with Queries.open(tmp_path / "data" / "monitor.db") as reader, snapshot(reader):
        assert count(reader, Selection()) == BATCH + 3
        reading_on = records(reader, Selection())
        first = next(reading_on)
        archive.add("later", "water")
        archive.store.save_rematch(BATCH + 2, reading("changed", (), "text"), now=NOW, ruleset="r2")
        assert [first.id, *(one.id for one in reading_on)] == list(range(1, BATCH + 4))
        assert count(reader, Selection()) == BATCH + 3
    assert ids(archive, Selection())[-2:] == [BATCH + 3, BATCH + 4]


def test_the_region_pack_and_the_story_are_put_to_it(archive: Archive, setup: Setup) -> None:
    stamp = Stamp("2026-02-01T20:00:00+05:00", NOW - timedelta(hours=18), "+05:00")
    first = archive.add("Camp goes on", "water", text=COPY, published=stamp)
    copy = archive.add("The camp goes on", "water", text=COPY, story=1, how="near copy")
    alone = archive.add("Saravan", "water", text="Another text.", entity="place.ir.c.saravan")
    unmatched = archive.add("No match", entity="place.balochistan")
    found = {one.id: one for one in exported(archive.store, setup, Selection(every=True))}
    one = found[first]
    assert (one.entities, one.places, one.place_countries) == (
        ("place.pk.d.quetta",),
        ("place.pk.d.quetta",),
        ("PK",),
    )
    assert found[alone].place_countries == ("IR",)
    assert (found[unmatched].places, found[unmatched].place_countries) == (("place.balochistan",), ())
    assert (one.outlet, one.outlet_name, one.report_of) == ("", "One", "One")
    assert str(one.day) == "2026-02-01"
    assert found[copy].day is None
    assert (one.story, one.origins, one.status, one.copy_of) == (1, 1, "single-source", None)
    assert (found[copy].story, found[copy].copy_of) == (1, first)
    assert (found[unmatched].story, found[unmatched].origins, found[unmatched].status) == (None, None, "")
    unjudged = list(exported(archive.store, setup, Selection(), judged=False))
    assert [(one.id, one.origins, one.status) for one in unjudged] == [
        (n, None, "") for n in (first, copy, alone)
    ]


@pytest.mark.parametrize(
    ("zone", "day"), [("+05:00", "2026-02-03"), ("PKT", "2026-02-03"), ("Asia/Tehran", "2026-02-03"), ("UTC", "2026-02-02"), ("", "2026-02-02"), ("XYZT", "2026-02-02")]
)  # fmt: skip
def test_the_day_is_that_of_the_dates_own_zone(archive: Archive, setup: Setup, zone: str, day: str) -> None:
    late = NOW.replace(hour=22)
    archive.add("late", "water", published=Stamp("raw", late, zone))
    (one,) = exported(archive.store, setup, Selection())
    assert str(one.day) == day


def test_an_outlet_of_the_registry(archive: Archive, setup: Setup) -> None:
    known = next(one for one in setup.region.outlets if one.hosts and one.country and one.languages)
    number = archive.add("a report", "water")
    with archive.store.db.conn as connection:
        connection.execute("UPDATE article SET url = ?", [f"https://{known.hosts[0]}/1"])
    (one,) = exported(archive.store, setup, Selection())
    assert (one.id, one.outlet, one.outlet_name) == (number, known.id, known.name)
    assert (one.kind, one.country, one.languages) == (known.kind, known.country, known.languages)
