"""Where the day's stories are: each place on the map at its district, never closer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitor.digest.card import Card
from monitor.models import Entity, Grade

_DISTRICT = frozenset({"district", "county"})


@dataclass(frozen=True, slots=True)
class Dot:
    """A district, and the stories that name it or a place in it."""

    place: str
    name: str
    spot: tuple[float, float] | None  # latitude and longitude, degrees; None where the pack has none
    numbers: tuple[int, ...]  # of cards


def dots(cards: Sequence[Card], entities: Mapping[str, Entity]) -> tuple[Dot, ...]:
    """Return the districts that stories name, most stories first; grade check is left out."""
    numbers: dict[str, list[int]] = {}
    for card in cards:
        districts = {
            district
            for found in card.named("place")
            if found.grade is not Grade.CHECK and (district := _district(found.id, entities))
        }
        for district in sorted(districts):
            numbers.setdefault(district, []).append(card.number)
    found = (
        Dot(place, entities[place].name, _spot(place, entities), tuple(own)) for place, own in numbers.items()
    )
    return tuple(sorted(found, key=lambda dot: (-len(dot.numbers), dot.name, dot.place)))


def _district(place: str, entities: Mapping[str, Entity]) -> str:
    """Return the district a place is or lies in; empty for what is wider, or lies in none."""
    seen = set[str]()
    while place in entities and place not in seen:
        if entities[place].type in _DISTRICT:
            return place
        seen.add(place)
        place = entities[place].parent
    return ""


def _spot(district: str, entities: Mapping[str, Entity]) -> tuple[float, float] | None:
    """Return where a district is drawn: where the pack says, or at the first of its places that has coordinates."""
    inside = (one for one in entities.values() if one.parent == district)
    for one in (entities[district], *inside):
        if one.lat is not None and one.lon is not None:
            return one.lat, one.lon
    return None
