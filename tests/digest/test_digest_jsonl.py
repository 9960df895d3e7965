from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lxml import html as parser

from monitor.digest.gather import Digest
from monitor.digest.render import html, jsonl, markdown
from tests.digest import days
from tests.digest.hostile import RULES, hostile_day

ROOT = Path(__file__).parents[2]


def rows(digest: Digest, kind: str = "") -> list[dict[str, Any]]:
    read = [json.loads(line) for line in jsonl(digest).splitlines()]
    return [row for row in read if not kind or row["kind"] == kind]


def test_the_first_line_is_the_digest() -> None:
    first = rows(days.digest(days.mixed_day()))[0]
    assert first["kind"] == "digest"
    assert (first["date"], first["region"], first["zone"]) == ("2026-02-02", "Balochistan", "Asia/Karachi")
    assert (first["start"], first["end"]) == ("2026-02-01T19:00:00Z", "2026-02-02T19:00:00Z")
    assert (first["stories"], first["matches"], first["polled"]) == (7, 19, 11)


@pytest.mark.parametrize("day", [days.mixed_day, days.empty_day, days.dark_day, hostile_day])
def test_the_three_formats_agree(day: object) -> None:
    digest = days.digest(day(), rules=RULES if day is hostile_day else days.RULES)  # type: ignore[operator]
    text = markdown(digest)
    tree = parser.document_fromstring(html(digest).encode())
    stories, articles = rows(digest, "story"), rows(digest, "article")
    assert len(stories) == len(re.findall(r"^### \d+\. ", text, re.MULTILINE)) == len(tree.xpath("//article"))
    cited = text.partition("## Sources cited")[2]
    assert len(articles) == len(re.findall(r"^\d+\. ", cited, re.MULTILINE))
    assert len(articles) == len(tree.xpath("//ol[@class='sources']/li"))
    assert [row["number"] for row in stories] == list(range(1, len(stories) + 1))
    assert [row["number"] for row in articles] == list(range(1, len(articles) + 1))
    unseen = [row for row in rows(digest, "feed") if row["state"] != "ok"]
    assert len(unseen) == len(tree.xpath("//*[@aria-label='Feeds that were not seen']//tbody/tr"))
    for row in rows(digest, "no-reports"):
        assert row["sentence"] in text
        assert row["sentence"] in tree.text_content()


def test_every_article_belongs_to_a_story_that_names_it() -> None:
    digest = days.digest(days.mixed_day())
    stories = {row["id"]: row for row in rows(digest, "story")}
    for row in rows(digest, "article"):
        assert row["id"] in stories[row["story"]]["articles"]
        assert row["citation"].endswith(f"text sha256 {row['text_sha256'][:12]}.")


def test_sentences_reread_from_the_stored_text() -> None:
    day = days.mixed_day()
    articles = {article.id: article for story in day.stories for article in story.articles}
    checked = 0
    for row in rows(days.digest(day), "story"):
        for sentence in row["sentences"]:
            article = articles[sentence["article"]]
            original = article.text if sentence["field"] == "body" else article.summary
            assert original[sentence["start"] : sentence["end"]] == sentence["text"]
            checked += len(sentence["marks"])
    assert checked > 15


def test_hostile_text_comes_back_as_it_was_and_breaks_no_line() -> None:
    day = hostile_day()
    digest = days.digest(day, rules=RULES)
    text = jsonl(digest)
    assert len(text.splitlines()) == text.count("\n")
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u2028\u2029\x1b\x7f-\x9f]", text)
    titles = {row["id"]: row["title"] for row in rows(digest, "article")}
    for story in day.stories:
        for article in story.articles:
            assert titles[article.id] == article.title
    assert all(row["url"] == "" or row["url"].startswith("http") for row in rows(digest, "article"))


def test_urdu_and_persian_stand_as_they_are_written() -> None:
    text = jsonl(days.digest(days.mixed_day()))
    assert "گوادر: ماہی گیروں کا دھرنا" in text
    assert "رفت‌وآمد" in text


def test_keys_come_in_one_order() -> None:
    digest = days.digest(days.mixed_day())
    for kind in ("story", "article", "feed", "index"):
        assert len({tuple(row) for row in rows(digest, kind)}) == 1


@pytest.mark.parametrize("render", [markdown, html, jsonl])
def test_the_same_day_gives_the_same_bytes(render: Any) -> None:
    assert render(days.digest(days.mixed_day())) == render(days.digest(days.mixed_day()))


def test_the_bytes_do_not_depend_on_the_process() -> None:
    script = (
        "import sys, hashlib; sys.path.insert(0, sys.argv[1])\n"
        "from tests.digest import days, hostile\n"
        "from monitor.digest.render import html, jsonl, markdown\n"
        "for day, rules in ((days.mixed_day, days.RULES), (hostile.hostile_day, hostile.RULES)):\n"
        "    digest = days.digest(day(), rules=rules)\n"
        "    text = ''.join(render(digest) for render in (markdown, html, jsonl))\n"
        "    print(hashlib.sha256(text.encode()).hexdigest())\n"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", script, str(ROOT)],
            env={"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("77", "America/New_York"))
    }
    assert len(seen) == 1
