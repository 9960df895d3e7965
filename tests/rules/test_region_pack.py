"""The shipped region pack and subscription list: complete, unambiguous where they must be, and in step."""

from __future__ import annotations

import json
import os
import unicodedata
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
import yaml

from monitor.models import Entity, Region
from monitor.rules.entities import load_region
from monitor.text.fold import fold

ROOT = Path(__file__).parents[2]
PACK = ROOT / "regions" / "balochistan"
CORPORA = Path(os.environ.get("MONITOR_CORPORA", ROOT / ".." / "shared" / "data"))
OUTSIDE = {
    "place.pk.adj.dg_khan",
    "place.pk.adj.baloch_colony",
    "place.pk.adj.jacobabad",
    "place.af.helmand",
    "place.af.kandahar",
    "place.af.zabul",
    "place.ir.kalat_khorasan",
}
# unchecked in the inventory, and seen in use with that meaning since: where, stands in the table
SEEN_SINCE = {
    line.split("\t")[2]
    for line in (Path(__file__).parent / "seen_since.tsv").read_text(encoding="utf-8").splitlines()[1:]
} | {"Makran Division", "Nasirabad Division", "Rakhshan Division", "Sibi Division", "سبی ڈویژن"}


@cache
def pack() -> Region:
    return load_region(PACK)


@cache
def by_id() -> dict[str, Entity]:
    return {entity.id: entity for entity in pack().entities}


def roots(entity: Entity) -> str:
    """Return the id at the top of an entity's parents."""
    seen = []
    while entity.parent:
        assert entity.id not in seen
        seen.append(entity.id)
        entity = by_id()[entity.parent]
    return entity.id


def corpus(*parts: str) -> Path:
    path = CORPORA.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"no {'/'.join(parts)} under MONITOR_CORPORA")
    return path


def test_the_pack_is_whole() -> None:
    assert pack().name == "Balochistan"
    assert len(pack().entities) >= 300
    assert len(by_id()) == len(pack().entities)
    kinds = Counter(entity_id.split(".")[0] for entity_id in by_id())
    assert kinds["place"] >= 170
    assert set(kinds) == {"country", "event", "org", "people", "person", "place", "project", "term"}


def test_other_readers_see_the_same_ids() -> None:
    for name, key in (("entities", "entities"), ("places", "places"), ("sources", "outlets")):
        written = yaml.safe_load((PACK / f"{name}.yaml").read_text(encoding="utf-8"))
        ids = [item["id"] for item in written[key]]
        assert len(ids) == len(set(ids))
        assert all(
            isinstance(value, str) for item in written[key] for value in item.get("names", {}).get("en", [])
        )


def test_text_is_composed_and_free_of_typesetters_quotes() -> None:
    for file in PACK.glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        assert unicodedata.is_normalized("NFC", text)
    for entity in pack().entities:
        for name in entity.names:
            assert not set(name.text) & set('“”‘’"')


def test_places_are_in_their_file_and_nothing_else_is() -> None:
    written = yaml.safe_load((PACK / "places.yaml").read_text(encoding="utf-8"))
    places = {item["id"] for item in written["places"]}
    assert places == {entity_id for entity_id in by_id() if entity_id.startswith("place.")}


def test_every_place_of_the_region_stands_under_it() -> None:
    for entity in pack().entities:
        if entity.id.startswith("place."):
            top = roots(entity)
            assert top == "place.balochistan" or top in OUTSIDE, entity.id
    for inside in ("pk.d.quetta", "pk.d.gwadar", "pk.t.turbat", "ir.c.zahedan", "af.zaranj", "region.makran"):
        assert roots(by_id()[f"place.{inside}"]) == "place.balochistan"
    assert roots(by_id()["place.af.qalat_zabul"]) == "place.af.zabul"


def test_what_else_stands_under_the_region_is_of_it() -> None:
    others = {
        e.id for e in pack().entities if not e.id.startswith("place.") and roots(e) == "place.balochistan"
    }
    assert others == {
        "org.party.haq_do",
        "org.pk.balochistan_assembly",
        "org.pk.gov_balochistan",
        "org.pk.high_court",
        "org.pk.home_dept",
        "org.pk.levies",
        "org.pk.gda",
        "project.chabahar_port",
        "project.gwadar_port",
        "project.gwadar_airport",
        "project.reko_diq",
        "project.saindak",
        "project.sui_gas",
        "project.m8",
    }


def test_places_know_their_country_and_coordinates_lie_in_it() -> None:
    boxes = {"PK": (24.5, 32.5, 60.5, 70.5), "IR": (24.5, 31.7, 58.5, 63.5), "AF": (29.0, 33.0, 60.4, 67.5)}
    for entity in pack().entities:
        if entity.id.split(".")[:2] in (["place", "pk"], ["place", "ir"], ["place", "af"]):
            assert entity.country == entity.id.split(".")[1].upper()
        if entity.lat is not None and entity.lon is not None:
            south, north, west, east = boxes[entity.country]
            assert south < entity.lat < north, entity.id
            assert west < entity.lon < east, entity.id


def test_a_name_that_others_bear_too_says_what_must_stand_near() -> None:
    holders: dict[str, set[str]] = {}
    for entity in pack().entities:
        for name in entity.names:
            if name.language != "label" and name.verified:
                holders.setdefault(fold(name.text), set()).add(entity.id)
    shared = {text: ids for text, ids in holders.items() if len(ids) > 1}
    assert {"place.pk.d.kalat", "place.af.qalat_zabul"} in shared.values()
    for text, ids in shared.items():
        if ids == {"place.balochistan", "place.pk.balochistan"}:
            continue  # parent and child: the matcher gives it to the parent
        assert all(by_id()[entity_id].require for entity_id in ids), (text, ids)


