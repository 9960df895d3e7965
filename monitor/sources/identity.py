"""Which entry is new, which is known, and which of a first poll may alert. Pure."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from monitor.models import Entry, Stamp, Traits
from monitor.sources.urls import canonical_url, same_place

__all__ = [
    "article_identity", "canonical_url", "classify", "fresh_for_alert", "guid_policy", "keys", "overlapping",
    "regenerated", "shared_places", "traits",
]  # fmt: skip

Key = tuple[str, str]

_FUTURE_SLACK = timedelta(hours=1)
_TRAIT = 16  # hex digits
_SMALLEST_WINDOW = 4  # below it, "most of it is new" says nothing


def keys(entry: Entry, policy: str) -> tuple[Key, ...]:
    """Return what an entry can be recognised by, as (kind, sha256 hex), strongest first.

    guid and link identify; guid-title tells whether a guid still stands for the same thing; title-day
    identifies what has neither guid nor link. policy is "guid", or "link" for feeds whose guids are
    not to be trusted. A front page is no link: some feeds give it for every entry.
    """
    found = []
    guid, place, title = entry.guid.strip(), _place(entry), _plain(entry.title)
    if guid and policy == "guid":
        found.append(("guid", _hash(guid)))
        found.append(("guid-title", _hash(f"{guid}\n{title}")))
    if place:
        found.append(("link", _hash(place)))
    title = title or _plain(entry.summary or entry.content)
    found.append(("title-day", _hash(f"{title}\n{_day(entry)}")))
    return tuple(found)


def traits(entry: Entry) -> Traits:
    """Return what a document's entries are compared by."""
    guid, place, title = entry.guid.strip(), _place(entry), _plain(entry.title)
    return Traits(*(_hash(text)[:_TRAIT] if text else "" for text in (guid, place, title)))


def shared_places(document: Iterable[Traits]) -> frozenset[str]:
    """Return the places that stand under several titles in one document: as links they identify nothing."""
    titles: dict[str, set[str]] = defaultdict(set)
    for one in document:
        titles[one.place].add(one.title)
    return frozenset(place for place, found in titles.items() if place and len(found) > 1)


def article_identity(entry: Entry, feed: int, policy: str, shared: frozenset[str] = frozenset()) -> str:
    """Return what makes an article the same one in whichever feed it is seen: its canonical URL.

    Without a URL of its own (none, a front page, one of the document's `shared_places`) it belongs to
    this feed (`feed` is its id) and is told apart by its strongest key that is not its link.
    """
    place = _place(entry)
    if place and _hash(place)[:_TRAIT] not in shared:
        return canonical_url(entry.url)
    own = next(f"{kind}:{key}" for kind, key in keys(entry, policy) if kind != "link")
    return f"feed:{feed}:{own}"


def guid_policy(document: Sequence[Traits], current: str) -> str:
    """Return "link" once guids were seen not to tell entries apart, else "guid". It never changes back."""
    if current == "link":
        return "link"
    if not any(one.guid for one in document):
        return "link" if document else current
    places: dict[str, set[str]] = defaultdict(set)
    for one in document:
        if one.guid:
            places[one.guid].add(one.place or one.title)
    return "link" if any(len(found) > 1 for found in places.values()) else "guid"


def classify(
    entries: Sequence[Entry], known: Mapping[Key, int], policy: str
) -> list[tuple[Entry, int | None]]:
    """Pair each entry with the id it is known by, or None when it is new; repeats in the document are dropped.

    known holds the ids of the feed's earlier entries by key. An entry is known when its guid is, or
    its link; but a guid that comes with another link and another title has been given to something
    new, and a link that stands under several titles in this document identifies nothing.
    """
    rows = [{kind: (kind, key) for kind, key in keys(entry, policy)} for entry in entries]
    shared = shared_places(map(traits, entries))
    found: list[tuple[Entry, int | None]] = []
    here: dict[Key, int] = {}  # keys of this document's new entries, by their place in it
    taken: set[int] = set()
    for number, (entry, own) in enumerate(zip(entries, rows, strict=True)):
        if own.get("link", ("", ""))[1][:_TRAIT] in shared:
            del own["link"]
        match = _recognised(own, known)
        if match is None:
            if _recognised(own, here) is not None:
                continue
            for key in own.values():
                here.setdefault(key, number)
        elif match in taken:
            continue
        else:
            taken.add(match)
        found.append((entry, match))
    return found


def _recognised(own: Mapping[str, Key], known: Mapping[Key, int]) -> int | None:
    ids = {kind: known[key] for kind, key in own.items() if key in known}
    guid, link = ids.get("guid"), ids.get("link")
    if guid is not None and ("link" not in own or guid in (link, ids.get("guid-title"))):
        return guid
    if link is not None:
        return link
    return None if "guid" in own or "link" in own else ids.get("title-day")


def overlapping(new: Sequence[Entry], known: Mapping[Key, int], policy: str) -> int:
    """Count the entries taken for new whose title and day, or link, the feed has shown before."""
    return sum(
        any(kind in {"link", "title-day"} and (kind, key) in known for kind, key in keys(entry, policy))
        for entry in new
    )


def regenerated(new: int, total: int, overlap: int) -> bool:
    """Tell whether a feed polled before seems to have renamed its entries rather than published them.

    More than half of a window is new at once, and at least half of that was seen before by title or
    link (`overlapping`): hold it and say so.
    """
    return total >= _SMALLEST_WINDOW and new * 2 > total and overlap * 2 >= new


def fresh_for_alert(
    entries: Sequence[Entry], now: datetime, hours: float = 24, limit: int = 10
) -> tuple[Entry, ...]:
    """Return the entries of a first poll that may alert: dated within the last hours, newest first, few.

    Entries without a date, or dated more than an hour ahead, may not: nobody knows how old they are.
    """
    earliest, latest = now - timedelta(hours=hours), now + _FUTURE_SLACK
    dated = [
        (at, entry) for entry in entries if (at := _published(entry)) is not None and earliest <= at <= latest
    ]
    dated.sort(key=lambda pair: pair[0], reverse=True)
    return tuple(entry for _, entry in dated[:limit])


def _published(entry: Entry) -> datetime | None:
    """Return when an entry was published; Atom requires only `updated`, which then has to do."""
    stamp: Stamp | None = entry.published or entry.updated
    return stamp.at if stamp is not None and stamp.confidence != "none" else None


def _place(entry: Entry) -> str:
    place = same_place(entry.url)
    return place if place.partition("/")[2] else ""


def _day(entry: Entry) -> str:
    at = _published(entry)
    return f"{at:%Y-%m-%d}" if at is not None else ""


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _hash(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
