"""What capital letters say about a name in Latin script, and when they say nothing.

Capitals tell a town from a common word (Hub, hub), an abbreviation from a word (BRAS, bras), and a title
from a surname (the Khan of Kalat, Rahim Khan of Kalat district). In a headline In Title Case they say less,
and in a line WRITTEN SO they say nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

import regex

from monitor.text.fold import fold


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that stand with a capital before a title or a people's name and are no given names.
_PLAIN = _set(
    "a an the this that these those his her its their our my your whose another every each all any some many "
    "most several few both no other such one two three first last "
    "and or but nor yet so if when while as since because though although whether after before until once "
    "of in on at to from by with for about against among between under over during without within through "
    "is are was were be been has have had will would can could should may might must do does did not "
    "says said told tells calls called asks asked warns warned urges urged accuses accused meets met "
    "who what why how where which meanwhile however moreover also then now today yesterday tomorrow later "
    "earlier here there thus still even just only like unlike than "
    "former late current present exiled self titular then ex incumbent new old young elder senior fellow "
    "ethnic local armed native indigenous pro anti non thousands hundreds dozens"
)
# Titles and forms of address: the title of a ruler may follow one, a surname usually does.
_ADDRESS = _set(
    "mr mrs ms miss dr prof professor sir lady lord prince princess king queen highness majesty excellency hh "
    "mir sardar nawab nawabzada sardarzada agha sheikh shaikh syed sayyid haji hajji maulana mawlana molavi "
    "mullah mufti qazi major captain colonel general brigadier lieutenant commander minister president "
    "senator governor justice judge advocate comrade shaheed martyr ustad mama baba marshal chief premier "
    "spokesperson spokesman spokeswoman leader adviser advisor secretary chairman chairperson convener organiser "
    "organizer head activist politician ambassador envoy caretaker interior home defence defense foreign deputy "
    "vice field speaker mna mpa lawyer writer poet scholar veteran nationalist tribal elder"
)
_DEMONYM = ("ian", "ean", "ese")
_BEFORE = regex.compile(r"(\p{L}[\p{L}\p{M}'’.\-]*)[ \u00a0]{1,3}\Z")
_REACH = 60  # characters in which the word before is looked for
_OF = regex.compile(r" of (?:the )?(\p{Lu}[\p{L}\p{M}'’\-]+)")
_WORDS = regex.compile(r"\p{Latin}[\p{Latin}\p{M}'’]{3,}")


# Words that follow a place's name with a capital and leave it a place's name.
_DESIGNATORS = _set(
    "district districts city town tehsil taluka division valley river dam pass port road highway bypass bazaar bazar "
    "market border crossing gate jail prison hospital college university school airport station railway bus police "
    "levies scouts press club bar council court sessions fort mine mines coal field gas plant residency cantonment "
    "canal bridge tunnel mountain mountains hills range coast beach bay sea lake desert plain island oasis county "
    "province village area region sector zone industrial free special economic deputy assistant commissioner mpa mna "
    "north south east west northern southern eastern western upper lower central grid power national"
)
_PLACING = _set("in at near from outside inside around towards toward across into through beyond via")
_QUOTES = "\"'“”‘’«»(-–— \u00a0\t"
_NEXT = regex.compile(r"[ \u00a0]{1,3}(\p{Lu}[\p{L}\p{M}'’\-]*)")
_QUALIFIED = regex.compile(r",[ \u00a0]{1,3}(?:the )?(\p{Lu}[\p{L}\p{M}'’\-]*)")


class Given(IntEnum):
    """Whether the word before a name is somebody's given name."""

    NO = 0
    MAYBE = 1
    YES = 2


Line = tuple[int, int]


def shouted(text: str, line: Line, start: int, end: int) -> bool:
    """Tell whether everything around a hit is written in capitals."""
    around = text[line[0] : start] + text[end : line[1]]
    return not any(map(str.islower, around)) and sum(map(str.isupper, around)) >= 4


