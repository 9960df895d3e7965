"""Which story an article belongs to.

Two articles belong together when one copies the other, or when both report one event in words of their own:

    near copy    their words, three at a time, are at least half the same
    contained    one is a shortened copy: four fifths of the shorter stand in the longer
    same title   the same headline of five words or more, unless both bodies are long and share nothing
    same event   place, parties, themes, figures and time of what they say happened agree, in any languages

Nothing of this holds for a template filled in twice: where the places of two headlines or heads exclude each
other, or the days they name, a likeness of words counts for little. What belongs together is one story, and so
is what belongs with the same third: the stories are the same in whatever order the articles arrive.

Words are compared folded, so spelling variants of one script do not hide a copy. Texts are compared by
bottom-k sketches: the k smallest hashes of a text's shingles, a fair sample of them that needs 1 kB
whatever the length. Below its largest hash a sketch is complete, and that is where two are compared.
The weights of an event's parts were fitted on labelled pairs and rounded; docs/stories.md has the figures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from monitor.models import Candidate, Placement, Signature
from monitor.text.fold import fold, words

SKETCH_SIZE = 128
SHINGLE_WORDS = 3
NEAR_COPY = 0.5
IDENTICAL = 2.9  # of a near copy: nine tenths of the words, three at a time, so that no template explains it
CONTAINED = 0.8
BORROWED = 0.4
UNRELATED = 0.05
ENOUGH = 12  # shingles in common ground; fewer say nothing
LONG = 60  # shingles; two bodies of that length can disagree
TITLE_WORDS = 5
OTHER_DAY_HOURS = 12  # between two articles that name different days, for them to be about different days
_NESTED = 0.7  # of the same place: one lies in the other
_DAY_HOURS = 24.0
_MOST_DAYS = 3.0
_FEW_WORDS = 0.06  # of those in the heads of both
_MANY_WORDS = 0.25


@dataclass(frozen=True, slots=True)
class _Weights:
    """What the agreement of two articles on each part of an event adds up to; above 0 they report one event."""

    start: float
    same_place: float
    other_place: float
    other_title_place: float
    same_day: float
    other_day: float
    day_apart: float  # for each day between them
    first_themes: float
    themes: float
    parties: float
    figures: float
    all_figures: float
    no_words: float  # where they share hardly a word


_ONE_LANGUAGE = _Weights(
    start=-5.3,
    same_place=2.7,
    other_place=-1.1,
    other_title_place=-1.5,
    same_day=0.75,
    other_day=-1.6,
    day_apart=-2.2,
    first_themes=1.7,
    themes=2.2,
    parties=1.2,
    figures=1.2,
    all_figures=0.6,
    no_words=-1.9,
)
_TWO_LANGUAGES = _Weights(
    start=-5.9,
    same_place=3.4,
    other_place=-0.3,
    other_title_place=-0.4,
    same_day=1.2,
    other_day=0.0,
    day_apart=-3.3,
    first_themes=2.8,
    themes=3.3,
    parties=2.3,
    figures=0.0,
    all_figures=0.0,
    no_words=0.0,
)


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


def place(
    new: Candidate, candidates: Iterable[Candidate], apart: Collection[frozenset[int]] = ()
) -> Placement:
    """Return where an article belongs among recent ones.

    It joins the oldest of the stories it belongs with, which absorbs the others. Pairs of stories in `apart`
    were put asunder by a person and stay so: of such the article joins the one it is most like.
    """
    best: dict[int, tuple[float, str]] = {}
    for candidate in candidates:
        how, score = likeness(new, candidate)
        if candidate.story is not None and score > best.get(candidate.story, (0.0, ""))[0]:
            best[candidate.story] = score, how
    if not best:
        return Placement(story=None, how="first")
    ranked = sorted(best, key=lambda story: (-best[story][0], story))
    joined: list[int] = []
    for story in ranked:
        if all(frozenset((story, other)) not in apart for other in joined):
            joined.append(story)
    oldest = min(joined)
    return Placement(oldest, best[ranked[0]][1], tuple(sorted(story for story in joined if story != oldest)))


def likeness(one: Candidate, other: Candidate) -> tuple[str, float]:
    """Return how two articles belong together, and how strongly: 0 when they do not."""
    hours = abs((one.at - other.at).total_seconds()) / 3600
    weights = _ONE_LANGUAGE if one.language == other.language else _TWO_LANGUAGES
    how, strength = _copied(one, other)
    if strength >= IDENTICAL or (strength and not _excluded(one.signature, other.signature, hours)):
        return how, strength
    score = _event(one.signature, other.signature, hours, weights)
    return ("same event", score / 10) if score > 0 else ("", 0.0)


def borrowed(one: Sequence[int], other: Sequence[int]) -> bool:
    """Tell whether one of two texts, by their sketches, has long stretches from the other or its source."""
    _, containment, ground = _overlap(one, other)
    return ground >= ENOUGH and containment >= BORROWED


def _copied(one: Candidate, other: Candidate) -> tuple[str, float]:
    jaccard, containment, ground = _overlap(one.sketch, other.sketch)
    if ground >= ENOUGH and jaccard >= NEAR_COPY:
        return "near copy", 2 + jaccard  # see IDENTICAL
    if ground >= ENOUGH and containment >= CONTAINED:
        return "contained", 1 + containment
    headline = _headline(one.title)
    if headline and headline == _headline(other.title):
        disagree = min(len(one.sketch), len(other.sketch)) >= LONG and containment < UNRELATED
        return ("", 0.0) if disagree else ("same title", 1 + jaccard / 4)
    return "", 0.0


def _excluded(one: Signature, other: Signature, hours: float) -> bool:
    """Tell whether two articles of like words cannot be about one event: a template filled in twice."""
    if _near(one.lead, one.lead_in, other.lead, other.lead_in) == 0 and one.lead and other.lead:
        return True
    return hours > OTHER_DAY_HOURS and bool(one.days and other.days) and one.days.isdisjoint(other.days)


def _event(one: Signature, other: Signature, hours: float, weights: _Weights) -> float:
    near = _near(one.lead, one.lead_in, other.lead, other.lead_in)
    named = near or not one.parties.isdisjoint(other.parties)
    alike = _share(one.words, other.words)
    if not named and alike < _MANY_WORDS:
        return 0.0  # themes and hours alone name no event
    score = weights.start + weights.same_place * near
    if not near and one.lead and other.lead:
        score += weights.other_place
    if one.title and other.title and not _near(one.title, one.title_in, other.title, other.title_in):
        score += weights.other_title_place
    if one.days and other.days:
        score += weights.other_day if one.days.isdisjoint(other.days) else weights.same_day
    score += weights.day_apart * min(hours / _DAY_HOURS, _MOST_DAYS)
    score += weights.first_themes * _share(one.first_themes, other.first_themes)
    score += weights.themes * _share(one.themes, other.themes)
    score += weights.parties * _least_share(one.parties, other.parties)
    score += weights.figures * _least_share(one.figures, other.figures)
    score += weights.all_figures * _share(one.all_figures, other.all_figures)
    return score + weights.no_words * (alike < _FEW_WORDS)


def _near(
    one: frozenset[str], one_in: frozenset[str], other: frozenset[str], other_in: frozenset[str]
) -> float:
    """Return 1 when two sets of places share one, less when a place of one lies in one of the other, else 0."""
    if not one.isdisjoint(other):
        return 1.0
    return _NESTED if not one.isdisjoint(other_in) or not other.isdisjoint(one_in) else 0.0


def _share(one: frozenset[object], other: frozenset[object]) -> float:
    """Return what two sets have in common, of all they hold."""
    return len(one & other) / len(one | other) if one or other else 0.0


def _least_share(one: frozenset[object], other: frozenset[object]) -> float:
    """Return what two sets have in common, of the smaller."""
    return len(one & other) / min(len(one), len(other)) if one and other else 0.0


def _overlap(one: Sequence[int], other: Sequence[int]) -> tuple[float, float, int]:
    """Return resemblance, containment of the smaller, and the smaller's size where both are complete."""
    if set(one).isdisjoint(other):  # of nearly all pairs that are compared
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


@lru_cache(maxsize=20_000)
def _headline(title: str) -> str:
    """Return a headline for comparison, empty when it is too short to identify a report."""
    parts = words(fold(title))
    return " ".join(parts) if len(parts) >= TITLE_WORDS else ""
