"""Writes and what they leave: each is whole or not there, and the same thing is never stored twice."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor.errors import StoreBusyError, StoreError
from monitor.models import AlertState, ChannelState, Outcome, Placement, Signature
from monitor.sources import health
from monitor.store.queries import Queries
from monitor.store.store import Store, exclusive
from tests.store.facts import NOW, WINDOW, entry, match, new, open_store, poll, reading, save, with_feed


def test_settings_that_promises_rest_on(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        pragma = {
            name: store.db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
        assert pragma == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_every_table_is_strict(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        tables = [
            table for table in store.db.tables if not table.name.startswith(("_", "sqlite_", "article_words"))
        ]
        assert len(tables) >= 14
        assert all(table.strict for table in tables)


def test_a_poll_stores_entries_articles_jobs_and_validators(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        feed = with_feed(store)
        assert store.save_polls([poll(feed, new(1), new(2))]) == [2]
        (after,) = store.feeds()
        assert (after.etag, after.first_polled, after.next_due) == ('"1"', NOW, NOW + timedelta(minutes=15))
        assert [job.context.url for job in store.due_jobs(NOW, 10)] == [
            "https://one.example/1",
            "https://one.example/2",
        ]
        keys = store.known_keys(feed.id, [("guid", "g1"), ("guid", "g2"), ("guid", "g3")])
        assert set(keys) == {("guid", "g1"), ("guid", "g2")}


def test_the_same_article_in_two_feeds_is_one_article(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        one = with_feed(store)
        two = with_feed(store, "https://one.example/other")
        assert store.save_polls([poll(one, new(1))]) == [1]
        assert store.save_polls([poll(two, new(1))]) == [0]
        assert store.counts()["entries"] == 2
        assert store.counts()["articles"] == 1


def test_an_edited_title_is_kept_as_a_version(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        feed = with_feed(store)
        store.save_polls([poll(feed, new(1))])
        (known,) = store.known_keys(feed.id, [("guid", "g1")]).values()
        record = replace(poll(feed), edited=((known, entry(1, "Another headline"), (("title", "t"),)),))
        store.save_polls([record])
        store.save_polls([record])
        versions = store.db.execute("SELECT source, title FROM article_version").fetchall()
        assert versions == [("feed", "Another headline")]
        assert store.entry_text([known])[known][0] == "Another headline"


def test_a_feed_that_leaves_keeps_its_history_and_may_return(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        feed = with_feed(store)
        store.save_polls([poll(feed, new(1))])
        store.sync_feeds([], lambda _: "", NOW)
        assert store.feeds() == ()
        assert store.counts()["entries"] == 1
        assert with_feed(store).etag == '"1"'


def test_a_reading_stores_text_match_story_and_alert_together(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.save_polls([poll(with_feed(store), new(1))])
        (job,) = store.due_jobs(NOW, 10)
        saved = save(store, job.article, reading(match("water"), match("fire")))
        assert (saved.new_story, saved.matches, saved.alerts) == (True, 2, 2)
        assert store.due_jobs(NOW, 10) == ()
        (story,) = store.stories()
        assert story.rules == ("fire", "water")
        assert story.articles[0].text == "The whole text."
        assert {alert.rule for alert in store.alerts()} == {"water", "fire"}


def test_reading_an_article_twice_changes_nothing(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.save_polls([poll(with_feed(store), new(1))])
        (job,) = store.due_jobs(NOW, 10)
        save(store, job.article, reading(match()))
        again = save(store, job.article, reading(match("other")))
        assert (again.matches, again.alerts) == (0, 0)
        assert len(store.alerts()) == 1


def test_a_copy_joins_the_story_and_sends_nothing_more(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.save_polls([poll(with_feed(store), new(1), new(2))])
        first, second = store.due_jobs(NOW, 10)
        story = save(store, first.article, reading(match())).story
        saved = save(store, second.article, reading(match()), story=story)
        assert (saved.new_story, saved.alerts) == (False, 0)
        (only,) = store.stories()
        assert [article.how for article in only.articles] == ["first", "near copy"]
        assert len(store.alerts()) == 1


def test_what_a_guard_held_is_released_by_a_later_article(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.save_polls([poll(with_feed(store), new(1, may_alert=False), new(2))])
        first, second = store.due_jobs(NOW, 10)
        story = save(store, first.article, reading(match()), state=AlertState.HELD).story
        assert store.waiting(NOW) == {}
        assert store.pending() == 0
        save(store, second.article, reading(match()), story=story)
        (alert,) = store.alerts()
        assert (alert.state, alert.article) == (AlertState.PENDING, second.article)


def test_a_held_alert_never_replaces_one_that_is_on_its_way(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.save_polls([poll(with_feed(store), new(1), new(2, may_alert=False))])
        first, second = store.due_jobs(NOW, 10)
        story = save(store, first.article, reading(match())).story
        save(store, second.article, reading(match()), story=story, state=AlertState.HELD)
        (alert,) = store.alerts()
        assert alert.state is AlertState.PENDING


def test_candidates_are_recent(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.save_polls([poll(with_feed(store), new(1), new(2))])
        first, second = store.due_jobs(NOW, 10)
        save(store, first.article, reading(match(), sketch=(1, 2**64 - 1)))
        told = Signature(
            lead=frozenset(("place.x",)), days=frozenset((NOW.date(),)), words=frozenset((1, 2**32 - 1))
        )
        save(store, second.article, replace(reading(match()), language="ur", signature=told))
        first_one, second_one = store.candidates(NOW - WINDOW)
        assert (first_one.sketch, first_one.signature) == ((1, 2**64 - 1), Signature())
        assert (second_one.language, second_one.signature) == ("ur", told)
        assert store.candidates(NOW + timedelta(seconds=1)) == ()


def test_changed_rules_add_and_withdraw_matches_without_alerts(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.save_polls([poll(with_feed(store), new(1))])
        (job,) = store.due_jobs(NOW, 10)
        save(store, job.article, reading(match("water")))
        (stale,) = store.stale_articles("r2", 10)
        assert store.save_rematch(stale.id, reading(match("fire")), now=NOW, ruleset="r2") == 1
        assert store.stale_articles("r2", 10) == ()
        article = store.article(stale.id)
        assert article is not None
        assert [one.rule for one in article.matches] == ["fire"]
        assert [alert.rule for alert in store.alerts()] == ["water"]
        assert store.save_rematch(stale.id, reading(match("water")), now=NOW, ruleset="r3") == 1
        article = store.article(stale.id)
        assert article is not None
        assert [one.rule for one in article.matches] == ["water"]


def test_a_day_is_the_same_whatever_happens_after_it(tmp_path: Path) -> None:
    start, end = NOW - timedelta(hours=1), NOW + timedelta(hours=1)

    def day(store: Store) -> object:
        return store.day(start, end, partial(health.judge, now=end, zone=ZoneInfo("Asia/Karachi")))

    with open_store(tmp_path) as store:
        feed = with_feed(store)
        store.save_polls([poll(feed, new(1), new(2))])
        first, second = store.due_jobs(NOW, 10)
        story = save(store, first.article, reading(match())).story
        before = day(store)
        later = end + timedelta(hours=2)
        save(store, second.article, reading(match()), story=story, at=later)
        store.save_rematch(first.article, reading(), now=later, ruleset="r2")
        store.save_polls([poll(feed, new(3), at=later, problem="timeout")])
        with_feed(store, "https://new.example/feed")
        store.db.execute(
            "UPDATE feed SET added = ? WHERE url LIKE '%new.example%'", ["2026-02-02T23:00:00.000000Z"]
        )
        assert day(store) == before


def test_a_story_stays_in_its_day_when_changed_rules_find_it_otherwise(tmp_path: Path) -> None:
    judge = partial(health.judge, now=NOW, zone=ZoneInfo("Asia/Karachi"))
    today = (NOW - timedelta(hours=1), NOW + timedelta(hours=3))
    tomorrow = (today[1], today[1] + timedelta(days=1))
    with open_store(tmp_path) as store:
        store.save_polls([poll(with_feed(store), new(1))])
        save(store, 1, reading(match()))
        other = replace(match(), why="another word")
        store.save_rematch(1, reading(other), now=NOW + timedelta(hours=1), ruleset="r2")
        (story,) = store.day(*today, judge).stories
        assert [one.why for one in story.articles[0].matches] == ["another word"]
        store.save_rematch(1, reading(match()), now=tomorrow[0] + timedelta(hours=1), ruleset="r3")
        assert store.day(*tomorrow, judge).stories == ()
        (story,) = store.day(*today, judge).stories
        assert [one.why for one in story.articles[0].matches] == ["another word"]


def test_an_alert_names_an_article_that_still_matches_when_another_was_mistaken(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.save_polls([poll(with_feed(store), new(1), new(2))])
        story = save(store, 1, reading(match())).story
        save(store, 2, reading(match()), story=story)
        store.set_aside(1, reading(), now=NOW)
        (alert,) = store.alerts()
        assert (alert.state, alert.article, alert.title) == (AlertState.PENDING, 2, "Report number 2")
        store.set_aside(2, reading(), now=NOW)
        (alert,) = store.alerts()
        assert (alert.state, alert.next_at) == (AlertState.HELD, None)


# --- the outbox ---------------------------------------------------------------------------------


def one_alert(store: Store) -> int:
    store.save_polls([poll(with_feed(store), new(1))])
    (job,) = store.due_jobs(NOW, 10)
    save(store, job.article, reading(match()))
    return store.alerts()[0].id


def test_claim_and_settle(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        number = one_alert(store)
        store.claim([number], NOW, timedelta(minutes=2))
        assert store.waiting(NOW) == {}
        channel = ChannelState("console", last_sent=NOW)
        store.settle(channel, Outcome("ok"), {number: (AlertState.SENT, None)}, NOW)
        (alert,) = store.alerts()
        assert (alert.state, alert.attempts, alert.sent_at) == (AlertState.SENT, 1, NOW)
        assert store.channel_state("console", NOW + timedelta(minutes=1)).sent_last_hour == 1
        assert store.channel_state("console", NOW + timedelta(hours=2)).sent_last_hour == 0


def test_what_a_dead_run_was_sending_is_given_back_as_a_possible_repeat(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.claim([one_alert(store)], NOW, timedelta(minutes=2))
    with open_store(tmp_path) as store:
        assert store.recover_leases(NOW) == 1
        (alert,) = store.waiting(NOW)["console"]
        assert alert.possible_repeat
        assert store.recover_leases(NOW) == 0


def test_quiet_hours_hold_until_their_end(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        number = one_alert(store)
        morning = NOW + timedelta(hours=8)
        store.hold([number], morning, "quiet hours")
        assert store.waiting(NOW) == {}
        assert store.pending() == 1
        assert [alert.id for alert in store.waiting(morning)["console"]] == [number]


def test_a_digest_is_queued_once_a_channel(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        assert store.queue("digest", "2026-02-01", "email", "Digest", NOW)
        assert not store.queue("digest", "2026-02-01", "email", "Digest", NOW)
        assert store.queue("digest", "2026-02-01", "slack", "Digest", NOW)


# --- crashes, other processes, readers ----------------------------------------------------------


class PulledPlugError(RuntimeError):
    """Stands for the process dying at a statement."""


def dying(store: Store, after: int) -> Callable[[str], None]:
    """Make the n-th statement from now on the last one this connection runs."""
    count = 0

    def trace(_: str) -> None:
        nonlocal count
        count += 1

    def guard(*_: object) -> int:
        return sqlite3.SQLITE_DENY if count >= after else sqlite3.SQLITE_OK

    store.db.conn.set_trace_callback(trace)
    store.db.conn.set_authorizer(guard)
    return trace


def state(path: Path) -> dict[str, int]:
    connection = sqlite3.connect(path)
    names = ("entry", "entry_key", "article", "job", "mention", "match", "story", "story_article", "outbox")
    counts = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}
    assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()
    return counts


def statements(tmp_path: Path, work: Callable[[Store], object], prepare: Callable[[Store], object]) -> int:
    """Count the statements that some work runs."""
    seen: list[str] = []
    with Store(tmp_path / "count.db") as store:
        prepare(store)
        store.db.conn.set_trace_callback(seen.append)
        work(store)
        store.db.conn.set_trace_callback(None)
    return len(seen)


def poll_as_the_pipeline_does(store: Store) -> None:
    (feed,) = store.feeds()
    fresh = [one for one in (new(1), new(2)) if not store.known_keys(feed.id, one.keys)]
    store.save_polls([poll(feed, *fresh)])


WORK: dict[str, tuple[Callable[[Store], object], Callable[[Store], object]]] = {
    "poll": (with_feed, poll_as_the_pipeline_does),
    "reading": (
        lambda store: store.save_polls([poll(with_feed(store), new(1))]),
        lambda store: save(store, 1, reading(match("a"), match("b"))),
    ),
}


@pytest.mark.parametrize("work", WORK)
def test_death_at_any_statement_leaves_all_or_nothing(tmp_path: Path, work: str) -> None:
    prepare, act = WORK[work]
    total = statements(tmp_path, act, prepare)
    assert total > 5
    outcomes = set()
    for cut in range(1, total + 1):
        path = tmp_path / f"{work}-{cut}.db"
        with Store(path) as store:
            prepare(store)
            before = state(path)
            dying(store, cut)
            try:
                act(store)
            except (sqlite3.DatabaseError, StoreError):
                pass
            finally:
                store.db.conn.set_authorizer(None)
                store.db.conn.set_trace_callback(None)
        after = state(path)
        with Store(path) as store:
            act(store)
        finished = state(path)
        outcomes.add(after == before)
        assert after in (before, finished), f"half of it is there after {cut} statements"
    assert True in outcomes


def test_a_second_run_is_refused(tmp_path: Path) -> None:
    with exclusive(tmp_path), pytest.raises(StoreBusyError, match="another run holds"), exclusive(tmp_path):
        pass
    with exclusive(tmp_path):
        pass


def test_reading_where_nothing_is_yet_touches_no_file(tmp_path: Path) -> None:
    with Queries.open(tmp_path / "data" / "monitor.db") as reader:
        assert reader.stories() == ()
        assert reader.counts()["articles"] == 0
    assert list(tmp_path.iterdir()) == []


def test_a_reader_cannot_write_and_sees_what_is_committed(tmp_path: Path) -> None:
    with open_store(tmp_path) as store, Queries.open(tmp_path / "monitor.db") as reader:
        assert reader.feeds() == ()
        with_feed(store)
        assert len(reader.feeds()) == 1
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.db.execute("DELETE FROM feed")


def test_a_file_that_is_no_database_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "monitor.db"
    path.write_text("not a database, and certainly longer than a header of one hundred bytes" * 3)
    for open_it in (Store, Queries.open):
        with pytest.raises(StoreError, match=r"monitor\.db cannot be"):
            open_it(path)
    assert path.read_text().startswith("not a database")


def test_a_place_function_sees_copies_stored_a_moment_before(tmp_path: Path) -> None:
    seen: list[int] = []

    with open_store(tmp_path) as store:
        store.save_polls([poll(with_feed(store), new(1), new(2))])
        for job in store.due_jobs(NOW, 10):
            store.save_reading(
                job.article,
                reading(match()),
                now=NOW,
                ruleset="r",
                final_url="",
                window=WINDOW,
                place=lambda _, known, __: seen.append(len(known)) or Placement(None, "first"),  # type: ignore[func-returns-value]
                route=lambda _: [],
            )
    assert seen == [0, 1]


def test_json_in_the_database_keeps_its_script(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.save_polls([poll(with_feed(store), new(1, title="بلوچستان"))])
        save(store, 1, reading(match("ur", "بلوچستان")))
        (raw,) = store.db.execute("SELECT spans FROM match").fetchone()
        assert "بلوچستان" in raw
        assert json.loads(raw)[0]["text"] == "بلوچستان"
