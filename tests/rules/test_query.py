from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import QueryError
from monitor.rules.query import MAX_DEPTH, parse
from monitor.rules.tree import (
    And,
    EntityRef,
    Filter,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Prefix,
    Regex,
    Title,
    Word,
    children,
    citable,
    unparse,
    walk,
)
from monitor.text.fold import fold, words

A, B, C, D = Word("a1"), Word("b1"), Word("c1"), Word("d1")


@pytest.mark.parametrize(
    ("query", "tree"),
    [
        ("Gwadar", Word("Gwadar")),
        ("بلوچستان", Word("بلوچستان")),
        ("شبه\u200cنظامی", Word("شبه\u200cنظامی")),
        ("हेरोफ", Word("हेरोफ")),
        ("Jaish-ul-Adl", Word("Jaish-ul-Adl")),
        ("students’ B.L.A. 2.0 3MPO", And((Word("students’"), Word("B.L.A."), Word("2.0"), Word("3MPO")))),
        ("d’État", Word("d’État")),
        ('"missing persons"', Phrase("missing persons")),
        ("“missing  persons”", Phrase("missing persons")),
        ('"enforced disappearance*"', Phrase("enforced disappearance", prefix=True)),
        (r'"he said \"no\" to it"', Phrase('he said "no" to it')),
        ('"جبری گمشدگی"', Phrase("جبری گمشدگی")),
        ("disappear*", Prefix("disappear")),
        ("گمشد*", Prefix("گمشد")),
        ("@org.bla", EntityRef("org.bla")),
        ("@place.balochistan/**", EntityRef("place.balochistan", descendants=True)),
        (r"/kill(ed|ing)\/\d+/", Regex(r"kill(ed|ing)/\d+")),
        (r"/a\\/", Regex(r"a\\")),
        ("title:Gwadar", Title(Word("Gwadar"))),
        ('title:"Khan of Kalat"', Title(Phrase("Khan of Kalat"))),
        ("title:(a1 OR b1)", Title(Or((A, B)))),
        ("Title:@org.bla", Title(EntityRef("org.bla"))),
        ("lang:UR", Filter("lang", "ur")),
        ("source:www.Dawn.com", Filter("source", "dawn.com")),
        ('kind:"rights-group"', Filter("kind", "rights-group")),
        ("kind:rights-group", Filter("kind", "rights-group")),
        ("a1 b1", And((A, B))),
        ("a1\u200f b1\u200e", And((A, B))),
        ("a1 and b1", And((A, Word("and"), B))),
        ("ANDAMAN NORTH", And((Word("ANDAMAN"), Word("NORTH")))),
        ("a1 b1 OR c1 d1", Or((And((A, B)), And((C, D))))),
        ("a1 AND (b1 OR c1)", And((A, Or((B, C))))),
        ("(a1 AND b1) c1", And((A, B, C))),
        ("a1 OR (b1 OR c1)", Or((A, B, C))),
        ("NOT a1 b1", And((Not(A), B))),
        ("NOT NOT a1", Not(Not(A))),
        ("NOT (a1 OR b1)", Not(Or((A, B)))),
        ("a1 NEAR/3 b1", Near(A, B, 3)),
        ("NOT a1 NEAR/3 b1", Not(Near(A, B, 3))),
        ("a1 NEAR/3 b1 NEAR/2 c1", Near(Near(A, B, 3), C, 2)),
        ("a1 NEAR/3 b1 c1", And((Near(A, B, 3), C))),
        ("(a1 OR b1) NEAR/4 @org.bla", Near(Or((A, B)), EntityRef("org.bla"), 4)),
        ("title:a1 b1", And((Title(A), B))),
        ('NOT a1 NEAR/3 b1 OR c1"d1"', Or((Not(Near(A, B, 3)), And((C, Phrase("d1")))))),
        ("((((a1))))", A),
    ],
)
def test_reads(query: str, tree: Node) -> None:
    assert parse(query) == tree


