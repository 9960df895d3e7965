"""What is known of a story: how many tell it for themselves and whose words they give; and what one more adds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from monitor.models import ArticleView, Entity, Grade, News, Side
from monitor.stories.figures import numbers
from monitor.stories.origins import Origins
from monitor.stories.sides import Voices
from monitor.stories.signature import Roles


def label(origins: int, sides: Collection[Side]) -> str:
    """Return single-source, one-side (several origins, and all give the words of one side) or several."""
    if origins <= 1:
        return "single-source"
    return "one-side" if len(sides) == 1 else "several"


class Status:
    """Judges stories, whose articles' `outlet` is an id, with what a region pack knows."""

    def __init__(self, origins: Origins, entities: Iterable[Entity]) -> None:
        entities = tuple(entities)
        self._origins = origins
        self._voices = Voices(entities)
        self._roles = Roles(entities)

    def sides(self, articles: Iterable[ArticleView]) -> tuple[Side, ...]:
        """Return whose words some articles give, in the order of models.Side."""
        heard = frozenset[Side]().union(*map(self._voices.of, articles))
        return tuple(side for side in Side if side in heard)

    def news(self, known: Sequence[ArticleView], article: ArticleView) -> Iterator[News]:
        """Yield what an article adds to a story that had these before."""
        heard = self.sides(known)
        yield from (News("side", side.value) for side in self.sides([article]) if side not in heard)
        if self._origins.count([*known, article]) > self._origins.count(known):
            yield News("origin", self._origins.of(article))
        places = frozenset[str]().union(*map(self._places, known))
        yield from (News("place", place) for place in sorted(self._places(article, "title") - places))
        figures = frozenset[str]().union(
            *(numbers(f"{one.title}\n{one.text or one.summary}") for one in known)
        )
        new = numbers(article.title) - figures
        yield from (News("figure", figure) for figure in sorted(new, key=lambda one: (len(one), one)))

    def _places(self, article: ArticleView, field: str = "") -> frozenset[str]:
        """Return the narrow places that an article names, or one field of it."""
        return frozenset(
            mention.entity
            for mention in article.mentions
            if mention.grade is not Grade.CHECK
            and (not field or mention.span.field == field)
            and self._roles.is_place(mention.entity)
        )
