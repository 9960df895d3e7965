"""What commands print: the JSON shapes other programs rely on, and the same for people."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from monitor.models import Alert, Counts, Feed, FeedHealth, Stamp, Story
from monitor.sources.urls import same_place
from monitor.text.show import isolate, one_line

if TYPE_CHECKING:
    from monitor.sources.paging import Backfill
    from monitor.sources.tried import Tried

_URGENCY = ("failing", "blocked", "silent", "unpolled", "ok", "paused")
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
    line = one_line(text, limit)
    return Text(isolate(line) if line else "")


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
            "status": story.status,
            "sides": list(story.sides),
        }
        for story in stories
    ]


def _published(stamp: Stamp | None) -> str | None:
    return iso(stamp.at) if stamp else None


def stories_table(stories: Sequence[Story], now: datetime) -> Table:
    """Return the same for people."""
    table = grid("id", "seen", "story", "outlets", "origins", "status", "rules")
    for story in stories:
        outlets = ", ".join(dict.fromkeys(article.outlet for article in story.articles))
        table.add_row(
            str(story.id),
            ago(story.first_seen, now),
            foreign(story.title),
            foreign(outlets, 60),
            str(story.origins),
            story.status,
            ", ".join(story.rules),
        )
    return table


def story_json(story: Story, origins: Mapping[int, str], alerts: Iterable[Alert]) -> dict[str, Any]:
    """Return `story --json`: what `stories --json` has, and more of each article."""
    (shape,) = stories_json([story])
    for row, article in zip(shape["articles"], story.articles, strict=True):
        row |= {
            "outlet": article.outlet,
            "how": article.how,
            "origin": origins[article.id],
            "rules": {match.rule: match.grade.value for match in article.matches},
        }
    return shape | {"muted_until": iso(story.muted_until), "alerts": alerts_json(alerts)}


def story_head(story: Story) -> str:
    """Return a story's title and what is to be known of it, for people."""
    muted = f"; no alerts until {iso(story.muted_until)}" if story.muted_until else ""
    quoted = f"; quoted: {', '.join(story.sides)}" if story.sides else ""
    known = (
        f"{story.status}: {_many(story.origins, 'origin')}, {_many(story.sources, 'outlet')}{quoted}{muted}"
    )
    return f"{story.id}  {isolate(one_line(story.title))}\n{known}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def story_table(story: Story, origins: Mapping[int, str], now: datetime) -> Table:
    """Return a story's articles, as they were told, for people."""
    table = grid("article", "told", "language", "title", "outlet", "how", "from", "rules")
    for article in story.articles:
        at = article.published.at if article.published and article.published.at else article.first_seen
        table.add_row(
            str(article.id),
            ago(at, now),
            article.language,
            foreign(article.title, 60),
            foreign(article.outlet, 30),
            article.how,
            foreign(origins[article.id], 30),
            ", ".join(f"{match.rule} ({match.grade})" for match in article.matches),
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
            "kind": alert.kind,
        }
        for alert in alerts
    ]


