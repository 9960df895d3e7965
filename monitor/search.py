"""Questions asked of the archive in the language of the rules, newest first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.models import ArticleView, Rule
from monitor.reading import document_of
from monitor.registry import host_of
from monitor.rules.automaton import Patterns
from monitor.rules.lexicon import Lexicon
from monitor.rules.matcher import RuleSet, rule_source
from monitor.rules.prefilter import need
from monitor.rules.query import parse
from monitor.setup import Setup
from monitor.store.queries import Queries

RULE = "query"


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search found, and how far it got."""

    found: tuple[ArticleView, ...]  # newest first, each with its one match
    tried: int  # articles that the index let through
    complete: bool  # nothing older is left to try; else there may be more before `back_to`
    back_to: datetime | None  # when the last article tried was first seen


def search(
    reader: Queries,
    setup: Setup,
    query: str,
    *,
    limit: int,
    since: datetime | None = None,
    enough: Callable[[], bool] = lambda: False,
) -> Searched:
    """Search the archive until there are `limit` articles, or `enough` says that it has taken too long.

    Raises QueryError for a query that cannot be read or names an entity nobody knows.
    """
    entities = setup.region.entities
    rules = RuleSet.compile(rule_source([Rule(id=RULE, title=query, query=query)], entities))
    wanted = need(parse(query), Lexicon(entities, Patterns()))
    found: list[ArticleView] = []
    tried = 0
    back_to: datetime | None = None
    for article in reader.worth_trying(wanted, since=since):
        if len(found) == limit or enough():
            return Searched(tuple(found), tried, complete=False, back_to=back_to)
        tried += 1
        back_to = article.first_seen
        kind = setup.registry.article(article).kind
        evaluation = rules.match(document_of(article, host_of(article.url), kind))
        if evaluation.matches:
            found.append(replace(article, matches=evaluation.matches))
    return Searched(tuple(found), tried, complete=True, back_to=back_to)
