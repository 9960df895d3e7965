"""What commands print: the JSON shapes other programs rely on, and the same for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from rich.table import Table
from rich.text import Text

from monitor.models import Alert, Counts, Feed, FeedHealth, Stamp, Story
from monitor.text.show import isolate, one_line

STATES = ("ok", "failing", "silent", "blocked")


def iso(at: datetime | None) -> str | None:
    """Write an instant for programs."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z") if at else None


def ago(at: datetime | None, now: datetime) -> str:
    """Write an instant for people, relative to now."""
    if at is None:
        return "never"
    passed = now - at
    words = "ago" if passed >= timedelta(0) else "from now"
    seconds = abs(passed.total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} {words}"
    return "now"


def foreign(text: str, limit: int = 90) -> Text:
    """Return text of others for a table: one line, inert, in its own direction."""
    return Text(isolate(one_line(text, limit)))


# --- stories ------------------------------------------------------------------------------------


def stories_json(stories: Iterable[Story]) -> list[dict[str, Any]]:
    """Return `stories --json`."""
    return [
        {
            "id": story.id,
            "title": story.title,
            "first_seen": iso(story.first_seen),
            "articles": [
                {
                    "id": article.id,
                    "url": article.url,
                    "feed": article.feed,
                    "title": article.title,
                    "language": article.language,
                    "published_at": _published(article.published),
                    "first_seen": iso(article.first_seen),
                }
                for article in story.articles
            ],
            "rules": list(story.rules),
            "origins": story.origins,
            "sources": story.sources,
        }
        for story in stories
    ]


def _published(stamp: Stamp | None) -> str | None:
    return iso(stamp.at) if stamp else None


def stories_table(stories: Sequence[Story], now: datetime) -> Table:
    """Return the same for people."""
    table = _table("id", "seen", "story", "outlets", "origins", "rules")
    for story in stories:
        outlets = ", ".join(dict.fromkeys(article.outlet for article in story.articles))
        table.add_row(
            str(story.id),
            ago(story.first_seen, now),
            foreign(story.title),
            foreign(outlets, 60),
            str(story.origins),
            ", ".join(story.rules),
        )
    return table


# --- alerts -------------------------------------------------------------------------------------


def alerts_json(alerts: Iterable[Alert]) -> list[dict[str, Any]]:
    """Return `alerts list --json`."""
    return [
        {
            "id": alert.id,
            "story": alert.story,
            "rule": alert.rule,
            "channel": alert.channel,
            "state": alert.state.value,
            "attempts": alert.attempts,
            "created_at": iso(alert.created_at),
            "sent_at": iso(alert.sent_at),
            "title": alert.title,
            "url": alert.url,
        }
        for alert in alerts
    ]


def alerts_table(alerts: Iterable[Alert], now: datetime) -> Table:
    """Return the same for people."""
    table = _table("id", "key", "state", "channel", "rule", "story", "created", "why")
    for alert in alerts:
        table.add_row(
            str(alert.id),
            f"#{alert.key}",
            alert.state.value,
            alert.channel,
            alert.rule,
            foreign(alert.title, 60),
            ago(alert.created_at, now),
            foreign(alert.last_error or alert.reason, 60),
        )
    return table


# --- feeds --------------------------------------------------------------------------------------


def feeds_json(rows: Iterable[tuple[Feed, FeedHealth]]) -> list[dict[str, Any]]:
    """Return `feeds list --json`."""
    return [
        {
            "url": feed.url,
            "title": feed.title,
            "language": feed.language,
            "folders": list(feed.folders),
            "outlet": health.outlet,
            "kind": health.kind,
            "state": health.state,
            "detail": health.detail,
            "failures": feed.failures,
            "last_polled": iso(feed.last_polled),
            "last_ok": iso(feed.last_ok),
            "last_new": iso(feed.last_new),
            "next_due": iso(feed.next_due),
        }
        for feed, health in rows
    ]


def feeds_table(rows: Iterable[tuple[Feed, FeedHealth]], now: datetime) -> Table:
    """Return the same for people."""
    table = _table("feed", "language", "folder", "state", "last read", "next", "why")
    for feed, health in rows:
        table.add_row(
            foreign(feed.title, 40),
            feed.language,
            foreign(" / ".join(feed.folders), 40),
            health.state,
            ago(feed.last_ok, now),
            ago(feed.next_due, now),
            foreign(health.detail, 60),
        )
    return table


# --- status -------------------------------------------------------------------------------------


def status_json(
    states: Sequence[str],
    counts: dict[str, int],
    oldest_due: datetime | None,
    db_bytes: int,
    version: str,
) -> dict[str, Any]:
    """Return `status --json`; `states` has one word for each feed."""
    return {
        "feeds": {"total": len(states)} | {state: states.count(state) for state in STATES},
        "entries": counts["entries"],
        "articles": counts["articles"],
        "matches": counts["matches"],
        "stories": counts["stories"],
        "outbox": {"pending": counts["pending"], "dead": counts["dead"]},
        "oldest_due": iso(oldest_due),
        "db_bytes": db_bytes,
        "version": version,
    }


def status_table(
    status: dict[str, Any], unread: int, channels: Iterable[tuple[str, str]], now: datetime
) -> Table:
    """Return the same for people, with each channel's address or why it is off."""
    table = Table.grid(padding=(0, 2))
    feeds = status["feeds"]
    parts = [f"{feeds[state]} {state}" for state in STATES if feeds[state]]
    unpolled = feeds["total"] - sum(feeds[state] for state in STATES)
    parts += [f"{unpolled} not polled yet"] if unpolled else []
    table.add_row("feeds", f"{feeds['total']}" + (f": {', '.join(parts)}" if parts else ""))
    table.add_row("articles", f"{status['articles']} ({unread} still to be read)")
    table.add_row("matches", f"{status['matches']} in {status['stories']} stories")
    table.add_row(
        "alerts", f"{status['outbox']['pending']} waiting, {status['outbox']['dead']} undeliverable"
    )
    oldest = datetime.fromisoformat(status["oldest_due"]) if status["oldest_due"] else None
    table.add_row("next poll", ago(oldest, now) if oldest else "as soon as the monitor runs")
    for name, what in channels:
        table.add_row(f"channel {name}", foreign(what, 100))
    table.add_row("database", f"{status['db_bytes'] / 1_000_000:.1f} MB")
    table.add_row("version", status["version"])
    return table


def counts_json(counts: Counts) -> dict[str, int]:
    """Return `once --json`."""
    return asdict(counts)


def counts_sentence(counts: Counts) -> str:
    """Say what a cycle did."""
    return (
        f"{counts.polled} feeds polled ({counts.unchanged} unchanged, {counts.failed} failed), "
        f"{counts.entries_new} new entries, {counts.articles_new} new articles, {counts.matches} matches, "
        f"{counts.stories_new} new stories, {counts.alerts_sent} alerts sent, {counts.alerts_pending} waiting, "
        f"{counts.digests_written} digests written"
    )


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
