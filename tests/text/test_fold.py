"""The matching form, the way back to the original, and where words begin and end."""

from __future__ import annotations

import csv
import os
import sys
import unicodedata
from pathlib import Path

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from monitor.text import fold as module
from monitor.text.fold import fold, fold_mapped, variants, words

CORPORA = Path(os.environ.get("MONITOR_CORPORA", Path(__file__).parents[2] / ".." / "shared" / "data"))


def found(name: str, text: str) -> list[str]:
    """Return the cited words of every place where the name stands in the text."""
    folded = fold_mapped(text)
    cited = []
    for form in variants(name):
        start = folded.text.find(form)
        while start >= 0:
            if folded.whole(start, start + len(form)):
                cited.append(text[slice(*folded.span(start, start + len(form)))])
            start = folded.text.find(form, start + 1)
    return cited


def same(one: str, other: str) -> bool:
    """Tell whether two spellings fold alike when gaps do not count."""
    return fold(one).replace(" ", "") == fold(other).replace(" ", "")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("سيستان", "سیستان"),
        ("موسى", "موسی"),
        ("كوئته", "کوئته"),
        ("ڪراچي", "کراچی"),
        ("ہرنائی", "ھرنایی"),
        ("هرنائي", "ہرنائی"),
        ("گنداواہ", "گنداواه"),
        ("سورة", "سورۃ"),
        ("کوهۀ", "کوہۂ"),
        ("ئە", "یه"),
        ("أحمد", "احمد"),
        ("إيران", "ایران"),
        ("آواران", "ٱواران"),
        ("مؤمن", "مومن"),
        ("بلۏچستان", "بلوچستان"),
        ("ماں", "مان"),
        ("رڼا", "رنا"),
        ("څمن", "چمن"),
        ("ګوادر", "گوادر"),
        ("کوټه", "کوٹہ"),
        ("ډېره", "ڈیره"),
        ("کړی", "کڑی"),
        ("پښين", "پشین"),
        ("ږوب", "ژوب"),
        ("ڪوئيٽا", "کوئیٹا"),
        ("زۍ", "زی"),
        ("گْوادر", "گوادر"),
        ("بَلوچِستانُ", "بلوچستان"),
        ("موسیٰ خیل", "موسی خیل"),
        ("قلّاتٔ", "قلات"),
        ("بلوچـــستان", "بلوچستان"),
        ("بلو\u00adچستان", "بلوچستان"),
        ("\ufeffبلوچ\u200bستان\u200e", "بلوچستان"),
        ("\u202bگوادر\u202c", "گوادر"),
        ("\u2067گوادر\u2069", "گوادر"),
        ("گوا\ufff6در", "گوادر"),
        ("مسٸول", "مسیول"),
        ("ﮔﻮﺍﺩﺭ", "گوادر"),
        ("ﷲ", "الله"),
        ("ﻼ", "لا"),
        ("عبدﷲ", "عبداللہ"),
        ("الےکشن", "الیکشن"),
        ("شدےد", "شدید"),
        ("علاءالدین", "علا الدین"),
        ("۱۹ آذر ۱۴۰۴", "19 آذر 1404"),
        ("٢٠٢٦", "۲۰۲۶"),
        ("२०२६", "2026"),
        ("جیش‌العدل", "جیش العدل"),
        ("Balūchestān", "baluchestan"),
        ("Bala\u0304chesta\u0304n", "balāchestān"),
        ("Qalʻat", "Qal`at"),
        ("Qalʿat", "qal’at"),
        ("Baloch’s", "baloch's"),
        ("“Herof”", '"herof"'),
        ("Ｑｕｅｔｔａ", "quetta"),
        ("ﬁve", "five"),
        ("Straße", "STRASSE"),
        ("Æon", "aeon"),
        ("İstanbul", "istanbul"),
        ("ØRSTED", "orsted"),
        ("Ёлка", "елка"),
        ("БЕЛУДЖИСТАН", "Белуджистан"),
        ("ΚΒΈΤΑ", "κβετα"),
        ("क़लात", "क़लात"),
        ("½", "1/2"),
    ],
)
def test_spellings_of_the_same_word_fold_alike(one: str, other: str) -> None:
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("قلات", "کلات"),
        ("پشین", "پیشین"),
        ("سبی", "سیبی"),
        ("ثواب", "صواب"),
        ("سواب", "ثواب"),
        ("زاهدان", "ذاهدان"),
        ("ضیا", "ظیا"),
        ("گوادر", "گواڈر"),
        ("بلوچ", "بلوچی"),
        ("हेरोफ", "हेरॉफ"),
        ("बलूच", "बलोच"),
        ("Zabol", "Zabul"),
    ],
)
def test_different_words_stay_different(one: str, other: str) -> None:
    assert not same(one, other)


