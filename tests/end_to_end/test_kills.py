"""kill -9 under load loses nothing, and the checker that says so would notice if it did."""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.end_to_end.kills.channels import CHANNELS, GONE_AFTER, MAIL, WELL, Heard, read_alerts
from tests.end_to_end.kills.checker import Facts, Row, judge, read_facts
from tests.end_to_end.kills.moments import Moment, Watch
from tests.end_to_end.kills.press import Press, Report
from tests.end_to_end.kills.program import launcher
from tests.end_to_end.kills.world import Result, Terms, run

Change = Callable[[list[Heard], Facts], tuple[list[Heard], Facts]]


@pytest.fixture(scope="module")
def warm() -> Iterator[subprocess.Popen[bytes]]:
    with launcher() as process:
        yield process


@pytest.fixture(scope="module")
def killed_often(
    warm: subprocess.Popen[bytes], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Result]:
    folder = tmp_path_factory.mktemp("killed")
    return folder, run(folder, Terms(kills=25, seed=20260202, launcher=warm, longest_s=0.7))


# --- the program --------------------------------------------------------------------------------


def test_25_kills_lose_nothing_and_repeat_only_what_was_on_its_way(killed_often: tuple[Path, Result]) -> None:
    folder, result = killed_often
    assert result.judgement.faults == ()
    assert result.uninvited == ()
    assert result.drained
    assert len(result.killed) == 25
    # It was killed at work, and not while it had nothing to do.
    assert len(result.published) > 25
    assert {heard.channel for heard in result.heard if heard.taken} == set(CHANNELS)
    assert len({heard.life for heard in result.heard}) > 5
    assert "Traceback" not in (folder / "program.log").read_text()


@pytest.mark.slow
def test_the_bare_command_is_killed_while_it_starts_and_finishes_its_work(tmp_path: Path) -> None:
    def early(chance: random.Random, longest_s: float) -> Moment:
        return Moment(chance.uniform(0.1, 1) * longest_s)

    result = run(tmp_path, Terms(kills=2, seed=5, longest_s=1.5, faults=0, draw=early))
    assert result.judgement.faults == ()
    assert result.sound


def at(deed: str) -> Callable[[random.Random, float], Moment]:
    """Kill when the program does something for the first or second time."""
    return lambda chance, _: Moment(4.0, deed, chance.randint(1, 2))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("broken", "kills", "draw", "kind"),
    [
        ("sent first", 3, at("begun"), "lost delivery"),
        ("silent repeats", 3, at("taken"), "unmarked repeat"),
        ("twice", 1, at("told"), "needless repeat"),
        ("validators first", 2, lambda *_: Moment(2.0), "lost article"),
    ],
)
def test_a_program_that_keeps_no_promise_is_found_out(
    tmp_path: Path,
    warm: subprocess.Popen[bytes],
    broken: str,
    kills: int,
    draw: Callable[[random.Random, float], Moment],
    kind: str,
) -> None:
    result = run(tmp_path, Terms(kills, seed=3, launcher=warm, faults=0, broken=broken, draw=draw))
    assert kind in result.judgement.kinds


# --- the checker --------------------------------------------------------------------------------

REPORTS = tuple(
    Report(
        outlet,
        story,
        f"http://127.0.0.1:{port}/{story}",
        f"Title {story}",
        (),
        rules,
        datetime(2026, 2, 2, tzinfo=UTC),
    )
    for outlet, port, story, rules in (
        ("courier", 1, 1, ("harbour",)),
        ("gazette", 2, 1, ("harbour",)),
        ("courier", 1, 2, ("harbour", "drought")),
        ("herald", 3, 3, ()),
    )
)
FIRST = {1: "http://127.0.0.1:1/1", 2: "http://127.0.0.1:1/2"}
ROWS = tuple(
    Row(
        f"{story}{rule[0]}{channel[0]}000",
        "story",
        story,
        FIRST[story],
        rule,
        channel,
        "sent",
        f"Title {story}",
    )
    for story, rule in ((1, "harbour"), (2, "harbour"), (2, "drought"))
    for channel in CHANNELS
)
FACTS = Facts(
    integrity=("ok",),
    foreign_keys=0,
    articles=tuple((report.url, True) for report in REPORTS),
    entries=tuple(report.url for report in REPORTS),
    jobs=0,
    matches=tuple((report.url, rule) for report in REPORTS for rule in report.rules),
    stories=tuple((report.url, report.story) for report in REPORTS if report.rules),
    outbox=ROWS,
)


def heard(
    channel: str, story: int, life: int, *, end: str = WELL, taken: bool = True, marked: bool = False
) -> Heard:
    own = [row for row in ROWS if (row.channel, row.story) == (channel, story)]
    alerts = tuple((row.key, row.url) for row in own)
    return Heard(
        life, channel, end, taken, alerts, tuple(row.key for row in own if marked), f"Title {story} and so on"
    )


