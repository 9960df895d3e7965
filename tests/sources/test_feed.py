"""Feeds of every dialect, sound and broken."""

from __future__ import annotations

import io
import os
import pickle
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import FeedError
from monitor.models import Entry, FeedDocument
from monitor.sources.feed import parse_feed

NOW = datetime(2026, 2, 3, 12, 0, tzinfo=UTC)
URL = "https://outlet.example/feed/"
CORPORA = Path(os.environ.get("MONITOR_CORPORA", Path(__file__).parents[2] / ".." / "shared" / "data"))

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">
<channel>
  <title>The Coastal Observer</title><link>https://outlet.example/</link><language>en_US</language>
  <sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>
  <item>
    <title>Minister&#8217;s reply to &amp;quot;traders&amp;quot; &amp;amp; fishermen</title>
    <link>/2026/02/reply/?a=1&amp;b=2</link>
    <guid isPermaLink="false">https://outlet.example/?p=4711</guid>
    <dc:creator><![CDATA[Staff Report]]></dc:creator>
    <pubDate>Mon, 02 Feb 2026 15:04:05 PKT</pubDate>
    <description><![CDATA[<p>The minister answered&nbsp;on Monday.</p>]]></description>
    <content:encoded><![CDATA[<p>The minister answered on Monday.</p>
<script>x()</script><p>Traders in Balo&shy;chistan wait.</p>]]></content:encoded>
  </item>
  <item>
    <title>No guid, no date</title><link>https://outlet.example/b</link><guid></guid>
    <author>editor@outlet.example (Desk)</author>
    <description>Short.</description>
  </item>
</channel></rss>"""

ATOM = """<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ur" xml:base="https://outlet.example/ur/">
  <title>روزنامہ ساحل</title><id>urn:x:feed</id><updated>2026-02-03T00:00:00Z</updated>
  <entry>
    <title type="html">گوادر میں &lt;b&gt;دھرنا&lt;/b&gt; ختم</title><id>urn:x:1</id>
    <link rel="self" href="https://outlet.example/api/1"/><link rel="alternate" type="text/html" href="news/1"/>
    <published>2026-02-02T15:04:05+05:00</published><updated>2026-02-02T18:00:00+05:00</updated>
    <author><name>نامہ نگار</name><email>x@outlet.example</email></author>
    <summary>خلاصہ</summary>
    <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>پہلا پیرا۔</p><p>دوسرا پیرا۔</p></div></content>
  </entry>
  <entry>
    <title>Only updated</title><id>urn:x:2</id><link href="https://outlet.example/2"/>
    <updated>2026-02-02T18:00:00+05:00</updated>
    <content type="html">&lt;p&gt;The whole text.&lt;/p&gt;</content>
  </entry>
</feed>"""

RDF = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
  xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://outlet.example/"><title>خبرگزاری</title><link>https://outlet.example/</link>
<items><rdf:Seq><rdf:li rdf:resource="https://outlet.example/1"/></rdf:Seq></items></channel>
<item rdf:about="https://outlet.example/1"><title>خبر</title><link>https://outlet.example/1</link>
<dc:date>2026-02-02T10:00:00+03:30</dc:date></item></rdf:RDF>"""

SITEMAP = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"
  xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><loc>https://outlet.example/1</loc><lastmod>2026-02-02T12:00:00+05:00</lastmod>
