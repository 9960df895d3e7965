"""A user's own templates: what they make of a story, and which are refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor.alerts.message import compose
from monitor.alerts.templates import Templates
from tests.alerts.samples import KHAN

KARACHI = ZoneInfo("Asia/Karachi")
GOOD = "{{ story.title }} / {{ story.outlet }}\n{% for rule in story.rules %}{{ rule.key }} {% endfor %}"


def folder(tmp_path: Path, text: str, name: str = "story.txt.j2") -> Path:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_template_lays_out_the_text(tmp_path: Path) -> None:
    item = KHAN
    templates = Templates(folder(tmp_path, GOOD))
    assert list(templates.faults()) == []
    message = compose([item], zone=KARACHI, templates=templates)
    keys = " ".join(f"#{alert.key}" for alert in item.alerts)
    assert message.text.splitlines()[0].endswith(f"/ \u2068{item.outlet}\u2069 · rights group · English")
    assert message.text.splitlines()[1].strip() == keys
    assert "First seen" not in message.text
    assert "First seen" in message.html  # which has no template of its own


def test_a_template_lays_out_the_mail_and_is_escaped(tmp_path: Path) -> None:
    item = replace(KHAN, title="<b onclick=x()>Khan</b> & Co")
    page = "<h2>{{ story.title }}</h2>{% for q in story.quotes %}<p>{{ q }}</p>{% endfor %}" + GOOD
    message = compose([item], zone=KARACHI, templates=Templates(folder(tmp_path, page, "story.html.j2")))
    assert "&lt;b onclick=x()&gt;Khan&lt;/b&gt; &amp; Co" in message.html
    assert "<b onclick" not in message.html
    assert "<mark" in message.html  # the quotes keep their marks


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("{{ story.title }}", 1, "every rule.key"),
        ("{% for rule in story.rules %}{{ rule.key }}{% endfor %}", 1, "story.title"),
        ("{{ story.title }}\n{% for %}", 2, "not a template"),
        ("{{ story.titel }}" + GOOD, 1, "titel"),
        ("{{ story.title.__class__.__mro__ }}" + GOOD, 1, "unsafe"),
        ("{{ 1 // 0 }}" + GOOD, 1, "zero"),
        ("{% include 'config.yaml' %}" + GOOD, 1, "config.yaml is no template"),
        ("{% include 'story.txt.j2' %}" + GOOD, 1, "RecursionError"),
        ("{{ 'a' * 99999999999 }}" + GOOD, 1, "whole numbers"),
        ("{% for i in range(99999) %}{% endfor %}" + GOOD, 1, "100 numbers"),
    ],
)
def test_templates_that_would_lose_or_leak_something_are_refused(
    tmp_path: Path, text: str, line: int, what: str
) -> None:
    (fault,) = Templates(folder(tmp_path, text)).faults()
    assert fault.file.endswith("story.txt.j2")
    assert fault.line == line
    assert what in fault.message


@pytest.mark.parametrize(
    "page",
    [
        "{{ story.title | safe }}" + GOOD,
        "{% autoescape false %}{{ story.notes[0] }}{% endautoescape %}" + GOOD,
    ],
)
def test_a_page_that_would_let_markup_in_is_refused(tmp_path: Path, page: str) -> None:
    (fault,) = Templates(folder(tmp_path, page, "story.html.j2")).faults()
    assert "as markup" in fault.message


def test_what_a_page_includes_is_escaped_too(tmp_path: Path) -> None:
    folder(tmp_path, "<b>{{ story.title }}</b>" + GOOD, "card.txt.j2")
    templates = Templates(folder(tmp_path, "{% include 'card.txt.j2' %}", "story.html.j2"))
    assert list(templates.faults()) == []
    item = replace(KHAN, title="<img src=x onerror=alert(1)>")
    assert "<img" not in compose([item], zone=KARACHI, templates=templates).html


def test_a_file_that_cannot_be_a_template_is_refused(tmp_path: Path) -> None:
    (tmp_path / "story.txt.j2").symlink_to(tmp_path / "nowhere")
    (fault,) = Templates(tmp_path).faults()
    assert fault.message == "not a file"


def test_a_template_that_grows_with_what_it_is_given_is_left_aside(tmp_path: Path) -> None:
    long = (
        GOOD
        + "{% for i in range(99) %}{% for rule in story.rules %}"
        + "word " * 20
        + "{% endfor %}{% endfor %}"
    )
    templates = Templates(folder(tmp_path, long))
    assert list(templates.faults()) == []
    assert compose([KHAN], zone=KARACHI, templates=templates).text == compose([KHAN], zone=KARACHI).text


def test_a_template_that_fails_on_one_story_is_left_aside_for_it(tmp_path: Path) -> None:
    templates = Templates(folder(tmp_path, GOOD + "{{ story.quotes[0] }}"))
    assert list(templates.faults()) == []
    item = replace(KHAN, quotes=())
    assert compose([item], zone=KARACHI, templates=templates).text == compose([item], zone=KARACHI).text


def test_a_long_template_still_keeps_to_the_limit(tmp_path: Path) -> None:
    long = GOOD + "{% for quote in story.quotes %}{{ quote }}{% endfor %}"
    item = replace(KHAN, quotes=tuple(replace(KHAN.quotes[0], text="word " * 300) for _ in range(3)))
    message = compose([item], zone=KARACHI, limit=400, templates=Templates(folder(tmp_path, long)))
    assert len(message.text) <= 400


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    (fault,) = Templates(tmp_path / "none").faults()
    assert "not there" in fault.message
