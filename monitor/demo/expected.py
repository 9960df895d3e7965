"""What the rules and the clustering must make of the sample outlets: the end-to-end tests' answer key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from monitor.demo.content import sites

# The queries that the names in `Expected` stand for.
RULES: Mapping[str, str] = MappingProxyType(
    {
        "balochistan": "@place.balochistan/**",
        "bla": "@org.bla",
        "khan-of-kalat": "@person.khan_of_kalat",
        "herof": "@event.op_herof",
        "enforced-disappearances": '@place.balochistan/** AND ("enforced disappearance*" OR "missing persons" '
        'OR "جبری گمشدگی")',
    }
)


@dataclass(frozen=True, slots=True)
class Expected:
    """What is promised about one article. "Match" means at the default grade, likely, or better."""

    outlet: str
    language: str
    must_match: frozenset[str]
    must_not_match: frozenset[str]
    page: str  # article | teaser | challenge (403) | missing (404)
    held: bool  # not out until World.publish
    dated: str  # past | future | none


def _expected() -> dict[str, Expected]:
    found = {}
    for site in sites():
        for article in site.articles:
            must = frozenset(article.fires)
            days = article.at.total_seconds() if article.at is not None else None
            found[article.name] = Expected(
                outlet=site.id,
                language=article.language or site.language,
                must_match=must,
                must_not_match=frozenset(RULES) - must - frozenset(article.perhaps),
                page=article.page,
                held=article.hold,
                dated="none" if days is None else "future" if days > 0 else "past",
            )
    return found


def _groups(key: str) -> dict[str, frozenset[str]]:
    members = defaultdict(set)
    for site in sites():
        for article in site.articles:
            if label := getattr(article, key):
                members[label].add(article.name)
    return {label: frozenset(names) for label, names in members.items()}


EXPECTED: Mapping[str, Expected] = MappingProxyType(_expected())
"""Article name -> what is promised about it."""

COPIES: tuple[frozenset[str], ...] = tuple(_groups("story").values())
"""Articles that are copies of one report and so belong to one story, held ones included."""

EVENTS: tuple[frozenset[str], ...] = tuple(_groups("event").values())
"""Articles that report one event, copied or in words of their own, in whatever language: one story each."""
