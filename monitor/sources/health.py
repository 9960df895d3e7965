"""What state a feed is in, judged from what its polls gave: pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from monitor.models import FeedHealth

BLOCKED = frozenset(
    {"http-401", "http-403", "http-429", "http-451", "http-503-challenge", "robots", "blocked-address"}
)
SILENT_AFTER = timedelta(days=14)


def judge(facts: FeedHealth, last_new: datetime | None, now: datetime) -> tuple[str, str]:
    """Return (ok | failing | silent | blocked | paused | unpolled, why); facts.state is the last poll's problem."""
    problem = facts.state
    if problem == "paused":
        return "paused", "paused by hand"
    if facts.last_ok is None and not problem:
        return "unpolled", "not polled yet"
    if problem in BLOCKED:
        return "blocked", facts.detail
    if problem:
        return "failing", facts.detail
    if facts.polls == 0:
        return "unpolled", "not polled in this time"
    if last_new is not None and now - last_new > SILENT_AFTER:
        return "silent", f"answers, but nothing new since {last_new:%Y-%m-%d}"
    return "ok", ""
