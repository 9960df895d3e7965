"""Every read. A reader of its own opens the database read-only and never holds up the writer."""

from __future__ import annotations

import heapq
import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlite_utils

from monitor.errors import StoreError
from monitor.models import (
    REGENERATED,
    Alert,
    AlertState,
    AllOf,
    AnyOf,
    ArticleView,
    Candidate,
    ChannelState,
    DayRecord,
    Feed,
    FeedHealth,
    FeedHistory,
    Grade,
    Health,
    IndexWord,
    Job,
    Match,
    Mention,
    Need,
    Origin,
    PageContext,
    Recall,
    Span,
    Stamp,
    Story,
    Verdict,
)
from monitor.store import codec
from monitor.store.changes import changes
from monitor.store.history import history
from monitor.store.schema import migrations

Asked = tuple[int, Collection[tuple[str, str]]]  # a feed's id, keys of entries
Known = tuple[dict[tuple[str, str], int], dict[int, tuple[str, str]]]  # ids by key, title and summary by id

_ARTICLE = """
    SELECT a.id, a.url, f.title AS feed, f.outlet, a.title, a.language, a.published, a.first_seen, a.verdict,
           a.origin, a.text, a.summary, a.author, a.text_sha256, a.read_at, a.aside, coalesce(s.how, '') AS how
    FROM article a JOIN feed f ON f.id = a.feed_id LEFT JOIN story_member s ON s.article_id = a.id
"""
_ALERT = """
    SELECT id, key, kind, story_id, article_id, rule, channel, state, attempts,
           coalesce(retried_at, created_at) AS created_at, next_at, sent_at, title, url, reason, last_error,
           possible_repeat, body
    FROM outbox
"""
_CANDIDATE = """
    SELECT a.id, a.language, a.title, a.sketch, a.signature, a.published, a.first_seen FROM article a
"""
_BELIEVED = timedelta(days=7)  # how old an article may be when it is first seen, for its date to be believed
_FIRST_BATCH, _LARGEST_BATCH = 25, 400  # articles
_NO_ID = 2**63 - 1
_ALWAYS = "9999"  # later than every instant


