"""How many independent origins a story has: not outlets, but places the report came from.

Each article is traced to one origin, the first of these that applies:

    copy        a near or shortened copy comes from where the copied article does, and adds none; so does one
                that has long stretches in common with another
    statement   it begins with what an official press office or an armed group says: that body's statement
    credit      its dateline or sign-off names a news agency, or its first lines name whom it follows
                (Haalvsh reported, according to IRNA, ڈان کے مطابق)
    own         the outlet, or the owner where one family publishes several
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

import regex

from monitor.models import ArticleView, Entity, Outlet
from monitor.stories.cluster import borrowed, sketch
from monitor.text.fold import fold

_COPIES = frozenset({"near copy", "contained"})
_DATELINE = 160  # characters from the beginning in which a credit stands
_SIGN_OFF = 120  # and from the end
_OPENING = 350  # in which an article says whom it follows
_STATEMENT = 300  # in which it says whose statement it is
_PRESS_OFFICE = "media_office"  # the end of an entity's type
_GROUP = "armed_group"  # its beginning
_CLAIMS = regex.compile(r"claim|responsib|statement|spokes|ذمہ داری|ترجمان|بیان|مسیولیت|مسئولیت|بیانیه|سخنگو")
_FOLLOWS = (
    r"according to(?: the)?|citing|quoting|told|by|agency|monitor|newspaper|daily|website|"
    r"به گزارش(?: روز \w+)?|به نقل از|خبرگزاری|وب ?سایت(?: حقوق بشری)?|روزنامه|روزنامے|اخبار|"
    r"خبر رساں ادارے|ادارے|ایجنسی"
)
_FOLLOWED = (
    r"report(?:ed|s)|said|quoted|wrote|کے مطابق|نے بتایا|نے رپورٹ|نے کہا|کو بتایا|نوشت|گزارش داد|خبر داد|گفت"
)


class Origins:
    """Traces articles to where their reports came from."""

    def __init__(self, outlets: Iterable[Outlet], entities: Iterable[Entity] = ()) -> None:
        self._outlets = {outlet.id: outlet for outlet in outlets}
        self._named: dict[str, str] = {}
        for outlet in self._outlets.values():
            for name in _names(outlet):
                self._named.setdefault(fold(name), outlet.id)
        names = "|".join(map(regex.escape, sorted(self._named, key=len, reverse=True))) or r"(?!)"
        self._credit = regex.compile(rf"(?<!\w)(?:{names})(?!\w)")
        follows = "|".join(map(_folded_pattern, _FOLLOWS.split("|")))
        followed = "|".join(map(_folded_pattern, _FOLLOWED.split("|")))
        self._before = regex.compile(rf"(?:{follows})\W{{1,3}}\Z")
        self._after = regex.compile(rf"\W{{1,3}}(?:که |has )?(?:{followed})")
        self._voices = {
            entity.id: entity.type
            for entity in entities
            if entity.type.endswith(_PRESS_OFFICE) or entity.type.startswith(_GROUP)
        }

    def count(self, articles: Sequence[ArticleView]) -> int:
        """Return the number of independent origins of a story's articles, whose `outlet` is an id."""
        own = [(self.of(article), article) for article in articles if article.how not in _COPIES]
        known = {origin for origin, _ in own}
        sketches = [
            (article.language, origin, sketch(article.text)) for origin, article in own if len(known) > 1
        ]
        # Where long stretches are the same, one has them from the other, whoever is credited.
        for (language, origin, text), (other_language, other, other_text) in combinations(sketches, 2):
            if language == other_language and origin != other and borrowed(text, other_text):
                known.discard(max(origin, other))
        return max(1, len(known)) if articles else 0

    def of(self, article: ArticleView) -> str:
        """Return the id of the body, agency, outlet or owner that an article's report comes from."""
        return (
            self._statement(article) or self._credited(article) or self._owner(article.outlet or article.feed)
        )

    def _statement(self, article: ArticleView) -> str:
        opening = article.text[:_STATEMENT]
        for mention in article.mentions:
            kind = self._voices.get(mention.entity, "")
            early = mention.span.field == "body" and mention.span.start < _STATEMENT
            if kind and early and (kind.endswith(_PRESS_OFFICE) or _CLAIMS.search(fold(opening))):
                return mention.entity
        return ""

    def _credited(self, article: ArticleView) -> str:
        own = self._owner(article.outlet or article.feed)
        edges = (fold(f"{article.author}\n{article.text[:_DATELINE]}"), fold(article.text[-_SIGN_OFF:]))
        for edge in edges:
            for hit in self._credit.finditer(edge):
                outlet = self._named[hit[0]]
                if self._outlets[outlet].kind == "wire" and self._owner(outlet) != own:
                    return self._owner(outlet)
        opening = fold(article.text[:_OPENING])
        for hit in self._credit.finditer(opening):
            other = self._owner(self._named[hit[0]])
            around = opening[max(0, hit.start() - 40) : hit.start()], opening[hit.end() : hit.end() + 30]
            named = self._before.search(around[0]) or self._after.match(around[1]) or around[1][:1] == ")"
            if other != own and named:
                return other
        return ""

    def _owner(self, outlet: str) -> str:
        known = self._outlets.get(outlet)
        return (known.family or known.id) if known else outlet


def _names(outlet: Outlet) -> Iterable[str]:
    """Yield the names an outlet is credited by, with the short form some carry in brackets."""
    found = regex.fullmatch(r"(.+?) \((.+)\)", outlet.name)
    yield from (found[1], found[2]) if found else (outlet.name,)
    yield from filter(None, (outlet.original, *outlet.credits))


def _folded_pattern(words: str) -> str:
    """Return a pattern whose plain letters are folded as the text is."""
    return "".join(fold(part) if part.isalpha() else part for part in regex.split(r"(\P{L}+)", words))
