"""Which story an article joins."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from monitor.models import Candidate
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


def candidate(article: int, story: int, title: str, text: str) -> Candidate:
    return Candidate(article, story, "en", title, sketch(text), SEEN)


def test_a_copy_with_small_edits_joins() -> None:
    copy = REPORT.replace("on Monday", "Monday").replace("at once", "immediately")
    found = place(
        "Water plant: work to begin in spring", sketch(copy), [candidate(1, 7, "Coast plant", REPORT)]
    )
    assert (found.story, found.how) == (7, "near copy")


def test_a_copy_cut_short_joins() -> None:
    short = "\n".join(REPORT.splitlines()[:2])
    found = place("Plant work to begin", sketch(short), [candidate(1, 7, "Coast plant", REPORT)])
    assert (found.story, found.how) == (7, "contained")


def test_another_report_begins_a_story() -> None:
    found = place("Board names squad", sketch(OTHER), [candidate(1, 7, "Coast plant", REPORT)])
    assert (found.story, found.how) == (None, "first")


def test_the_same_headline_joins_where_bodies_do_not_contradict() -> None:
    title = "Work on coastal water plant begins in March"
    teaser = sketch("Work will begin soon.")
    assert place(title, teaser, [candidate(1, 7, title.upper(), REPORT)]).how == "same title"
    long_other = candidate(1, 7, title, OTHER * 2 + REPORT.replace("water", "wind").replace("plant", "farm"))
    assert place(title, sketch(REPORT), [candidate(2, 8, title, OTHER)]).story is None
    assert long_other.story == 7


def test_a_short_headline_identifies_nothing() -> None:
    assert place("Weather today", (), [candidate(1, 7, "Weather today", "")]).story is None


def test_the_closest_of_several_wins_and_ties_go_to_the_earliest() -> None:
    half = REPORT + OTHER
    found = place(
        "x",
        sketch(REPORT),
        [candidate(1, 5, "a", half), candidate(2, 6, "b", REPORT), candidate(3, 9, "c", REPORT)],
    )
    assert found.story == 6


def test_spelling_variants_do_not_hide_a_copy() -> None:
    urdu = (
        "حکومت نے پیر کو کہا کہ ساحلی منصوبے پر کام مارچ میں شروع ہو گا اور ماہی گیروں سے مشورہ کیا جائے گا "
        * 1
    )
    other = urdu.replace("ی", "ي").replace("ک", "ك")
    assert sketch(urdu) == sketch(other)


@given(st.text(max_size=2000))
def test_a_sketch_is_ascending_bounded_and_stable(text: str) -> None:
    own = sketch(text)
    assert len(own) <= SKETCH_SIZE
    assert list(own) == sorted(set(own))
    assert sketch(text) == own


@given(st.lists(st.integers(0, 2**64 - 1), unique=True, min_size=12, max_size=SKETCH_SIZE))
def test_a_text_is_a_near_copy_of_itself(values: list[int]) -> None:
    own = tuple(sorted(values))
    assert place("", own, [Candidate(1, 3, "en", "", own, SEEN)]).how == "near copy"
