"""Which story an article joins."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.models import Candidate, Signature
from monitor.stories.cluster import SKETCH_SIZE, place, sketch

SEEN = datetime(2026, 2, 2, tzinfo=UTC)

REPORT = """The provincial government said on Monday that work on the coastal water plant would begin in March.
Engineers have surveyed four sites between the harbour and the old town, and the first tenders are due within weeks.
Residents of three villages asked for guarantees that the fishing grounds would stay open during construction.
A spokesperson for the water board said that a committee of fishermen would be heard before any site was chosen.
The plant is planned to supply forty thousand households. An earlier project was abandoned in 2019 for want of money.
The opposition in the assembly called the timetable unlikely and asked for the surveys to be published at once.
Two members of the committee said that they had not been told about the tenders before Monday's announcement."""

OTHER = """The cricket board announced its squad for the winter tour on Monday, leaving out two senior bowlers.
The selectors said that form and fitness had decided, and that younger players would have their chance abroad.
The captain thanked those who were left out and said the door was open to everybody who scored runs at home.
The first match is to be played in three weeks; tickets have been sold since last Thursday in all five cities.
Former players welcomed the decision, though one of them warned against changing too much at the same time."""


def candidate(article: int, story: int | None, title: str, text: str, hours: float = 0) -> Candidate:
    return Candidate(article, story, "en", title, sketch(text), Signature(), SEEN + timedelta(hours=hours))


def new(title: str, text: str) -> Candidate:
    return candidate(99, None, title, text)


def test_a_copy_with_small_edits_joins() -> None:
    copy = REPORT.replace("on Monday", "Monday").replace("at once", "immediately")
    found = place(new("Water plant: work to begin", copy), [candidate(1, 7, "Coast plant", REPORT)])
    assert (found.story, found.how) == (7, "near copy")


def test_a_copy_cut_short_joins() -> None:
    short = "\n".join(REPORT.splitlines()[:2])
    found = place(new("Plant work to begin", short), [candidate(1, 7, "Coast plant", REPORT)])
    assert (found.story, found.how) == (7, "contained")


def test_another_report_begins_a_story() -> None:
    found = place(new("Board names squad", OTHER), [candidate(1, 7, "Coast plant", REPORT)])
    assert (found.story, found.how) == (None, "first")


def test_the_same_headline_joins_where_bodies_do_not_contradict() -> None:
    title = "Work on coastal water plant begins in March"
    teaser = new(title, "Work will begin soon.")
    assert place(teaser, [candidate(1, 7, title.upper(), REPORT)]).how == "same title"
    assert place(new(title, REPORT), [candidate(2, 8, title, OTHER)]).story is None


def test_a_short_headline_identifies_nothing() -> None:
    assert place(new("Weather today", ""), [candidate(1, 7, "Weather today", "")]).story is None


def test_a_template_filled_in_twice_is_no_copy() -> None:
    filled = (
        REPORT.replace("four sites", "nine sites")
        .replace("three villages", "two towns")
        .replace("2019", "2016")
    )

    def told(story: int | None, text: str, *places: str) -> Candidate:
        return replace(candidate(1, story, "Work begins", text), signature=Signature(lead=frozenset(places)))

    assert place(told(None, filled, "place.pasni"), [told(7, REPORT, "place.ormara")]).story is None
    assert place(told(None, filled, "place.pasni"), [told(7, REPORT, "place.pasni")]).story == 7
    # Word for word it is a copy, whatever was made of its places.
    assert place(told(None, REPORT, "place.pasni"), [told(7, REPORT, "place.ormara")]).story == 7


def test_a_copy_is_one_in_whatever_language_it_was_taken_for() -> None:
    other = replace(candidate(1, 7, "Work begins", REPORT), language="ur")
    assert place(new("Work begins", REPORT), [other]).how == "near copy"


def test_the_same_kind_of_thing_in_the_same_hour_is_no_event() -> None:
    match = Signature(themes=frozenset(("sport",)), first_themes=frozenset(("sport",)))
    one = replace(candidate(1, 7, "Cricket squad named", OTHER), signature=match)
    assert (
        place(replace(new("والیبال", "تیم ملی والیبال"), language="fa", signature=match), [one]).story is None
    )


def test_what_belongs_with_two_stories_makes_them_one() -> None:
    found = place(new("x", REPORT), [candidate(1, 9, "a", REPORT + OTHER), candidate(2, 6, "b", REPORT)])
    assert (found.story, found.absorbs) == (6, (9,))


def test_what_a_person_put_asunder_stays_so() -> None:
    known = [candidate(1, 5, "a", REPORT + OTHER), candidate(2, 6, "b", REPORT)]
    found = place(new("x", REPORT), known, {frozenset((5, 6))})
    assert (found.story, found.absorbs) == (6, ())


def test_spelling_variants_do_not_hide_a_copy() -> None:
    urdu = (
        "حکومت نے پیر کو کہا کہ ساحلی منصوبے پر کام مارچ میں شروع ہو گا اور ماہی گیروں سے مشورہ کیا جائے گا"
    )
    assert sketch(urdu) == sketch(urdu.replace("ی", "ي").replace("ک", "ك"))


@given(st.text(max_size=2000))
def test_a_sketch_is_ascending_bounded_and_stable(text: str) -> None:
    own = sketch(text)
    assert len(own) <= SKETCH_SIZE
    assert list(own) == sorted(set(own))
    assert sketch(text) == own


@given(st.lists(st.integers(0, 2**64 - 1), unique=True, min_size=12, max_size=SKETCH_SIZE))
def test_a_text_is_a_near_copy_of_itself(values: list[int]) -> None:
    own = tuple(sorted(values))
    one = Candidate(1, 3, "en", "", own, Signature(), SEEN)
    assert place(replace(one, story=None), [one]).how == "near copy"