def alerts_table(alerts: Iterable[Alert], now: datetime) -> Table:
    """Return the same for people."""
    table = grid("id", "key", "state", "channel", "rule", "story", "created", "why")
    for alert in alerts:
        table.add_row(
            str(alert.id),
            f"#{alert.key}",
            alert.state.value,
            alert.channel,
            alert.rule,
            foreign(alert.title, 60),
            ago(alert.created_at, now),
            foreign(alert.last_error or alert.reason or alert.body, 60),
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
    table = grid("feed", "language", "folder", "state", "last read", "next", "why")
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


def worst_first(rows: Iterable[tuple[Feed, FeedHealth]]) -> list[tuple[Feed, FeedHealth]]:
    """Sort feeds by how much they want a person's eye; equals keep the list's order."""

    def rank(row: tuple[Feed, FeedHealth]) -> tuple[int, bool]:
        state, condition = row[1].state, row[1].condition
        return _URGENCY.index(state) if state in _URGENCY else 0, condition in {"", state}

    return sorted(rows, key=rank)


def confirmation(feed: Feed, health: FeedHealth) -> str:
    """Return the command that takes over a feed's move, empty when it is not known to have moved."""
    if health.condition != "moved" or not feed.moved_to:
        return ""
    return f"monitor feeds move {argument(feed.url)}"


def health_json(rows: Iterable[tuple[Feed, FeedHealth]]) -> list[dict[str, Any]]:
    """Return `feeds health --json`; confirm is the command that takes over a move, or null."""
    return [
        {
            "url": feed.url,
            "title": feed.title,
            "state": health.state,
            "condition": health.condition or health.state,
            "detail": health.detail,
            "failures": feed.failures,
            "last_polled": iso(feed.last_polled),
            "last_ok": iso(feed.last_ok),
            "last_new": iso(feed.last_new),
            "next_due": iso(feed.next_due),
            "moved_to": feed.moved_to or None,
            "moved_since": iso(feed.moved_since),
            "confirm": confirmation(feed, health) or None,
        }
        for feed, health in rows
    ]


def health_table(rows: Iterable[tuple[Feed, FeedHealth]], now: datetime) -> Table:
    """Return the same for people."""
    table = grid("state", "feed", "last read", "last new", "next", "why")
    for feed, health in rows:
        table.add_row(
            health.condition or health.state,
            foreign(feed.title, 40),
            ago(feed.last_ok, now),
            ago(feed.last_new, now),
            "" if feed.paused else ago(feed.next_due, now),
            foreign(health.detail, 120),
        )
    return table


def tried_json(answers: Iterable[Tried]) -> list[dict[str, Any]]:
    """Return the feeds of `check --online --json`."""
    return [
        {
            "url": tried.url,
            "ok": tried.ok,
            "answer": tried.answer,
            "entries": tried.entries,
            "newest": iso(tried.newest),
            "moved_to": tried.moved_to or None,
        }
        for tried in answers
    ]


def tried_table(answers: Iterable[Tried], titles: Mapping[str, str]) -> Table:
    """Return the same for people; titles are by address."""
    table = grid(
        "", "answer", "entries", "newest", "dialect", "feed", "address", "what it said", right=("entries",)
    )
    for tried in answers:
        said = [f"moved to {tried.moved_to}" if tried.moved_to else "", tried.note]
        table.add_row(
            "ok" if tried.ok else "FAIL",
            tried.status,
            str(tried.entries) if tried.ok else "",
            _day(tried.newest),
            tried.dialect,
            foreign(titles.get(tried.url, ""), 30),
            Text(address(tried.url)),
            foreign(", ".join(filter(None, said)) if tried.ok else tried.answer, 200),
        )
    return table


def found_json(found: Iterable[tuple[Tried, str]], listed: Iterable[str]) -> list[dict[str, Any]]:
    """Return `feeds discover --json`; listed are the addresses that feeds.opml has."""
    known = {same_place(url) for url in listed}
    return [
        {
            "url": tried.moved_to or tried.url,
            "title": tried.title,
            "entries": tried.entries,
            "language": tried.language,
            "newest": iso(tried.newest),
            "dialect": tried.dialect,
            "how": how,
            "listed": bool({same_place(tried.url), same_place(tried.final_url)} & known),
        }
        for tried, how in found
    ]


def found_table(found: Iterable[tuple[Tried, str]], listed: Iterable[str]) -> Table:
    """Return the same for people."""
    table = grid(
        "address", "title", "entries", "language", "newest", "dialect", "found", "", right=("entries",)
    )
    for row in found_json(found, listed):
        table.add_row(
            Text(address(row["url"])),
            foreign(row["title"], 40),
            str(row["entries"]),
            row["language"],
            row["newest"][:10] if row["newest"] else "",
            row["dialect"],
            row["how"],
            "in feeds.opml" if row["listed"] else "",
        )
    return table


def backfill_json(url: str, done: Backfill) -> dict[str, Any]:
    """Return `feeds backfill --json`."""
    return {
        "url": url,
        "pages": done.pages,
        "entries": done.entries,
        "articles": done.articles,
        "oldest": iso(done.oldest),
        "stopped": done.stopped,
    }


def backfill_sentence(done: Backfill) -> str:
    """Say the same to people."""
    back = f", back to {_day(done.oldest)}" if done.oldest else ""
    return (
        f"older entries stored: {done.entries}, from pages read: {done.pages}{back}\n"
        f"articles that the next cycle reads: {done.articles}\n"
        f"it stopped because: {done.stopped}"
    )


def address(url: str) -> str:
    """Return an address as it may be shown and copied: as it is where it is plain ASCII."""
    return url if url.isascii() and url.isprintable() else isolate(one_line(url))


def argument(url: str) -> str:
    """Return an address as a shell takes it."""
    return shlex.quote(address(url))


def quoted(text: str) -> str:
    """Return a name of others for a sentence of ours."""
    return f"“{isolate(one_line(text, 100))}”"


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d}" if at else ""


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


def grid(*columns: str, right: Collection[str] = ()) -> Table:
    """Return an empty table; the columns in `right` are to hold numbers."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", justify="right" if column in right else "left")
    return table