def test_a_gap_is_one_space_whatever_made_it() -> None:
    for gap in (
        " ",
        "  ",
        "\n",
        "\r\n\t",
        "\u00a0",
        "\u3000",
        "\u200c",
        "-",
        "‐",
        "\u2011",
        "–",
        " — ",
        "_",
        "\x85",
    ):
        assert fold(f"Reko{gap}Diq") == "reko diq", ascii(gap)
        assert fold(f"{gap}Reko Diq{gap}") == "reko diq", ascii(gap)


def test_signs_that_fold_to_letters_do_not_grow_into_words() -> None:
    assert words(fold("Balochistan¹ and BLA™ 1½")) == ["balochistan", "1", "and", "bla", "tm", "1", "1", "2"]


@pytest.mark.parametrize(
    ("name", "text", "cited"),
    [
        ("بلوچستان", "«بلوچستان»، پاکستان", "بلوچستان"),
        ("بلوچستان", "آج بلوچستان۔ کل", "بلوچستان"),
        ("بلوچستان", "بلوچستانءِ مردم", "بلوچستان"),
        ("گوادر", "گْوادر ءَ", "گْوادر"),
        ("گوادر", "بندرِ گوادرِ", "گوادرِ"),
        ("بلوچستان", "وزیراعلیٰ نےبلوچستان میں", "بلوچستان"),
        ("ژوب", "ڈویژن میںژوب اور", "ژوب"),
        ("نے", "وزیراعلیٰ نےبلوچستان میں", "نے"),
        ("الیکشن", "الےکشن کمیشن", "الےکشن"),
        ("بلوچ", "بلوچوں نے", "بلوچ"),
        ("تربت", "تربتوں", "تربت"),
        ("بلوچ", "بلوچها", "بلوچ"),
        ("بلوچستان", "بلوچستانی", "بلوچستان"),
        ("افغانستان", "افغانستانیوں", "افغانستان"),
        ("بلوچستان", "بلوچستانیوںنے", "بلوچستان"),
        ("پاکستان", "پاکستانیوں", "پاکستان"),
        ("شبه‌نظامی", "شبهنظامیان", "شبهنظامی"),
        ("شبه‌نظامی", "شبه‌نظامی‌ها", "شبه‌نظامی"),
        ("بلوچستان", "في سيستان وبلوشستان وبلوچستان", "بلوچستان"),
        ("کوټه", "په کوټې کې", "کوټې"),
        ("بلوڅ", "د بلوڅانو", "بلوڅانو"),
        ("جیش العدل", "گروه جیشالعدل که", "جیشالعدل"),
        ("جیش العدل", "گروه جیش\u200cالعدل که", "جیش\u200cالعدل"),
        ("جیش العدل", "گروه جیش\n العدل که", "جیش\n العدل"),
        ("ارتش آزادی‌بخش بلوچستان", "ارتش آزادیبخش بلوچستان است", "ارتش آزادیبخش بلوچستان"),
        ("ماہ رنگ بلوچ", "ڈاکٹر ماہرنگ بلوچ کی", "ماہرنگ بلوچ"),
        ("سیستان و بلوچستان", "سیستان وبلوچستان", "سیستان وبلوچستان"),
        ("خان آف قلات", "خان آف قلّات،", "خان آف قلّات"),
        ("گوادر", "CPECگوادر2026", "گوادر"),
        ("بلوچستان", "#بلوچستان_بند", "بلوچستان"),
        ("Balochistan", "Balochistan’s coast", "Balochistan"),
        ("Baloch", "the Balochs' land", None),
        ("Operation Herof", "“Operation\u00a0Herof”", "Operation\u00a0Herof"),
        ("Reko Diq", "the Reko\u2011Diq mine", "Reko\u2011Diq"),
        ("Reko-Diq", "the Reko Diq mine", "Reko Diq"),
        ("Baluchestan", "(Balu\u0304chesta\u0304n)", "Balu\u0304chesta\u0304n"),
        ("Gwadar", "\u00adGwa\u00addar\u00ad ", "Gwa\u00addar"),
        ("बलूचिस्तान", "बलूचिस्तान में", "बलूचिस्तान"),
        ("बलूच", "बलूचिस्तान में", None),
        ("ما ہ رنگ", "ما ہ رنگ", "ما ہ رنگ"),
    ],
)
def test_a_name_is_found_as_it_stands_in_press_text(name: str, text: str, cited: str | None) -> None:
    assert found(name, text) == ([] if cited is None else [cited])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("حب", "محب وطن صاحب"),
        ("حب", "حبی"),
        ("مند", "علاقہمند"),
        ("کیچ", "کیچڑ"),
        ("چمن", "چمنستان"),
        ("تربت", "تربتی"),
        ("گوادر", "گوادری"),
        ("سرباز", "سربازان"),
        ("زیر", "وزیر"),
        ("بیلہ", "لسبیلہ میں"),
        ("مچھ", "مچھلی"),
        ("پا نک", "پانی نکالنا"),
        ("پا نک", "پانک"),
        ("Herof", "the hero of the day"),
        ("hero of", "Herof"),
        ("BLA", "BLAST"),
        ("Sui", "suicide"),
        ("BNP", "bnpparibas"),
        ("BRAS", "Brasília"),
        ("Khan of Kalat", "Khanof Kalat"),
    ],
)
def test_a_name_is_not_found_inside_other_words(name: str, text: str) -> None:
    assert found(name, text) == []


