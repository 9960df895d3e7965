"""The query language: what a researcher writes, read into a tree and written back.

    word  "a phrase"  prefix*  "a phrase's last wor*"  @entity.id  @entity.id/**  /regex/
    NEAR/5  NOT  AND  OR  ( )  title:…  lang:ur  source:dawn.com  kind:state

Operators are upper case. What stands side by side is joined by AND. What binds tighter comes first:
`title:` and the other fields (they take the next item or parenthesis), NEAR/n, NOT, AND, OR. So
`NOT a NEAR/3 b OR c d` reads `(NOT (a NEAR/3 b)) OR (c AND d)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from types import UnionType
from typing import NoReturn

import regex
from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from monitor.errors import QueryError
from monitor.text.fold import fold, words

MAX_LENGTH = 20_000  # characters of one query; a thousand names joined by OR fit
MAX_DEPTH = 40
MAX_DISTANCE = 1000
MAX_REGEX = 500
MIN_PREFIX = 2  # letters before the *, or half the dictionary matches


@dataclass(frozen=True, slots=True)
class Node:
    """Any part of a query; `column` counts from 1 and is no part of its identity."""

    column: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Word(Node):
    text: str


@dataclass(frozen=True, slots=True)
class Phrase(Node):
    """Words in a row; `prefix` says that the last one may go on."""

    text: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Prefix(Node):
    """A word that may go on; `text` is what stands before the *."""

    text: str


@dataclass(frozen=True, slots=True)
class Regex(Node):
    """A pattern tried on the original characters, any case."""

    pattern: str


@dataclass(frozen=True, slots=True)
class EntityRef(Node):
    """An entity of the region pack; with `descendants`, everything under it too."""

    id: str
    descendants: bool = False


@dataclass(frozen=True, slots=True)
class Near(Node):
    """Both within `distance` words of each other, in one field, in either order."""

    left: Node
    right: Node
    distance: int


@dataclass(frozen=True, slots=True)
class And(Node):
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or(Node):
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not(Node):
    part: Node


@dataclass(frozen=True, slots=True)
class Title(Node):
    """What must stand in the title."""

    part: Node


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """A property of the article: name is lang, source or kind; value is lower case."""

    name: str
    value: str


def children(node: Node) -> tuple[Node, ...]:
    """Return the parts directly under a node, in the order they were written."""
    match node:
        case And(parts) | Or(parts):
            return parts
        case Not(part) | Title(part):
            return (part,)
        case Near(left, right):
            return (left, right)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything under it, from left to right."""
    yield node
    for child in children(node):
        yield from walk(child)


def citable(node: Node) -> bool:
    """Tell whether whatever satisfies the query gives something to cite, or a filter to name."""
    match node:
        case Not():
            return False
        case And(parts):
            return any(citable(part) for part in parts)
        case Or(parts):
            return all(citable(part) for part in parts)
        case Title(part):
            return citable(part)
        case _:
            return True


# --- reading ------------------------------------------------------------------------------------

# A word holds letters, marks and digits; between them also apostrophes, hyphens, dots and joiners.
# Quantifiers are possessive: a word that goes on wrongly is refused, never cut in two.
_LETTER = r"\p{L}\p{M}\p{N}_"
_LINK = r"['’‘ʼʻ`´.·۔&+\-‐‑‒–\u200c\u200d\u00ad\u2060\ufeff]"
_BODY = rf"[\p{{L}}\p{{M}}\p{{N}}](?:{_LINK}*+[{_LETTER}])*+"
_APART = rf"(?<![{_LETTER}])"  # does not continue a word
_ENDS = rf"(?![{_LETTER}*'’\-])"
_OPERATOR = rf"(?:AND|OR|NOT|NEAR(?:\/[0-9]{{1,9}})?+){_ENDS}"
_QUOTES = '"“”„‟'

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
    PHRASE.2: /[{_QUOTES}](?:\\.|[^{_QUOTES}\\])*[{_QUOTES}]/s
    REGEX.2: /{_APART}\/(?:\\.|[^\/\\\r\n])+\//
    LPAR: "("
    RPAR: ")"
    BLANK: /[\s\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff]+/
    %ignore BLANK