<image:image><image:loc>https://outlet.example/1.jpg</image:loc><image:title>A photo</image:title></image:image>
<news:news><news:publication><news:name>Outlet</news:name><news:language>ur</news:language></news:publication>
<news:publication_date>2026-02-02T10:00:00+05:00</news:publication_date>
<news:title>بارش &amp; برف</news:title></news:news></url>
<url><loc>https://outlet.example/about</loc></url>
</urlset>"""

JSON_FEED = """{"version": "https://jsonfeed.org/version/1.1", "title": "Outlet", "language": "fa-IR",
"items": [{"id": 7, "url": "/7", "title": "A &amp; B", "content_html": "<p>One.</p><p>Two.</p>", "summary": "One.",
"date_published": "2026-02-02T10:00:00+03:30", "authors": [{"name": "Desk"}, {"url": "x"}]}, "junk",
{"id": "8", "content_text": "a < b", "date_modified": "2026-02-02"}]}"""


def parse(text: str, content_type: str = "application/rss+xml; charset=utf-8") -> FeedDocument:
    return parse_feed(text.encode(), URL, content_type, NOW)


def rss(*items: str, head: str = '<?xml version="1.0" encoding="utf-8"?>') -> str:
    return f'{head}<rss version="2.0"><channel><title>T</title>{"".join(items)}</channel></rss>'


def item(title: str, number: int = 1, date: str = "Mon, 02 Feb 2026 10:00:00 +0500") -> str:
    link = f"https://outlet.example/{number}"
    return (
        f"<item><title>{title}</title><guid>{link}</guid><link>{link}</link><pubDate>{date}</pubDate></item>"
    )


def test_rss_2() -> None:
    document = parse(RSS)
    assert (document.title, document.language, document.dialect) == ("The Coastal Observer", "en-us", "rss20")
    assert (document.ttl_s, document.note) == (1800, "")
    first, second = document.entries
    assert first.title == 'Minister’s reply to "traders" & fishermen'
    assert first.url == "https://outlet.example/2026/02/reply/?a=1&b=2"
    assert first.guid == "https://outlet.example/?p=4711"
    assert first.summary == "The minister answered on Monday."
    assert first.content == "The minister answered on Monday.\nTraders in Balo\u00adchistan wait."
    assert first.author == "Staff Report"
    assert first.published is not None
    assert first.published.raw == "Mon, 02 Feb 2026 15:04:05 PKT"
    assert first.published.at == datetime(2026, 2, 2, 10, 4, 5, tzinfo=UTC)
    assert (second.guid, second.author, second.published) == ("", "Desk", None)
    assert (second.summary, second.content) == ("Short.", "")


def test_atom() -> None:
    document = parse(ATOM)
    assert (document.title, document.language, document.dialect) == ("روزنامہ ساحل", "ur", "atom10")
    first, second = document.entries
    assert (first.title, first.url, first.guid) == (
        "گوادر میں دھرنا ختم",
        "https://outlet.example/ur/news/1",
        "urn:x:1",
    )
    assert (first.summary, first.content, first.author) == ("خلاصہ", "پہلا پیرا۔\nدوسرا پیرا۔", "نامہ نگار")
    assert first.published is not None
    assert first.published.confidence == "exact"
    assert first.updated is not None
    assert (second.summary, second.content) == ("", "The whole text.")


def test_the_date_of_an_update_stands_in_and_says_so() -> None:
    published = parse(ATOM).entries[1].published
    assert published is not None
    assert published.at == datetime(2026, 2, 2, 13, tzinfo=UTC)
    assert (published.confidence, published.note) == ("inferred", "date of an update")


def test_rss_1_takes_dc_date_as_the_date() -> None:
    document = parse(RDF)
    assert document.dialect == "rss10"
    published = document.entries[0].published
    assert published is not None
    assert (published.at, published.confidence) == (datetime(2026, 2, 2, 6, 30, tzinfo=UTC), "exact")


def test_google_news_sitemap() -> None:
    document = parse(SITEMAP)
    assert (document.title, document.language, document.dialect) == ("Outlet", "ur", "sitemap-news")
    (entry,) = document.entries
    assert (entry.title, entry.url) == ("بارش & برف", "https://outlet.example/1")
    assert entry.published is not None
    assert entry.published.at == datetime(2026, 2, 2, 5, tzinfo=UTC)


def test_json_feed() -> None:
    document = parse(JSON_FEED, "application/feed+json")
    assert (document.title, document.language, document.dialect) == ("Outlet", "fa-ir", "json11")
    first, second = document.entries
    assert (first.guid, first.url, first.title) == ("7", "https://outlet.example/7", "A & B")
    assert (first.summary, first.content, first.author) == ("One.", "One.\nTwo.", "Desk")
    assert (second.content, second.url) == ("a < b", "")


@pytest.mark.parametrize("version", ["0.91", "0.92", "2.0"])
def test_older_rss(version: str) -> None:
    text = (
        f'<rss version="{version}"><channel><title>T</title><item><title>one</title></item></channel></rss>'
    )
    assert parse(text).entries[0].title == "one"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the body is empty"),
        (b" \n ", "the body is empty"),
        (
            b"<!doctype html><title>Just a moment...</title><p>x",
            "the body is an HTML page titled “Just a moment...”",
        ),
        (b"<html><body>moved</body></html>", "the body is an HTML page"),
        (b'<?xml version="1.0"?><!DOCTYPE html><html xmlns="x"><p/></html>', "the body is an HTML page"),
        (b'{"error": "rate limited"}', "the body is JSON that is not a JSON Feed: it says “rate limited”"),
        (b'[{"a": 1}]', "the body is JSON that is not a JSON Feed"),
        (b'{"items": [', "the body is JSON that cannot be read, not a feed"),
        (b"[" * 100_000, "the body is JSON that cannot be read, not a feed"),
        (b'{"items": []}', "the body is JSON that is not a JSON Feed: it names no version of it"),
        (b"Service unavailable", "the body is plain text, not a feed"),
        (b"/etc/hostname", "the body is plain text, not a feed"),
        (b"http://127.0.0.1:1/feed", "the body is plain text, not a feed"),
        (b"<opml><head><title>x</title></head></opml>", "the body is an OPML list, not a feed"),
        (b"<sitemapindex><sitemap/></sitemapindex>", "the body is an index of sitemaps, not a feed"),
        (
            b"<urlset><url><loc>a</loc></url></urlset>",
            "the body is a sitemap of 1 addresses without news titles",
        ),
        (b"<note><to>x</to></note>", "the body is XML whose root <note> is no feed's"),
        (bytes(range(256)) * 20, "the body is binary data"),
    ],
)
def test_says_what_a_body_is_that_is_no_feed(body: bytes, message: str) -> None:
    with pytest.raises(FeedError) as caught:
        parse_feed(body, URL, "text/xml", NOW)
    assert str(caught.value) == message


def test_a_body_is_never_taken_for_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.xml"
    secret.write_text(rss(item("from the disk")))
    with pytest.raises(FeedError):
        parse_feed(str(secret).encode(), URL, "", NOW)


def test_an_empty_channel_is_a_feed() -> None:
    assert parse(rss()).entries == ()


TITLE = "کوئٹہ میں بارش، سڑکیں بند"
ARABIC = "باران در سراوان"


@pytest.mark.parametrize(
    ("body", "title"),
    [
        (rss(item(TITLE)).encode(), TITLE),
        (b"\n\n " + rss(item(TITLE)).encode(), TITLE),
        (b"\xef\xbb\xbf" * 2 + rss(item(TITLE)).encode(), TITLE),
        (rss(item(TITLE), head='<?xml version="1.0" encoding="windows-1256"?>').encode(), TITLE),
        (rss(item(TITLE), head='<?xml version="1.0" encoding="utf-16"?>').encode(), TITLE),
        (
            b"\xff\xfe"
            + rss(item(TITLE), head='<?xml version="1.0" encoding="utf-16"?>').encode("utf-16-le"),
            TITLE,
        ),
        (rss(item(ARABIC)).encode("cp1256"), ARABIC),
        (rss(item(ARABIC), head='<?xml version="1.0"?>').encode("cp1256"), ARABIC),
        (rss(item(TITLE), item("BAD", 2)).encode().replace(b"BAD", b"\xff\xfe\x81"), TITLE),
        (b"<br />\n<b>Warning</b>: fopen()<br />" + rss(item(TITLE)).encode(), TITLE),
        (rss(item("A&nbsp;B&mdash;C &zwnj;" + TITLE)).encode(), "A B—C \u200c" + TITLE),
        (rss(item("Tom & Jerry " + TITLE)).encode(), "Tom & Jerry " + TITLE),
        (rss(item("a&#0;b&#xD800;c" + TITLE)).encode(), "a\ufffdb\ufffdc" + TITLE),
        (rss(item("a&#1114112;b"), item("second", 2)).encode(), "a\ufffdb"),
        (rss(item("a\x00b\x08c" + TITLE)).encode(), "a\ufffdb\ufffdc" + TITLE),
    ],
)
def test_titles_survive_every_lie_about_the_encoding(body: bytes, title: str) -> None:
    assert parse_feed(body, URL, "application/rss+xml", NOW).entries[0].title == title


def test_a_body_that_ends_early_loses_only_the_entry_it_ends_in() -> None:
    whole = rss(*(item(f"t{n}", n) for n in range(5))).encode()
    document = parse_feed(whole[: whole.rindex(b"t4") + 1], URL, "", NOW)
    assert [entry.title for entry in document.entries] == ["t0", "t1", "t2", "t3"]
    assert document.note == "the last entry is cut off and left for the next poll"


def test_reads_the_newest_2000_of_more() -> None:
    dates = [f"{2 + n % 26:02d} Jan 2026 {n % 24:02d}:00:00 GMT" for n in range(2_500)]
    document = parse(rss(*(item(f"t{n}", n, date) for n, date in enumerate(dates))))
    assert len(document.entries) == 2_000
    assert document.note == "2500 entries, the newest 2000 read"
    kept = [entry.published.at for entry in document.entries if entry.published and entry.published.at]
    assert min(kept) > datetime(2026, 1, 6, tzinfo=UTC)


def test_an_entry_the_library_stumbles_on_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    real = feedparser.parse

    def stumbling(stream: io.BytesIO, **options: object) -> object:
        if b"poison" in stream.getvalue():
            raise OverflowError
        return real(stream, **options)

    monkeypatch.setattr(feedparser, "parse", stumbling)
    document = parse(rss(item("one", 1), item("poison", 2), item("three", 3)))
    assert [entry.title for entry in document.entries] == ["one", "three"]
    assert document.note == "an entry that cannot be parsed was left out"


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "mailto:a@b.c", "http://["]
)
def test_links_are_web_addresses_or_nothing(link: str) -> None:
    document = parse(
        rss(f"<item><title>t</title><guid isPermaLink='false'>g</guid><link>{link}</link></item>")
    )
    assert document.entries[0].url == ""


def test_the_articles_own_link_goes_before_a_counters() -> None:
    text = rss(
        "<item xmlns:feedburner='http://rssnamespace.org/feedburner/ext/1.0'><title>t</title>"
        "<link>https://proxy.example/~r/1</link><feedburner:origLink>https://outlet.example/1</feedburner:origLink></item>"
    )
    assert parse(text).entries[0].url == "https://outlet.example/1"


def test_bounds_everything() -> None:
    document = parse(
        rss(
            f"<item><title>{'t' * 50_000}</title><guid>{'g' * 50_000}</guid><author>{'a' * 50_000}</author></item>"
        )
    )
    (entry,) = document.entries
    assert len(entry.title) == 2_000
    assert entry.guid.startswith("sha256:")
    assert len(entry.author) <= 300


def test_external_entities_are_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SECRET")
    doctype = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    assert parse(rss(item("a&x;b"), head=doctype)).entries[0].title == "a&x;b"


@pytest.mark.parametrize(
    ("about", "seconds"),
    [
        ("<ttl>30</ttl>", 1800),
        ("<ttl>0</ttl>", None),
        ("<ttl>soon</ttl>", None),
        ("<ttl>99999999999999999999</ttl>", None),
        ("<ttl>999999</ttl>", 30 * 86400),
        (
            '<sy:updatePeriod xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">daily</sy:updatePeriod>',
            86400,
        ),
    ],
)
def test_time_to_live(about: str, seconds: int | None) -> None:
    assert parse(f"<rss version='2.0'><channel><title>T</title>{about}</channel></rss>").ttl_s == seconds


def test_a_document_travels_between_processes() -> None:
    document = parse(RSS)
    assert pickle.loads(pickle.dumps(document)) == document


SEEDS = [text.encode() for text in (RSS, ATOM, RDF, SITEMAP, JSON_FEED)]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 2_000), st.binary(max_size=12)), max_size=4),
    st.integers(0, 2_500),
)
def test_mutated_feeds_raise_nothing_but_feed_errors(
    seed: bytes, changes: list[tuple[int, bytes]], end: int
) -> None:
    body = bytearray(seed)
    for place, change in changes:
        body[place : place + len(change)] = change
    try:
        document = parse_feed(bytes(body[:end]), URL, "", NOW)
    except FeedError:
        return
    for entry in document.entries:
        assert_clean(entry)


def assert_clean(entry: Entry) -> None:
    for text in (entry.guid, entry.url, entry.title, entry.summary, entry.content, entry.author):
        assert not [c for c in text if (ord(c) < 32 and c != "\n") or "\ud800" <= c <= "\udfff"]
    assert entry.url == "" or entry.url.startswith(("http://", "https://"))


def corpus(name: str) -> list[Path]:
    files = [path for path in sorted((CORPORA / "feeds" / name).rglob("*")) if path.is_file()]
    if not files:
        pytest.skip("no corpora: set MONITOR_CORPORA")
    return files


def count(body: bytes) -> int:
    try:
        document = parse_feed(body, "https://example.org/f", "", NOW)
    except FeedError:
        return 0
    for entry in document.entries:
        assert_clean(entry)
    return len(document.entries)


def test_real_feeds_give_no_fewer_entries_than_bare_feedparser() -> None:
    for path in corpus("real"):
        body = path.read_bytes()
        bare = feedparser.parse(io.BytesIO(body), response_headers={"content-type": "application/xml"})
        assert count(body) >= len(bare.entries), path.name


@pytest.mark.parametrize("name", ["conformance", "malformed"])
def test_no_feed_of_the_corpora_raises_anything_else(name: str) -> None:
    assert sum(count(path.read_bytes()) for path in corpus(name)) > 0
