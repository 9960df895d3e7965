"""A document as the matcher reads it: its fields, what stands in them, and how near things are."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import regex

from monitor.models import Document
from monitor.rules.automaton import Found, Stretch
from monitor.text.sentences import sentences

TITLE = "title"
_WORD = regex.compile(r"[\p{L}\p{N}\p{M}]+(?:['’\u00ad\u200c\u200d][\p{L}\p{N}\p{M}]+)*")


class Place(NamedTuple):
    """A stretch of a field's original text; sorts in reading order."""

    field: int
    start: int
    end: int


@dataclass
class FieldText:
    """One field: its original text and what the automaton found in its fold."""

    number: int
    name: str
    text: str
    found: Found

    def __post_init__(self) -> None:
        self._lines: dict[int, list[tuple[int, int]]] = {}

    def place(self, stretch: Stretch) -> Place:
        """Return where a stretch of the folded text stands in the original."""
        return Place(self.number, *self.found.folded.span(*stretch))

    def paragraph(self, at: int) -> tuple[int, int]:
        """Return the line of text around a position; a title is one."""
        if self.name == TITLE:
            return 0, len(self.text)
        end = self.text.find("\n", at)
        return self.text.rfind("\n", 0, at) + 1, len(self.text) if end < 0 else end

    def sentence(self, at: int) -> tuple[int, int]:
        """Return the sentence around a position; a title is one."""
        start, end = self.paragraph(at)
        if self.name == TITLE:
            return start, end
        lines = self._lines.get(start)
        if lines is None:
            lines = [(start + a, start + b) for a, b in sentences(self.text[start:end])] or [(start, end)]
            self._lines[start] = lines
        return lines[max(0, bisect_right(lines, (at, len(self.text) + 1)) - 1)]

    @cached_property
    def _words(self) -> list[int]:
        return [word.start() for word in _WORD.finditer(self.text)]

    def word(self, at: int) -> int:
        """Return the number of the word at a position."""
        return bisect_right(self._words, at) - 1


class Page:
    """All fields of one document, scanned."""

    def __init__(self, document: Document, scan: Callable[[str], Found]) -> None:
        self.document = document
        self.fields = [
            FieldText(number, name, text, scan(text)) for number, (name, text) in enumerate(document.fields)
        ]
        self.context_numbers = {number for field in self.fields for number in field.found.contexts}
        self.leaf_numbers = {number for field in self.fields for number in field.found.leaves}

    def text(self, place: Place) -> str:
        return self.fields[place.field].text[place.start : place.end]

    def contexts(self, numbers: Iterable[int]) -> Iterator[tuple[int, Place]]:
        """Yield where context words stand, in reading order for each."""
        for number in sorted(self.context_numbers.intersection(numbers)):
            for field in self.fields:
                for stretch in field.found.contexts.get(number, ()):
                    yield number, field.place(stretch)