"""

_OPERATORS = frozenset({"AND", "OR", "NOT", "NEAR"})
_FIELDS = frozenset({"title", "lang", "source", "kind"})


def _column(token: Token) -> int:
    return (token.start_pos or 0) + 1


def _flat(kind: type[And] | type[Or], parts: list[Node]) -> Node:
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
        _explain(query, error)
    assert isinstance(node, Node)
    _bounded(node)
    return node


def _bounded(tree: Node) -> None:
    level = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in children(node)]
        if not level:
            return
    raise QueryError(f"this is nested deeper than {MAX_DEPTH} levels", level[0].column)


# --- what is wrong, in words ----------------------------------------------------------------------

_HELP = {
    "'": 'quote a phrase with double quotes, as in "missing persons"',
    "‘": 'quote a phrase with double quotes, as in "missing persons"',
    "«": 'quote a phrase with double quotes, as in "missing persons"',
    "*": "a * can only end a word",
    ",": "a comma means nothing here: write OR or AND, or quote the phrase",
    "،": "a comma means nothing here: write OR or AND, or quote the phrase",
    "|": "write OR",
    "&": "write AND",
    "!": "write NOT",
    "-": "to leave something out write NOT before it; quote what begins with a hyphen",
    "+": "every word is required unless OR stands between; the + is not needed",
    "?": "a ? means nothing here; prefix* finds every word that begins so",
    "~": "spellings are not guessed; write NEAR/5 for words close to each other",
    "^": "a query has no weights",
    ":": "only title:, lang:, source: and kind: end with a colon; quote the words otherwise",
}


def _tokens(query: str) -> list[Token]:
    """Cut a query into tokens, up to the first place that cannot be read."""
    found = []
    try:
        for token in _parser().lex(query):
            found.append(token)
    except UnexpectedInput:
        pass
    return found


def _missing_right(before: Token) -> str:
    if before.type == "FIELD":
        return f"{before} needs a word, a phrase or a parenthesis on its right"
    return f"{before} needs something on its right"


def _explain(query: str, error: UnexpectedInput) -> NoReturn:
    if isinstance(error, UnexpectedCharacters):
        _explain_character(query, error.pos_in_stream)
    assert isinstance(error, UnexpectedToken)
    token = error.token
    ended = token.type == "$END"
    at = len(query) if ended else token.start_pos or 0
    before = [known for known in _tokens(query) if (known.start_pos or 0) < at]
    last = before[-1] if before else None
    opened: list[Token] = []
    for known in before:
        if known.type == "LPAR":
            opened.append(known)
        elif known.type == "RPAR" and opened:
            opened.pop()
    if last is not None and last.type in _OPERATORS | {"FIELD"}:
        message, column = _missing_right(last), _column(last)
        if token.type in _OPERATORS:
            message = f"between {last} and {token} something is missing"
        elif token.type == "FIELD":
            message = f"{last} cannot hold another field"
        raise QueryError(message, column) from error
    if token.type == "RPAR":
        message = (
            "there is nothing in these parentheses" if opened else "this ) closes nothing: a ( is missing"
        )
        raise QueryError(message, at + 1) from error
    if ended and opened:
        raise QueryError("a ) is missing for the ( that opened here", _column(opened[-1])) from error
    if token.type in _OPERATORS:
        raise QueryError(f"{token} needs something on its left", at + 1) from error
    raise QueryError(f"“{token}” cannot stand here", at + 1) from error


def _explain_character(query: str, at: int) -> NoReturn:
    char = query[at]
    if char in _QUOTES:
        raise QueryError("an unclosed quote opened here", at + 1)
    if char == "/":
        after = regex.match(r"/\**", query, pos=at)
        if at and not query[at - 1].isspace() and query[at - 1] != "(":
            raise QueryError(
                "write @entity.id/** for an entity and everything under it; quote other words "
                "with a / in them",
                at + 1,
            )
        if after is not None and query[at + 1 : at + 2] == "/":
            raise QueryError("the regular expression between these / is empty", at + 1)
        raise QueryError("an unclosed regular expression opened here: a / is missing", at + 1)
    if char == "@":
        entity = regex.match(r"@[A-Za-z0-9_.\-]+", query, pos=at)
        if entity is not None and not query[at - 1 : at].strip("( \t\n"):
            raise QueryError(f"{entity[0]} is not followed by /** or a space", at + 1 + len(entity[0]))
        raise QueryError("@ begins an entity's id, as in @place.region", at + 1)
    if char in _HELP:
        raise QueryError(_HELP[char], at + 1)
    word = regex.match(_BODY, query, pos=at)
    if word is not None:
        nxt = query[word.end() : word.end() + 1]
        raise QueryError(_HELP.get(nxt, f"quote “{word[0]}{nxt}”"), word.end() + 1)
    raise QueryError(f"“{char}” means nothing here; quote it if it belongs to a phrase", at + 1)


# --- writing --------------------------------------------------------------------------------------

_LEAF = Word | Phrase | Prefix | Regex | EntityRef


def unparse(node: Node) -> str:
    """Write a tree as a query; `parse` reads the same tree out of it."""
    match node:
        case Word(text):
            return text
        case Phrase(text, prefix):
            escaped = regex.sub(rf"[\\*{_QUOTES}]", r"\\\g<0>", text)
            return f'"{escaped}*"' if prefix else f'"{escaped}"'
        case Prefix(text):
            return f"{text}*"
        case Regex(pattern):
            inner = regex.sub(r"(?s)\\.|/", lambda hit: r"\/" if hit[0] == "/" else hit[0], pattern)
            return f"/{inner}/"
        case EntityRef(name, descendants):
            return f"@{name}/**" if descendants else f"@{name}"
        case Filter(name, value):
            return f"{name}:{unparse(Phrase(value))}"
        case Title(part):
            return f"title:{_inner(part, _LEAF)}"
        case Near(left, right, distance):
            return f"{_inner(left, _LEAF | Near)} NEAR/{distance} {_inner(right, _LEAF)}"
        case Not(part):
            return f"NOT {_inner(part, _LEAF | Title | Filter | Near | Not)}"
        case And(parts):
            return " AND ".join(
                f"({unparse(part)})" if isinstance(part, Or) else unparse(part) for part in parts
            )
        case Or(parts):
            return " OR ".join(unparse(part) for part in parts)
        case _:
            raise TypeError(f"{node!r} is no part of a query")


def _inner(node: Node, bare: type | UnionType) -> str:
    return unparse(node) if isinstance(node, bare) else f"({unparse(node)})"
