"""Every write: one method, one transaction, durable when it returns.

A Store is used by one thread at a time (the pipeline gives it one of its own). Transactions begin IMMEDIATE,
so that another process's write is waited for instead of failing, and commit with synchronous=FULL: what a
method has returned from survives kill -9 and power loss.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import sqlite_utils

from monitor.errors import InputError, NotFoundError, StoreBusyError, StoreError
from monitor.models import (
    BACKFILL,
    AlertState,
    Candidate,
    ChannelState,
    Feed,
    Match,
    NewAlert,
    NewEntry,
    Notice,
    Outcome,
    Placement,
    PollRecord,
    Reading,
    Story,
    Subscription,
    ToldBy,
)
from monitor.store import codec, polls
from monitor.store.queries import Queries, refuse_unknown, told_at
from monitor.store.schema import migrations

Place = Callable[[Candidate, Sequence[Candidate], frozenset[frozenset[int]]], Placement]

_BUSY_SECONDS = 30
_NEVER = "1970-01-01T00:00:00.000000Z"  # when what was never subscribed to was added and removed
_WAL_LIMIT = 64 * 1024 * 1024
_MUTED = "muted by hand"
# How much an alert says for its story, when two become one: a dead letter nothing.
_TOLD = (
    {AlertState.DEAD},
    {AlertState.PENDING, AlertState.HELD},
    {AlertState.SENDING, AlertState.SENT},
)
_HELD_BY_GUARD = "state = 'held' AND next_at IS NULL"
_HOLD_UNFOUNDED = """
    UPDATE outbox SET state = 'held', next_at = NULL, reason = 'found only in what stands on every page of its site'
    WHERE state IN ('pending', 'held') AND rule = :rule
      AND story_id = (SELECT story_id FROM story_member WHERE article_id = :article)
      AND NOT EXISTS (SELECT 1 FROM story_member s JOIN match m ON m.article_id = s.article_id
                      WHERE s.story_id = outbox.story_id AND m.rule = :rule AND m.withdrawn IS NULL)
"""
_POINT_ELSEWHERE = """
    UPDATE outbox SET (article_id, title, url) = (
        SELECT a.id, a.title, a.url
        FROM story_member s JOIN article a ON a.id = s.article_id JOIN match m ON m.article_id = a.id
        WHERE s.story_id = outbox.story_id AND m.rule = :rule AND m.withdrawn IS NULL ORDER BY a.id LIMIT 1)
    WHERE state IN ('pending', 'held') AND rule = :rule AND article_id = :article
      AND EXISTS (SELECT 1 FROM story_member s JOIN match m ON m.article_id = s.article_id
                  WHERE s.story_id = outbox.story_id AND m.rule = :rule AND m.withdrawn IS NULL)
