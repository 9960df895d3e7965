"""The region's entities made ready for matching: their forms, what each needs around it, who belongs to whom."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import regex

from monitor.errors import QueryError
from monitor.models import Entity
from monitor.rules.automaton import Patterns
from monitor.rules.context import Needs
from monitor.rules.names import PEOPLES, Kind, forms
from monitor.rules.tree import EntityRef
from monitor.text.fold import fold_word, words

_RELATED = ("i", "ی")  # endings of what belongs to a place: Pakistani, پاکستانی
_CAPITALISED = regex.compile(r"\p{Lu}")


class Directory:
    """Who belongs to whom, by the entities' index."""

    def __init__(self, entities: Sequence[Entity]) -> None:
        self.entities = tuple(entities)
        self.index = {entity.id: number for number, entity in enumerate(self.entities)}
        self.ancestors = [self._ancestors(entity) for entity in self.entities]

    def _ancestors(self, entity: Entity) -> frozenset[int]:
        found: set[int] = set()
        parent = self.index.get(entity.parent)
        while parent is not None and parent not in found:
            found.add(parent)
            parent = self.index.get(self.entities[parent].parent)
        return frozenset(found)

    def named(self, reference: EntityRef) -> frozenset[str]:
        """Return the ids a query's @id or @id/** stands for; raise QueryError when nobody has the id."""
        top = self.index.get(reference.id)
        if top is None:
            close = difflib.get_close_matches(reference.id, self.index, n=1, cutoff=0.7)
            hint = f"; did you mean @{close[0]}?" if close else ""
            raise QueryError(f"the region pack has no entity {reference.id}{hint}", reference.column)
        if not reference.descendants:
            return frozenset((reference.id,))
        family = (number for number, found in enumerate(self.ancestors) if top in found)
        return frozenset((reference.id, *(self.entities[number].id for number in family)))


class Lexicon(Directory):
    """All that is known of the entities, by their index."""

    def __init__(self, entities: Sequence[Entity], patterns: Patterns) -> None:
        super().__init__(entities)
        self.context_words: list[str] = []
        self._contexts: dict[str, int] = {}
        self._patterns = patterns
        self.relatives = [set(ancestors) for ancestors in self.ancestors]
        self._descendants: defaultdict[int, set[int]] = defaultdict(set)
        for number, ancestors in enumerate(self.ancestors):
            for ancestor in ancestors:
                self.relatives[ancestor].add(number)
                self._descendants[ancestor].add(number)
        own: list[set[str]] = [set() for _ in self.entities]
        self._named_after: defaultdict[str, set[int]] = defaultdict(set)  # a word of full names -> entities
        plain: set[str] = set()
        holders: defaultdict[str, set[int]] = defaultdict(set)
        for number, entity in enumerate(self.entities):
            for pattern, form in forms(number, entity):
                patterns.name(pattern, form)
                holders[pattern].add(number)
                if form.kind is Kind.FULL:
                    own[number].update(word for word in words(pattern) if len(word) > 3)
                    if form.verified and entity.type not in PEOPLES:
                        for word in words(pattern):
                            self._named_after[word].add(number)
                elif form.kind is Kind.WORD and (
                    entity.type in PEOPLES or not entity.type.startswith("person")
                ):
                    plain.add(pattern)
        self.needs = [
            Needs(
                level=entity.level,
                spelled=entity.spelled or entity.level,
                latin=entity.latin or entity.level,
                require=self._numbers(entity.require),
                exclude=self._numbers(entity.exclude),
                not_of=self._numbers(entity.not_of),
                languages=frozenset(entity.languages),
                asked=entity.require,
                own=frozenset(own[number]),
                family=self._family(number, entity, holders),
            )
            for number, entity in enumerate(self.entities)
        ]
        self.capitals = frozenset(
            number for number, word in enumerate(self.context_words) if _CAPITALISED.match(word)
        )
        self._plain = frozenset(plain)

    def _numbers(self, asked: Iterable[str]) -> frozenset[int]:
        return frozenset(self._number(word) for word in asked if fold_word(word))

    def _number(self, word: str) -> int:
        # A word written with a capital in one list and without in another is asked for in two ways.
        key = f"{word[:1].isupper()} {fold_word(word)}"
        if key not in self._contexts:
            self._contexts[key] = len(self.context_words)
            self.context_words.append(word)
            self._patterns.context(word, self._contexts[key])
        return self._contexts[key]

    def _family(self, number: int, entity: Entity, holders: Mapping[str, set[int]]) -> frozenset[int]:
        """Return the entities that belong to what an entity asks for; not itself and its own.

        They stand under one whose name it asks for, or hold such a word in their own full names: the Baloch
        Liberation Army, however it is written, speaks for what asks for Baloch.
        """
        asked = {fold_word(word) for word in entity.require}
        above = {holder for word in asked for holder in holders.get(word, ())}
        under = {below for holder in above for below in self._descendants.get(holder, ())}
        named = {other for word in asked for other in self._named_after.get(word, ())}
        return frozenset((under | named) - self.relatives[number] - {number})

    def known(self, word: str) -> bool:
        """Tell whether a folded word names a place, a people or the like, or what belongs to one (Pakistani)."""
        return word in self._plain or (word.endswith(_RELATED) and self._names_place(word[:-1]))

    def _names_place(self, word: str) -> bool:
        return word in self._plain or f"True {word}" in self._contexts or f"False {word}" in self._contexts