class Queries:
    """What can be asked of the database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.db = sqlite_utils.Database(connection, strict=True)
        self._candidates: dict[int, Candidate] = {}  # those of the last look

    @classmethod
    def open(cls, path: Path) -> Queries:
        """Open the database for reading; where there is none yet, an empty one that touches no file."""
        if path.parent.exists() and not path.parent.is_dir():
            raise StoreError(f"the data folder {path.parent} is not a folder")
        if not path.exists() or (path.is_file() and not path.stat().st_size):
            empty = cls(sqlite3.connect(":memory:", isolation_level=None))
            migrations.apply(empty.db)
            return empty
        try:
            connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)
            connection.execute("PRAGMA query_only = ON")
            reader = cls(connection)
            refuse_unknown(reader.db, path)
            pending = [migration.name for migration in migrations.pending(reader.db)]
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{path} cannot be read as the monitor's database: {error}") from error
        if pending:
            reader.close()
            raise StoreError(f"{path} is from an earlier version: run `monitor once` to bring it up to date")
        return reader

    def close(self) -> None:
        """Close the connection."""
        self.db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if isinstance(error, sqlite3.DatabaseError):
            raise StoreError(f"the database is damaged or out of reach: {error}") from error

    def _one(self, sql: str, params: Sequence[object] = ()) -> Any:
        row = self.db.execute(sql, list(params)).fetchone()
        return row[0] if row else None

    # --- feeds ----------------------------------------------------------------------------------

    def feeds(self) -> tuple[Feed, ...]:
        """Return every subscribed feed, in the order it was added."""
        return tuple(map(_feed, self.db.query("SELECT * FROM feed WHERE removed IS NULL ORDER BY id")))

    def due_feeds(self, now: datetime, horizon: timedelta) -> tuple[Feed, ...]:
        """Return the feeds that are to be polled now, the longest overdue first.

        What is due later than the horizon was set by a clock that was wrong, and is due now.
        """
        rows = self.db.query(
            "SELECT * FROM feed WHERE removed IS NULL AND NOT paused"
            " AND (next_due IS NULL OR next_due <= ? OR next_due > ?) ORDER BY coalesce(next_due, ''), id",
            [codec.instant(now), codec.instant(now + horizon)],
        )
        return tuple(map(_feed, rows))

    def known_entries(self, asked: Sequence[Asked]) -> list[Known]:
        """Return for each feed and the keys of its document which entries are known, and what they said."""
        answers = []
        for feed, keys in asked:
            known = self.known_keys(feed, keys) if keys else {}
            answers.append((known, self.entry_text(set(known.values())) if known else {}))
        return answers

    def known_keys(self, feed: int, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """Return the entry ids that a feed's keys belong to, for those that are known."""
        wanted = json.dumps([list(key) for key in keys])
        rows = self.db.execute(
            "SELECT k.kind, k.key, k.entry_id FROM json_each(?) AS w JOIN entry_key AS k"
            " ON k.feed_id = ? AND k.kind = w.value ->> 0 AND k.key = w.value ->> 1",
            [wanted, feed],
        )
        return {(kind, key): entry for kind, key, entry in rows}

    def recalls(self, feeds: Sequence[int]) -> list[Recall]:
        """Return what the last document of each feed held."""
        rows = self.db.execute(
            "SELECT feed_id, frame, policy, items FROM recall WHERE feed_id IN (SELECT value FROM json_each(?))",
            [json.dumps(feeds)],
        )
        found = {
            feed: Recall(frame, policy, codec.parse_known_items(items)) for feed, frame, policy, items in rows
        }
        return [found.get(feed, Recall()) for feed in feeds]

    def known_articles(self, identities: Sequence[str]) -> list[bool]:
        """Tell of each identity whether there is an article of it."""
        rows = self.db.execute(
            "SELECT identity FROM article WHERE identity IN (SELECT value FROM json_each(?))",
            [json.dumps(identities)],
        )
        known = {identity for (identity,) in rows}
        return [identity in known for identity in identities]

    def archive_done(self, name: str, size: int, wanted: str) -> int:
        """Return how many bytes of a web archive were read, looking for what `wanted` stands for."""
        row = self.db.execute(
            "SELECT done FROM archive WHERE name = ? AND size = ? AND wanted = ?", [name, size, wanted]
        ).fetchone()
        return int(row[0]) if row else 0

    def entry_text(self, entries: Iterable[int]) -> dict[int, tuple[str, str]]:
        """Return title and summary of entries as last seen."""
        rows = self.db.execute(
            "SELECT id, title, summary FROM entry WHERE id IN (SELECT value FROM json_each(?))",
            [json.dumps(list(entries))],
        )
        return {entry: (title, summary) for entry, title, summary in rows}

    def feed_health(
        self,
        start: datetime,
        end: datetime,
        judge: Callable[[FeedHistory], Health],
    ) -> tuple[FeedHealth, ...]:
        """Return what could be seen of each feed in [start, end), and its condition as known at the end."""
        rows = self.db.query(
            """
            SELECT f.id, f.url, f.title, f.language, f.outlet, f.paused,
                   count(p.id) AS polls, coalesce(sum(p.outcome = 'failed'), 0) AS failures,
                   coalesce(max(p.entries), 0) AS entries, coalesce(sum(p.new_entries), 0) AS new_entries,
                   coalesce(sum(p.held) FILTER (WHERE p.held_reason <> :renamed), 0) AS held
            FROM feed f LEFT JOIN poll p ON p.feed_id = f.id AND p.at >= :start AND p.at < :end
            WHERE f.added < :end AND (f.removed IS NULL OR f.removed > :start)
            GROUP BY f.id ORDER BY f.id
            """,
            {"start": codec.instant(start), "end": codec.instant(end), "renamed": REGENERATED},
        )
        return tuple(
            _health(row, seen, judge(seen))
            for row in rows
            for seen in [history(self, row["id"], start, end, paused=bool(row["paused"]))]
        )

    # --- articles -------------------------------------------------------------------------------

    def due_jobs(self, now: datetime, limit: int, skip: Iterable[int] = ()) -> tuple[Job, ...]:
        """Return articles whose pages are to be read now, without those in `skip`.

        What may alert comes first, so that no archive keeps the news waiting; then the oldest.
        """
        rows = self.db.query(
            """
            SELECT a.id, a.url, a.title, a.summary, a.content, a.author, a.published, a.may_alert, a.held_reason,
                   f.outlet, f.url AS feed_url, coalesce(nullif(a.language, ''), f.language) AS language,
                   j.attempts, j.first_tried
            FROM job j JOIN article a ON a.id = j.article_id JOIN feed f ON f.id = a.feed_id
            WHERE j.next_at <= ? AND a.id NOT IN (SELECT value FROM json_each(?))
            ORDER BY a.may_alert DESC, j.next_at, a.id LIMIT ?
            """,
            [codec.instant(now), json.dumps(list(skip)), limit],
        )
        return tuple(map(_job, rows))

    def candidates(self, since: datetime) -> tuple[Candidate, ...]:
        """Return the articles that were placed in a story since then, in the order of their numbers."""
        stories = dict(
            self.db.execute(
                "SELECT article_id, story_id FROM story_member WHERE at >= ? ORDER BY article_id",
                [codec.instant(since)],
            ).fetchall()
        )
        # What an article says does not change once it was read, and this is asked for every match.
        unknown = json.dumps(sorted(stories.keys() - self._candidates.keys()))
        rows = self.db.query(_CANDIDATE + " WHERE a.id IN (SELECT value FROM json_each(?))", [unknown])
        self._candidates |= {row["id"]: _candidate(row) for row in rows}
        self._candidates = {number: self._candidates[number] for number in stories}
        return tuple(replace(self._candidates[number], story=story) for number, story in stories.items())

    def apart(self) -> frozenset[frozenset[int]]:
        """Return the pairs of stories that a person put asunder."""
        return frozenset(map(frozenset, self.db.execute("SELECT story_id, other_id FROM story_apart")))

    def stale_articles(self, ruleset: str, limit: int) -> tuple[ArticleView, ...]:
        """Return stored articles that the present rules have not seen, newest first."""
        rows = self.db.query(
            _ARTICLE + " WHERE a.read_at IS NOT NULL AND a.ruleset <> ? ORDER BY a.id DESC LIMIT ?",
            [ruleset, limit],
        )
        return tuple(_article(row) for row in rows)

    def worth_trying(self, need: Need, *, since: datetime | None = None) -> Iterator[ArticleView]:
        """Yield the articles that may hold what a query needs, newest first, without matches and mentions.

        Those that the index does not know yet are always among them.
        """
        ids = self.ids_worth_trying(need, since=since)
        size = _FIRST_BATCH
        while batch := list(islice(ids, size)):
            yield from self.bare_articles(batch)
            size = min(2 * size, _LARGEST_BATCH)

    def ids_worth_trying(self, need: Need, *, since: datetime | None = None) -> Iterator[int]:
        """Yield the ids of the same articles."""
        oldest = 0
        if since is not None:
            first = self._one("SELECT min(id) FROM article WHERE first_seen >= ?", [codec.instant(since)])
            oldest = _NO_ID if first is None else first
        unknown = self.db.execute(
            "SELECT id FROM article WHERE NOT indexed AND read_at IS NOT NULL AND id >= ? ORDER BY id DESC",
            [oldest],
        )
        known: Iterable[tuple[int]] = ()
        if need == AllOf():
            known = self.db.execute(
                "SELECT id FROM article WHERE indexed AND id >= ? ORDER BY id DESC", [oldest]
            )
        elif need != AnyOf():
            known = self.db.execute(
                "SELECT rowid FROM article_words WHERE article_words MATCH ? AND rowid >= ? ORDER BY rowid DESC",
                [_fts(need), oldest],
            )
        yield from (row[0] for row in heapq.merge(known, unknown, reverse=True))

    def bare_articles(self, articles: Sequence[int]) -> Iterator[ArticleView]:
        """Yield articles without matches and mentions, newest first."""
        rows = self.db.query(
            _ARTICLE + " WHERE a.id IN (SELECT value FROM json_each(?)) ORDER BY a.id DESC",
            [json.dumps(articles)],
        )
        yield from map(_article, rows)

    def standing_grades(self, articles: Sequence[int]) -> dict[int, dict[str, Grade]]:
        """Return for each of some articles the rules that match it, with their grades."""
        found: dict[int, dict[str, Grade]] = {}
        for article, rule, grade in self.db.execute(
            "SELECT article_id, rule, grade FROM match"
            " WHERE article_id IN (SELECT value FROM json_each(?)) AND withdrawn IS NULL",
            [json.dumps(articles)],
        ):
            found.setdefault(article, {})[rule] = Grade(grade)
        return found

    def stories_of(self, articles: Sequence[int]) -> dict[int, int]:
        """Return the stories that some articles stand in."""
        rows = self.db.execute(
            "SELECT article_id, story_id FROM story_member WHERE article_id IN (SELECT value FROM json_each(?))",
            [json.dumps(articles)],
        )
        return dict(rows.fetchall())

    def ids_with_matches(self, since: datetime | None) -> set[int]:
        """Return the articles first seen since then that some rule matches."""
        rows = self.db.execute(
            "SELECT DISTINCT m.article_id FROM match m JOIN article a ON a.id = m.article_id"
            " WHERE m.withdrawn IS NULL AND a.first_seen >= ?",
            [codec.instant(since) or ""],
        )
        return {row[0] for row in rows}

    def read_since(self, since: datetime | None) -> tuple[int, timedelta]:
        """Return how many articles first seen since then were read, and the time from the first to the last."""
        count, first, last = self.db.execute(
            "SELECT count(*), min(first_seen), max(first_seen) FROM article"
            " WHERE read_at IS NOT NULL AND first_seen >= ?",
            [codec.instant(since) or ""],
        ).fetchone()
        return count, codec.known_instant(last) - codec.known_instant(first) if count else timedelta(0)

    def last_texts(self, site: str, limit: int, length: int) -> tuple[tuple[int, str, str], ...]:
        """Return id, title and the beginning of the text of the articles last read of a site, oldest first.

        A site is a host without www. and its port; `length` is in characters.
        """
        starts = [f"{scheme}://{www}{site}" for scheme in ("http", "https") for www in ("", "www.")]
        ranges = " OR ".join("identity >= ? AND identity < ?" for _ in starts)
        rows = self.db.execute(
            "SELECT id, title, substr(text, 1, ?) FROM article WHERE id IN ("
            f" SELECT id FROM article WHERE ({ranges}) AND id NOT IN (SELECT article_id FROM job)"
            "  ORDER BY id DESC LIMIT ?) ORDER BY id",
            [
                length,
                *(start + end for start in starts for end in ("/", "0")),
                limit,
            ],  # 0 comes after the slash
        )
        return tuple(rows.fetchall())

    def article(self, article: int) -> ArticleView | None:
        """Return one article with its matches, or None."""
        found = self._articles(" WHERE a.id = ?", [article], as_of=_ALWAYS)
        return found[0] if found else None

    def _articles(self, where: str, params: Sequence[object], *, as_of: str) -> tuple[ArticleView, ...]:
        views = [_article(row) for row in self.db.query(_ARTICLE + where, list(params))]
        wanted = json.dumps([view.id for view in views])
        matches: dict[int, list[Match]] = {}
        for row in self.db.query(
            "SELECT * FROM match WHERE article_id IN (SELECT value FROM json_each(?)) AND at < ?"
            " AND (withdrawn IS NULL OR withdrawn >= ?) ORDER BY rule",
            [wanted, as_of, as_of],
        ):
            matches.setdefault(row["article_id"], []).append(codec.parse_match(row))
        mentions = self._mentions(wanted, as_of)
        return tuple(
            replace(view, matches=tuple(matches.get(view.id, ())), mentions=tuple(mentions.get(view.id, ())))
            for view in views
        )

    def _mentions(self, articles: str, as_of: str) -> dict[int, list[Mention]]:
        """Return the entities found in articles, whose ids are a JSON list, as known before `as_of`."""
        mentions: dict[int, list[Mention]] = {}
        for row in self.db.query(
            "SELECT * FROM mention WHERE article_id IN (SELECT value FROM json_each(?)) AND at < ?"
            " AND (withdrawn IS NULL OR withdrawn >= ?)"
            " ORDER BY article_id, field = 'body', field, start, entity",
            [articles, as_of, as_of],
        ):
            span = Span(row["field"], row["start"], row["end"], row["text"], row["alias"], row["entity"])
            mentions.setdefault(row["article_id"], []).append(
                Mention(row["entity"], Grade(row["grade"]), span)
            )
        return mentions

    # --- stories --------------------------------------------------------------------------------

    def stories(self, *, since: datetime | None = None, limit: int = 50) -> tuple[Story, ...]:
        """Return stories, the most recently touched first; origins are not yet counted."""
        rows = self.db.execute(
            "SELECT story_id FROM story_member WHERE at >= ? GROUP BY story_id"
            " ORDER BY max(at) DESC, story_id DESC LIMIT ?",
            [codec.instant(since) or "", limit],
        )
        return self._stories([row[0] for row in rows], as_of=_ALWAYS)

    def story(self, story: int) -> Story | None:
        """Return one story, or None; the number of one that was merged gives what it is part of."""
        found = self._stories([self.survivor(story)], as_of=_ALWAYS)
        return found[0] if found else None

    def stories_by_id(self, stories: Sequence[int]) -> tuple[Story, ...]:
        """Return some stories; origins are not yet counted."""
        return self._stories(stories, as_of=_ALWAYS)

    def survivor(self, story: int) -> int:
        """Return the story that a number stands for: its own, or that of the story it was merged into."""
        row = self.db.execute(
            "WITH RECURSIVE into_(id, next) AS (SELECT id, merged_into FROM story WHERE id = ?"
            " UNION ALL SELECT s.id, s.merged_into FROM story s JOIN into_ ON s.id = into_.next)"
            " SELECT id FROM into_ WHERE next IS NULL",
            [story],
        ).fetchone()
        return row[0] if row else story

    def _stories(self, ids: Sequence[int], *, as_of: str) -> tuple[Story, ...]:
        """Build stories in the given order, as they stood before `as_of`."""
        known = {
            row[0]: (codec.known_instant(row[1]), codec.parse_instant(row[2]))
            for row in self.db.execute(
                "SELECT id, first_seen, muted_until FROM story WHERE id IN (SELECT value FROM json_each(?))",
                [json.dumps(list(ids))],
            )
        }
        members: dict[int, dict[int, str]] = {}
        for story, article, how in self.db.execute(
            "SELECT story_id, article_id, how FROM story_article"
            " WHERE story_id IN (SELECT value FROM json_each(?)) AND at < ?"
            " AND (left_at IS NULL OR left_at >= ?) ORDER BY at, article_id",
            [json.dumps(list(ids)), as_of, as_of],
        ):
            members.setdefault(story, {})[article] = how
        wanted = json.dumps([article for group in members.values() for article in group])
        articles = {
            view.id: view
            for view in self._articles(
                " WHERE a.id IN (SELECT value FROM json_each(?))", [wanted], as_of=as_of
            )
        }
        return tuple(
            _story(
                story,
                *known[story],
                [replace(articles[article], how=how) for article, how in members[story].items()],
            )
            for story in ids
            if story in members
        )

    # --- the outbox -----------------------------------------------------------------------------

    def alerts(self, limit: int | None = None, *, story: int | None = None) -> tuple[Alert, ...]:
        """Return the outbox, or what it holds of one story, newest first."""
        rows = self.db.query(
            _ALERT + " WHERE ?1 IS NULL OR story_id = ?1 ORDER BY id DESC LIMIT ?2",
            [story, -1 if limit is None else limit],
        )
        return tuple(map(_alert, rows))

    def waiting(self, now: datetime) -> dict[str, tuple[Alert, ...]]:
        """Return the alerts that are due, oldest first, by channel."""
        rows = self.db.query(
            _ALERT + " WHERE state IN ('pending', 'held') AND next_at <= ?1 AND NOT EXISTS"
            " (SELECT 1 FROM story WHERE story.id = story_id AND muted_until > ?1) ORDER BY created_at, id",
            [codec.instant(now)],
        )
        channels: dict[str, list[Alert]] = {}
        for row in rows:
            channels.setdefault(row["channel"], []).append(_alert(row))
        return {name: tuple(alerts) for name, alerts in channels.items()}

    def pending(self) -> int:
        """Return how many alerts still wait to be sent; what a guard holds does not wait."""
        return int(
            self._one(
                "SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending')"
                " OR (state = 'held' AND next_at IS NOT NULL)"
            )
        )

    def channel_state(self, name: str, now: datetime) -> ChannelState:
        """Return what is remembered of a channel."""
        sent = self._one(
            "SELECT count(*) FROM delivery WHERE channel = ? AND outcome = 'ok' AND at > ?",
            [name, codec.instant(now - timedelta(hours=1))],
        )
        row = next(iter(self.db.query("SELECT * FROM channel_state WHERE name = ?", [name])), None)
        if row is None:
            return ChannelState(name=name, sent_last_hour=sent)
        return ChannelState(
            name=name,
            failures=row["failures"],
            retry_at=codec.parse_instant(row["retry_at"]),
            last_sent=codec.parse_instant(row["last_sent"]),
            sent_last_hour=sent,
            down_since=codec.parse_instant(row["down_since"]),
        )

    # --- days and state -------------------------------------------------------------------------

    def day(
        self,
        start: datetime,
        end: datetime,
        judge: Callable[[FeedHistory], Health],
    ) -> DayRecord:
        """Return what was recorded in [start, end), as it stood at the end: the same at any later time."""
        window = [codec.instant(start), codec.instant(end)]
        touched = self.db.execute(
            "SELECT DISTINCT s.story_id FROM match m JOIN story_article s ON s.article_id = m.article_id"
            " WHERE m.live AND m.found >= ? AND m.found < ? AND m.at < ?"
            " AND (m.withdrawn IS NULL OR m.withdrawn >= ?)"
            " AND s.at < ? AND (s.left_at IS NULL OR s.left_at >= ?) ORDER BY s.story_id",
            [*window, *[window[1]] * 4],
        )
        return DayRecord(
            start=start,
            end=end,
            stories=self._stories([row[0] for row in touched], as_of=window[1] or ""),
            feeds=self.feed_health(start, end, judge),
            entries=self._one("SELECT count(*) FROM entry WHERE first_seen >= ? AND first_seen < ?", window),
            articles=self._one("SELECT count(*) FROM article WHERE read_at >= ? AND read_at < ?", window),
            matches=self._one(
                "SELECT count(*) FROM match WHERE live AND found >= ? AND found < ? AND at < ?"
                " AND (withdrawn IS NULL OR withdrawn >= ?)",
                [*window, window[1], window[1]],
            ),
            verdicts=tuple(
                self.db.execute(
                    "SELECT verdict, count(*) FROM article WHERE read_at >= ? AND read_at < ?"
                    " GROUP BY verdict ORDER BY verdict",
                    window,
                ).fetchall()
            ),
            notices=tuple(
                (codec.known_instant(at), subject, text)
                for at, subject, text in self.db.execute(
                    "SELECT at, subject, text FROM notice WHERE at >= ? AND at < ? ORDER BY at, id", window
                )
            ),
            changes=changes(self, start, end),
            ruleset=self._one(
                "SELECT digest FROM ruleset WHERE since < ? ORDER BY id DESC LIMIT 1", window[1:]
            )
            or "",
        )

    def first_activity(self) -> datetime | None:
        """Return when the first poll was made."""
        return codec.parse_instant(self._one("SELECT min(at) FROM poll"))

    def digests(self) -> frozenset[str]:
        """Return the local days whose digest has been written."""
        return frozenset(row[0] for row in self.db.execute("SELECT date FROM digest"))

    def counts(self) -> dict[str, int]:
        """Return how much the database holds."""
        return {
            "entries": self._one("SELECT count(*) FROM entry"),
            "articles": self._one("SELECT count(*) FROM article"),
            "matches": self._one("SELECT count(*) FROM match WHERE withdrawn IS NULL"),
            "stories": self._one("SELECT count(*) FROM story"),
            "unread": self._one("SELECT count(*) FROM job"),
            "pending": self.pending(),
            "dead": self._one("SELECT count(*) FROM outbox WHERE state = 'dead'"),
        }

    def oldest_due(self) -> datetime | None:
        """Return the earliest time at which a feed is or was due."""
        return codec.parse_instant(
            self._one("SELECT min(next_due) FROM feed WHERE removed IS NULL AND NOT paused")
        )


