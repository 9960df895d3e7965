from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import html as parser

import monitor.digest
from monitor.digest.gather import Digest
from monitor.digest.render import html
from monitor.digest.words import UNTITLED
from monitor.text.show import one_line, safe_url
from tests.digest import days
from tests.digest.hostile import RULES, hostile_day

DAYS = (days.mixed_day, days.empty_day, days.dark_day, hostile_day)
STYLE = (Path(monitor.digest.__file__).parent / "templates" / "style.css").read_text()

ELEMENTS = set(
    """
    html head meta title style body header main nav footer section article h1 h2 h3 h4 p a ul ol li dl dt dd div
    span strong table caption thead tbody tr th td blockquote mark bdi time code br details summary
    figure figcaption svg desc rect line circle path text
    """.split()
)
ATTRIBUTES = set(
    """
    lang dir charset http-equiv content name class id href rel aria-label aria-labelledby aria-hidden role
    tabindex scope datetime value style
    width height viewbox preserveaspectratio overflow x y x1 x2 y1 y2 cx cy r d dy text-anchor vector-effect paint-order
    """.split()
)


def made(day: object) -> Digest:
    return days.digest(day(), rules=RULES if day is hostile_day else days.RULES)  # type: ignore[operator]


def page(digest: Digest) -> parser.HtmlElement:
    return parser.document_fromstring(html(digest).encode())


@pytest.mark.parametrize("day", DAYS)
def test_nothing_in_the_page_is_active_or_from_elsewhere(day: object) -> None:
    digest = made(day)
    tree = page(digest)
    for element in tree.iter():
        assert element.tag in ELEMENTS
        assert set(element.attrib) <= ATTRIBUTES, element.attrib
        if element.tag != "a":
            assert "href" not in element.attrib
        if "style" in element.attrib:
            assert re.fullmatch(r"--(depth|share): \d+", element.get("style"))
    away = Counter(a.get("href") for a in tree.iter("a") if not a.get("href").startswith("#"))
    known = Counter(report.url for report in digest.sources if report.url)
    known |= Counter(filter(None, (safe_url(edit.url) for edit in digest.changes.edits)))
    assert set(away) == set(known)
    assert all(re.match("https?://", address) for address in away)
    assert all(a.get("rel") == "noopener noreferrer" for a in tree.iter("a") if a.get("href") in known)
    assert "url(" not in STYLE
    assert "@import" not in STYLE


def test_the_policy_forbids_everything_but_the_style() -> None:
    text = html(made(days.mixed_day))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    assert policy[1] == "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    assert text.index("Content-Security-Policy") < text.index("<style>")


@pytest.mark.parametrize("day", DAYS)
def test_every_anchor_leads_somewhere_and_ids_are_unique(day: object) -> None:
    tree = page(made(day))
    ids = Counter(tree.xpath("//@id"))
    assert max(ids.values()) == 1
    targets = {address[1:] for address in tree.xpath("//@href") if address.startswith("#")}
    targets |= {name for value in tree.xpath("//@aria-labelledby") for name in value.split()}
    assert targets <= set(ids)


@pytest.mark.parametrize("day", DAYS)
def test_headings_go_down_one_step_at_a_time_and_are_never_empty(day: object) -> None:
    levels = []
    for element in page(made(day)).iter("h1", "h2", "h3", "h4"):
        assert element.text_content().strip()
        levels.append(int(element.tag[1]))
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def test_the_page_has_its_landmarks_and_tables_their_headers() -> None:
    tree = page(made(days.mixed_day))
    for tag in ("header", "nav", "main", "footer"):
        assert len(tree.xpath(f"/html/body/{tag}")) == 1
    assert tree.get("lang") == "en"
    for table in tree.iter("table"):
        assert all(cell.get("scope") == "col" for cell in table.xpath("./thead//th"))
        assert all(row.xpath("./th[@scope='row']") for row in table.xpath("./tbody/tr"))
    for region in tree.xpath("//*[@role='region' or @role='img']"):
        assert region.get("aria-label") or region.get("aria-labelledby")


def test_tags_are_closed_in_order() -> None:
    void = {"meta", "br"}
    open_: list[str] = []
    text = re.sub(r"<style>.*?</style>|<!doctype html>", "", html(made(hostile_day)), flags=re.DOTALL)
    for close, tag, empty in re.findall(r"<(/?)([a-z][a-z0-9]*)[^>]*?(/?)>", text):
        if empty:
            continue
        if close:
            assert open_.pop() == tag
        elif tag not in void:
            open_.append(tag)
    assert open_ == []