def test_variants_close_every_gap_of_a_long_arabic_name_and_none_of_a_latin_one() -> None:
    assert variants("Khan-of Kalat") == ("khan of kalat",)
    assert variants("ماہ رنگ بلوچ") == ("ماه رنگ بلوچ", "ماهرنگ بلوچ", "ماه رنگبلوچ", "ماهرنگبلوچ")
    assert variants("بی ایل") == ("بی ایل",)
    assert len(variants("یک دو سه چار پنج شش هفت")) == 8
    assert variants("بلوڅ") == ("بلوچ", "بلوچان", "بلوچانو")


def test_words_are_cut_where_the_matcher_cuts_them() -> None:
    assert words(fold("Balochistan's Reko-Diq, (2026)")) == ["balochistan", "s", "reko", "diq", "2026"]
    assert words(fold("بلوچستانءِ جنگ۔ CPECگوادر")) == ["بلوچستان", "جنگ", "cpec", "گوادر"]
    assert words(fold("बलूचिस्तान में।")) == [fold("बलूचिस्तान"), fold("में")]
    assert words("") == []


def test_glued_words_are_indexed_whole_and_in_parts() -> None:
    glued = fold_mapped("گورنر نےبلوچستان میں").index_words()
    assert glued >= {"گورنر", "نیبلوچستان", "نی", "بلوچستان", "مین"}
    assert fold_mapped("کوئٹہ وتربتوں").index_words() >= {"کویٹه", "وتربتون", "تربتون", "وتربت", "تربت"}
    assert fold_mapped("Quetta is calm").index_words() == {"quetta", "is", "calm"}


def test_one_character_that_becomes_several_is_cited_whole() -> None:
    folded = fold_mapped("عبدﷲ خان ﷺ")
    start = folded.text.index("له")
    assert folded.original[slice(*folded.span(start, start + 2))] == "ﷲ"
    start = folded.text.index("علیه")
    assert folded.original[slice(*folded.span(start, start + 4))] == "ﷺ"


def test_spans_out_of_range_are_refused_and_empty_ones_are_places() -> None:
    folded = fold_mapped("a  b")
    assert folded.span(3, 3) == (4, 4)
    assert folded.span(2, 2) == (3, 3)
    assert fold_mapped("").span(0, 0) == (0, 0)
    with pytest.raises(IndexError):
        folded.span(2, 9)


def test_every_character_folds_to_what_stays_as_it_is() -> None:
    for code in range(0x20000):
        folded = module._fold_character(chr(code))
        assert fold(fold("a" + folded + "b")) == fold("a" + folded + "b"), hex(code)


def test_characters_taken_for_single_are_single() -> None:
    for code in range(sys.maxunicode + 1):
        if not module._UNEVEN.match(chr(code)):
            assert len(module._fold_character(chr(code))) == 1, hex(code)
    assert all(len(module._fold_character(character)) <= 1 for character in module._COMMON)


