"""The tables, one migration after another. A migration that has landed is never edited."""

from __future__ import annotations

import sqlite_utils
from sqlite_utils import Migrations

migrations = Migrations("monitor")


@migrations()
def m001_the_pipeline(db: sqlite_utils.Database) -> None:
    """Make the tables of feeds, their polls and entries; articles and what was read; matches, stories, outbox."""
    for statement in _PIPELINE:
        db.execute(statement)


@migrations()
def m002_boilerplate(db: sqlite_utils.Database) -> None:
    """Keep which stretches of a text the rules do not read."""
    db.execute("ALTER TABLE article ADD COLUMN aside TEXT NOT NULL DEFAULT '[]'")  # JSON, [start, end) each


@migrations()
def m003_search(db: sqlite_utils.Database) -> None:
    """Make the index that searches ask; what was read before gets into it when the rules next see it."""
    # The words come folded and cut (Folded.index_words), and to this tokenizer every letter beyond ASCII is one.
    db.execute(
        "CREATE VIRTUAL TABLE article_words USING fts5(words, content='', detail=none, tokenize='ascii', prefix='3')"
    )
    db.execute("ALTER TABLE article ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0")
    db.execute("CREATE INDEX article_unindexed ON article(id) WHERE indexed = 0 AND read_at IS NOT NULL")
    db.execute("CREATE INDEX article_first_seen ON article(first_seen)")
    db.execute("UPDATE article SET ruleset = '' WHERE read_at IS NOT NULL")


@migrations()
def m004_stories(db: sqlite_utils.Database) -> None:
    """Let stories become one and be parted, keeping who stood in which at any time; mute them; retry alerts."""
    for statement in _STORIES:
        db.execute(statement)


@migrations()
def m005_bodies(db: sqlite_utils.Database) -> None:
    """Keep what an alert says apart from why it is held."""
    db.execute(
        "ALTER TABLE outbox ADD COLUMN body TEXT NOT NULL DEFAULT ''"
    )  # of a notice; of an update, a line each
    db.execute("UPDATE outbox SET body = reason, reason = '' WHERE kind = 'notice'")


@migrations()
def m006_recall(db: sqlite_utils.Database) -> None:
    """Keep of each feed's last document what the next poll need not parse again."""
    db.execute(
        """
        CREATE TABLE recall (
            feed_id INTEGER PRIMARY KEY REFERENCES feed(id),
            frame   TEXT NOT NULL,                     -- models.Recall
            policy  TEXT NOT NULL,
            items   TEXT NOT NULL                      -- JSON, models.KnownItem, a list each
        ) STRICT
        """
    )


@migrations()
def m007_archives(db: sqlite_utils.Database) -> None:
    """Keep which web archives were read, how far, and where in them an article stands."""
    db.execute("ALTER TABLE article ADD COLUMN archive TEXT NOT NULL DEFAULT ''")  # file#record
    db.execute(
        """
        CREATE TABLE archive (
            name   TEXT NOT NULL,                      -- of the file
            size   INTEGER NOT NULL,                   -- bytes
            wanted TEXT NOT NULL,                      -- digest of what was looked for, by which rules
            done   INTEGER NOT NULL,                   -- bytes: everything before was read
            at     TEXT NOT NULL,
            PRIMARY KEY (name, size, wanted)
        ) STRICT, WITHOUT ROWID
        """
    )


