"""What an article must hold for a query to be worth trying on it: too much may be let through, never too little.

The answer is neutral: words and how they are joined, as `Folded.index_words` cuts them. The store turns it into
a question to its index, and the matcher has the last word on what comes back. NOT, a regular expression and the
filters exclude nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from monitor.models import AllOf, AnyOf, IndexWord, Need
from monitor.rules.lexicon import Lexicon
from monitor.rules.names import forms
from monitor.rules.tree import And, EntityRef, Near, Node, Or, Phrase, Prefix, Title, Word
from monitor.text.fold import variants, words

EVERYTHING = AllOf()


def need(tree: Node, lexicon: Lexicon) -> Need:
    """Return what an article must hold for a query to match it."""
    match tree:
        case Word(text):
            return _any(_pattern(one) for one in variants(text))
        case Prefix(text):
            return _any(_pattern(one, prefix=True) for one in variants(text))
        case Phrase(text, prefix):
            return _any(_pattern(one, prefix=prefix) for one in variants(text))
        case EntityRef():
            return _names(tree, lexicon)
        case And(parts):
            return _all(need(part, lexicon) for part in parts)
        case Or(parts):
            return _any(need(part, lexicon) for part in parts)
        case Near(left, right):
            return _all((need(left, lexicon), need(right, lexicon)))
        case Title(part):
            return need(part, lexicon)
        case _:
            return EVERYTHING


def any_of(needs: Iterable[Need]) -> Need:
    """Return what an article must hold for one of several queries to match it."""
    return _any(needs)


def _pattern(folded: str, *, prefix: bool = False) -> Need:
    cut = words(folded)
    return _all(IndexWord(word, prefix and place == len(cut) - 1) for place, word in enumerate(cut))


def _names(reference: EntityRef, lexicon: Lexicon) -> Need:
    """Return the names of an entity; what holds one of its words alone as a name needs no more of it."""
    numbers = (lexicon.index[name] for name in lexicon.named(reference))
    patterns = {pattern for number in numbers for pattern, _ in forms(number, lexicon.entities[number])}
    cut = [tuple(words(pattern)) for pattern in patterns]
    alone = {some[0] for some in cut if len(some) == 1}
    longer = {some for some in cut if len(some) > 1 and alone.isdisjoint(some)}
    return _any(
        [
            *(IndexWord(word) for word in sorted(alone)),
            *(_all(map(IndexWord, some)) for some in sorted(longer)),
        ]
    )


def _all(needs: Iterable[Need]) -> Need:
    """Join needs that must all be met; of those that exclude nothing, none is left."""
    parts: dict[Need, None] = {}
    for one in needs:
        parts.update(dict.fromkeys(one.parts if isinstance(one, AllOf) else (one,)))
    return next(iter(parts)) if len(parts) == 1 else AllOf(tuple(parts))


def _any(needs: Iterable[Need]) -> Need:
    """Join needs of which one must be met; one that excludes nothing makes the others idle."""
    parts: dict[Need, None] = {}
    for one in needs:
        if one == EVERYTHING:
            return EVERYTHING
        parts.update(dict.fromkeys(one.parts if isinstance(one, AnyOf) else (one,)))
    return next(iter(parts)) if len(parts) == 1 else AnyOf(tuple(parts))
