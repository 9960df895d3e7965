"""How many independent origins a story has."""

from __future__ import annotations

from datetime import UTC, datetime

from monitor.models import ArticleView, Origin, Outlet, Verdict
from monitor.stories.origins import Origins

ORIGINS = Origins(
    (
        Outlet("wire", "Coastal News Agency (CNA)", "wire"),
        Outlet("daily", "The Daily", "private", family="Press House"),
        Outlet("evening", "The Evening", "private", family="Press House"),
        Outlet("herald", "The Herald", "private"),
    )
)


def article(
    outlet: str, text: str = "A report of its own.", how: str = "first", author: str = ""
) -> ArticleView:
    seen = datetime(2026, 2, 2, tzinfo=UTC)
    return ArticleView(
        1, "", outlet, outlet, "", "t", "en", None, seen, Verdict.FULL, Origin.PAGE, text, "", author, how=how
    )


def test_each_outlet_is_an_origin() -> None:
    assert ORIGINS.count([article("daily"), article("herald", how="same title")]) == 2


def test_copies_add_none() -> None:
    assert (
        ORIGINS.count([article("daily"), article("herald", how="near copy"), article("x", how="contained")])
        == 1
    )


def test_outlets_of_one_owner_are_one_origin() -> None:
    assert ORIGINS.count([article("daily"), article("evening", how="same title")]) == 1


def test_a_credit_line_names_the_agency() -> None:
    by_dateline = article("daily", "GWADAR (CNA): The harbour was closed. " + "More. " * 200)
    by_sign_off = article("herald", "Words. " * 200 + "— Coastal News Agency", how="same title")
    assert ORIGINS.count([by_dateline, by_sign_off]) == 1
    assert ORIGINS.count([by_dateline, article("wire", how="same title")]) == 1


def test_an_agency_named_in_the_middle_is_no_credit() -> None:
    quoting = article("herald", "Words here. " * 100 + "as CNA said" + " Words here." * 100)
    assert ORIGINS.count([quoting, article("wire", how="same title")]) == 2


def test_nothing_has_no_origin() -> None:
    assert ORIGINS.count([]) == 0
