"""A day on which everything happens: the sample outlets' reports, varied by a seed, read by the real rules."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

from monitor.demo import wording
from monitor.demo.content import Article, Site, sites
from monitor.demo.expected import RULES as QUERIES
from monitor.demo.stage import TITLES
from monitor.digest.gather import Digest, gather
from monitor.models import (
    ArticleView,
    Document,
    FeedDays,
    FeedHealth,
    Month,
    Origin,
    Region,
    Rule,
    Story,
    Verdict,
)
from monitor.rules.entities import load_region
from monitor.rules.matcher import RuleSet, rule_source
from tests.digest import days

SEED = 20260202
ARTICLES = 180

RULES = {
    rule: Rule(rule, TITLES[rule], query, priority="high" if rule in {"herof", "khan-of-kalat"} else "normal")
    for rule, query in QUERIES.items()
} | {
    rule.id: rule
    for rule in (
        Rule("gwadar", "گوادر: بندرگاہ، ماہی گیر اور سی پیک کے منصوبے، ہر زبان میں", "@place.pk.d.gwadar/**"),
        Rule("quetta", "Quetta and its surroundings", "@place.pk.d.quetta/**"),
        Rule("sistan", "سیستان و بلوچستان، با همهٔ شهرستان‌ها", "@place.ir.sistan_baluchestan/**"),
        Rule("water", "Water, wells and karez", "water OR well* OR karez", priority="low"),
        Rule("roads", "Roads, buses and lorries", "road* OR bus OR lorr*", priority="low"),
        Rule("schools", "Schools and universities", "school* OR universit*", priority="low"),
        Rule("fishing", "Fishing", "fish* OR boat*", priority="low"),
        Rule("power", "Electricity", "power OR electricity", priority="low"),
        Rule("courts", "Courts and hearings", "court* OR hearing*", priority="low"),
        Rule("health", "Clinics and hospitals", "clinic* OR hospital*", priority="low"),
    )
}

# A report moves from one of these to another: so the map has more than the sample outlets' few places.
PLACES = {
    "en": "Gwadar Quetta Turbat Panjgur Khuzdar Mastung Pishin Chaman Awaran Ziarat Sibi Zhob Loralai".split(),
    "ur": "گوادر کوئٹہ تربت پنجگور خضدار مستونگ پشین آواران سبی ژوب".split(),
    "fa": "زاهدان چابهار سراوان ایرانشهر خاش".split(),
}  # fmt: skip
VERDICTS = (Verdict.FULL,) * 8 + (Verdict.TEASER, Verdict.WALL)


@cache
def region() -> Region:
    return load_region(Path(__file__).parents[2] / "regions" / "balochistan")


@cache
def ruleset() -> RuleSet:
    return RuleSet.compile(rule_source(tuple(RULES.values()), region().entities))


def busy_digest(articles: int = ARTICLES, seed: int = SEED) -> Digest:
    """Return the digest of a day with this many articles; the same seed gives the same day."""
    chance = random.Random(seed)
    views = list(_matching(chance, articles))
    return gather(
        replace(
            days.record(
                list(_stories(views, chance)),
                list(_feeds(views)),
                articles=3 * articles,
                month=_month(views, seed),
            ),
            verdicts=tuple(Counter(view.verdict.value for view in views).items()),
        ),
        date=days.DAY,
        zone=days.KARACHI,
        zones=days.ZONES,
        rules=RULES,
        entities={entity.id: entity for entity in region().entities},
        region="Balochistan",
        outline=region().outline,
        version="0.1.0",
    )


def _matching(chance: random.Random, count: int) -> Iterator[ArticleView]:
    reports = [(site, article) for site in sites() for article in site.articles]
    number = 0
    while number < count:
        site, article = chance.choice(reports)
        view = _view(number + 1, site, article, chance)
        if view.matches:
            number += 1
            yield view


def _view(number: int, site: Site, article: Article, chance: random.Random) -> ArticleView:
    language = article.language or site.language
    moved = _moves(language, chance)

    def worded(text: str) -> str:
        text = wording.fill(text, days.at("15:00"), days.KARACHI, language)
        for old, new in moved.items():
            text = text.replace(old, new)
        return text

    title, body = worded(article.title), "\n".join(map(worded, article.paragraphs))
    verdict = chance.choice(VERDICTS)
    seen = days.at("00:10") + timedelta(minutes=chance.randrange(1420))
    read = ruleset().match(
        Document(
            (("title", title), ("summary", ""), ("body", body)), language, f"{site.id}.example", site.kind
        )
    )
    return ArticleView(
        id=1000 + number,
        url=f"https://{site.id}.example/2026/02/02/{article.name}-{number}",
        feed=f"{site.name}: latest",
        outlet=site.name,
        kind=site.kind,
        title=title,
        language=language,
        published=days.stamp(seen - timedelta(minutes=chance.randrange(5, 300))) if article.at else None,
        first_seen=seen,
        verdict=verdict,
        origin=Origin.PAGE if verdict is Verdict.FULL else Origin.FEED,
        text=body,
        summary="",
        author=article.byline,
        text_sha256=sha256(body.encode()).hexdigest(),
        matches=read.matches,
        how="first",
        mentions=read.mentions,
        fetched_at=seen + timedelta(seconds=30),
    )


def _moves(language: str, chance: random.Random) -> Mapping[str, str]:
    """Return where a report takes place instead, each place for another."""
    names = PLACES.get(language, [])
    if chance.random() < 0.4 or not names:
        return {}
    # Some places have far more news than others.
    there = chance.choice(names) if chance.random() < 0.6 else names[0]
    return {name: there for name in names if name != there}


def _stories(views: Sequence[ArticleView], chance: random.Random) -> Iterator[Story]:
    rest = list(views)
    number = 0
    while rest:
        number += 1
        first = rest.pop(0)
        same = [view for view in rest if view.title == first.title and view.outlet != first.outlet][:6]
        others = same or ([rest.pop(chance.randrange(len(rest)))] if rest and chance.random() < 0.3 else [])
        rest = [view for view in rest if view not in same]
        members = (first, *(replace(view, how="near copy") for view in others))
        yield days.story(number, *members, origins=1 + (chance.random() < 0.2))


def _feeds(views: Sequence[ArticleView]) -> Iterator[FeedHealth]:
    found = Counter(view.outlet for view in views)
    for site in sites():
        state = "ok" if found[site.name] else "silent"
        yield days.feed(
            site.name,
            state,
            language=site.language,
            kind=site.kind,
            country=site.country,
            new=4 * found[site.name],
        )
    for number in range(40):
        state = ("ok", "ok", "ok", "failing", "blocked", "silent")[number % 6]
        yield days.feed(f"Small outlet {number}", state, detail="" if state == "ok" else "HTTP 503")


def _month(views: Sequence[ArticleView], seed: int) -> Month:
    """Return thirty days of the same rules before this one."""
    chance = random.Random(seed + 1)
    base = days.month(seed=seed)
    today = Counter(match.rule for view in views for match in view.matches)
    rules = tuple(
        (rule, (*(round(count * chance.uniform(0, 0.8)) for _ in base.days[:-1]), count))
        for rule, count in sorted(today.items())
    )
    feeds = tuple(
        FeedDays(
            site.name,
            (
                *(chance.randint(0, 9) for _ in base.days[:-1]),
                sum(view.outlet == site.name for view in views),
            ),
            (True,) * len(base.days),
            throughout=True,
        )
        for site in sites()
    )
    return replace(base, feeds=feeds + base.feeds[-3:], rules=rules)
