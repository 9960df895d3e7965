"""The form of a text in which names are looked for, and the way back to the original characters.

For whoever matches against it:

* `fold` works character by character, then makes every run of spaces one and strips both ends. It is
  idempotent. One letter stands for all its Perso-Arabic spellings (ی ک ه ا و ن, Pashto and Sindhi letters),
  marks are gone, digits are ASCII, Latin is lower case without diacritics.
* A gap is one space, whatever made it: white space, ZWNJ, any hyphen, dash or underscore (Reko-Diq = Reko
  Diq), and the letter hamza ء, which carries Balochi clitics (بلوچستانءِ, گْوادر ءَ).
* A name is searched for under each of `variants(alias)`: its fold, and in Arabic script also with its gaps
  closed.
* A hit counts when `Folded.whole(start, end)` says so: when the name begins and ends where words may. That is
  at a `boundary`: where word characters meet others, or Arabic letters meet other letters or digits, and after
  ں and ے in the *original* (they end words, but InPage text has ے inside them: either reading is accepted). A
  long name may also follow a glued Arabic و, and a suffix may stand between a name and the boundary. Letters that
  never join the next (ا د ر ز و) let writers leave out spaces: خضدارمیں and بعدژوب hold names. A prefix query
  asks `starts_word` alone.
* `words` cuts folded text; `Folded.index_words` adds, for an index, every word that `whole` may find a name
  by. Word characters are letters, digits and combining marks (Devanagari needs the marks).
* `Folded.span` gives the original characters: whole grapheme clusters, with the marks on the last letter,
  without soft hyphens, ZWNJ or other removed characters at either end.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cached_property, lru_cache
from itertools import combinations

import regex

# Every character here becomes the one it stands under; compatibility forms get here by NFKD.
_LETTERS = {
    variant: letter
    for letter, variants_ in {
        "ی": "يىېۍےؠۑێؽؾؿ",
        "ک": "كڪ",
        "گ": "ګ",
        "ه": "ہھةۃەۿ",
        "ا": "ٱٲٳ",
        "و": "ۄۅۆۇۈۉۊۋۏ",
        "ن": "ںڼڻ",
        "چ": "څ",
        "ٹ": "ټٽ",
        "ڈ": "ډڊ",
        "ڑ": "ړڙ",
        "ش": "ښ",
        "ژ": "ږ",
        "'": "`´‘’‚‛′ʹʻʼʽʾʿˈ՚",
        '"': "“”„‟″ˮ",
        "/": "\u2044",
        " ": "-_‐‑‒–—―−\u200cء",
        "i": "ı",
        "o": "ø",
        "d": "đð",
        "l": "ł",
        "h": "ħ",
        "ae": "æ",
        "oe": "œ",
        "th": "þ",
        "…": "…",
    }.items()
    for variant in variants_
}

# Marks of the Latin, Greek, Cyrillic, Hebrew and Arabic scripts (not those of Indic scripts, which spell
# vowels), variation selectors, tatweel, small and high Arabic letters, and junk seen in press pages.
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f"
    "\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u08ca-\u08e1\u08e3-\u08ff\u1ab0-\u1aff\u1dc0-\u1dff"
    "\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\U000e0100-\U000e01ef"
)
_REMOVED = re.compile(f"[{_MARKS}\u0640\u0674\ufc5e-\ufc63\ufe70-\ufe7f\ufff0-\ufffb]")


def _fold_character(character: str) -> str:
    """Return what one character becomes; folding the result again changes nothing."""
    if character in _LETTERS:
        return _LETTERS[character]
    category = unicodedata.category(character)
    if category == "Cf" or _REMOVED.match(character):
        return ""
    if category == "Cc" or category[0] == "Z":
        return " "
    if category == "Nd":
        return str(unicodedata.decimal(character))
    plain = unicodedata.normalize("NFKD", character).casefold()
    if plain == character:
        return character
    folded = "".join(map(_fold_character, plain))
    # A footnote's ¹, a ™ or a ½ must not grow into the word or number it follows.
    if category == "No" or (category == "So" and unicodedata.decomposition(character).startswith("<super>")):
        return f" {folded} "
    return folded


class _Table(dict[int, str]):
    """Maps code points for str.translate, learning each character when it is first met."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_character(chr(code))
        return folded


