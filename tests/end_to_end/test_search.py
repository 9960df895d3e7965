"""Questions asked of the archive, as a user would."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner

from monitor.cli import commands
from monitor.demo.expected import EXPECTED
from monitor.store.queries import Queries
from monitor.store.store import Store
from tests.end_to_end.conftest import PUBLISHED, Desk

QUERIES = (
    "@org.bla",
    "@place.balochistan/** AND minister",
    '"desalination unit" OR "enforced disappear*"',
    "title:gwadar NOT ferry",
    "/khan of .alat/",
    "lang:ur",
    "کوئٹہ OR کویته",
    "road* NEAR/8 clos*",
)


@pytest.fixture
def archive(desk: Desk) -> Desk:
    desk.once()
    return desk


def ids(desk: Desk, query: str, *options: str) -> list[int]:
    found: list[dict[str, Any]] = desk.json("search", query, *options)["found"]
    return [article["id"] for article in found]


@pytest.mark.parametrize("query", QUERIES)
def test_a_search_finds_what_the_matcher_finds_in_each_article(archive: Desk, query: str) -> None:
    found = ids(archive, query)
    assert found == list(archive.grades(query))
    assert 0 < len(found) < len(EXPECTED)


def test_spans_reread_from_the_stored_article(archive: Desk) -> None:
    with Queries.open(archive.data / "monitor.db") as reader:
        for hit in archive.json("search", "@place.balochistan/**")["found"]:
            article = reader.article(hit["id"])
            assert article is not None
            fields = {"title": article.title, "summary": article.summary, "body": article.text}
            for span in hit["spans"]:
                assert fields[span["field"]][span["start"] : span["end"]] == span["text"]


def test_articles_the_index_does_not_know_are_still_found(archive: Desk) -> None:
    everything = ids(archive, "@place.balochistan/**")
    store = Store(archive.data / "monitor.db")
    store.db.execute("UPDATE article SET indexed = 0 WHERE id % 2")
    store.db.execute("DROP TABLE article_words")
    store.db.execute(
        "CREATE VIRTUAL TABLE article_words USING fts5(words, content='', detail=none, tokenize='ascii')"
    )
    store.close()
    assert ids(archive, "@place.balochistan/**") == [number for number in everything if number % 2]


def test_an_archive_from_before_there_was_an_index_gets_into_it(archive: Desk) -> None:
    everything = ids(archive, "@place.balochistan/**")
    store = Store(archive.data / "monitor.db")
    store.db.execute("DROP TABLE article_words")
    store.db.execute("DROP INDEX article_unindexed")
    store.db.execute("DROP INDEX article_first_seen")
    store.db.execute("ALTER TABLE article DROP COLUMN indexed")
    store.db.execute("DELETE FROM _sqlite_migrations WHERE name = 'm003_search'")
    store.close()
    counts = archive.once(now=PUBLISHED + timedelta(minutes=1))
    assert counts["alerts_sent"] == 0
    with Queries.open(archive.data / "monitor.db") as reader:
        assert not reader.db.execute("SELECT count(*) FROM article WHERE NOT indexed").fetchone()[0]
    assert ids(archive, "@place.balochistan/**") == everything


def test_a_limit_is_said_and_so_is_the_end(archive: Desk) -> None:
    some = archive.json("search", "@place.balochistan/**", "--limit", "3")
    assert len(some["found"]) == 3
    assert not some["complete"]
    assert "there may be more" in archive.run("search", "@place.balochistan/**", "--limit", "3")
    assert archive.json("search", "nowhere-at-all") == {
        "found": [],
        "complete": True,
        "tried": 0,
        "back_to": None,
    }
    assert "0 articles found; nothing older" in archive.run("search", "nowhere-at-all")


def test_only_what_was_first_seen_since(archive: Desk) -> None:
    later = PUBLISHED + timedelta(days=3)
    everything = archive.json("search", "lang:ur", now=later)["found"]
    assert archive.json("search", "lang:ur", "--since", "4d", now=later)["found"] == everything
    assert archive.json("search", "lang:ur", "--since", "2d", now=later)["found"] == []
    assert archive.json("search", "lang:ur", "--since", "2026-02-01", now=later)["found"] == everything


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("@org.nobody", "no entity org.nobody"),
        ('"open', "column 1"),
        ("", "empty"),
        ("a OR", "column"),
        ("/(/", "column"),
    ],
)
def test_a_query_that_cannot_be_read_is_refused(archive: Desk, query: str, says: str) -> None:
    result = CliRunner().invoke(commands, ["search", query, "--config", str(archive.config)])
    assert says in str(result.exception)
    assert result.stdout == ""


def test_an_empty_archive_finds_nothing(desk: Desk) -> None:
    assert ids(desk, "@place.balochistan/**") == []
    assert ids(desk, "NOT xyz") == []
