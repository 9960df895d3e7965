"""What an alert says, and that nothing a source writes can act on its reader."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from monitor.alerts.card import published
from monitor.alerts.foreign import inert
from monitor.alerts.message import TITLE_LIMIT, Style, compose, note, split
from monitor.models import AlertItem, Attachment, Message, Origin, Quote, Stamp, Verdict
from tests.alerts.samples import (
    AT,
    ENGLISH,
    HEROF,
    HOSTILE,
    KARACHI,
    KHAN,
    PERSIAN,
    URDU,
    URDU_SENTENCE,
    alert,
    hostile,
)

STYLES: tuple[Style, ...] = ("plain", "chat")
MIDNIGHT = AT.replace(hour=19, minute=0) - timedelta(days=1)  # of the 2nd, at +05:00
AT_BOTH = "Mon 02 Feb 2026, 15:04 PKT (+05:00) · 2026-02-02 10:04 UTC"
OPEN, CLOSE = "\u2068", "\u2069"


def written(item: AlertItem, *more: AlertItem, style: Style = "plain", limit: int = 30_000) -> Message:
    return compose([item, *more], zone=KARACHI, region="Balochistan", style=style, limit=limit)


def bare(text: str) -> str:
    return text.replace(OPEN, "").replace(CLOSE, "")


# --- what it says -------------------------------------------------------------------------------


def test_an_alert_reads_like_this() -> None:
    assert bare(written(KHAN).text) == (
        "Khan of Kalat says Pakistan should withdraw from Balochistan\n"
        "Example Post · rights group · English\n"
        "Published Mon 02 Feb 2026, 15:04 PKT (+05:00) · 2026-02-02 10:04 UTC\n"
        "First seen Mon 02 Feb 2026, 15:20 PKT (+05:00) · 2026-02-02 10:20 UTC\n"
        "https://news.example/khan?a=1&b=2\n"
        "\n"
        "“The ⟦Khan of Kalat⟧ said on Monday that Pakistan should withdraw its forces from ⟦Balochistan⟧.”\n"
        "\n"
        "Rule: The Khan of Kalat speaks · strong · #001eef\n"
        "Why: a title of its own\n"
        "Rule: Balochistan · likely · #003dde\n"
        "Why: the place stands in the headline\n"
        "\n"
        "Also in: Second Daily, روزنامہ سوم\n"
        "2 origins; quoted: party, official."
    )


def test_original_script_is_isolated_and_marked() -> None:
    lines = written(HEROF).text.splitlines()
    assert lines[0] == f"{OPEN}{URDU}{CLOSE}"
    assert lines[1] == f"{OPEN}روزنامہ مثال{CLOSE} · private · Urdu"
    quoted = URDU_SENTENCE.replace("بلوچستان", "⟦بلوچستان⟧").replace("آپریشن ہیروف", "⟦آپریشن ہیروف⟧")
    assert f"{OPEN}“{quoted}”{CLOSE}" in lines
    assert "https://news.example/%D8%A7%D8%B1%D8%AF%D9%88/%D8%AE%D8%A8%D8%B1" in lines


def test_the_title_is_headline_and_rule_or_a_count() -> None:
    assert written(HEROF).title == f"{OPEN}{URDU}{CLOSE} — {OPEN}Operation Herof{CLOSE}"
    assert bare(written(KHAN).title) == f"{ENGLISH} — The Khan of Kalat speaks +1"
    assert bare(written(KHAN, HEROF).title) == f"2 stories: {ENGLISH} · {URDU}"


def test_a_long_title_is_cut_in_its_headline_and_keeps_its_rule() -> None:
    title = written(replace(KHAN, title="many words " * 60)).title
    assert 150 < len(title) <= TITLE_LIMIT
    assert re.fullmatch(r"(many words )+many( words)?… — The Khan of Kalat speaks \+1", bare(title))


def test_a_chat_message_does_not_say_its_headline_twice() -> None:
    message = written(KHAN, style="chat")
    assert ENGLISH in message.title
    assert ENGLISH not in message.text
    long = replace(KHAN, title="word " * 60)
    assert written(long, style="chat").text.startswith(f"{OPEN}word word")


def test_several_stories_are_numbered() -> None:
    text = bare(written(KHAN, HEROF).text)
    assert text.startswith(f"2 stories\n\n1. {ENGLISH}\n")
    assert f"\n\n2. {URDU}\n" in text


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        (None, "No date given"),
        (Stamp("", None), "No date given"),
        (Stamp("last week", None, confidence="none"), "Date doubtful: given as last week, which could not be read"),
        (Stamp("x", AT, "+05:00"), f"Published {AT_BOTH}"),
        # Midnight in the outlet's zone is still the day before in UTC: the day named is the outlet's.
        (
            Stamp("13 بهمن 1404", MIDNIGHT, "+05:00", "jalali", confidence="day"),
            "Published 2026-02-02 (date only, no time, given as 13 بهمن 1404)",
        ),
        (
            Stamp("Monday", AT, "", confidence="inferred", note="no year"),
            f"Published {AT_BOTH} (inferred, given as Monday, no year)",
        ),
        (
            Stamp("2 Feb", AT, confidence="doubtful", note="in the future"),
            f"Date doubtful: given as 2 Feb, in the future, read as {AT_BOTH}",
        ),
    ],
)  # fmt: skip
def test_a_date_says_how_sure_it_is(stamp: Stamp | None, expected: str) -> None:
    assert published(stamp, KARACHI, str) == expected


@pytest.mark.parametrize(
    ("origin", "verdict", "expected"),
    [
        (Origin.PAGE, Verdict.FULL, None),
        (Origin.PAGE, Verdict.TEASER, "Only the beginning of the article could be read."),
        (Origin.SUMMARY, Verdict.BLOCKED, "Only the feed's summary was read: the site refused the page."),
        (Origin.TITLE, Verdict.NO_PAGE, "Only the headline was read: the feed gave no link to a page."),
        (Origin.FEED, Verdict.TEASER, "The text is the feed's: the page gave no more than a beginning."),
    ],
)
def test_it_says_when_the_article_was_not_read(
    origin: Origin, verdict: Verdict, expected: str | None
) -> None:
    text = written(replace(KHAN, origin=origin, verdict=verdict, others=())).text
    assert text.splitlines()[-1] == "2 origins; quoted: party, official."
    assert text.splitlines()[-2] == (expected or "")


def test_an_update_says_what_is_new() -> None:
    first = replace(KHAN.alerts[0], kind="update", body="another side is quoted: official")
    message = written(replace(KHAN, alerts=(first,)))
    assert message.title.startswith(f"Update: {OPEN}Khan of Kalat")
    assert f"Update on: {OPEN}The Khan of Kalat speaks{CLOSE} · strong · #{first.key}" in message.text
    assert f"New: {OPEN}another side is quoted: official{CLOSE}" in message.text
    assert "Why:" not in message.text
    assert "New: " in message.html


def test_of_much_news_the_latest_is_told_and_the_rest_counted() -> None:
    lines = "\n".join(f"another origin: Outlet {number}" for number in range(80))
    item = replace(KHAN, alerts=(replace(KHAN.alerts[0], kind="update", body=lines),))
    text = written(item).text
    assert "another origin: Outlet 0" in text
    assert "; and " in text
    assert len(compose([item] * 20, zone=KARACHI, limit=9000).text) <= 9000


def test_a_possible_repeat_is_marked() -> None:
    again = replace(KHAN, alerts=(replace(KHAN.alerts[0], possible_repeat=True), KHAN.alerts[1]))
    message = written(again)
    assert message.title.startswith("Possible repeat: ")
    assert "Possible repeat of #001eef: an earlier try may have been delivered." in message.text
    assert "Possible repeat of #001eef" in message.html
    assert "repeat" not in written(KHAN).text
    assert written(again, HEROF).title.startswith("2 stories")


def test_an_alert_raised_by_another_headline_says_which() -> None:
    other = replace(KHAN, alerts=(KHAN.alerts[0], alert(2, "balochistan", title=PERSIAN)))
    assert f"It matched in: {OPEN}{PERSIAN}{CLOSE}" in written(other).text
    assert PERSIAN in written(other, limit=10).text
    assert PERSIAN in written(other).html


def test_parts_hold_each_alert_with_its_own_story() -> None:
    message = written(KHAN, HEROF)
    assert [one.id for one, _ in message.parts] == [1, 2, 3] == list(message.alert_ids)
    assert [ENGLISH in text for _, text in message.parts] == [True, True, False]


def test_mail_headers_make_one_thread_of_a_story() -> None:
    thread = "<story-7.balochistan@alerts.invalid>"
    assert dict(written(KHAN).headers) == {
        "List-Id": "<balochistan.alerts.localhost>",
        "Auto-Submitted": "auto-generated",
        "References": thread,
        "In-Reply-To": thread,
    }
    assert "References" not in dict(written(KHAN, HEROF).headers)


def test_a_note_is_text_and_page() -> None:
    row = replace(alert(9), kind="notice", story=None, title="email has been failing since 10:04")
    message = note(row, ["The last try said: <HTTP 500>.", ""], region="Balochistan")
    assert bare(message.text) == f"The last try said: <HTTP 500>.\n\n#{row.key}"
    assert "&lt;HTTP 500&gt;" in message.html
    assert message.alert_ids == (9,)
    page = Attachment("2026-02-02.html", "html", "<p>the digest</p>")
    sent = note(row, ["x"], page=page)
    assert (sent.html, sent.attachments) == (page.text, (page,))
    long = note(row, ["x"], page=replace(page, text="<p>" + "word " * 40_000))
    assert "word word" not in long.html
    assert len(long.attachments) == 1


# --- how long it is -----------------------------------------------------------------------------


def long_item(number: int) -> AlertItem:
    sentence = "Balochistan " + "and more words " * 80
    return replace(
        KHAN,
        alerts=(alert(number, story=number),),
        story=number,
        quotes=tuple(Quote("body", sentence, ((0, 11),)) for _ in range(3)),
    )


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("limit", [550, 900, 1_500, 20_000])
def test_text_is_cut_to_the_limit_quotes_first(limit: int, style: Style) -> None:
    message = written(long_item(1), style=style, limit=limit)
    assert len(message.text) <= limit
    assert "#001eef" in message.text
    assert ENGLISH in message.text + message.title
    assert ("and more words" in message.text) == (limit > 550)


def test_a_quote_is_cut_around_its_first_mark() -> None:
    text = "word " * 300 + "the Khan of Kalat spoke " + "word " * 300
    start = text.index("Khan")
    item = replace(KHAN, quotes=(Quote("body", text, ((start, start + 13),)),))
    quote = next(line for line in written(item).text.splitlines() if "⟦" in line)
    assert quote.startswith(f"{OPEN}“… word ")
    assert "the ⟦Khan of Kalat⟧ spoke word" in quote
    assert quote.endswith(f" …”{CLOSE}")
    assert len(quote) < 720


@pytest.mark.parametrize("style", STYLES)
def test_split_keeps_every_title_and_key_within_the_limit(style: Style) -> None:
    items = [long_item(number) for number in range(1, 21)]
    runs = split(items, zone=KARACHI, limit=2_000, style=style)
    assert [item for run in runs for item in run] == items
    assert 1 < len(runs) < 20
    for run in runs:
        message = compose(run, zone=KARACHI, limit=2_000, style=style)
        assert len(message.text) <= 2_000
        assert all(f"#{one.key}" in message.text for item in run for one in item.alerts)
        assert message.text.count(ENGLISH) + message.title.count(ENGLISH) >= len(run)


@given(
    st.lists(st.integers(0, len(HOSTILE) - 1), min_size=1, max_size=6),
    st.sampled_from(STYLES),
    st.integers(300, 5_000),
)
def test_no_key_is_ever_missing_and_titles_keep_their_length(
    texts: list[int], style: Style, limit: int
) -> None:
    items = [hostile(HOSTILE[text], 50 + 2 * place) for place, text in enumerate(texts)]
    for run in split(items, zone=KARACHI, limit=limit, style=style):
        message = compose(run, zone=KARACHI, limit=limit, style=style)
        assert len(message.title) <= TITLE_LIMIT
        assert len(run) == 1 or len(message.text) <= limit
        for item in run:
            for one in item.alerts:
                assert f"#{one.key}" in message.text
                assert f"#{one.key}" in message.html


# --- what it cannot do --------------------------------------------------------------------------

CONTROLS = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066\u2067\u200e\u200f\ud800-\udfff]"
)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("text", HOSTILE)
def test_text_holds_no_control_and_closes_what_it_opens(text: str, style: Style) -> None:
    message = written(hostile(text), style=style)
    assert "\n" not in message.title
    for shown in (message.title, *message.text.splitlines()):
        assert not CONTROLS.search(shown)
        depth = 0
        for character in shown:
            depth += {OPEN: 1, CLOSE: -1}.get(character, 0)
            assert depth in (0, 1)
        assert depth == 0


ACTIVE = re.compile(
    r"@(?=\w)|<(?=[@!#:hmt])|\]\(|\]\[|!\[|\|\||`|(?<!\u200a)[*~]|_(?!\u200b)|:[\w+-]*[A-Za-z_][\w+-]*:"
)


@pytest.mark.parametrize("text", HOSTILE)
def test_chat_text_holds_nothing_a_service_acts_on(text: str) -> None:
    message = written(hostile(text), style="chat")
    without_link = [line for line in message.text.splitlines() if not line.startswith("https://")]
    for shown in (message.title, *without_link):
        assert not ACTIVE.search(shown)
        # No line begins with a source's own words: the mark that isolates them stands first.
        assert not re.match(r"\s*(>|#|[-+] )", shown) or shown.startswith("#")


@given(st.text(alphabet=st.sampled_from(list("ab *_~`[]()<>!@:|\\\u200b\u200ax")), max_size=40))
@example("**a** *b* __c__ _d_ ~~e~~")
@example("`` `a` ``")
def test_commonmark_finds_no_emphasis_code_or_link_in_inert_text(text: str) -> None:
    parser = MarkdownIt("commonmark", {"html": True}).enable("strikethrough")
    clean = inert(text.replace("\\", "").replace("\u200b", "").replace("\u200a", ""))
    tokens = [child.type for token in parser.parse("x " + clean + " x") for child in token.children or ()]
    assert not {"em_open", "strong_open", "s_open", "code_inline", "link_open", "image"} & set(tokens)


def test_an_address_in_a_text_stays_whole() -> None:
    assert inert("see https://x.example/a_b?c=1&d=e, a_b") == "see https://x.example/a_b?c=1&d=e, a_\u200bb"


class Document(HTMLParser):
    """Collects what a mail client would act on."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.shown: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.shown.append(data)


