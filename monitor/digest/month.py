"""What the pictures of the month show, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from monitor.digest import words
from monitor.digest.trend import FEWEST_DAYS, FEWEST_FEEDS, Mark, RuleDays

NO_CURVE = (
    f"There is no curve: it needs {FEWEST_FEEDS} feeds that were followed on all of "
    f"{FEWEST_DAYS + 1} days or more."
)

UNSEEN = "Days on which some of these feeds could not be seen"

WEEK = 7  # days that are told in numbers

MARKS: Mapping[str, str] = {
    "added": "feeds added",
    "removed": "feeds removed",
    "lost": "feeds lost",
    "rules": "rules changed",
}


def changed(mark: Mark) -> str:
    """Say what kind of change a mark stands for, without the names of the feeds."""
    return f"{words.many(len(mark.what), 'feed')} {mark.kind}" if mark.what else MARKS[mark.kind]


def days_of(last: date, rows: Sequence[RuleDays]) -> tuple[date, ...]:
    """Return the local days that the rows count, up to the last one."""
    count = len(rows[0].counts) if rows else 0
    return tuple(last - timedelta(days=back) for back in reversed(range(count)))
