from __future__ import annotations

import re
from collections import Counter

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from monitor.digest.gather import Digest
from monitor.digest.render import markdown
from monitor.digest.words import UNTITLED
from monitor.text.show import one_line, safe_url
from tests.digest import days
from tests.digest.hostile import RULES, URLS, hostile_day

COMMONMARK = MarkdownIt("commonmark")
ISOLATES = str.maketrans("", "", "\u2068\u2069")


def tokens(text: str) -> list[Token]:
    """Return every token of the text, inline ones too."""
    flat = []
    for token in COMMONMARK.parse(text):
        flat.append(token)
        flat += token.children or []
    return flat


def links(text: str) -> Counter[str]:
    return Counter(str(token.attrs["href"]) for token in tokens(text) if token.type == "link_open")


def plain(text: str) -> str:
    """Return what a reader sees, without the isolates."""
    seen = [token.content for token in tokens(text) if token.type in {"text", "text_special", "softbreak"}]
    return "".join(seen).translate(ISOLATES)


def headings(text: str) -> list[str]:
    parsed = COMMONMARK.parse(text)
    return [
        "".join(child.content for child in parsed[place + 1].children or []).translate(ISOLATES)
        for place, token in enumerate(parsed)
        if token.type == "heading_open"
    ]


def expected_links(digest: Digest) -> Counter[str]:
    """Every article's address twice: where it is reported and where it is cited; that of an edited one once more."""
    cited = Counter(
        {url: 2 * count for url, count in Counter(r.url for r in digest.sources if r.url).items()}
    )
    return cited + Counter(filter(None, (safe_url(edit.url) for edit in digest.changes.edits)))


def test_what_changed_is_told() -> None:
    seen = plain(markdown(days.digest(days.mixed_day())))
    assert "Changed since earlier digests" in headings(markdown(days.digest(days.mixed_day())))
    assert "The Meridian now says Khan of Kalat says army should leave Balochistan, before: " in seen
    assert "روزنامہ صبح changed its summary of خان آف قلات" in seen
    assert "2 articles of story 9 are part of story 7 now (same event)" in seen
    assert "1 match of earlier days is found no more by rules or names that have changed" in seen
    empty = headings(markdown(days.digest(days.empty_day())))
    assert "Changed since earlier digests" not in empty


def test_stories_are_listed_by_topic() -> None:
    digest = days.digest(days.mixed_day())
    assert "By topic" in headings(markdown(digest))
    numbers = {card.number for card in digest.cards}
    assert {number for row in digest.topics for number in row.numbers} == numbers
    assert digest.topics[-1].name == "Other"


@pytest.mark.parametrize("day", [days.mixed_day, days.empty_day, days.dark_day])
def test_the_links_are_the_articles_and_nothing_else(day: object) -> None:
    digest = days.digest(day())  # type: ignore[operator]
    assert links(markdown(digest)) == expected_links(digest)


def test_hostile_text_stays_text() -> None:
    digest = days.digest(hostile_day(), rules=RULES)
    text = markdown(digest)
    kinds = {token.type for token in tokens(text)}
    assert not kinds & {"html_block", "html_inline", "image", "code_inline", "code_block", "fence", "em_open"}
    assert links(text) == expected_links(digest)
    assert set(expected_links(digest)) == {safe_url(url) for url in URLS} - {""}
    found: dict[str, object] = {}
    COMMONMARK.parse(text, found)
    assert not found.get("references")


def test_hostile_text_is_shown_as_it_stands() -> None:
    digest = days.digest(hostile_day(), rules=RULES)
    text = markdown(digest)
    seen = plain(text)
    for card in digest.cards:
        assert f"{card.number}. {one_line(card.title.text) or UNTITLED}" in headings(text)
        for report in card.reports:
            assert one_line(report.author) in seen
            assert one_line(report.outlet) in seen


def test_headings_are_only_ours() -> None:
    digest = days.digest(hostile_day(), rules=RULES)
    ours = [f"{card.number}. {one_line(card.title.text) or UNTITLED}" for card in digest.cards]
    assert [heading for heading in headings(markdown(digest)) if re.match(r"\d+\.", heading)] == ours


def test_matched_words_are_bold_and_nothing_else_in_a_quote_is() -> None:
    digest = days.digest(days.mixed_day())
    quotes = re.findall(r"^> (.*)$", markdown(digest), re.MULTILINE)
    marks = [[p.text[a:b] for a, b in p.marks] for card in digest.cards for p in card.passages]
    assert len(quotes) == len(marks) > 10
    for quote, expected in zip(quotes, marks, strict=True):
        inline = tokens(quote)
        bold = [inline[place + 1].content for place, one in enumerate(inline) if one.type == "strong_open"]
        assert bold == expected
        assert "*" not in plain(quote)


def test_marks_beside_letters_and_signs_are_still_bold() -> None:
    view = days.article(
        1, "A", "t", 'نےبلوچستانءِ and preGwadarpost, pre«Turbat»post, "Quetta" (Kech) and, Gwadar, Sibi!',
        {"r": ["بلوچستان", "Gwadar", "«Turbat»", '"Quetta"', "(Kech", " and,", "!"]},
    )  # fmt: skip
    text = markdown(days.digest(days.record([days.story(1, view)])))
    quote = next(line for line in text.splitlines() if line.startswith("> "))
    inline = tokens(quote)
    bold = [inline[place + 1].content for place, one in enumerate(inline) if one.type == "strong_open"]
    assert bold == ["بلوچستان", "Gwadar", "Turbat", "Quetta", "Kech", "and", "Gwadar"]
    assert "*" not in plain(quote)


def test_an_address_that_holds_an_entity_is_not_decoded_by_any_reader() -> None:
    view = days.article(1, "A", "t", "In Gwadar.", {"r": ["Gwadar"]}, url="https://ok.example/?a=1&lt;=2")
    text = markdown(days.digest(days.record([days.story(1, view)])))
    assert links(text) == {"https://ok.example/?a=1&lt;=2": 2}
    assert "<https://ok.example/?a=1&lt;=2>" not in text  # cmark decodes entities even there


def test_direction_marks_are_balanced_on_every_line() -> None:
    for line in markdown(days.digest(hostile_day(), rules=RULES)).split("\n"):
        assert not re.search(
            "[\u202a-\u202e\u200e\u200f\u2066\u2067\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]", line
        )
        depth = 0
        for character in line:
            depth += {"\u2068": 1, "\u2069": -1}.get(character, 0)
            assert depth in (0, 1)
        assert depth == 0


def test_an_empty_day_says_so_and_still_says_what_was_seen() -> None:
    text = markdown(days.digest(days.empty_day()))
    assert "No story matched a rule on this day" in text
    assert "no reports in 2 of 2 live sources" in text
    assert "2 of 2 sources were live" in text
    assert "## Stories" not in text


def test_a_day_of_failures_names_every_feed_and_why() -> None:
    text = plain(markdown(days.digest(days.dark_day())))
    for words in ("North One (state, Persian) failing: timeout", "North Two (state, Persian) blocked: HTTP 403",
                  "No source in Pashto could be seen", "last read 2026-01-24 01:10 UTC"):  # fmt: skip
        assert words in text
    assert "s3cr3t" not in text
