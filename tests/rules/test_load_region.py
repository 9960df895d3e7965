"""Reading a region pack: what comes out of a good one, and where the faults of a bad one are said to stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.errors import ConfigError
from monitor.models import Entity, Name, Outlet
from monitor.rules.entities import load_region

TARSOVA = Path(__file__).parent.parent / "regions" / "tarsova"

GOOD = """\
entities:
  - {id: org.a, name: A, type: agency, abbr: [AAA]}
"""


def faults(folder: Path, **files: str) -> list[tuple[str, int, int, str]]:
    for name, text in {"entities": GOOD, **files}.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_region(folder)
    return [(Path(f.file).name, f.line, f.column, f.message) for f in caught.value.faults]


def test_reads_every_part_of_an_entity() -> None:
    region = load_region(TARSOVA)

    assert region.name == "Tarsova"
    assert region.folder == str(TARSOVA)
    assert region.contexts == (
        ("region", ("Tarsova", "Tarsovan", "Τάρσοβα", "تارسووا")),
        ("sea", ("ferry", "harbour")),
    )
    assert region.entities[0] == Entity(
        id="org.tl",
        name="Tarsova Lighthouse Service",
        type="agency",
        names=(
            Name("Tarsova Lighthouse Service", "en"),
            Name("Lighthouse Service", "en"),
            Name("Υπηρεσία Φάρων", "el"),
            Name("تارسووا لائٹ ہاؤس", "ur"),
            Name("TLS", "abbr"),
            Name("NO", "abbr"),
            Name("On", "abbr"),
            Name("lamp-sitters", "label"),
            Name("Tarsowa Lighthouse", "", verified=False),
        ),
        require=("Tarsova", "Tarsovan", "Τάρσοβα", "تارسووا", "ferry", "harbour", "keeper"),
        exclude=("encryption", "010", "12:30"),
        level="very_high",
        note="TLS is also a protocol",
        valid=("2019-03", "2031"),
    )


def test_reads_places_beside_the_others() -> None:
    region = load_region(TARSOVA)

    assert [entity.id for entity in region.entities] == [
        "org.tl",
        "org.tl.north",
        "place.tarsova",
        "place.tarsova.010",
    ]
    island, quarter = region.entities[2:]
    assert (island.country, island.lat, island.lon) == ("NO", -1.5, 172.25)
    assert (quarter.parent, quarter.status) == ("place.tarsova", "proposed")


def test_reads_outlets() -> None:
    ferry, wire = load_region(TARSOVA).outlets

    assert ferry == Outlet(
        id="evening-ferry",
        name="The Evening Ferry",
        kind="private",
        country="NO",
        languages=("el", "en"),
        hosts=("ferry.example", "127.0.0.1:8010"),
        family="Harbour Press",
        note="Twice a week",
        original="Το Βραδινό Πλοίο",
        location="inside",
        url="https://ferry.example/",
        feeds_seen="yes, by hand",
        verified=True,
    )
    assert (wire.kind, wire.verified) == ("wire", False)


def test_entities_alone_are_a_pack(tmp_path: Path) -> None:
    (tmp_path / "entities.yaml").write_text(GOOD)

    region = load_region(tmp_path)

    assert [entity.id for entity in region.entities] == ["org.a"]
    assert (region.name, region.outlets, region.contexts) == (tmp_path.name, (), ())


def test_a_folder_without_a_pack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"entities\.yaml: cannot be read"):
        load_region(tmp_path)


HEAD = "entities:\n  - id: org.a\n    name: A\n    type: agency\n"

BROKEN_ENTITIES = {
    "unknown key": (
        HEAD + "    naems: {en: [A]}\n    abbr: [A]\n",
        5,
        5,
        "'naems' in an entity, did you mean 'names'?",
    ),
    "unknown key at the top": (GOOD + "outlets: []\n", 3, 1, "unknown key 'outlets' in the file"),
    "coordinates of no place": (HEAD + "    abbr: [A]\n    lat: 1.0\n", 6, 5, "unknown key 'lat'"),
    "unknown key in ambiguity": (
        HEAD + "    abbr: [A]\n    ambiguity: {requires: [x]}\n",
        6,
        17,
        "'requires'",
    ),
    "key written twice": (
        HEAD + "    abbr: [A]\n    abbr: [B]\n",
        6,
        5,
        "'abbr' is written twice (first on line 5)",
    ),
    "id written twice": (
        GOOD + "  - {name: B, id: org.a, type: agency, abbr: [B]}\n",
        3,
        19,
        "'org.a' is written twice",
    ),
    "id that is none": (
        "entities:\n  - {id: Org A, name: A, type: agency, abbr: [A]}\n",
        2,
        10,
        "'id' must look like",
    ),
    "no type": ("entities:\n  - {id: org.a, name: A, abbr: [A]}\n", 2, 5, "an entity needs 'type'"),
    "no name": (HEAD, 2, 5, "needs a name"),
    "a label is no name": (HEAD + "    labels: [B]\n", 2, 5, "needs a name"),
    "empty name": (HEAD + "    names: {en: [A, '']}\n", 5, 21, "must not be empty"),
    "null name": (HEAD + "    names: {en: [A, ~]}\n", 5, 21, "must be text, not nothing"),
    "blank around a name": (HEAD + "    names:\n      ur: ['بلوچ ']\n", 6, 12, "blank"),
    "empty list": (HEAD + "    names: {en: []}\n    abbr: [A]\n", 5, 17, "'en' is an empty list"),
    "name instead of names": (
        HEAD + "    names: {en: A}\n    abbr: [A]\n",
        5,
        17,
        "'en' must be a list, not text",
    ),
    "names without language": (
        HEAD + "    names: [A]\n    abbr: [A]\n",
        5,
        12,
        "must be a mapping, not a list",
    ),
    "language that is none": (HEAD + "    names: {Urdu: [A]}\n", 5, 19, "not by 'Urdu'"),
    "name listed twice": (HEAD + "    names: {en: [Ab, Ab]}\n", 5, 22, "'Ab' is already listed under 'en'"),
    "abbreviation that is a name": (
        HEAD + "    names: {en: [Ab]}\n    abbr: [Ab]\n",
        6,
        12,
        "already listed under 'en'",
    ),
    "dangling parent": (HEAD + "    abbr: [A]\n    parent: org.b\n", 6, 13, "unknown parent 'org.b'"),
    "its own parent": (HEAD + "    abbr: [A]\n    parent: org.a\n", 6, 13, "in a circle: org.a → org.a"),
    "unknown context": (
        HEAD + "    abbr: [A]\n    ambiguity:\n      require: [b, '@sea']\n",
        7,
        20,
        "unknown context '@sea'",
    ),
    "empty context word": (
        HEAD + "    abbr: [A]\n    ambiguity: {exclude: ['']}\n",
        6,
        27,
        "must not be empty",
    ),
    "unknown level": (
        HEAD + "    abbr: [A]\n    ambiguity: {level: hot}\n",
        6,
        24,
        "'level' must be one of low, medium",
    ),
    "no such day": (
        HEAD + "    abbr: [A]\n    valid: {from: 2025-02-30}\n",
        6,
        19,
        "not a day of the calendar",
    ),
    "day in words": (HEAD + "    abbr: [A]\n    valid: {to: May 2025}\n", 6, 17, "'to' must look like 2025"),
    "valid backwards": (
        HEAD + "    abbr: [A]\n    valid: {from: 2025-03, to: 2024}\n",
        6,
        32,
        "before 'from'",
    ),
    "entity that is text": ("entities:\n  - org.a\n", 2, 5, "an entity must be a mapping, not text"),
    "entities that are none": ("entities: org.a\n", 1, 11, "'entities' must be a list, not text"),
    "empty file": ("", 1, 1, "the file needs 'entities'"),
    "not YAML": ("entities:\n  - {id: org.a\n", 3, 1, "not YAML"),
    "columns after Arabic letters": (
        "entities:\n  - {id: org.a, name: بلوچ, tyep: x, type: x, abbr: [A]}\n",
        2,
        29,
        "'tyep'",
    ),
}


@pytest.mark.parametrize(
    ("text", "line", "column", "message"), BROKEN_ENTITIES.values(), ids=BROKEN_ENTITIES.keys()
)
def test_faults_of_entities(tmp_path: Path, text: str, line: int, column: int, message: str) -> None:
    found = faults(tmp_path, entities=text)

    assert [fault[:3] for fault in found] == [("entities.yaml", line, column)]
    assert message in found[0][3]


PLACE = "places:\n  - {id: place.a, name: A, type: town, abbr: [A], "

BROKEN_PLACES = {
    "id of the other file": (
        "places:\n  - {id: org.a, name: A, type: town, abbr: [A]}\n",
        2,
        10,
        "entities.yaml:2)",
    ),
    "half a coordinate": (PLACE + "lat: 30.1}\n", 2, 56, "'lat' needs 'lon' beside it"),
    "coordinate off the globe": (PLACE + "lat: 91, lon: 0}\n", 2, 56, "between -90 and 90"),
    "coordinate in degrees": (PLACE + "lat: 30N, lon: 0}\n", 2, 56, "must look like 30.184"),
    "country in words": (PLACE + "country: Pakistan}\n", 2, 60, "must look like PK"),
    "parent nowhere": (PLACE + "parent: place.b}\n", 2, 59, "unknown parent 'place.b'"),
    "no places": ("entities: []\n", 1, 1, "unknown key 'entities'"),
}


@pytest.mark.parametrize(
    ("text", "line", "column", "message"), BROKEN_PLACES.values(), ids=BROKEN_PLACES.keys()
)
def test_faults_of_places(tmp_path: Path, text: str, line: int, column: int, message: str) -> None:
    found = faults(tmp_path, places=text)

    assert found[0][:3] == ("places.yaml", line, column)
    assert message in found[0][3]


OUTLET = "outlets:\n  - {id: a, name: A, kind: private, hosts: [a.example]}\n"

BROKEN_SOURCES = {
    "host of two outlets": (
        OUTLET + "  - {id: b, name: B, kind: wire, hosts: [b.example, a.example]}\n",
        3,
        53,
        "belongs to 'a'",
    ),
    "id twice": (
        OUTLET + "  - {id: a, name: B, kind: wire}\n",
        3,
        10,
        "'a' is written twice (first on line 2)",
    ),
    "host with www": (
        "outlets:\n  - {id: a, name: A, kind: wire, hosts: [www.a.example]}\n",
        2,
        42,
        "no www.",
    ),
    "host with a path": (
        "outlets:\n  - {id: a, name: A, kind: wire, hosts: [a.example/b]}\n",
        2,
        42,
        "must look like",
    ),
    "unknown kind": (
        "outlets:\n  - {id: a, name: A, kind: blog}\n",
        2,
        28,
        "'kind' must be one of state, private",
    ),
    "unknown key": (
        "outlets:\n  - {id: a, name: A, kind: wire, host: a.example}\n",
        2,
        34,
        "did you mean 'hosts'?",
    ),
    "neither true nor false": (
        "outlets:\n  - {id: a, name: A, kind: wire, verified: yes}\n",
        2,
        44,
        "true, false",
    ),
    "no kind": ("outlets:\n  - {id: a, name: A}\n", 2, 5, "an outlet needs 'kind'"),
}


@pytest.mark.parametrize(
    ("text", "line", "column", "message"), BROKEN_SOURCES.values(), ids=BROKEN_SOURCES.keys()
)
def test_faults_of_sources(tmp_path: Path, text: str, line: int, column: int, message: str) -> None:
    found = faults(tmp_path, sources=text)

    assert [fault[:3] for fault in found] == [("sources.yaml", line, column)]
    assert message in found[0][3]


def test_all_faults_come_together_in_file_order(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        entities=HEAD + "    abbr: [A]\n    note: ''\n    parent: org.z\n    tpye: x\n",
        places=PLACE + "lat: 1}\n",
        sources="outlets:\n  - {id: a, name: A, kind: blog}\n",
    )

    assert [fault[:3] for fault in found] == [
        ("entities.yaml", 6, 11),
        ("entities.yaml", 7, 13),
        ("entities.yaml", 8, 5),
        ("places.yaml", 2, 56),
        ("sources.yaml", 2, 28),
    ]


def test_a_circle_of_parents_is_told_once(tmp_path: Path) -> None:
    text = "entities:\n" + "".join(
        f"  - {{id: org.{name}, name: N, type: t, abbr: [N], parent: org.{parent}}}\n"
        for name, parent in ("ab", "bc", "ca", "da")
    )

    found = faults(tmp_path, entities=text)

    assert [fault[1:] for fault in found] == [
        (4, 54, "parents go in a circle: org.a → org.b → org.c → org.a")
    ]


def test_an_unreadable_first_file_makes_no_echoes(tmp_path: Path) -> None:
    found = faults(tmp_path, entities="entities: [\n", places=PLACE + "parent: org.gone}\n")

    assert [fault[0] for fault in found] == ["entities.yaml"]
