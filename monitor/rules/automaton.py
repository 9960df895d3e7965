"""One pass over a folded text for everything anybody looks for: names, query words, context words."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from ahocorasick_rs import AhoCorasick, MatchKind

from monitor.rules.names import Form
from monitor.text.fold import Folded, fold_mapped, variants

Stretch = tuple[int, int]  # [start, end) in a folded text

# Letters between which no word of any kind begins or ends: tested before anything that costs more.
_INSIDE = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_MOST = 5000  # names in one text, and places of one word; an article has tens, and what has more is none
_PLURALS = ("s", "es")


@dataclass(slots=True)
class Uses:
    """Who looks for a pattern; leaves, prefixes and contexts are the numbers their owners gave them."""

    forms: list[Form] = field(default_factory=list)
    led: list[Form] = field(default_factory=list)  # names that begin some letters into the pattern
    leaves: list[int] = field(default_factory=list)
    prefixes: list[int] = field(default_factory=list)
    contexts: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Found:
    """What stands in one text: names by where they stand, the others by number."""

    folded: Folded
    names: dict[Stretch, list[Form]]
    leaves: dict[int, list[Stretch]]
    contexts: dict[int, list[Stretch]]


class Patterns:
    """Collects what is looked for, by folded pattern."""

    def __init__(self) -> None:
        self.uses: defaultdict[str, Uses] = defaultdict(Uses)

    def name(self, pattern: str, form: Form) -> None:
        uses = self.uses[pattern]
        (uses.led if form.lead else uses.forms).append(form)

    def phrase(self, text: str, leaf: int) -> None:
        for pattern in variants(text):
            self.uses[pattern].leaves.append(leaf)

    def prefix(self, text: str, leaf: int) -> None:
        for pattern in variants(text):
            self.uses[pattern].prefixes.append(leaf)

    def context(self, word: str, number: int) -> None:
        for pattern in variants(word):
            self.uses[pattern].contexts.append(number)


class Automaton:
    """All patterns, compiled; does not pickle."""

    def __init__(self, patterns: Patterns) -> None:
        found = {pattern: uses for pattern, uses in patterns.uses.items() if pattern}
        self._uses = list(found.values())
        self._automaton = AhoCorasick(list(found), matchkind=MatchKind.Standard, store_patterns=False)
        self.size = len(found)

    def scan(self, text: str) -> Found:
        """Find every pattern that stands in a text as a word of its own."""
        folded = fold_mapped(text)
        found = Found(folded, defaultdict(list), defaultdict(list), defaultdict(list))
        letters = folded.text
        size = len(letters)
        for number, start, end in self._automaton.find_matches_as_indexes(letters, overlapping=True):
            if start and letters[start - 1] in _INSIDE and letters[start] in _INSIDE:
                continue
            uses = self._uses[number]
            if end < size and letters[end] in _INSIDE and letters[end - 1] in _INSIDE:
                if uses.prefixes or uses.contexts:
                    _goes_on(found, uses, start, end)
            elif folded.whole(start, end):
                _whole(found, uses, start, end)
            elif uses.prefixes:
                _goes_on(found, uses, start, end)
        return found


def _whole(found: Found, uses: Uses, start: int, end: int) -> None:
    place = (start, end)
    if uses.forms and (len(found.names) < _MOST or place in found.names):
        found.names[place] += uses.forms
    for form in uses.led:
        if len(found.names) < _MOST:
            found.names[start + form.lead, end].append(form)
    for leaf in uses.leaves:
        _add(found.leaves[leaf], place)
    for context in uses.contexts:
        _add(found.contexts[context], place)
    if uses.prefixes:
        _prefixes(found, uses, start, end)


def _add(places: list[Stretch], place: Stretch) -> None:
    if len(places) < _MOST:
        places.append(place)


def _goes_on(found: Found, uses: Uses, start: int, end: int) -> None:
    """Record what may go on behind the pattern: prefixes, and context words with an English plural."""
    folded = found.folded
    if uses.contexts:
        plural = next((ending for ending in _PLURALS if folded.text.startswith(ending, end)), "")
        last = end + len(plural)
        if plural and folded.boundary(last) and folded.starts_word(start, end - start):
            for context in uses.contexts:
                _add(found.contexts[context], (start, last))
    if uses.prefixes and folded.starts_word(start, end - start):
        _prefixes(found, uses, start, end)


def _prefixes(found: Found, uses: Uses, start: int, end: int) -> None:
    last = end
    while not found.folded.boundary(last):
        last += 1
    for leaf in uses.prefixes:
        _add(found.leaves[leaf], (start, last))
