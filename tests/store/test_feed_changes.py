"""Feeds that are paused, moved or read backwards: what the store keeps of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from monitor.models import BACKFILL, NewEntry, Subscription
from tests.store.facts import NOW, entry, match, new, open_store, poll, reading, save, with_feed

NEW = "https://new.example/feed"


def older(number: int) -> NewEntry:
    return replace(new(number, may_alert=False), held_reason=BACKFILL)


def test_a_pause_follows_the_list(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        feed = with_feed(store)
        for paused in (True, False):
            store.sync_feeds([Subscription(feed.url, "One", paused=paused)], lambda _: "", NOW)
            assert [one.paused for one in store.feeds()] == [paused]
            assert len(store.due_feeds(NOW, timedelta(days=1))) == (not paused)


def test_a_moved_feed_keeps_what_it_has_shown_and_loses_its_validators(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        feed = with_feed(store)
        store.save_polls([poll(replace(feed, moved_to=NEW, moved_polls=9), new(1))])
        assert store.move_feed(feed.url, NEW)
        (after,) = store.feeds()
        assert (after.id, after.url, after.title) == (feed.id, NEW, "One")
        assert (after.etag, after.body_sha256, after.first_polled, after.last_full) == ("", "", None, None)
        assert (after.next_due, after.moved_to, after.moved_polls) == (None, "", 0)
        assert after.last_ok == NOW
        assert store.known_keys(feed.id, [("guid", "g1")])
        assert not store.move_feed(feed.url, NEW)
        assert not store.move_feed(NEW, NEW)


def test_two_feeds_become_one_where_both_addresses_were_read(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        old, young = with_feed(store), with_feed(store, NEW)
        store.save_polls([poll(old, new(1), new(2))])
        store.save_polls([poll(young, new(2), new(3))])
        assert store.move_feed(old.url, NEW)
        (after,) = store.feeds()
        assert (after.id, after.url) == (old.id, NEW)
        keys = store.known_keys(old.id, [("guid", f"g{number}") for number in (1, 2, 3)])
        assert len(keys) == 3
        assert store.counts()["entries"] == 4
        assert store.db.execute("SELECT count(*) FROM poll WHERE feed_id = ?", [old.id]).fetchone() == (2,)
        assert store.db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_older_entries_change_nothing_about_their_feed(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        feed = with_feed(store)
        store.save_polls([poll(feed, new(1))])
        (before,) = store.feeds()
        assert store.save_older(feed, [older(7), older(8), older(1)], NOW) == 2
        assert store.feeds() == (before,)
        assert store.db.execute("SELECT count(*) FROM poll").fetchone() == (1,)


def test_what_may_alert_is_read_before_any_archive(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        feed = with_feed(store)
        store.save_older(feed, [older(7), older(8)], NOW)
        store.save_polls([poll(feed, new(1), at=NOW + timedelta(hours=1))])
        jobs = store.due_jobs(NOW + timedelta(hours=2), 10)
        assert [job.context.url.rpartition("/")[2] for job in jobs] == ["1", "7", "8"]


def test_what_was_fetched_from_the_past_is_no_news_of_the_day(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        feed = with_feed(store)
        store.save_polls([poll(feed, new(1))])
        store.save_older(feed, [older(7)], NOW)
        for job in store.due_jobs(NOW, 10):
            save(store, job.article, reading(match()))
        live = dict(
            store.db.execute("SELECT a.url, m.live FROM match m JOIN article a ON a.id = m.article_id")
        )
        assert live == {entry(1).url: 1, entry(7).url: 0}
        assert len(store.stories()) == 2
