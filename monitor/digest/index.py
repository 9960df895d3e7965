"""List where in the digest a place, an organisation, a person or a rule is to be found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from monitor.digest import words
from monitor.digest.card import Card, Found, RuleHit
from monitor.models import Entity, Grade


@dataclass(frozen=True, slots=True)
class IndexRow:
    """A line of an index: where in the digest something is."""

    id: str
    name: str
    note: str
    depth: int  # 0 for the outermost
    numbers: tuple[int, ...]  # of cards; empty for a place that only holds others


def entity_index(cards: Sequence[Card], groups: tuple[str, ...]) -> tuple[IndexRow, ...]:
    """List entities with the stories that name them, most stories first; grade check is left out."""
    numbers, names = _where(cards, groups)
    rows = [
        IndexRow(entity.id, entity.name, entity.type, 0, tuple(numbers[entity.id]))
        for entity in names.values()
    ]
    return tuple(sorted(rows, key=lambda row: (-len(row.numbers), row.name.casefold(), row.id)))


def _where(cards: Sequence[Card], groups: tuple[str, ...]) -> tuple[dict[str, list[int]], dict[str, Found]]:
    numbers: dict[str, list[int]] = {}
    names: dict[str, Found] = {}
    for card in cards:
        for entity in card.named(*groups):
            if entity.grade is not Grade.CHECK:
                numbers.setdefault(entity.id, []).append(card.number)
                names.setdefault(entity.id, entity)
    return numbers, names


def place_index(cards: Sequence[Card], entities: Mapping[str, Entity]) -> tuple[IndexRow, ...]:
    """List places under what they lie in; a place nobody named appears when it holds one that was."""
    numbers, names = _where(cards, ("place",))
    children: dict[str, set[str]] = {}
    for place in numbers:
        child = place
        seen = {child}
        while True:
            parent = entities[child].parent if child in entities else ""
            if not parent or parent not in entities or parent in seen:
                children.setdefault("", set()).add(child)
                break
            children.setdefault(parent, set()).add(child)
            child = parent
            seen.add(child)

    def name(place: str) -> str:
        return entities[place].name if place in entities else names[place].name

    def walk(parent: str, depth: int) -> Iterable[IndexRow]:
        for place in sorted(children.get(parent, ()), key=lambda one: (name(one).casefold(), one)):
            kind = entities[place].type if place in entities else ""
            yield IndexRow(place, name(place), kind, depth, tuple(numbers.get(place, ())))
            yield from walk(place, depth + 1)

    return tuple(walk("", 0))


def rule_index(cards: Sequence[Card]) -> tuple[IndexRow, ...]:
    numbers: dict[str, list[int]] = {}
    hits: dict[str, RuleHit] = {}
    for card in cards:
        for hit in card.rules:
            numbers.setdefault(hit.id, []).append(card.number)
            hits.setdefault(hit.id, hit)
    rows = sorted(hits.values(), key=lambda hit: (words.PRIORITIES.index(hit.priority), hit.id))
    return tuple(IndexRow(hit.id, hit.title, hit.priority, 0, tuple(numbers[hit.id])) for hit in rows)


def topic_index(cards: Sequence[Card]) -> tuple[IndexRow, ...]:
    """List the topics with their stories, most stories first, and what has none of them last."""
    numbers: dict[str, list[int]] = {}
    for card in cards:
        for topic in card.topics:
            numbers.setdefault(topic, []).append(card.number)
    rows = [IndexRow(topic, topic.capitalize(), "", 0, tuple(own)) for topic, own in numbers.items()]
    return tuple(sorted(rows, key=lambda row: (row.id == "other", -len(row.numbers), row.id)))
