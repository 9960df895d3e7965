"""What the database holds of each article, for exports: batch by batch, as it stood at one moment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from monitor.models import ArticleRecord, Grade, Match, Mention, Origin, Selection, Span
from monitor.store import codec

if TYPE_CHECKING:
    from monitor.store.queries import Queries

BATCH = 200  # articles

# The plus keeps the index of first_seen out: each batch would sort all that is left.
_WANTED = """
    a.read_at IS NOT NULL AND +a.first_seen >= :since AND +a.first_seen < :until
    AND (:every OR EXISTS (SELECT 1 FROM match m WHERE m.article_id = a.id AND m.withdrawn IS NULL
         AND (:rules = '[]' OR m.rule IN (SELECT value FROM json_each(:rules)))))
"""
_RECORDS = f"""
    SELECT a.id, a.identity, a.url, a.final_url, a.title, a.author, a.language, a.published, a.first_seen, a.read_at,
           a.origin, a.extractor, a.raw_sha256, a.text_sha256, a.ruleset, a.archive,
           f.title AS feed, f.outlet, s.story_id,
           word_count(a.text) AS words,
           (SELECT e.guid FROM entry e WHERE e.article_id = a.id AND e.guid <> '' ORDER BY e.id LIMIT 1) AS guid
    FROM article a JOIN feed f ON f.id = a.feed_id LEFT JOIN story_member s ON s.article_id = a.id
    WHERE a.id > :after AND {_WANTED} ORDER BY a.id LIMIT {BATCH}
"""


@contextmanager
def snapshot(store: Queries) -> Iterator[None]:
    """Let all that is read meanwhile be of one moment, whatever others write; the store must not be written to."""
    store.db.conn.execute("BEGIN")
    try:
        yield
    finally:
        if store.db.conn.in_transaction:  # a failed read may have ended it
            store.db.conn.execute("ROLLBACK")


def count(store: Queries, wanted: Selection) -> int:
    """Return how many records there are."""
    sql = f"SELECT count(*) FROM article a WHERE {_WANTED}"
    return int(store.db.execute(sql, _params(wanted)).fetchone()[0])


def records(store: Queries, wanted: Selection) -> Iterator[ArticleRecord]:
    """Yield the articles asked for, in the order of their numbers."""
    params = _params(wanted)
    first = store.db.execute(
        "SELECT min(id) FROM article WHERE first_seen >= ?", [params["since"]]
    ).fetchone()[0]
    params["after"] = (first or 1) - 1
    # So that no text leaves the database: a batch of pages can be large.
    store.db.register_function(_word_count, name="word_count", deterministic=True, replace=True)
    while rows := list(store.db.query(_RECORDS, params)):
        ids = json.dumps([row["id"] for row in rows])
        matches, mentions = _matches(store, ids), _mentions(store, ids)
        for row in rows:
            yield _record(row, matches.get(row["id"], ()), mentions.get(row["id"], ()))
        params["after"] = rows[-1]["id"]


def _params(wanted: Selection) -> dict[str, Any]:
    return {
        "since": codec.instant(wanted.since) or "",
        "until": codec.instant(wanted.until) or "9999",
        "rules": json.dumps(wanted.rules),
        "every": wanted.every,
    }


def _word_count(text: str) -> int:
    return len(text.split())


def _matches(store: Queries, ids: str) -> dict[int, list[Match]]:
    found: dict[int, list[Match]] = {}
    for row in store.db.query(
        "SELECT article_id, rule, grade, spans, context, why FROM match"
        " WHERE article_id IN (SELECT value FROM json_each(?)) AND withdrawn IS NULL ORDER BY article_id, rule",
        [ids],
    ):
        found.setdefault(row["article_id"], []).append(codec.parse_match(row))
    return found


def _mentions(store: Queries, ids: str) -> dict[int, list[Mention]]:
    found: dict[int, list[Mention]] = {}
    for article, entity, grade, field, start, end, text, alias in store.db.execute(
        "SELECT article_id, entity, grade, field, start, end, text, alias FROM mention"
        " WHERE article_id IN (SELECT value FROM json_each(?)) AND withdrawn IS NULL"
        " ORDER BY article_id, field = 'body', field, start, entity, end",
        [ids],
    ):
        span = Span(field, start, end, text, alias, entity)
        found.setdefault(article, []).append(Mention(entity, Grade(grade), span))
    return found


def _record(row: dict[str, Any], matches: Sequence[Match], mentions: Sequence[Mention]) -> ArticleRecord:
    fetched = row["raw_sha256"] or row["origin"] == Origin.PAGE.value
    return ArticleRecord(
        id=row["id"],
        url=row["url"],
        canonical_url=row["identity"] if row["identity"].startswith(("http://", "https://")) else "",
        final_url=row["final_url"],
        guid=row["guid"] or "",
        feed=row["feed"],
        outlet=row["outlet"],
        title=row["title"],
        author=row["author"],
        language=row["language"],
        published=codec.parse_stamp(row["published"]),
        first_seen=codec.known_instant(row["first_seen"]),
        fetched_at=codec.parse_instant(row["read_at"]) if fetched else None,
        origin=Origin(row["origin"] or Origin.TITLE),
        word_count=row["words"],
        matches=tuple(matches),
        mentions=tuple(mentions),
        raw_sha256=row["raw_sha256"],
        text_sha256=row["text_sha256"],
        archive_path=row["archive"],
        extractor=row["extractor"],
        ruleset=row["ruleset"],
        story=row["story_id"],
    )