_TABLE = _Table()

# The characters most texts are made of fit one byte each, and bytes are folded ten times as fast as
# str.translate does it. None of these becomes more than one character.
_COMMON = (
    "\0\t\n\r"  # a fast encoding map needs NUL in the first place
    + "".join(map(chr, range(32, 127)))
    + "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي\u0640\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0653\u0654\u0670"
    + "پچژکگٹڈڑںہھۂۃےۓیېۍټډړښڼڅځږګڪ۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩،؛؟۔٪"
    + "“”‘’–—…«»•áéíóúàèüöäñçāīūʻʿ\u00a0\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\ufeff"
)
_ENCODING = codecs.charmap_build(_COMMON.ljust(256, "\ufffe"))
_DROPPED = bytes(code for code, character in enumerate(_COMMON) if not _TABLE[ord(character)])
_DECODED = "".join(_TABLE[ord(character)] or "\ufffe" for character in _COMMON).ljust(256, "\ufffe")
_GAP = re.compile("  +")

_ARABIC = "\u0600-\u08ff"  # every right-to-left script but Hebrew; folding leaves none beyond
_WORD = regex.compile(
    rf"(?V1)[[\p{{L}}\p{{N}}\p{{M}}]--[{_ARABIC}]]+|[[\p{{L}}\p{{N}}\p{{M}}]&&[{_ARABIC}]]+"
)
_ARABIC_GAP = re.compile(rf"(?<=[{_ARABIC}])( )(?=[{_ARABIC}])")
_PASHTO = re.compile("[ټډړښږڅځګڼېۍ]")
# ں or ے in any form, and then a letter of the same word.
_GLUED = re.compile(rf"[ںےۓﮞﮟﮮﮯﮰﮱ](?=[{_MARKS}\u0640\u00ad\u200b\u200d-\u200f]*[{_ARABIC}ﭐ-ﻼ])")

_SHORT = 5  # a name of so many letters is too easily a part of other words
_TOO_SHORT = 3
_MANY_GAPS = 5
_SUFFIXES_SHORT = ("ون", "ها")
_LONGEST = 64  # letters of a name without a gap
_SUFFIXES = ("ون", "یون", "ها", "های", "ی", "ان", "اش")

# What Urdu writes without a space after a letter that joins no other, and before a name.
_UNJOINED = frozenset("ادڈذرڑزژو")
_GLUED_AFTER = ("مین", "کی", "کا", "کو", "سی", "نی", "پر", "تک", "اور")
_GLUED_BEFORE = ("بعد", "اور", "نزد", "شهر", "ڈاکٹر", "میر", "سردار", "سید", "صدر", "وزیر", "گورنر", "کمشنر")
_SHORTEST_BEFORE, _SHORTEST_AFTER = 4, 3  # letters of a name that may be glued

# Characters known to fold to exactly one; any other is looked up.
_SINGLE = (
    "\x00-\x7f\u0391-\u03a1\u03b1-\u03c9\u0410-\u044f\u0620-\u063f\u0641-\u064a\u0660-\u066f\u0679-\u06d3"
)
_SINGLE += "\u06d5\u06f0-\u06ff\u0900-\u0928\u092a-\u0930\u0932-\u0933\u0935-\u0957\u2010-\u201f"
_UNEVEN = re.compile(f"[^{_SINGLE}]")
_CLUSTER = regex.compile(r"\X")


def _loosen(text: str) -> str:
    """Fold each character by itself; gaps are still as long as they were."""
    try:
        raw, _ = codecs.charmap_encode(text, "strict", _ENCODING)
    except UnicodeEncodeError:
        return text.translate(_TABLE)
    return codecs.charmap_decode(raw.translate(None, _DROPPED), "strict", _DECODED)[0]


def _tighten(loose: str) -> str:
    """Make every gap one space, and none at the ends."""
    loose = loose.strip(" ")
    return _GAP.sub(" ", loose) if "  " in loose else loose


def fold(text: str) -> str:
    """Return the form of a text in which names are looked for."""
    return _tighten(_loosen(text))


@lru_cache(maxsize=1 << 16)
def fold_word(word: str) -> str:
    """Do so for words that are asked about again and again, as the context words of a pack are."""
    return fold(word)