LOG = tuple(heard(channel, story, 1) for story in (1, 2) for channel in CHANNELS)


def kinds(log: tuple[Heard, ...] | list[Heard], facts: Facts, *, killed: set[int] | None = None) -> set[str]:
    return judge(REPORTS, log, facts, frozenset({1, 2} if killed is None else killed)).kinds


def test_a_sound_world_passes() -> None:
    assert kinds(LOG, FACTS) == set()


def test_a_message_missing_from_the_record_is_a_lost_delivery() -> None:
    for place in range(len(LOG)):
        assert kinds([*LOG[:place], *LOG[place + 1 :]], FACTS) == {"lost delivery"}


def test_a_message_that_was_refused_was_not_received() -> None:
    assert kinds([*LOG[:-1], replace(LOG[-1], end="451 to the letter", taken=False)], FACTS) == {
        "lost delivery"
    }


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"integrity": ("row 3 missing from index",)}, "corrupt"),
        ({"foreign_keys": 1}, "corrupt"),
        ({"articles": FACTS.articles[1:]}, "lost article"),
        ({"articles": (*FACTS.articles, FACTS.articles[0])}, "doubled article"),
        ({"articles": ((REPORTS[0].url, False), *FACTS.articles[1:])}, "unread article"),
        ({"articles": (*FACTS.articles, ("http://127.0.0.1:9/9", True))}, "unfounded article"),
        ({"entries": FACTS.entries[:-1]}, "lost entry"),
        ({"entries": (*FACTS.entries, FACTS.entries[0])}, "doubled entry"),
        ({"jobs": 1}, "work left"),
        ({"matches": FACTS.matches[1:]}, "lost match"),
        ({"matches": (*FACTS.matches, FACTS.matches[0])}, "doubled match"),
        ({"matches": (*FACTS.matches, (REPORTS[3].url, "harbour"))}, "unfounded match"),
        ({"stories": (*FACTS.stories[:1], (REPORTS[1].url, 9), *FACTS.stories[2:])}, "story apart"),
        ({"stories": tuple((url, 1) for url, _ in FACTS.stories)}, "stories mixed"),
        ({"outbox": (*ROWS, ROWS[0])}, "doubled alert"),
        ({"outbox": (replace(ROWS[0], state="pending"), *ROWS[1:])}, "unsettled alert"),
        ({"outbox": (replace(ROWS[0], state="sending"), *ROWS[1:])}, "unsettled alert"),
        ({"outbox": ROWS[1:]}, "lost alert"),
        ({"outbox": ROWS[1:]}, "unknown delivery"),
        ({"outbox": (replace(ROWS[0], title="Another title"), *ROWS[1:])}, "untitled alert"),
        ({"outbox": (*ROWS, replace(ROWS[0], key="abcdef", kind="notice"))}, "lost delivery"),
    ],
)
def test_what_is_wrong_in_the_database_is_found(change: dict[str, object], kind: str) -> None:
    assert kind in kinds(LOG, replace(FACTS, **change))  # type: ignore[arg-type]


def test_dead_and_held_alerts_need_not_have_arrived() -> None:
    quiet = replace(FACTS, outbox=(*ROWS[:-1], replace(ROWS[-1], state="dead")))
    log = [replace(LOG[-1], alerts=LOG[-1].alerts[:-1]) if one is LOG[-1] else one for one in LOG]
    assert ROWS[-1].key == LOG[-1].alerts[-1][0]
    assert kinds(log, quiet) == set()


def test_the_last_message_of_a_killed_life_may_come_again_if_it_says_so() -> None:
    again = heard(MAIL, 2, 2, marked=True)
    assert kinds([*LOG, again], FACTS) == set()
    judgement = judge(REPORTS, [*LOG, again], FACTS, frozenset({1}))
    assert (judgement.repeats_by_kill, judgement.repeats_by_fault, judgement.repeated_alerts) == (1, 0, 2)
    assert kinds([*LOG, replace(again, marked=())], FACTS) == {"unmarked repeat"}
    assert kinds([*LOG, again], FACTS, killed=set()) == {"needless repeat"}
    assert kinds([*LOG, replace(again, life=1)], FACTS) == {"needless repeat"}


def test_what_came_before_the_last_message_of_a_life_may_not_come_again() -> None:
    assert kinds([*LOG, heard(MAIL, 1, 2, marked=True)], FACTS) == {"needless repeat"}


def test_a_repeat_after_a_fault_must_say_so_too() -> None:
    log = [replace(LOG[0], end="500 though taken"), *LOG[1:]]
    again = heard(LOG[0].channel, 1, 1, marked=True)
    assert kinds([*log, again], FACTS, killed=set()) == set()
    assert kinds([*log, replace(again, marked=())], FACTS, killed=set()) == {"unmarked repeat"}


