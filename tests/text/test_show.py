"""Foreign text cannot turn, hide, break, colour or link anything where it is shown."""

from __future__ import annotations

import html
import re
import unicodedata
from datetime import UTC, datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from monitor.text.show import isolate, local_time, log_safe, mark, markdown, one_line, safe_url

NASTY = st.text(
    "ab1 بلکے#*_`[]()<>&!|~\\-+=.:/@${}^\"'\n\r\t\x00\x07\x1b\x7f\x85\u00ad\u061c\u200b\u200c\u200d\u200e\u200f"
    "\u202a\u202b\u202c\u202d\u202e\u2028\u2029\u2060\u2066\u2067\u2068\u2069\ufeff\U000e0041\u0301é👨🏽w"
)
TEXTS = NASTY | st.text()
CLUSTER = regex.compile(r"\X")


def is_inert(text: str) -> bool:
    """Tell whether nothing in the text steers a display."""
    return not any(
        unicodedata.category(character) in {"Cc", "Zl", "Zp", "Cs"}
        or unicodedata.bidirectional(character)
        in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
        or character in "\u200b\u200e\u200f\u061c\ufeff"
        for character in text
    )


@given(TEXTS)
def test_isolated_text_opens_and_closes_only_itself(text: str) -> None:
    shown = isolate(text)
    assert shown[0] == "\u2068"
    assert shown[-1] == "\u2069"
    assert is_inert(shown[1:-1])


def test_isolation_keeps_what_spells_words() -> None:
    assert isolate("می\u200cرود") == "\u2068می\u200cرود\u2069"
    assert isolate("a\u202eb\u2066c\nd\u2028e\x1b[31m") == "\u2068abc d e [31m\u2069"


@given(TEXTS, st.integers(0, 30))
def test_one_line_is_one_inert_line_within_its_limit(text: str, limit: int) -> None:
    whole = one_line(text)
    assert is_inert(whole)
    assert whole == " ".join(whole.split())
    cut = one_line(text, limit)
    assert len(cut) <= limit
    if len(whole) <= limit:
        assert cut == whole
    elif limit:
        assert cut[-1] == "…"
        assert whole.startswith(cut[:-1])


@given(st.text("ae\u0301\u200d👨👩🏽کْ\u0903क", min_size=1), st.integers(1, 12))
def test_one_line_never_cuts_what_is_seen_as_one_character(text: str, limit: int) -> None:
    whole = one_line(text)
    kept = one_line(text, limit).removesuffix("…")
    assert len(kept) in {0, *(cluster.end() for cluster in CLUSTER.finditer(whole))}


def test_one_line_cuts_at_a_word() -> None:
    assert one_line("Roads in Kech, closed since Monday", 20) == "Roads in Kech…"
    assert one_line("  Roads\n\tin  Kech ") == "Roads in Kech"
    assert one_line("Roads", 5) == "Roads"
    assert one_line("Roads", 0) == ""


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://example.org/news/1?a=b&c=d#top", "https://example.org/news/1?a=b&c=d#top"),
        (" HTTP://Example.ORG:8080/A%20b ", "http://example.org:8080/A%20b"),
        ("https://example.org/خبر و", "https://example.org/%D8%AE%D8%A8%D8%B1%20%D9%88"),
        (
            "https://example.org/a\"b<c>(d)[e]|f\\g'h",
            "https://example.org/a%22b%3Cc%3E%28d%29%5Be%5D%7Cf%5Cg%27h",
        ),
        ("https://example.org/50%", "https://example.org/50%25"),
        ("https://example.org/a\u202eb", "https://example.org/a%E2%80%AEb"),
        ("https://مثال.example/", "https://xn--mgbh0fb.example/"),
        ("http://192.0.2.1/x", "http://192.0.2.1/x"),
    ],
)
def test_a_web_address_is_made_safe(url: str, safe: str) -> None:
    assert safe_url(url) == safe


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//example.org/",
        "/news",
        "https:example.org",
        "https://",
        "https:///news",
        "https://user@example.org/",
        "https://example.org@evil.example/",
        "https://exa mple.org/",
        "https://exam\u202eple.org/",
        "https://example.org\\@evil.example/",
        "https://example.org/a\nb",
        "https://example.org/a\x00b",
        "https://a..example/",
        "https://-.example/",
        "https://[::1]/",
        "https://[x/",
        "https://example.org:99999/",
        "https://example.org/\ud800",
    ],
)
def test_anything_else_is_no_address(url: str) -> None:
    assert safe_url(url) == ""


