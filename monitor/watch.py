"""Watches the feeds themselves: a notice when one falls silent, dies or moves, and when it returns.

A notice is kept once per episode, stands in the digest of its day, and goes to the digest's channels (to the
console where there are none). What is learned of a feed here also decides how long its next poll may wait.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from monitor.models import Feed
from monitor.setup import Setup
from monitor.sources import cadence, health, network, rhythm
from monitor.store.history import history, network_told, told
from monitor.store.store import Store

_DAY = timedelta(days=1)


def watch_feed(store: Store, setup: Setup, bounds: cadence.Bounds, feed: Feed, now: datetime) -> None:
    """Judge a feed against its own rhythm, tell what has changed, and poll it no later than news is likely."""
    seen = history(store, feed.id, now - _DAY, now + timedelta(seconds=1), paused=feed.paused)
    learned = health.learn(seen, setup.config.zone)
    verdict = health.assess(seen, learned, now, setup.config.zone)
    notice = health.notice(feed, told(store, feed.id), verdict, now)
    if notice is not None:
        store.tell(notice, setup.notice_channels, now)
    if learned is not None and feed.last_polled is not None:
        due = cadence.sooner(feed, rhythm.look_again(learned, feed.last_polled), bounds)
        if due is not None:
            store.bring_forward(feed.id, feed.last_polled, due)


def watch_network(store: Store, setup: Setup, now: datetime) -> bool:
    """Tell when nothing at all can be reached, and when that ends; return whether it is so."""
    feeds = [feed for feed in store.feeds() if not feed.paused]
    notice = network.notice(feeds, network_told(store), now)
    if notice is not None:
        store.tell(notice, setup.notice_channels, now)
    return network.offline(feeds)
