"""Article pages in the shapes of real ones: the article, the whole article, and nothing beside it."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.models import Page, Verdict
from monitor.sources.leftovers import without_leftovers
from monitor.sources.page import EXTRACTOR, html_text, read_html

PAGES = Path(__file__).parent / "pages"
URL = "https://outlet.example/2026/02/story/"
LIMIT = 4_000_000

PARAGRAPHS = """\
The provincial government said on Monday that the road between the two towns would stay closed for a week, because the \
bridge had been damaged by the flood and engineers had not yet been able to reach it.
Traders in both towns said that they had not been warned. A spokesman for the chamber of commerce told reporters that \
lorries with fruit and vegetables were waiting on either side of the river.
The meteorological office expects more rain until Thursday, and the district administration has asked people who live \
near the river to move to higher ground until the water falls.""".split("\n")
ARTICLE = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)


def page(body: str, head: str = "<title>Road closed</title>") -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">{head}</head><body>{body}</body></html>'
    )


def read(
    html: str | bytes, url: str = URL, content_type: str = "text/html", feed_text_length: int = 0
) -> Page:
    body = html if isinstance(html, bytes) else html.encode()
    return read_html(body, url, content_type, LIMIT, feed_text_length)


def sample(name: str) -> Page:
    return read((PAGES / f"{name}.html").read_bytes(), content_type="text/html; charset=UTF-8")


def test_a_wordpress_page() -> None:
    found = sample("wordpress_en")
    lines = found.text.split("\n")
    assert len(lines) == 5
    assert lines[0].startswith("GWADAR: Fishermen ended a nine-day sit-in")
    assert lines[-1].startswith("The sit-in began on Jan 25")
    for elsewhere in (
        "Quetta",
        "Turbat",
        "Chaman",
        "Khuzdar",
        "Mastung",
        "Zhob",
        "Panjgur",
        "457",
        "Tweet",
        "Facebook",
    ):
        assert elsewhere not in found.text
    assert (found.title, found.verdict) == ("Fishermen in Gwadar end sit-in after talks", Verdict.FULL)
    assert (found.author, found.site_name, found.language) == (
        "Staff Report",
        "The Coastal Observer",
        "en-us",
    )
    assert found.canonical_url == "https://coastal-observer.example/2026/02/fishermen-end-sit-in/"
    assert found.extractor == EXTRACTOR
    assert found.published is not None
    assert found.published.at == datetime(2026, 2, 3, 4, 12, 44, tzinfo=UTC)
    assert (found.published.source, found.published.confidence) == ("page", "exact")


def test_an_urdu_page() -> None:
    found = sample("urdu")
    assert len(found.text.split("\n")) == 4
    assert found.text.startswith("گوادر: ضلعی انتظامیہ")
    assert found.text.endswith("ناکام ہو چکے تھے۔")
    for elsewhere in ("کوئٹہ", "تربت", "مستونگ", "مزید پڑھیں", "شیئر"):
        assert elsewhere not in found.text
    assert (found.language, found.verdict) == ("ur", Verdict.FULL)
    assert found.canonical_url == "https://sahil.example/news/4711"


def test_a_persian_page_keeps_the_borders_inside_its_words() -> None:
    found = sample("persian")
    assert len(found.text.split("\n")) == 4
    for word in ("مقام‌های", "می‌شوند", "گشت‌زنی", "می‌شود", "می‌رویم", "گفت‌وگو"):
        assert word in found.text
    for elsewhere in ("زاهدان", "سراوان", "میرجاوه", "بیشتر بخوانید", "ایرانشهر"):
        assert elsewhere not in found.text
    assert found.published is not None
    assert (found.published.calendar, found.published.confidence) == ("jalali", "inferred")
    assert found.published.at == datetime(2026, 2, 3, 10, 30, tzinfo=UTC)


def test_paragraphs_are_lines() -> None:
    assert read(page(f"<article><h1>Road closed</h1>{ARTICLE}</article>")).text.split("\n") == PARAGRAPHS


@pytest.mark.parametrize(
    "line",
    [
        "Also read: Five wounded in Quetta market blast",
        "ALSO READ | Five wounded in Quetta market blast",
        "Read more: Five wounded in Quetta market blast.",
        "▶ Read more » Five wounded in Quetta market blast",
        "Must Read Five wounded in Quetta market blast",
        "Related: Five wounded in Quetta market blast",
        "Read | Five wounded in Quetta market blast",
        "مزید پڑھیں: کوئٹہ میں دھماکا، پانچ افراد زخمی",
        "یہ بھی پڑھیے: کوئٹہ میں دھماکا",
        "بیشتر بخوانید: انفجار در کویته",
        "همچنین بخوانید | انفجار در کویته",
        "اقرأ أيضا: انفجار في كويتا",
        "دا هم ولولئ: په کوټه کې چاودنه",
        "यह भी पढ़ें: क्वेटा में धमाका",
        "Read more",
        "Share this:",
        "ADVERTISEMENT",
        "شیئر کریں",
        "457",
        "1,204 views",
    ],
)
def test_lines_beside_the_article_are_dropped(line: str) -> None:
    text = (
        "\n".join([PARAGRAPHS[0], PARAGRAPHS[1], line])
        if line[0].isdigit()
        else "\n".join([PARAGRAPHS[0], line, PARAGRAPHS[1]])
    )
    assert without_leftovers(text, "") == ("\n".join(PARAGRAPHS[:2]), 1)


@pytest.mark.parametrize(
    "line",
    [
        "Read more books, the minister told the students, and fewer slogans.",
        "Related parties were asked to leave the court.",
        "Reading rooms were opened in three districts",
        "See you in court, he said.",
        "مزید پڑھیں گے تو سمجھیں گے، استاد نے کہا۔",
        "Also read out was a letter from the chief secretary, who was not present.",
        "Share prices fell in Karachi",
        "2023 was a dry year",
    ],
)
def test_sentences_are_kept(line: str) -> None:
    text = "\n".join([PARAGRAPHS[0], line, PARAGRAPHS[1]])
    assert without_leftovers(text, "") == (text, 0)


def test_the_headline_under_a_bare_pointer_goes_with_it() -> None:
    text = "\n".join([PARAGRAPHS[0], "Also Read", "Five wounded in Quetta market blast", PARAGRAPHS[1]])
    assert without_leftovers(text, "") == ("\n".join(PARAGRAPHS[:2]), 2)
    listed = "\n".join(
        [PARAGRAPHS[0], "Related news", "- Blast in Quetta", "- Strike in Turbat", PARAGRAPHS[1]]
    )
    assert without_leftovers(listed, "") == ("\n".join(PARAGRAPHS[:2]), 3)


def test_the_headline_is_not_the_articles_first_line() -> None:
    assert without_leftovers(f"Road  closed\n{PARAGRAPHS[0]}", "Road closed") == (PARAGRAPHS[0], 1)
    assert without_leftovers("Road closed", "Road closed") == ("Road closed", 0)


# --- verdicts -------------------------------------------------------------------------------------


CHALLENGE = page(
    '<div id="challenge-form">Checking your browser</div><script>window._cf_chl_opt={}</script>',
    "<title>Just a moment...</title>",
)
DENIED = page("<h1>Access Denied</h1><p>You do not have permission.</p>", "<title>Access Denied</title>")
PAYWALL = page(
    "<main><h1>Road closed</h1><p>Subscribe to continue reading this article.</p>"
    "<p>Already a subscriber? Log in to continue.</p></main>"
)
CONSENT = page(
    "<main><h2>We value your privacy</h2><p>We and our 812 partners store information on a device.</p>"
    "<button>Accept all cookies</button></main>"
)
PREVIEW = page(f"<article><p>{PARAGRAPHS[0]}</p><p>To continue reading, start your free trial.</p></article>")


@pytest.mark.parametrize(
    ("html", "verdict"),
    [
        (page(f"<article>{ARTICLE}</article>"), Verdict.FULL),
        (page("<article><p>A short alert: the pass is closed.</p></article>"), Verdict.FULL),
        (CHALLENGE, Verdict.BLOCKED),
        (DENIED, Verdict.BLOCKED),
        (PAYWALL, Verdict.WALL),
        (CONSENT, Verdict.WALL),
        (PREVIEW, Verdict.TEASER),
        (
            page("<article><p>The road between the two towns would stay closed …</p></article>"),
            Verdict.TEASER,
        ),
        (
            page("<article><p>The road is closed.</p><p><a href='/x'>Read more</a></p></article>"),
            Verdict.TEASER,
        ),
        (page(""), Verdict.EMPTY),
        ("", Verdict.EMPTY),
        ("   ", Verdict.EMPTY),
        ("\x00\x01", Verdict.EMPTY),
    ],
)
def test_verdicts(html: str, verdict: Verdict) -> None:
    assert read(html).verdict is verdict


def test_a_front_page_is_a_list() -> None:
    headlines = "".join(
        f"<div class='card'><h3><a href='/{n}'>Headline number {n} about the weather in town</a></h3></div>"
        for n in range(30)
    )
    assert read(page(f"<main>{headlines}</main>"), url="https://outlet.example/").verdict is Verdict.LIST


def test_an_article_about_a_challenge_is_an_article() -> None:
    html = page(f"<article>{ARTICLE * 2}</article>", "<title>Access denied to reporters at the pass</title>")
    assert read(html).verdict is Verdict.FULL


def test_less_than_the_feed_carried_is_a_teaser() -> None:
    html = page(f"<article>{ARTICLE}</article>")
    length = len(read(html).text)
    assert read(html, feed_text_length=length).verdict is Verdict.FULL
    assert read(html, feed_text_length=2 * length).verdict is Verdict.TEASER


@pytest.mark.parametrize(
    ("body", "note"),
    [
        (b"x" * (LIMIT + 1), "4,000,001 bytes, 4,000,000 are parsed"),
        (b"<" * 200_001, "200,001 tags, 200,000 are parsed"),
        (page("<br>" * 70_000).encode(), "70,00"),
        (page(("<div>" * 250 + "x" + "</div>" * 250) * 40).encode(), "nested more than 180 deep"),
    ],
)
def test_what_is_more_than_an_article_is_not_parsed(body: bytes, note: str) -> None:
    found = read(body)
    assert (found.verdict, found.text) == (Verdict.TOO_LARGE, "")
    assert note in found.note


@pytest.mark.parametrize(
    ("body", "content_type", "note"),
    [
        (b"%PDF-1.7 \x00", "", "a PDF document is not a page"),
        (b"\xff\xd8\xff", "image/jpeg", "image/jpeg is not a page"),
        (b"{}", "application/json; charset=utf-8", "application/json is not a page"),
    ],
)
def test_says_what_is_no_page(body: bytes, content_type: str, note: str) -> None:
    found = read(body, content_type=content_type)
    assert (found.verdict, found.note) == (Verdict.EMPTY, note)


# --- encodings and dates --------------------------------------------------------------------------

PERSIAN = "باران شدید در سراوان و خاش راه را بست و برق بسیاری از روستاها قطع شد. " * 4


@pytest.mark.parametrize(
    ("encoding", "head", "content_type"),
    [
        ("utf-8", "", "text/html"),
        ("utf-8", '<meta charset="windows-1256">', "text/html; charset=iso-8859-1"),
        ("cp1256", '<meta charset="utf-8">', "text/html; charset=utf-8"),
        ("cp1256", "", "text/html"),
        ("cp1256", '<meta http-equiv="Content-Type" content="text/html; charset=windows-1256">', "text/html"),
        ("cp1256", f"<!--{'x' * 5_000}--><meta charset=windows-1256>", "text/html"),
        ("utf-16", "", "text/html"),
    ],
)
def test_pages_are_decoded_by_what_their_bytes_are(encoding: str, head: str, content_type: str) -> None:
    expected = PERSIAN.replace("ی", "ي").strip() if encoding == "cp1256" else PERSIAN.strip()
    body = f"<body><article><p>{expected}</p></article></body>"
    html = f"<!doctype html><html><head>{head}<title>t</title></head>{body}</html>"
    assert read(html.encode(encoding), content_type=content_type).text == expected


def test_a_page_with_a_declaration_and_entities_of_its_own() -> None:
    head = '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    html = f'{head}<html xmlns="http://www.w3.org/1999/xhtml"><body>{ARTICLE}<p>&x;</p></body></html>'
    assert read(html).text.startswith(PARAGRAPHS[0])


def test_controls_never_leave() -> None:
    text = read(page(f"<article>{ARTICLE}".replace("flood", "fl\x00o\x1bod"))).text
    assert text.split("\n")[0] == PARAGRAPHS[0]


@pytest.mark.parametrize(
    ("head", "at", "confidence"),
    [
        (
            '<meta property="article:published_time" content="2026-02-02T10:00:00+05:00">',
            (2026, 2, 2, 5),
            "exact",
        ),
        ('<meta name="pubdate" content="2026-02-02">', (2026, 2, 2, 0), "day"),
        (
            '<script type="application/ld+json">{"datePublished": "2026-02-02T10:00:00Z"}</script>',
            (2026, 2, 2, 10),
            "exact",
        ),
        ('<meta itemprop="datePublished" content="Mon, 02 Feb 2026 10:00:00 PKT">', (2026, 2, 2, 5), "exact"),
    ],
)
def test_the_pages_own_word_on_its_date(head: str, at: tuple[int, int, int, int], confidence: str) -> None:
    published = read(page(f"<article>{ARTICLE}</article>", head)).published
    assert published is not None
    assert (published.at, published.confidence) == (datetime(*at, tzinfo=UTC), confidence)


def test_several_stated_instants_belong_to_several_articles() -> None:
    instants = '{"datePublished":"2026-02-02T10:00:00Z"},{"datePublished":"2025-01-05T10:00:00Z"}'
    html = page(f"<article>{ARTICLE}</article>", f'<script type="application/ld+json">[{instants}]</script>')
    published = read(html, url="https://outlet.example/x").published
    assert published is None or published.confidence == "day"


def test_no_date_is_made_up_from_a_footer() -> None:
    html = page(f"<article>{ARTICLE}</article><footer>© 2014-2019 Outlet</footer>")
    assert read(html, url="https://outlet.example/story").published is None


def test_a_first_of_january_is_flagged() -> None:
    html = page(f"<article>{ARTICLE}</article>", '<meta name="date" content="2019-01-01">')
    published = read(html, url="https://outlet.example/story").published
    assert published is not None
    assert published.note == "1 January"


def test_a_canonical_address_that_is_the_front_page_is_none() -> None:
    html = page(f"<article>{ARTICLE}</article>", '<link rel="canonical" href="https://outlet.example/">')
    assert read(html).canonical_url == ""
    assert read(page(ARTICLE, '<link rel="canonical" href="javascript:alert(1)">')).canonical_url == ""


def test_the_same_bytes_give_the_same_page() -> None:
    body = (PAGES / "wordpress_en.html").read_bytes()
    first = read(body)
    assert all(read(body) == first for _ in range(5))
    assert pickle.loads(pickle.dumps(first)) == first


def test_html_text_is_here_too() -> None:
    assert html_text("<p>a</p><p>b</p>") == "a\nb"


@settings(max_examples=60, deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"<html>", b"<article><p>", b"<!DOCTYPE html [", b"<title>", b"<?xml"]),
)
def test_never_fails(junk: bytes, start: bytes) -> None:
    for body in (start + junk, page(ARTICLE).encode()[:300] + start + junk):
        found = read(body, content_type="")
        assert not [c for c in found.text + found.title if ord(c) < 32 and c != "\n"]
