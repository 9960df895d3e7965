"""How many independent origins a story has: not outlets, but places the report came from.

A copy adds none. An article that credits a news agency in its dateline or sign-off counts as the
agency's; any other counts as its outlet's, or as the owner's where one family publishes several.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from monitor.models import ArticleView, Outlet

_COPIES = frozenset({"near copy", "contained"})
_DATELINE = 160  # characters from the beginning in which a credit stands
_SIGN_OFF = 120  # and from the end


def count(articles: Sequence[ArticleView], outlets: Mapping[str, Outlet]) -> int:
    """Return the number of independent origins; `outlets` by id, agencies are those of kind wire."""
    agencies = {
        name: outlet.id for outlet in outlets.values() if outlet.kind == "wire" for name in _names(outlet)
    }
    known = {origin(article, outlets, agencies) for article in articles if article.how not in _COPIES}
    return max(1, len(known)) if articles else 0


def origin(article: ArticleView, outlets: Mapping[str, Outlet], agencies: Mapping[str, str]) -> str:
    """Return the id of the agency, owner or outlet that an article's report comes from."""
    edges = f"{article.author}\n{article.text[:_DATELINE]}\n{article.text[-_SIGN_OFF:]}"
    for name, agency in agencies.items():
        if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", edges):
            return agency
    outlet = outlets.get(article.outlet)
    if outlet is None:
        return article.outlet or article.feed
    return outlet.family or outlet.id


def _names(outlet: Outlet) -> tuple[str, ...]:
    """Return the name an agency is credited by, with the short form some carry in brackets."""
    found = re.fullmatch(r"(.+?) \((.+)\)", outlet.name)
    return (found[1], found[2]) if found else (outlet.name,)
