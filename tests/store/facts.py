"""Small complete values for store tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.models import (
    AlertState,
    Entry,
    Feed,
    Grade,
    Match,
    NewAlert,
    NewEntry,
    Origin,
    Placement,
    PollRecord,
    Reading,
    Span,
    Subscription,
    Verdict,
)
from monitor.store.store import Saved, Store

NOW = datetime(2026, 2, 2, 9, 0, tzinfo=UTC)
WINDOW = timedelta(hours=72)


def open_store(tmp_path: Path) -> Store:
    return Store(tmp_path / "monitor.db")


def with_feed(store: Store, url: str = "https://one.example/feed") -> Feed:
    known = [Subscription(url=feed.url, title=feed.title) for feed in store.feeds()]
    store.sync_feeds([*known, Subscription(url=url, title="One")], lambda _: "one", NOW)
    return next(feed for feed in store.feeds() if feed.url == url)


def entry(number: int, title: str = "") -> Entry:
    return Entry(
        guid=f"g{number}",
        url=f"https://one.example/{number}",
        title=title or f"Report number {number}",
        summary="s",
    )


def new(number: int, *, may_alert: bool = True, title: str = "") -> NewEntry:
    return NewEntry(
        entry=entry(number, title),
        keys=(("guid", f"g{number}"), ("link", f"https://one.example/{number}")),
        identity=f"https://one.example/{number}",
        may_alert=may_alert,
        held_reason="" if may_alert else "first poll",
    )


def poll(feed: Feed, *entries: NewEntry, at: datetime = NOW, problem: str = "") -> PollRecord:
    after = replace(
        feed,
        etag='"1"',
        last_polled=at,
        last_ok=None if problem else at,
        first_polled=feed.first_polled or at,
        next_due=at + timedelta(minutes=15),
        problem=problem,
        detail="why" if problem else "",
    )
    outcome = "failed" if problem else "changed"
    return PollRecord(feed=after, at=at, outcome=outcome, status=200, entries=len(entries), new=entries)


def match(rule: str = "water", text: str = "Report") -> Match:
    return Match(
        rule=rule, grade=Grade.STRONG, spans=(Span("title", 0, len(text), text, alias=text),), why="a word"
    )


def reading(*matches: Match, text: str = "The whole text.", sketch: tuple[int, ...] = ()) -> Reading:
    return Reading(
        title="t",
        text=text,
        language="en",
        verdict=Verdict.FULL,
        origin=Origin.PAGE,
        author="",
        published=None,
        mentions=(),
        matches=matches,
        sketch=sketch,
        text_sha256="0" * 64,
    )


def save(
    store: Store,
    article: int,
    result: Reading,
    *,
    at: datetime = NOW,
    story: int | None = None,
    state: AlertState = AlertState.PENDING,
    channel: str = "console",
    absorbs: tuple[int, ...] = (),
    news: tuple[NewAlert, ...] = (),
) -> Saved:
    return store.save_reading(
        article,
        result,
        now=at,
        ruleset="r1",
        final_url="",
        window=WINDOW,
        place=lambda *_: Placement(story, "first" if story is None else "near copy", absorbs),
        route=lambda matches: [NewAlert(one.rule, channel, state) for one in matches],
        update=lambda told, _: [
            one for one in news if (one.rule, one.channel) in {(by.rule, by.channel) for by in told}
        ],
    )
