from __future__ import annotations

from monitor.demo.content import sites
from monitor.demo.expected import COPIES, EVENTS, EXPECTED, RULES


def test_every_article_has_an_expectation_about_known_rules() -> None:
    assert set(EXPECTED) == {article.name for site in sites() for article in site.articles}
    for expected in EXPECTED.values():
        assert expected.must_match <= set(RULES)
        assert not expected.must_match & expected.must_not_match


def test_every_rule_has_articles_on_both_sides() -> None:
    for rule in RULES:
        assert sum(rule in e.must_match for e in EXPECTED.values()) >= 2
        assert sum(rule in e.must_not_match for e in EXPECTED.values()) >= 2


def test_the_article_like_the_seed_fires_all_four_rules() -> None:
    assert EXPECTED["deployments-assembly"].must_match == {"balochistan", "bla", "khan-of-kalat", "herof"}


def test_the_traps_are_marked() -> None:
    for name in ("fda-accepts-bla", "booth-level-agents"):
        assert EXPECTED[name].must_match == set()
    assert "khan-of-kalat" in EXPECTED["kalat-council-race"].must_not_match
    assert "balochistan" in EXPECTED["gladiators-win"].must_not_match
    assert "balochistan" in EXPECTED["qalat-clinic"].must_not_match
    assert "enforced-disappearances" in EXPECTED["missing-persons-sindh"].must_not_match


def test_copies_are_one_story_with_three_reprints_in_the_first_poll() -> None:
    (copies,) = COPIES
    assert "gwadar-desalination" in copies
    reprints = {name for name in copies if not EXPECTED[name].held} - {"gwadar-desalination"}
    assert len({EXPECTED[name].outlet for name in reprints}) == 3
    assert sum(EXPECTED[name].held for name in copies) == 1


def test_one_event_in_two_languages_stays_apart() -> None:
    assert frozenset({"ferry-first-sailing", "ferry-first-sailing-urdu"}) in EVENTS
    assert any({"turbat-sit-in", "turbat-arrests"} <= event for event in EVENTS)


def test_odd_entries_are_marked() -> None:
    assert EXPECTED["power-shutdown-notice"].dated == "none"
    assert EXPECTED["turbat-convocation"].dated == "future"
    assert {e.page for e in EXPECTED.values()} == {"article", "teaser", "challenge", "missing"}
    assert sum(e.held for e in EXPECTED.values()) >= 2