def test_hostile_text_is_shown_as_it_stands_and_cannot_turn_the_line() -> None:
    digest = made(hostile_day)
    tree = page(digest)
    shown = [one_line(one.text_content()) for one in tree.iter("h3")]
    for card in digest.cards:
        assert (one_line(card.title.text) or UNTITLED) in shown
    text = tree.text_content()
    assert not re.search(
        "[\u202a-\u202e\u2066-\u2069\u200e\u200f\u2028\u2029\x00-\x08\x0b-\x1f\x7f-\x9f]", text
    )
    assert "{{ 7*7 }} {% raw %}" in text


def test_foreign_text_is_isolated_and_carries_its_language() -> None:
    tree = page(made(days.mixed_day))
    title = next(one for one in tree.iter("h3") if "ماہی" in one.text_content())
    assert (title.get("lang"), title.get("dir")) == ("ur", "auto")
    quote = next(one for one in tree.iter("blockquote") if "گذرگاه" in one.text_content())
    assert (quote.get("lang"), quote.get("dir")) == ("fa", "auto")
    for element in tree.iter():
        own = "".join([element.text or "", *(child.tail or "" for child in element)])
        if re.search("[\u0600-\u06ff]", own):
            if element.tag == "title":  # of a drawing: a line each, since nothing can be isolated there
                assert not any(
                    re.search("[\u0600-\u06ff]", line) and re.search("[a-z]", line)
                    for line in own.split("\n")
                )
                continue
            assert any(
                up.tag == "bdi" or up.get("dir") == "auto" for up in (element, *element.iterancestors())
            )
    assert all(re.fullmatch("[a-z]{2,3}", code) for code in tree.xpath("//@lang"))


def test_a_language_that_is_no_language_tag_is_left_out() -> None:
    tree = page(made(hostile_day))
    assert set(tree.xpath("//@lang")) <= {
        "en",
        "ur",
        *(code for code in tree.xpath("//@lang") if code.isascii()),
    }
    assert all(re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", code) for code in tree.xpath("//@lang"))


def test_marks_are_the_matched_words() -> None:
    digest = made(days.mixed_day)
    tree = page(digest)
    for card in digest.cards:
        (element,) = tree.xpath(f"//article[@id='story-{card.story}']")
        expected = [card.title, *(card.passages if card.section == "story" else card.passages[:1])]
        assert [mark.text for mark in element.iter("mark")] == [
            passage.text[start:end] for passage in expected for start, end in passage.marks
        ]


def test_long_lists_are_folded_but_complete() -> None:
    stories = [
        days.story(
            n, *(days.article(n * 100 + k, f"O{k}", f"Gwadar {n}", "x", {"r": ["Gwadar"]}) for k in range(8))
        )
        for n in range(1, 41)
    ]
    tree = page(days.digest(days.record(stories)))
    assert len(tree.xpath("//article")) == 40
    assert len(tree.xpath("//details//article")) == 10
    assert len(tree.xpath("//ol[@class='sources']/li")) == 320
    assert "3 more reports" in tree.text_content()


def test_an_empty_day_says_so_and_still_has_coverage() -> None:
    text = page(made(days.empty_day)).text_content()
    assert "No story matched a rule on this day" in text
    assert "no reports in 2 of 2 live sources" in text


def test_tokens_of_private_feeds_are_not_in_the_page() -> None:
    text = html(made(days.dark_day))
    assert "s3cr3t" not in text
    assert "secret@" not in text


# --- what the eye needs -------------------------------------------------------------------------


def colours(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", css))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        *((ink, ground) for ink in ("ink", "soft", "accent", "warn") for ground in ("paper", "card")),
        *((grade, f"{grade}-ground") for grade in ("strong", "likely", "check")),
        ("ink", "mark"),
        *((ink, ground) for ink in ("ink", "soft") for ground in ("land", "sea")),
        *(("ink", f"q{level}") for level in range(4)),
        *(("paper", f"q{level}") for level in (4, 5)),
    ],
)
def test_text_stands_out_from_its_ground(scheme: str, ink: str, ground: str) -> None:
    light, rest = STYLE.split("@media screen and (prefers-color-scheme: dark)")
    palette = colours(light)
    if scheme == "dark":
        palette |= colours(rest.split("\n}\n", 1)[0])
    assert contrast(palette[ink], palette[ground]) >= 4.5


def test_the_style_knows_telephones_paper_and_the_dark() -> None:
    for query in ("(max-width: ", "@media print", "prefers-color-scheme: dark"):
        assert query in STYLE