def _fts(need: Need) -> str:
    """Write a need as a question to FTS5."""
    match need:
        case IndexWord(text, prefix):
            return f'"{text}"*' if prefix else f'"{text}"'
        case AllOf(parts):
            return f"({' AND '.join(map(_fts, parts))})"
        case AnyOf(parts):
            return f"({' OR '.join(map(_fts, parts))})"


def refuse_unknown(db: sqlite_utils.Database, path: Path) -> None:
    """Raise StoreError for a database of another program, or of a later version of this one."""
    tables = set(db.table_names())
    if not tables:
        return
    if "_sqlite_migrations" not in tables:
        raise StoreError(f"{path} is a database of another program")
    own = {migration.name for migration in migrations.pending(sqlite_utils.Database(memory=True))}
    written = {row[0] for row in db.execute("SELECT name FROM _sqlite_migrations")}
    if written - own:
        raise StoreError(f"{path} was written by a later version of this program")


def _feed(row: dict[str, Any]) -> Feed:
    return Feed(
        id=row["id"],
        url=row["url"],
        title=row["title"],
        language=row["language"],
        folders=tuple(json.loads(row["folders"])),
        outlet=row["outlet"],
        etag=row["etag"],
        last_modified=row["last_modified"],
        body_sha256=row["body_sha256"],
        next_due=codec.parse_instant(row["next_due"]),
        interval_s=row["interval_s"],
        failures=row["failures"],
        first_polled=codec.parse_instant(row["first_polled"]),
        last_polled=codec.parse_instant(row["last_polled"]),
        last_ok=codec.parse_instant(row["last_ok"]),
        last_new=codec.parse_instant(row["last_new"]),
        last_full=codec.parse_instant(row["last_full"]),
        guid_policy=row["guid_policy"],
        problem=row["problem"],
        detail=row["detail"],
        paused=bool(row["paused"]),
        moved_to=row["moved_to"],
        moved_since=codec.parse_instant(row["moved_since"]),
        moved_polls=row["moved_polls"],
    )


