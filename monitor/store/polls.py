"""What a poll changes: its feed, its entries and their articles, and what the next poll may recall."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import sqlite_utils

from monitor.models import Feed, KnownItem, NewEntry, PollRecord
from monitor.store import codec
from monitor.store.history import blind_before
from monitor.store.queries import Queries
from monitor.store.rows import insert, update


def write(store: Queries, db: sqlite_utils.Database, record: PollRecord) -> int:
    """Write what one poll gave, within a transaction; return how many articles are new."""
    at = codec.instant(record.at)
    added = [add_entry(db, record.feed.id, new, at) for new in record.new]
    for entry_id, entry, keys in record.edited:
        _note_edit(db, entry_id, entry.title, entry.summary, at)
        _add_keys(db, record.feed.id, entry_id, keys)
    if record.outcome == "changed":
        _write_recall(db, record, iter([entry_id for entry_id, _ in added]))
    held = [new for new in record.new if not new.may_alert]
    row = {
        "feed_id": record.feed.id,
        "at": at,
        "outcome": record.outcome,
        "status": record.status,
        "bytes": record.size,
        "elapsed_ms": record.elapsed_ms,
        "entries": record.entries,
        "new_entries": len(record.new),
        "held": len(held),
        "held_reason": held[0].held_reason if held else "",
        "undated": record.undated,
        "characters": record.characters,
        "moved_to": record.feed.moved_to,
        "blind_s": 0 if record.outcome == "failed" else blind_before(store, record.feed.id, record.at),
        "problem": record.feed.problem,
        "detail": record.feed.detail,
    }
    insert(db, "poll", row)
    update_feed(db, record.feed)
    return sum(is_new for _, is_new in added)


def add_entry(db: sqlite_utils.Database, feed: int, new: NewEntry, at: str | None) -> tuple[int, bool]:
    """Add an entry and, when nobody has shown it before, its article and job; return its id and whether so."""
    entry = new.entry
    published = codec.stamp(entry.published)
    known = db.execute("SELECT id FROM article WHERE identity = ?", [new.identity]).fetchone()
    if known:
        article = known[0]
    else:
        row = {
            "identity": new.identity,
            "feed_id": feed,
            "url": entry.url,
            "title": entry.title,
            "summary": entry.summary,
            "content": entry.content,
            "author": entry.author,
            "language": entry.language,
            "published": published,
            "first_seen": at,
            "may_alert": int(new.may_alert),
            "held_reason": new.held_reason,
        }
        article = insert(db, "article", row)
        insert(db, "job", {"article_id": article, "next_at": at})
    row = {
        "feed_id": feed,
        "article_id": article,
        "guid": entry.guid,
        "url": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        "published": published,
        "updated": codec.stamp(entry.updated),
        "first_seen": at,
    }
    entry_id = insert(db, "entry", row)
    _add_keys(db, feed, entry_id, new.keys)
    return entry_id, not known


def _add_keys(db: sqlite_utils.Database, feed: int, entry_id: int, keys: Sequence[tuple[str, str]]) -> None:
    db.conn.executemany(
        "INSERT INTO entry_key (feed_id, kind, key, entry_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(feed, kind, key, entry_id) for kind, key in keys],
    )


def _note_edit(db: sqlite_utils.Database, entry_id: int, title: str, summary: str, at: str | None) -> None:
    """Keep what a feed now says of a known entry, when that has changed."""
    changed = db.execute(
        "UPDATE entry SET title = :title, summary = :summary"
        " WHERE id = :id AND (title <> :title OR summary <> :summary)",
        {"title": title, "summary": summary, "id": entry_id},
    )
    if changed.rowcount:
        db.execute(
            "INSERT INTO article_version (article_id, at, source, title, summary)"
            " SELECT article_id, ?, 'feed', ?, ? FROM entry WHERE id = ?",
            [at, title, summary, entry_id],
        )


def _write_recall(db: sqlite_utils.Database, record: PollRecord, added: Iterator[int]) -> None:
    """Keep what the next poll need not parse; its items without an entry are the new ones in their order."""
    recall = record.recall
    if recall is None:
        db.execute("DELETE FROM recall WHERE feed_id = ?", [record.feed.id])
        return
    items: list[KnownItem] = [
        item if item.entry else replace(item, entry=next(added)) for item in recall.items
    ]
    db.execute(
        "INSERT INTO recall (feed_id, frame, policy, items) VALUES (?, ?, ?, ?) ON CONFLICT (feed_id)"
        " DO UPDATE SET frame = excluded.frame, policy = excluded.policy, items = excluded.items",
        [record.feed.id, recall.frame, recall.policy, codec.known_items(items)],
    )


def update_feed(db: sqlite_utils.Database, feed: Feed) -> None:
    """Write what polls have taught of a feed."""
    row = {
        "etag": feed.etag,
        "last_modified": feed.last_modified,
        "body_sha256": feed.body_sha256,
        "next_due": codec.instant(feed.next_due),
        "interval_s": feed.interval_s,
        "failures": feed.failures,
        "first_polled": codec.instant(feed.first_polled),
        "last_polled": codec.instant(feed.last_polled),
        "last_ok": codec.instant(feed.last_ok),
        "last_new": codec.instant(feed.last_new),
        "last_full": codec.instant(feed.last_full),
        "guid_policy": feed.guid_policy,
        "problem": feed.problem,
        "detail": feed.detail,
        "moved_to": feed.moved_to,
        "moved_since": codec.instant(feed.moved_since),
        "moved_polls": feed.moved_polls,
    }
    update(db, "feed", feed.id, row)