def fold_mapped(text: str) -> Folded:
    """Fold a text and keep the way back; nothing is mapped before it is asked for."""
    loose = _loosen(text)
    return Folded(text, loose, _tighten(loose))


def words(folded: str) -> list[str]:
    """Cut folded text into its words."""
    return _WORD.findall(folded)  # type: ignore[no-any-return]


def variants(alias: str) -> tuple[str, ...]:
    """Return the folded forms a name is looked for under, the plain one first.

    The gaps in an Arabic-script name of six letters or more may be closed, each by itself: press pages lose
    ZWNJ and spaces. A Pashto name of one part also has its oblique and plural forms. Latin has one form.
    """
    plain = fold(alias)
    forms = [plain]
    gaps = [found.start(1) for found in _ARABIC_GAP.finditer(plain)]
    if _letters(plain) > _SHORT:
        forms += ["".join(_without(plain, chosen)) for chosen in _choices(gaps)]
    if not gaps and _PASHTO.search(alias) and _letters(plain) > _TOO_SHORT:
        forms += [plain[:-1] + "ی"] if plain.endswith("ه") else [plain + "ان", plain + "انو"]
    return tuple(dict.fromkeys(forms))


def _letters(folded: str) -> int:
    return sum(map(_is_word, folded))


def _is_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character)[0] == "M"


def _is_arabic(character: str) -> bool:
    return "\u0600" <= character <= "\u08ff"


def _choices(gaps: list[int]) -> list[tuple[int, ...]]:
    """Choose the gaps to close: every combination, or of many gaps each one alone and all together."""
    sizes = range(1, len(gaps) + 1) if len(gaps) < _MANY_GAPS else (1, len(gaps))
    return [chosen for size in sizes for chosen in combinations(gaps, size)]


def _without(text: str, positions: tuple[int, ...]) -> list[str]:
    return [character for index, character in enumerate(text) if index not in positions]


def _stems(word: str) -> Iterator[str]:
    """Yield what may be the name in an Arabic-script word: without what may be glued before it, and a suffix."""
    starts = [len(before) for before in ("", "و", *_GLUED_BEFORE) if word.startswith(before)]
    for start in starts:
        if start:
            yield word[start:]
        for suffix in (*_SUFFIXES, *_GLUED_AFTER):
            if word.endswith(suffix):
                yield word[start : -len(suffix)]


class _Steps:
    """A monotonic map from positions in a derived text to positions in its source.

    It is kept as the places where the distance between the two changes.
    """

    def __init__(self) -> None:
        self._derived = [0]
        self._source = [0]

    def add(self, derived: int, source: int) -> None:
        self._derived.append(derived)
        self._source.append(source)

    def back(self, derived: int) -> int:
        step = bisect_right(self._derived, derived) - 1
        source = self._source[step] + derived - self._derived[step]
        # One source character may have become several: none of them lies beyond it.
        return min(source, self._source[step + 1] - 1) if step + 1 < len(self._source) else source

    def forth(self, source: int) -> int:
        step = bisect_right(self._source, source) - 1
        return self._derived[step] + source - self._source[step]


