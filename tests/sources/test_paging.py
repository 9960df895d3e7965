"""Going back through a feed's pages: where the next is, what is new on it, when to stop."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from monitor.models import Entry, Feed, FeedDocument, Stamp
from monitor.sources import identity
from monitor.sources.paging import FeedPage, following, keys_of, numbered, oldest, read_page, sift
from monitor.sources.urls import same_place

NOW = datetime(2026, 2, 2, 10, tzinfo=UTC)
FEED = Feed(id=7, url="https://a.example/feed/", title="A")


def entry(number: int) -> Entry:
    """Return an entry that is so many days old."""
    at = NOW - timedelta(days=number)
    return Entry(
        guid=f"g{number}",
        url=f"https://a.example/{number}",
        title=f"Report {number}",
        published=Stamp(at.isoformat(), at),
    )


def document(entries: Sequence[Entry]) -> FeedDocument:
    return FeedDocument(
        "A", "en", tuple(entries), dialect="rss20", traits=tuple(map(identity.traits, entries))
    )


def rss(head: str = "", item: str = "") -> bytes:
    return (
        '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>A</title>'
        f"<link>https://a.example/</link>{head}<item><title>x</title><guid>1</guid>{item}</item></channel></rss>"
    ).encode()


def atom(head: str) -> bytes:
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><link rel="self" href="/feed"/>'
        f'{head}<entry><title>x</title><id>1</id><link rel="next" href="/no"/></entry></feed>'
    ).encode()


@pytest.mark.parametrize(
    ("body", "older"),
    [
        (rss(), ""),
        (rss('<atom:link rel="next" href="/feed/?page=2"/>'), "https://a.example/feed/?page=2"),
        (rss(item='<atom:link rel="next" href="/feed/?page=2"/>'), ""),
        (atom('<link rel="next" href="https://b.example/2"/>'), "https://b.example/2"),
        (
            atom('<link rel="Prev-Archive" href="/2026/01"/><link rel="next" href="/2"/>'),
            "https://a.example/2026/01",
        ),
        (atom('<link rel="next" href="file:///etc/passwd"/>'), ""),
        (atom('<link rel="next"/>'), ""),
    ],
)
def test_a_feed_says_where_its_older_entries_are(body: bytes, older: str) -> None:
    page = read_page(body, "https://a.example/feed/", "application/xml", NOW)
    assert page.older == older
    assert len(page.document.entries) == 1


@pytest.mark.parametrize(
    ("next_url", "older"), [("/feed.json?p=2", "https://a.example/feed.json?p=2"), (3, "")]
)
def test_a_json_feed_does_so_too(next_url: object, older: str) -> None:
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1"}], "next_url": next_url}
    body = b"\xef\xbb\xbf" + json.dumps(feed).encode()
    assert read_page(body, "https://a.example/feed.json", "", NOW).older == older


@pytest.mark.parametrize(
    ("url", "second"),
    [
        ("https://a.example/feed/", "https://a.example/feed/?paged=2"),
        ("https://a.example/?feed=rss2", "https://a.example/?feed=rss2&paged=2"),
        ("https://a.example/feed/?paged=1&cat=", "https://a.example/feed/?cat=&paged=2"),
    ],
)
def test_pages_are_numbered_as_wordpress_has_them(url: str, second: str) -> None:
    assert numbered(url, 2) == second


def test_a_feed_that_says_nothing_is_asked_by_number() -> None:
    page = FeedPage(document([]))
    asked = {same_place(FEED.url)}
    for number in (1, 2, 3):
        url, why = following(FEED.url, page, number, asked)
        assert (url, why) == (f"{FEED.url}?paged={number + 1}", "")
        asked.add(same_place(url))


def test_a_feed_that_names_its_pages_is_followed_by_its_word_alone() -> None:
    asked = {same_place(FEED.url)}
    url, why = following(FEED.url, FeedPage(document([]), "https://a.example/two"), 1, asked)
    assert (url, why) == ("https://a.example/two", "")
    asked.add(same_place(url))
    assert following(FEED.url, FeedPage(document([])), 2, asked) == ("", "the feed names no further page")
    looped = following(FEED.url, FeedPage(document([]), FEED.url), 2, asked)
    assert looped == ("", "the feed leads back to a page that was read")


def test_what_an_older_page_gives_never_alerts() -> None:
    seen = keys_of(FEED, document([entry(1), entry(2)]))
    known = dict.fromkeys(identity.keys(entry(3), "guid"), 33)
    sifted = sift(FEED, document([entry(2), entry(3), entry(4), entry(5)]), known, seen, None)
    assert [new.entry.guid for new in sifted.new] == ["g4", "g5"]
    assert {(new.may_alert, new.held_reason) for new in sifted.new} == {(False, "backfill")}
    assert sifted.new[0].identity == "https://a.example/4"
    assert sifted.stop == ""


def test_a_page_that_repeats_ends_it() -> None:
    first = document([entry(1), entry(2)])
    sifted = sift(FEED, document([entry(2), entry(1)]), {}, keys_of(FEED, first), None)
    assert (sifted.new, "repeats" in sifted.stop) == ((), True)
    assert "no entries" in sift(FEED, document([]), {}, frozenset(), None).stop


def test_entries_older_than_wanted_are_left_out_and_a_page_of_them_ends_it() -> None:
    until = NOW - timedelta(days=3)
    undated = Entry(guid="u", url="https://a.example/u", title="Undated")
    across = sift(FEED, document([entry(2), entry(3), entry(4), undated]), {}, frozenset(), until)
    assert [new.entry.guid for new in across.new] == ["g2", "g3", "u"]
    assert across.stop == ""
    beyond = sift(FEED, document([entry(4), entry(5), undated]), {}, frozenset(), until)
    assert (beyond.new, beyond.stop) == ((), "what follows is older than 2026-01-30")


def test_the_oldest_date_is_told_where_there_is_one() -> None:
    assert oldest([entry(2), entry(9), Entry(guid="", url="", title="")]) == NOW - timedelta(days=9)
    assert oldest([]) is None
