"""Read YAML as nodes that know where they stand, so that every fault can be shown at its line and column.

    faults: list[Fault] = []
    root = load(Path("config.yaml"), faults)     # None when there is nothing to go on with
    for key, value in pairs(root): …             # key.text, value.line, value.column (from 1)
    data(root)                                   # the same as dict, list, str and None
    place(root, ("rules", 0, "query"))           # (line, column) of that value, or of the nearest above it

Every scalar is the text that was written: nothing becomes a date, a number or a boolean by itself, so a
country code NO, a clock time 22:00 and an id 010 stay what they are. Duplicate keys, aliases, tags
and second documents are faults: a file that people review should say everything once, where it is read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import yaml

from monitor.errors import Fault

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where PyYAML was built with it
_QUOTES = frozenset("'\"|>")
_DEEPEST = 40
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True)
class Scalar:
    """One piece of text; `quoted` tells "~" from ~."""

    text: str
    line: int
    column: int
    quoted: bool = False
    source: str = field(default="", compare=False)  # as written, where it goes on over several lines

    @property
    def null(self) -> bool:
        """Tell whether nothing was written, or an unquoted null."""
        return not self.quoted and self.text in _NULLS


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in the order written; of a key written twice only the first is kept."""

    items: tuple[tuple[Scalar, Node], ...]
    line: int
    column: int

    def get(self, key: str) -> Node | None:
        """Return the value under a key, or None."""
        return next((value for name, value in self.items if name.text == key), None)


Node: TypeAlias = Scalar | Sequence | Mapping


