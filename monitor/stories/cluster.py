"""Which story an article belongs to.

An article joins the story of the recent article in its language that it copies most closely:

    near copy    their words, three at a time, are at least half the same
    contained    one is a shortened copy: four fifths of the shorter stand in the longer
    same title   the same headline of five words or more, unless both bodies are long and share nothing

Words are compared folded, so spelling variants of one script do not hide a copy. Texts are compared by
bottom-k sketches: the k smallest hashes of a text's shingles, a fair sample of them that needs 1 kB
whatever the length. Below its largest hash a sketch is complete, and that is where two are compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from monitor.models import Candidate, Placement
from monitor.text.fold import fold, words

SKETCH_SIZE = 128
SHINGLE_WORDS = 3
NEAR_COPY = 0.5
CONTAINED = 0.8
UNRELATED = 0.05
ENOUGH = 12  # shingles in common ground; fewer say nothing
LONG = 60  # shingles; two bodies of that length can disagree
TITLE_WORDS = 5


def sketch(text: str) -> tuple[int, ...]:
    """Return a text's bottom-k sketch, ascending; empty for a text of fewer than three words."""
    parts = words(fold(text))
    shingles = {
        " ".join(parts[start : start + SHINGLE_WORDS]) for start in range(len(parts) - SHINGLE_WORDS + 1)
    }
    hashes = sorted(
        int.from_bytes(hashlib.blake2b(shingle.encode(), digest_size=8).digest(), "little")
        for shingle in shingles
    )
    return tuple(hashes[:SKETCH_SIZE])


def place(title: str, own: Sequence[int], candidates: Sequence[Candidate]) -> Placement:
    """Return where an article belongs among recent ones in its language; ties go to the earliest."""
    best = Placement(story=None, how="first")
    best_score = 0.0
    headline = _headline(title)
    for candidate in candidates:
        how, score = _likeness(headline, own, candidate)
        if score > best_score:
            best, best_score = Placement(story=candidate.story, how=how), score
    return best


def _likeness(headline: str, own: Sequence[int], candidate: Candidate) -> tuple[str, float]:
    """Return how two articles are alike, and how much (0 when they are not)."""
    jaccard, containment, ground = _overlap(own, candidate.sketch)
    if ground >= ENOUGH and jaccard >= NEAR_COPY:
        return "near copy", 1 + jaccard
    if ground >= ENOUGH and containment >= CONTAINED:
        return "contained", containment
    if headline and headline == _headline(candidate.title):
        disagree = min(len(own), len(candidate.sketch)) >= LONG and containment < UNRELATED
        return ("", 0.0) if disagree else ("same title", 0.5 + jaccard / 4)
    return "", 0.0


def _overlap(one: Sequence[int], other: Sequence[int]) -> tuple[float, float, int]:
    """Return resemblance, containment of the smaller, and the smaller's size where both are complete."""
    if not one or not other:
        return 0.0, 0.0, 0
    limit = min(_complete_below(one), _complete_below(other))
    first = {value for value in one if value <= limit}
    second = {value for value in other if value <= limit}
    smaller = min(len(first), len(second))
    if not smaller:
        return 0.0, 0.0, 0
    shared = len(first & second)
    return shared / len(first | second), shared / smaller, smaller


def _complete_below(values: Sequence[int]) -> int:
    """Return the hash up to which a sketch holds every shingle of its text."""
    return values[-1] if len(values) == SKETCH_SIZE else 2**64


def _headline(title: str) -> str:
    """Return a headline for comparison, empty when it is too short to identify a report."""
    parts = words(fold(title))
    return " ".join(parts) if len(parts) >= TITLE_WORDS else ""
