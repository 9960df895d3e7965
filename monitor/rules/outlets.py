"""The region's registry of outlets: sources.yaml."""

from __future__ import annotations

import dataclasses

from monitor.models import Outlet
from monitor.rules.fields import Fields
from monitor.yamlnodes import Node

KINDS = (
    "state",
    "private",
    "party",
    "exile",
    "rights-group",
    "group-media",
    "wire",
    "think-tank",
    "aggregator",
    "content-farm",
    "international",
)
_KEYS = tuple(field.name for field in dataclasses.fields(Outlet))
_HOST = r"(?!www\.)[^\s/:@?#A-Z]+(:\d{1,5})?"  # with a port where one machine serves several outlets


def read_outlets(root: Node, fields: Fields) -> tuple[Outlet, ...]:
    """Read the registry; outlets whose ids or hosts collide are faults."""
    top = fields.mapping(root, "the file", ("outlets",), required=("outlets",))
    outlets: list[Outlet] = []
    ids: dict[str, int] = {}
    hosts: dict[str, str] = {}
    for node in fields.items(top.get("outlets"), "'outlets'"):
        found = fields.mapping(node, "an outlet", _KEYS, required=("id", "name", "kind"))
        names = fields.texts(found.get("hosts"), "'hosts'", _HOST, "example.org (no www., no path)")
        outlet = _outlet(found, tuple(name.text for name in names), fields)
        if outlet.id in ids:
            fields.fault(
                found["id"], f"outlet '{outlet.id}' is written twice (first on line {ids[outlet.id]})"
            )
        elif outlet.id:
            ids[outlet.id] = found["id"].line
        for name in names:
            if name.text in hosts:
                fields.fault(name, f"host '{name.text}' already belongs to '{hosts[name.text]}'")
            hosts.setdefault(name.text, outlet.id)
        outlets.append(outlet)
    return tuple(outlets)


def _outlet(found: dict[str, Node], hosts: tuple[str, ...], fields: Fields) -> Outlet:
    languages = fields.texts(found.get("languages"), "'languages'", "[a-z]{2,3}", "ur")
    return Outlet(
        id=fields.text(found.get("id"), "'id'", r"[a-z0-9][a-z0-9_-]*", "daily-star"),
        name=fields.text(found.get("name"), "'name'"),
        kind=fields.choice(found.get("kind"), "'kind'", KINDS),
        country=fields.text(found.get("country"), "'country'", "[A-Z]{2}", "PK"),
        languages=tuple(language.text for language in languages),
        hosts=hosts,
        family=fields.text(found.get("family"), "'family'"),
        note=fields.text(found.get("note"), "'note'"),
        original=fields.text(found.get("original"), "'original'"),
        credits=tuple(name.text for name in fields.texts(found.get("credits"), "'credits'")),
        location=fields.choice(found.get("location"), "'location'", ("inside", "outside")),
        url=fields.text(found.get("url"), "'url'", r"https?://\S+", "https://example.org/"),
        feeds_seen=fields.text(found.get("feeds_seen"), "'feeds_seen'"),
        verified=fields.choice(found.get("verified"), "'verified'", ("true", "false")) == "true",
    )
