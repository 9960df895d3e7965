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
    if char in QUOTES:
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


