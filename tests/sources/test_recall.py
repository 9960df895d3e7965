"""Items that a feed's last document held are not parsed again, and nothing comes out differently for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import FeedError
from monitor.models import Entry, FeedDocument, Recall
from monitor.sources import feed, identity
from monitor.sources.feed import parse_feed
from monitor.sources.items import cut
from monitor.sources.recall import recall_of
from monitor.sources.repair import repair

URL = "https://daily.example/feed"
NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
CORPORA = Path(os.environ.get("MONITOR_CORPORA", Path(__file__).parents[3] / "shared" / "data"))

RSS = '<rss version="2.0"><channel><title>Daily</title>{}</channel></rss>'
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><title>Daily</title>{}</feed>'
RDF = (
    '<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Daily</title></channel>{}</rdf:RDF>'
)


def rss(number: int, title: str = "") -> str:
    return (
        f"<item><title>{title or f'Report {number}'}</title><link>https://daily.example/{number}</link>"
        f'<guid isPermaLink="false">g{number}</guid><pubDate>Sun, 22 Nov 2026 05:{number % 60:02d}:00 GMT</pubDate>'
        f"<description>Words &amp;amp; {number} خبر</description></item>\n"
    )


def atom(number: int, title: str = "") -> str:
    return (
        f'<entry><id>g{number}</id><title>{title or f"Report {number}"}</title><link href="/{number}"/>'
        f"<updated>2026-11-22T05:{number % 60:02d}:00Z</updated><content type='html'>Words {number}</content></entry>"
    )


def rdf(number: int, title: str = "") -> str:
    return (
        f'<item rdf:about="https://daily.example/{number}"><title>{title or f"Report {number}"}</title>'
        f"<link>https://daily.example/{number}</link><dc:date>2026-11-22T05:{number % 60:02d}:00Z</dc:date></item>"
    )


def parse(text: str, recall: Recall | None = None) -> FeedDocument:
    return parse_feed(text.encode(), URL, "", NOW, recall or Recall())


def remembered(document: FeedDocument) -> Recall | None:
    """Return what the next poll may recall of a document whose entries are all known, by ids from 1."""
    policy = identity.guid_policy(document.traits, "guid")
    return recall_of(document, [(entry, at) for at, entry in enumerate(document.entries, 1)], policy)


def after(old: str, new: str) -> FeedDocument:
    """Return what the second of two documents gives beside what is recalled of the first."""
    recall = remembered(parse(old))
    assert recall is not None
    return parse(new, recall)


def titles(entries: Sequence[Entry]) -> list[str]:
    return [entry.title for entry in entries]


@pytest.mark.parametrize(
    ("frame", "item"), [(RSS, rss), (ATOM, atom), (RDF, rdf)], ids=["rss", "atom", "rdf"]
)
@given(
    old=st.lists(st.integers(1, 40), min_size=1, max_size=12, unique=True),
    new=st.lists(st.integers(1, 40), min_size=1, max_size=12, unique=True),
    edited=st.sets(st.integers(1, 40), max_size=3),
)
def test_what_is_parsed_is_what_parsing_all_gives(
    frame: str, item: Callable[..., str], old: list[int], new: list[int], edited: set[int]
) -> None:
    text = frame.format(
        "".join(item(number, f"Edited {number}" if number in edited else "") for number in new)
    )
    whole = parse(text)
    document = after(frame.format("".join(map(item, old))), text)
    known = [number for number in new if number in old and number not in edited]
    assert len(document.recalled) == len(known)
    assert {one.entry for one in document.recalled} == {old.index(number) + 1 for number in known}
    assert document.entries == tuple(
        entry for entry, number in zip(whole.entries, new, strict=True) if number not in known
    )
    if document.recalled:
        assert replace(document, entries=(), traits=(), digests=(), recalled=()) == replace(
            whole, entries=(), traits=(), digests=(), recalled=()
        )


def test_what_was_recalled_is_recalled_again() -> None:
    first = parse(RSS.format(rss(1) + rss(2)))
    recall = remembered(first)
    for number in range(3, 9):
        assert recall is not None
        document = parse(RSS.format("".join(map(rss, range(number, number - 3, -1)))), recall)
        assert titles(document.entries) == [f"Report {number}"]
        recall = recall_of(document, [(document.entries[0], number)], "guid")
    assert recall is not None
    assert {one.entry for one in recall.items} == {6, 7, 8}


def test_only_what_nobody_has_seen_reaches_the_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    whole = feed._feedparser

    def heard(text: str, url: str) -> Mapping[str, Any]:
        asked.append(text)
        return whole(text, url)

    monkeypatch.setattr(feed, "_feedparser", heard)
    after(RSS.format("".join(map(rss, range(1, 26)))), RSS.format("".join(map(rss, range(4, 29)))))
    assert asked[1].count("<item>") == 3


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(
            RSS.format(rss(1) + rss(2)), RSS.format(rss(3) + rss(1) + rss(1)), id="an item stands there twice"
        ),
        pytest.param(
            RSS.format(rss(1) + rss(2)),
            RSS.format(rss(2, "Another").replace("/2<", "/9<") + rss(1) + rss(2)),
            id="a new item has a known guid",
        ),
        pytest.param(
            RSS.format(rss(1) + rss(2)),
            RSS.format(rss(3).replace("/3<", "/1<") + rss(1)),
            id="a new item has a known link",
        ),
        pytest.param(
            RSS.format(rss(1) + rss(2)),
            RSS.replace("<rss ", '<rss xml:base="https://other.example/" ').format(rss(3) + rss(1)),
            id="another base",
        ),
        pytest.param(
            RSS.format(rss(1) + rss(2)),
            RSS.replace("<rss ", '<rss xmlns:x="https://other.example/" ').format(rss(3) + rss(1)),
            id="another namespace",
        ),
        pytest.param(
            RSS.format(rss(1) + rss(2)),
            RSS.format("<item><title>a</b></title></item>" + rss(1)),
            id="an item that is not well-formed",
        ),
        pytest.param(
            RSS.format(rss(1) + rss(2)), RSS.format(rss(3) + rss(1))[:-40], id="a feed that ends early"
        ),
    ],
)
def test_on_any_doubt_the_whole_is_parsed(old: str, new: str) -> None:
    document = after(old, new)
    assert not document.recalled
    assert document == parse(new)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(RSS.format(rss(1) + rss(1)), id="repeats"),
        pytest.param(RSS.format(rss(1) + rss(2).replace("/2<", "/1<")), id="one link under two titles"),
        pytest.param(RSS.format(rss(1) + "<item><title>a</b></title></item>"), id="not well-formed"),
        pytest.param(RSS.format(rss(1) + rss(2))[:-50], id="ends early"),
        pytest.param('{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1"}]}', id="json"),
    ],
)
def test_a_document_in_doubt_is_not_remembered(text: str) -> None:
    document = parse(text)
    policy = identity.guid_policy(document.traits, "guid")
    assert recall_of(document, identity.classify(document.entries, {}, policy), policy) is None


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the corpora are not here (set MONITOR_CORPORA)")
def test_every_feed_of_the_corpora_gives_the_same_entries() -> None:
    gated = 0
    for path in sorted(file for file in (CORPORA / "feeds").rglob("*") if file.is_file()):
        body = path.read_bytes()
        if len(body) > 1_000_000:
            continue
        text = repair(body, "").text
        parts = cut(text)
        if parts is None or len(parts.items) < 2:
            continue
        try:
            whole = parse(text)
            recall = remembered(parse(parts.only(parts.items[max(1, len(parts.items) // 8) :])))
        except FeedError:
            continue
        if recall is None:
            continue
        document = parse(text, recall)
        known = {item.digest for item in document.recalled}
        expected = tuple(
            entry for entry, digest in zip(whole.entries, whole.digests, strict=True) if digest not in known
        )
        assert document.entries == expected if known else document == whole, path
        gated += bool(known)
    assert gated > 90
