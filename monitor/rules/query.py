"""The query language: what a researcher writes, read into a tree and written back.

    word  "a phrase"  prefix*  "a phrase's last wor*"  @entity.id  @entity.id/**  /regex/
    NEAR/5  NOT  AND  OR  ( )  title:…  lang:ur  source:dawn.com  kind:state

Operators are upper case. What stands side by side is joined by AND. What binds tighter comes first:
`title:` and the other fields (they take the next item or parenthesis), NEAR/n, NOT, AND, OR. So
`NOT a NEAR/3 b OR c d` reads `(NOT (a NEAR/3 b)) OR (c AND d)`.
"""

from __future__ import annotations

from functools import lru_cache

import regex
from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput

from monitor.errors import QueryError
from monitor.rules.complaints import complaint
from monitor.rules.outlets import KINDS
from monitor.rules.tree import (
    QUOTES,
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
)
from monitor.text.fold import fold, words

MAX_LENGTH = 20_000  # characters of one query; a thousand names joined by OR fit
MAX_DEPTH = 40
MAX_DISTANCE = 1000
MAX_REGEX = 500
MIN_PREFIX = 2  # letters before the *, or half the dictionary matches


# A word holds letters, marks and digits; between them also apostrophes, hyphens, dots and joiners.
# Quantifiers are possessive: a word that goes on wrongly is refused, never cut in two.
_LETTER = r"\p{L}\p{M}\p{N}_"
_LINK = r"['’‘ʼʻ`´.·۔&+\-‐‑‒–\u200c\u200d\u00ad\u2060\ufeff]"
_BODY = rf"[\p{{L}}\p{{M}}\p{{N}}](?:{_LINK}*+[{_LETTER}])*+"
_APART = rf"(?<![{_LETTER}])"  # does not continue a word
_ENDS = rf"(?![{_LETTER}*'’\-])"
_OPERATOR = rf"(?:AND|OR|NOT|NEAR(?:\/[0-9]{{1,9}})?+){_ENDS}"

_GRAMMAR = rf"""
    start: any_of
    any_of: all_of (OR all_of)*
    all_of: unary (AND? unary)*
    ?unary: negation | near
    negation: NOT unary
    near: item (NEAR item)*
    ?item: fielded | atom
    fielded: FIELD atom
    ?atom: WORD -> word
        | PREFIX -> prefix
        | PHRASE -> phrase
        | REGEX -> regex
        | ENTITY -> entity
        | group
    group: LPAR any_of RPAR

    AND.5: /{_APART}AND{_ENDS}/
    OR.5: /{_APART}OR{_ENDS}/
    NOT.5: /{_APART}NOT{_ENDS}/
    NEAR.5: /{_APART}NEAR(?:\/[0-9]{{1,9}})?+{_ENDS}/
    FIELD.4: /{_APART}[A-Za-z]+:(?!\/\/)/
    PREFIX.3: /{_APART}{_BODY}\*(?![{_LETTER}*])/
    WORD.2: /{_APART}(?!{_OPERATOR}){_BODY}[.'’]?+(?![{_LETTER}*:])/
    ENTITY.2: /{_APART}@[A-Za-z0-9_]++(?:[.\-][A-Za-z0-9_]++)*+(?:\/\*\*)?+(?![{_LETTER}\/*@])/
    PHRASE.2: /[{QUOTES}](?:\\.|[^{QUOTES}\\])*[{QUOTES}]/s
    REGEX.2: /{_APART}\/(?:\\.|[^\/\\\r\n])+\//
    LPAR: "("
    RPAR: ")"
    BLANK: /[\s\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]+/
    %ignore BLANK
"""

_FIELDS = frozenset({"title", "lang", "source", "kind"})


def _column(token: Token) -> int:
    return (token.start_pos or 0) + 1


def _flat(kind: type[And | Or], parts: list[Node]) -> Node:
    if len(parts) == 1:
        return parts[0]
    flat: list[Node] = []
    for part in parts:
        flat.extend(children(part) if isinstance(part, kind) else (part,))
    return kind(tuple(flat), column=parts[0].column)


def _has_letters(text: str, token: Token, least: int = 1) -> None:
    if sum(len(word) for word in words(fold(text))) < least:
        if least > 1:
            raise QueryError(f"a prefix needs at least {least} letters before its *", _column(token))
        raise QueryError("there is no letter or digit in this", _column(token))


def _positional(node: Node) -> bool:
    match node:
        case Word() | Phrase() | Prefix() | Regex() | EntityRef() | Near():
            return True
        case Or(parts):
            return all(_positional(part) for part in parts)
        case _:
            return False


