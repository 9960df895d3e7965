"""The demonstration's configuration: the shipped region, the sample outlets' feeds, alerts on the console."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from monitor.demo.expected import RULES
from monitor.demo.server import World
from monitor.errors import InputError

ZONE = ZoneInfo("Asia/Karachi")
TITLES = {
    "balochistan": "Balochistan, and every place in it",
    "bla": "Baloch Liberation Army",
    "khan-of-kalat": "The Khan of Kalat speaks",
    "herof": "Operation Herof",
    "enforced-disappearances": "Enforced disappearances",
}
_ALERTING = frozenset({"khan-of-kalat", "herof"})  # the others stand in the digest, which is long enough


def published(now: datetime) -> datetime:
    """Return the afternoon before `now`, local time: when the sample outlets' day takes place."""
    day = now.astimezone(ZONE).date() - timedelta(days=1)
    return datetime.combine(day, time(15), ZONE).astimezone(UTC)


def morning_after(at: datetime) -> datetime:
    """Return the next local morning, when the digest of the day is due."""
    day = at.astimezone(ZONE).date() + timedelta(days=1)
    return datetime.combine(day, time(7), ZONE).astimezone(UTC)


def region_pack() -> Path:
    """Return the region pack that comes with the program."""
    here = Path(__file__).resolve().parents[1]
    for folder in (here.parent / "regions" / "balochistan", here / "regions" / "balochistan"):
        if folder.is_dir():
            return folder
    raise InputError("the region pack regions/balochistan is not installed beside the program")


def write_config(
    folder: Path, world: World, *, channels: str = "", alerting: frozenset[str] = _ALERTING
) -> Path:
    """Write config.yaml and feeds.opml for the sample outlets; return the path of the first.

    `channels` is YAML for further channels; the rules in `alerting` alert on every channel there is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "feeds.opml").write_bytes(world.opml())
    names = ["console", *(line.split(":")[0].strip() for line in channels.splitlines() if line.strip())]
    lines = [
        f"region: {region_pack()}",
        f"timezone: {ZONE.key}",
        "contact: https://example.org/demonstration",
        "poll: {host_gap: 0s}",
        "rules:",
    ]
    for rule, query in RULES.items():
        lines += [
            f"  - id: {rule}",
            f"    title: {TITLES[rule]}",
            f"    query: '{query}'",
            f"    priority: {'high' if rule in _ALERTING else 'normal'}",
            f"    channels: [{', '.join(names) if rule in alerting else ''}]",
        ]
    lines += [
        "channels:",
        "  console: {url: 'console://'}",
        *(f"  {one.strip()}" for one in channels.splitlines()),
    ]
    lines += ["network:", "  allow_private:", *(f"    - {one!r}" for one in world.allow_private)]
    path = folder / "config.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