_STORIES = (
    "ALTER TABLE article ADD COLUMN signature TEXT NOT NULL DEFAULT ''",  # JSON, models.Signature
    "ALTER TABLE story ADD COLUMN merged_into INTEGER REFERENCES story(id)",
    "ALTER TABLE story ADD COLUMN muted_until TEXT",
    "ALTER TABLE outbox ADD COLUMN retried_at TEXT",  # when a person asked for a dead alert to be tried again
    "ALTER TABLE story_article RENAME TO story_article_before",
    """
    CREATE TABLE story_article (
        article_id INTEGER NOT NULL REFERENCES article(id),
        story_id   INTEGER NOT NULL REFERENCES story(id),
        at         TEXT NOT NULL,
        how        TEXT NOT NULL,                  -- models.Placement.how
        left_at    TEXT                            -- when its story became another's, or it was taken out
    ) STRICT
    """,
    "INSERT INTO story_article SELECT article_id, story_id, at, how, NULL FROM story_article_before",
    "DROP TABLE story_article_before",
    "CREATE UNIQUE INDEX story_article_once ON story_article(article_id) WHERE left_at IS NULL",
    "CREATE INDEX story_article_story ON story_article(story_id)",
    "CREATE INDEX story_article_at ON story_article(at)",
    "CREATE VIEW story_member AS SELECT article_id, story_id, at, how FROM story_article WHERE left_at IS NULL",
    """
    CREATE TABLE story_apart (                     -- pairs that a person put asunder; the smaller id first
        story_id INTEGER NOT NULL REFERENCES story(id),
        other_id INTEGER NOT NULL REFERENCES story(id),
        at       TEXT NOT NULL,
        PRIMARY KEY (story_id, other_id)
    ) STRICT, WITHOUT ROWID
    """,
)
_PIPELINE = (
    """
    CREATE TABLE feed (
        id            INTEGER PRIMARY KEY,
        url           TEXT NOT NULL UNIQUE,
        title         TEXT NOT NULL,
        language      TEXT NOT NULL DEFAULT '',
        folders       TEXT NOT NULL DEFAULT '[]',
        outlet        TEXT NOT NULL DEFAULT '',
        added         TEXT NOT NULL,               -- when it first stood in feeds.opml
        removed       TEXT,                        -- when it no longer did; null while it does
        paused        INTEGER NOT NULL DEFAULT 0,
        etag          TEXT NOT NULL DEFAULT '',
        last_modified TEXT NOT NULL DEFAULT '',
        body_sha256   TEXT NOT NULL DEFAULT '',
        next_due      TEXT,                        -- null: now
        interval_s    INTEGER NOT NULL DEFAULT 0,
        failures      INTEGER NOT NULL DEFAULT 0,  -- in a row
        first_polled  TEXT,                        -- the first poll that gave a feed
        last_polled   TEXT,
        last_ok       TEXT,
        last_new      TEXT,
        last_full     TEXT,
        guid_policy   TEXT NOT NULL DEFAULT 'guid',
        problem       TEXT NOT NULL DEFAULT '',
        detail        TEXT NOT NULL DEFAULT '',
        moved_to      TEXT NOT NULL DEFAULT '',    -- where every hop says, permanently, that it now is
        moved_since   TEXT,
        moved_polls   INTEGER NOT NULL DEFAULT 0   -- polls in a row that said so and gave this feed
    ) STRICT
    """,
    """
    CREATE TABLE poll (
        id          INTEGER PRIMARY KEY,
        feed_id     INTEGER NOT NULL REFERENCES feed(id),
        at          TEXT NOT NULL,
        outcome     TEXT NOT NULL,                 -- changed | unchanged | failed
        status      INTEGER,
        bytes       INTEGER NOT NULL DEFAULT 0,
        elapsed_ms  INTEGER NOT NULL DEFAULT 0,
        entries     INTEGER NOT NULL DEFAULT 0,
        new_entries INTEGER NOT NULL DEFAULT 0,
        held        INTEGER NOT NULL DEFAULT 0,    -- new entries that may not alert
        held_reason TEXT NOT NULL DEFAULT '',
        undated     INTEGER NOT NULL DEFAULT 0,    -- entries without a date
        characters  INTEGER NOT NULL DEFAULT 0,    -- of text in the median entry
        moved_to    TEXT NOT NULL DEFAULT '',      -- where every hop said, permanently, that the feed now is
        blind_s     INTEGER NOT NULL DEFAULT 0,    -- seconds before it in which the feed should have been read
        problem     TEXT NOT NULL DEFAULT '',
        detail      TEXT NOT NULL DEFAULT ''
    ) STRICT
    """,
    "CREATE INDEX poll_at ON poll(at)",
    "CREATE INDEX poll_feed ON poll(feed_id, at)",
    "CREATE INDEX poll_news ON poll(feed_id, at) WHERE new_entries > held",
    "CREATE INDEX poll_document ON poll(feed_id, at) WHERE outcome = 'changed' AND entries > 0",
    "CREATE INDEX poll_blind ON poll(feed_id, at) WHERE blind_s > 0",
    """
    CREATE TABLE article (
        id          INTEGER PRIMARY KEY,
        identity    TEXT NOT NULL UNIQUE,          -- canonical URL, or feed and guid where there is none
        feed_id     INTEGER NOT NULL REFERENCES feed(id),
        url         TEXT NOT NULL,
        title       TEXT NOT NULL,
        summary     TEXT NOT NULL,
        content     TEXT NOT NULL,
        author      TEXT NOT NULL,
        language    TEXT NOT NULL,
        published   TEXT,                          -- JSON, models.Stamp
        first_seen  TEXT NOT NULL,
        may_alert   INTEGER NOT NULL,
        held_reason TEXT NOT NULL DEFAULT '',
        -- what reading it gave; read_at is null until then
        read_at     TEXT,
        final_url   TEXT NOT NULL DEFAULT '',
        text        TEXT NOT NULL DEFAULT '',
        verdict     TEXT NOT NULL DEFAULT '',
        origin      TEXT NOT NULL DEFAULT '',
        extractor   TEXT NOT NULL DEFAULT '',
        raw_sha256  TEXT NOT NULL DEFAULT '',      -- of the page's bytes as fetched
        text_sha256 TEXT NOT NULL DEFAULT '',
        note        TEXT NOT NULL DEFAULT '',
        ruleset     TEXT NOT NULL DEFAULT '',
        sketch      BLOB
    ) STRICT
    """,
    "CREATE INDEX article_read ON article(read_at)",
    "CREATE INDEX article_ruleset ON article(ruleset) WHERE read_at IS NOT NULL",
    """
    CREATE TABLE entry (
        id         INTEGER PRIMARY KEY,
        feed_id    INTEGER NOT NULL REFERENCES feed(id),
        article_id INTEGER NOT NULL REFERENCES article(id),
        guid       TEXT NOT NULL,
        url        TEXT NOT NULL,
        title      TEXT NOT NULL,
        summary    TEXT NOT NULL,
        published  TEXT,
        updated    TEXT,
        first_seen TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX entry_article ON entry(article_id)",
    "CREATE INDEX entry_feed ON entry(feed_id, first_seen)",
    """
    CREATE TABLE entry_key (
        feed_id  INTEGER NOT NULL REFERENCES feed(id),
        kind     TEXT NOT NULL,
        key      TEXT NOT NULL,
        entry_id INTEGER NOT NULL REFERENCES entry(id),
        PRIMARY KEY (feed_id, kind, key)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE job (
        article_id  INTEGER PRIMARY KEY REFERENCES article(id),
        attempts    INTEGER NOT NULL DEFAULT 0,
        first_tried TEXT,
        next_at     TEXT NOT NULL,
        last_error  TEXT NOT NULL DEFAULT ''
    ) STRICT
    """,
    "CREATE INDEX job_next ON job(next_at)",
    """
    CREATE TABLE article_version (
        id          INTEGER PRIMARY KEY,
        article_id  INTEGER NOT NULL REFERENCES article(id),
        at          TEXT NOT NULL,
        source      TEXT NOT NULL,                 -- feed | page
        title       TEXT NOT NULL,
        summary     TEXT NOT NULL DEFAULT '',
        text_sha256 TEXT NOT NULL DEFAULT '',
        raw_sha256  TEXT NOT NULL DEFAULT ''
    ) STRICT
    """,
    "CREATE INDEX version_article ON article_version(article_id)",
    """
    CREATE TABLE mention (
        article_id INTEGER NOT NULL REFERENCES article(id),
        entity     TEXT NOT NULL,
        grade      TEXT NOT NULL,
        field      TEXT NOT NULL,
        start      INTEGER NOT NULL,
        end        INTEGER NOT NULL,
        text       TEXT NOT NULL,
        alias      TEXT NOT NULL,
        at         TEXT NOT NULL,
        withdrawn  TEXT                            -- when later rules or names no longer found it so
    ) STRICT
    """,
    "CREATE INDEX mention_article ON mention(article_id)",
    "CREATE INDEX mention_entity ON mention(entity)",
    """
    CREATE TABLE match (
        id         INTEGER PRIMARY KEY,
        article_id INTEGER NOT NULL REFERENCES article(id),
        rule       TEXT NOT NULL,
        grade      TEXT NOT NULL,
        spans      TEXT NOT NULL,                  -- JSON, models.Span
        context    TEXT NOT NULL,                  -- JSON, models.Context
        why        TEXT NOT NULL,
        ruleset    TEXT NOT NULL,
        at         TEXT NOT NULL,
        live       INTEGER NOT NULL,               -- found when the article was read, not by later rules
        found      TEXT NOT NULL,                  -- when the rule first matched; `at` is when it did so like this
        withdrawn  TEXT                            -- when later rules no longer found it so
    ) STRICT
    """,
    "CREATE UNIQUE INDEX match_once ON match(article_id, rule) WHERE withdrawn IS NULL",
    "CREATE INDEX match_article ON match(article_id)",
    "CREATE INDEX match_found ON match(found)",
    "CREATE INDEX match_rule ON match(rule, at)",
    """
    CREATE TABLE story (
        id         INTEGER PRIMARY KEY,
        language   TEXT NOT NULL,
        first_seen TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE story_article (
        article_id INTEGER PRIMARY KEY REFERENCES article(id),
        story_id   INTEGER NOT NULL REFERENCES story(id),
        at         TEXT NOT NULL,
        how        TEXT NOT NULL                   -- first | same title | near copy | contained
    ) STRICT
    """,
    "CREATE INDEX story_article_story ON story_article(story_id)",
    "CREATE INDEX story_article_at ON story_article(at)",
    """
    CREATE TABLE outbox (
        id              INTEGER PRIMARY KEY,
        dedup_key       TEXT NOT NULL UNIQUE,      -- story|rule|channel, digest|date|channel, …
        key             TEXT NOT NULL,             -- the short id that stands in the message
        kind            TEXT NOT NULL,             -- story | digest | notice | test
        story_id        INTEGER REFERENCES story(id),
        article_id      INTEGER REFERENCES article(id),
        rule            TEXT NOT NULL DEFAULT '',
        channel         TEXT NOT NULL,
        state           TEXT NOT NULL,
        reason          TEXT NOT NULL DEFAULT '',
        title           TEXT NOT NULL,
        url             TEXT NOT NULL DEFAULT '',
        attempts        INTEGER NOT NULL DEFAULT 0,
        created_at      TEXT NOT NULL,
        next_at         TEXT,                      -- null and held: until something releases it
        lease_until     TEXT,
        sent_at         TEXT,
        possible_repeat INTEGER NOT NULL DEFAULT 0,
        last_error      TEXT NOT NULL DEFAULT ''
    ) STRICT
    """,
    "CREATE INDEX outbox_waiting ON outbox(channel, state, next_at)",
    "CREATE INDEX outbox_story ON outbox(story_id)",
    """
    CREATE TABLE delivery (
        id      INTEGER PRIMARY KEY,
        channel TEXT NOT NULL,
        at      TEXT NOT NULL,
        outcome TEXT NOT NULL,                     -- ok | failed | unknown | permanent
        alerts  INTEGER NOT NULL,
        detail  TEXT NOT NULL DEFAULT ''
    ) STRICT
    """,
    "CREATE INDEX delivery_at ON delivery(channel, at)",
    """
    CREATE TABLE channel_state (
        name       TEXT PRIMARY KEY,
        failures   INTEGER NOT NULL DEFAULT 0,
        retry_at   TEXT,
        last_sent  TEXT,
        down_since TEXT
    ) STRICT
    """,
    """
    CREATE TABLE notice (
        id      INTEGER PRIMARY KEY,
        key     TEXT NOT NULL UNIQUE,
        at      TEXT NOT NULL,
        subject TEXT NOT NULL,
        text    TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE ruleset (                         -- which rules were in force since when
        id     INTEGER PRIMARY KEY,
        since  TEXT NOT NULL,
        digest TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE digest (
        date       TEXT PRIMARY KEY,               -- the local day
        written_at TEXT NOT NULL,
        files      TEXT NOT NULL                   -- JSON, name -> sha256
    ) STRICT
    """,
)
