"""Whether this machine is offline, judged from what all feeds answered lately. Pure.

A feed that nobody could ask has not failed: while nothing at all can be reached, no feed is called dead, none is
asked less often, and one notice speaks for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from monitor.models import OFFLINE, Feed, Notice

PATIENCE = timedelta(hours=1)  # a shorter interruption is told by nothing but the log of polls
UNREACHED = frozenset({OFFLINE, "dns", "connect", "timeout"})
_LEAST_HOSTS = 3  # fewer may well be down together
_LEAST_SHARE = 0.5  # of all feeds


def offline(feeds: Sequence[Feed]) -> bool:
    """Tell whether at least half of the feeds were asked since one last answered, and none was reached."""
    last = last_answer(feeds)
    asked = [feed for feed in feeds if feed.last_polled and (last is None or feed.last_polled > last)]
    return (
        len(asked) >= _LEAST_SHARE * len(feeds)
        and len({urlsplit(feed.url).netloc for feed in asked}) >= _LEAST_HOSTS
        and all(feed.problem in UNREACHED for feed in asked)
    )


def last_answer(feeds: Sequence[Feed]) -> datetime | None:
    """Return when a poll of any feed last worked."""
    return max((feed.last_ok for feed in feeds if feed.last_ok), default=None)


def notice(feeds: Sequence[Feed], told: str, now: datetime) -> Notice | None:
    """Return what is to be said about the network now, or None.

    `told` is the key of the last such notice, or empty. The key of one that says offline names when a feed was
    last read, that of its end the same instant.
    """
    last = last_answer(feeds)
    if last is None:
        return None
    since = last.isoformat(timespec="seconds")
    if offline(feeds):
        if now - last < PATIENCE:
            return None
        text = (
            f"None of {len(feeds)} feeds has been reached since {_when(last)}: this machine seems to be offline, "
            "and silence means nothing."
        )
        return Notice(f"network|offline|{since}", "No feed can be reached", text)
    kind, _, begun = told.removeprefix("network|").partition("|")
    if kind != "offline" or begun == since:
        return None
    text = (
        f"No feed was read between {_when(datetime.fromisoformat(begun))} and about {_when(last)}. "
        "What feeds no longer list was not seen."
    )
    return Notice(f"network|online|{begun}", "Feeds can be reached again", text)


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
