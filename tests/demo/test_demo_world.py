from __future__ import annotations

import io
import json
import os
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import feedparser
import pytest
import trafilatura

from monitor.demo import wording, world
from monitor.demo.content import Article, Site, sites, span

NOW = datetime(2026, 2, 3, 9, 30, tzinfo=UTC)
SITES = {site.id: site for site in sites()}
ARTICLES = [(site, article) for site in sites() for article in site.articles]


def edition(site: Site, **changed: str) -> world.Edition:
    """Everything out, held articles too."""
    names = frozenset(article.name for article in site.articles)
    return world.Edition(site, f"http://{site.id}.example", NOW, names, changed)


def page(site: Site, article: Article) -> world.Resource:
    return world.resource(edition(site), world.path(edition(site), article))


def readable(site: Site, article: Article) -> list[str]:
    """The article's paragraphs as a page must show them."""
    language = article.language or site.language
    zone = ZoneInfo(site.zone)
    texts = [wording.typeset(wording.fill(p, NOW, zone, language), site.spelling) for p in article.paragraphs]
    return [plain(text.removeprefix("## ")) for text in texts]


def plain(text: str) -> str:
    """Whitespace collapsed, and without the invisible letters that trafilatura drops."""
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())


def test_the_world_is_as_large_and_as_varied_as_promised() -> None:
    assert len(sites()) >= 8
    assert len(ARTICLES) >= 30
    kinds = {"private", "state", "exile", "rights-group", "wire", "international", "think-tank"}
    assert {site.kind for site in sites()} == kinds
    assert {site.dialect for site in sites()} == {"rss20", "rss20-full", "atom10", "rss10", "json11"}
    assert {a.language or s.language for s, a in ARTICLES} == {"en", "ur", "fa", "bal"}
    assert any(site.compressed for site in sites())
    assert any(not site.validators for site in sites())


def test_names_and_addresses_are_unique() -> None:
    assert len({article.name for _, article in ARTICLES}) == len(ARTICLES)
    for site in sites():
        paths = [world.path(edition(site), article) for article in site.articles]
        assert len(set(paths)) == len(paths)


@pytest.mark.parametrize("site", [s for s in sites() if s.dialect != "json11"], ids=lambda s: s.id)
def test_every_feed_parses_with_all_its_entries(site: Site) -> None:
    parsed = feedparser.parse(io.BytesIO(world.feed(edition(site))))
    assert parsed.bozo is False
    assert parsed.version == {"rss20-full": "rss20"}.get(site.dialect, site.dialect)
    assert len(parsed.entries) == len(site.articles)
    assert parsed.feed.title == site.name
    assert parsed.feed.language.startswith(site.language)
    assert all(entry.link.startswith(f"http://{site.id}.example/") for entry in parsed.entries)
    assert all(entry.title for entry in parsed.entries)


def test_json_feed_has_all_its_entries() -> None:
    site = SITES["northgate-international"]
    feed = json.loads(world.feed(edition(site)))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert len(feed["items"]) == len(site.articles)
    assert all(item["content_html"].startswith("<p>") for item in feed["items"])


def test_entries_stand_newest_first_and_carry_their_outlets_zone() -> None:
    parsed = feedparser.parse(io.BytesIO(world.feed(edition(SITES["quetta-chronicle"]))))
    dates = [entry.published for entry in parsed.entries]
    assert dates[0] == "Tue, 03 Feb 2026 14:10:00 +0500"
    assert [e.published_parsed for e in parsed.entries] == sorted(
        (e.published_parsed for e in parsed.entries), reverse=True
    )


def test_one_feed_names_its_zone() -> None:
    parsed = feedparser.parse(io.BytesIO(world.feed(edition(SITES["subh-e-makran"]))))
    assert all(entry.published.endswith(" PKT") for entry in parsed.entries)


