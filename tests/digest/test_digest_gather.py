from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitor.digest import words
from monitor.digest.coverage import Silence
from monitor.models import Entity, Grade, Origin, Stamp, Story, Verdict
from tests.digest import days
from tests.digest.days import article, at, digest, feed, record, story

SENTENCE = "A meeting was held in Gwadar. Nothing else was said."


def one(
    number: int,
    *,
    seen: datetime | None = None,
    published: Stamp | str | None = "seen",
    grade: Grade = Grade.STRONG,
    origin: Origin = Origin.PAGE,
    verdict: Verdict = Verdict.FULL,
) -> Story:
    """Return a story of one article with two matched words, so that it is more than a single mention."""
    return story(
        number,
        article(
            number,
            f"Outlet {number}",
            f"Gwadar, report {number}",
            SENTENCE,
            {"balochistan": ["Gwadar"]},
            seen=seen,
            published=published,
            grade=grade,
            origin=origin,
            verdict=verdict,
        ),
    )


def test_the_window_is_given_in_utc_and_every_zone_once() -> None:
    windows = digest(days.empty_day()).header.windows
    assert [row.zone for row in windows] == ["UTC", "Asia/Karachi", "Asia/Tehran", "Asia/Kabul"]
    assert windows[0].start == "2026-02-01 19:00 UTC"
    assert windows[1].start == "Mon 02 Feb 2026, 00:00 PKT (+05:00)"
    assert windows[2].end == "Mon 02 Feb 2026, 22:30 IRST (+03:30)"


def test_the_header_counts_what_the_record_holds() -> None:
    head = digest(days.mixed_day()).header
    assert (head.polled, head.failed, head.silent) == (11, 2, 1)
    assert (head.entries, head.articles, head.stories, head.copies) == (341, 323, 7, 6)
    assert head.ruleset == "1f0c5de29b7a"


def test_stories_are_ranked_by_origins_outlets_grade_priority_title_and_recency() -> None:
    gwadar = {"balochistan": ["Gwadar"]}
    body = "Gwadar and again Gwadar."
    ranked = [
        replace(one(9), origins=3, sources=3),
        replace(one(8), origins=1, sources=4),
        story(7, article(7, "G", "no name in here", body, {"op-herof": ["Gwadar"]})),
        one(6, seen=at("12:00")),
        one(2, seen=at("11:00")),
        one(5, seen=at("11:00")),
        story(4, article(4, "D", "no name in here", body, gwadar, seen=at("13:00"))),
        one(1, grade=Grade.LIKELY),
    ]
    for seed in range(10):
        mixed = list(ranked)
        random.Random(seed).shuffle(mixed)
        assert [card.story for card in digest(record(mixed)).stories] == [9, 8, 7, 6, 2, 5, 4, 1]


def test_the_order_of_the_record_changes_nothing() -> None:
    day = days.mixed_day()
    first = digest(day)
    for seed in range(5):
        pick = random.Random(seed)
        mixed = replace(
            day,
            stories=tuple(pick.sample(day.stories, len(day.stories))),
            feeds=tuple(pick.sample(day.feeds, len(day.feeds))),
            notices=tuple(pick.sample(day.notices, len(day.notices))),
            verdicts=tuple(pick.sample(day.verdicts, len(day.verdicts))),
        )
        assert digest(mixed) == first


def test_a_glance_holds_at_most_ten_stories_and_is_filled_up_with_single_mentions() -> None:
    assert [card.number for card in digest(record([one(n) for n in range(1, 13)])).glance] == list(
        range(1, 11)
    )

    single = [
        story(n, article(n, f"S{n}", "no name", "Once in Gwadar.", {"balochistan": ["Gwadar"]}))
        for n in range(20, 30)
    ]
    filled = digest(record([one(1), one(2), *single]))
    assert len(filled.stories) == 2
    assert [card.section for card in filled.glance] == ["story", "story", "single", "single", "single"]
    assert [card.number for card in filled.cards] == list(range(1, 13))


