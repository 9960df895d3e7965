"""What `search`, `rules test` and `rules backtest` print: JSON for programs, and the same for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich.console import Group
from rich.text import Text

from monitor.digest.passages import Passage, headline, key_passages
from monitor.models import ArticleView
from monitor.registry import Registry
from monitor.rules.explain import AFTER, BEFORE
from monitor.screens import address, foreign, iso
from monitor.text.show import isolate, local_time, mark, one_line

if TYPE_CHECKING:
    from monitor.search import Searched

_PASSAGES = 2


def searched_json(searched: Searched, registry: Registry) -> dict[str, Any]:
    """Return `search --json`."""
    return {
        "found": [_found_json(article, registry) for article in searched.found],
        "complete": searched.complete,
        "tried": searched.tried,
        "back_to": iso(searched.back_to),
    }


def _found_json(article: ArticleView, registry: Registry) -> dict[str, Any]:
    (match,) = article.matches
    return {
        "id": article.id,
        "url": article.url,
        "feed": article.feed,
        "outlet": registry.article(article).outlet,
        "title": article.title,
        "language": article.language,
        "published_at": iso(article.published.at if article.published else None),
        "first_seen": iso(article.first_seen),
        "grade": match.grade.value,
        "spans": [
            {
                "field": span.field,
                "start": span.start,
                "end": span.end,
                "text": span.text,
                "alias": span.alias,
                "entity": span.entity,
            }
            for span in match.spans
        ],
        "why": match.why,
    }


def searched_text(searched: Searched, registry: Registry, zone: ZoneInfo) -> Group:
    """Return what a search found, with the sentences that say so and what matched in them marked."""
    lines: list[Text] = []
    for article in searched.found:
        (match,) = article.matches
        outlet = one_line(registry.article(article).outlet, 60)
        grade = "" if match.grade.value == "strong" else f" · {match.grade}"
        lines += [
            Text.assemble((f"{article.id}  ", "dim"), _shown(headline(article))),
            Text(f"    {isolate(outlet)} · {local_time(article.first_seen, zone)}{grade}", "dim"),
            *(Text.assemble("    ", _shown(passage)) for passage in key_passages([article], _PASSAGES)),
            Text.assemble("    ", foreign(address(article.url), 200)),
            Text(),
        ]
    lines.append(Text(_summary(searched, zone)))
    return Group(*lines)


def _shown(passage: Passage) -> Text:
    before, after = "…" * passage.cut_before, "…" * passage.cut_after
    marked = mark(passage.text, passage.marks, BEFORE, AFTER, str)
    return Text(isolate(f"{before}{one_line(marked)}{after}"))


def _summary(searched: Searched, zone: ZoneInfo) -> str:
    count = len(searched.found)
    found = f"{count} article{'s' * (count != 1)} found"
    if searched.complete:
        return f"{found}; nothing older is left to look at."
    back = f" back to {local_time(searched.back_to, zone)}" if searched.back_to else ""
    return f"{found}, newest first, looking{back}: there may be more (--limit, --seconds)."
