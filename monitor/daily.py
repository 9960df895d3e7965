"""The digest of a local day: which days are due, and one day written. The same day gives the same bytes."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from monitor.digest import render
from monitor.digest.gather import Digest, gather
from monitor.digest.write import write_digest
from monitor.models import Attachment
from monitor.setup import Setup
from monitor.sources import health
from monitor.store.month import month
from monitor.store.queries import Queries

CATCH_UP_DAYS = 31
MONTH_DAYS = 30  # before the digest's own


def missing(
    first_activity: datetime | None,
    written: AbstractSet[str],
    zone: ZoneInfo,
    at: str,
    now: datetime,
) -> tuple[date, ...]:
    """Return the closed local days that are due and have no digest, oldest first.

    A day is due at the time of day `at` of the next one. Days before the first poll hold nothing and are
    left alone; after a long pause the last month is caught up.
    """
    if first_activity is None:
        return ()
    last = last_due(zone, at, now)
    first = max(first_activity.astimezone(zone).date(), last - timedelta(days=CATCH_UP_DAYS - 1))
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return tuple(day for day in days if day.isoformat() not in written)


def last_due(zone: ZoneInfo, at: str, now: datetime) -> date:
    """Return the latest day whose digest is due."""
    local = now.astimezone(zone)
    days_back = 1 if local.time() >= time.fromisoformat(at) else 2
    return local.date() - timedelta(days=days_back)


def closed(day: date, zone: ZoneInfo, now: datetime) -> bool:
    """Tell whether a local day is over."""
    return bounds(day, zone)[1] <= now


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return a local day's first instant and the next day's, in UTC; it has 23 hours where clocks change."""
    start = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    return start.astimezone(UTC), end.astimezone(UTC)


def day_digest(store: Queries, setup: Setup, day: date) -> Digest:
    """Return the digest of a day as the store holds it."""
    config = setup.config
    start, end = bounds(day, config.zone)
    record = store.day(start, end, partial(health.judge, now=end, zone=config.zone))
    days = _month(store.first_activity(), config.zone, day)
    edges = [*(bounds(one, config.zone)[0] for one in days), end]
    return gather(
        replace(
            setup.registry.day(record),
            month=month(store, days, edges, record.feeds) if days else None,
            channels_off=tuple(
                (channel.name, f"{', '.join(channel.missing)} not set")
                for channel in config.channels
                if channel.off
            ),
        ),
        date=day,
        zone=config.zone,
        zones=tuple(map(ZoneInfo, setup.region.timezones)),
        rules=setup.rule_by_id,
        entities=setup.entity_by_id,
        region=setup.region.name,
        outline=setup.region.outline,
    )


def _month(first_activity: datetime | None, zone: ZoneInfo, day: date) -> list[date]:
    """Return the day and the whole days before it on which the monitor ran, thirty at most."""
    if first_activity is None:
        return []
    began = first_activity.astimezone(zone).date() + timedelta(days=1)
    first = max(began, day - timedelta(days=MONTH_DAYS))
    return [first + timedelta(days=number) for number in range((day - first).days + 1)]


def write_day(store: Queries, setup: Setup, day: date) -> dict[str, str]:
    """Write a closed day's files; return their names and sha256."""
    digest = day_digest(store, setup, day)
    return write_digest(setup.config.digests, day, setup.config.digest.formats, digest)


@dataclass(frozen=True, slots=True)
class Letter:
    """A digest as it is sent: a few lines, and the page."""

    lines: tuple[str, ...]
    page: Attachment


def letter(store: Queries, setup: Setup, day: date) -> Letter:
    """Return what is sent of a day's digest."""
    digest = day_digest(store, setup, day)
    glance = [
        f"{number}. {card.title.text} · {card.status}" for number, card in enumerate(digest.glance, start=1)
    ]
    name = f"{day.isoformat()}.html"
    link = setup.config.digest.link
    where = f"{link.rstrip('/')}/{name}" if link else str(setup.config.digests / name)
    return Letter(
        lines=(
            summary(digest),
            *(glance or ["Nothing matched on this day."]),
            digest.coverage.sentence,
            f"The whole digest: {where}",
        ),
        page=Attachment(name, "html", render.html(digest)),
    )


def summary(digest: Digest) -> str:
    """Say in one sentence what a day brought."""
    header = digest.header
    return (
        f"{header.polled} feeds polled, {header.articles} articles read, {header.matches} matches"
        f" in {header.stories} stories."
    )


def subject(setup: Setup, day: date) -> str:
    """Return the title under which a day's digest is sent."""
    return (
        f"Digest of {day.isoformat()}: {setup.region.name}"
        if setup.region.name
        else f"Digest of {day.isoformat()}"
    )
