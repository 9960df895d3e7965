"""Where a site's feeds may be: what pages declare and link, and which guesses are worth a request."""

from __future__ import annotations

import pytest

from monitor.sources.discover import (
    Hint,
    looks_like_feed,
    nearest_first,
    news_sitemaps,
    own_place,
    page_hints,
    site_of,
    sitemap_children,
    usual_places,
)

PAGE = """<!doctype html><html><head>
<title>Coast Daily &amp; Weekly</title>
<base href="/en/">
<link rel="alternate" type="application/rss+xml" title="Coast Daily" href="feed/">
<link rel="ALTERNATE home" type="application/atom+xml; charset=utf-8" href="https://coast.example/atom.xml#top">
<link rel="alternate" type="application/rss+xml" title="again" href="http://www.coast.example/en/feed/">
<link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed/">
<link rel="alternate" type="application/rss+xml" title="Coast » A harbour Comments Feed" href="/2026/a-harbour/feed/">
<link rel="alternate" type="application/rss+xml" title="ساحل » دیدگاه‌ها" href="/2026/b/feed/">
<link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/7">
<link rel="alternate" type="application/json+oembed" href="/oembed?url=feed">
<link rel="alternate" hreflang="ur" href="/ur/">
<link rel="alternate" type="text/xml" href="/news.rss">
<link rel="alternate" type="application/feed+json" href="/feed.json">
<link rel="stylesheet" type="application/rss+xml" href="/style">
<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">
</head><body>
<a href="feed://coast.example/rss/districts">districts</a>
<a href="/en/feed/">the same</a>
<a href="/about-feeds-and-us">about</a>
<a href="https://elsewhere.example/rss.xml">a friend's</a>
<a href="https://feeds.coast.example/sport.xml" type="application/rss+xml">sport</a>
<a href="http://feeds.feedburner.com/coast/rss">burnt</a>
<a href="?feed=rss2">query</a>
<a href="/news/1">news</a>
</body></html>"""


def test_a_page_tells_what_it_declares_and_links() -> None:
    hints = page_hints(PAGE.encode(), "https://www.coast.example/en/index.html", "text/html; charset=utf-8")
    assert hints.title == "Coast Daily & Weekly"
    assert [hint.url for hint in hints.declared] == [
        "https://www.coast.example/en/feed/",
        "https://coast.example/atom.xml",
        "https://www.coast.example/news.rss",
        "https://www.coast.example/feed.json",
    ]
    assert [hint.url for hint in hints.linked] == [
        "http://coast.example/rss/districts",
        "https://feeds.coast.example/sport.xml",
        "http://feeds.feedburner.com/coast/rss",
        "https://www.coast.example/en/?feed=rss2",
    ]
    assert {hint.how for hint in hints.declared} == {"declared"}
    assert {hint.how for hint in hints.linked} == {"linked"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00\xff\xfe",
        b"plain text",
        b'{"json": true}',
        b"<html><head><link rel=alternate type=application/rss+xml></head>",
        b"<a href='http://[::1/rss'>x</a><a href='https://a.example:99999/rss'>y</a>",
        b"<link rel=alternate type=application/rss+xml href='" + b"x" * 9_000 + b"'>",
        b"<div>" * 20_000,
    ],
)
def test_a_broken_page_tells_nothing_and_does_no_harm(body: bytes) -> None:
    hints = page_hints(body, "https://coast.example/", "")
    assert (hints.declared, hints.linked) == ((), ())


def test_a_page_may_be_in_another_encoding() -> None:
    body = (
        "<meta charset=windows-1256><title>خبر</title><link rel=alternate type=application/rss+xml href=/f>"
    )
    hints = page_hints(body.encode("windows-1256"), "https://coast.example/", "text/html")
    assert (hints.title, len(hints.declared)) == ("خبر", 1)


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("https://a.example/feed/", True),
        ("https://a.example/feeds/home", True),
        ("https://a.example/rss/1/1", True),
        ("https://a.example/rss.xml", True),
        ("https://a.example/en/rss_feeds.php", True),
        ("https://a.example/news-rss.xml", True),
        ("https://a.example/quetta.rss", True),
        ("https://a.example/rss.cms", True),
        ("https://a.example/index.xml?alt=rss", True),
        ("https://a.example/?feed=atom", True),
        ("https://a.example/atom", True),
        ("https://a.example/", False),
        ("https://a.example/news/feed-the-hungry", False),
        ("https://a.example/atomic-energy", False),
        ("https://a.example/news?id=rss", False),
        ("https://a.example/rssi/about", False),
    ],
)
def test_feeds_are_known_by_their_spelling(url: str, is_one: bool) -> None:
    assert looks_like_feed(url) is is_one


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.coast.example/x", "coast.example"),
        ("https://feeds.coast.example/", "coast.example"),
        ("http://127.0.0.1:8001/", "127.0.0.1"),
        ("https://rss.example/", "rss.example"),
    ],
)
def test_a_site_is_its_host_without_what_stands_before(url: str, site: str) -> None:
    assert site_of(url) == site


def test_usual_places_begin_with_the_given_section() -> None:
    places = [hint.url for hint in usual_places("https://coast.example/category/districts/?page=2")]
    assert places[0] == "https://coast.example/category/districts/feed/"
    assert "https://coast.example/?feed=rss2" in places
    assert {"/feed/", "/rss", "/rss.xml", "/feeds", "/atom.xml", "/index.xml", "/feed.json"} <= {
        place.removeprefix("https://coast.example") for place in places
    }
    assert len(places) <= 12
    assert own_place("https://coast.example/") == own_place("https://coast.example/index.html") == ()


def test_links_that_share_words_with_the_page_come_first() -> None:
    hints = [Hint(f"https://a.example/rss/{name}", "linked") for name in ("sport", "districts", "world")]
    ranked = nearest_first(hints, "https://a.example/news/districts/")
    assert [hint.url.rpartition("/")[2] for hint in ranked] == ["districts", "sport", "world"]


def test_news_sitemaps_are_known_by_name() -> None:
    named = [
        "https://a.example/sitemap.xml",
        "https://a.example/news-sitemap.xml",
        "https://a.example/news-sitemap.xml",
        "https://a.example/newsletter.xml",
        "https://a.example/google-news.xml.gz",
        "https://a.example/sitemap_news_2.xml",
    ]
    assert [hint.url for hint in news_sitemaps(named, 2)] == [named[1], named[5]]


def test_an_index_of_sitemaps_names_its_children() -> None:
    index = (
        '<?xml version="1.0"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        "<sitemap><loc>https://a.example/news.xml</loc></sitemap><sitemap><loc> /b.xml </loc></sitemap>"
        "<sitemap><loc>file:///etc/passwd</loc></sitemap></sitemapindex>"
    )
    assert sitemap_children(index.encode(), "https://a.example/sitemap.xml") == (
        "https://a.example/news.xml",
        "https://a.example/b.xml",
    )
    for other in (b"", b"<urlset/>", b"nonsense", b"<sitemapindex>" * 10_000):
        assert sitemap_children(other, "https://a.example/") == ()