@given(st.text("ab.:/?#@[]()%<>\"'` \n\u202eب|\\-_1", max_size=20).map("https://".__add__) | TEXTS)
def test_a_safe_address_is_plain_and_stays_as_it_is(text: str) -> None:
    url = safe_url(text)
    assert safe_url(url) == url
    assert not re.search(r"[^\x21-\x7e]|[\"'<>()\[\]{}|\\^`]", url)
    if url:
        assert urlsplit(url).scheme in {"http", "https"}
        assert urlsplit(url).hostname


def test_marks_stand_around_their_spans_and_everything_is_escaped() -> None:
    text = "<b> in Kech & Gwadar"
    assert mark(text, [(14, 20), (7, 11)], "<mark>", "</mark>", html.escape) == (
        "&lt;b&gt; in <mark>Kech</mark> &amp; <mark>Gwadar</mark>"
    )
    assert mark("abcdef", [(1, 3), (2, 4), (4, 4), (5, 99), (-5, 0)], "[", "]", str) == "a[bcd]e[f]"
    assert mark("", [], "[", "]", str) == ""


@given(TEXTS, st.lists(st.tuples(st.integers(-2, 20), st.integers(-2, 20))))
def test_marking_changes_nothing_else(text: str, spans: list[tuple[int, int]]) -> None:
    marked = mark(text, spans, "\ue000", "\ue001", str)
    assert marked.replace("\ue000", "").replace("\ue001", "") == text.replace("\ue000", "").replace(
        "\ue001", ""
    )


COMMONMARK = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def rendered(source: str) -> str:
    """Return the text of a paragraph; anything but plain text in it fails."""
    tokens = COMMONMARK.parse(source)
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"], source
    children = tokens[1].children or []
    assert {child.type for child in children} <= {"text"}, source
    return "".join(child.content for child in children)


@given(TEXTS)
def test_markdown_shows_foreign_text_literally(text: str) -> None:
    shown = markdown(text)
    assert is_inert(shown)
    if shown.strip():
        assert rendered(shown) == one_line(text)


@pytest.mark.parametrize(
    "text",
    [
        "# heading",
        "1. item",
        "2) item",
        "- item",
        "+ item",
        "> quote",
        "---",
        "===",
        "***",
        "```code",
        "[link](https://example.org)",
        "![image](https://example.org/x.png)",
        "<https://example.org>",
        "<script>alert(1)</script>",
        "&copy; &#35;",
        "a | b",
        "*a* _b_ ~~c~~ `d` \\",
        "    code",
        "{{7*7}} {% x %}",
        "[ref]: https://example.org",
    ],
)
def test_each_construct_of_markdown_comes_out_literally(text: str) -> None:
    assert rendered(markdown(text)) == text.strip()
    tokens = COMMONMARK.parse("before\n" + markdown(text))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]


def test_markdown_opens_no_mention_or_bare_link() -> None:
    shown = markdown("@channel #12 https://example.org www.example.org :smile: me@example.org")
    assert "\\@channel \\#12 https\\://" in shown
    assert "www\\." in shown
    assert "\\:smile:" in shown


def test_markdown_leaves_prose_readable() -> None:
    text = "At 12:30 the Reko-Diq mine, 3.5 km away (north), was shut. Why?"
    assert markdown(text) == text


AT = datetime(2026, 2, 2, 10, 4, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "zone", "shown"),
    [
        (AT, "Asia/Karachi", "Mon 02 Feb 2026, 15:04 PKT (+05:00)"),
        (AT, "Asia/Tehran", "Mon 02 Feb 2026, 13:34 IRST (+03:30)"),
        (datetime(2021, 7, 2, 10, 4, tzinfo=UTC), "Asia/Tehran", "Fri 02 Jul 2021, 14:34 IRDT (+04:30)"),
        (AT, "Asia/Kabul", "Mon 02 Feb 2026, 14:34 AFT (+04:30)"),
        (AT, "Asia/Dubai", "Mon 02 Feb 2026, 14:04 (+04:00)"),
        (AT, "UTC", "Mon 02 Feb 2026, 10:04 UTC (+00:00)"),
        (AT, "America/New_York", "Mon 02 Feb 2026, 05:04 EST (-05:00)"),
        (datetime(2026, 12, 31, 20, tzinfo=UTC), "Asia/Karachi", "Fri 01 Jan 2027, 01:00 PKT (+05:00)"),
    ],
)
def test_a_time_names_its_zone_and_offset(at: datetime, zone: str, shown: str) -> None:
    assert local_time(at, ZoneInfo(zone)) == shown


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        local_time(AT.replace(tzinfo=None), ZoneInfo("UTC"))


@given(TEXTS)
def test_a_log_line_is_printable(text: str) -> None:
    assert log_safe(text).isprintable()


def test_a_log_line_is_readable_and_short() -> None:
    assert log_safe("گوادر\n\x1b[31m\u202e") == "'گوادر\\n\\x1b[31m\\u202e'"
    assert log_safe("aaaa", limit=3) == "'aaa'…"
