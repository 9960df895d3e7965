"""How each subscribed feed does now: the facts of the store, judged."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from monitor.cli.making import outlet_id

if TYPE_CHECKING:
    from monitor.models import Feed, FeedHealth
    from monitor.setup import Setup
    from monitor.store.queries import Queries


def health_now(setup: Setup, reader: Queries, now: datetime) -> list[tuple[Feed, FeedHealth]]:
    """Return each subscribed feed with how it does now; one that was never polled stands there too."""
    from functools import partial

    from monitor.models import Feed, FeedHealth
    from monitor.sources import health

    known = {feed.url: feed for feed in reader.feeds()}
    judged = reader.feed_health(
        now - timedelta(days=1),
        now + timedelta(seconds=1),
        partial(health.judge, now=now, zone=setup.config.zone),
    )
    states = {facts.url: facts for facts in judged}
    rows = []
    for one in setup.subscriptions:
        outlet = outlet_id(setup, one.url)
        feed = known.get(one.url) or Feed(
            0, one.url, one.title, language=one.language, folders=one.folders, outlet=outlet
        )
        facts = states.get(one.url) or FeedHealth(
            feed=one.title,
            url=one.url,
            outlet=outlet,
            language=one.language,
            kind="",
            country="",
            state="unpolled",
            detail="not polled yet",
            polls=0,
            failures=0,
            entries=0,
            new_entries=0,
            last_ok=None,
        )
        rows.append((feed, setup.registry.health(facts)))
    return rows