TAGS = {
    "html", "head", "meta", "title", "style", "body", "table", "tr", "td", "p", "h2", "a", "br", "blockquote",
    "mark", "strong", "code", "span",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "dir", "charset", "name", "content", "style", "role", "class", "width", "cellpadding", "cellspacing",
    "align", "href", "rel",
}  # fmt: skip


@pytest.mark.parametrize("text", [*HOSTILE, ENGLISH])
def test_html_holds_only_our_own_tags_whatever_a_source_writes(text: str) -> None:
    page = Document(written(hostile(text), HEROF).html)
    assert page.open == []
    assert set(page.tags) <= TAGS
    assert {name for name, _ in page.attributes} <= ATTRIBUTES
    links = [value for name, value in page.attributes if name == "href"]
    assert all(re.fullmatch(r"https://news\.example/[\x21-\x7e]*", link) for link in links)
    assert all(
        re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", value)
        for name, value in page.attributes
        if name == "lang"
    )
    assert not any(
        "url(" in value or "expression" in value for name, value in page.attributes if name == "style"
    )
    assert not any(CONTROLS.search(part.replace("\n", "")) for part in page.shown)


def test_html_says_the_same_as_the_text() -> None:
    item = replace(KHAN, origin=Origin.SUMMARY, verdict=Verdict.WALL)
    shown = " ".join(" ".join(Document(written(item, HEROF).html).shown).split())
    for expected in (
        ENGLISH,
        URDU,
        "Example Post",
        "Published Mon 02 Feb 2026, 15:04 PKT (+05:00) · 2026-02-02 10:04 UTC",
        "#001eef",
        "Why: ",
        "https://news.example/khan?a=1&b=2",
        "Only the feed's summary was read",
        "Also in: ",
    ):
        assert expected in bare(shown)


def test_html_marks_the_words_and_names_the_language() -> None:
    page = written(HEROF).html
    assert re.search(r'<blockquote [^>]*dir="auto" lang="ur"', page)
    assert [bare(found) for found in re.findall(r"<mark[^>]*>(.*?)</mark>", page)] == [
        "بلوچستان",
        "آپریشن ہیروف",
    ]
    assert re.search(r'<h2 dir="auto" lang="ur"', page)
    assert page.count('rel="noopener noreferrer"') == page.count("<a ")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "", "file:///etc/passwd"]
)
def test_only_web_addresses_are_linked(url: str) -> None:
    message = written(replace(KHAN, url=url))
    assert "<a " not in message.html
    assert "The feed gave no address that can be linked." in message.text
    assert not url or url not in message.text


def test_an_empty_message_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="at least one story"):
        compose([], zone=KARACHI)
