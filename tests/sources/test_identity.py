"""What is new, what is known: identity survives what feeds do to their entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.models import Entry, Stamp
from monitor.sources.identity import (
    article_identity,
    classify,
    fresh_for_alert,
    guid_policy,
    keys,
    overlapping,
    regenerated,
    shared_places,
    traits,
)
from monitor.sources.urls import canonical_url, fault_of, same_place

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


def entry(guid: str, url: str, title: str, at: datetime | None = NOW) -> Entry:
    return Entry(guid, url, title, published=Stamp("as given", at) if at else None)


@dataclass
class Memory:
    """What a store keeps of a feed: the first entry to bring a key has it."""

    known: dict[tuple[str, str], int] = field(default_factory=dict)
    policy: str = "guid"
    count: int = 0

    def poll(self, *window: Entry) -> list[str]:
        """Return the titles of what is new, having remembered it."""
        self.policy = guid_policy([*map(traits, window)], self.policy)
        sorted_out = classify(window, self.known, self.policy)
        for one, entry_id in sorted_out:
            if entry_id is None:
                self.count += 1
            for key in keys(one, self.policy):
                self.known.setdefault(key, entry_id or self.count)
        return [one.title for one, entry_id in sorted_out if entry_id is None]


A = entry("g1", "https://a.example/1", "First")
B = entry("g2", "https://a.example/2", "Second")
C = entry("g3", "https://a.example/3", "Third")


# --- URLs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTPS://WWW.Daily.Example:443/a?b=1&a=2#top", "https://www.daily.example/a?b=1&a=2"),
        ("http://daily.example:8080", "http://daily.example:8080/"),
        ("https://d.example/a?utm_source=x&UTM_Medium=y&id=3&fbclid=z&gclid=q", "https://d.example/a?id=3"),
        ("https://d.example/a?at_medium=RSS&at_campaign=rss&at_bbc_team=x", "https://d.example/a"),
        ("https://d.example/a/?id=3&&x", "https://d.example/a/?id=3&x"),
        ("https://d.example/#!/story/1", "https://d.example/#!/story/1"),
        ("https://d.example/خبر/گوادر", "https://d.example/%D8%AE%D8%A8%D8%B1/%DA%AF%D9%88%D8%A7%D8%AF%D8%B1"),
        ("https://d.example/%d8%ae%d8%a8%d8%b1", "https://d.example/%D8%AE%D8%A8%D8%B1"),
        ("https://d.example/%7Euser/%61", "https://d.example/~user/a"),
        ("https://d.example/100%", "https://d.example/100%25"),
        ("https://خبر.example/", "https://xn--ngblk.example/"),
        ("https://d.example./a", "https://d.example/a"),
        ("https://d.example/news/story/amp/", "https://d.example/news/story/"),
        ("https://d.example/news/story/amp", "https://d.example/news/story"),
        ("https://d.example/amp", "https://d.example/amp"),
        ("https://d.example/story?amp=1&outputType=amp", "https://d.example/story"),
        ("https://d.example/ampere/camp", "https://d.example/ampere/camp"),
        ("https://user:pw@d.example/a", "https://d.example/a"),
        (" https://d.example/a b ", "https://d.example/a%20b"),
        ("http://[2001:DB8::1]:80/a", "http://[2001:db8::1]/a"),
        ("mailto:a@b.example", ""),
        ("/relative", ""),
        ("https://", ""),
        ("https://d.example:port/", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_canonical_urls(url: str, canonical: str) -> None:
    assert canonical_url(url) == canonical


@given(
    st.text(st.characters(exclude_categories=[]))
    | st.text("aA%/2?&=#!.:@[]é خ\\", max_size=30).map("http://h.example/{}".format)
)
def test_a_canonical_url_is_its_own(url: str) -> None:
    once = canonical_url(url)
    assert canonical_url(once) == once
    assert once == "" or fault_of(once) == ""


def test_a_move_to_https_or_away_from_www_keeps_the_place() -> None:
    assert same_place("http://www.d.example/a?utm_source=rss") == same_place("https://d.example/a")
    assert same_place("https://d.example/a") != same_place("https://d.example/b")


# --- polls --------------------------------------------------------------------------------------


def test_the_first_poll_is_all_new_and_the_second_is_not() -> None:
    memory = Memory()
    assert memory.poll(A, B) == ["First", "Second"]
    assert memory.poll(C, A, B) == ["Third"]
    assert memory.poll(A, B, C) == []


def test_a_sliding_window_brings_nothing_back_as_new() -> None:
    memory = Memory()
    memory.poll(A, B)
    memory.poll(C)
    assert memory.poll(A, B, C) == []


def test_two_servers_that_take_turns_make_no_new_entries() -> None:
    memory = Memory()
    first, second = (A, B), (replace(A, guid="other-1"), replace(B, guid="other-2"), C)
    assert [memory.poll(*window) for window in (first, second, first, second)] == [
        ["First", "Second"], ["Third"], [], [],
    ]  # fmt: skip


@pytest.mark.parametrize(
    "again",
    [
        replace(A, title="First, corrected"),
        replace(A, published=Stamp("later", NOW + timedelta(days=2))),
        replace(A, published=None),
        replace(A, url="https://a.example/1?utm_source=rss"),
        replace(A, url="http://www.a.example/1"),
        replace(A, url=""),
        replace(A, url="https://a.example/new-home/1"),
        replace(A, url="https://a.example/new-home/1", published=Stamp("later", NOW + timedelta(days=2))),
        replace(A, guid="regenerated"),
        replace(A, guid=""),
        replace(A, guid="regenerated", title="First, corrected"),
    ],
)
def test_an_edited_entry_is_known(again: Entry) -> None:
    memory = Memory()
    memory.poll(A, B)
    assert memory.poll(again, B) == []


def test_a_guid_given_to_something_else_is_something_new() -> None:
    memory = Memory()
    memory.poll(A, B)
    assert memory.poll(replace(C, guid="g1"), B) == ["Third"]


@pytest.mark.parametrize("guid", ["", "0", "  "])
def test_equal_or_missing_guids_lose_nothing(guid: str) -> None:
    memory = Memory()
    window = [replace(one, guid=guid) for one in (A, B, C)]
    assert memory.poll(*window) == ["First", "Second", "Third"]
    assert memory.policy == "link"
    assert memory.poll(*window, replace(A, guid="back", url="https://a.example/4", title="Fourth")) == [
        "Fourth"
    ]
    assert memory.policy == "link"


def test_guids_that_are_missing_here_and_there_do_not_change_the_policy() -> None:
    assert guid_policy([*map(traits, [A, replace(B, guid="")])], "guid") == "guid"
    assert guid_policy([*map(traits, [A, A])], "guid") == "guid"
    assert guid_policy([*map(traits, [])], "guid") == "guid"
    assert guid_policy([*map(traits, [A, replace(B, guid="g1")])], "guid") == "link"


def test_a_feed_whose_entries_all_link_to_one_page_loses_nothing() -> None:
    for home in ("https://a.example", "https://a.example/", "https://a.example/news.php"):
        memory = Memory()
        one, two, three = (replace(x, url=home) for x in (A, B, C))
        assert memory.poll(one, two) == ["First", "Second"]
        assert memory.poll(three, one, two) == ["Third"]
        assert memory.poll(three, one, two) == []


def test_neither_guids_nor_links_leave_title_and_day() -> None:
    memory = Memory()
    bare = [replace(x, guid="", url="") for x in (A, B)]
    assert memory.poll(*bare) == ["First", "Second"]
    assert memory.poll(*bare) == []
    tomorrow = replace(bare[0], published=Stamp("next day", NOW + timedelta(days=1)))
    assert memory.poll(tomorrow) == ["First"]


def test_an_entry_given_twice_in_one_document_counts_once() -> None:
    memory = Memory()
    assert memory.poll(A, replace(A, guid="g9", url="https://www.a.example/1#x"), A) == ["First"]


def test_daily_titles_are_new_every_day() -> None:
    memory = Memory()
    for day in range(3):
        briefing = entry(f"b{day}", f"https://a.example/b/{day}", "Daily briefing", NOW + timedelta(days=day))
        assert memory.poll(briefing) == ["Daily briefing"]


def test_huge_and_odd_guids_make_keys_of_one_size() -> None:
    for guid in ("x" * 100_000, "\x00", "\ud800", "گوادر"):
        assert all(len(key) == 64 for _, key in keys(replace(A, guid=guid, title=guid), "guid"))


def test_every_entry_has_a_key() -> None:
    assert keys(Entry("", "", ""), "guid")
    assert keys(Entry("", "", "", summary="only this"), "link") != keys(Entry("", "", ""), "link")


words = st.sampled_from(["", "a", "b", "c"])
some_entry = st.builds(
    lambda guid, path, title, day: entry(
        guid, f"https://a.example/{path}" if path else "", title, NOW + timedelta(days=day) if day < 3 else None
    ),
    words, words, words, st.integers(0, 3),
)  # fmt: skip


@given(st.lists(st.lists(some_entry, max_size=6), max_size=5))
def test_no_document_is_ever_new_twice_in_a_row(windows: Sequence[list[Entry]]) -> None:
    memory = Memory()
    for window in windows:
        memory.poll(*window)
        assert memory.poll(*window) == []
        assert memory.poll(*reversed(window)) == []


@given(st.lists(some_entry, max_size=8), st.sampled_from(["guid", "link"]))
def test_sorting_out_keeps_the_order_and_gives_each_id_once(window: list[Entry], policy: str) -> None:
    known = {key: number for number, one in enumerate(window[::2], 1) for key in keys(one, policy)}
    sorted_out = classify(window, known, policy)
    places = [next(n for n, one in enumerate(window) if one is kept) for kept, _ in sorted_out]
    assert places == sorted(places)
    ids = [entry_id for _, entry_id in sorted_out if entry_id is not None]
    assert len(ids) == len(set(ids))


# --- articles -----------------------------------------------------------------------------------


def test_an_article_is_its_canonical_url_in_every_feed() -> None:
    assert (
        article_identity(replace(A, url="https://a.example/1?utm_source=x"), 1, "guid")
        == "https://a.example/1"
    )
    assert article_identity(A, 1, "guid") == article_identity(replace(A, guid="other"), 2, "link")


def test_without_a_url_of_its_own_an_article_belongs_to_its_feed() -> None:
    bare, front = replace(A, url=""), replace(A, url="https://a.example/")
    assert article_identity(bare, 1, "guid") == article_identity(front, 1, "guid")
    assert article_identity(bare, 1, "guid") != article_identity(bare, 2, "guid")
    one, two = replace(A, url="https://a.example/news"), replace(B, url="https://a.example/news")
    shared = shared_places(map(traits, [one, two]))
    assert article_identity(one, 1, "guid", shared) != article_identity(two, 1, "guid", shared)
    assert article_identity(one, 1, "link", shared) != article_identity(two, 1, "link", shared)


# --- floods -------------------------------------------------------------------------------------


def many(count: int, prefix: str = "g", section: str = "s") -> list[Entry]:
    return [entry(f"{prefix}{n}", f"https://a.example/{section}/{n}", f"Report {n}") for n in range(count)]


def test_a_feed_that_renames_everything_is_recognised() -> None:
    memory = Memory()
    memory.poll(*many(20))
    renamed = many(20, "new", "elsewhere")
    sorted_out = classify(renamed, memory.known, memory.policy)
    new = [one for one, entry_id in sorted_out if entry_id is None]
    assert len(new) == 20
    assert regenerated(len(new), 20, overlapping(new, memory.known, memory.policy))


def test_a_busy_day_is_not_taken_for_renaming() -> None:
    memory = Memory()
    memory.poll(*many(20))
    fresh = [entry(f"f{n}", f"https://a.example/f/{n}", f"Fresh {n}") for n in range(18)]
    assert overlapping(fresh, memory.known, memory.policy) == 0
    assert not regenerated(18, 20, 0)
    assert not regenerated(9, 20, 9)
    assert not regenerated(3, 3, 3)
    assert regenerated(11, 20, 6)
    assert not regenerated(11, 20, 5)


# --- first polls --------------------------------------------------------------------------------


def test_of_a_first_poll_only_the_recent_few_may_alert() -> None:
    def at(hours: float | None) -> Entry:
        return entry(str(hours), "", str(hours), None if hours is None else NOW + timedelta(hours=hours))

    window = [at(-30), at(-1), at(None), at(-23.9), at(2), at(0.5), at(-24.1)]
    assert [one.title for one in fresh_for_alert(window, NOW)] == ["0.5", "-1", "-23.9"]
    crowd = [at(-n / 10) for n in range(40)]
    assert [one.title for one in fresh_for_alert(crowd, NOW)] == [str(-n / 10) for n in range(10)]


def test_atom_entries_with_only_an_update_time_may_alert_and_unreadable_dates_may_not() -> None:
    updated = Entry("g", "", "t", updated=Stamp("x", NOW))
    doubtful = Entry("g", "", "t", published=Stamp("x", NOW, confidence="none"))
    assert fresh_for_alert([updated, doubtful], NOW) == (updated,)


@given(st.lists(some_entry, max_size=30), st.integers(0, 12))
def test_never_more_than_the_limit_and_never_undated(window: list[Entry], limit: int) -> None:
    chosen = fresh_for_alert(window, NOW, limit=limit)
    assert len(chosen) <= limit
    assert all(one.published is not None for one in chosen)
