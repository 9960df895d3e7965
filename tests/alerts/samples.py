"""Stories as alerts show them, in three scripts, and one that attacks its readers. All written here."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.models import Alert, AlertItem, AlertState, Grade, Origin, Quote, Side, Stamp, Verdict

KARACHI = ZoneInfo("Asia/Karachi")
AT = datetime(2026, 2, 2, 10, 4, tzinfo=UTC)
PUBLISHED = Stamp("Mon, 02 Feb 2026 15:04:00 +0500", AT, "+05:00")

ENGLISH = "Khan of Kalat says Pakistan should withdraw from Balochistan"
SENTENCE = "The Khan of Kalat said on Monday that Pakistan should withdraw its forces from Balochistan."
URDU = "بلوچستان میں آپریشن ہیروف کے بعد سکیورٹی سخت، وزیر اعلیٰ کا بیان"
URDU_SENTENCE = "وزیر اعلیٰ نے پیر کو کہا کہ بلوچستان کے اضلاع میں آپریشن ہیروف کے بعد سکیورٹی سخت ہے۔"
PERSIAN = "مقام استانی از درگیری در سیستان و بلوچستان خبر داد"

HOSTILE = [
    "<!channel> read this",
    "<!here|x> <!everyone> <!subteam^S123>",
    "<@U012AB3CD> and <#C012AB3CD|general>",
    "<https://evil.example|https://news.example/ok>",
    "*bold* _italic_ ~struck~ `code` ```block```",
    "**strong** __strong__ ~~gone~~ ||hidden||",
    "[label](https://evil.example) ![x](https://evil.example/p.png) [a][b]",
    "@here @channel @everyone :rotating_light: :skin-tone-2:",
    "> quote\n# heading\n- list\n1. one",
    "title\r\nBcc: victim@example.org\r\n\r\nbody",
    "a\u2028b\u2029c\x0bd\x85e\x1b[31mred\x07",
    "safe\u202egnp.exe \u2066x \u2067y \u200fz",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "</title></style></h2></td></table><svg/onload=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "' onfocus='alert(1)",
    "{{7*7}} {% raw %} ${HOME} %(x)s {0}",
    "javascript:alert(1) data:text/html,x",
    "⟦not a mark⟧",
    "\ud800 lone surrogate",
    "",
    "   \u200b  ",
    "word " * 400,
    "ب" * 2_000,
]


def alert(number: int, rule: str = "khan", *, story: int = 7, title: str = ENGLISH) -> Alert:
    return Alert(
        id=number,
        key=f"{number * 7919 % 0xFFFFFF:06x}",
        kind="story",
        story=story,
        rule=rule,
        channel="slack",
        state=AlertState.SENDING,
        attempts=1,
        created_at=AT,
        next_at=AT,
        sent_at=None,
        title=title,
        url="https://news.example/khan",
    )


def marks(text: str, *words: str) -> tuple[tuple[int, int], ...]:
    return tuple((text.index(word), text.index(word) + len(word)) for word in words)


KHAN = AlertItem(
    alerts=(alert(1), alert(2, "balochistan")),
    story=7,
    title=ENGLISH,
    language="en",
    url="https://news.example/khan?a=1&b=2",
    outlet="Example Post",
    kind="rights-group",
    author="",
    published=PUBLISHED,
    first_seen=AT + timedelta(minutes=16),
    rules=(
        ("khan", "The Khan of Kalat speaks", Grade.STRONG, "a title of its own"),
        ("balochistan", "Balochistan", Grade.LIKELY, "the place stands in the headline"),
    ),
    quotes=(Quote("body", SENTENCE, marks(SENTENCE, "Khan of Kalat", "Balochistan")),),
    origin=Origin.PAGE,
    verdict=Verdict.FULL,
    sources=3,
    others=("Second Daily", "روزنامہ سوم"),
    origins=2,
    sides=(Side.PARTY, Side.OFFICIAL),
    priority="high",
)
HEROF = replace(
    KHAN,
    alerts=(alert(3, "herof", story=8, title=URDU),),
    story=8,
    title=URDU,
    language="ur",
    url="https://news.example/اردو/خبر",
    outlet="روزنامہ مثال",
    kind="private",
    rules=(("herof", "Operation Herof", Grade.STRONG, "آپریشن ہیروف"),),
    quotes=(Quote("body", URDU_SENTENCE, marks(URDU_SENTENCE, "بلوچستان", "آپریشن ہیروف")),),
    sources=1,
    others=(),
    origins=1,
    sides=(Side.OFFICIAL,),
    priority="normal",
)


def hostile(text: str, number: int = 50) -> AlertItem:
    """Return an item that says this text wherever a source can put words."""
    return AlertItem(
        alerts=(alert(number, "khan", story=number, title=text), alert(number + 1, "bla", story=number)),
        story=number,
        title=text,
        language=text[:20],
        url=f"https://news.example/{text[:200]}",
        outlet=text,
        kind=text[:30],
        author=text,
        published=Stamp(text, AT, text[:20], confidence="doubtful", note=text),
        first_seen=AT,
        rules=(("khan", text, Grade.STRONG, text), ("bla", "BLA", Grade.CHECK, text)),
        quotes=(Quote("body", text, ((0, min(3, len(text))),)),) if text else (),
        origin=Origin.SUMMARY,
        verdict=Verdict.WALL,
        sources=9,
        others=(text,) * 8,
    )