def _health(row: dict[str, Any], seen: FeedHistory, health: Health) -> FeedHealth:
    return FeedHealth(
        feed=row["title"],
        url=row["url"],
        outlet=row["outlet"],
        language=row["language"],
        kind="",
        country="",
        state=health.state,
        detail=health.why,
        polls=row["polls"],
        failures=row["failures"],
        entries=row["entries"],
        new_entries=row["new_entries"],
        last_ok=seen.last_ok,
        held=row["held"],
        condition=health.condition,
        since=health.since,
    )


def _job(row: dict[str, Any]) -> Job:
    return Job(
        article=row["id"],
        feed_url=row["feed_url"],
        outlet=row["outlet"],
        attempts=row["attempts"],
        first_tried=codec.parse_instant(row["first_tried"]),
        context=PageContext(
            url=row["url"],
            title=row["title"],
            summary=row["summary"],
            content=row["content"],
            author=row["author"],
            published=codec.parse_stamp(row["published"]),
            language=row["language"],
            host="",
            kind="",
        ),
        may_alert=bool(row["may_alert"]),
        held_reason=row["held_reason"],
    )


def _article(row: dict[str, Any]) -> ArticleView:
    return ArticleView(
        id=row["id"],
        url=row["url"],
        feed=row["feed"],
        outlet=row["outlet"],
        kind="",
        title=row["title"],
        language=row["language"],
        published=codec.parse_stamp(row["published"]),
        first_seen=codec.known_instant(row["first_seen"]),
        verdict=Verdict(row["verdict"] or Verdict.EMPTY),
        origin=Origin(row["origin"] or Origin.TITLE),
        text=row["text"],
        summary=row["summary"],
        author=row["author"],
        text_sha256=row["text_sha256"],
        how=row["how"],
        fetched_at=codec.parse_instant(row["read_at"]) if row["origin"] == Origin.PAGE.value else None,
        aside=codec.parse_stretches(row["aside"]),
    )


