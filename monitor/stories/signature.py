"""What an article says happened, in terms that do not depend on its language.

Where, who, how many, when, and what kind of thing: read from the entities found in it, its figures, the days
it names and its themes. Only the head of an article, its title and first lines, is asked where and how many:
what stands below is background, and background names other events.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

import regex

from monitor.models import Entity, Grade, Mention, Signature
from monitor.stories.figures import days, numbers
from monitor.stories.themes import themes
from monitor.text.fold import fold, words

HEAD = 500  # characters of the body that count as its head
LEAD = 400  # in which a place is where it happened
FIRST = 150  # of its first sentence
_LONG = 4  # letters of a word that counts as one of content
_AFTER_DATELINE = regex.compile(r"[ \u00a0]?(?:[:(،]|, \p{L}|[—–-])")
_STOP = frozenset(
    map(
        fold,
        "this that with from have been were will said says after over into more than their they which what when "
        "where also other about under near amid against there these those such while would could".split(),
    )
)
_SAYS_LITTLE = ("country", "ethnic_group", "tribe", "people", "term")


class Roles:
    """What an entity can say about an event: where it was, who was in it, or too little to count."""

    def __init__(self, entities: Iterable[Entity]) -> None:
        self._by_id = {entity.id: entity for entity in entities}
        children: defaultdict[str, set[str]] = defaultdict(set)
        for entity in self._by_id.values():
            if entity.parent:
                children[entity.parent].add(entity.id)
        # A place with places that have places of their own is a province or a country: half the news is there.
        self._wide = {
            parent for parent, inner in children.items() if any(child in children for child in inner)
        }

    def is_place(self, entity: str) -> bool:
        """Tell whether it is a place narrow enough to tell one event from another."""
        known = self._by_id.get(entity)
        return (
            known is not None and bool(known.country) and entity not in self._wide and known.type != "country"
        )

    def is_party(self, entity: str) -> bool:
        """Tell whether it is somebody or something that may take part in an event."""
        known = self._by_id.get(entity)
        if known is None or known.country or known.type in _SAYS_LITTLE:
            return False
        return entity not in self._wide

    def around(self, places: Iterable[str]) -> frozenset[str]:
        """Return the narrow places that these lie in."""
        found: set[str] = set()
        for place in places:
            known = self._by_id.get(place)
            while known is not None and known.parent and known.parent not in found:
                known = self._by_id.get(known.parent)
                if known is not None and self.is_place(known.id):
                    found.add(known.id)
        return frozenset(found)


def signature(
    title: str, text: str, mentions: Sequence[Mention], roles: Roles, published: date | None, language: str
) -> Signature:
    """Return what an article says happened. `published` is a day of its own time zone or of UTC."""
    told = [mention for mention in mentions if mention.grade is not Grade.CHECK]
    places = [mention for mention in told if roles.is_place(mention.entity)]
    in_title = frozenset(one.entity for one in places if one.span.field == "title")
    in_body = [one for one in places if one.span.field == "body" and not _dateline(text, one)]
    lead = in_title | {one.entity for one in in_body if one.span.start < LEAD}
    # A dateline says where the reporter sits; it counts where nothing else does.
    lead = lead or frozenset(one.entity for one in in_body or places)
    head = f"{title}\n{text[:HEAD]}"
    return Signature(
        lead=lead,
        lead_in=roles.around(lead),
        title=in_title,
        title_in=roles.around(in_title),
        parties=frozenset(mention.entity for mention in told if roles.is_party(mention.entity)),
        figures=numbers(head),
        all_figures=numbers(f"{title}\n{text}"),
        days=days(f"{title}\n{text[:LEAD]}", published, language) if published else frozenset(),
        themes=themes(words(fold(f"{title}\n{text[:LEAD]}"))),
        first_themes=themes(words(fold(f"{title}\n{text[:FIRST]}"))),
        words=frozenset(map(_hash, _content(head))),
    )


def _dateline(text: str, place: Mention) -> bool:
    before, end = text[: place.span.start], place.span.end
    return not before.strip() and _AFTER_DATELINE.match(text, end) is not None


def _content(text: str) -> set[str]:
    return {word for word in words(fold(text)) if len(word) >= _LONG and word not in _STOP}


def _hash(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=4).digest(), "little")
