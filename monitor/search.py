"""Questions asked of the archive: in the language of the rules, newest first, and for spellings nobody has listed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.models import AllOf, ArticleView, Rule
from monitor.reading import document_of
from monitor.registry import host_of
from monitor.rules.matcher import RuleSet, rule_source
from monitor.rules.prefilter import need
from monitor.rules.query import parse
from monitor.rules.suggest import Suggester, Suggestion
from monitor.rules.tree import EntityRef, walk
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
    tree = parse(query)
    # Words stand where they stand, whatever is named there: only what asks for a name has to know the names.
    entities = setup.region.entities if any(isinstance(node, EntityRef) for node in walk(tree)) else ()
    rules = RuleSet.compile(rule_source([Rule(id=RULE, title=query, query=query)], entities))
    wanted = need(tree, rules.lexicon)
    found: list[ArticleView] = []
    tried = 0
    back_to: datetime | None = None
    for article in reader.worth_trying(wanted, since=since):
        if len(found) == limit or enough():
            return Searched(tuple(found), tried, complete=False, back_to=back_to)
        tried += 1
        back_to = article.first_seen
        evaluation = rules.match(
            document_of(setup.registry.article(article), host_of(article.url)), misses=False
        )
        if evaluation.matches:
            found.append(replace(article, matches=evaluation.matches))
    return Searched(tuple(found), tried, complete=True, back_to=back_to)


def near_spellings(
    reader: Queries,
    setup: Setup,
    *,
    since: datetime | None,
    least: int,
    progress: Callable[[str, int, int], None],
) -> list[Suggestion]:
    """Return spellings in at least so many stored articles that are close to a name and are none of its."""
    suggester = Suggester(setup.region.entities)
    total, _ = reader.read_since(since)
    for done, article in enumerate(reader.worth_trying(AllOf(), since=since), start=1):
        suggester.add(article.id, f"{article.title}\n{article.summary}\n{article.text}")
        progress("suggest", done, total)
    return suggester.found(least=least)
