"""Where sentences end, and that nothing of the text is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.text.sentences import paragraphs, sentences


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "parts",
    [
        ["Dr. Jamil met Mr. Khan.", "They spoke."],
        ["Gen. Aslam and Lt. Col. Rahim left.", "St. John stayed."],
        ["The U.S. and the B.L.A. were named.", "The army denied it."],
        ["He lives in the U.S.", "The envoy left."],
        ["J. R. Aziz wrote it.", "It was long."],
        ["Road No. 5 is shut.", "Why?", "No.", "It rained."],
        ["It cost Rs. 3.5 million, i.e. too much.", "Nobody paid."],
        ["They met at 5 p.m. on Monday.", "They left at 6 p.m.", "Then it rained."],
        ["A cement company, Dost Ltd., was fined.", "Its owner paid."],
        ["“We will stay.”", "He left."],
        ['"Why?" he asked.', '"Because."', "They went on."],
        ["(It was late.)", "He said … nothing.", "Then...", "Rain!"],
        ["What?!", "Really?"],
        ["See dawn.com/a?b=c or e-mail desk@dawn.com.", "Thanks."],
        ["1. Roads.", "2. Schools."],
        ["It began in 2025.", "It goes on."],
        ["بارش ہوئی۔", "سڑکیں بند ہیں؟", "نہیں!", "سب کھلی ہیں۔"],
        ["انہوں نے کہا: ’یہ غلط ہے۔‘", "پھر وہ چلے گئے۔"],
        ["انہوں نے کہا ”ہم آئیں گے۔“", "سب خوش ہوئے۔"],
        ["آئی۔ایس۔پی۔آر نے تردید کی۔", "لوگ مطمئن نہیں۔"],
        ["لاگت 3۔5 ارب روپے ہے۔", "کام جاری ہے۔"],
        ["۶۔ چھٹا نکتہ یہ ہے۔", "ساتواں نہیں۔"],
        ["او گفت: «چرا؟»", "کسی پاسخ نداد.", "جاده بسته است."],
        ["آی.اس.پی.آر تکذیب کرد.", "پایان."],
        ["په کوټه کې باران وشو.", "لارې بندې دي."],
        ["क्वेटा में बारिश हुई।", "सड़कें बंद हैं।"],
    ],
)
def test_sentences_end_where_a_reader_ends_them(parts: list[str]) -> None:
    assert cut(" ".join(parts)) == parts


def test_urdu_and_persian_sentences_end_without_a_space() -> None:
    assert cut("بارش ہوئی۔سڑکیں بند ہیں۔") == ["بارش ہوئی۔", "سڑکیں بند ہیں۔"]
    assert cut("او رفت.باران آمد.") == ["او رفت.", "باران آمد."]


def test_a_line_is_a_paragraph_and_ends_its_sentence() -> None:
    text = "  One line \r\n\r\n\tTwo\u2028Three\n"
    assert [text[start:end] for start, end in paragraphs(text)] == ["One line", "Two", "Three"]
    assert cut(text) == ["One line", "Two", "Three"]


def test_no_text_has_no_sentences() -> None:
    assert sentences("") == sentences(" \n\u00a0") == paragraphs("\n") == []


TEXTS = st.text("aB U.S No.1 5۔؟!?…।\"'”“’‘»«)(\n\r\u2028 \u00a0\u200cبہےک.آئی") | st.text()


@given(TEXTS)
def test_spans_are_ordered_and_hold_all_but_white_space(text: str) -> None:
    for spans in (sentences(text), paragraphs(text)):
        flat = [place for span in spans for place in span]
        assert flat == sorted(flat)
        kept = "".join(text[start:end] for start, end in spans)
        assert "".join(kept.split()) == "".join(text.split())
        for start, end in spans:
            assert text[start:end].strip() == text[start:end] != ""


@given(TEXTS)
def test_sentences_stay_within_their_paragraphs(text: str) -> None:
    lines = paragraphs(text)
    assert all(any(start <= first and last <= end for start, end in lines) for first, last in sentences(text))


def test_a_long_line_takes_time_in_proportion() -> None:
    text = "Mr. A. No. 5 came? Yes. " * 20_000
    assert len(sentences(text)) == 40_000
