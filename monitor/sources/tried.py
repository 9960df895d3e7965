"""What an address gave when it was asked once for a feed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from monitor.errors import FeedError, FetchError, MonitorError
from monitor.models import Entry, FeedDocument, Response
from monitor.sources.language import detect

_SAMPLE = 10  # entries that tell a feed's language


@dataclass(frozen=True, slots=True)
class Tried:
    """An address and what it answered."""

    url: str  # as asked for
    ok: bool  # it is a feed
    status: str  # in a word or two: "200", "404", "dns", "not a feed"
    answer: str  # in a sentence
    final_url: str = ""  # after redirects
    entries: int = 0
    newest: datetime | None = None
    dialect: str = ""
    title: str = ""
    language: str = ""
    moved_to: str = ""  # where every hop says, permanently, that it now is
    note: str = ""  # what had to be repaired


def given(url: str, response: Response, document: FeedDocument) -> Tried:
    """Describe a feed that answered."""
    count = len(document.entries)
    sample = "\n".join(f"{entry.title}\n{entry.summary[:300]}" for entry in document.entries[:_SAMPLE])
    note = ", ".join(filter(None, [document.note, "its answer ended early" if response.truncated else ""]))
    moved = f"moved to {response.moved_to}" if response.moved_to else ""
    said = [f"{count} entr{'y' if count == 1 else 'ies'}", document.dialect, note, moved]
    return Tried(
        url=url,
        ok=True,
        status=str(response.status),
        answer=", ".join(filter(None, said)),
        final_url=response.url,
        entries=count,
        newest=newest(document.entries, response.fetched_at),
        dialect=document.dialect,
        title=document.title,
        language=detect(sample, document.language),
        moved_to=response.moved_to,
        note=note,
    )


def refused(url: str, error: MonitorError) -> Tried:
    """Describe an address that gave no feed."""
    if isinstance(error, FetchError):
        status = str(error.status) if error.status else error.kind
    else:
        status = "not a feed" if isinstance(error, FeedError) else "unreadable"
    return Tried(url=url, ok=False, status=status, answer=str(error))


def newest(entries: tuple[Entry, ...], now: datetime) -> datetime | None:
    """Return the date of the newest entry: of those that lie in the past, when there are any."""
    dates = [
        stamp.at for entry in entries if (stamp := entry.published or entry.updated) is not None and stamp.at
    ]
    return max((at for at in dates if at <= now), default=max(dates, default=None))