@pytest.mark.parametrize(
    ("query", "column", "words"),
    [
        ("", 1, "empty"),
        ("  \n ", 1, "empty"),
        ("a1 OR", 4, "OR needs something on its right"),
        ("a1 AND ", 4, "AND needs something on its right"),
        ("a1 NOT", 4, "NOT needs something on its right"),
        ("OR a1", 1, "OR needs something on its left"),
        ("a1 (AND b1)", 5, "AND needs something on its left"),
        ("a1 AND OR b1", 4, "between AND and OR something is missing"),
        ("(a1 OR b1", 1, "a ) is missing"),
        ("(a1 (b1 OR c1", 5, "a ) is missing"),
        ("(a1 OR)", 5, "OR needs something on its right"),
        ("a1)", 3, "a ( is missing"),
        ("a1 ()", 5, "nothing in these parentheses"),
        ('a1 "b1', 4, "an unclosed quote opened here"),
        ("“b1 c1", 1, "an unclosed quote opened here"),
        ('a1 ""', 4, "the quotes are empty"),
        ('"..."', 1, "no letter or digit"),
        ("a1 /b+", 4, "an unclosed regular expression"),
        ("a1 //", 4, "is empty"),
        ("/a(b/", 5, "cannot be read"),
        ("a1 /" + "b" * 501 + "/", 4, "longer than 500"),
        ("@", 1, "entity's id"),
        ("@org.bla/*", 9, "/**"),
        ("me@example", 3, "entity's id"),
        ("and/or", 4, "quote other words"),
        ("colour:red", 1, "no field"),
        ("title:", 1, "needs a word, a phrase or a parenthesis"),
        ("title: OR b1", 1, "between title: and OR"),
        ("title:title:a1", 1, "cannot hold another field"),
        ("lang:(ur OR fa)", 7, "one plain value"),
        ("lang:u*", 6, "at least 2 letters"),
        ("lang:ur*", 6, "one plain value"),
        ("a*", 1, "at least 2 letters"),
        ("*ab", 1, "only end a word"),
        ("ab*cd", 3, "only end a word"),
        ('"ab* cd"', 1, "only end the last word"),
        ("a1, b1", 3, "comma"),
        ("a1 || b1", 4, "write OR"),
        ("a1 && b1", 4, "write AND"),
        ("a1 -b1", 4, "write NOT"),
        ("a1 NEAR b1", 4, "NEAR needs a distance"),
        ("a1 NEAR/0 b1", 4, "NEAR needs a distance"),
        ("a1 NEAR/99999 b1", 4, "NEAR needs a distance"),
        ("a1 NEAR/3 (b1 c1)", 12, "NEAR stands between"),
        ("a1 NEAR/3", 4, "NEAR/3 needs something on its right"),
        ("a1 NEAR/3 NOT b1", 4, "between NEAR/3 and NOT"),
        ("'a1 b1'", 1, "double quotes"),
        ("http://example.org", 5, ":"),
        ("a1 😀", 4, "means nothing here"),
        ("a1 \x00", 4, "means nothing here"),
        ("a1 kind:stat", 9, "there is no kind stat"),
        ("a1 lang:urdu", 9, "two or three letters"),
    ],
)
def test_refuses_with_the_column_and_a_reason(query: str, column: int, words: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(query)
    assert words in str(caught.value)
    assert caught.value.column == column


def test_every_node_knows_its_column() -> None:
    tree = parse('@org.bla AND (Gwadar OR NOT "missing persons") title:x1')
    assert [(type(node).__name__, node.column) for node in walk(tree)] == [
        ("And", 1),
        ("EntityRef", 1),
        ("Or", 15),
        ("Word", 15),
        ("Not", 25),
        ("Phrase", 29),
        ("Title", 48),
        ("Word", 54),
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("NOT a1", False),
        ("NOT a1 NOT b1", False),
        ("a1 OR NOT b1", False),
        ("title:(NOT a1)", False),
        ("a1 NOT b1", True),
        ("lang:ur NOT b1", True),
        ("@org.bla", True),
    ],
)
def test_tells_whether_there_is_anything_to_cite(query: str, expected: bool) -> None:
    assert citable(parse(query)) is expected