# Letters, marks, removed characters, ligatures, gaps and signs of five scripts, and characters of both paths.
ALPHABET = (
    list("aB 9-_'’.,\n\t")
    + list("éßÆﬁ½™İāʻａ\u0301\u0304")
    + list("بکيےںہءآؤئۂلاﷲﻼ۔،۱")
    + [
        "\u064e",
        "\u0652",
        "\u0670",
        "\u0654",
        "\u0640",
        "\u200c",
        "\u200d",
        "\u00ad",
        "\u200f",
        "\u202b",
        "\ufeff",
    ]
    + list("कषहेिंक़।९")
    + ["\u094d", "\u093c"]
    + list("ЙёЯ")
    + ["\u0306", "한", "ᄒ", "ᅡ", "ᆫ", "が", "👨", "👩", "🏽", "🇵", "🇰", "\ufe0f", "\u0600", "\ufff6"]
)
TEXTS = st.lists(st.sampled_from(ALPHABET), max_size=40).map("".join) | st.text(max_size=30)


@given(TEXTS)
def test_folding_is_idempotent_and_the_mapped_form_is_the_same(text: str) -> None:
    folded = fold(text)
    assert fold_mapped(text).text == folded
    assert fold(folded) == folded
    assert "  " not in folded
    assert folded == folded.strip()


@given(TEXTS)
def test_the_fast_path_folds_as_single_characters_do(text: str) -> None:
    assert module._loosen(text) == "".join(map(module._fold_character, text))


CLUSTER = regex.compile(r"\X")


@given(TEXTS, st.data())
def test_a_span_holds_what_was_matched_in_whole_clusters(text: str, data: st.DataObject) -> None:
    folded = fold_mapped(text)
    end = data.draw(st.integers(0, len(folded.text)))
    start = data.draw(st.integers(0, end))
    first, last = folded.span(start, end)
    assert 0 <= first <= last <= len(text)
    if start == end:
        return
    cited = text[first:last]
    assert folded.text[start:end].strip() in fold(cited)
    edges = {0, len(text), *(cluster.end() for cluster in CLUSTER.finditer(text))}
    before = max(edge for edge in edges if edge <= first)
    after = min(edge for edge in edges if edge >= last)
    assert all(unicodedata.category(character) == "Cf" for character in text[before:first] + text[last:after])


PIECES = st.text("abکیےلوﷲﻼßक", min_size=1, max_size=3).flatmap(
    lambda letters: st.tuples(
        *(
            st.sampled_from([letter, letter + "\u0301", letter + "\u0652\u0670", letter + "\ufe0f"])
            for letter in letters
        )
    ).flatmap(
        lambda parts: st.sampled_from(["", "\u00ad", "\u0640", "\ufeff"]).map(lambda glue: glue.join(parts))
    )
)
GAPS = st.lists(
    st.sampled_from([" ", "\n", "\u200c", "-", "\u00a0", "\u00ad ", " \u200f", "\u202b "]), min_size=1
).map("".join)


@given(st.lists(st.tuples(PIECES, GAPS), min_size=1, max_size=6), GAPS)
def test_each_word_maps_back_to_exactly_its_characters(pieces: list[tuple[str, str]], lead: str) -> None:
    text = lead + "".join(piece + gap for piece, gap in pieces)
    folded = fold_mapped(text)
    place, derived = len(lead), 0
    for piece, gap in pieces:
        length = len(fold(piece))
        assert folded.text[derived : derived + length] == fold(piece)
        assert folded.span(derived, derived + length) == (place, place + len(piece))
        assert folded.boundary(derived)
        assert folded.boundary(derived + length)
        place += len(piece) + len(gap)
        derived += length + 1


@given(TEXTS)
def test_words_stand_at_boundaries(text: str) -> None:
    folded = fold_mapped(text)
    place = 0
    for word in words(folded.text):
        place = folded.text.index(word, place)
        assert folded.boundary(place)
        assert folded.boundary(place + len(word))
        place += len(word)


def holds(mode: str, one: str, other: str) -> bool:
    truth = same(one, other) if mode.endswith("equal") else bool(found(one, other))
    return truth is not mode.startswith("not")


def test_the_normalisation_pairs_hold() -> None:
    path = CORPORA / "rules" / "normalisation_pairs.tsv"
    if not path.exists():
        pytest.skip("no corpora: set MONITOR_CORPORA")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert rows
    assert [row["id"] for row in rows if not holds(row["mode"], row["a"], row["b"])] == []