def test_a_success_after_which_the_line_died_is_no_reason_to_repeat() -> None:
    log = [*LOG[:1], replace(LOG[1], end=GONE_AFTER), *LOG[2:]]
    again = heard(MAIL, 1, 1, marked=True)
    assert kinds([*log, again], FACTS) == {"needless repeat"}


@pytest.mark.parametrize(
    ("statements", "kind"),
    [
        ("DELETE FROM job; DELETE FROM match WHERE id = 1", "lost match"),
        (
            """DROP INDEX match_once; INSERT INTO match SELECT (SELECT max(id) + 1 FROM match), article_id, rule,
            grade, spans, context, why, ruleset, at, live, found, withdrawn FROM match WHERE id = 1""",
            "doubled match",
        ),
        ("UPDATE article SET read_at = NULL WHERE id = 1", "unread article"),
        ("UPDATE outbox SET state = 'sending' WHERE id = 1", "unsettled alert"),
        (
            """INSERT INTO outbox (dedup_key, key, kind, channel, state, title, created_at)
            VALUES ('x', 'abcdef', 'notice', 'desk', 'sent', 'Never sent', '')""",
            "lost delivery",
        ),
        ("DELETE FROM article WHERE id = 1", "corrupt"),
    ],
)
def test_damage_to_a_real_database_is_found(
    killed_often: tuple[Path, Result], tmp_path: Path, statements: str, kind: str
) -> None:
    folder, result = killed_often
    copy = tmp_path / "monitor.db"
    shutil.copy(folder / "data" / "monitor.db", copy)
    connection = sqlite3.connect(copy)
    connection.executescript(statements)
    connection.close()
    assert kind in judge(result.published, result.heard, read_facts(copy), result.killed).kinds


def test_a_real_record_without_one_message_is_found(killed_often: tuple[Path, Result]) -> None:
    _, result = killed_often
    once = [one for one in result.heard if one.taken and one.alerts]
    only = next(
        one
        for one in once
        if not any(set(one.alerts) & set(other.alerts) for other in once if other is not one)
    )
    rest = [one for one in result.heard if one is not only]
    assert "lost delivery" in judge(result.published, rest, result.facts, result.killed).kinds


# --- its parts ----------------------------------------------------------------------------------


def test_alerts_are_read_from_the_text_of_a_message() -> None:
    text = (
        "2 stories\n\n1. \u2068One\u2069\nhttp://127.0.0.1:1/1\n\nRule: harbour · strong · #a1b2c3\n\n2. Two\n"
        "http://127.0.0.1:1/2\n\nRule: harbour · strong · #000001\nWhy: “#ffffff” in the body\n"
        "Rule: drought · strong · #000002\n\nPossible repeat of #000001, #000002: an earlier try may have been delivered."
    )
    first, second = "http://127.0.0.1:1/1", "http://127.0.0.1:1/2"
    assert read_alerts(text) == (
        (("a1b2c3", first), ("000001", second), ("000002", second)),
        ("000001", "000002"),
    )
    assert read_alerts("A note\n\n#abcdef") == ((("abcdef", ""),), ())


def test_a_feed_forgets_only_what_was_acknowledged() -> None:
    press = Press(["courier"], random.Random(1), lambda: datetime(2026, 2, 2, tzinfo=UTC))
    press.open("courier", "http://127.0.0.1:1")
    for _ in range(6):
        press.publish(1)
    first = press.answer("courier", "/feed", "")
    assert first.status == 200
    press.publish(3)  # it has not been read: nothing more comes until it is
    assert press.answer("courier", "/feed", "").body.count(b"<item>") == first.body.count(b"<item>") == 6
    assert not press.read_by_all()
    tag = press.answer("courier", "/feed", "").tag
    assert press.answer("courier", "/feed", tag).status == 304
    assert press.read_by_all()
    for _ in range(8):
        press.publish(1)
    later = press.answer("courier", "/feed", tag)
    assert not press.read_by_all()
    shown = {report.url for report in press.published() if report.url.encode() in later.body}
    assert shown == {report.url for report in press.published()[6:]}


def test_a_life_ends_at_the_deed_it_was_given() -> None:
    watch, ends = Watch(), []
    watch.begin()
    watch.arm(Moment(9, "taken", 2), lambda: ends.append(watch.life))
    assert [watch.see("taken"), watch.see("begun"), watch.see("taken"), watch.see("taken")] == [
        False,
        False,
        True,
        False,
    ]
    assert ends == [1]
    watch.begin()
    watch.see("poll")
    watch.arm(Moment(9, "poll", 1), lambda: ends.append(watch.life))  # it was quicker than we were
    assert ends == [1, 2]
