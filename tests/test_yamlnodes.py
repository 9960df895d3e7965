"""Reading YAML as nodes: text stays text, and every fault has its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.errors import Fault
from monitor.yamlnodes import Mapping, Node, Scalar, at, data, describe, load, pairs, parse, place, spot


def read(text: str) -> tuple[Node, list[str]]:
    faults: list[Fault] = []
    node = parse(text, faults, file="a.yaml")
    assert node is not None
    return node, [str(fault) for fault in faults]


def test_scalars_are_the_text_that_was_written() -> None:
    node, faults = read(
        "{no: NO, on: on, n: 010, t: 22:00, d: 2025-12-01, f: 1_000, e: 1e3, y: yes, x: 0x1F}"
    )

    assert data(node) == {
        "no": "NO",
        "on": "on",
        "n": "010",
        "t": "22:00",
        "d": "2025-12-01",
        "f": "1_000",
        "e": "1e3",
        "y": "yes",
        "x": "0x1F",
    }
    assert faults == []


def test_only_an_unquoted_null_is_nothing() -> None:
    node, _ = read("a:\nb: ~\nc: null\nd: '~'\ne: ''\nf: |\n  text\n")

    assert data(node) == {"a": None, "b": None, "c": None, "d": "~", "e": "", "f": "text\n"}
    assert describe(at(node, ("a",)) or node) == "nothing"


def test_nodes_know_their_line_and_column_in_characters() -> None:
    node, _ = read("نام: {شہر: [کوئٹہ, تربت]}\nb:\n  - c: 1\n")

    town = at(node, ("نام", "شہر", 1))
    assert town == Scalar("تربت", 1, 20)
    assert [(key.text, key.line, key.column) for key, _ in pairs(node)] == [("نام", 1, 1), ("b", 2, 1)]


def test_place_falls_back_to_the_nearest_above() -> None:
    node, _ = read("a:\n  - b: 1\n    c: 2\n")

    assert place(node, ("a", 0, "c")) == (3, 8)
    assert place(node, ("a", 0, "c"), key=True) == (3, 5)
    assert place(node, ("a", 0, "missing")) == (2, 5)
    assert place(node, ("a", 7, "c")) == (2, 3)
    assert place(node, ("a", 0, "b", "deeper")) == (2, 8)
    assert at(node, ("a", 7)) is None
    assert at(node, ("a", "x", "y")) is None


def test_of_a_key_written_twice_the_first_is_kept() -> None:
    node, faults = read("a: 1\nb: {c: 1, c: 2}\na: 3\n")

    assert data(node) == {"a": "1", "b": {"c": "1"}}
    assert faults == [
        "a.yaml:2:11: 'c' is written twice (first on line 2)",
        "a.yaml:3:1: 'a' is written twice (first on line 1)",
    ]


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "~"])
def test_an_empty_file_is_an_empty_mapping(text: str) -> None:
    assert read(text) == (Mapping((), 1, 1), [])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: &x 1\n", "a.yaml:1:4: &x: anchors are not read here, write it out"),
        ("a: &x 1\nb: *x\n", "a.yaml:2:4: *x: aliases are not read here, write it out"),
        (
            "a: !!python/name:os.system x\n",
            "a.yaml:1:4: tag:yaml.org,2002:python/name:os.system: tags are not read",
        ),
        ("a: 1\n---\nb: 2\n", "a.yaml:2:1: a second document begins here"),
        ("? [x]\n: 1\n", "a.yaml:1:3: a key must be text, not a list"),
        ("[" * 50 + "]" * 50, "a.yaml:1:41: nested deeper than 40 levels"),
    ],
)
def test_what_a_reviewed_file_should_not_use_is_a_fault(text: str, fault: str) -> None:
    _, faults = read(text)

    assert any(found.startswith(fault) for found in faults)


def test_endless_nesting_costs_no_stack() -> None:
    node, faults = read("{a: " * 5_000 + "1" + "}" * 5_000)

    assert faults == ["a.yaml:1:161: nested deeper than 40 levels"]
    assert isinstance(data(node), dict)


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("a: [1,\n", 2, 1, "not YAML: while parsing a flow node"),
        ("a: 1\n b: 2\n", 2, 3, "not YAML: mapping values are not allowed"),
        ("a: 1\nب: x\x07y\n", 2, 5, "not YAML: the character U+0007 is not allowed"),
    ],
)
def test_what_is_not_yaml_is_one_fault(text: str, line: int, column: int, message: str) -> None:
    faults: list[Fault] = []

    assert parse(text, faults, file="a.yaml") is None
    assert [(fault.line, fault.column) for fault in faults] == [(line, column)]
    assert faults[0].message.startswith(message)


def test_files_are_utf8_with_or_without_a_mark(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    faults: list[Fault] = []
    file.write_bytes(b"\xef\xbb\xbf" + "شہر: گوادر\n".encode())
    assert data(load(file, faults) or Mapping((), 0, 0)) == {"شہر": "گوادر"}
    assert faults == []

    file.write_bytes("a: 1\nشہر: ".encode() + b"\xff\n")
    assert load(file, faults, file="shown.yaml") is None
    assert faults == [Fault("shown.yaml", 2, 6, "not UTF-8 from here on")]


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    faults: list[Fault] = []

    assert load(tmp_path / "none.yaml", faults) is None
    assert faults == [Fault(str(tmp_path / "none.yaml"), 0, 0, "cannot be read: No such file or directory")]


@pytest.mark.parametrize(
    "written",
    [
        "flood AND here",
        "'flood AND here'",
        '"flood AND here"',
        "flood\n    AND here",
        "'flood\n    AND here'",
        ">-\n    flood\n    AND here",
        "|\n    flood\n    AND here",
        ">\n    flood AND\n\n    here",
        ">-  # why\n    flood\n    AND  here",
    ],
)
def test_a_letter_of_a_text_is_found_where_it_was_written(written: str) -> None:
    text = f"a:\n  q: {written}\n"
    node, _ = read(text)
    scalar = at(node, ("a", "q"))
    assert isinstance(scalar, Scalar)
    for word in ("flood", "AND", "here"):
        line, column = spot(scalar, scalar.text.index(word))
        assert text.splitlines()[line - 1][column - 1 :].startswith(word)
