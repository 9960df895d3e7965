"""The index may let too much through, never too little: the matcher has the last word."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.models import AllOf, AnyOf, Document, Entity, IndexWord, Name, Need, Rule
from monitor.rules.automaton import Patterns
from monitor.rules.lexicon import Lexicon
from monitor.rules.matcher import RuleSet, rule_source
from monitor.rules.prefilter import EVERYTHING, any_of, need
from monitor.rules.query import parse
from monitor.rules.tree import And, EntityRef, Near, Node, Not, Or, Phrase, Prefix, Title, Word, unparse
from monitor.text.fold import fold_mapped


def entity(number: str, *names: str, parent: str = "", abbr: tuple[str, ...] = ()) -> Entity:
    return Entity(
        id=number,
        name=names[0],
        type="place",
        parent=parent,
        names=(*(Name(name, "en", True) for name in names), *(Name(name, "abbr", True) for name in abbr)),
    )


ENTITIES = (
    entity("place.sea", "Blue Sea", "بحیرہ ازرق", "بحيره ازرق"),
    entity("place.port", "Tarbat", "تربت", "ट्रबट", parent="place.sea"),
    entity("org.guard", "Sea-Guard of Tarbat", "تربت گارڈ فورس", abbr=("TGF", "T2")),
)
LEXICON = Lexicon(ENTITIES, Patterns())
PIECES = (
    "tarbat تربت ٹربٹ بحیرہ ازرق بحيره‌ازرق گارڈ فورس sea blue guard of the TGF T.G.F. T2 ट्रबट و ون وں ها ہا ی ان نے "
    "کے میں نےتربت وتربت تربتوں تربتی ِ ـ x ے ۔ 2 ’s - ء"
).split()
TEXTS = st.lists(
    st.tuples(
        st.sampled_from(PIECES), st.sampled_from(("", "", " ", " ", "\u200c", "\n", ".", "-", "\u00ad"))
    ),
    max_size=14,
).map(lambda pieces: "".join(piece + gap for piece, gap in pieces))
WORDS = ("tarbat", "تربت", "ازرق", "sea", "گارڈ", "t2", "ट्रबट", "نے")


def leaves() -> st.SearchStrategy[Node]:
    words = st.sampled_from(WORDS)
    return st.one_of(
        words.map(Word),
        words.filter(lambda word: len(word) > 2).map(Prefix),
        st.tuples(words, words, st.booleans()).map(lambda three: Phrase(f"{three[0]} {three[1]}", three[2])),
        st.sampled_from([one.id for one in ENTITIES]).flatmap(
            lambda name: st.booleans().map(lambda under: EntityRef(name, under))
        ),
    )


def trees() -> st.SearchStrategy[Node]:
    return st.recursive(
        leaves(),
        lambda parts: st.one_of(
            st.lists(parts, min_size=2, max_size=3).map(lambda some: And(tuple(some))),
            st.lists(parts, min_size=2, max_size=3).map(lambda some: Or(tuple(some))),
            parts.map(Not),
            parts.map(Title),
            st.tuples(leaves(), leaves()).map(lambda two: Near(two[0], two[1], 5)),
        ),
        max_leaves=6,
    )


def meets(need: Need, words: set[str]) -> bool:
    """Tell what an index with these words would answer."""
    match need:
        case IndexWord(text, prefix):
            return any(word.startswith(text) for word in words) if prefix else text in words
        case AllOf(parts):
            return all(meets(part, words) for part in parts)
        case AnyOf(parts):
            return any(meets(part, words) for part in parts)


@settings(max_examples=600, deadline=None)
@given(TEXTS, TEXTS, trees())
def test_what_matches_is_let_through(title: str, body: str, tree: Node) -> None:
    query = unparse(tree)
    rules = RuleSet.compile(rule_source([Rule(id="q", title="", query=query)], ENTITIES))
    document = Document(fields=(("title", title), ("body", body)))
    if rules.match(document).matches:
        words = fold_mapped(f"{title}\n{body}").index_words()
        assert meets(need(parse(query), LEXICON), words)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("تربت", "گورنر نےتربت کا دورہ کیا"),
        ("تربت", "تربتوں میں"),
        ("@org.guard", "وتربت گارڈ فورسوں نے"),
        ('"بحیرہ ازرق"', "بحیرہ‌ازرق"),
        ("tarb*", "Tarbat’s harbour"),
        ("@org.guard", "The T.G.F. said"),
    ],
)
def test_glued_and_inflected_names_are_let_through(query: str, text: str) -> None:
    assert meets(need(parse(query), LEXICON), fold_mapped(text).index_words())


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("tarbat AND sea", "Tarbat is calm"),
        ("tarbat", "Tarbats"),
        ('"blue sea"', "The sea is calm"),
        ("@place.sea", "The sea is calm"),
        ("(tarbat OR sea) guard", "the guard"),
    ],
)
def test_what_lacks_a_word_is_not_tried(query: str, text: str) -> None:
    assert not meets(need(parse(query), LEXICON), fold_mapped(text).index_words())


@pytest.mark.parametrize(
    "query", ["NOT tarbat", "/t.rbat/", "lang:ur", "tarbat OR /t.rbat/", "NOT tarbat OR sea"]
)
def test_what_no_word_can_settle_is_tried_everywhere(query: str) -> None:
    assert need(parse(query), LEXICON) == EVERYTHING


def test_a_regex_beside_a_word_is_tried_where_the_word_is() -> None:
    assert need(parse("sea AND /t.rbat/ AND lang:en"), LEXICON) == IndexWord("sea")


def test_no_query_needs_nothing_and_finds_nothing() -> None:
    assert any_of([]) == AnyOf()
    assert not meets(AnyOf(), {"sea"})
