"""A document as the matcher reads it: its fields, what stands in them, and how near things are."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple

import regex

from monitor.models import Document
from monitor.rules.automaton import Found, Stretch
from monitor.text.sentences import sentences

TITLE = "title"
NEAR = 200  # characters of the original text between two places
_NEWLINE = regex.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_WORD = regex.compile(r"[\p{L}\p{N}\p{M}]+(?:['’\u00ad\u200c\u200d][\p{L}\p{N}\p{M}]+)*")


class Place(NamedTuple):
    """A stretch of a field's original text; sorts in reading order."""

    field: int
    start: int
    end: int

    def inside(self, other: Place) -> bool:
        return self.field == other.field and other.start <= self.start and self.end <= other.end


class FieldText:
    """One field: its original text and what the automaton found in its fold."""

    def __init__(self, number: int, name: str, text: str, found: Found) -> None:
        self.number = number
        self.name = name
        self.text = text
        self.found = found
        self._sentences: dict[int, list[tuple[int, int]]] = {}

    def place(self, stretch: Stretch) -> Place:
        """Return where a stretch of the folded text stands in the original."""
        return Place(self.number, *self.found.folded.span(*stretch))

    @cached_property
    def _ends(self) -> list[int]:
        return [end.start() for end in _NEWLINE.finditer(self.text)]

    def paragraph(self, at: int) -> tuple[int, int]:
        """Return the line of text around a position; a title is one."""
        if self.name == TITLE:
            return 0, len(self.text)
        number = bisect_left(self._ends, at)
        start = self._ends[number - 1] + 1 if number else 0
        return start, self._ends[number] if number < len(self._ends) else len(self.text)

    def sentence(self, at: int) -> tuple[int, int]:
        """Return the sentence around a position; a title is one."""
        start, end = self.paragraph(at)
        if self.name == TITLE:
            return start, end
        lines = self._sentences.get(start)
        if lines is None:
            lines = [(start + a, start + b) for a, b in sentences(self.text[start:end])] or [(start, end)]
            self._sentences[start] = lines
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

    def context(self, number: int) -> list[Place]:
        """Return where a context word stands, in reading order."""
        return sorted(
            field.place(stretch) for field in self.fields for stretch in field.found.contexts.get(number, ())
        )

    def scope(self, place: Place, other: Place) -> str:
        """Say how near two places are: title, sentence, near, paragraph or document."""
        if place.field != other.field:
            return "title" if self.fields[other.field].name == TITLE else "document"
        field = self.fields[place.field]
        if field.name == TITLE:
            return "title"
        start, end = field.sentence(place.start)
        if start <= other.start < end:
            return "sentence"
        if gap(place, other) <= NEAR:
            return "near"
        start, end = field.paragraph(place.start)
        return "paragraph" if start <= other.start < end else "document"


def gap(place: Place, other: Place) -> int:
    """Return the characters between two places of one field; 0 when they touch or overlap."""
    return max(0, other.start - place.end, place.start - other.end)


def neighbours(place: Place, places: Sequence[Place], *, with_own: bool) -> list[Place]:
    """Return the few of many sorted places that can be the nearest to one.

    These are the next on either side, the first in a field before and the first in a field after; without
    `with_own` those that lie inside the place itself do not count.
    """
    found = []
    at = bisect_left(places, place)
    for step in (-1, 1):
        index = at if step > 0 else at - 1
        while 0 <= index < len(places) and not with_own and places[index].inside(place):
            index += step
        if 0 <= index < len(places):
            found.append(places[index])
    # A title comes first and speaks for everything; whatever is last stands in for all other fields.
    return [*found, *(end for end in (places[0], places[-1]) if end.field != place.field)] if places else []
