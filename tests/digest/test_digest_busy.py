"""A busy day: every format tells the same of a hundred stories."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest
from lxml import html as parser
from markdown_it import MarkdownIt

from monitor.digest.gather import Digest
from monitor.digest.render import html, jsonl, markdown
from monitor.digest.words import UNTITLED
from monitor.text.show import one_line
from tests.digest.busy import ARTICLES, busy_digest

ISOLATES = str.maketrans("", "", "\u2068\u2069")


@pytest.fixture(scope="module")
def digest() -> Digest:
    return busy_digest()


@pytest.fixture(scope="module")
def page(digest: Digest) -> Any:
    return parser.document_fromstring(html(digest).encode())


@pytest.fixture(scope="module")
def text(digest: Digest) -> str:
    return markdown(digest)


def rows(digest: Digest, kind: str) -> list[dict[str, Any]]:
    return [row for row in map(json.loads, jsonl(digest).splitlines()) if row["kind"] == kind]


def shown(row: dict[str, Any]) -> str:
    return one_line(row["title"]) or UNTITLED


def headings(text: str) -> list[str]:
    tokens = MarkdownIt("commonmark").parse(text)
    inside = (
        tokens[place + 1].children or [] for place, token in enumerate(tokens) if token.type == "heading_open"
    )
    return ["".join(child.content for child in children).translate(ISOLATES) for children in inside]


def test_the_day_is_busy_in_every_language(digest: Digest) -> None:
    articles = rows(digest, "article")
    assert len(articles) == ARTICLES >= 150
    assert {row["language"] for row in articles} >= {"en", "ur", "fa"}
    assert {row["section"] for row in rows(digest, "story")} == {"story", "single", "check"}
    assert len(rows(digest, "district")) > 15


def test_every_format_has_the_same_stories_under_the_same_numbers(
    digest: Digest, page: Any, text: str
) -> None:
    expected = [(row["number"], shown(row)) for row in rows(digest, "story")]
    assert [number for number, _ in expected] == list(range(1, len(expected) + 1))
    told = [re.fullmatch(r"(\d+)\. (.*)", heading) for heading in headings(text)]
    assert [(int(one[1]), one[2]) for one in told if one] == expected
    cards = [
        (int(card.xpath(".//*[@class='number']")[0].text), one_line(card.xpath(".//h3")[0].text_content()))
        for card in page.iter("article")
    ]
    assert cards == expected


def test_every_format_cites_the_same_articles_and_of_the_same_stories(
    digest: Digest, page: Any, text: str
) -> None:
    articles = rows(digest, "article")
    cited = page.xpath("//ol[@class='sources']/li")
    assert [int(item.get("value")) for item in cited] == [row["number"] for row in articles]
    lines = re.findall(r"^(\d+)\. (.*)$", text.partition("## Sources cited")[2], re.MULTILINE)
    for row, item, (number, line) in zip(articles, cited, lines, strict=True):
        assert int(number) == row["number"]
        assert item.xpath("./a[@class='url']/@href") == [row["url"]]
        assert row["url"] in line
        assert one_line(row["title"]) in one_line(item.text_content())
        assert item.xpath("./a[@class='ref']/@href") == [f"#story-{row['story']}"]
    reports = Counter(row["story"] for row in articles)
    for card in page.iter("article"):
        refs = set(card.xpath(".//*[self::li or self::p]/a[@class='ref']/@href"))
        assert len(refs) == reports[int(card.get("id").removeprefix("story-"))]


def test_every_format_counts_alike(digest: Digest, page: Any, text: str) -> None:
    (head,) = rows(digest, "digest")
    figures = [int(one.text.replace(",", "")) for one in page.xpath("//dl[@class='figures']//dd")]
    assert figures == [head["entries"], head["articles"], head["matches"], head["polled"]]
    assert f"{head['stories']} stories, {head['copies']} further copies" in text
    assert head["stories"] == len(rows(digest, "story"))
    assert head["copies"] == len(rows(digest, "article")) - head["stories"]


def test_every_format_lists_the_same_stories_by_place_and_rule(digest: Digest, page: Any, text: str) -> None:
    for index, id_, title in (("place", "places", "By place"), ("rule", "rules", "By rule")):
        expected = [row["stories"] for row in rows(digest, "index") if row["index"] == index]
        listed = page.xpath(f"//section[@id='{id_}']//ul[@class='index']/li")
        assert [[int(one.text) for one in item.iter("a")] for item in listed] == expected
        part = text.partition(f"## {title}\n")[2].partition("\n## ")[0]
        lines = [line for line in part.splitlines() if line.lstrip().startswith("- ")]
        numbers = [re.search(r"\u2069: ([\d, ]+)$", line) for line in lines]
        assert [list(map(int, one[1].split(", "))) if one else [] for one in numbers] == expected
    districts = page.xpath("//*[@aria-label='Districts and their stories']//tbody/tr")
    assert [[int(one.text) for one in item.iter("a")] for item in districts] == [
        row["stories"] for row in rows(digest, "district")
    ]


def test_every_format_counts_the_month_alike(digest: Digest, page: Any, text: str) -> None:
    (curve,) = rows(digest, "trend")
    table = page.xpath("//*[@aria-label='Articles with a match, day by day']//tbody/tr")
    assert [int(row[3].text) for row in table] == curve["every_feed"][::-1]
    assert curve["sentence"] in text
    assert curve["sentence"] in page.text_content()
    strips = page.xpath("//*[@class='heat']/svg[@role='img']")
    for row, strip in zip(rows(digest, "rule-days"), strips, strict=False):
        assert [int(one.text.rsplit(": ")[1]) for one in strip.iter("title")] == row["counts"]
        assert f"({sum(row['counts'])} in 31 days)" in text


@pytest.mark.parametrize("render", [markdown, html, jsonl])
def test_the_same_busy_day_gives_the_same_bytes(digest: Digest, render: Any) -> None:
    first = render(digest)
    assert render(digest) == first
    assert render(busy_digest()) == first
