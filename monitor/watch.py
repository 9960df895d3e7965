"""Watches the feeds themselves: a notice when one falls silent, dies or moves, and when it returns.

A notice is kept once per episode, stands in the digest of its day, and goes to the digest's channels (to the
console where there are none).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from monitor.config import CONSOLE
from monitor.setup import Setup
from monitor.sources import health
from monitor.store.history import history, told
from monitor.store.store import Store

_DAY = timedelta(days=1)


def watch_feeds(store: Store, setup: Setup, now: datetime) -> int:
    """Judge every feed against its own rhythm and tell what has changed; return how many notices are new."""
    channels = setup.config.digest.channels or (CONSOLE,)
    new = 0
    for feed in store.feeds():
        seen = history(store, feed.id, now - _DAY, now + timedelta(seconds=1), paused=feed.paused)
        verdict = health.judge(seen, now, setup.config.zone)
        notice = health.notice(feed, told(store, feed.id), verdict, now)
        if notice is not None:
            new += store.tell(*notice, channels, now)
    return new