"""


@dataclass(frozen=True, slots=True)
class Saved:
    """What storing a reading led to."""

    story: int | None
    new_story: bool
    matches: int
    alerts: int


class Store(Queries):
    """The database, opened for writing. Reads are inherited from Queries."""

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(
                path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        except (OSError, sqlite3.DatabaseError) as error:
            raise StoreError(f"{path} cannot be used as the monitor's database: {error}") from error
        super().__init__(connection)
        self._path = path
        try:
            refuse_unknown(self.db, path)
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT}")
            self.db.enable_wal()
            migrations.apply(self.db)
        except sqlite3.DatabaseError as error:
            connection.close()
            raise StoreError(f"{path} cannot be used as the monitor's database: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _write(self) -> Iterator[sqlite_utils.Database]:
        connection = self.db.conn
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.db
            connection.execute("COMMIT")
        except BaseException as error:
            # A full disk has rolled back by itself; a second ROLLBACK would hide the error.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError):
                raise StoreError(f"{self._path} cannot be written: {error}") from error
            raise

    # --- feeds ----------------------------------------------------------------------------------

    def sync_feeds(
        self, subscriptions: Sequence[Subscription], outlet_of: Callable[[Subscription], str], now: datetime
    ) -> None:
        """Make the feed table follow feeds.opml; a feed that left keeps its history."""
        at = codec.instant(now)
        wanted = {subscription.url for subscription in subscriptions}
        with self._write() as db:
            for (url,) in db.execute("SELECT url FROM feed WHERE removed IS NULL").fetchall():
                if url not in wanted:
                    db.execute("UPDATE feed SET removed = ? WHERE url = ?", [at, url])
            for subscription in subscriptions:
                row = {
                    "title": subscription.title,
                    "language": subscription.language,
                    "folders": codec.dumps(subscription.folders),
                    "outlet": outlet_of(subscription),
                    "added": at,
                    "removed": None,
                    "paused": int(subscription.paused),
                    "url": subscription.url,
                }
                columns = ", ".join(row)
                values = ", ".join(f":{name}" for name in row)
                updates = ", ".join(
                    f"{name} = excluded.{name}" for name in row if name not in {"url", "added"}
                )
                db.execute(
                    f"INSERT INTO feed ({columns}) VALUES ({values}) ON CONFLICT(url) DO UPDATE SET {updates}",
                    row,
                )

    def move_feed(self, old: str, new: str) -> bool:
        """Give a feed another address and keep its history; tell whether there was such a feed.

        What it has shown stays known, so nothing of it is news; its validators belonged to the old place
        and are dropped. The next poll counts as a first one, since a place may have been left long ago:
        of entries nobody has seen, only the fresh few alert. A feed already kept at the new address joins it.
        """
        if old == new:
            return False
        with self._write() as db:
            ids = dict(db.execute("SELECT url, id FROM feed WHERE url IN (?, ?)", [old, new]).fetchall())
            if old not in ids:
                return False
            if new in ids:
                self._join_feed(db, ids[new], ids[old])
            db.execute("DELETE FROM recall WHERE feed_id = ?", [ids[old]])
            db.execute(
                "UPDATE feed SET url = ?, removed = NULL, etag = '', last_modified = '', body_sha256 = '',"
                " last_full = NULL, first_polled = NULL, next_due = NULL, failures = 0, problem = '', detail = '',"
                " moved_to = '', moved_since = NULL, moved_polls = 0 WHERE id = ?",
                [new, ids[old]],
            )
        return True

    @staticmethod
    def _join_feed(db: sqlite_utils.Database, feed: int, into: int) -> None:
        """Make one feed's polls, entries and articles another's."""
        db.execute("UPDATE OR IGNORE entry_key SET feed_id = ? WHERE feed_id = ?", [into, feed])
        db.execute("DELETE FROM entry_key WHERE feed_id = ?", [feed])
        for table in ("poll", "entry", "article"):
            db.execute(f"UPDATE {table} SET feed_id = ? WHERE feed_id = ?", [into, feed])
        db.execute("DELETE FROM recall WHERE feed_id = ?", [feed])
        db.execute("DELETE FROM feed WHERE id = ?", [feed])

    def spread_due(self, due: Mapping[int, datetime]) -> None:
        """Set due times of feeds, so that a start does not poll them all at once."""
        with self._write() as db:
            for feed, at in due.items():
                db.execute("UPDATE feed SET next_due = ? WHERE id = ?", [codec.instant(at), feed])

    def bring_forward(self, feed: int, polled: datetime, due: datetime) -> None:
        """Set an earlier due time of a feed, unless it was polled in the meantime."""
        with self._write() as db:
            db.execute(
                "UPDATE feed SET next_due = ? WHERE id = ? AND last_polled = ? AND next_due > ?",
                [codec.instant(due), feed, codec.instant(polled), codec.instant(due)],
            )

    def save_polls(self, records: Sequence[PollRecord]) -> list[int]:
        """Write what polls gave, validators and due times with it; return for each how many articles are new."""
        with self._write() as db:
            return [polls.write(self, db, record) for record in records]

    def save_older(self, feed: Feed, entries: Sequence[NewEntry], now: datetime) -> int:
        """Add entries that a feed no longer shows; return how many articles are new.

        It was no poll: the feed's validators, due time and health stay as they are.
        """
        at = codec.instant(now)
        with self._write() as db:
            return sum([polls.add_entry(db, feed.id, new, at)[1] for new in entries])

    # --- articles -------------------------------------------------------------------------------

    def postpone_job(self, article: int, now: datetime, next_at: datetime, error: str) -> None:
        """Note a try that failed and may succeed later."""
        with self._write() as db:
            db.execute(
                "UPDATE job SET attempts = attempts + 1, first_tried = coalesce(first_tried, ?),"
                " next_at = ?, last_error = ? WHERE article_id = ?",
                [codec.instant(now), codec.instant(next_at), error, article],
            )

    def save_reading(
        self,
        article: int,
        reading: Reading,
        *,
        now: datetime,
        ruleset: str,
        final_url: str,
        window: timedelta,
        place: Place,
        route: Callable[[Sequence[Match]], Sequence[NewAlert]],
        update: Callable[[Sequence[ToldBy], Callable[[], Story]], Sequence[NewAlert]] | None = None,
    ) -> Saved:
        """Write an article's text, mentions, matches, story and alerts together, and end its job.

        `place`, `route` and `update` are pure and are called inside the transaction, so that two copies read at
        the same moment see each other: three copies arriving in one poll make one story and one alert. `update`
        is given the rules and channels the story was told by, and the story when it asks for it.
        """
        with self._write() as db:
            return self._save_reading(
                db, article, reading, now, ruleset, final_url, window, place, route, update
            )

    def save_archived(
        self,
        new: NewEntry,
        reading: Reading,
        *,
        host: str,
        archive: str,
        seen: datetime,
        now: datetime,
        ruleset: str,
        window: timedelta,
        place: Place,
        route: Callable[[Sequence[Match]], Sequence[NewAlert]],
    ) -> Saved | None:
        """Write an article out of a web archive; None when it is known already.

        `archive` says where in it the page stands, `seen` when its crawler saw it: that counts as when it was
        first seen. Its feed is its host, one that nobody polls or misses.
        """
        with self._write() as db:
            if self.known_articles([new.identity])[0]:
                return None
            db.execute(
                "INSERT INTO feed (url, title, added, removed) VALUES (?, ?, ?, ?) ON CONFLICT (url) DO NOTHING",
                [f"warc:{host}", host, _NEVER, _NEVER],
            )
            (feed,) = db.execute("SELECT id FROM feed WHERE url = ?", [f"warc:{host}"]).fetchone()
            entry, _ = polls.add_entry(db, feed, new, codec.instant(seen))
            (article,) = db.execute("SELECT article_id FROM entry WHERE id = ?", [entry]).fetchone()
            db.execute("UPDATE article SET archive = ? WHERE id = ?", [archive, article])
            return self._save_reading(
                db, article, reading, now, ruleset, new.entry.url, window, place, route, None
            )

    def note_archive(self, name: str, size: int, wanted: str, done: int, now: datetime) -> None:
        """Note that of a web archive everything before a byte was read, looking for what `wanted` stands for."""
        with self._write() as db:
            db.execute(
                "INSERT INTO archive (name, size, wanted, done, at) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (name, size, wanted)"
                " DO UPDATE SET done = excluded.done, at = excluded.at",
                [name, size, wanted, done, codec.instant(now)],
            )

    def _save_reading(
        self,
        db: sqlite_utils.Database,
        article: int,
        reading: Reading,
        now: datetime,
        ruleset: str,
        final_url: str,
        window: timedelta,
        place: Place,
        route: Callable[[Sequence[Match]], Sequence[NewAlert]],
        update: Callable[[Sequence[ToldBy], Callable[[], Story]], Sequence[NewAlert]] | None,
    ) -> Saved:
        at = codec.instant(now)
        row = db.execute(
            "SELECT title, read_at, held_reason, first_seen FROM article WHERE id = ?", [article]
        ).fetchone()
        if row is None or row[1] is not None:
            return Saved(story=None, new_story=False, matches=0, alerts=0)
        db.table("article").update(
            article,
            {
                "read_at": at,
                "final_url": final_url,
                "title": reading.title if reading.own_words else row[0] or reading.title,
                "text": reading.text,
                "language": reading.language,
                "author": reading.author,
                "published": codec.stamp(reading.published),
                "verdict": reading.verdict.value,
                "origin": reading.origin.value,
                "extractor": reading.extractor,
                "raw_sha256": reading.raw_sha256,
                "text_sha256": reading.text_sha256,
                "note": reading.note,
                "aside": codec.stretches(reading.aside),
                "ruleset": ruleset,
                "sketch": codec.sketch(reading.sketch),
                "signature": codec.signature(reading.signature),
            },
        )
        self._index(db, article, reading)
        if reading.own_words:  # the feed's words stay with its entry
            db.execute("UPDATE article SET summary = '', content = '' WHERE id = ?", [article])
        self._write_mentions(db, article, reading, at)
        for match in reading.matches:
            # What was fetched from years ago is in the archive; it is no news of this day.
            self._write_match(db, article, match, ruleset, at, live=row[2] != BACKFILL, found=at)
        saved = Saved(story=None, new_story=False, matches=len(reading.matches), alerts=0)
        if reading.matches:
            own = Candidate(
                article=article,
                story=None,
                language=reading.language,
                title=reading.title if reading.own_words else row[0] or reading.title,
                sketch=reading.sketch,
                signature=reading.signature,
                at=told_at(reading.published, codec.known_instant(row[3])),
            )
            placement = place(own, self.candidates(now - window), self.apart())
            story, new_story = self._place(db, article, placement, reading.language, at)
            if update is not None:
                updates = update(self._told(db, story), partial(self._of, story))
                self._write_updates(db, article, story, updates, now)
            alerts = self._write_alerts(db, article, story, route(reading.matches), at)
            saved = replace(saved, story=story, new_story=new_story, alerts=alerts)
        db.execute("DELETE FROM job WHERE article_id = ?", [article])
        return saved

    @staticmethod
    def _index(db: sqlite_utils.Database, article: int, reading: Reading) -> None:
        """Put an article's words into the index, once: its title and text do not change any more."""
        first = db.execute("UPDATE article SET indexed = 1 WHERE id = ? AND NOT indexed", [article])
        if first.rowcount:
            db.execute(
                "INSERT INTO article_words (rowid, words) VALUES (?, ?)",
                [article, " ".join(reading.index_words)],
            )

    def save_rematch(self, article: int, reading: Reading | None, *, now: datetime, ruleset: str) -> int:
        """Write what a changed rule set finds in a stored article, without alerts; return new matches.

        None leaves what earlier rules found. What is found otherwise than before, or no longer, is kept and
        marked withdrawn: somebody may have been told of it, and the digest of its day must stay the same.
        """
        at = codec.instant(now)
        with self._write() as db:
            db.execute("UPDATE article SET ruleset = ? WHERE id = ?", [ruleset, article])
            if reading is None:
                return 0
            self._index(db, article, reading)
            rows = db.execute(
                "SELECT rule, grade, spans, context, why, live, found FROM match"
                " WHERE article_id = ? AND withdrawn IS NULL",
                [article],
            ).fetchall()
            held = {row[0]: row[1:5] for row in rows}
            first = {row[0]: (bool(row[5]), row[6]) for row in rows}
            found = {match.rule: match for match in reading.matches}
            for rule in sorted(held):
                if rule not in found or held[rule] != _match_columns(found[rule]):
                    db.execute(
                        "UPDATE match SET withdrawn = ? WHERE article_id = ? AND rule = ? AND withdrawn IS NULL",
                        [at, article, rule],
                    )
            for rule, match in found.items():
                if rule not in held or held[rule] != _match_columns(match):
                    # What is found otherwise than before is as old as it was, and no news of this day.
                    live, found_at = first.get(rule, (False, at))
                    self._write_match(db, article, match, ruleset, at, live=live, found=found_at)
            self._write_mentions(db, article, reading, at)
        return len(found.keys() - held.keys())

    def set_aside(self, article: int, reading: Reading, *, now: datetime) -> None:
        """Note what turned out not to be an article's own text, and withdraw what was found only there.

        A match that still stands is left as it was told. Alerts not yet sent are held where nothing in their
        story stands for them any more; a later article releases them.
        """
        at = codec.instant(now)
        standing = {match.rule for match in reading.matches}
        with self._write() as db:
            db.execute("UPDATE article SET aside = ? WHERE id = ?", [codec.stretches(reading.aside), article])
            for (rule,) in db.execute(
                "SELECT rule FROM match WHERE article_id = ? AND withdrawn IS NULL ORDER BY rule", [article]
            ).fetchall():
                if rule in standing:
                    continue
                db.execute(
                    "UPDATE match SET withdrawn = ? WHERE article_id = ? AND rule = ? AND withdrawn IS NULL",
                    [at, article, rule],
                )
                db.execute(_HOLD_UNFOUNDED, {"article": article, "rule": rule})
                db.execute(_POINT_ELSEWHERE, {"article": article, "rule": rule})
            self._write_mentions(db, article, reading, at)

    def use_ruleset(self, ruleset: str, now: datetime) -> None:
        """Note which rules are in force from now on."""
        with self._write() as db:
            last = db.execute("SELECT digest FROM ruleset ORDER BY id DESC LIMIT 1").fetchone()
            if last is None or last[0] != ruleset:
                db.table("ruleset").insert({"since": codec.instant(now), "digest": ruleset})

    @staticmethod
    def _write_mentions(db: sqlite_utils.Database, article: int, reading: Reading, at: str | None) -> None:
        """Write the entities found; what was found before and is not now stays, marked withdrawn."""
        columns = ("entity", "grade", "field", "start", "end", "text", "alias")
        before = {
            row[1:]: row[0]
            for row in db.execute(
                f"SELECT rowid, {', '.join(columns)} FROM mention WHERE article_id = ? AND withdrawn IS NULL",
                [article],
            )
        }
        found = dict.fromkeys(
            (
                mention.entity,
                mention.grade.value,
                mention.span.field,
                mention.span.start,
                mention.span.end,
                mention.span.text,
                mention.span.alias,
            )
            for mention in reading.mentions
        )
        for row in before.keys() - found.keys():
            db.execute("UPDATE mention SET withdrawn = ? WHERE rowid = ?", [at, before[row]])
        db.table("mention").insert_all(
            dict(zip(columns, row, strict=True)) | {"article_id": article, "at": at}
            for row in found
            if row not in before
        )

    @staticmethod
    def _write_match(
        db: sqlite_utils.Database,
        article: int,
        match: Match,
        ruleset: str,
        at: str | None,
        *,
        live: bool,
        found: str | None,
    ) -> None:
        grade, spans, context, why = _match_columns(match)
        db.table("match").insert(
            {
                "article_id": article,
                "rule": match.rule,
                "grade": grade,
                "spans": spans,
                "context": context,
                "why": why,
                "ruleset": ruleset,
                "at": at,
                "live": int(live),
                "found": found,
            }
        )

    @staticmethod
    def _place(
        db: sqlite_utils.Database, article: int, placement: Placement, language: str, at: str | None
    ) -> tuple[int, bool]:
        story = placement.story
        if story is None:
            story = _key(db.table("story").insert({"language": language, "first_seen": at}))
        for other in placement.absorbs:
            _absorb(db, story, other, "same event", at)
        db.table("story_article").insert(
            {"article_id": article, "story_id": story, "at": at, "how": placement.how}
        )
        return story, placement.story is None

    @staticmethod
    def _write_alerts(
        db: sqlite_utils.Database, article: int, story: int, alerts: Sequence[NewAlert], at: str | None
    ) -> int:
        """Queue alerts; one that a guard held is released when a later article may alert."""
        title, url = db.execute("SELECT title, url FROM article WHERE id = ?", [article]).fetchone()
        muted = db.execute("SELECT muted_until FROM story WHERE id = ?", [story]).fetchone()[0]
        muted = muted if muted and at and muted > at else None
        queued = 0
        for alert in alerts:
            dedup_key = f"story|{story}|{alert.rule}|{alert.channel}"
            held = alert.state is AlertState.HELD
            row = {
                "dedup_key": dedup_key,
                "key": short_key(dedup_key),
                "kind": "story",
                "story_id": story,
                "article_id": article,
                "rule": alert.rule,
                "channel": alert.channel,
                "state": AlertState.HELD.value if muted else alert.state.value,
                "reason": _MUTED if muted and not held else alert.reason,
                "title": title,
                "url": url,
                "created_at": at,
                "next_at": None if held else muted or at,
            }
            columns = ", ".join(row)
            values = ", ".join(f":{name}" for name in row)
            release = (
                "DO NOTHING"
                if held
                else "DO UPDATE SET state = excluded.state, reason = excluded.reason, next_at = excluded.next_at,"
                " article_id = excluded.article_id, title = excluded.title, url = excluded.url"
                f" WHERE {_HELD_BY_GUARD}"
            )
            done = db.execute(
                f"INSERT INTO outbox ({columns}) VALUES ({values}) ON CONFLICT(dedup_key) {release}", row
            )
            queued += done.rowcount
        return queued

    @staticmethod
    def _told(db: sqlite_utils.Database, story: int) -> list[ToldBy]:
        """Return the rules and channels by which a story was told."""
        rows = db.execute(
            "SELECT rule, channel, (SELECT max(sent_at) FROM outbox AS other"
            "  WHERE other.story_id = outbox.story_id AND other.channel = outbox.channel) FROM outbox"
            " WHERE story_id = ? AND kind = 'story' AND state IN ('sending', 'sent') ORDER BY id",
            [story],
        )
        return [ToldBy(rule, channel, codec.parse_instant(last)) for rule, channel, last in rows.fetchall()]

    def _of(self, story: int) -> Story:
        found = self.story(story)
        assert found is not None
        return found

    @staticmethod
    def _write_updates(
        db: sqlite_utils.Database, article: int, story: int, updates: Sequence[NewAlert], now: datetime
    ) -> None:
        """Queue updates of a story; one that waits still takes up what comes."""
        title, url = db.execute("SELECT title, url FROM article WHERE id = ?", [article]).fetchone()
        muted = codec.parse_instant(
            db.execute("SELECT muted_until FROM story WHERE id = ?", [story]).fetchone()[0]
        )
        for update in updates:
            waiting = db.execute(
                "UPDATE outbox SET body = ? || char(10) || body, article_id = ?, title = ?, url = ? WHERE id ="
                " (SELECT min(id) FROM outbox WHERE kind = 'update' AND story_id = ? AND rule = ? AND channel = ?"
                "  AND (state = 'pending' OR (state = 'held' AND next_at IS NOT NULL)))",
                [update.body, article, title, url, story, update.rule, update.channel],
            )
            if waiting.rowcount:
                continue
            dedup_key = f"update|{story}|{update.rule}|{update.channel}|{article}"
            db.table("outbox").insert(
                {
                    "dedup_key": dedup_key,
                    "key": short_key(dedup_key),
                    "kind": "update",
                    "story_id": story,
                    "article_id": article,
                    "rule": update.rule,
                    "channel": update.channel,
                    "state": (AlertState.HELD if muted and muted > now else AlertState.PENDING).value,
                    "body": update.body,
                    "title": title,
                    "url": url,
                    "created_at": codec.instant(now),
                    "next_at": codec.instant(max(at for at in (now, muted, update.not_before) if at)),
                }
            )

    # --- what a person says of stories ------------------------------------------------------------

    def merge(self, stories: Sequence[int], now: datetime) -> int:
        """Make several stories one, the oldest, and return its number; raise NotFoundError."""
        at = codec.instant(now)
        with self._write() as db:
            numbers = sorted({self._standing(story) for story in stories})
            for other in numbers[1:]:
                pair = sorted((numbers[0], other))
                db.execute("DELETE FROM story_apart WHERE story_id = ? AND other_id = ?", pair)
                _absorb(db, numbers[0], other, "by hand", at)
        return numbers[0]

    def split(self, story: int, articles: Collection[int], now: datetime) -> int:
        """Take articles out of a story into one of their own, and return its number.

        Later articles join one of the two and never make them one. Raises NotFoundError for what is not there,
        and InputError when nothing would be left.
        """
        at = codec.instant(now)
        with self._write() as db:
            story = self._standing(story)
            members = {
                row[0]
                for row in db.execute("SELECT article_id FROM story_member WHERE story_id = ?", [story])
            }
            if strangers := sorted(set(articles) - members):
                raise NotFoundError(f"article {strangers[0]} does not stand in story {story}")
            if members <= set(articles):
                raise InputError(f"these are all the articles of story {story}: nothing would be left of it")
            language, seen = db.execute(
                "SELECT language, first_seen FROM article WHERE id = ?", [min(articles)]
            ).fetchone()
            muted = db.execute("SELECT muted_until FROM story WHERE id = ?", [story]).fetchone()[0]
            new = _key(
                db.table("story").insert({"language": language, "first_seen": seen, "muted_until": muted})
            )
            for article in sorted(articles):
                _move(db, article, new, "by hand", at)
            db.execute(
                "INSERT INTO story_apart (story_id, other_id, at) VALUES (?, ?, ?)",
                [*sorted((story, new)), at],
            )
            # What was told because of these articles was told of them.
            db.execute(
                "UPDATE outbox SET story_id = :new, dedup_key = 'story|' || :new || '|' || rule || '|' || channel"
                " WHERE kind = 'story' AND story_id = :story AND article_id IN (SELECT value FROM json_each(:own))",
                {"new": new, "story": story, "own": codec.dumps(sorted(articles))},
            )
            db.execute(
                "UPDATE outbox SET story_id = ? WHERE kind = 'update' AND story_id = ?"
                " AND article_id IN (SELECT value FROM json_each(?))",
                [new, story, codec.dumps(sorted(articles))],
            )
        return new

    def mute(self, story: int, until: datetime | None, now: datetime) -> int:
        """Send no alert about a story until an instant, or again from now on; return its number."""
        at, end = codec.instant(now), codec.instant(until)
        with self._write() as db:
            story = self._standing(story)
            db.execute("UPDATE story SET muted_until = ? WHERE id = ?", [end, story])
            db.execute(
                "UPDATE outbox SET state = ?, next_at = ?, reason = ? WHERE story_id = ? AND"
                " (state = 'pending' OR (state = 'held' AND next_at IS NOT NULL))",
                ["held" if end else "pending", end or at, _MUTED if end else "", story],
            )
        return story

    def _standing(self, story: int) -> int:
        """Return the number that a story has now; raise NotFoundError when there is none."""
        number = self.survivor(story)
        if not self.db.execute("SELECT 1 FROM story WHERE id = ?", [number]).fetchone():
            raise NotFoundError(f"no story has the number {story}")
        return number

    # --- the outbox -----------------------------------------------------------------------------

    def queue(self, kind: str, subject: str, channel: str, title: str, now: datetime) -> bool:
        """Queue a digest or a test once per (kind, subject, channel); tell whether it is new."""
        with self._write() as db:
            return self._queue(db, kind, subject, channel, title, codec.instant(now))

    @staticmethod
    def _queue(
        db: sqlite_utils.Database,
        kind: str,
        subject: str,
        channel: str,
        title: str,
        at: str | None,
        *,
        body: str = "",
    ) -> bool:
        dedup_key = f"{kind}|{subject}|{channel}"
        done = db.execute(
            "INSERT INTO outbox"
            " (dedup_key, key, kind, rule, channel, state, body, title, created_at, next_at)"
            " VALUES (?, ?, ?, ?, ?, 'pending', ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [dedup_key, short_key(dedup_key), kind, subject, channel, body, title, at, at],
        )
        return bool(done.rowcount)

    def recover_leases(self, now: datetime) -> int:
        """Give back what a run that died was sending: it may have been delivered, or not."""
        with self._write() as db:
            done = db.execute(
                "UPDATE outbox SET state = 'pending', possible_repeat = 1, lease_until = NULL, next_at = ?"
                " WHERE state = 'sending'",
                [codec.instant(now)],
            )
        return done.rowcount

    def claim(self, alerts: Sequence[int], now: datetime, lease: timedelta) -> None:
        """Mark alerts as being sent."""
        with self._write() as db:
            for alert in alerts:
                db.execute(
                    "UPDATE outbox SET state = 'sending', attempts = attempts + 1, lease_until = ? WHERE id = ?",
                    [codec.instant(now + lease), alert],
                )

    def settle(
        self,
        channel: ChannelState,
        outcome: Outcome,
        alerts: Mapping[int, tuple[AlertState, datetime | None]],
        now: datetime,
        notice: Notice | None = None,
        tell: Sequence[str] = (),
    ) -> None:
        """Write how a delivery went: the alerts' new states, the channel's, and a notice of it."""
        at = codec.instant(now)
        with self._write() as db:
            for alert, (state, next_at) in alerts.items():
                sent = at if state is AlertState.SENT else None
                db.execute(
                    "UPDATE outbox SET state = ?, next_at = ?, sent_at = ?, lease_until = NULL, last_error = ?,"
                    " possible_repeat = possible_repeat OR ? WHERE id = ?",
                    [
                        state.value,
                        codec.instant(next_at),
                        sent,
                        "" if sent else outcome.detail,
                        int(outcome.kind == "unknown"),
                        alert,
                    ],
                )
            db.table("delivery").insert(
                {
                    "channel": channel.name,
                    "at": at,
                    "outcome": outcome.kind,
                    "alerts": len(alerts),
                    "detail": outcome.detail,
                }
            )
            db.table("channel_state").upsert(
                {
                    "name": channel.name,
                    "failures": channel.failures,
                    "retry_at": codec.instant(channel.retry_at),
                    "last_sent": codec.instant(channel.last_sent),
                    "down_since": codec.instant(channel.down_since),
                },
                pk="name",
            )
            if notice is not None:
                self._tell(db, notice, tell, at)

    def retry(self, alerts: Collection[int] | None, now: datetime) -> int:
        """Try dead alerts again, these or all; return how many. Raises NotFoundError for one that is not dead."""
        at = codec.instant(now)
        with self._write() as db:
            dead = {row[0] for row in db.execute("SELECT id FROM outbox WHERE state = 'dead'")}
            if strangers := sorted(set(alerts or ()) - dead):
                raise NotFoundError(f"alert {strangers[0]} is not a dead letter")
            wanted = dead if alerts is None else dead.intersection(alerts)
            for alert in sorted(wanted):
                db.execute(
                    "UPDATE outbox SET state = 'pending', attempts = 0, next_at = ?, retried_at = ? WHERE id = ?",
                    [at, at, alert],
                )
        return len(wanted)

    def hold(self, alerts: Sequence[int], until: datetime, reason: str) -> None:
        """Hold alerts until an instant (quiet hours)."""
        with self._write() as db:
            for alert in alerts:
                db.execute(
                    "UPDATE outbox SET state = 'held', next_at = ?, reason = ? WHERE id = ? AND state IN"
                    " ('pending', 'held')",
                    [codec.instant(until), reason, alert],
                )

    # --- the rest -------------------------------------------------------------------------------

    def tell(self, notice: Notice, channels: Sequence[str], now: datetime) -> bool:
        """Keep a notice once per key and queue it for its channels; tell whether it is new."""
        with self._write() as db:
            return self._tell(db, notice, channels, codec.instant(now))

    def _tell(
        self, db: sqlite_utils.Database, notice: Notice, channels: Sequence[str], at: str | None
    ) -> bool:
        done = db.execute(
            "INSERT INTO notice (key, at, subject, text) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [notice.key, at, notice.subject, notice.text],
        )
        if done.rowcount:
            for channel in channels:
                self._queue(db, "notice", notice.key, channel, notice.subject, at, body=notice.text)
        return bool(done.rowcount)

    def save_digest(self, date: str, now: datetime, files: Mapping[str, str]) -> None:
        """Note that a day's digest stands on disk; files maps names to sha256."""
        with self._write() as db:
            db.table("digest").upsert(
                {"date": date, "written_at": codec.instant(now), "files": codec.dumps(dict(files))}, pk="date"
            )

    def tidy(self) -> None:
        """Fold the write-ahead log back into the database and refresh the planner's statistics."""
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.db.execute("PRAGMA optimize")


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold the data folder for one run, once or backfill at a time; raise StoreBusyError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / "monitor.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(f"the data folder {folder} cannot be used: {error.strerror}") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StoreBusyError(
                f"another run holds {folder}: stop it, or use another data folder"
            ) from error
        yield
    finally:
        os.close(handle)


