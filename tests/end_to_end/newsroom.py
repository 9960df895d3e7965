"""What outlets publish in three languages, and what their feeds make of it: edited, shuffled, renamed, broken."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from html import escape
from typing import Literal
from urllib.parse import urlsplit

from tests.end_to_end.mortal import Reply, Wire, tagged

Language = Literal["en", "ur", "fa"]
Trouble = Literal["", "500", "404", "html", "cut", "cut short of what was promised"]

# What a rule is asked for, and how a report of each language says it.
RULES = {
    "almanac": ("almanac OR جنتری OR سالنامه", ("desk", "post")),
    "comet": ('comet* OR "دم دار ستارہ" OR "دنباله دار"', ("post",)),
}
_SAID: dict[Language, dict[str, str]] = {
    "en": {"almanac": "the almanac", "comet": "comets"},
    "ur": {"almanac": "جنتری", "comet": "دم دار ستارہ"},
    "fa": {"almanac": "سالنامه", "comet": "دنباله\u200cدار"},
}
# None of these names a theme: reports that share one may be taken for one event.
_WORDS: dict[Language, list[str]] = {
    "en": """
        village council river bridge library mountain valley garden
        window kitchen farmer engineer captain painter musician harvest winter summer autumn morning evening letter
        journey lantern orchard meadow barley copper silver wooden narrow gentle distant ancient crowded quiet public
        northern southern eastern weekly bakery workshop station museum theatre office tower field forest
        lake stream carpenter weaver shepherd nurse visitor neighbour elder repaired opened painted counted
        gathered carried measured offered studied visited described finished slowly carefully together
    """.split(),
    "ur": """
        استاد گاؤں کی کونسل اور دریا کا پل درمیان لائبریری میں پہاڑ وادی باغ کھڑکی باورچی کسان انجینئر کپتان
        مصور موسیقار فصل خزاں صبح شام خط سفر چراغ میدان جو تانبا چاندی لکڑی تنگ نرم دور پرانا بھیڑ خاموش
        عوامی شمالی جنوبی مشرقی ہفتہ وار تنور کارخانہ اسٹیشن عجائب گھر تھیٹر دفتر مینار کھیت جنگل کے بعد جھیل
        بڑھئی جولاہا چرواہا نرس مہمان پڑوسی بزرگ نے مرمت کی کھولا رنگا گنا جمع کیا اٹھایا ناپا پیش پڑھا دیکھا
        بتایا ختم آہستہ احتیاط سے ساتھ ہے تھے گئی
    """.split(),
    "fa": """
        معلم روستا شورای شهر و رودخانه پل میان کتابخانه در کوه دره باغ پنجره آشپزخانه کشاورز مهندس ناخدا
        نقاش نوازنده برداشت زمستان تابستان پاییز بامداد عصر نامه سفر فانوس بوستان چمن جو مس نقره چوبی باریک آرام دور
        کهن شلوغ ساکت عمومی شمالی جنوبی شرقی هفتگی نانوایی کارگاه ایستگاه موزه تماشاخانه اداره برج کشتزار جنگل
        پس از دریاچه جوی نجار بافنده چوپان پزشک پرستار مهمان همسایه را تعمیر کرد گشود شمرد گرد آورد برد اندازه
        گرفت پیشنهاد خواند دید گفت پایان آهسته با دقت همراه است بودند شد می‌کند
    """.split(),
}
# Every third word is one of these: by them a language is told, whatever a feed says of itself.
_SMALL: dict[Language, list[str]] = {
    "en": "the a of in with for and by from near after before under between".split(),
    "ur": "کے کی نے سے میں ہے اور کو پر یہ تھا گئے".split(),
    "fa": "که را از این است برای می‌شود آن با در شد".split(),
}
_STOP = {"en": ".", "ur": "۔", "fa": "."}
LANGUAGES: tuple[Language, ...] = ("en", "ur", "fa")
WINDOW = 10  # entries in a feed; also how many of a first poll may alert


@dataclass(frozen=True)
class Text:
    """What a report says; copies of it share it."""

    number: int
    language: Language
    rules: frozenset[str]  # that must match it, and no others
    title: str
    body: tuple[str, ...]


@dataclass
class Report:
    """One page at one outlet, and what its feed says of it now."""

    path: str
    text: Text
    at: datetime
    guid: str
    title: str
    summary: str


@dataclass
class Outlet:
    """A feed: its reports, newest first, and what is wrong with it."""

    language: Language
    feed: list[Report] = field(default_factory=list)
    trouble: Trouble = ""
    cut_at: float = 0.6  # how much of its body comes when it is cut
    asked: int = 0


@dataclass
class Newsroom:
    """All outlets, served over the wire."""

    wire: Wire
    outlets: Sequence[Outlet] = field(default_factory=lambda: [Outlet(language) for language in LANGUAGES])
    texts: list[Text] = field(default_factory=list)
    pages: dict[tuple[int, str], Report] = field(default_factory=dict)
    cuts_first_item: bool = False  # whether a feed that ends early may end inside its first item

    def __post_init__(self) -> None:
        self.wire.answer = self.answer

    def write(self, language: Language, rules: frozenset[str], *, in_title: bool = False) -> Text:
        """Write a report nobody has written before."""
        number = len(self.texts) + 1
        chance = random.Random(number)
        body = [self._sentence(language, chance) for _ in range(6)]
        title = self._words(language, chance, 6)
        for place, rule in enumerate(sorted(rules), start=1):
            said = _SAID[language][rule]
            if in_title:
                title = f"{title} {said}"
            else:
                head, tail = self._words(language, chance, 5), self._words(language, chance, 6)
                body[place] = f"{head} {said} {tail}{_STOP[language]}"
        text = Text(number, language, rules, f"{title} {number}", tuple(body))
        self.texts.append(text)
        return text

    def publish(self, outlet: int, text: Text, at: datetime) -> Report:
        """Put a report at the top of a feed; the oldest falls off its end."""
        path = f"/{len(self.pages) + 1}/{text.number}"
        report = Report(path, text, at, f"item-{path}", text.title, text.body[0])
        self.pages[outlet, path] = report
        feed = self.outlets[outlet].feed
        feed.insert(0, report)
        del feed[WINDOW:]
        return report

    def url(self, outlet: int, report: Report) -> str:
        return f"{self.wire.base(outlet)}{report.path}"

    def feed_url(self, outlet: int) -> str:
        return f"{self.wire.base(outlet)}/feed"

    def opml(self) -> str:
        outlines = "".join(
            f'<outline text="Outlet {number}" language="{outlet.language}" xmlUrl="{self.feed_url(number)}"/>'
            for number, outlet in enumerate(self.outlets)
        )
        return (
            f'<?xml version="1.0" encoding="UTF-8"?><opml version="2.0"><head/><body>{outlines}</body></opml>'
        )

    def feed_body(self, number: int) -> bytes:
        return self._rss(number).encode()

    def answer(self, number: int, path: str, tag: str) -> Reply:
        """Answer one request at an outlet."""
        if path == "/feed":
            return self._feed(number, tag)
        report = self.pages.get((number, urlsplit(path).path))
        if report is None:
            return Reply(b"<h1>Not found</h1>", 404)
        text = report.text
        paragraphs = "".join(f"<p>{escape(sentence)}</p>" for sentence in text.body)
        page = (
            f'<!doctype html><html lang="{text.language}"><head><meta charset="utf-8"><title>{escape(text.title)}'
            f"</title></head><body><main><article><h1>{escape(text.title)}</h1>{paragraphs}</article></main></body></html>"
        )
        return Reply(page.encode())

    def _feed(self, number: int, tag: str) -> Reply:
        outlet = self.outlets[number]
        outlet.asked += 1
        body = self.feed_body(number)
        if outlet.trouble in ("500", "404"):
            return Reply(b"<h1>No</h1>", int(outlet.trouble))
        if outlet.trouble == "html":
            return Reply(b"<!doctype html><title>Log in</title><p>Log in to this network, please.</p>")
        if outlet.trouble:
            part = body[: int(len(body) * outlet.cut_at)]
            if b"</item>" not in part and not self.cuts_first_item:
                part = part.partition(b"<item>")[0]
            promised = None if outlet.trouble == "cut" else len(body)
            return Reply(part, content_type="application/rss+xml", tag='"partly"', promised=promised)
        return tagged(body, tag)

    def _rss(self, number: int) -> str:
        items = "".join(
            f"<item><title>{escape(one.title)}</title><link>{self.url(number, one)}</link>"
            f'<guid isPermaLink="false">{one.guid}</guid><pubDate>{format_datetime(one.at)}</pubDate>'
            f"<description>{escape(one.summary)}</description></item>"
            for one in self.outlets[number].feed
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
            f"<title>Outlet {number}</title>{items}</channel></rss>"
        )

    def _sentence(self, language: Language, chance: random.Random) -> str:
        return f"{self._words(language, chance, 13)}{_STOP[language]}"

    @staticmethod
    def _words(language: Language, chance: random.Random, count: int) -> str:
        pools = (_SMALL[language] if place % 3 == 0 else _WORDS[language] for place in range(count))
        return " ".join(chance.choice(pool) for pool in pools).capitalize()
