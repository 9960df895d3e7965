"""What stands on many pages of one site is set aside; what an article itself says is not."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import boilerplate as benchmark
from monitor import reading
from monitor.cli.making import open_run
from monitor.config import read as read_config
from monitor.models import AlertState, PageContext, Reading, Region, Rule, Subscription
from monitor.registry import Registry
from monitor.rules.matcher import rule_source
from monitor.setup import Setup
from monitor.sources.boilerplate import WINDOW, Learned, fingerprints, mask, site_of, spans
from monitor.store.queries import Queries
from tests.sources.fetch_servers import Server, reply
from tests.store.facts import NOW, match, new, open_store, poll, save, with_feed
from tests.store.facts import reading as stored

CORPORA = Path(os.environ.get("MONITOR_CORPORA", Path(__file__).parents[3] / "shared" / "data"))

LEAK = "Five people were wounded when a bomb went off near the railway station in Quetta."
SIDEBAR = (
    "The cabinet will meet on Thursday to discuss the price of wheat flour.",
    LEAK,
    "Rain is expected in the northern districts until the weekend.",
)
TOPICS = (
    "harbour", "school", "bridge", "hospital", "library", "railway", "market", "dam", "airport", "museum",
    "theatre", "stadium", "prison", "factory", "mine", "lighthouse", "orchard", "reservoir", "monastery", "archive",
    "canal", "quarry", "observatory", "tannery", "bakery", "foundry", "shipyard", "cemetery", "nursery", "brewery",
)  # fmt: skip


def own(topic: str) -> str:
    return (
        f"Work on the {topic} has begun, and the {topic} will be open to the public before the summer. "
        f"Nobody who lives near the {topic} was asked, a teacher said."
    )


def title(topic: str) -> str:
    return f"{topic.capitalize()} to open soon"


def taught(pages: Sequence[tuple[str, str]]) -> Learned:
    """Learn from (title, text)."""
    learned = Learned()
    for number, (headline, text) in enumerate(pages, start=1):
        learned.add(number, headline, fingerprints(text))
    return learned


def leaky(topics: Sequence[str] = TOPICS) -> list[tuple[str, str]]:
    return [(f"About a {topic}", "\n".join([own(topic), *SIDEBAR])) for topic in topics]


def aside(text: str, learned: Learned, about: str = "") -> list[str]:
    return [text[start:end] for start, end in spans(text, learned.boilerplate(title=about), about)]


# --- sentences ----------------------------------------------------------------------------------


def test_one_sentence_in_two_spellings_has_one_fingerprint() -> None:
    assert fingerprints("كوئٹه ميں ريلوے اسٹيشن پر دھماكا ہوا۔") == fingerprints(
        "کوئٹہ میں ریلوے  اسٹیشن پر دھماکا ہوا"
    )
    assert fingerprints("The Cabinet met on Thursday.") == fingerprints("the cabinet met on THURSDAY")


def test_short_lines_have_none_and_repeated_ones_one() -> None:
    assert fingerprints("QUETTA:\nHe said so.\nBalochistan") == ()
    assert len(fingerprints(f"{LEAK}\n{LEAK} {SIDEBAR[0]}")) == 2


def test_a_fingerprint_has_64_bits() -> None:
    assert all(0 <= number < 1 << 64 for number in fingerprints("\n".join(SIDEBAR)))


@given(st.text(max_size=300), st.lists(st.tuples(st.integers(0, 300), st.integers(1, 40)), max_size=5))
def test_a_mask_keeps_every_offset(text: str, cuts: list[tuple[int, int]]) -> None:
    blanked: list[tuple[int, int]] = []
    for start, length in sorted(cuts):
        if start >= (blanked[-1][1] if blanked else 0) and start + length <= len(text):
            blanked.append((start, start + length))
    masked = mask(text, blanked)
    assert len(masked) == len(text)
    inside = {place for start, end in blanked for place in range(start, end)}
    for place, character in enumerate(masked):
        assert character == text[place] if place not in inside else character in " ."


# --- learning -----------------------------------------------------------------------------------


def test_the_fourth_story_with_a_sentence_gives_it_away() -> None:
    pages = leaky()
    assert aside(pages[2][1], taught(pages[:2]), pages[2][0]) == []
    assert aside(pages[3][1], taught(pages[:3]), pages[3][0]) == list(SIDEBAR)


def test_earlier_pages_are_named_once_when_a_sentence_is_learned() -> None:
    learned, named = Learned(), []
    for number, (headline, text) in enumerate(leaky(TOPICS[:8]), start=1):
        named.append(learned.add(number, headline, fingerprints(text)))
    assert named == [(), (), (), (1, 2, 3), (), (), (), ()]


def test_an_articles_own_sentences_stay() -> None:
    pages = leaky()
    learned = taught(pages[:20])
    for headline, text in pages[20:]:
        assert aside(text, learned, headline) == list(SIDEBAR)


def test_versions_of_one_story_are_one_story() -> None:
    words = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")
    versions = [
        (f"Five wounded by bomb near railway station, {word} report", f"{own(word)}\n" + "\n".join(SIDEBAR))
        for word in words
    ]
    assert aside(versions[-1][1], taught(versions[:-1]), versions[-1][0]) == []


def test_one_text_under_many_titles_teaches_nothing() -> None:
    copies = [(f"About a {topic}", "\n".join(SIDEBAR)) for topic in TOPICS]
    assert aside(copies[-1][1], taught(copies[:-1]), copies[-1][0]) == []


def test_a_leaked_headline_stays_in_its_own_article() -> None:
    learned = taught(leaky())
    headline = "Five wounded as bomb goes off near Quetta railway station"
    text = "\n".join([LEAK, own("surgery"), SIDEBAR[0]])
    assert aside(text, learned, f"{headline}\nFive people were wounded when a bomb went off.") == [SIDEBAR[0]]


def test_a_sentence_in_a_fifth_of_the_stories_is_learned_and_forgotten_again() -> None:
    plain = [
        (f"About a {topic} {number}", f"{own(topic + str(number))}")
        for number in range(WINDOW)
        for topic in TOPICS
    ]
    seldom = [
        (headline, f"{text}\n{LEAK}" if place % 4 == 0 else text)
        for place, (headline, text) in enumerate(plain)
    ]
    learned = taught(seldom[:WINDOW])
    assert aside(LEAK, learned, "Elsewhere") == [LEAK]
    assert aside(LEAK, taught(plain[:WINDOW]), "Elsewhere") == []
    for number, (headline, text) in enumerate(plain[WINDOW : 2 * WINDOW], start=1000):
        learned.add(number, headline, fingerprints(text))
    assert aside(LEAK, learned, "Elsewhere") == []


def test_a_list_of_headlines_that_changes_is_caught_while_it_stands() -> None:
    learned, listed, caught, shown = Learned(), list[str](), 0, 0
    for number, topic in enumerate(TOPICS, start=1):
        text = "\n".join([own(topic), *listed])
        found = aside(text, learned, title(topic))
        assert not set(found) - set(listed)
        caught, shown = caught + len(found), shown + len(listed)
        learned.add(number, title(topic), fingerprints(text))
        listed = [f"The {topic} opens again after the long winter", *listed][:8]
    assert caught > shown * 0.4


def test_sites_are_hosts_with_their_port() -> None:
    assert (
        site_of("https://www.Outlet.example/a/b?c") == site_of("http://outlet.example/") == "outlet.example"
    )
    assert site_of("http://127.0.0.1:8001/a") == "127.0.0.1:8001"
    assert site_of("") == ""


# --- reading ------------------------------------------------------------------------------------

RULES = rule_source(
    [
        Rule(id="quetta", title="Quetta", query="Quetta"),
        Rule(id="across", title="Across", query="/said[^z]*closed/"),
        Rule(id="phrase", title="Phrase", query='"the road is closed"'),
    ],
    (),
)


@pytest.fixture
def prepared() -> Iterator[None]:
    reading._prepared.clear()
    reading.prepare(RULES)
    yield
    reading._prepared.clear()


def context(text: str, common: Sequence[str] = (), headline: str = "About a bridge") -> PageContext:
    return PageContext(
        url="", title=headline, summary="", content=text, author="", published=None, language="en",
        host="outlet.example", kind="", boilerplate=frozenset(fingerprints("\n".join(common))),
    )  # fmt: skip


@pytest.mark.usefixtures("prepared")
def test_rules_do_not_read_what_is_set_aside_and_the_text_stays_whole() -> None:
    text = "\n".join([own("bridge"), *SIDEBAR])
    before = reading.read_page(None, context(text), reading.Limits(1000))
    after = reading.read_page(None, context(text, SIDEBAR), reading.Limits(1000))
    assert [one.rule for one in before.matches] == ["quetta"]
    assert (after.matches, after.text, before.text) == ((), text, text)
    assert [text[start:end] for start, end in after.aside] == list(SIDEBAR)
    assert after.note == "3 sentences that stand on many pages of the site set aside"
    assert (before.aside, before.note, before.fingerprints) == ((), "", after.fingerprints)
    assert set(after.sketch) != set(before.sketch)


@pytest.mark.usefixtures("prepared")
def test_spans_reread_from_the_whole_text_even_across_what_is_set_aside() -> None:
    text = f"Quetta is cold, he said\n{SIDEBAR[0]}\nthe road is closed. On the\n{SIDEBAR[2]}\nroad is closed"
    found = reading.read_page(None, context(text, SIDEBAR), reading.Limits(1000))
    assert sorted(one.rule for one in found.matches) == ["across", "phrase", "quetta"]
    cited = [span for one in found.matches for span in one.spans]
    assert all(span.text == text[span.start : span.end] for span in cited)
    assert [span.start for span in cited if span.alias == "the road is closed"] == [text.index("the road")]


# --- the archive --------------------------------------------------------------------------------


def test_what_was_found_only_there_is_withdrawn_and_not_yet_sent_alerts_are_held(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.save_polls([poll(with_feed(store), new(1), new(2), new(3))])
        story = save(store, 1, stored(match("fire"), match("water"))).story
        save(store, 2, stored(match("water")), story=story)
        save(store, 3, stored(match("fire")))
        for article in (1, 3):
            store.set_aside(article, stored(), now=NOW)
        states = {(alert.story == story, alert.rule): alert.state for alert in store.alerts()}
        assert states == {
            (True, "fire"): AlertState.HELD,
            (True, "water"): AlertState.PENDING,  # the other article still says it
            (False, "fire"): AlertState.HELD,
        }
        assert [one.rule for one in store._articles(" WHERE a.id = ?", [2], as_of="9999")[0].matches] == [
            "water"
        ]


def test_a_site_begins_with_what_is_stored_of_it(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.save_polls([poll(with_feed(store), *(new(number) for number in range(1, 6)))])
        for number in range(1, 5):
            save(store, number, stored(text=f"Text {number}"))
        assert store.last_texts("one.example", 3, 6) == tuple(
            (number, f"Report number {number}", f"Text {number}") for number in (2, 3, 4)
        )
        assert [text for *_, text in store.last_texts("one.example", 1, 4)] == ["Text"]
        assert store.last_texts("one.exampl", 3, 9) == store.last_texts("two.example", 3, 9) == ()


def page(topic: str) -> bytes:
    paragraphs = "".join(f"<p>{line}</p>" for line in (own(topic) * 3).replace(". ", ".\n").split("\n"))
    beside = "".join(f"<p>{line}</p>" for line in SIDEBAR)
    return (
        f"<html lang=en><head><title>{title(topic)}</title></head><body><article><h1>{title(topic)}</h1>"
        f"{paragraphs}{beside}</article></body></html>"
    ).encode()


def served(server: Server, topics: Sequence[str], about: str = "") -> bytes:
    """Put an article for each topic on the server and return their feed; one may be about something in its title."""
    items = ""
    for number, topic in enumerate(topics):
        server.routes[f"/{topic}"] = reply(200, page(topic), Content_Type="text/html; charset=utf-8")
        headline = f"{about} {title(topic)}" if number == 1 and about else title(topic)
        items += f"<item><title>{headline}</title><link>{server.url(f'/{topic}')}</link><guid>{topic}</guid></item>"
    return f'<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'.encode()


def test_the_first_pages_of_a_site_are_looked_at_again(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        "poll: {host_gap: 0s}\nnetwork: {allow_private: ['127.0.0.1']}\nextract: {robots: false}\n"
        "rules: [{id: quetta, title: Quetta, query: Quetta}]\n"
    )
    config = read_config(tmp_path / "config.yaml", {}).config
    moment = [datetime(2026, 2, 2, 9, tzinfo=UTC)]

    async def scenario() -> None:
        async with Server() as server:
            server.routes["/feed"] = reply(200, served(server, TOPICS[:1]))
            feeds = (Subscription(url=server.url("/feed"), title="T"),)
            rules = rule_source(config.rules, ())
            setup = Setup(config, Region(), Registry((), ()), rules, feeds)
            out = io.StringIO()
            async with open_run(setup, lambda: moment[0], out=out, progress=lambda *_: None) as run:
                await run.pipeline.cycle(all_feeds=True)  # the first poll alerts of nothing without a date
                server.routes["/feed"] = reply(200, served(server, TOPICS[:12], about="Quetta:"))
                counts = await run.pipeline.cycle(all_feeds=True)
            assert counts.articles_new == 11
            assert counts.alerts_sent == 1

    asyncio.run(scenario())
    with Queries.open(config.database) as store:
        articles = [article for number in range(1, 13) if (article := store.article(number))]
        assert len(articles) == 12
        for article in articles:
            assert [article.text[start:end] for start, end in article.aside] == list(SIDEBAR)
        matched = [article.title for article in articles if article.matches]
        assert matched == [f"Quetta: {title(TOPICS[1])}"]
        assert [alert.title for alert in store.alerts() if alert.state is AlertState.SENT] == matched
        assert {alert.state for alert in store.alerts() if alert.title not in matched} <= {AlertState.HELD}
        assert store.stale_articles(rule_source(config.rules, ()).digest, 5) == ()


@pytest.mark.usefixtures("prepared")
def test_matching_again_reads_what_was_read_the_first_time(tmp_path: Path) -> None:
    text = "\n".join([own("bridge"), *SIDEBAR])
    with open_store(tmp_path) as store:
        store.save_polls([poll(with_feed(store), new(1))])
        first: Reading = reading.read_page(None, context(text, SIDEBAR), reading.Limits(1000))
        save(store, 1, first)
        article = store.article(1)
        assert article is not None
        assert article.aside == first.aside
        assert reading.rematch(article, "").matches == ()
        assert LEAK not in reading.document_of(article, "").field("body")
        whole = reading.set_aside(article, frozenset(fingerprints(own("bridge"))))
        assert whole.aside[-3:] == first.aside
        assert len(whole.aside) == 5


# --- the corpora --------------------------------------------------------------------------------


def corpus(name: str) -> list[benchmark.Article]:
    if not (CORPORA / "text" / "ur").is_dir():
        pytest.skip("the corpora are not here (MONITOR_CORPORA)")
    return benchmark.load(CORPORA, name)


def test_a_sidebar_that_leaked_into_every_body_causes_no_hits() -> None:
    articles = corpus("azaan_boilerplate")
    leaked = benchmark.repeated(articles)
    reads = benchmark.read_all(articles)
    assert (
        len(benchmark.leaked_hits([benchmark.Read(one, (), ()) for one in articles], leaked, last=True))
        == 180
    )
    assert len(benchmark.leaked_hits(reads, leaked, last=False)) <= len(articles) * 0.02
    assert benchmark.leaked_hits(reads, leaked, last=True) == []


@pytest.mark.parametrize("outlet", benchmark.OUTLETS)
def test_articles_without_a_sidebar_lose_nearly_nothing(outlet: str) -> None:
    articles = corpus(f"{outlet}_articles")
    lost = sum(len(read.last) for read in benchmark.read_all(articles))
    assert lost <= 0.005 * sum(len(benchmark.stretches(article)) for article in articles)