class Folded:
    """A folded text that knows where it came from."""

    def __init__(self, original: str, loose: str, text: str) -> None:
        self.original = original
        self.text = text
        self._loose = loose

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the original that folded to [start, end), in whole grapheme clusters."""
        if not 0 <= start <= end <= len(self.text):
            raise IndexError(f"[{start}, {end}) is not within a folded text of {len(self.text)} characters")
        if start == end:
            place = self._source(start) if end < len(self.text) else len(self.original)
            return place, place
        first = self._source(start)
        # A gap at the end is taken whole: up to where the next character comes from.
        gap = self.text[end - 1] == " "
        last = self._characters.back(self._gaps.back(end) - 1) if gap else self._source(end - 1)
        return self._clusters(first, last)

    def boundary(self, index: int) -> bool:
        """Tell whether a word may begin or end at a position of the folded text."""
        if not 0 < index < len(self.text):
            return True
        before, after = self.text[index - 1], self.text[index]
        if not _is_word(before) or not _is_word(after):
            return True
        if _is_arabic(before) != _is_arabic(after):
            return True
        return index in self._breaks

    def starts_word(self, index: int, letters: int) -> bool:
        """Tell whether a name of so many letters may begin here: at a boundary, or after what may be glued to it."""
        if self.boundary(index):
            return True
        if letters >= _SHORT and self.text[index - 1] == "و" and self.boundary(index - 1):
            return True
        return (
            letters >= _SHORTEST_AFTER
            and self.text[index - 1] in _UNJOINED
            and any(
                self.text.endswith(word, 0, index) and self.boundary(index - len(word))
                for word in _GLUED_BEFORE
            )
        )

    def ends_word(self, index: int, letters: int) -> bool:
        """Tell whether a name of so many letters may end here: at a boundary, or before a suffix that ends at one.

        Names of up to five letters take only وں and ها: تربتی is no form of تربت.
        """
        if self.boundary(index):
            return True
        if not _is_arabic(self.text[index - 1]):
            return False
        if letters >= _SHORTEST_BEFORE and self.text[index - 1] in _UNJOINED:
            for word in _GLUED_AFTER:
                if self.text.startswith(word, index) and self.boundary(index + len(word)):
                    return True
        return any(
            self.text.startswith(suffix, index) and self.boundary(index + len(suffix))
            for suffix in (_SUFFIXES if letters > _SHORT else _SUFFIXES_SHORT)
        )

    def whole(self, start: int, end: int) -> bool:
        """Tell whether a name found at [start, end) stands there as a word of its own."""
        letters = end - start - self.text.count(" ", start, end)
        return self.starts_word(start, letters) and self.ends_word(end, letters)

    def index_words(self) -> set[str]:
        """Return every word that a name could be found by: for an index, which may hold too much, never too little.

        Besides the words as they stand these are the stretches between any two places in a word where another
        may begin or end, and in Arabic script what is left without a glued و or a suffix.
        """
        found = set(words(self.text))
        breaks = sorted(self._breaks)
        for word in _WORD.finditer(self.text) if breaks else ():
            start, end = word.span()
            inside = breaks[bisect_right(breaks, start) : bisect_left(breaks, end)]
            found.update(
                self.text[left:right]
                for left, right in combinations([start, *inside, end], 2)
                if right - left <= _LONGEST
            )
        return found.union(*(_stems(word) for word in found if _is_arabic(word[0])))

    @cached_property
    def _breaks(self) -> frozenset[int]:
        """Places inside words that stand after ں or ے in the original."""
        return frozenset(
            self._gaps.forth(self._characters.forth(glued.start())) + 1
            for glued in _GLUED.finditer(self.original)
        )

    @cached_property
    def _gaps(self) -> _Steps:
        """Map this text to the loose one, where gaps are as long as they were."""
        steps = _Steps()
        if len(self._loose) == len(self.text):
            return steps
        lost = len(self._loose) - len(self._loose.lstrip(" "))
        steps.add(0, lost)
        for gap in _GAP.finditer(self._loose, lost):
            steps.add(gap.start() - lost + 1, gap.end())
            lost += gap.end() - gap.start() - 1
        return steps

    @cached_property
    def _characters(self) -> _Steps:
        """Map the loose text to the original."""
        steps = _Steps()
        if self.original.isascii():
            return steps
        gained = 0
        for uneven in _UNEVEN.finditer(self.original):
            place = uneven.start()
            length = len(_TABLE[ord(uneven[0])])
            if length != 1:
                if length:
                    steps.add(place + gained, place)
                gained += length - 1
                steps.add(place + 1 + gained, place + 1)
        return steps

    def _source(self, index: int) -> int:
        return self._characters.back(self._gaps.back(index))

    def _clusters(self, first: int, last: int) -> tuple[int, int]:
        """Widen to whole grapheme clusters, then leave out format characters at both ends."""
        text = self.original
        start = first
        if text[first] >= "\u0900" or not text[first].isalnum():  # any other begins its cluster
            begin = max(text.rfind(" ", 0, first), text.rfind("\n", 0, first), 0)
            start = next(c.start() for c in _CLUSTER.finditer(text, begin) if c.end() > first)
        end = last + 1
        if text[end : end + 1] >= "\u0300":  # any other begins the next cluster
            end = next(c.end() for c in _CLUSTER.finditer(text, start) if c.end() > last)
        while start < first and unicodedata.category(text[start]) == "Cf":
            start += 1
        while end > last + 1 and unicodedata.category(text[end - 1]) == "Cf":
            end -= 1
        return start, end
