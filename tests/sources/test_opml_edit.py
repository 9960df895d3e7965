"""One feed of a list is changed, and nothing else in the file is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import MonitorError, NotFoundError, OpmlError
from monitor.models import Subscription
from monitor.sources import opml
from monitor.sources.opml import Opml, parse, serialise

LIST = """<?xml version="1.0" encoding="UTF-8"?>
<!-- kept by hand -->
<opml version="2.0" xmlns:note="https://example.org/note">
  <head>
    <title>Sample list</title>
  </head>
  <body>
    <outline text="Coast" note:order="1">
      <!-- the oldest first -->
      <outline text="Daily" type="rss" xmlUrl="https://daily.example/feed?a=1&amp;b=2" note:seen="once" x=""/>
      <outline text="Private">
        <outline type="rss" text="هفته‌نامه" XMLURL="http://www.weekly.example/rss"/>
      </outline>
    </outline>
    <outline text="Both a feed and a folder" type="rss" xmlUrl="https://both.example/feed">
      <outline text="Inside" type="rss" xmlUrl="https://inside.example/feed"/>
    </outline>
    <outline text="A link" type="link" url="https://elsewhere.example/"/>
  </body>
</opml>
<!-- the end -->
"""


def edited(change: Callable[[Opml], Opml], text: str = LIST) -> str:
    return serialise(change(parse(text.encode(), "feeds.opml"))).decode()


def lines_changed(after: str, before: str = LIST) -> tuple[list[str], list[str]]:
    """Return the lines that went and the lines that came, without their indentation."""
    old, new = before.splitlines(), after.splitlines()
    gone = [line.strip() for line in old if line not in new]
    return gone, [line.strip() for line in new if line not in old]


def test_a_feed_is_added_at_the_end_of_its_folder() -> None:
    feed = Subscription("https://new.example/feed", "Nü", language="ur", folders=("Coast", "Private"))
    after = edited(lambda own: opml.add(own, feed))
    line = '<outline type="rss" text="Nü" xmlUrl="https://new.example/feed" language="ur"/>'
    assert lines_changed(after) == ([], [line])
    assert after.index("weekly.example") < after.index("new.example") < after.index("both.example")


def test_a_folder_that_is_missing_is_made() -> None:
    after = edited(
        lambda own: opml.add(own, Subscription("https://n.example/", "N", folders=("Hills", "New")))
    )
    assert [
        (one.title, one.folders)
        for one in opml.read(after.encode(), "again")
        if one.url == "https://n.example/"
    ] == [("N", ("Hills", "New"))]
    assert lines_changed(after)[0] == []


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://daily.example/feed?a=1&b=2", "on the list already: Daily (line 10)"),
        ("http://www.daily.example:80/feed?a=1&b=2&utm_source=x#top", "on the list already: Daily"),
        ("https://weekly.example/rss", "on the list already: هفته‌نامه"),
        ("file:///etc/passwd", "is not http or https"),
        ("//daily.example/feed", "is not an absolute"),
        ("https://a b.example/", "contains spaces"),
        ("", "is empty"),
    ],
)
def test_what_is_there_or_is_no_web_address_is_refused(url: str, words: str) -> None:
    with pytest.raises(OpmlError) as caught:
        edited(lambda own: opml.add(own, Subscription(url, "Again")))
    assert words in str(caught.value)


def test_a_feed_is_taken_out_with_its_line() -> None:
    after = edited(lambda own: opml.remove(own, "http://daily.example/feed?a=1&b=2"))
    gone, came = lines_changed(after)
    assert came == []
    assert [line for line in gone if "daily.example" in line] == gone
    assert len(after.splitlines()) == len(LIST.splitlines()) - 1
    assert "<!-- the oldest first -->" in after


def test_what_stands_inside_a_feed_stays_as_a_folder() -> None:
    after = edited(lambda own: opml.remove(own, "https://both.example/feed"))
    assert lines_changed(after)[1] == ['<outline text="Both a feed and a folder">']
    inside = opml.read(after.encode(), "again")[-1]
    assert (inside.title, inside.folders) == ("Inside", ("Both a feed and a folder",))


def test_a_feed_is_paused_and_resumed_without_a_trace() -> None:
    url = "https://weekly.example/rss"
    paused = edited(lambda own: opml.pause(own, url, paused=True))
    assert lines_changed(paused)[1] == [
        '<outline type="rss" text="هفته‌نامه" XMLURL="http://www.weekly.example/rss" monitorPaused="true"/>'
    ]
    assert [one.paused for one in opml.read(paused.encode(), "again")] == [False, True, False, False]
    assert edited(lambda own: opml.pause(own, url, paused=True), paused) == paused
    assert edited(lambda own: opml.pause(own, url, paused=False), paused) == edited(lambda own: own)


@pytest.mark.parametrize(
    ("value", "paused"),
    [("true", True), ("1", True), ("YES", True), ("false", False), ("", False), ("0", False)],
)
def test_the_mark_is_read_as_people_write_it(value: str, paused: bool) -> None:
    text = f'<opml><body><outline xmlUrl="https://a.example/" MonitorPaused="{value}"/></body></opml>'
    (feed,) = opml.read(text.encode(), "feeds.opml")
    assert feed.paused is paused
    assert opml.read(opml.write((feed,), "again"), "again")[0].paused is paused


def test_a_feed_gets_another_address_and_keeps_all_else() -> None:
    after = edited(
        lambda own: opml.readdress(own, "https://weekly.example/rss", "https://weekly.example/rss")
    )
    assert lines_changed(after) == (
        ['<outline type="rss" text="هفته‌نامه" XMLURL="http://www.weekly.example/rss"/>'],
        ['<outline type="rss" text="هفته‌نامه" XMLURL="https://weekly.example/rss"/>'],
    )
    with pytest.raises(OpmlError, match="on the list already"):
        edited(lambda own: opml.readdress(own, "https://weekly.example/rss", "https://both.example/feed"))


@pytest.mark.parametrize("url", ["https://nobody.example/feed", "", "nonsense", "https://elsewhere.example/"])
def test_a_feed_that_is_not_there_is_said(url: str) -> None:
    changes: tuple[Callable[[Opml], Opml], ...] = (
        lambda own: opml.remove(own, url),
        lambda own: opml.pause(own, url, paused=True),
        lambda own: opml.readdress(own, url, "https://new.example/"),
    )
    for change in changes:
        with pytest.raises(NotFoundError):
            edited(change)


URLS = st.sampled_from([f"https://{name}.example/feed" for name in "abcdef"])
FOLDERS = st.lists(st.sampled_from(["Coast", "Private", "Hills"]), max_size=2).map(tuple)
EDITS = st.one_of(
    st.tuples(st.just("add"), URLS, FOLDERS),
    st.tuples(st.just("remove"), URLS, FOLDERS),
    st.tuples(st.just("pause"), URLS, FOLDERS),
    st.tuples(st.just("resume"), URLS, FOLDERS),
)


@given(st.lists(EDITS, max_size=12))
def test_any_edits_leave_the_rest_as_it_was(edits: list[tuple[str, str, tuple[str, ...]]]) -> None:
    tree = parse(LIST.encode(), "feeds.opml")
    ours: dict[str, tuple[tuple[str, ...], bool]] = {}
    for what, url, folders in edits:
        try:
            if what == "add":
                tree = opml.add(tree, Subscription(url, url, folders=folders))
                ours[url] = folders, False
            elif what == "remove":
                tree = opml.remove(tree, url)
                del ours[url]
            else:
                tree = opml.pause(tree, url, paused=what == "pause")
                ours[url] = ours[url][0], what == "pause"
        except MonitorError:
            assert (url in ours) == (what == "add")
        tree = parse(serialise(tree), "again")
    kept = {one.url: (one.folders, one.paused) for one in tree.subscriptions() if one.url in ours}
    assert kept == ours
    rest = [one for one in tree.subscriptions() if one.url not in ours]
    assert [without_line(one) for one in rest] == [
        without_line(one) for one in opml.read(LIST.encode(), "feeds.opml")
    ]
    text = serialise(tree).decode()
    assert all(
        kept in text for kept in ("<!-- kept by hand -->", "<!-- the oldest first -->", "<!-- the end -->")
    )


def without_line(one: Subscription) -> tuple[object, ...]:
    return (one.url, one.title, one.language, one.folders, one.attributes, one.paused)
