"""Feeds broken at random: whatever the bytes, repair and parsing give clean entries or say why not."""

from __future__ import annotations

import asyncio
import pickle
import random
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from monitor.errors import FeedError
from monitor.models import Entry, FeedDocument
from monitor.sources.entries import MAX_ENTRIES
from monitor.sources.feed import parse_feed
from monitor.sources.markup import absolute_url
from monitor.sources.repair import repair
from monitor.workers import Workers

NOW = datetime(2026, 2, 2, 12, tzinfo=UTC)
URL = "https://outlet.example/feeds/all.xml"
QUICK, LONG, BATCH = 400, 100_000, 500
BATCH_DEADLINE_S = 60.0  # a batch takes about one second

_RSS = """<?xml version="1.0" encoding="utf-8"?>
<?xml-stylesheet type="text/xsl" href="/feed.xsl"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:media="http://search.yahoo.com/mrss/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">
<channel><title>ساحل نیوز &amp; Co</title><link>https://outlet.example/</link><language>ur-PK</language><ttl>15</ttl>
<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>
<item><title>گوادر میں دھرنا ختم، ماہی گیر واپس</title><link>/2026/02/sit-in?utm_source=rss</link>
<guid isPermaLink="false">tag:outlet.example,2026:1</guid><pubDate>Mon, 02 Feb 2026 09:12:44 +0500</pubDate>
<dc:creator><![CDATA[عملہ]]></dc:creator><description>&lt;p&gt;مذاکرات کے بعد&amp;nbsp;دھرنا&lt;/p&gt;</description>
<content:encoded><![CDATA[<p>نو روز کے بعد <b>دھرنا</b> ختم کر دیا گیا۔</p><img src="https://outlet.example/a.jpg"/>]]></content:encoded>
<media:content url="https://outlet.example/a.jpg" medium="image"/></item>
<item><title><![CDATA[Ferry & harbour: "work" begins]]></title><link>https://outlet.example/2026/02/ferry</link><guid>2</guid>
<pubDate>02 فروری 2026</pubDate><author>desk@outlet.example (The desk)</author><description>Balo&#173;chistan &hellip; &#8211; soon</description></item>
</channel></rss>"""
_ATOM = """<?xml version='1.0' encoding='utf-8'?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fa" xml:base="https://outlet.example/fa/">
<title type="html">دریچه &lt;b&gt;شرق&lt;/b&gt;</title><id>urn:uuid:1</id><updated>2026-02-02T08:00:00+03:30</updated>
<link rel="self" href="feed.atom"/><author><name>تحریریه</name></author>
<entry><id>urn:uuid:2</id><title type="text">گشت‌زنی در مرز</title><link href="news/2"/><link rel="enclosure" href="2.mp3"/>
<published>2026-02-02T07:30:00+03:30</published><updated>2026-02-02T08:00:00Z</updated><summary>می‌گویند</summary>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p onclick="x()">مرز بسته شد.</p><br/></div></content></entry>
<entry><id>urn:uuid:3</id><title type="html">&amp;lt;script&amp;gt;</title><updated>۱۴۰۴/۱۱/۱۳</updated></entry></feed>"""
_RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://outlet.example/"><title>Register</title>
<link>https://outlet.example/</link><items><rdf:Seq><rdf:li rdf:resource="https://outlet.example/1"/></rdf:Seq></items></channel>
<item rdf:about="https://outlet.example/1"><title>Notice 7 of 2026</title><link>https://outlet.example/1</link>
<dc:date>2026-02-01T23:59:59Z</dc:date><description>One line.</description></item></rdf:RDF>"""
_SITEMAP = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc>https://outlet.example/3</loc><news:news><news:publication><news:name>Outlet</news:name><news:language>en</news:language>
</news:publication><news:publication_date>2026-02-02</news:publication_date><news:title>Dam nears completion</news:title></news:news></url>
</urlset>"""
_JSON = """{"version": "https://jsonfeed.org/version/1.1", "title": "Outlet", "language": "en", "items": [
{"id": "4", "url": "https://outlet.example/4", "title": "Price of flour", "content_html": "<p>Up &amp; up</p>",
 "date_published": "2026-02-02T10:00:00+05:00", "authors": [{"name": "Desk"}]},
{"id": 5, "url": "https://outlet.example/5", "content_text": "Only text"}]}"""
_DOCTYPE = """<?xml version="1.0" encoding="windows-1256"?><!DOCTYPE rss [<!ENTITY name "outlet"><!ENTITY t "&#8230;">]>
<rss version="0.92"><channel><title>&name;</title><item><title>&t; قديم</title><description>&nbsp;x</description></item></channel></rss>"""