def _candidate(row: dict[str, Any]) -> Candidate:
    published, seen = codec.parse_stamp(row["published"]), codec.known_instant(row["first_seen"])
    return Candidate(
        article=row["id"],
        story=None,
        language=row["language"],
        title=row["title"],
        sketch=codec.parse_sketch(row["sketch"]),
        signature=codec.parse_signature(row["signature"]),
        at=told_at(published, seen),
    )


def told_at(published: Stamp | None, seen: datetime) -> datetime:
    """Return when something was told: as its date says, unless that is no date or one of another week."""
    at = published.at if published is not None else None
    return at if at is not None and seen - _BELIEVED <= at <= seen else seen


def _story(
    story: int, first_seen: datetime, muted_until: datetime | None, articles: list[ArticleView]
) -> Story:
    # The head is the same in whatever order its articles came: who told it first.
    articles.sort(key=lambda one: (told_at(one.published, one.first_seen), one.id))
    rules: dict[str, None] = {}
    for article in articles:
        for match in article.matches:
            rules[match.rule] = None
    return Story(
        id=story,
        title=articles[0].title,
        first_seen=first_seen,
        muted_until=muted_until,
        articles=tuple(articles),
        rules=tuple(rules),
        origins=0,
        sources=len({article.outlet or article.feed for article in articles}),
    )


def _alert(row: dict[str, Any]) -> Alert:
    return Alert(
        id=row["id"],
        key=row["key"],
        kind=row["kind"],
        story=row["story_id"],
        rule=row["rule"],
        channel=row["channel"],
        state=AlertState(row["state"]),
        attempts=row["attempts"],
        created_at=codec.known_instant(row["created_at"]),
        next_at=codec.parse_instant(row["next_at"]),
        sent_at=codec.parse_instant(row["sent_at"]),
        title=row["title"],
        url=row["url"],
        reason=row["reason"],
        last_error=row["last_error"],
        possible_repeat=bool(row["possible_repeat"]),
        article=row["article_id"],
        body=row["body"],
    )
