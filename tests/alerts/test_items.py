"""Which article an alert shows, and which of its sentences."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.items import item, quotes
from monitor.models import ArticleView, Grade, Match, Origin, Rule, Span, Story, Verdict
from tests.alerts.samples import AT, ENGLISH, PUBLISHED, alert

BODY = (
    "The Khan of Kalat spoke on Monday. Nothing else happened that day. Gwadar and Quetta were calm. "
    "Gwadar again. Quetta and the Khan of Kalat, and Gwadar."
)
RULES = {
    "khan": Rule("khan", "The Khan of Kalat speaks", "x", priority="high"),
    "places": Rule("places", "Places", "x"),
}


def spans(field: str, text: str, *words: str) -> tuple[Span, ...]:
    found = []
    for word in words:
        start = text.find(word)
        while start >= 0:
            found.append(Span(field, start, start + len(word), word))
            start = text.find(word, start + 1)
    return tuple(found)


def article(number: int, *matches: Match, **changes: object) -> ArticleView:
    base = ArticleView(
        id=number,
        url=f"https://news.example/{number}",
        feed="feed",
        outlet=f"Outlet {number}",
        kind="private",
        title=ENGLISH,
        language="en",
        published=PUBLISHED,
        first_seen=AT,
        verdict=Verdict.FULL,
        origin=Origin.PAGE,
        text=BODY,
        summary="",
        matches=matches,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


KHAN = Match("khan", Grade.STRONG, spans("body", BODY, "Khan of Kalat"), why="a title")
PLACES = Match("places", Grade.LIKELY, spans("body", BODY, "Gwadar", "Quetta"))


def story(*articles: ArticleView) -> Story:
    return Story(7, articles[0].title, AT, articles, ("khan", "places"), 1, len(articles))


def test_each_rule_is_quoted_before_any_is_quoted_twice() -> None:
    found = quotes(article(1, KHAN, PLACES), ["khan", "places"], limit=2)
    assert [quote.text for quote in found] == [
        "Gwadar and Quetta were calm.",
        "Quetta and the Khan of Kalat, and Gwadar.",
    ]
    found = quotes(article(1, KHAN, PLACES), ["khan"])
    assert [quote.text for quote in found] == [
        "The Khan of Kalat spoke on Monday.",
        "Quetta and the Khan of Kalat, and Gwadar.",
    ]
    assert [quote.text[start:end] for quote in found for start, end in quote.marks] == ["Khan of Kalat"] * 2


def test_the_headline_is_quoted_only_where_nothing_else_matched() -> None:
    title = Match("khan", Grade.LIKELY, spans("title", ENGLISH, "Khan of Kalat"))
    both = replace(KHAN, spans=(*title.spans, *KHAN.spans))
    assert {quote.field for quote in quotes(article(1, both), ["khan"])} == {"body"}
    (only,) = quotes(article(1, title), ["khan"])
    assert (only.field, only.text, only.marks) == ("title", ENGLISH, ((0, 13),))
    assert quotes(article(1, KHAN), ["places"]) == ()


def test_spans_that_no_longer_re_read_are_not_marked() -> None:
    assert quotes(article(1, KHAN, text="Another text. Altogether."), ["khan"]) == ()


def test_the_article_that_raised_the_alert_is_shown_and_the_others_named() -> None:
    first, second = article(1, outlet="First"), article(2, KHAN, origin=Origin.SUMMARY)
    rows = (replace(alert(1), article=2), alert(2, "places"))
    shown = item(story(first, second, article(3, PLACES)), rows, RULES)
    assert (shown.url, shown.outlet, shown.origin) == ("https://news.example/2", "Outlet 2", Origin.SUMMARY)
    assert shown.others == ("First", "Outlet 3")
    assert shown.rules == (
        ("khan", "The Khan of Kalat speaks", Grade.STRONG, "a title"),
        ("places", "Places", Grade.LIKELY, ""),
    )
    assert shown.priority == "high"
    assert item(story(first, second), [alert(1)], RULES).url == "https://news.example/2"
    assert item(story(first), [alert(1)], {}).url == "https://news.example/1"


@given(st.lists(st.tuples(st.integers(0, len(BODY)), st.integers(1, 30)), max_size=12))
def test_every_mark_re_reads_from_the_original(cuts: list[tuple[int, int]]) -> None:
    found = tuple(
        Span("body", start, min(start + length, len(BODY)), BODY[start : start + length])
        for start, length in cuts
        if start < len(BODY)
    )
    for quote in quotes(article(1, Match("khan", Grade.STRONG, found)), ["khan"]):
        assert quote.text in BODY
        assert quote.marks
        last = 0
        for start, end in quote.marks:
            assert last <= start < end <= len(quote.text)
            last = end
