"""What an export says of each article: what is stored, with what registry, region pack and stories make of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date
from itertools import islice

from monitor.models import ArticleRecord, ArticleView, Candidate, Grade, Selection, Signature, Stamp, Story
from monitor.registry import Registry
from monitor.setup import Setup
from monitor.sources.zones import iana, read_zone
from monitor.store.queries import Queries
from monitor.store.records import records
from monitor.stories.cluster import likeness, sketch

_BATCH = 100  # articles whose stories are read together
_REMEMBERED = 20_000  # stories; one whose articles lie far apart is read again
_COPIES = frozenset({"near copy", "contained"})
_PLACE = "place."  # the beginning of a place's id


@dataclass(frozen=True, slots=True)
class _Told:
    """What a story tells of its articles, by their numbers."""

    status: str
    origins: int
    report_of: dict[int, str]
    copy_of: dict[int, int]


def exported(
    reader: Queries, setup: Setup, wanted: Selection, *, judged: bool = True
) -> Iterator[ArticleRecord]:
    """Yield the records of store.records, completed; memory does not grow with their number.

    judged: with what their stories tell, for which each story is read and takes some milliseconds.
    """
    pack = _Pack(setup)
    known: dict[int, _Told] = {}
    stored = records(reader, wanted)
    while batch := list(islice(stored, _BATCH)):
        if len(known) > _REMEMBERED:
            known.clear()
        missing = {one.story for one in batch if one.story is not None and judged} - known.keys()
        for story in reader.stories_by_id(sorted(missing)):
            known[story.id] = _told(story, setup.registry)
        for record in batch:
            told = known.get(record.story) if record.story is not None else None
            yield _with_story(pack.complete(record), told)


class _Pack:
    """What the region pack adds to a record."""

    def __init__(self, setup: Setup) -> None:
        self._registry = setup.registry
        self._entities = setup.entity_by_id

    def complete(self, record: ArticleRecord) -> ArticleRecord:
        """Return a record with its outlet, the day of its publication, and what is named in it."""
        outlet = self._registry.outlet(record)
        sure = (one.entity for one in record.mentions if one.grade is not Grade.CHECK)
        named = tuple(dict.fromkeys(sure))
        places = tuple(one for one in named if one.startswith(_PLACE))
        return replace(
            record,
            outlet=outlet.id if outlet else "",
            outlet_name=outlet.name if outlet else record.feed,
            kind=outlet.kind if outlet else "",
            country=outlet.country if outlet else "",
            languages=outlet.languages if outlet else (),
            day=_day(record.published),
            entities=named,
            places=places,
            place_countries=tuple(dict.fromkeys(filter(None, map(self._country, places)))),
        )

    def _country(self, place: str) -> str:
        """Return the country of a place or of what it lies in; none of a region of several."""
        known = self._entities.get(place)
        while known is not None and not known.country:
            known = self._entities.get(known.parent)
        return known.country if known else ""


def _told(story: Story, registry: Registry) -> _Told:
    return _Told(*registry.status(story), registry.origins_of(story), _copies(story.articles))


def _copies(articles: Sequence[ArticleView]) -> dict[int, int]:
    """Return which earlier article each copy repeats; articles are in the order they were told."""
    if not any(article.how in _COPIES for article in articles):
        return {}
    compared = [
        Candidate(one.id, None, one.language, one.title, sketch(one.text), Signature(), one.first_seen)
        for one in articles
    ]
    return {
        later.article: earlier.article
        for place, later in enumerate(compared)
        if articles[place].how in _COPIES
        for earlier in reversed(compared[:place])  # the first of all is written last and stays
        if likeness(later, earlier)[0] in _COPIES
    }


def _with_story(record: ArticleRecord, told: _Told | None) -> ArticleRecord:
    if told is None:
        return record
    return replace(
        record,
        status=told.status,
        origins=told.origins,
        report_of=told.report_of.get(record.id, ""),
        copy_of=told.copy_of.get(record.id),
    )


def _day(stamp: Stamp | None) -> date | None:
    """Return the day that a date names where it was written."""
    if stamp is None or stamp.at is None:
        return None
    written = read_zone(stamp.zone)
    zone = written.info if written is not None else iana(stamp.zone) if stamp.zone else None
    return stamp.at.astimezone(zone or UTC).date()