def test_short_abbreviations_need_context() -> None:
    for entity_id in (
        "org.bla",
        "org.blf",
        "org.bras",
        "org.uba",
        "org.bna",
        "org.pk.fc_balochistan",
        "org.party.bap",
    ):
        entity = by_id()[entity_id]
        assert entity.level in {"high", "very_high"}
        assert entity.require
    assert "Pakistan" not in by_id()["org.bla"].require
    assert {"FDA", "biologics", "booth level"} <= set(by_id()["org.bla"].exclude)


def test_no_entity_excludes_its_own_names() -> None:
    for entity in pack().entities:
        names = {fold(name.text) for name in entity.names}
        assert not names & {fold(word) for word in entity.exclude}, entity.id


def test_a_shared_context_never_holds_the_entity_s_own_name() -> None:
    turbat = by_id()["place.pk.t.turbat"]
    assert "Gwadar" in turbat.require
    assert "Turbat" not in turbat.require


def test_names_that_are_common_words_are_marked_as_such() -> None:
    for entity_id in (
        "pk.d.hub",
        "pk.t.mach",
        "pk.t.sui",
        "pk.t.mand",
        "pk.t.johan",
        "ir.t.bent",
        "ir.c.rask",
    ):
        assert by_id()[f"place.{entity_id}"].level in {"high", "very_high"}


def test_labels_are_never_names_of_the_same_entity() -> None:
    labels = [name for entity in pack().entities for name in entity.names if name.language == "label"]
    assert "Fitna al-Hindustan" in [name.text for name in labels]
    assert by_id()["term.label.fitna_al_hindustan"].parent == ""


def test_everything_the_seed_article_names_is_there() -> None:
    gold: dict[str, Any] = json.loads(corpus("seed", "gold.json").read_text(encoding="utf-8"))
    for rule in gold["rules"]:
        names = {fold(name.text) for name in by_id()[rule["rule"]].names if name.verified}
        assert {fold(span["text"]) for span in rule["spans"]} <= names
    for kind in ("people", "organisations", "places"):
        for entity in gold["entities"][kind]:
            assert entity["id"] in by_id()


def test_the_whole_inventory_is_shipped() -> None:
    source = yaml.load(corpus("rules", "entities.yaml").read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)
    assert not {written["id"] for written in source["entities"]} - set(by_id())
    left_out = []
    for written in source["entities"]:
        shipped = {fold(name.text) for name in by_id()[written["id"]].names}
        names = {fold(text) for texts in written["names"].values() for text in texts}
        left_out += [(written["id"], name) for name in sorted(names - shipped)]
    # common words, one side's labels, and what would hide a checked name that stands inside it
    assert len(left_out) <= 50, left_out


def test_no_variant_that_nobody_has_seen_is_shipped_as_checked() -> None:
    source = yaml.load(corpus("rules", "entities.yaml").read_text(encoding="utf-8"), Loader=yaml.CBaseLoader)
    for written in source["entities"]:
        unseen = {unicodedata.normalize("NFC", text) for text in written.get("memory_only", [])}
        entity = by_id().get(written["id"])
        shipped = {name.text for name in entity.names if name.verified} if entity else set()
        assert not unseen & shipped - SEEN_SINCE, written["id"]


# --- who publishes, and what is subscribed ------------------------------------------------------


def feeds() -> list[tuple[tuple[str, ...], dict[str, str]]]:
    """Return every feed of feeds.opml with the folders it lies in."""
    found = []

    def walk(node: ET.Element, folders: tuple[str, ...]) -> None:
        for outline in node.findall("outline"):
            if "xmlUrl" in outline.attrib:
                found.append((folders, dict(outline.attrib)))
            else:
                walk(outline, (*folders, outline.attrib["text"]))

    body = ET.parse(ROOT / "feeds.opml").getroot().find("body")
    assert body is not None
    walk(body, ())
    return found


def test_the_subscriptions_are_complete_and_said_once() -> None:
    subscribed = feeds()

    assert len(subscribed) >= 60
    for folders, feed in subscribed:
        assert len(folders) == 2
        assert feed["type"] == "rss"
        assert feed["text"] == feed["title"]
        assert feed["language"] in {"en", "ur", "fa", "ps", "bal"}
        assert urlsplit(feed["xmlUrl"]).scheme in {"http", "https"}
        assert urlsplit(feed["htmlUrl"]).hostname
    urls = [feed["xmlUrl"] for _, feed in subscribed]
    assert len(urls) == len(set(urls))
    assert {feed["language"] for _, feed in subscribed} == {"en", "ur", "fa", "ps", "bal"}


def test_every_subscribed_feed_belongs_to_an_outlet() -> None:
    hosts = {host: outlet for outlet in pack().outlets for host in outlet.hosts}
    for _, feed in feeds():
        labels = (urlsplit(feed["xmlUrl"]).hostname or "").split(".")
        parents = {".".join(labels[start:]) for start in range(len(labels))}
        owners = [hosts[host] for host in parents & set(hosts)]
        assert len(owners) == 1, feed["xmlUrl"]
        assert feed["language"] in owners[0].languages, feed["xmlUrl"]


def test_no_outlet_claims_to_have_been_checked() -> None:
    assert len(pack().outlets) >= 60
    assert not any(outlet.verified for outlet in pack().outlets)
    assert all(outlet.feeds_seen for outlet in pack().outlets)


def test_no_group_s_own_channel_is_subscribed() -> None:
    own = {host for outlet in pack().outlets if outlet.kind == "group-media" for host in outlet.hosts}
    assert not {urlsplit(feed["xmlUrl"]).hostname for _, feed in feeds()} & own