def test_odd_entries_are_there() -> None:
    courier = feedparser.parse(io.BytesIO(world.feed(edition(SITES["makran-courier"]))))
    assert sum("published" not in entry for entry in courier.entries) == 1
    assert sum(entry.get("published_parsed", (0,)) > NOW.timetuple() for entry in courier.entries) == 1
    bulletin = feedparser.parse(io.BytesIO(world.feed(edition(SITES["republic-bulletin"]))))
    assert [e.title for e in bulletin.entries if "summary" not in e] == [
        "Balochistan budget session put off by a week"
    ]
    sanglakh = feedparser.parse(io.BytesIO(world.feed(edition(SITES["sanglakh"]))))
    assert all("id" not in entry for entry in sanglakh.entries)


def test_summary_feeds_hold_no_content_and_full_feeds_do() -> None:
    for site, full in (("makran-courier", False), ("quetta-chronicle", True)):
        parsed = feedparser.parse(io.BytesIO(world.feed(edition(SITES[site]))))
        assert all(("content" in entry) is full for entry in parsed.entries)


def test_typesetting_habits_are_worn() -> None:
    sanglakh = world.feed(edition(SITES["sanglakh"])).decode()
    text = "".join(re.findall(r"<(?:title|description)>(.*?)</", sanglakh)[2:])
    assert "ي" in text
    assert "ی" not in text
    assert "ك" in text
    assert "بلوچ\u00adستان" in text
    assert "\u200c" not in world.feed(edition(SITES["farazgah"])).decode().partition("<entry>")[2]
    assert "سوخت\u200cبر" in world.feed(edition(SITES["daricheh-ye-sharq"])).decode()


