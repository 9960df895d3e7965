"""What is wrong with a query, in the words of somebody who writes one, and where."""

from __future__ import annotations

from collections.abc import Sequence

import regex
from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from monitor.errors import QueryError
from monitor.rules.tree import QUOTES

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


_OPERATORS = frozenset({"AND", "OR", "NOT", "NEAR"})
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")


def complaint(query: str, error: UnexpectedInput, tokens: Sequence[Token]) -> QueryError:
    """Return what the parser found wrong as a QueryError; `tokens` are those that could be read."""
    if isinstance(error, UnexpectedCharacters):
        message, at = _about_character(query, error.pos_in_stream or 0)
    else:
        assert isinstance(error, UnexpectedToken)
        token = error.token
        end = len(query) if token.type == "$END" else _at(token)
        message, at = _about_token(token, end, [known for known in tokens if _at(known) < end])
    return QueryError(message, at + 1)


def _at(token: Token) -> int:
    return token.start_pos or 0


def _about_token(token: Token, at: int, before: Sequence[Token]) -> tuple[str, int]:
    """Say what is wrong with a token, given those before it, and where."""
    last = before[-1] if before else None
    if last is not None and last.type in _OPERATORS | {"FIELD"}:
        return _after_operator(token, last), _at(last)
    opened = _opened(before)
    if token.type == "RPAR":
        closes = "there is nothing in these parentheses"
        return closes if opened else "this ) closes nothing: a ( is missing", at
    if token.type == "$END" and opened:
        return "a ) is missing for the ( that opened here", _at(opened[-1])
    if token.type in _OPERATORS:
        return f"{token} needs something on its left", at
    return f"“{token}” cannot stand here", at


def _after_operator(token: Token, last: Token) -> str:
    if token.type in _OPERATORS:
        return f"between {last} and {token} something is missing"
    if last.type != "FIELD":
        return f"{last} needs something on its right"
    if token.type == "FIELD":
        return f"{last} cannot hold another field"
    return f"{last} needs a word, a phrase or a parenthesis on its right"


def _opened(tokens: Sequence[Token]) -> list[Token]:
    """Return the parentheses that are still open."""
    opened: list[Token] = []
    for token in tokens:
        if token.type == "LPAR":
            opened.append(token)
        elif token.type == "RPAR" and opened:
            opened.pop()
    return opened


def _about_character(query: str, at: int) -> tuple[str, int]:
    """Say what is wrong with a character that begins nothing, and where."""
    char = query[at]
    if char in QUOTES:
        return "an unclosed quote opened here", at
    if char == "/":
        return _about_slash(query, at), at
    if char == "@":
        entity = regex.match(r"@[A-Za-z0-9_.\-]+", query, pos=at)
        if entity is not None and not query[at - 1 : at].strip("( \t\n"):
            return f"{entity[0]} is not followed by /** or a space", at + len(entity[0])
        return "@ begins an entity's id, as in @place.region", at
    if char in _HELP:
        return _HELP[char], at
    word = _WORD.match(query, at)
    if word is not None:
        after = query[word.end() : word.end() + 1]
        return _HELP.get(after, f"quote “{word[0]}{after}”"), word.end()
    return f"“{char}” means nothing here; quote it if it belongs to a phrase", at


def _about_slash(query: str, at: int) -> str:
    if at and not query[at - 1].isspace() and query[at - 1] != "(":
        return "write @entity.id/** for an entity and everything under it; quote other words with a / in them"
    if query[at + 1 : at + 2] == "/":
        return "the regular expression between these / is empty"
    return "an unclosed regular expression opened here: a / is missing"
