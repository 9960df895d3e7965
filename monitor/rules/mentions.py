"""Who is named in a text, whatever the rules ask for.

The longest name claims its characters, and shorter names inside it are not read there: the Khan of Kalat says
nothing about Kalat. Only an entity that the longer name's own entity belongs to is still named inside it
(Operation Herof in Operation Herof 2.0). Where one name has several holders, each is judged by its context; a
parent beats its child, the one with the nearer support beats the others, and without one it is check for all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import regex

from monitor.models import Grade, Mention, Span
from monitor.rules import capitals
from monitor.rules.capitals import Given
from monitor.rules.context import Surroundings, Verdict
from monitor.rules.lexicon import Lexicon
from monitor.rules.names import Form, Kind, initials
from monitor.rules.page import FieldText, Page, Place

_NUMBER_AFTER = regex.compile(r"[ \u00a0\-‐‑–]\p{N}")
_DESIGNATION = regex.compile(r"[\-‐‑–]\p{N}")
_ADDRESS_PART = regex.compile(r"(?:https?://|www\.)\S*|\S+@\S+\.\S+|[\w\-]+(?:\.[\w\-]+)*\.(?:com|net|org|pk|ir|info)\b")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name that stands in the text, before its context is looked at."""

    place: Place
    form: Form
    ceiling: Grade = Grade.STRONG
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A name that stands in the text and is not read as its entity."""

    entity: int
    place: Place
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Named:
    """What a text names, in reading order."""

    mentions: tuple[Mention, ...]
    refusals: tuple[Refusal, ...]


def find(page: Page, lexicon: Lexicon) -> Named:
    """Find every mention of every entity in a scanned page."""
    refusals: list[Refusal] = []
    candidates = [found for field in page.fields for found in _standing(field, lexicon, refusals)]
    groups = _claimed(candidates, lexicon)
    surroundings = Surroundings(page, lexicon.capitals)
    judged = _judged(groups, surroundings, lexicon)
    mentions: list[Mention] = []
    for place in sorted(judged):
        text = page.text(place)
        span = Span(page.fields[place.field].name, place.start, place.end, text)
        decided, refused = _decided(judged[place], judged, lexicon, surroundings)
        mentions += [_mention(span, candidate, verdict, lexicon) for candidate, verdict in decided]
        refusals += [
            Refusal(candidate.form.entity, place, text, verdict.why) for candidate, verdict in refused
        ]
    refusals.sort(key=lambda refusal: (refusal.place, refusal.entity))
    return Named(tuple(mentions), tuple(refusals))


def _mention(span: Span, candidate: Candidate, verdict: Verdict, lexicon: Lexicon) -> Mention:
    assert verdict.grade is not None
    entity = lexicon.entities[candidate.form.entity].id
    grade = min(verdict.grade, candidate.ceiling, key=lambda grade: grade.rank)
    why = f"{verdict.why}; {candidate.doubt}" if candidate.doubt else verdict.why
    context = tuple(replace(word, entity=entity) for word in verdict.context)
    return Mention(entity, grade, replace(span, alias=candidate.form.alias, entity=entity), context, why)


# --- does the name stand there at all ---------------------------------------------------------------


def _standing(field: FieldText, lexicon: Lexicon, refusals: list[Refusal]) -> Iterator[Candidate]:
    """Yield the best form of each entity at each place where one stands; what does not is refused."""
    for stretch, forms in field.found.names.items():
        place = field.place(stretch)
        best: dict[int, Candidate] = {}
        why: dict[int, str] = {}
        for form in forms:
            reason = _no_name(form, field.text, place)
            candidate = None if reason else _doubted(form, field, place, lexicon)
            if isinstance(candidate, Candidate):
                before = best.get(form.entity)
                if before is None or candidate.ceiling.rank > before.ceiling.rank:
                    best[form.entity] = candidate
            else:
                why.setdefault(form.entity, reason or str(candidate))
        yield from best.values()
        text = field.text[place.start : place.end]
        refusals += [Refusal(entity, place, text, why[entity]) for entity in why if entity not in best]


def _no_name(form: Form, text: str, place: Place) -> str:
    """Say why these characters are not this name, or nothing when they may be."""
    _, start, end = place
    found = text[start:end]
    if form.latin and form.kind is Kind.ABBR:
        if initials(found) != initials(form.alias):
            return f"an abbreviation is written {form.alias}"
        if _DESIGNATION.match(text, end):
            return "a number is joined to the abbreviation"
    if form.capital:
        if not found[0].isupper():
            return f"{form.alias} is written with a capital"
        if _NUMBER_AFTER.match(text, end):
            return "a number follows it"
    if form.latin and _in_address(text, start, end):
        return "it is part of an address"
    return ""


def _in_address(text: str, start: int, end: int) -> bool:
    if text[start - 1 : start] not in ("/", ".", "@", "-", "_") and text[end : end + 1] not in ("/", ".", "@", "-", "_"):
        return False
    begin = max(text.rfind(" ", 0, start), text.rfind("\n", 0, start)) + 1
    return any(found.start() <= start and end <= found.end() for found in _ADDRESS_PART.finditer(text, begin, end + 40))


def _doubted(form: Form, field: FieldText, place: Place, lexicon: Lexicon) -> Candidate | str:
    """Return the candidate with what must be doubted about it, or why it is none."""
    _, start, end = place
    text = field.text
    if form.latin and (form.title or form.people or form.proper or form.capital or form.kind is Kind.ABBR):
        line = field.sentence(start)
        if form.kind is Kind.ABBR and capitals.shouted(text, line, start, end):
            return Candidate(place, form, Grade.CHECK, "everything around the abbreviation is in capitals")
        if form.capital and end - start > 1 and text[start:end].isupper() and not capitals.shouted(text, line, start, end):
            return f"{form.alias} is not written in capitals"
        if form.proper and capitals.lower_among_capitals(text, line, start, end):
            return Candidate(place, form, Grade.CHECK, f"{form.alias} is written with capitals")
        if form.title or form.people:
            return _after_given_name(form, field, place, line, lexicon)
    return _verified(Candidate(place, form))


def _after_given_name(
    form: Form, field: FieldText, place: Place, line: capitals.Line, lexicon: Lexicon
) -> Candidate | str:
    given = capitals.given_name(field.text, line, place.start, place.end, lexicon.known)
    if form.people and capitals.addressed(field.text, line, place.start):
        given = Given.YES
    if given is Given.YES and form.title:
        return "a given name stands directly before it"
    if given is Given.YES:
        return Candidate(place, form, Grade.CHECK, "it may be a surname: a given name stands directly before it")
    if given is Given.MAYBE:
        return _verified(Candidate(place, form, Grade.LIKELY, "the word directly before it may be a given name"))
    return _verified(Candidate(place, form))


def _verified(candidate: Candidate) -> Candidate:
    if candidate.form.verified:
        return candidate
    return replace(candidate, ceiling=Grade.CHECK, doubt="this spelling has not been verified")


# --- longest first ----------------------------------------------------------------------------------


def _claimed(candidates: Iterable[Candidate], lexicon: Lexicon) -> dict[Place, list[Candidate]]:
    """Keep the longest names, and inside them only those of entities that they belong to."""
    by_place: defaultdict[Place, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_place[candidate.place].append(candidate)
    kept: dict[Place, list[Candidate]] = {}
    claims: defaultdict[int, list[Place]] = defaultdict(list)
    for place in sorted(by_place, key=lambda place: (place.start - place.end, place)):
        over = [claim for claim in claims[place.field] if claim.start < place.end and place.start < claim.end]
        holders = by_place[place]
        if not over:
            claims[place.field].append(place)
        elif all(claim.start <= place.start and place.end <= claim.end for claim in over):
            above = {a for claim in over for longer in kept[claim] for a in lexicon.ancestors[longer.form.entity]}
            holders = [candidate for candidate in holders if candidate.form.entity in above]
        else:
            holders = []
        if holders:
            kept[place] = holders
    return kept


# --- context, and several holders of one name ---------------------------------------------------------

Holder = tuple[Candidate, Verdict]
Judged = list[Holder]


def _judged(groups: dict[Place, list[Candidate]], surroundings: Surroundings, lexicon: Lexicon) -> dict[Place, Judged]:
    """Judge every candidate, names that speak for themselves first: abbreviations lean on them."""
    judged: dict[Place, Judged] = {place: [] for place in groups}
    for telling in (True, False):
        for place in sorted(groups):
            for candidate in groups[place]:
                form = candidate.form
                if (form.kind is Kind.FULL) is not telling:
                    continue
                verdict = surroundings.judge(place, form, lexicon.needs[form.entity])
                judged[place].append((candidate, verdict))
                if telling and candidate.ceiling is verdict.grade is Grade.STRONG:
                    surroundings.own.setdefault(form.entity, place)
    return judged


def _decided(
    holders: Judged, judged: dict[Place, Judged], lexicon: Lexicon, surroundings: Surroundings
) -> tuple[Judged, Judged]:
    """Return who is named at a place, and who is not."""
    holders = sorted(holders, key=lambda holder: holder[0].form.entity)
    refused = [holder for holder in holders if holder[1].grade is None]
    alive = [holder for holder in holders if holder[1].grade is not None]
    alive = [holder for holder in alive if not _beaten_by_parent(holder, alive, lexicon)]
    # Who was refused for want of context is still a candidate for a name that nobody has context for.
    rivals = alive + [holder for holder in refused if holder[1].missing and alive]
    if len(rivals) < 2:
        return alive, refused
    ranks = [_rank(holder, judged, lexicon, surroundings) for holder in rivals]
    nearest = [rival for rival, rank in zip(rivals, ranks, strict=True) if rank == max(ranks)]
    if max(ranks) == 0:
        return [_undecided(holder, rivals, lexicon) for holder in rivals], [
            holder for holder in refused if holder not in rivals
        ]
    decided = nearest if len(nearest) == 1 else [_undecided(holder, nearest, lexicon) for holder in nearest]
    winner = lexicon.entities[nearest[0][0].form.entity].id
    lost = [
        (candidate, replace(verdict, grade=None, why=f"what stands near speaks for {winner}"))
        for candidate, verdict in alive
        if (candidate, verdict) not in nearest
    ]
    return decided, refused + lost


def _beaten_by_parent(holder: Holder, alive: Judged, lexicon: Lexicon) -> bool:
    candidate, verdict = holder
    ancestors = lexicon.ancestors[candidate.form.entity]
    return any(
        other.form.entity in ancestors and _strength(other, found) >= _strength(candidate, verdict)
        for other, found in alive
    )


def _strength(candidate: Candidate, verdict: Verdict) -> tuple[int, int]:
    assert verdict.grade is not None
    return min(verdict.grade.rank, candidate.ceiling.rank), verdict.rank


def _rank(holder: Holder, judged: dict[Place, Judged], lexicon: Lexicon, surroundings: Surroundings) -> int:
    """Return how near a holder's support stands; one that asks for none leans on its relatives' names."""
    candidate, verdict = holder
    entity = candidate.form.entity
    if verdict.rank or lexicon.needs[entity].require:
        return verdict.rank
    name = surroundings.text(candidate.place)
    return max(
        (
            surroundings.rank(candidate.place, place)
            for place, others in judged.items()
            if any(other.form.entity in lexicon.relatives[entity] and found.grade for other, found in others)
            and surroundings.text(place) != name
        ),
        default=0,
    )


def _undecided(holder: Holder, rivals: Judged, lexicon: Lexicon) -> Holder:
    candidate, verdict = holder
    others = ", ".join(
        lexicon.entities[other.form.entity].id for other, _ in rivals if other.form.entity != candidate.form.entity
    )
    return candidate, replace(verdict, grade=Grade.CHECK, why=f"also a name of {others}; nothing decides between them")