def _move(db: sqlite_utils.Database, article: int, story: int, how: str, at: str | None) -> None:
    """Let an article stand in another story from now on; where it stood before stays known."""
    db.execute("UPDATE story_article SET left_at = ? WHERE article_id = ? AND left_at IS NULL", [at, article])
    db.table("story_article").insert({"article_id": article, "story_id": story, "at": at, "how": how})


def _absorb(db: sqlite_utils.Database, story: int, other: int, how: str, at: str | None) -> None:
    """Make another story part of this one: its articles, its alerts, and whom it was kept apart from."""
    members = db.execute(
        "SELECT article_id, how FROM story_member WHERE story_id = ? ORDER BY article_id", [other]
    ).fetchall()
    for article, before in members:
        _move(db, article, story, how if before == "first" else before, at)
    db.execute("UPDATE story SET merged_into = ? WHERE id = ?", [story, other])
    db.execute(  # a person wanted to hear nothing of the one, and it is part of this now
        "UPDATE story SET muted_until = (SELECT max(muted_until) FROM story WHERE id IN (?1, ?2)) WHERE id = ?1",
        [story, other],
    )
    for pair in db.execute(
        "SELECT story_id, other_id FROM story_apart WHERE ? IN (story_id, other_id)", [other]
    ).fetchall():
        third = pair[0] if pair[1] == other else pair[1]
        db.execute("DELETE FROM story_apart WHERE story_id = ? AND other_id = ?", pair)
        if third != story:
            db.execute(
                "INSERT INTO story_apart (story_id, other_id, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                [*sorted((story, third)), at],
            )
    db.execute("UPDATE outbox SET story_id = ? WHERE kind = 'update' AND story_id = ?", [story, other])
    for row in db.execute(
        "SELECT id, rule, channel, state, dedup_key FROM outbox WHERE kind = 'story' AND story_id = ?",
        [other],
    ).fetchall():
        _join_alert(db, story, *row)


