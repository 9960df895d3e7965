"""Who is named in a text, whatever the rules ask for.

The longest name claims its characters, and shorter names inside it are not read there: the Khan of Kalat says
nothing about Kalat. Still named inside it are only an entity that the longer name's entity belongs to (Operation
Herof in Operation Herof 2.0), and the same entity where the longer spelling is one nobody has verified. Where
one name has several holders, each is judged by its context; a parent beats its child, the one with the nearer
support beats the others, without any the place whose country writes the text's language does, and what stays
undecided is check for all.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace

from monitor.models import Context, Grade, Mention, Span
from monitor.rules.automaton import Stretch
from monitor.rules.context import Needs, Surroundings, Verdict
from monitor.rules.lexicon import Lexicon
from monitor.rules.names import Form, Kind
from monitor.rules.page import FieldText, Page, Place
from monitor.rules.standing import Candidate, doubted, no_name


@dataclass(frozen=True, slots=True)
class Refusal:
    """A name that stands in the text and is not read as its entity."""

    entity: str
    place: Place
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Named:
    """What a text names, in reading order."""

    mentions: tuple[Mention, ...]
    refusals: tuple[Refusal, ...]


_Covered = tuple[FieldText, Stretch, Stretch]  # a name, and the longer one that it stands in
Holder = tuple[Candidate, Verdict]
Judged = list[Holder]


def find(page: Page, lexicon: Lexicon, wanted: Container[str] = ()) -> Named:
    """Find every mention of every entity in a scanned page.

    Of the `wanted` entities it is also told when they stand only inside longer names.
    """
    refusals: list[Refusal] = []
    groups: dict[Place, list[Candidate]] = {}
    covered: dict[int, _Covered] = {}
    for field in page.fields:
        groups.update(_longest(field, lexicon, refusals, covered))
    bench = _Bench(groups, page, lexicon)
    mentions: list[Mention] = []
    for place in sorted(groups):
        text = page.text(place)
        decided, refused = bench.decide(place)
        mentions += [_mention(page, place, candidate, verdict, lexicon) for candidate, verdict in decided]
        refusals += [
            Refusal(lexicon.entities[candidate.form.entity].id, place, text, verdict.why)
            for candidate, verdict in refused
        ]
    told = {mention.entity for mention in mentions} | {refusal.entity for refusal in refusals}
    for number, cover in covered.items():
        entity = lexicon.entities[number].id
        if entity in wanted and entity not in told:
            refusals.append(_inside_longer(entity, cover))
    refusals.sort(key=lambda refusal: (refusal.place, refusal.entity))
    return Named(tuple(mentions), tuple(refusals))


def _inside_longer(entity: str, cover: _Covered) -> Refusal:
    field, inner, outer = cover
    place, longer = field.place(inner), field.place(outer)
    why = f"it is part of “{field.text[longer.start : longer.end]}”"
    return Refusal(entity, place, field.text[place.start : place.end], why)


def _mention(page: Page, place: Place, candidate: Candidate, verdict: Verdict, lexicon: Lexicon) -> Mention:
    assert verdict.grade is not None
    entity = lexicon.entities[candidate.form.entity].id
    grade = verdict.grade
    if candidate.ceiling is not Grade.STRONG and candidate.ceiling.rank < grade.rank:
        grade = candidate.ceiling
    why = f"{verdict.why}; {candidate.doubt}" if candidate.doubt else verdict.why
    span = Span(
        page.fields[place.field].name, place.start, place.end, page.text(place), candidate.form.alias, entity
    )
    context: tuple[Context, ...] = ()
    if verdict.context:
        context = tuple(replace(word, entity=entity) for word in verdict.context)
    return Mention(entity, grade, span, context, why)


# --- longest first ----------------------------------------------------------------------------------


def _longest(
    field: FieldText, lexicon: Lexicon, refusals: list[Refusal], covered: dict[int, _Covered]
) -> dict[Place, list[Candidate]]:
    """Return the longest names of a field, and those that may stand inside them."""
    names = field.found.names
    kept: dict[Place, list[Candidate]] = {}
    claimed: list[Stretch] = []  # disjoint, sorted
    claimants: dict[Stretch, list[Candidate]] = {}
    for stretch in sorted(names, key=lambda stretch: (stretch[0] - stretch[1], stretch)):
        forms = names[stretch]
        over = _overlapping(claimed, stretch)
        if over:
            allowed: set[int] = set()
            if over[0][0] <= stretch[0] and stretch[1] <= over[0][1]:
                allowed.update(_inside(claimants[over[0]], lexicon))
            for form in forms:
                if form.entity not in allowed:
                    covered.setdefault(form.entity, (field, stretch, over[0]))
            forms = [form for form in forms if form.entity in allowed]
            if not forms:
                continue
        place = field.place(stretch)
        candidates = _candidates(forms, field, place, lexicon, refusals)
        if candidates:
            kept[place] = candidates
            if not over:
                insort(claimed, stretch)
                claimants[stretch] = candidates
    return kept


def _overlapping(claimed: list[Stretch], stretch: Stretch) -> list[Stretch]:
    start, end = stretch
    at = bisect_right(claimed, (start, end))
    first = at - 1 if at and claimed[at - 1][1] > start else at
    last = at
    while last < len(claimed) and claimed[last][0] < end:
        last += 1
    return claimed[first:last]


def _inside(claimants: Iterable[Candidate], lexicon: Lexicon) -> Iterable[int]:
    """Yield the entities that a longer name leaves room for inside itself."""
    for candidate in claimants:
        yield from lexicon.ancestors[candidate.form.entity]
        if not candidate.form.verified:
            yield candidate.form.entity


def _candidates(
    forms: Iterable[Form], field: FieldText, place: Place, lexicon: Lexicon, refusals: list[Refusal]
) -> list[Candidate]:
    """Return the best form of each entity that may stand at a place; what cannot is refused."""
    best: dict[int, Candidate] = {}
    why: dict[int, str] = {}
    for form in forms:
        candidate = no_name(form, field.text, place) or doubted(form, field, place, lexicon.known)
        if isinstance(candidate, str):
            why.setdefault(form.entity, candidate)
        elif (before := best.get(form.entity)) is None or before.ceiling.rank < candidate.ceiling.rank:
            best[form.entity] = candidate
    if why:
        text = field.text[place.start : place.end]
        refusals += [
            Refusal(lexicon.entities[entity].id, place, text, why[entity])
            for entity in why
            if entity not in best
        ]
    return list(best.values())


# --- context, and several holders of one name ---------------------------------------------------------


class _Bench:
    """Judges every candidate of a page, and decides between those who hold the same name."""

    def __init__(self, groups: Mapping[Place, list[Candidate]], page: Page, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._surroundings = Surroundings(page, lexicon.context_words, lexicon.capitals)
        self._judged: dict[Place, Judged] = {}
        self._places: dict[int, list[Place]] | None = None
        places = sorted(groups)
        # Names that speak for themselves come first: abbreviations lean on them.
        for full in (True, False):
            for place in places:
                for candidate in groups[place]:
                    if (candidate.form.kind is Kind.FULL) is full:
                        self._judge(place, candidate)
        self._lean()

    def _judge(self, place: Place, candidate: Candidate) -> None:
        form = candidate.form
        needs = self._lexicon.needs[form.entity]
        verdict = self._surroundings.judge(
            place,
            form,
            needs,
            qualified=candidate.qualified,
            located=candidate.located,
            dateline=candidate.dateline,
        )
        self._judged.setdefault(place, []).append((candidate, verdict))
        if form.kind is Kind.FULL and candidate.ceiling is verdict.grade is Grade.STRONG:
            self._surroundings.own.setdefault(form.entity, place)

    def _lean(self) -> None:
        """Let names that nothing speaks for lean on what else is named; what leans carries nobody else."""
        wanting = [
            place for place, holders in self._judged.items() if any(found.missing for _, found in holders)
        ]
        if not wanting:
            return
        others = self._elsewhere(Grade.LIKELY)
        for place in wanting:
            for number, (candidate, verdict) in enumerate(self._judged[place]):
                if verdict.missing:
                    needs = self._lexicon.needs[candidate.form.entity]
                    leaning = self._surroundings.lean(place, candidate.form, needs, others)
                    if leaning is not None and _better(leaning, verdict):
                        self._judged[place][number] = (candidate, leaning)

    def decide(self, place: Place) -> tuple[Judged, Judged]:
        """Return who is named at a place, and who is not."""
        holders = self._judged[place]
        if len(holders) == 1:
            return (holders, []) if holders[0][1].grade else ([], holders)
        holders = sorted(holders, key=lambda holder: holder[0].form.entity)
        refused = [holder for holder in holders if holder[1].grade is None]
        alive = [holder for holder in holders if holder[1].grade is not None]
        beaten = [holder for holder in alive if self._beaten_by_parent(holder, alive)]
        alive = [holder for holder in alive if holder not in beaten]
        why = "it is read as what this belongs to"
        refused += [(candidate, replace(verdict, grade=None, why=why)) for candidate, verdict in beaten]
        # Who was refused for want of context is still a candidate for a name that nobody has context for.
        rivals = alive + [holder for holder in refused if holder[1].missing and alive]
        if len(rivals) < 2:
            return alive, refused
        ranks = [self._rank(place, holder) for holder in rivals]
        nearest = [rival for rival, rank in zip(rivals, ranks, strict=True) if rank == max(ranks)]
        if len(nearest) > 1:
            native = [rival for rival in nearest if self._surroundings.at_home(self._needs(rival))]
            nearest = native if len(native) == 1 and native[0] in alive else nearest
        if max(ranks) == 0 and len(nearest) > 1:
            return self._undecided(rivals), [holder for holder in refused if holder not in rivals]
        winner = self._lexicon.entities[nearest[0][0].form.entity].id
        lost = [
            (candidate, replace(verdict, grade=None, why=f"what stands near speaks for {winner}"))
            for candidate, verdict in alive
            if (candidate, verdict) not in nearest
        ]
        return nearest if len(nearest) == 1 else self._undecided(nearest), refused + lost

    def _needs(self, holder: Holder) -> Needs:
        return self._lexicon.needs[holder[0].form.entity]

    def _beaten_by_parent(self, holder: Holder, alive: Judged) -> bool:
        ancestors = self._lexicon.ancestors[holder[0].form.entity]
        return any(
            other[0].form.entity in ancestors and _strength(*other) >= _strength(*holder) for other in alive
        )

    def _rank(self, place: Place, holder: Holder) -> int:
        """Return how near a holder's support stands; one that asks for none leans on its relatives' names."""
        candidate, verdict = holder
        entity = candidate.form.entity
        if verdict.rank or self._lexicon.needs[entity].require:
            return verdict.rank
        if self._places is None:
            self._places = self._elsewhere(Grade.CHECK)
        places = self._places
        text = self._surroundings.text(place)
        return max(
            (
                self._surroundings.rank(place, places[relative])
                for relative in sorted(self._lexicon.relatives[entity])
                if relative in places and self._surroundings.text(places[relative][0]) != text
            ),
            default=0,
        )

    def _elsewhere(self, least: Grade) -> dict[int, list[Place]]:
        """Return where each entity is named, as far as its own context says, in reading order."""
        found: defaultdict[int, list[Place]] = defaultdict(list)
        for place in sorted(self._judged):
            for candidate, verdict in self._judged[place]:
                if (
                    verdict.grade is not None
                    and min(verdict.grade.rank, candidate.ceiling.rank) >= least.rank
                ):
                    found[candidate.form.entity].append(place)
        return dict(found)

    def _undecided(self, rivals: Judged) -> Judged:
        undecided = []
        for candidate, verdict in rivals:
            others = ", ".join(
                self._lexicon.entities[other.form.entity].id for other, _ in rivals if other is not candidate
            )
            why = f"also a name of {others}, and nothing decides between them"
            undecided.append((candidate, replace(verdict, grade=Grade.CHECK, why=why)))
        return undecided


def _better(verdict: Verdict, other: Verdict) -> bool:
    return verdict.grade is not None and (other.grade is None or verdict.grade.rank > other.grade.rank)


def _strength(candidate: Candidate, verdict: Verdict) -> tuple[int, int]:
    assert verdict.grade is not None
    return min(verdict.grade.rank, candidate.ceiling.rank), verdict.rank
