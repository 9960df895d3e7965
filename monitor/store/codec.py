"""How values stand in the database, so that a person can read it with any SQLite tool.

Instants are text in UTC ("2026-02-02T10:04:05.000000Z": sortable, one width), structured values are JSON
(keys as in models.py), sketches are 8-byte little-endian integers.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from datetime import UTC, date, datetime
from typing import Any

from monitor.models import Context, Grade, KnownItem, Match, Signature, Span, Stamp, Traits


def instant(at: datetime | None) -> str | None:
    """Write an aware datetime."""
    return None if at is None else written(at)


def written(at: datetime) -> str:
    """Write an aware datetime that is there; later ones sort later."""
    if at.tzinfo is None:
        raise ValueError("a naive datetime reached the store")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_instant(text: str | None) -> datetime | None:
    """Read what `instant` wrote."""
    return (
        datetime.fromisoformat(text) if text else None
    )  # strptime takes ten times as long if text else None


def known_instant(text: str) -> datetime:
    """Read an instant from a column that is never null."""
    return datetime.fromisoformat(text)


def dumps(value: object) -> str:
    """Write JSON with its characters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def stamp(value: Stamp | None) -> str | None:
    """Write a date with all that is known of it."""
    if value is None:
        return None
    return dumps(
        {
            "raw": value.raw,
            "at": instant(value.at),
            "zone": value.zone,
            "calendar": value.calendar,
            "source": value.source,
            "confidence": value.confidence,
            "note": value.note,
        }
    )  # asdict copies deeply, at ten times the cost


def parse_stamp(text: str | None) -> Stamp | None:
    """Read what `stamp` wrote."""
    if not text:
        return None
    fields = json.loads(text)
    return Stamp(**(fields | {"at": parse_instant(fields["at"])}))


def known_items(items: Iterable[KnownItem]) -> str:
    """Write a feed's known items, a list each."""
    return dumps(
        [
            [
                item.digest,
                item.entry,
                item.traits.guid,
                item.traits.place,
                item.traits.title,
                item.dated,
                item.characters,
            ]
            for item in items
        ]
    )


def parse_known_items(text: str) -> tuple[KnownItem, ...]:
    """Read what `known_items` wrote."""
    return tuple(
        KnownItem(digest, entry, Traits(guid, place, title), dated=dated, characters=characters)
        for digest, entry, guid, place, title, dated, characters in json.loads(text)
    )


def stretches(spans: Sequence[tuple[int, int]]) -> str:
    """Write stretches of a text."""
    return dumps([list(span) for span in spans])


def parse_stretches(text: str) -> tuple[tuple[int, int], ...]:
    """Read what `stretches` wrote."""
    return tuple((start, end) for start, end in json.loads(text))


def records(values: Sequence[Span] | Sequence[Context]) -> str:
    """Write spans or contexts."""
    return dumps([asdict(value) for value in values])


def parse_match(row: dict[str, Any]) -> Match:
    """Read one row of table match."""
    return Match(
        rule=row["rule"],
        grade=Grade(row["grade"]),
        spans=tuple(Span(**span) for span in json.loads(row["spans"])),
        context=tuple(Context(**context) for context in json.loads(row["context"])),
        why=row["why"],
    )


def sketch(values: Sequence[int]) -> bytes:
    """Write a sketch."""
    return array("Q", values).tobytes()


def parse_sketch(data: bytes | None) -> tuple[int, ...]:
    """Read what `sketch` wrote."""
    return tuple(array("Q", data)) if data else ()


def signature(one: Signature) -> str:
    """Write a signature."""
    parts = {
        field.name: sorted(map(_plain, getattr(one, field.name)))
        for field in fields(one)
        if getattr(one, field.name)
    }
    return dumps(parts)


def parse_signature(text: str) -> Signature:
    """Read what `signature` wrote; an article of earlier versions has none."""
    if not text:
        return Signature()
    parts = json.loads(text)
    days = frozenset(map(date.fromisoformat, parts.pop("days", ())))
    return Signature(days=days, **{name: frozenset(values) for name, values in parts.items()})


def _plain(value: str | int | date) -> str | int:
    return value.isoformat() if isinstance(value, date) else value
