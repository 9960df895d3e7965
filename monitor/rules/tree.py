"""The parts a query is made of, and how they are written again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import UnionType

import regex

QUOTES = '"“”„‟'


@dataclass(frozen=True, slots=True)
class Node:
    """Any part of a query; `column` counts from 1 and is no part of its identity."""

    column: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Word(Node):
    text: str


@dataclass(frozen=True, slots=True)
class Phrase(Node):
    """Words in a row; `prefix` says that the last one may go on."""

    text: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Prefix(Node):
    """A word that may go on; `text` is what stands before the *."""

    text: str


@dataclass(frozen=True, slots=True)
class Regex(Node):
    """A pattern tried on the original characters, any case."""

    pattern: str


@dataclass(frozen=True, slots=True)
class EntityRef(Node):
    """An entity of the region pack; with `descendants`, everything under it too."""

    id: str
    descendants: bool = False


@dataclass(frozen=True, slots=True)
class Near(Node):
    """Both within `distance` words of each other, in one field, in either order."""

    left: Node
    right: Node
    distance: int


@dataclass(frozen=True, slots=True)
class And(Node):
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or(Node):
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not(Node):
    part: Node


@dataclass(frozen=True, slots=True)
class Title(Node):
    """What must stand in the title."""

    part: Node


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """A property of the article: name is lang, source or kind; value is lower case."""

    name: str
    value: str


def children(node: Node) -> tuple[Node, ...]:
    """Return the parts directly under a node, in the order they were written."""
    match node:
        case And(parts) | Or(parts):
            return parts
        case Not(part) | Title(part):
            return (part,)
        case Near(left, right):
            return (left, right)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything under it, from left to right."""
    yield node
    for child in children(node):
        yield from walk(child)


def citable(node: Node) -> bool:
    """Tell whether whatever satisfies the query gives something to cite, or a filter to name."""
    match node:
        case Not():
            return False
        case And(parts):
            return any(citable(part) for part in parts)
        case Or(parts):
            return all(citable(part) for part in parts)
        case Title(part):
            return citable(part)
        case _:
            return True


_LEAF = Word | Phrase | Prefix | Regex | EntityRef


def unparse(node: Node) -> str:
    """Write a tree as a query; `parse` reads the same tree out of it."""
    match node:
        case Word(text):
            return text
        case Phrase(text, prefix):
            escaped = regex.sub(rf"[\\*{QUOTES}]", r"\\\g<0>", text)
            return f'"{escaped}*"' if prefix else f'"{escaped}"'
        case Prefix(text):
            return f"{text}*"
        case Regex(pattern):
            inner = regex.sub(r"(?s)\\.|/", lambda hit: r"\/" if hit[0] == "/" else hit[0], pattern)
            return f"/{inner}/"
        case EntityRef(name, descendants):
            return f"@{name}/**" if descendants else f"@{name}"
        case Filter(name, value):
            return f"{name}:{unparse(Phrase(value))}"
        case Title(part):
            return f"title:{_inner(part, _LEAF)}"
        case Near(left, right, distance):
            return f"{_inner(left, _LEAF | Near)} NEAR/{distance} {_inner(right, _LEAF)}"
        case Not(part):
            return f"NOT {_inner(part, _LEAF | Title | Filter | Near | Not)}"
        case And(parts):
            return " AND ".join(
                f"({unparse(part)})" if isinstance(part, Or) else unparse(part) for part in parts
            )
        case Or(parts):
            return " OR ".join(unparse(part) for part in parts)
        case _:
            raise TypeError(f"{node!r} is no part of a query")


def _inner(node: Node, bare: type | UnionType) -> str:
    return unparse(node) if isinstance(node, bare) else f"({unparse(node)})"
