"""Make foreign text inert for one kind of reader: nobody's headline may act on whoever reads an alert."""

from __future__ import annotations

import re

from monitor.text.show import isolate

OPEN, CLOSE = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_ZERO = "\N{ZERO WIDTH SPACE}"
_HAIR = "\N{HAIR SPACE}"
# A space on both sides takes the meaning of * and ~ in Slack's markup and in CommonMark; a hair space hardly
# shows. What is active is parted by a zero-width space from what it acts on. An address stays whole.
_MARKUP = re.compile(
    r"(?P<address>https?://[\w./?=&%#:+,;-]+)"
    r"|(?P<emphasis>[*~])"
    r"|(?P<tick>`)"
    r"|(?P<active>[@<_]|\](?=[(\[:])|!(?=\[)|\|(?=\|)|:(?=[\w+'-]*[A-Za-z_][\w+'-]*:))"
)


def plain(text: str) -> str:
    """Return text for readers that show it as it is: isolated, without controls."""
    return isolate(text)


def chat(text: str) -> str:
    """Return text for services that may read markup into it."""
    return wrapped(inert(bare(text)))


def bare(text: str) -> str:
    """Return text without controls for whoever isolates it: HTML's attributes, or `wrapped`."""
    return isolate(text).removeprefix(OPEN).removesuffix(CLOSE)


def wrapped(text: str) -> str:
    """Return text that is clean already between the marks that isolate it."""
    return f"{OPEN}{text}{CLOSE}"


def inert(text: str) -> str:
    """Return text in which no chat service finds formatting, a mention, an emoji or a labelled link.

    Bare addresses stay as they are: services link them as they would in anybody's text.
    """
    return _MARKUP.sub(_tamed, text)


def _tamed(found: re.Match[str]) -> str:
    match found.lastgroup:
        case "address":
            return found[0]
        case "emphasis":
            return f"{_HAIR}{found[0]}{_HAIR}"
        case "tick":
            return "\N{MODIFIER LETTER GRAVE ACCENT}"
        case _:
            return f"{found[0]}{_ZERO}"