def _join_alert(
    db: sqlite_utils.Database, story: int, alert: int, rule: str, channel: str, state: str, key: str
) -> None:
    """Give an alert of an absorbed story to its new one, which tells each rule and channel once."""
    own_key = f"story|{story}|{rule}|{channel}"
    twin = db.execute("SELECT id, state, story_id FROM outbox WHERE dedup_key = ?", [own_key]).fetchone()
    if twin is None:
        db.execute("UPDATE outbox SET story_id = ?, dedup_key = ? WHERE id = ?", [story, own_key, alert])
        return
    told = {state.value: rank for rank, states in enumerate(_TOLD) for state in states}
    if told[state] > told[twin[1]]:
        # The one that was sent, or is being sent, or waits while the other died, speaks for the story.
        before = db.execute("SELECT story_id FROM outbox WHERE id = ?", [alert]).fetchone()[0]
        db.execute("UPDATE outbox SET dedup_key = dedup_key || '|' WHERE id = ?", [twin[0]])
        db.execute("UPDATE outbox SET story_id = ?, dedup_key = ? WHERE id = ?", [story, own_key, alert])
        db.execute("UPDATE outbox SET story_id = ?, dedup_key = ? WHERE id = ?", [before, key, twin[0]])
        alert, state = twin[:2]
    if state in {AlertState.PENDING.value, AlertState.HELD.value}:
        db.execute(
            "UPDATE outbox SET state = 'held', next_at = NULL, reason = ? WHERE id = ?",
            [f"told as part of story {story}", alert],
        )


def _match_columns(match: Match) -> tuple[str, str, str, str]:
    return match.grade.value, codec.records(match.spans), codec.records(match.context), match.why


def _key(table: sqlite_utils.db.Table) -> int:
    """Return the key of the row just inserted."""
    key = table.last_pk
    assert isinstance(key, int)
    return key


def short_key(dedup_key: str) -> str:
    """Return the six hex digits by which a reader recognises a repeated alert."""
    return hashlib.sha256(dedup_key.encode()).hexdigest()[:6]
