"""Items of a feed that its last document held in the same words: they need not be parsed again.

Most of a feed that has changed is what it was. A document is cut at its items, and only those nobody has
seen go to the parser, in the frame they stand in. What comes of it is what parsing the whole would give:
on any doubt whether it is, the whole is parsed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from monitor.models import Entry, FeedDocument, KnownItem, Recall, Traits
from monitor.sources import identity
from monitor.sources.items import Cut

BASE = "xml:base"  # where it is, links take their base from the parser

_LONGEST_HEAD = 100_000  # characters before the first item
_TAG = re.compile(r"<[A-Za-z_][^<>]*>")


@dataclass(frozen=True, slots=True)
class Sorted:
    """A document's items: what is known of those seen before, and the others as they stand in it."""

    known: tuple[KnownItem, ...]
    unseen: tuple[str, ...]


def sort_out(parts: Cut, recall: Recall) -> Sorted | None:
    """Tell the items of a document that need not be parsed; None when all of it must be."""
    if not recall.items or parts.last_is_open or frame_of(parts) != recall.frame:
        return None
    digests = digests_of(parts)
    by_digest = {item.digest: item for item in recall.items}
    known = tuple(by_digest[digest] for digest in digests if digest in by_digest)
    if not known or len(set(digests)) < len(digests):
        return None
    unseen = tuple(item for item, digest in zip(parts.items, digests, strict=True) if digest not in by_digest)
    return Sorted(known, unseen)


def agrees(known: Sequence[KnownItem], new: Sequence[Traits], policy: str) -> bool:
    """Tell whether new entries beside known ones repeat none and leave what entries are recognised by."""
    old = [item.traits for item in known]
    document = [*old, *new]
    repeats = {one.guid or one.place for one in old} & {one.guid or one.place for one in new}
    return (
        not repeats
        and identity.guid_policy(document, policy) == policy
        and not identity.shared_places(document)
    )


def frame_of(parts: Cut) -> str:
    """Return the digest of all that stands before the items and can change what they mean; empty if that is much."""
    if len(parts.head) > _LONGEST_HEAD:
        return ""
    tags = _TAG.findall(parts.head)
    based = any(BASE in item for item in parts.items)
    return _digest("".join([*tags[:1], *(tag for tag in tags[1:] if "xml" in tag), BASE * based]))


def digests_of(parts: Cut) -> tuple[str, ...]:
    """Return the digest of each item's text; what stands between items counts as little as where one stands."""
    return tuple(_digest(item.rstrip()) for item in parts.items)


def recall_of(
    document: FeedDocument, entries: Sequence[tuple[Entry, int | None]], policy: str
) -> Recall | None:
    """Return what the next poll may recall of a document; None when anything about it was in doubt.

    `entries` are the document's, each with the id it is known by, in the order of the document.
    """
    if not document.frame or len(entries) < len(document.entries):
        return None  # repeats: which of them speaks for the entry depends on the others
    fresh = tuple(
        KnownItem(
            digest,
            number or 0,
            traits,
            dated=is_dated(entry),
            characters=characters_of(entry),
        )
        for digest, traits, (entry, number) in zip(document.digests, document.traits, entries, strict=True)
    )
    known = (*document.recalled, *fresh)
    shared = identity.shared_places(item.traits for item in known)
    twice = len({item.entry for item in known if item.entry}) < sum(item.entry > 0 for item in known)
    return None if shared or twice else Recall(document.frame, policy, known)


def is_dated(entry: Entry) -> bool:
    """Tell whether an entry says when it was published."""
    return entry.published is not None and entry.published.at is not None


def characters_of(entry: Entry) -> int:
    """Return how much text a feed gives of an entry."""
    return len(entry.content) or len(entry.summary)


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
