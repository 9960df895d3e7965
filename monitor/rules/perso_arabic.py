"""What stands beside a name in Arabic script says about it; there are no capitals to go by.

Urdu and Persian spell abbreviations in the names of Latin letters (بی ایل اے), so one may be the end of another
(ایس آئی ایف سی holds ایف سی). In Urdu a people's name that is somebody's surname stands after a given name and
before a postposition, a comma or a stop (قندیل بلوچ کی). ے and ی are one letter to the fold, since press pages mix
them up inside words; at the end of a word they are two (سی, سے).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import takewhile

import regex

from monitor.text.fold import fold, words


def _words(text: str) -> list[str]:
    """Return folded words that keep ے at their end: سی is a letter's name, سے means from."""
    found = []
    for word in text.split():
        folded = "".join(words(fold(word)))
        if folded:
            found.append(f"{folded[:-1]}ے" if _last_letter(word) == "ے" else folded)
    return found


def _last_letter(text: str) -> str:
    return next((letter for letter in reversed(text) if letter.isalpha()), "")


def _set(text: str) -> frozenset[str]:
    return frozenset(_words(text))


# Names of Latin letters; the second kind are also words of their own (of, this), so that alone they make no
# abbreviation longer.
_LETTERS_ONLY = _set(
    "اے بی سی ڈی ایف ایچ آئی جے ایل ایم این پی کیو آر ایس ٹی یو ڈبلیو ایکس وائی زیڈ زی اف اچ تی وای زد"
)
_LETTERS = _LETTERS_ONLY | _set("ای کے او دی آی جی ال ام ان اس وی")
# How Urdu spells each Latin letter.
LETTER_NAMES = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "اے بی سی ڈی ای ایف جی ایچ آئی جے کے ایل ایم این او پی کیو آر ایس ٹی یو وی ڈبلیو ایکس وائی زیڈ".split(),
        strict=True,
    )
)
# What follows an Urdu name: postpositions, and, also, alias, including. A people is followed by a noun.
_FOLLOWS = _set("نے کو کا کی کے سے پر اور و بھی عرف سمیت ولد نامی صاحب")
_URDU = regex.compile("[ٹڈڑںےہھ]")
_BALOCHI = regex.compile("ء[َُِ]")  # writes the same letters, and other endings
# Words before a people's name that are no given names.
_PLAIN = _set(
    "اور و یا کہ کی کا کے کو میں سے پر نے تک بھی ہی تو نہ نہیں جو جس یہ وہ اس ان ہم آپ ہر تمام سب کئی چند کچھ بہت "
    "ایک دو تین چار پانچ غیر مقامی لاپتہ نہتے مسلح مظلوم نوجوان مرد بزرگ ہزاروں سینکڑوں لاکھوں والے والی والا بطور عام"
)
_PLACING = _set("در")
_PLACED = _set("میں")
_GAP = regex.compile(r"[^\p{L}\p{M}]")
_PUNCTUATION = regex.compile(r"[^\p{L}\p{M}\p{Cf} \u00a0]")
_WIDE = 120  # characters that tell Urdu from Persian
_REACH = 24  # characters in which the words beside a name are looked for


def spelled(alias: str) -> bool:
    """Tell whether a name is an abbreviation, spelled in the names of Latin letters."""
    parts = _words(_GAP.sub(" ", alias))
    return len(parts) > 1 and _LETTERS.issuperset(parts)


def spells_more(text: str, start: int, end: int) -> bool:
    """Tell whether letters spelled beside an abbreviation make it another, longer one."""
    before, after = _beside(text, start, end)
    return any(
        not _LETTERS_ONLY.isdisjoint(takewhile(_LETTERS.__contains__, side))
        for side in (reversed(before), after)
    )


def surname(text: str, start: int, end: int, known: Callable[[str], bool]) -> bool:
    """Tell whether an Urdu people's name stands like a surname; `known` takes a folded word."""
    before, after = _beside(text, start, end)
    if not before or (after and after[0] not in _FOLLOWS):
        return False
    around = text[max(0, start - _WIDE) : end + _WIDE]
    if not _URDU.search(around) or _BALOCHI.search(around):
        return False
    return before[-1] not in _PLAIN and not known(before[-1])


def located(text: str, start: int, end: int) -> bool:
    """Tell whether a place's name stands as a place does: در before it in Persian, میں after it in Urdu."""
    before, after = _beside(text, start, end)
    return (bool(before) and before[-1] in _PLACING) or (bool(after) and after[0] in _PLACED)


def ends_alike(found: str, alias: str) -> bool:
    """Tell whether what was found ends in ے only where the name does."""
    return _last_letter(found) != "ے" or _last_letter(alias) in ("ے", "ې")


def _beside(text: str, start: int, end: int) -> tuple[list[str], list[str]]:
    """Return the folded words before and after a name that nothing but spaces separates from it."""
    before = _PUNCTUATION.split(text[max(0, start - _REACH) : start])[-1]
    after = _PUNCTUATION.split(text[end : end + _REACH])[0]
    return _words(before), _words(after)