def lower_among_capitals(text: str, line: Line, start: int, end: int) -> bool:
    """Tell whether a hit is written without capitals in a line that uses them, its first letter aside."""
    if any(map(str.isupper, text[start:end])):
        return False
    before = text[line[0] : start].lstrip()
    return any(map(str.isupper, before[1:] + text[end : line[1]]))


def addressed(text: str, line: Line, start: int) -> bool:
    """Tell whether a title or form of address stands directly before."""
    before = _word_before(text, line, start)
    return before is not None and before[0].isupper() and fold(before).rstrip(".") in _ADDRESS


def _word_before(text: str, line: Line, start: int) -> str | None:
    if start <= line[0] or text[start - 1] not in " \u00a0":
        return None
    found = _BEFORE.search(text[max(line[0], start - _REACH) : start])
    return found[1] if found else None


def given_name(text: str, line: Line, start: int, end: int, known: Callable[[str], bool]) -> Given:
    """Judge the word directly before a hit, nothing but a space between; `known` takes a folded word.

    Words known from the region pack (peoples, places, Pakistani) are no given names.
    """
    word = _word_before(text, line, start)
    if word is None or not word[0].isupper() or word.endswith((".", "'s", "’s")):
        return Given.NO
    folded = fold(word)
    if folded in _PLAIN or folded in _ADDRESS or folded.endswith(_DEMONYM) or known(folded):
        return Given.NO
    begin = text.rfind(word, 0, start)
    if len(word) > 1 and word.isupper() and not shouted(text, line, begin, end):
        return Given.NO
    others = [w[0] for w in _WORDS.finditer(text, line[0], line[1]) if not begin <= w.start() < end]
    initial = not text[line[0] : begin].strip(_QUOTES)
    if not initial and others:
        others = others[1:] if text[line[0] : line[1]].lstrip().startswith(others[0]) else others
    if not others:
        return Given.YES if initial else Given.MAYBE
    capitals = sum(other[0].isupper() for other in others)
    return Given.MAYBE if capitals >= 0.75 * len(others) else Given.YES


def somebody_elses(text: str, line: Line, start: int, end: int, known: Callable[[str], bool]) -> bool:
    """Tell whether a name that `known` does not know says whose this is: Senegal's …, … of Senegal."""
    after = _OF.match(text, end)
    if after is not None:
        return not known(fold(after[1]))
    before = _word_before(text, line, start)
    if before is None or not before[0].isupper() or not before.endswith(("'s", "’s")):
        return False
    return not known(fold(before[:-2]))


def goes_on(text: str, line: Line, start: int, end: int, known: Callable[[str], bool]) -> bool:
    """Tell whether a word with a capital follows that makes a place's name part of another: Sui Wen."""
    after = _NEXT.match(text, end)
    if after is None or after.end() > line[1] or _mostly_capitals(text, line, start, after.end()):
        return False
    folded = fold(after[1])
    return not (after[1].isupper() or folded in _DESIGNATORS or folded in _PLAIN or known(folded))


def located(text: str, line: Line, start: int, end: int, known: Callable[[str], bool]) -> bool:
    """Tell whether a preposition of place stands before a name, and nothing after it says that it is elsewhere."""
    before = _word_before(text, line, start)
    if before is None or before.lower() not in _PLACING or _mostly_capitals(text, line, start, end):
        return False
    after = _NEXT.match(text, end) or _QUALIFIED.match(text, end)
    if after is None:
        return True
    folded = fold(after[1])
    return folded in _DESIGNATORS or known(folded)


def _mostly_capitals(text: str, line: Line, start: int, end: int) -> bool:
    """Tell whether a line is written In Title Case, going by its words but the first and the name itself."""
    words = [word for word in _WORDS.finditer(text, line[0], line[1]) if not start <= word.start() < end]
    others = [word[0] for word in words if text[line[0] : word.start()].strip(_QUOTES)]
    return bool(others) and 4 * sum(word[0].isupper() for word in others) >= 3 * len(others)