def test_one_word_in_one_text_is_a_single_mention_unless_a_rule_of_high_priority_asks_for_it() -> None:
    def section(body: str, title: str = "no name", rule: str = "balochistan") -> str:
        made = story(1, article(1, "A", title, body, {rule: ["Gwadar"]}))
        return digest(record([made])).cards[0].section

    assert section("Once in Gwadar.") == "single"
    assert section("Once in Gwadar, twice in Gwadar.") == "story"
    assert section("Nothing.", title="Gwadar") == "story"
    assert section("Once in Gwadar.", rule="op-herof") == "story"


def test_uncertain_matches_stand_apart_and_say_so() -> None:
    card = digest(record([one(1, grade=Grade.CHECK)])).checks[0]
    assert "The match itself is uncertain (grade check)." in [doubt.sentence for doubt in card.unconfirmed]
    assert digest(record([one(1, grade=Grade.CHECK)])).glance == ()


def test_a_story_takes_the_best_grade_of_each_rule() -> None:
    made = story(
        1,
        article(1, "A", "Gwadar", SENTENCE, {"balochistan": ["Gwadar"]}, grade=Grade.LIKELY, why="near"),
        article(2, "B", "Gwadar", SENTENCE, {"balochistan": ["Gwadar"]}, grade=Grade.STRONG, why="name"),
    )
    (hit,) = digest(record([made])).stories[0].rules
    assert (hit.id, hit.title, hit.grade, hit.why) == (
        "balochistan", "Balochistan, with every place in it", Grade.STRONG, "name",
    )  # fmt: skip


def test_a_rule_that_is_gone_is_named_by_its_id() -> None:
    assert digest(record([one(1)]), rules={}).stories[0].rules[0].title == "balochistan"


@pytest.mark.parametrize(
    ("origins", "sources", "status"),
    [
        (1, 1, "one outlet"),
        (1, 3, "3 outlets, one origin"),
        (0, 2, "2 outlets, no independent origin"),
        (2, 3, "2 origins, 3 outlets"),
    ],
)
def test_the_status_counts_origins_not_outlets(origins: int, sources: int, status: str) -> None:
    made = replace(one(1), origins=origins, sources=sources)
    assert digest(record([made])).stories[0].status == status


def test_what_is_unconfirmed_is_said_outlet_by_outlet() -> None:
    gwadar = {"balochistan": ["Gwadar"]}
    seen = at("10:00")
    made = story(
        1,
        article(1, "Alpha", "Gwadar", SENTENCE, gwadar, kind="state", published=None),
        article(2, "Beta", "Gwadar", SENTENCE, gwadar, kind="state", published=days.stamp(seen, "doubtful")),
        article(3, "Gamma", "Gwadar", SENTENCE, gwadar, kind="state", published=days.stamp(seen, "inferred")),
        article(4, "Delta", "Gwadar", SENTENCE, gwadar, kind="state", origin=Origin.SUMMARY, verdict=Verdict.WALL),
        article(5, "Epsilon", "Gwadar", "", gwadar, kind="state", origin=Origin.TITLE, verdict=Verdict.NO_PAGE),
        article(6, "Zeta", "Gwadar", SENTENCE, gwadar, kind="state", verdict=Verdict.TEASER),
        article(7, "Eta", "Gwadar", SENTENCE, gwadar, kind="state", published=Stamp("soon", None)),
    )  # fmt: skip
    assert [doubt.sentence for doubt in digest(record([made])).stories[0].unconfirmed] == [
        "7 outlets carry it, but no second origin was found.",
        "Every outlet that carries it is of one kind: state.",
        "No publication date could be read at Alpha and Eta.",
        "The publication date is doubtful at Beta.",
        "The publication date is inferred at Gamma.",
        "Only the feed's summary was read at Delta.",
        "Only the headline was read at Epsilon.",
        "Only the beginning of the article was read at Zeta.",
    ]


def test_a_story_carried_over_says_so_and_quotes_the_day_first() -> None:
    made = story(
        1,
        article(1, "Early", "Gwadar", "Early word from Gwadar.", {"balochistan": ["Gwadar"]}, seen=at("20:00", -1)),
        article(2, "Late", "Gwadar", "Quite another line on Gwadar.", {"balochistan": ["Gwadar"]}),
    )  # fmt: skip
    card = digest(record([made])).stories[0]
    assert card.continued
    assert [report.earlier for report in card.reports] == [True, False]
    assert [passage.article for passage in card.passages] == [2, 1]