def load(path: Path, faults: list[Fault], *, file: str = "") -> Node | None:
    """Read one YAML file, adding what is wrong with it to `faults`.

    Return None when the file cannot be read or is not YAML; an empty file is an empty mapping.
    `file` is the name faults carry, by default the path as given.
    """
    file = file or str(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        faults.append(Fault(file, 0, 0, f"cannot be read: {error.strerror or error}"))
        return None
    except UnicodeDecodeError as error:
        line, column = _position(error.object[: error.start].decode("utf-8", "replace"))
        faults.append(Fault(file, line, column, "not UTF-8 from here on"))
        return None
    return parse(text, faults, file=file)


def parse(text: str, faults: list[Fault], *, file: str) -> Node | None:
    """Read YAML text; see load."""
    odd = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if odd:
        code = f"U+{ord(odd.group()):04X}"
        faults.append(
            Fault(file, *_position(text[: odd.start()]), f"not YAML: the character {code} is not allowed")
        )
        return None
    builder = _Builder(file, text, faults)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        reason = ", ".join(part for part in (error.context, error.problem) if part)
        faults.append(Fault(file, line, column, f"not YAML: {reason}"))
        return None
    return builder.root


def spot(scalar: Scalar, offset: int) -> tuple[int, int]:
    """Return the line and column at which a character of a text stands, offsets from 0."""
    if not scalar.source:
        return scalar.line, scalar.column + offset + scalar.quoted
    # What is written holds every letter of the text in order, and indentation and marks besides.
    at = -1
    begin = scalar.source.find("\n") if scalar.source[0] in "|>" else 0
    for letter in scalar.text[: offset + 1]:
        if not letter.isspace():
            found = scalar.source.find(letter, max(at + 1, begin))
            at = found if found >= 0 else at
    before = scalar.source[: max(at, 0)]
    line = before.count("\n")
    column = len(before) - before.rfind("\n") if line else scalar.column + len(before)
    return scalar.line + line, column


def pairs(node: Node | None) -> tuple[tuple[Scalar, Node], ...]:
    """Return a mapping's keys and values; anything else has none."""
    return node.items if isinstance(node, Mapping) else ()


def data(node: Node) -> object:
    """Return the node as dict, list, str, and None for what is null."""
    if isinstance(node, Mapping):
        return {key.text: data(value) for key, value in node.items}
    if isinstance(node, Sequence):
        return [data(item) for item in node.items]
    return None if node.null else node.text


def place(node: Node, path: tuple[str | int, ...], *, key: bool = False) -> tuple[int, int]:
    """Return line and column of the value at a path of keys and indexes, or of the nearest one above it.

    With `key`, the place of the last step's key instead of its value: where an unknown key stands.
    """
    for number, step in enumerate(path, start=1):
        name, below = _step(node, step)
        if below is None:
            break
        if key and name and number == len(path):
            return name.line, name.column
        node = below
    return node.line, node.column


def at(node: Node, path: tuple[str | int, ...]) -> Node | None:
    """Return the node at a path of keys and indexes, or None."""
    found: Node | None = node
    for step in path:
        if found is None:
            return None
        found = _step(found, step)[1]
    return found


def describe(node: Node) -> str:
    """Say in words what kind of node this is."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    return "nothing" if node.null else "text"


def _step(node: Node, step: str | int) -> tuple[Scalar | None, Node | None]:
    if isinstance(node, Mapping):
        return next((pair for pair in node.items if pair[0].text == step), (None, None))
    if isinstance(node, Sequence) and isinstance(step, int) and 0 <= step < len(node.items):
        return None, node.items[step]
    return None, None


def _position(before: str) -> tuple[int, int]:
    line = before.count("\n") + 1
    return line, len(before) - (before.rfind("\n") + 1) + 1


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been read; a mapping's keys and values alternate."""

    mapping: bool
    line: int
    column: int
    items: list[Node] = field(default_factory=list)


class _Builder:
    """Builds nodes from parse events, without recursion: depth is the file's to choose, not the stack's."""

    def __init__(self, file: str, text: str, faults: list[Fault]) -> None:
        self._file = file
        self._text = text
        self._faults = faults
        self._open: list[_Open] = []
        self._documents = 0
        self.root: Node = Mapping((), 1, 1)

    def take(self, event: yaml.Event) -> None:
        mark = event.start_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        if isinstance(event, yaml.ScalarEvent):
            self._refuse_marks(event, line, column)
            self._add(Scalar(event.value, line, column, event.style in _QUOTES, source=self._written(event)))
        elif isinstance(event, yaml.CollectionStartEvent):
            self._refuse_marks(event, line, column)
            if len(self._open) == _DEEPEST:
                self._fault(line, column, f"nested deeper than {_DEEPEST} levels")
            self._open.append(_Open(isinstance(event, yaml.MappingStartEvent), line, column))
        elif isinstance(event, yaml.CollectionEndEvent):
            self._add(self._close(self._open.pop()))
        elif isinstance(event, yaml.AliasEvent):
            self._fault(line, column, f"*{event.anchor}: aliases are not read here, write it out")
            self._add(Scalar("", line, column))
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents == 2:
                self._fault(line, column, "a second document begins here; it is not read")

    def _written(self, event: yaml.ScalarEvent) -> str:
        start, end = event.start_mark, event.end_mark
        if not start or not end or start.line == end.line:
            return ""
        return self._text[start.index : end.index]

    def _add(self, node: Node) -> None:
        if self._open:
            # what lies too deep has been reported; dropping it keeps every later walk shallow
            if len(self._open) <= _DEEPEST:
                self._open[-1].items.append(node)
        elif self._documents == 1 and not (isinstance(node, Scalar) and node.null):
            self.root = node

    def _close(self, opened: _Open) -> Node:
        if not opened.mapping:
            return Sequence(tuple(opened.items), opened.line, opened.column)
        kept: dict[str, tuple[Scalar, Node]] = {}
        for key, value in zip(opened.items[::2], opened.items[1::2], strict=True):
            if not isinstance(key, Scalar):
                self._fault(key.line, key.column, f"a key must be text, not {describe(key)}")
            elif key.text in kept:
                first = kept[key.text][0].line
                self._fault(key.line, key.column, f"'{key.text}' is written twice (first on line {first})")
            else:
                kept[key.text] = (key, value)
        return Mapping(tuple(kept.values()), opened.line, opened.column)

    def _refuse_marks(self, event: yaml.NodeEvent, line: int, column: int) -> None:
        if event.anchor is not None:
            self._fault(line, column, f"&{event.anchor}: anchors are not read here, write it out")
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!":
            self._fault(line, column, f"{tag}: tags are not read here")

    def _fault(self, line: int, column: int, message: str) -> None:
        self._faults.append(Fault(self._file, line, column, message))
