"""Lines of an extracted text that are not the article: pointers to other articles, buttons, counters."""

from __future__ import annotations

import re

from monitor.text.fold import fold

# A line that begins with one of these and is no sentence points elsewhere.
_POINTERS = tuple(
    fold(marker)
    for marker in (
        "also read",
        "read also",
        "read more",
        "read next",
        "must read",
        "see also",
        "you may also like",
        "you might also like",
        "recommended for you",
        "recommended stories",
        "related articles",
        "related news",
        "related posts",
        "related stories",
        "related topics",
        "more on this story",
        "more stories",
        "editor's picks",
        "most read",
        "یہ بھی پڑھیں",
        "یہ بھی پڑھیے",
        "یہ بھی پڑھئے",
        "مزید پڑھیں",
        "مزید پڑھیے",
        "مزید پڑھئے",
        "مزید خبریں",
        "متعلقہ خبریں",
        "متعلقہ تحریریں",
        "بیشتر بخوانید",
        "بیشتر بدانید",
        "همچنین بخوانید",
        "این مطلب را هم بخوانید",
        "مطالب مرتبط",
        "خبرهای مرتبط",
        "اخبار مرتبط",
        "دا هم ولولئ",
        "نور ولولئ",
        "اقرأ أيضا",
        "اقرأ المزيد",
        "إقرأ أيضا",
        "مواضيع ذات صلة",
        "شاهد أيضا",
        "यह भी पढ़ें",
        "ये भी पढ़ें",
        "और पढ़ें",
    )
)
# These are words of ordinary sentences too, and count only before a colon or a bar.
_POINTERS_WITH_COLON = tuple(
    fold(marker) for marker in ("read", "related", "see", "more", "watch", "پڑھیں", "بخوانید", "اقرأ", "पढ़ें")
)
_BUTTONS = frozenset(
    fold(button)
    for button in (
        "share",
        "share this",
        "share this article",
        "share this story",
        "share this:",
        "tweet",
        "facebook",
        "twitter",
        "whatsapp",
        "telegram",
        "email",
        "print",
        "copy link",
        "advertisement",
        "follow us",
        "leave a comment",
        "comments",
        "like this:",
        "loading...",
        "شیئر کریں",
        "اشتہار",
        "تبصرہ کریں",
        "اشتراک گذاری",
        "اشتراک‌گذاری",
        "چاپ",
        "کپی لینک",
        "تبلیغات",
        "مشاركة",
        "إعلان",
    )
)
_MAX_POINTER = 250  # characters; a longer line is a paragraph
_BULLET = re.compile(r"^[\s\-–—•*▪●■◼►▶»›|✦]{1,8}")
_SENTENCE_END = re.compile(r"(?:[^.][.!?]|[۔؟।])[\"'”’»)\]]{0,3}$")
_COUNTER = re.compile(r"[\d\s,.]{1,12}(?:views?|shares?)?", re.IGNORECASE)


def without_leftovers(text: str, title: str) -> tuple[str, int]:
    """Return the text without lines that are not the article, and how many were dropped.

    Dropped are: the headline repeated as the first line; "Also read:" lines, and the headline under a
    bare one; the captions of share buttons; view counters at either end. A line that ends like a
    sentence is kept unless a colon or a bar follows the marker.
    """
    lines = text.split("\n")
    kept: list[str] = []
    after_bare_pointer = False
    for line in lines:
        content = _BULLET.sub("", line).strip()
        folded = fold(content[:_MAX_POINTER]) if content else ""
        if after_bare_pointer and _is_headline(content):
            after_bare_pointer = line.lstrip().startswith("-")  # in a list there may be more of them
            continue
        after_bare_pointer = False
        if folded in _BUTTONS:
            continue
        pointer = _pointer(content, folded)
        if pointer:
            after_bare_pointer = pointer == "bare"
            continue
        kept.append(line)
    while kept and _COUNTER.fullmatch(kept[0].strip()):
        kept.pop(0)
    while kept and _COUNTER.fullmatch(kept[-1].strip()):
        kept.pop()
    if len(kept) > 1 and title and fold(kept[0]) == fold(title):
        kept.pop(0)
    return "\n".join(kept).strip(), len(lines) - len(kept)


def _pointer(content: str, folded: str) -> str:
    """Return "bare" for a marker alone, "whole" for a marker with its headline, nothing for other lines."""
    if not content or len(content) > _MAX_POINTER:
        return ""
    for marker in _POINTERS:
        if folded.startswith(marker):
            rest = folded[len(marker) :].lstrip()
            if not rest.strip(":|.…»› "):
                return "bare"
            separate = not folded[len(marker)].isalnum()
            if separate and (rest[0] in ":|»›" or not _SENTENCE_END.search(content)):
                return "whole"
    for marker in _POINTERS_WITH_COLON:
        if folded.startswith(marker) and folded[len(marker) :].lstrip()[:1] in {":", "|"}:
            return "whole" if folded[len(marker) :].strip(":| ") else "bare"
    return ""


def _is_headline(content: str) -> bool:
    return 0 < len(content) <= 200 and not _SENTENCE_END.search(content)