def test_places_are_listed_under_what_they_lie_in() -> None:
    rows = digest(days.mixed_day()).places
    assert [(row.depth, row.name, row.numbers) for row in rows] == [
        (0, "Balochistan (region, all three countries)", (1, 3, 6)),
        (1, "Balochistan (province of Pakistan)", ()),
        (2, "Gwadar District", ()),
        (3, "Gwadar", (2, 5)),
        (2, "Quetta District", ()),
        (3, "Quetta", (3,)),
        (1, "Sistan and Baluchestan (province of Iran)", (4,)),
        (2, "Zahedan County", ()),
        (3, "Zahedan", (4,)),
    ]


def test_places_that_lie_in_each_other_do_not_hang_the_index(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = {
        "place.a": Entity("place.a", "A", "town", "place.b"),
        "place.b": Entity("place.b", "B", "town", "place.a"),
    }
    monkeypatch.setattr(days, "ENTITIES", ring)
    monkeypatch.setattr(days, "NAMES", {"Gwadar": "place.a"})
    assert [row.name for row in digest(record([one(1)])).places if row.numbers] == ["A"]


def test_mentions_of_grade_check_stay_out_of_the_indexes() -> None:
    made = digest(record([one(1, grade=Grade.CHECK), one(2)]))
    assert [row.numbers for row in made.places if row.numbers] == [(1,)]
    assert made.cards[0].story == 2


def test_entities_are_taken_from_the_matches_when_no_mentions_are_known() -> None:
    made = one(1)
    bare = replace(made, articles=tuple(replace(part, mentions=()) for part in made.articles))
    assert [entity.id for entity in digest(record([bare])).stories[0].found] == ["place.pk.t.gwadar"]


def test_sources_are_numbered_through_and_cited_in_full() -> None:
    sources = digest(days.mixed_day()).sources
    assert [report.number for report in sources] == list(range(1, len(sources) + 1))
    assert sources[0].citation == (
        "The Meridian, “Khan of Kalat says army should withdraw from Balochistan”, by Staff reporter, "
        "published Mon 02 Feb 2026, 13:53 PKT (+05:00), retrieved 2026-02-02 09:05 UTC, "
        f"https://news101.example/2026/02/101, text sha256 {sources[0].text_sha256[:12]}."
    )
    assert len(sources[0].text_sha256) == 64


def test_a_citation_claims_no_date_and_no_retrieval_that_did_not_happen() -> None:
    made = one(1, published=None, origin=Origin.SUMMARY, verdict=Verdict.WALL)
    (source,) = digest(record([made])).sources
    assert "no date given, seen in its feed 2026-02-02 04:30 UTC" in source.citation
    assert "published" not in source.citation
    assert "retrieved" not in source.citation


@pytest.mark.parametrize(
    ("stamp", "words_"),
    [
        (None, "no date given"),
        (Stamp("", None), "no date given"),
        (Stamp("next week", None), "date not readable"),
        (Stamp("x", datetime(2026, 2, 2, 5, tzinfo=UTC)), "Mon 02 Feb 2026, 10:00 PKT (+05:00)"),
        (
            Stamp("x", datetime(2026, 2, 2, 5, tzinfo=UTC), confidence="inferred"),
            "Mon 02 Feb 2026, 10:00 PKT (+05:00), inferred",
        ),
        (
            Stamp("x", datetime(2026, 2, 1, 19, tzinfo=UTC), "+05:00", confidence="day"),
            "Mon 02 Feb 2026, no time given",
        ),
        (Stamp("x", datetime(2026, 2, 2, tzinfo=UTC), "", confidence="day"), "Mon 02 Feb 2026, no time given"),
    ],
)  # fmt: skip
def test_a_date_is_worded_as_sure_as_it_is(stamp: Stamp | None, words_: str) -> None:
    assert words.published(stamp, days.KARACHI) == words_


def test_a_day_without_a_time_is_not_moved_by_a_western_zone() -> None:
    stamp = Stamp("2 February 2026", datetime(2026, 2, 2, tzinfo=UTC), "", confidence="day")
    assert words.published(stamp, ZoneInfo("America/New_York")) == "Mon 02 Feb 2026, no time given"


# --- coverage -----------------------------------------------------------------------------------


def test_a_source_is_live_when_one_of_its_feeds_was_read_and_is_not_silent() -> None:
    seen = digest(
        record(
            (),
            [
                replace(feed("A home"), outlet="A"),
                replace(feed("A region", "failing"), outlet="A"),
                feed("B", "silent"),
                feed("C", "blocked"),
                feed("D", "unpolled"),
                feed("E", "paused"),
                replace(feed("unknown"), outlet=""),
            ],
        )
    ).coverage
    assert (seen.feeds, seen.sources, seen.live, seen.polled) == (7, 5, 2, 5)
    assert [row.feed for row in seen.unseen] == ["C", "A region", "B", "D", "E"]
    assert dict(seen.states) == {
        "blocked": 1, "failing": 1, "silent": 1, "unpolled": 1, "paused": 1, "ok": 2,
    }  # fmt: skip


def test_silence_says_how_many_were_listened_to() -> None:
    feeds = [feed(f"F{n}", "ok" if n < 41 else "failing") for n in range(44)]
    silences = {s.rule: s.sentence for s in digest(record([one(1)], feeds)).coverage.silences}
    assert silences["border"] == "no reports in 41 of 44 live sources"
    assert "balochistan" not in silences
    assert set(silences) == set(days.RULES) - {"balochistan"}
    assert Silence("r", "R", 0, 3).sentence == "no reports, and none of 3 sources could be seen"


def test_languages_and_countries_in_the_dark_are_named() -> None:
    assert digest(days.dark_day()).coverage.gaps == (
        "No source in Pashto could be seen.",
        (
            "Only 1 of 3 sources publishing from IR could be seen: their silence may be a network shutdown or a "
            "block, and is no sign that nothing happened."
        ),
    )
    assert digest(days.empty_day()).coverage.gaps == ()


def test_shares_are_counted_by_kind_and_language() -> None:
    seen = digest(days.mixed_day()).coverage
    kinds = {share.name: (share.live, share.sources, share.matched) for share in seen.kinds}
    assert kinds["private"] == (3, 6, 7)
    assert kinds["state"] == (2, 3, 2)
    languages = {share.name: (share.live, share.sources, share.matched) for share in seen.languages}
    assert languages == {"en": (5, 8, 9), "fa": (2, 2, 2), "ur": (1, 1, 2), "ps": (0, 1, 0)}


def test_what_was_read_in_part_is_counted() -> None:
    seen = digest(days.mixed_day()).coverage
    assert (seen.read, seen.in_full) == (323, 241)
    assert "241 (75 %) were read in full; of 82 (25 %) there was less" in seen.text_sentence
    assert [verdict for verdict, _ in seen.texts] == ["full", "wall", "teaser", "blocked", "unreachable"]


def test_first_polls_are_one_line_each() -> None:
    assert [(row.feed, row.held) for row in digest(days.mixed_day()).coverage.held] == [("Market Notes", 34)]


def test_a_feeds_tokens_reach_nothing() -> None:
    made = digest(days.dark_day())
    assert "s3cr3t" not in repr(made)
    assert "secret@" not in repr(made)
    row = next(row for row in made.coverage.unseen if row.feed == "Private list")
    assert row.url == "https://feeds.example:8443/x.xml?…"
    assert row.detail == "HTTP 401 at https://feeds.example/x.xml?…"


@pytest.mark.parametrize("url", ["http://[::1", "http://a:99999/x", "ftp://a/x", "nothing", "http://"])
def test_a_url_that_cannot_be_read_is_not_shown(url: str) -> None:
    assert words.public_url(url) == ""


def test_an_empty_day_is_a_digest_too() -> None:
    made = digest(days.empty_day())
    assert made.cards == () == made.sources
    assert made.coverage.live == 2
    assert len(made.coverage.silences) == len(days.RULES)


def test_a_story_whose_articles_are_gone_keeps_its_line() -> None:
    made = replace(one(1), articles=(), title="A title on its own")
    card = digest(record([made], start=days.START, end=days.START + timedelta(days=1))).cards[0]
    assert card.title.text == "A title on its own"
    assert card.reports == ()