@pytest.mark.parametrize(
    "query",
    [
        "a1 " * 400_000,
        "(" * 1_000_000,
        '"' + "a" * 1_000_000,
        "NOT " * 250_000,
    ],
)
def test_refuses_a_megabyte_at_once(query: str) -> None:
    began = time.process_time()
    with pytest.raises(QueryError, match="characters"):
        parse(query)
    assert time.process_time() - began < 0.1


@pytest.mark.parametrize("query", ["NOT " * (MAX_DEPTH + 1) + "a1", "(a1 OR b1 " * 45 + "c1" + ")" * 45])
def test_refuses_what_is_nested_too_deep(query: str) -> None:
    with pytest.raises(QueryError, match="nested deeper"):
        parse(query)


@pytest.mark.parametrize(
    "query", ["(" * 9_000 + "a1" + ")" * 9_000, "NOT " * 4_999 + "a1", "(a1 NOT" * 2_800]
)
def test_the_longest_query_costs_little(query: str) -> None:
    began = time.process_time()
    with suppress(QueryError):
        parse(query)
    assert time.process_time() - began < 2


# --- a tree written and read again is the same tree -----------------------------------------------

_letters = st.sampled_from("abzéßİ0بچکہیںےءगेफЖ中")
_word = st.text(_letters, min_size=2, max_size=6).filter(
    lambda text: text[0] != "े" and len("".join(words(fold(text)))) > 1
)
_words = st.one_of(_word, st.builds("{}-{}".format, _word, _word), st.builds("{}’{}".format, _word, _word))
_phrases = st.lists(
    st.one_of(_words, st.sampled_from(['x"y', "x*", "x\\", "“x”", "AND", "(x)", "a/b"])),
    min_size=1,
    max_size=4,
).map(" ".join)
_leaves: st.SearchStrategy[Node] = st.one_of(
    st.builds(Word, _words),
    st.builds(Phrase, _phrases, st.booleans()),
    st.builds(Prefix, _words),
    st.builds(Regex, st.sampled_from(["a+", "a/b", r"\d{2}", r"[/]", r"\\", "(x|y)?z", r"\w\\/"])),
    st.builds(EntityRef, st.sampled_from(["place.balochistan", "org.bla_j", "x"]), st.booleans()),
)
_filters: st.SearchStrategy[Node] = st.builds(
    lambda pair: Filter(*pair),
    st.sampled_from([("lang", "ur"), ("source", "dawn.com"), ("kind", "rights-group")]),
)


def _joined(kind: type[And | Or], parts: list[Node]) -> Node:
    flat: list[Node] = []
    for part in parts:
        flat.extend(children(part) if isinstance(part, kind) else (part,))
    return kind(tuple(flat))


_positional = st.one_of(
    _leaves, st.lists(_leaves, min_size=2, max_size=3).map(lambda parts: _joined(Or, parts))
)
_nears = st.builds(Near, _positional, _positional, st.integers(1, 1000))
_trees: st.SearchStrategy[Node] = st.recursive(
    st.one_of(_leaves, _filters, _nears),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map(lambda parts: _joined(And, parts)),
        st.lists(inner, min_size=2, max_size=4).map(lambda parts: _joined(Or, parts)),
        st.builds(Not, inner),
        st.builds(Title, inner),
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(_trees)
def test_a_written_tree_reads_the_same(tree: Node) -> None:
    assert parse(unparse(tree)) == tree


@settings(deadline=None)
@given(st.text(st.sampled_from('ab"“”()/*@:.\\ \n\tANDORNOTEAR/3title,-!بے۔\u200c\u200f'), max_size=40))
def test_any_text_is_read_or_refused_with_a_column_inside_it(query: str) -> None:
    refusal = None
    try:
        tree = parse(query)
    except QueryError as error:
        refusal = error
    else:
        assert parse(unparse(tree)) == tree
    if refusal:
        assert 1 <= refusal.column <= len(query) + 1
        assert str(refusal)
