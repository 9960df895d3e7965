"""The region pack: who and what is known by name (entities.yaml, places.yaml), and who publishes (sources.yaml)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import available_timezones

from monitor.errors import ConfigError, Fault
from monitor.models import Entity, Name, Region, Side
from monitor.rules.fields import Fields
from monitor.rules.outlets import read_outlets
from monitor.rules.outline import read_outline
from monitor.yamlnodes import Node, load

LEVELS = ("low", "medium", "high", "very_high")

_ID = r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*"
_NAME_KEYS = ("names", "abbr", "labels", "unverified")
_KEYS = ("id", "name", "type", "parent", *_NAME_KEYS, "side", "ambiguity", "valid", "status", "note")
_PLACE_KEYS = (*_KEYS, "country", "lat", "lon")
_DAY = r"\d{4}(-\d{2}(-\d{2})?)?"

Contexts = Mapping[str, tuple[str, ...]]
Languages = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Read:
    """An entity, and where its id and its parent's stand."""

    entity: Entity
    id: Node
    parent: Node | None
    fields: Fields


def load_region(folder: Path) -> Region:
    """Read a region pack; raise ConfigError with every fault of its files.

    Only entities.yaml must be there. `Region.contexts` holds the shared word sets by name, without the @.
    """
    entities, places, sources = (
        Fields(str(folder / name)) for name in ("entities.yaml", "places.yaml", "sources.yaml")
    )
    read: list[_Read] = []
    contexts: Contexts = {}
    name = ""
    timezones: tuple[str, ...] = ()
    root = load(folder / "entities.yaml", entities.faults)
    if root is not None:
        top = entities.mapping(
            root, "the file", ("name", "timezones", "contexts", "entities"), required=("entities",)
        )
        name = entities.text(top.get("name"), "'name'")
        timezones = _timezones(top.get("timezones"), entities)
        contexts = _contexts(top.get("contexts"), entities)
        read += _entities(top.get("entities"), "'entities'", contexts, {}, entities)
    # places need the other file's contexts and parents: without them every complaint would be an echo
    known = root is not None
    root = _load_if_there(folder / "places.yaml", places)
    if root is not None and known:
        top = places.mapping(root, "the file", ("languages", "places"), required=("places",))
        languages = _languages(top.get("languages"), places)
        read += _entities(top.get("places"), "'places'", contexts, languages, places)
    root = _load_if_there(folder / "sources.yaml", sources)
    outlets = read_outlets(root, sources) if root is not None else ()
    _check_ids(read)
    _check_parents(read)
    drawn: list[Fault] = []
    outline = read_outline(folder / "map.json", drawn)
    faults = [fault for fields in (entities, places, sources) for fault in _in_order(fields.faults)]
    faults += drawn
    if faults:
        raise ConfigError(tuple(faults))
    return Region(
        entities=tuple(item.entity for item in read),
        outlets=outlets,
        name=name or folder.name,
        folder=str(folder),
        contexts=tuple(contexts.items()),
        timezones=timezones,
        outline=outline,
    )


def _timezones(node: Node | None, fields: Fields) -> tuple[str, ...]:
    """Return the zones the region's people live in; one that nobody knows is a fault."""
    written = fields.texts(node, "'timezones'")
    known = available_timezones()
    for name in written:
        if name.text not in known:
            fields.fault(name, f"no such time zone: {name.text}")
    return tuple(name.text for name in written if name.text in known)


def _load_if_there(path: Path, fields: Fields) -> Node | None:
    return load(path, fields.faults) if path.exists() else None


def _in_order(faults: Iterable[Fault]) -> list[Fault]:
    return sorted(faults, key=lambda fault: (fault.line, fault.column))


def _languages(node: Node | None, fields: Fields) -> Languages:
    """Return the languages of each country's press, by country."""
    return {
        country: tuple(language.text for language in fields.texts(list_, f"'{country}'"))
        for country, list_ in fields.mapping(node, "'languages'").items()
    }


def _contexts(node: Node | None, fields: Fields) -> dict[str, tuple[str, ...]]:
    contexts = {}
    for name, languages in fields.mapping(node, "'contexts'").items():
        found = fields.mapping(languages, f"context '{name}'")
        words = (word.text for key, list_ in found.items() for word in fields.texts(list_, f"'{key}'"))
        contexts[name] = tuple(dict.fromkeys(words))
    return contexts


def _entities(
    node: Node | None, what: str, contexts: Contexts, languages: Languages, fields: Fields
) -> list[_Read]:
    read = []
    for item in fields.items(node, what):
        # the file's own kind decides: a place may carry coordinates, nobody else
        keys = _PLACE_KEYS if what == "'places'" else _KEYS
        found = fields.mapping(item, "an entity", keys, required=("id", "name", "type"))
        before = len(fields.faults)
        entity = _entity(found, contexts, languages, fields)
        named = any(name.language != "label" for name in entity.names)
        if found and not named and len(fields.faults) == before:
            fields.fault(item, "an entity needs a name: 'names', 'abbr' or 'unverified'")
        if entity.id:
            read.append(_Read(entity, found["id"], found.get("parent"), fields))
    return read


