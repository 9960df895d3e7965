from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from monitor.digest.passages import LIMIT, Passage, headline, key_passages
from monitor.models import ArticleView, Grade, Match, Origin, Span
from tests.digest.days import PARLIAMENT, article, spans


def marked(passage: Passage) -> list[str]:
    return [passage.text[start:end] for start, end in passage.marks]


def body(text: str, *names: str, number: int = 1, title: str = "a title of its own") -> ArticleView:
    return article(number, "A", title, text, {"balochistan": names})


def test_the_sentences_with_most_names_are_chosen_and_stand_in_reading_order() -> None:
    text = "First Gwadar. Then Gwadar and Quetta. Nothing. Later Quetta, Gwadar and Turbat. At last Turbat."
    chosen = key_passages([body(text, "Gwadar", "Quetta", "Turbat")])
    assert [passage.text for passage in chosen] == [
        "First Gwadar.",
        "Then Gwadar and Quetta.",
        "Later Quetta, Gwadar and Turbat.",
    ]
    assert marked(chosen[2]) == ["Quetta", "Gwadar", "Turbat"]


def test_many_names_weigh_more_than_one_name_often() -> None:
    text = "Gwadar, Gwadar, Gwadar. Quetta and Turbat."
    assert [p.text for p in key_passages([body(text, "Gwadar", "Quetta", "Turbat")], limit=1)] == [
        "Quetta and Turbat."
    ]


def test_copies_are_quoted_once_from_the_first_that_had_them() -> None:
    copy = PARLIAMENT.replace("would be sent", "will be sent")
    chosen = key_passages([body(PARLIAMENT, "Balochistan", number=1), body(copy, "Balochistan", number=2)])
    assert {passage.article for passage in chosen} == {1}
    assert len({passage.text for passage in chosen}) == len(chosen)


def test_another_language_is_no_copy() -> None:
    chosen = key_passages(
        [body("A sit-in in Gwadar.", "Gwadar"), body("گوادر میں دھرنا۔", "گوادر", number=2)]
    )
    assert [passage.article for passage in chosen] == [1, 2]


def test_a_summary_is_quoted_when_there_is_no_body() -> None:
    view = article(1, "A", "t", "A word from Gwadar.", {"balochistan": ["Gwadar"]}, origin=Origin.SUMMARY)
    (passage,) = key_passages([view])
    assert (passage.field, passage.text) == ("summary", "A word from Gwadar.")


def test_a_story_that_matched_in_the_headline_is_shown_by_its_first_sentence() -> None:
    (passage,) = key_passages([body("No name here. Nor here.", "Gwadar", title="Gwadar")])
    assert passage.text == "No name here."
    assert passage.marks == ()
    assert key_passages([body("", "Gwadar", title="Gwadar")]) == ()


def test_a_sentence_that_repeats_the_headline_is_passed_over() -> None:
    view = body(
        "Port in Gwadar opens\nThe port of Gwadar was opened on Monday.",
        "Gwadar",
        title="Port in Gwadar opens",
    )
    assert [passage.text for passage in key_passages([view])] == ["The port of Gwadar was opened on Monday."]


def test_spans_that_no_longer_reread_are_not_shown() -> None:
    view = body("A word from Gwadar.", "Gwadar")
    moved = Match("balochistan", Grade.STRONG, (Span("body", 2, 8, "Gwadar", "Gwadar"),))
    assert all(passage.marks == () for passage in key_passages([replace(view, matches=(moved,))]))
    outside = Match("balochistan", Grade.STRONG, (Span("body", 900, 906, "Gwadar", "Gwadar"),))
    assert all(passage.marks == () for passage in key_passages([replace(view, matches=(outside,))]))


def test_overlapping_and_touching_marks_become_one() -> None:
    view = body("The Khan of Kalat said so.", "Khan of Kalat", "Kalat", "The ")
    (passage,) = key_passages([view])
    assert marked(passage) == ["The Khan of Kalat"]


def test_a_sentence_without_an_end_is_cut_at_words_around_its_mark() -> None:
    text = "word " * 400 + "Gwadar" + " more" * 400
    (passage,) = key_passages([body(text, "Gwadar")])
    assert marked(passage) == ["Gwadar"]
    assert len(passage.text) <= LIMIT
    assert passage.cut_before
    assert passage.cut_after
    assert set(passage.text.split()) == {"word", "Gwadar", "more"}
    assert text[passage.start : passage.end] == passage.text


def test_a_headline_carries_its_marks() -> None:
    passage = headline(body("", "Gwadar", title="From Gwadar to Gwadar"))
    assert marked(passage) == ["Gwadar", "Gwadar"]


NAMES = ("Gwadar", "گوادر", "Khan of Kalat", "Kalat")
TEXTS = st.lists(
    st.sampled_from((*NAMES, " ", ". ", "۔ ", "\n", "word", "لفظ", "x" * 90, "\u200c", "e\u0301", "؟", '"')),
    max_size=60,
).map("".join)


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_every_passage_rereads_and_every_mark_is_a_span(texts: list[str]) -> None:
    articles = [body(text, *NAMES, number=number) for number, text in enumerate(texts)]
    chosen = key_passages(articles)
    assert len(chosen) <= 3
    for passage in chosen:
        original = articles[passage.article].text
        assert original[passage.start : passage.end] == passage.text
        assert len(passage.text) <= LIMIT
        found = spans({"body": original}, NAMES)
        covered = {at for span in found for at in range(span.start, span.end)}
        for start, end in passage.marks:
            assert 0 <= start < end <= len(passage.text)
            assert covered.issuperset(range(passage.start + start, passage.start + end))
        ends = [edge for mark in passage.marks for edge in mark]
        assert ends == sorted(set(ends))