class _Balance(HTMLParser):
    """Checks that elements close in the order they were opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in {"meta", "link", "input", "br", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize(("site", "article"), ARTICLES, ids=lambda x: getattr(x, "name", ""))
def test_every_page_is_well_formed_and_says_that_it_is_a_sample(site: Site, article: Article) -> None:
    found = page(site, article)
    assert found.status == {"challenge": 403, "missing": 404}.get(article.page, 200)
    text = found.body.decode()
    assert world.NOTICE in text
    assert not re.search(r"\{(weekday|date)", text)
    balance = _Balance()
    balance.feed(text)
    assert balance.open == []


@pytest.mark.parametrize(
    ("site", "article"),
    [(s, a) for s, a in ARTICLES if a.page == "article"],
    ids=lambda x: getattr(x, "name", ""),
)
def test_extraction_takes_the_article_and_nothing_around_it(site: Site, article: Article) -> None:
    text = plain(trafilatura.extract(page(site, article).body.decode(), include_comments=False) or "")
    assert [p for p in readable(site, article) if p not in text] == []
    aside = [plain(wording.typeset(line, site.spelling)) for line in (*site.sidebar, world.NOTICE)]
    related = [
        plain(wording.typeset(a.title, site.spelling))
        for a in site.articles
        if a.name not in (article.name, article.also)
    ]
    assert [line for line in (*aside, *related, "WhatsApp") if line in text] == []


def test_a_teaser_page_gives_the_beginning_only() -> None:
    site = SITES["indus-morning-post"]
    article = site.article("copper-analysis")
    body = page(site, article).body.decode()
    assert article.paragraphs[0] in body
    assert article.paragraphs[1] not in body
    assert '"isAccessibleForFree": false' in body


def test_unrelated_pages_have_a_sidebar_that_names_the_region() -> None:
    for name in ("tea-prices", "fda-accepts-bla"):
        site = SITES["indus-morning-post"]
        assert all("Quetta" not in p and "Balochistan" not in p for p in site.article(name).paragraphs)
        body = page(site, site.article(name)).body.decode()
        assert "Quetta" in body
        assert "Balochistan" in body


@pytest.mark.parametrize(("site", "article"), ARTICLES, ids=lambda x: getattr(x, "name", ""))
def test_articles_have_the_length_of_news(site: Site, article: Article) -> None:
    words = sum(len(paragraph.split()) for paragraph in article.paragraphs)
    language = article.language or site.language
    if not article.bare and language != "bal":
        low, high = (120, 400) if language == "en" else (80, 250)
        assert low <= words <= high


def test_wire_copies_differ_little_and_one_is_cut_short() -> None:
    def shingles(site: str, name: str) -> set[tuple[str, ...]]:
        words = " ".join(SITES[site].article(name).paragraphs).split()
        return set(zip(words, words[1:], words[2:], strict=False))

    original = shingles("region-press-wire", "gwadar-desalination")
    copies = {
        "quetta-chronicle": "gwadar-desalination-chronicle",
        "makran-courier": "gwadar-desalination-courier",
        "indus-morning-post": "gwadar-desalination-post",
        "northgate-international": "gwadar-desalination-northgate",
    }
    for site, name in copies.items():
        copy = shingles(site, name)
        assert copy != original
        assert len(copy & original) / len(copy) > 0.9
    assert len(shingles("indus-morning-post", "gwadar-desalination-post")) < 0.85 * len(original)


def test_the_same_instant_gives_the_same_bytes_and_another_gives_other_dates() -> None:
    for site in sites():
        assert world.feed(edition(site)) == world.feed(edition(site))
        later = world.Edition(site, "http://x.example", NOW + timedelta(days=1), edition(site).out, {})
        assert world.feed(later) != world.feed(edition(site))


def test_a_changed_title_keeps_its_address() -> None:
    site = SITES["quetta-chronicle"]
    edited = edition(site, **{"quetta-bus-route": "Eastern bus route delayed"})
    article = site.article("quetta-bus-route")
    assert b"Eastern bus route delayed" in world.feed(edited)
    assert world.path(edited, article) == world.path(edition(site), article)
    assert b"Eastern bus route delayed" in world.resource(edited, world.path(edited, article)).body


def test_opml_lists_every_feed_in_folders() -> None:
    text = world.opml((edition(site) for site in sites()), "Sample outlets").decode()
    assert text.count("xmlUrl=") == len(sites())
    for site in sites():
        assert f'xmlUrl="http://{site.id}.example{site.feed_path}"' in text
        assert f'text="{site.folder}"' in text
        assert f'text="{site.kind}"' in text


def test_the_front_page_points_to_the_feed() -> None:
    for site in sites():
        body = world.resource(edition(site), "/").body.decode()
        assert f'href="http://{site.id}.example{site.feed_path}"' in body
        assert world.NOTICE in body
    assert world.resource(edition(sites()[0]), "/nowhere").status == 404
    assert world.resource(edition(sites()[0]), "/robots.txt").content_type.startswith("text/plain")


def test_days_and_dates_are_worded_in_every_language() -> None:
    karachi, tehran = ZoneInfo("Asia/Karachi"), ZoneInfo("Asia/Tehran")
    assert wording.fill("on {weekday -5h}", NOW, karachi, "en") == "on Tuesday"
    assert wording.fill("{date +28d}", NOW, karachi, "en") == "3 March 2026"
    assert wording.fill("{weekday -1d} {date +0d}", NOW, karachi, "ur") == "پیر 3 فروری 2026"
    assert wording.fill("{date +0d}", NOW, tehran, "fa") == "۱۴ بهمن ۱۴۰۴"
    assert wording.dateline(NOW.astimezone(tehran), "fa") == "سه‌شنبه ۱۴ بهمن ۱۴۰۴ - ۱۳:۰۰"


def test_spans_of_time_are_read_strictly() -> None:
    assert span("-90m") == timedelta(minutes=-90)
    assert span(None) is None
    with pytest.raises(ValueError, match="not a span of time"):
        span("2h")


def test_no_outlet_bears_a_real_ones_name() -> None:
    folder = Path(os.environ.get("MONITOR_CORPORA", Path(__file__).parents[2].parent / "shared" / "data"))
    listed = folder / "lists" / "feed_candidates.tsv"
    if not listed.exists():
        pytest.skip("the corpora are not here (MONITOR_CORPORA)")
    real = listed.read_text(encoding="utf-8").casefold()
    assert [site.name for site in sites() if site.name.casefold() in real] == []
