"""Markup to text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.sources.markup import MAX_FRAGMENT, absolute_url, html_text, title_text


@pytest.mark.parametrize(
    ("fragment", "text"),
    [
        ("<p>one<br>two</p><p>three &amp; four&nbsp;five</p>", "one\ntwo\nthree & four five"),
        ("plain &amp; simple\n\nsecond", "plain & simple\nsecond"),
        ("&lt;p&gt;escaped&lt;/p&gt;&lt;p&gt;twice&lt;/p&gt;", "escaped\ntwice"),
        ("a < b & c > d", "a < b & c > d"),
        ("<script>alert(1)</script>text<style>p{}</style>", "text"),
        ("<p>Balo&shy;chistan</p>", "Balo\u00adchistan"),
        ("<p>می&zwnj;شود</p>", "می\u200cشود"),
        ("<ul><li>a</li><li>b</li></ul>c", "a\nb\nc"),
        ("<p>a\n  b</p>", "a b"),
        ("<p>open <b>bold <i>both</p>", "open bold both"),
        ("a&#55296;b&#x0;c\x00d", "a\ufffdb\ufffdc\ufffdd"),
        ("&#" + "9" * 5_000 + ";", "\ufffd"),
        ("it\x92s", "it’s"),
        ("<!-- gone --><p>kept</p>", "kept"),
        ("", ""),
        ("<p>", ""),
    ],
)
def test_html_text(fragment: str, text: str) -> None:
    assert html_text(fragment) == text


@pytest.mark.parametrize(
    "fragment",
    [
        "<div>" * 50_000 + "x",
        "<!--" * 50_000,
        "<" * 200_000,
        "&amp" * 60_000,
        '<a href="' * 20_000,
        "<p " + "a=1 " * 40_000,
    ],
)
def test_html_text_is_not_stopped_by_floods(fragment: str) -> None:
    assert len(html_text(fragment)) <= MAX_FRAGMENT


def test_text_too_deep_for_the_parser_is_kept() -> None:
    assert html_text("<div>" * 1_000 + "deep") == "deep"


@given(st.text(max_size=200), st.sampled_from(["", "<p>", "&lt;p&gt;", "<![CDATA[", "<!--", "<script>"]))
def test_html_text_never_fails(text: str, start: str) -> None:
    result = html_text(start + text)
    assert not [c for c in result if ord(c) < 32 and c != "\n"]


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("A &amp;amp; B", "A & B"),
        ("Tom &amp; <b>Jerry</b>", "Tom & Jerry"),
        ("1 < 2 > 0", "1 < 2 > 0"),
        ("<3 for Gwadar", "<3 for Gwadar"),
        ("Minister&amp;#8217;s reply", "Minister’s reply"),
        ("&lt;i&gt;Dawn&lt;/i&gt; editor", "Dawn editor"),
        (" two\n lines\u2028here ", "two lines here"),
        ("AT&T", "AT&T"),
    ],
)
def test_title_text(raw: str, title: str) -> None:
    assert title_text(raw) == title


@pytest.mark.parametrize(
    ("base", "link", "url"),
    [
        ("https://example.org/feed/", "../news/1", "https://example.org/news/1"),
        ("https://example.org/feed", "//cdn.example.org/a b", "https://cdn.example.org/a%20b"),
        ("https://example.org/feed", " \n https://example.org/x\t", "https://example.org/x"),
        ("https://example.org/feed", "javascript:alert(1)", ""),
        ("https://example.org/feed", "data:text/html,x", ""),
        ("https://example.org/feed", "file:///etc/passwd", ""),
        ("https://example.org/feed", "http://[::1", ""),
        ("https://example.org/feed", "http://example.org:port/", ""),
        ("https://example.org/feed", "", ""),
        ("", "/relative", ""),
        ("https://example.org/feed", "https://example.org/" + "a" * 9_000, ""),
    ],
)
def test_absolute_url(base: str, link: str, url: str) -> None:
    assert absolute_url(base, link) == url