SEEDS = (
    *(text.encode() for text in (_RSS, _ATOM, _RDF, _SITEMAP, _JSON)),
    _DOCTYPE.encode("cp1256"),
    _RSS.replace("utf-8", "utf-16", 1).encode("utf-16"),
)
TOKENS = (
    *(
        token.encode("utf-8", "surrogatepass")
        for token in (
            "<![CDATA[", "]]>", "<!--", "-->", "<!DOCTYPE x [", "<!ENTITY a '&a;'>", "]>", "<?", "?>", "<", ">", "&", "&#",
            "&#0;", "&#xD800;", "&#1114112;", "&#99999999999;", "&#x0000041;", "&amp;amp;", "&bogus;", "&lt;item&gt;",
            "<item>", "</item>", "<entry>", "</entry>", "</channel>", "</rss>", "</feed>", "<rss>", "<html><body>", "<link>",
            "<link href='javascript:x'/>", "<link>file:///etc/hosts</link>", "<pubDate>", "<pubDate>0000-00-00</pubDate>",
            "<updated>99999-13-45T99:99:99+99:99</updated>", "<guid></guid>", "<title/>", "<title type='xhtml'>", "xmlns:x='",
            "xml:base='http://[::1'", "href='//", '"', "'", "=", "\\", "\0", "\x0b", "\x1b", "\x85", "\u2028", "\ufeff", "\ufffe",
            "\ud800", "\u202e", "\u200c", "ی", "ۃ", "𐎠", "🙂", "{", "}", "[", "null", "1e999", "\\ud800", "encoding='utf-7'",
            "encoding='x-unknown'", " a='1'" * 50, "<b>" * 50, "&" * 50, "9" * 400, "%" * 20,
        )
    ),
    b"\xff", b"\xc3", b"\xd8", b"\xfe\xff", b"\xef\xbb\xbf", b"\x81\x8d", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x1f\x8b\x08",
)  # fmt: skip
TYPES = (
    "", "application/rss+xml", "text/xml; charset=utf-8", "text/html; charset=windows-1256", "application/json",
    "text/plain; charset=utf-16", "text/xml; charset=bogus", "application/atom+xml; charset=\"iso-8859-1\"",
)  # fmt: skip

Mutation = Callable[[bytearray, random.Random], None]


def _insert(body: bytearray, chance: random.Random) -> None:
    place = chance.randrange(len(body) + 1)
    body[place:place] = chance.choice(TOKENS)


def _overwrite(body: bytearray, chance: random.Random) -> None:
    token, place = chance.choice(TOKENS), chance.randrange(len(body) + 1)
    body[place : place + len(token)] = token


def _flip(body: bytearray, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 8)):
        if body:
            body[chance.randrange(len(body))] = chance.randrange(256)


def _remove(body: bytearray, chance: random.Random) -> None:
    place = chance.randrange(len(body) + 1)
    del body[place : place + chance.choice((1, 1, 2, 10, 100))]


def _repeat(body: bytearray, chance: random.Random) -> None:
    place = chance.randrange(len(body) + 1)
    piece = body[place : place + chance.choice((1, 10, 100, 1000))]
    body[place:place] = piece * chance.choice((1, 2, 20))