def _entity(found: dict[str, Node], contexts: Contexts, languages: Languages, fields: Fields) -> Entity:
    ambiguity = fields.mapping(
        found.get("ambiguity"), "'ambiguity'", ("level", "latin", "spelled", "require", "exclude", "not_of")
    )
    country = fields.text(found.get("country"), "'country'", "[A-Z]{2}", "PK")
    names = _names(found, fields)
    # a name may be a word of @region too, but its second mention says nothing about its first
    own = {name.text for name in names}
    side = fields.choice(found.get("side"), "'side'", tuple(Side))
    lat = fields.number(found.get("lat"), "'lat'", 90)
    lon = fields.number(found.get("lon"), "'lon'", 180)
    for key, other in (("lat", "lon"), ("lon", "lat")):
        if key in found and other not in found:
            fields.fault(found[key], f"'{key}' needs '{other}' beside it")
    return Entity(
        id=fields.text(found.get("id"), "'id'", _ID, "place.north.harbour"),
        name=fields.text(found.get("name"), "'name'"),
        type=fields.text(found.get("type"), "'type'", "[a-z][a-z0-9_]*", "armed_group"),
        parent=fields.text(found.get("parent"), "'parent'", _ID, "place.north.harbour"),
        names=names,
        require=_words(ambiguity.get("require"), "'require'", contexts, own, fields),
        exclude=_words(ambiguity.get("exclude"), "'exclude'", contexts, own, fields),
        not_of=_words(ambiguity.get("not_of"), "'not_of'", contexts, own, fields),
        level=fields.choice(ambiguity.get("level"), "'level'", LEVELS) or "low",
        spelled=fields.choice(ambiguity.get("spelled"), "'spelled'", LEVELS),
        latin=fields.choice(ambiguity.get("latin"), "'latin'", LEVELS),
        note=fields.text(found.get("note"), "'note'"),
        status=fields.text(found.get("status"), "'status'"),
        valid=_valid(found.get("valid"), fields),
        side=Side(side) if side else None,
        country=country,
        languages=languages.get(country, ()),
        lat=lat,
        lon=lon,
    )


def _names(found: dict[str, Node], fields: Fields) -> tuple[Name, ...]:
    """Read every name; the same letters may return only as a name in another language."""
    by_language = fields.mapping(found.get("names"), "'names'")
    for language, list_ in by_language.items():
        _check_language(language, list_, fields)
    lists: list[tuple[str, Node | None, str, bool]] = [
        *((language, list_, language, True) for language, list_ in by_language.items()),
        ("abbr", found.get("abbr"), "abbr", True),
        ("labels", found.get("labels"), "label", True),
        ("unverified", found.get("unverified"), "", False),
    ]
    names: list[Name] = []
    seen: dict[str, str] = {}
    for key, node, language, verified in lists:
        for scalar in fields.texts(node, f"'{key}'"):
            before = seen.setdefault(scalar.text, key)
            plain = {key, before}.isdisjoint(_NAME_KEYS)
            if Name(scalar.text, language, verified) in names or (before != key and not plain):
                fields.fault(scalar, f"'{scalar.text}' is already listed under '{before}'")
            names.append(Name(scalar.text, language, verified))
    return tuple(names)


def _check_language(language: str, node: Node, fields: Fields) -> None:
    known = language == "roman" or (language.isascii() and language.islower() and len(language) in {2, 3})
    if not known:
        fields.fault(node, f"names are listed by language (en, ur, fa … or roman), not by '{language}'")


def _words(
    node: Node | None, what: str, contexts: Contexts, own: AbstractSet[str], fields: Fields
) -> tuple[str, ...]:
    """Read context words, each @name replaced by the words of that context that are no `own` names."""
    words: list[str] = []
    for scalar in fields.texts(node, what):
        if not scalar.text.startswith("@"):
            words.append(scalar.text)
        elif scalar.text[1:] in contexts:
            words += (word for word in contexts[scalar.text[1:]] if word not in own)
        else:
            known = ", ".join(f"@{name}" for name in contexts) or "none"
            fields.fault(scalar, f"unknown context '{scalar.text}' (known: {known})")
    return tuple(dict.fromkeys(words))


def _valid(node: Node | None, fields: Fields) -> tuple[str, str]:
    found = fields.mapping(node, "'valid'", ("from", "to"))
    days = {}
    for key, value in found.items():
        text = fields.text(value, f"'{key}'", _DAY, "2025, 2025-12 or 2025-12-31")
        try:
            date.fromisoformat((text + "-01-01")[:10] if text else "2000-01-01")
        except ValueError:
            fields.fault(value, f"'{key}' is not a day of the calendar: {text}")
            text = ""
        days[key] = text
    since, until = days.get("from", ""), days.get("to", "")
    if since and until and until < since[: len(until)]:
        fields.fault(found["to"], f"'to' ({until}) lies before 'from' ({since})")
    return since, until


def _check_ids(read: list[_Read]) -> None:
    first: dict[str, _Read] = {}
    for item in read:
        before = first.setdefault(item.entity.id, item)
        if before is not item:
            place = f"{before.fields.file}:{before.id.line}"
            item.fields.fault(item.id, f"'{item.entity.id}' is written twice (first in {place})")


def _check_parents(read: list[_Read]) -> None:
    by_id = {item.entity.id: item for item in reversed(read)}
    done: set[str] = set()
    for item in read:
        chain: list[str] = []
        at: _Read | None = item
        while at is not None and at.entity.id not in done:
            done.add(at.entity.id)
            chain.append(at.entity.id)
            parent = at.entity.parent
            if at.parent is not None and parent and parent not in by_id:
                at.fields.fault(at.parent, f"unknown parent '{parent}'")
            elif at.parent is not None and parent in chain:
                ring = " → ".join([*chain[chain.index(parent) :], parent])
                at.fields.fault(at.parent, f"parents go in a circle: {ring}")
            at = by_id.get(parent)
