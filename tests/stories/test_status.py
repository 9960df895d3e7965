"""What is known of a story, and what one more article adds to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from monitor.models import ArticleView, Entity, Grade, Mention, Origin, Outlet, Side, Span, Verdict
from monitor.stories.origins import Origins
from monitor.stories.status import Status, label

OUTLETS = [Outlet(name, name.title(), "private") for name in ("daily", "herald", "post")]
PACK = (
    Entity("place.shore", "The Shore", "district", country="PK"),
    Entity("place.hill", "The Hill", "district", country="PK"),
    Entity("org.guard", "Coast Guard", "coast_guard"),
    Entity("org.front", "Shore Front", "armed_group"),
)
NAMES = {
    "The Shore": "place.shore",
    "The Hill": "place.hill",
    "Coast Guard": "org.guard",
    "Shore Front": "org.front",
}
STATUS = Status(Origins(OUTLETS, PACK), PACK)


def article(number: int, outlet: str, title: str, text: str, how: str = "same event") -> ArticleView:
    found = [
        Mention(entity, Grade.STRONG, Span(field, at, at + len(name), name, name, entity))
        for field, words in (("title", title), ("body", text))
        for name, entity in NAMES.items()
        if (at := words.find(name)) >= 0
    ]
    seen = datetime(2026, 2, 2, tzinfo=UTC)
    return ArticleView(
        number, "", outlet, outlet, "", title, "en", None, seen, Verdict.FULL, Origin.PAGE, text, "",
        how=how, mentions=tuple(found),
    )  # fmt: skip


FIRST = article(
    1, "daily", "Boats burn at The Shore", "Five boats burnt, the Coast Guard said on Monday.", "first"
)


def added(title: str, text: str, outlet: str = "herald", how: str = "same event") -> list[tuple[str, str]]:
    return [(one.kind, one.what) for one in STATUS.news([FIRST], article(2, outlet, title, text, how))]


@pytest.mark.parametrize(
    ("origins", "sides", "expected"),
    [
        (0, (), "single-source"),
        (1, (Side.OFFICIAL, Side.ARMED), "single-source"),
        (2, (Side.OFFICIAL,), "one-side"),
        (2, (), "several"),
        (3, (Side.OFFICIAL, Side.FAMILY), "several"),
    ],
)
def test_a_story_has_a_label(origins: int, sides: tuple[Side, ...], expected: str) -> None:
    assert label(origins, sides) == expected


def test_a_copy_adds_nothing() -> None:
    assert added("Boats burn at The Shore", FIRST.text, how="near copy") == []


def test_another_outlet_is_another_origin() -> None:
    assert added("Fire among boats", "The Coast Guard told a reporter that boats burnt.") == [
        ("origin", "herald")
    ]


def test_another_side_is_news() -> None:
    assert ("side", "armed group") in added("Claim", "The Shore Front said it had burnt the boats.")
    assert ("side", "armed group") not in added("Claim", "The Coast Guard said the Shore Front did it.")


def test_another_place_or_figure_is_news_in_a_headline_alone() -> None:
    assert ("place", "place.hill") in added("Fire at The Hill", "Boats burnt.")
    assert ("place", "place.hill") not in added("Fire", "Boats burnt far from The Hill.")
    assert ("figure", "7") in added("Seven boats burnt", "Boats burnt.")
    assert added("Five boats burnt", "The Coast Guard said so.", outlet="daily") == []


def test_a_name_that_is_in_doubt_is_no_news() -> None:
    doubtful = article(2, "daily", "Fire at The Hill", "")
    doubtful = replace(doubtful, mentions=tuple(replace(one, grade=Grade.CHECK) for one in doubtful.mentions))
    assert list(STATUS.news([FIRST], doubtful)) == []