class _Builder(Transformer[Token, Node]):
    """Turns what the parser reduces into nodes, while it parses: nothing here recurses."""

    def word(self, items: list[Token]) -> Node:
        _has_letters(items[0], items[0])
        return Word(str(items[0]), column=_column(items[0]))

    def prefix(self, items: list[Token]) -> Node:
        _has_letters(items[0], items[0], MIN_PREFIX)
        return Prefix(str(items[0][:-1]), column=_column(items[0]))

    def phrase(self, items: list[Token]) -> Node:
        inner = items[0][1:-1].rstrip()
        stars = regex.fullmatch(r"(?s)(?:\\.|[^\\*])*+(\*?)", inner)
        if stars is None:
            raise QueryError(
                "inside quotes a * can only end the last word (\\* is the sign itself)", _column(items[0])
            )
        if stars[1]:
            inner = inner[:-1]
        text = " ".join(regex.sub(r"(?s)\\(.)", r"\1", inner).split())
        if not text:
            raise QueryError("the quotes are empty", _column(items[0]))
        _has_letters(text, items[0])
        return Phrase(text, bool(stars[1]), column=_column(items[0]))

    def regex(self, items: list[Token]) -> Node:
        column = _column(items[0])
        pattern = regex.sub(r"(?s)\\(.)", lambda hit: "/" if hit[1] == "/" else hit[0], items[0][1:-1])
        if len(pattern) > MAX_REGEX:
            raise QueryError(f"this regular expression is longer than {MAX_REGEX} characters", column)
        compile_regex(pattern, column)
        return Regex(pattern, column=column)

    def entity(self, items: list[Token]) -> Node:
        descendants = items[0].endswith("/**")
        return EntityRef(str(items[0][1:]).removesuffix("/**"), descendants, column=_column(items[0]))

    def group(self, items: list[Node]) -> Node:
        return items[1]

    def fielded(self, items: list[Token | Node]) -> Node:
        label, part = items
        assert isinstance(label, Token)
        assert isinstance(part, Node)
        name, column = label[:-1].lower(), _column(label)
        if name not in _FIELDS:
            known = ", ".join(f"{known}:" for known in sorted(_FIELDS))
            raise QueryError(f"{label} is no field; there are {known} (or quote the words)", column)
        if name == "title":
            return Title(part, column=column)
        if not isinstance(part, Word | Phrase) or (isinstance(part, Phrase) and part.prefix):
            raise QueryError(f"{name}: takes one plain value, as in {name}:{_EXAMPLES[name]}", part.column)
        value = part.text.lower()
        if name == "lang" and not regex.fullmatch("[a-z]{2,3}", value):
            raise QueryError("lang: takes a code of two or three letters, as in lang:ur", part.column)
        if name == "kind" and value not in KINDS:
            raise QueryError(f"there is no kind {value}; there are {', '.join(KINDS)}", part.column)
        return Filter(name, value.removeprefix("www.") if name == "source" else value, column=column)

    def near(self, items: list[Token | Node]) -> Node:
        node = items[0]
        assert isinstance(node, Node)
        for operator, right in zip(items[1::2], items[2::2], strict=True):
            assert isinstance(operator, Token)
            assert isinstance(right, Node)
            digits = operator.partition("/")[2]
            if not digits or not 1 <= int(digits) <= MAX_DISTANCE:
                raise QueryError(
                    f"NEAR needs a distance in words, from NEAR/1 to NEAR/{MAX_DISTANCE}", _column(operator)
                )
            for side in (node, right):
                if not _positional(side):
                    raise QueryError(
                        "NEAR stands between words, phrases, names, or an OR of such in parentheses",
                        side.column,
                    )
            node = Near(node, right, int(digits), column=node.column)
        return node

    def negation(self, items: list[Token | Node]) -> Node:
        part = items[1]
        assert isinstance(part, Node)
        assert isinstance(items[0], Token)
        return Not(part, column=_column(items[0]))

    def all_of(self, items: list[Token | Node]) -> Node:
        return _flat(And, [item for item in items if isinstance(item, Node)])

    def any_of(self, items: list[Token | Node]) -> Node:
        return _flat(Or, [item for item in items if isinstance(item, Node)])

    def start(self, items: list[Node]) -> Node:
        return items[0]


_EXAMPLES = {"lang": "ur", "source": "dawn.com", "kind": "state"}


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer="contextual", regex=True, transformer=_Builder())


def compile_regex(pattern: str, column: int = 1) -> regex.Pattern[str]:
    """Compile a user's pattern; raise QueryError at its own column when it is not one."""
    try:
        return regex.compile(pattern, regex.IGNORECASE | regex.UNICODE | regex.VERSION0)
    except regex.error as error:
        at = column + 1 + (error.pos or 0)
        raise QueryError(f"this regular expression cannot be read: {error.msg}", at) from error


def parse(query: str) -> Node:
    """Read a query into its tree; raise QueryError(message, column) when that cannot be done."""
    if len(query) > MAX_LENGTH:
        raise QueryError(f"this query has {len(query)} characters; {MAX_LENGTH} are allowed", MAX_LENGTH + 1)
    if not query.strip():
        raise QueryError("the query is empty", 1)
    try:
        node = _parser().parse(query)
    except UnexpectedInput as error:
        raise complaint(query, error, _tokens(query)) from error
    assert isinstance(node, Node)
    _bounded(node)
    return node


def _tokens(query: str) -> list[Token]:
    """Cut a query into tokens, up to the first place that cannot be read."""
    found: list[Token] = []
    try:
        found.extend(_parser().lex(query))
    except UnexpectedInput:
        return found
    return found


def _bounded(tree: Node) -> None:
    level = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in children(node)]
        if not level:
            return
    raise QueryError(f"this is nested deeper than {MAX_DEPTH} levels", level[0].column)
