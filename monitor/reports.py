"""What `search`, `rules test` and `rules backtest` print: JSON for programs, and the same for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.text import Text

from monitor.digest.passages import Passage, headline, key_passages
from monitor.models import ArticleView
from monitor.registry import Registry
from monitor.rules.explain import AFTER, BEFORE
from monitor.screens import address, foreign, grid, iso
from monitor.text.show import isolate, isolate_quotations, local_time, mark, one_line

if TYPE_CHECKING:
    from monitor.backtest import Backtest
    from monitor.rules.backtest import Judged
    from monitor.rules.matcher import Tried
    from monitor.rules.suggest import Suggestion
    from monitor.search import Searched

_PASSAGES = 2
_KINDS = ("gained", "lost", "changed")


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


# --- rules test ---------------------------------------------------------------------------------


def tried_json(tried: Mapping[str, Sequence[Tried]]) -> list[dict[str, Any]]:
    """Return `rules test --json`: every example of every rule; a fault is null where it did what it must."""
    return [
        {
            "rule": rule,
            "ok": not any(one.fault for one in examples),
            "examples": [
                {
                    "text": one.text,
                    "must": "match" if one.must_match else "ignore",
                    "fault": one.fault or None,
                }
                for one in examples
            ],
        }
        for rule, examples in tried.items()
    ]


def tried_text(tried: Mapping[str, Sequence[Tried]]) -> Group:
    """Return the same for people: a line for each rule, and what is wrong in full."""
    lines: list[Text] = []
    for rule, examples in tried.items():
        wrong = [one for one in examples if one.fault]
        count = f"{len(examples) - len(wrong)} of {len(examples)} examples" if examples else "no examples"
        lines.append(Text(f"{'✗' if wrong else '✓' if examples else '–'} {rule}: {count}"))
        for one in wrong:
            must = "must match" if one.must_match else "must be ignored"
            lines.append(Text(f"    {must}: {isolate(one_line(one.text))}"))
            lines.append(Text(f"    but {isolate_quotations(one.fault)}"))
    return Group(*lines)


# --- rules backtest -----------------------------------------------------------------------------


def backtest_json(done: Backtest, against: str, registry: Registry, limit: int) -> dict[str, Any]:
    """Return `rules backtest --json`; alerts_a_week is null when the archive is shorter than a week."""
    tally = done.tally
    return {
        "against": against,
        "articles": done.articles,
        "tried": done.tried,
        "days": round(done.span.total_seconds() / 86_400, 1),
        "rules": [
            {
                "rule": rule,
                "before": tally.before[rule],
                "after": tally.after[rule],
                "gained": tally.gained[rule],
                "lost": tally.lost[rule],
                "changed": tally.changed[rule],
                "near_misses": tally.near[rule],
                "alerts": len(tally.alerts.get(rule, ())),
                "alerts_a_week": _rounded(tally.alerts_a_week(rule, done.span)),
            }
            for rule in tally.rules
        ],
        "by_feed": _counted("feed", tally.by_feed),
        "by_language": _counted("language", tally.by_language),
        "changes": [
            {
                "rule": judged.rule,
                "before": judged.before or None,
                "after": judged.after or None,
                "article": article.id,
                "title": article.title,
                "outlet": registry.article(article).outlet,
                "language": article.language,
                "url": article.url,
                "first_seen": iso(article.first_seen),
            }
            for article, judged in _changes(done, limit)
        ],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _counted(name: str, kinds: Mapping[str, Counter[str]]) -> list[dict[str, Any]]:
    return [
        {name: key, "gained": counts["gained"], "lost": counts["lost"], "changed": counts["changed"]}
        for key, counts in sorted(kinds.items(), key=lambda item: (-item[1].total(), item[0]))
    ]


def _changes(done: Backtest, limit: int) -> Iterator[tuple[ArticleView, Judged]]:
    """Yield the newest changes with their articles."""
    known = {article.id: article for article in done.newest}
    for article, judged in done.tally.changes[:limit]:
        yield known[article], judged


def backtest_text(done: Backtest, against: str, registry: Registry, limit: int) -> Group:
    """Return the same for people."""
    tally = done.tally
    days = done.span.total_seconds() / 86_400
    parts: list[RenderableType] = [
        Text(
            f"{done.articles} articles of {days:.1f} days, {done.tried} of them with a word of some rule; "
            f"against {against}."
        )
    ]
    numbers = ("before", "after", "gained", "lost", "grade changed", "nearly", "alerts a week")
    rules = grid("rule", *numbers, right=numbers)
    for rule in tally.rules:
        a_week = tally.alerts_a_week(rule, done.span)
        alerts = f"{len(tally.alerts.get(rule, ()))} in all" if a_week is None else f"{a_week:.1f}"
        counts = (tally.before, tally.after, tally.gained, tally.lost, tally.changed, tally.near)
        gone = "" if rule in tally.min_grades else " (no longer a rule)"
        rules.add_row(f"{rule}{gone}", *(str(one[rule]) for one in counts), "" if gone else alerts)
    parts.append(rules)
    never = [rule for rule in tally.min_grades if not tally.after[rule]]
    if never:
        parts.append(Text(f"Never fired: {', '.join(never)}"))
    for title, kinds in (("feed", tally.by_feed), ("language", tally.by_language)):
        if kinds:
            changed = grid(title, "gained", "lost", "grade changed", right=numbers)
            for row in _counted("name", kinds)[:15]:
                changed.add_row(foreign(row["name"] or "unknown", 60), *(str(row[key]) for key in _KINDS))
            parts.append(changed)
    shown = list(_changes(done, limit))
    for article, judged in shown:
        sign = "~" if judged.before and judged.after else "+" if judged.after else "−"
        grades = f"{judged.before} → {judged.after}" if sign == "~" else judged.after or judged.before
        outlet = one_line(registry.article(article).outlet, 40)
        parts.append(
            Text.assemble(
                f"{sign} {judged.rule} ({grades})  {article.id}  ",
                foreign(article.title),
                f"  {isolate(outlet)}",
            )
        )
    left = len(tally.changes) - len(shown)
    if left > 0:
        parts.append(Text(f"and {left} more changes (--limit)"))
    if not tally.changes:
        parts.append(Text("No match is gained, lost or graded otherwise."))
    return Group(*parts)


# --- rules suggest ------------------------------------------------------------------------------


def suggested_json(found: Sequence[Suggestion]) -> list[dict[str, Any]]:
    """Return `rules suggest --json`; alike is of 100, articles are the first few that hold the spelling."""
    return [
        {
            "text": one.text,
            "entity": one.entity,
            "alias": one.alias,
            "alike": one.alike,
            "times": one.times,
            "articles": list(one.articles),
        }
        for one in found
    ]


def suggested_text(found: Sequence[Suggestion]) -> RenderableType:
    """Return the same for people."""
    if not found:
        return Text("No spelling in these articles is close to a name without being one.")
    rows = grid("times", "found", "is like", "of", "articles", right=("times",))
    for one in found:
        articles = ", ".join(map(str, one.articles))
        rows.add_row(str(one.times), foreign(one.text, 60), foreign(one.alias, 60), one.entity, articles)
    return rows