def _cut(body: bytearray, chance: random.Random) -> None:
    del body[chance.randrange(len(body) + 1) :]


def _splice(body: bytearray, chance: random.Random) -> None:
    other, place = chance.choice(SEEDS), chance.randrange(len(body) + 1)
    body[place:] = other[chance.randrange(len(other)) :]


MUTATIONS: tuple[Mutation, ...] = (_insert, _insert, _overwrite, _flip, _remove, _repeat, _cut, _splice)


def sample(number: int) -> tuple[bytes, str]:
    """Return the broken feed of that number and what the server calls it; always the same."""
    chance = random.Random(number)
    body = bytearray(chance.choice(SEEDS))
    for _ in range(chance.choice((1, 1, 2, 3, 5, 8))):
        chance.choice(MUTATIONS)(body, chance)
    return bytes(body), chance.choice(TYPES)


def check(number: int) -> bool:
    """Repair and parse one sample; tell whether it was read as a feed."""
    body, content_type = sample(number)
    repaired = repair(body, content_type)
    assert not any(
        unicodedata.category(c) in {"Cc", "Cs"} and c not in "\t\n\r\x7f" and c < "\x80"
        for c in repaired.text
    )
    repaired.xml().decode("utf-8")
    try:
        document = parse_feed(body, URL, content_type, NOW)
    except FeedError as error:
        said = str(error)
    else:
        _check_document(document)
        return True
    assert 0 < len(said) < 500
    return False


def _check_document(document: FeedDocument) -> None:
    assert pickle.loads(pickle.dumps(document)) == document
    assert len(document.entries) <= MAX_ENTRIES
    assert document.ttl_s is None or document.ttl_s > 0
    for entry in document.entries:
        _check_entry(entry)


def _check_entry(entry: Entry) -> None:
    entry.guid.encode("utf-8")  # no lone surrogates
    for text in (entry.url, entry.title, entry.summary, entry.content, entry.author, entry.language):
        text.encode("utf-8")
        assert not [c for c in text if unicodedata.category(c) == "Cc" and c != "\n"], repr(text)
    assert entry.url == "" or entry.url.startswith(("http://", "https://"))
    for stamp in (entry.published, entry.updated):
        assert stamp is None or stamp.at is None or stamp.at.tzinfo is not None


def check_batch(start: int) -> int:
    """Check the samples from one number on, in a worker; say which one fails, return how many are feeds."""
    feeds = 0
    for number in range(start, start + BATCH):
        try:
            feeds += check(number)
        except Exception as error:
            error.add_note(f"sample {number}")
            raise
    return feeds


def test_the_seeds_are_feeds() -> None:
    assert [len(parse_feed(seed, URL, "", NOW).entries) for seed in SEEDS] == [2, 2, 1, 1, 2, 1, 2]


def test_broken_feeds_give_clean_entries_or_say_why_not() -> None:
    feeds = sum(check(number) for number in range(QUICK))
    assert QUICK * 0.3 < feeds < QUICK  # the mutations neither spare nor destroy everything


def test_invisible_characters_in_a_link_are_encoded() -> None:
    assert absolute_url(URL, "/a\x8d\u2028b") == "https://outlet.example/a%C2%8D%E2%80%A8b"


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_many_broken_feeds_give_clean_entries_or_say_why_not() -> None:
    """As above, in workers with a deadline: none may hang or kill its process."""

    async def scenario() -> int:
        workers = Workers(2, preload=("monitor.sources.feed",), max_tasks=20)
        try:
            batches = (
                workers.run(check_batch, start, deadline_s=BATCH_DEADLINE_S)
                for start in range(0, LONG, BATCH)
            )
            return sum(await asyncio.gather(*batches))
        finally:
            workers.close()

    feeds = asyncio.run(scenario())
    print(f"{feeds} of {LONG} were still feeds")  # noqa: T201 -- shown by pytest -rP
    assert feeds > LONG * 0.3
