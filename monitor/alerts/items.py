"""Gather what an alert says about a story from the article that raised it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from monitor.models import Alert, AlertItem, ArticleView, Grade, Match, Quote, Rule, Span, Story
from monitor.text.sentences import sentences

QUOTES = 3
_PRIORITIES = ("high", "normal", "low")


def item(story: Story, alerts: Sequence[Alert], rules: Mapping[str, Rule]) -> AlertItem:
    """Return what is to be said about one story on one channel.

    `alerts` are those of this story and channel, at least one. The article shown is the one that raised the
    first of them; each quoted sentence holds a match of one of their rules.
    """
    wanted = [alert.rule for alert in alerts]
    article = _raised_by(story, alerts)
    matches = {match.rule: match for match in _matches((article,), wanted)}
    for match in _matches(story.articles, wanted):
        matches.setdefault(match.rule, match)
    others = dict.fromkeys(other.outlet or other.feed for other in story.articles)
    others.pop(article.outlet or article.feed, None)
    priorities = {rules[rule].priority for rule in wanted if rule in rules}
    return AlertItem(
        alerts=tuple(alerts),
        story=story.id,
        title=article.title,
        language=article.language,
        url=article.url,
        outlet=article.outlet or article.feed,
        kind=article.kind,
        author=article.author,
        published=article.published,
        first_seen=article.first_seen,
        rules=tuple(_told(rule, rules, matches) for rule in dict.fromkeys(wanted)),
        quotes=quotes(article, wanted),
        origin=article.origin,
        verdict=article.verdict,
        sources=story.sources,
        others=tuple(others),
        origins=story.origins,
        sides=story.sides,
        priority=next((one for one in _PRIORITIES if one in priorities), "normal"),
    )


def _raised_by(story: Story, alerts: Sequence[Alert]) -> ArticleView:
    by_id = {article.id: article for article in story.articles}
    for alert in alerts:
        if alert.article in by_id:
            return by_id[alert.article]
    wanted = {alert.rule for alert in alerts}
    matching = (one for one in story.articles if wanted & {match.rule for match in one.matches})
    return next(matching, story.articles[0])


def _matches(articles: Iterable[ArticleView], wanted: Sequence[str]) -> Iterable[Match]:
    return (match for article in articles for match in article.matches if match.rule in wanted)


def _told(rule: str, rules: Mapping[str, Rule], matches: Mapping[str, Match]) -> tuple[str, str, Grade, str]:
    match = matches.get(rule)
    title = rules[rule].title if rule in rules else rule
    return rule, title, match.grade if match else Grade.CHECK, match.why if match else ""


def quotes(article: ArticleView, wanted: Sequence[str], limit: int = QUOTES) -> tuple[Quote, ...]:
    """Return at most `limit` sentences in which these rules matched, in reading order.

    Each rule is given a sentence before any is given a second. The headline is quoted only where nothing
    else matched.
    """
    found: dict[tuple[str, int, int], set[str]] = {}
    spans: dict[tuple[str, int, int], set[tuple[int, int]]] = {}
    for name, text in (("body", article.text), ("summary", article.summary), ("title", article.title)):
        bounds = [(0, len(text))] if name == "title" else sentences(text)
        for match in _matches((article,), wanted):
            for span in match.spans:
                place = _place(span, name, text, bounds)
                if place is not None:
                    found.setdefault((name, *place), set()).add(match.rule)
                    spans.setdefault((name, *place), set()).add((span.start, span.end))
        if found:
            break  # a summary mostly repeats its body, and the headline stands above
    chosen: list[tuple[str, int, int]] = []
    seen: set[str] = set()
    for fresh in (True, False):
        for key in sorted(found, key=lambda one: (-len(found[one]), -len(spans[one]), one)):
            if len(chosen) < limit and key not in chosen and (not fresh or found[key] - seen):
                chosen.append(key)
                seen |= found[key]
    return tuple(_quote(article, key, spans[key]) for key in sorted(chosen))


def _place(span: Span, name: str, text: str, bounds: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """Return the sentence a span begins in; None when it is of another field or no longer re-reads."""
    if span.field != name or not span.text or text[span.start : span.end] != span.text:
        return None
    return next(((start, end) for start, end in bounds if start <= span.start < end), None)


def _quote(article: ArticleView, place: tuple[str, int, int], spans: Iterable[tuple[int, int]]) -> Quote:
    name, start, end = place
    text = {"body": article.text, "summary": article.summary, "title": article.title}[name]
    end = max(end, *(last for _, last in spans))
    marks: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if marks and first - start <= marks[-1][1]:
            marks[-1] = marks[-1][0], max(marks[-1][1], last - start)
        else:
            marks.append((first - start, last - start))
    return Quote(name, text[start:end], tuple(marks))
