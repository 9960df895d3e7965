"""Days put together by hand, from articles whose spans are found, not counted."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from monitor.digest.gather import Digest, gather
from monitor.models import (
    ArticleView,
    Changes,
    DayRecord,
    Edit,
    Entity,
    FeedDays,
    FeedHealth,
    Grade,
    MapOutline,
    Match,
    Mention,
    Month,
    Moved,
    Origin,
    Rule,
    Span,
    Stamp,
    Story,
    Verdict,
)
from monitor.rules.outline import read_outline

KARACHI = ZoneInfo("Asia/Karachi")
ZONES = (KARACHI, ZoneInfo("Asia/Tehran"), ZoneInfo("Asia/Kabul"))
DAY = date(2026, 2, 2)
START = datetime(2026, 2, 1, 19, 0, tzinfo=UTC)
END = START + timedelta(days=1)
RULESET = "1f0c5de29b7a" + "0" * 52

RULES = {
    rule.id: rule
    for rule in (
        Rule("khan-of-kalat", "The Khan of Kalat speaks", "@person.khan_of_kalat", priority="high"),
        Rule("op-herof", "Operation Herof", "@event.op_herof", priority="high"),
        Rule("bla", "Baloch Liberation Army", "@org.bla"),
        Rule("balochistan", "Balochistan, with every place in it", "@place.balochistan/**", priority="low"),
        Rule("enforced-disappearances", "Enforced disappearances", '"enforced disappearance*"'),
        Rule("border", "Border crossings", '"border crossing"'),
    )
}

ENTITIES = {
    entity.id: entity
    for entity in (
        Entity("place.balochistan", "Balochistan (region, all three countries)", "region"),
        Entity("place.pk.balochistan", "Balochistan (province of Pakistan)", "province", "place.balochistan"),
        Entity("place.ir.sb", "Sistan and Baluchestan (province of Iran)", "province", "place.balochistan"),
        Entity(
            "place.pk.d.gwadar", "Gwadar District", "district", "place.pk.balochistan", lat=25.12, lon=62.33
        ),
        Entity("place.pk.t.gwadar", "Gwadar", "town", "place.pk.d.gwadar"),
        Entity("place.pk.d.quetta", "Quetta District", "district", "place.pk.balochistan"),
        Entity("place.pk.t.quetta", "Quetta", "city", "place.pk.d.quetta", lat=30.18, lon=67.0),
        Entity("place.ir.d.zahedan", "Zahedan County", "county", "place.ir.sb"),
        Entity("place.ir.t.zahedan", "Zahedan", "city", "place.ir.d.zahedan"),
        Entity("org.bla", "Baloch Liberation Army", "armed_group"),
        Entity("org.pk.na", "National Assembly of Pakistan", "legislature"),
        Entity("org.cs.hrcp", "Human Rights Commission of Pakistan", "civil_society_organisation"),
        Entity("person.khan_of_kalat", "Khan of Kalat, Sulaiman Dawood Jan Ahmedzai", "person_public"),
        Entity("person.khawaja_asif", "Khawaja Asif", "person_public"),
        Entity("event.op_herof", "Operation Herof", "military_operation_name"),
        Entity("project.cpec", "China-Pakistan Economic Corridor", "project"),
    )
}

NAMES = {
    "Balochistan": "place.balochistan",
    "بلوچستان": "place.balochistan",
    "سیستان و بلوچستان": "place.ir.sb",
    "Gwadar": "place.pk.t.gwadar",
    "گوادر": "place.pk.t.gwadar",
    "Quetta": "place.pk.t.quetta",
    "کوئٹہ": "place.pk.t.quetta",
    "زاهدان": "place.ir.t.zahedan",
    "Baloch Liberation Army": "org.bla",
    "BLA": "org.bla",
    "National Assembly": "org.pk.na",
    "قومی اسمبلی": "org.pk.na",
    "Human Rights Commission of Pakistan": "org.cs.hrcp",
    "Khan of Kalat": "person.khan_of_kalat",
    "خان آف قلات": "person.khan_of_kalat",
    "Khawaja Asif": "person.khawaja_asif",
    "خواجہ آصف": "person.khawaja_asif",
    "Operation Herof": "event.op_herof",
    "CPEC": "project.cpec",
}


def at(clock: str, days: int = 0) -> datetime:
    """Return an instant of the day by Karachi's clock."""
    hour, minute = map(int, clock.split(":"))
    local = datetime(2026, 2, 2, hour, minute, tzinfo=KARACHI) + timedelta(days=days)
    return local.astimezone(UTC)


def stamp(when: datetime, confidence: str = "exact", note: str = "") -> Stamp:
    return Stamp(when.isoformat(), when, "+05:00", confidence=confidence, note=note)


def spans(fields: Mapping[str, str], names: Sequence[str], entity: str = "") -> tuple[Span, ...]:
    """Find every place where one of the names stands."""
    found = []
    for field, text in fields.items():
        for name in names:
            start = text.find(name)
            while start >= 0:
                found.append(Span(field, start, start + len(name), name, name, entity or NAMES.get(name, "")))
                start = text.find(name, start + 1)
    order = list(fields)
    return tuple(sorted(found, key=lambda span: (order.index(span.field), span.start, span.end)))


def longest(found: Sequence[Span]) -> list[Span]:
    """Keep the longest of the spans that overlap, as the matcher does."""
    kept: list[Span] = []
    for one in sorted(found, key=lambda span: span.start - span.end):
        if not any(one.field == k.field and one.start < k.end and k.start < one.end for k in kept):
            kept.append(one)
    return sorted(kept, key=lambda span: (span.field, span.start))


def article(
    number: int,
    outlet: str,
    title: str,
    body: str,
    rules: Mapping[str, Sequence[str]],
    *,
    language: str = "en",
    kind: str = "private",
    seen: datetime | None = None,
    published: Stamp | str | None = "seen",
    grade: Grade = Grade.STRONG,
    origin: Origin = Origin.PAGE,
    verdict: Verdict = Verdict.FULL,
    url: str = "",
    author: str = "",
    why: str = "its own name stands in the text",
    how: str = "first",
) -> ArticleView:
    """Return an article that matches `rules` wherever the given names stand in it."""
    first_seen = seen or at("09:30")
    text = body if origin in (Origin.PAGE, Origin.FEED) else ""
    summary = body if origin is Origin.SUMMARY else ""
    fields = {"title": title, "summary": summary, "body": text}
    matches = tuple(Match(rule, grade, spans(fields, names), (), why) for rule, names in rules.items())
    mentions = tuple(Mention(NAMES[one.text], grade, one) for one in longest(spans(fields, list(NAMES))))
    return ArticleView(
        id=number,
        url=url or f"https://news{number}.example/2026/02/{number}",
        feed=f"{outlet}: latest",
        outlet=outlet,
        kind=kind,
        title=title,
        language=language,
        published=stamp(first_seen - timedelta(minutes=12)) if published == "seen" else _stamp(published),
        first_seen=first_seen,
        verdict=verdict,
        origin=origin,
        text=text,
        summary=summary,
        author=author,
        text_sha256=sha256(body.encode()).hexdigest(),
        matches=matches,
        how=how,
        mentions=mentions,
        fetched_at=first_seen + timedelta(seconds=40) if origin is Origin.PAGE else None,
    )


def _stamp(published: Stamp | str | None) -> Stamp | None:
    assert not isinstance(published, str)
    return published


TOPICS = (("security",), ("courts", "rights and civil society"), ("other",))


def story(number: int, *articles: ArticleView, origins: int = 1, title: str = "") -> Story:
    rules = tuple(dict.fromkeys(match.rule for one in articles for match in one.matches))
    return Story(
        id=number,
        title=title or articles[0].title,
        first_seen=min(one.first_seen for one in articles),
        articles=articles,
        rules=rules,
        origins=origins,
        sources=len({one.outlet for one in articles}),
        topics=TOPICS[number % len(TOPICS)],
    )


def feed(
    title: str,
    state: str = "ok",
    *,
    language: str = "en",
    kind: str = "private",
    country: str = "PK",
    detail: str = "",
    held: int = 0,
    url: str = "",
    new: int = 14,
) -> FeedHealth:
    polled = state not in {"unpolled", "paused"}
    ok = state in {"ok", "silent"}
    return FeedHealth(
        feed=title,
        url=url or f"https://feeds.example/{title.lower().replace(' ', '-')}.xml",
        outlet=title,
        language=language,
        kind=kind,
        country=country,
        state=state,
        detail=detail,
        polls=96 if polled else 0,
        failures=0 if ok or not polled else 96,
        entries=40 if ok else 0,
        new_entries=new if state == "ok" else 0,
        last_ok=at("23:40") if ok else (at("06:10", -9) if state == "failing" else None),
        held=held,
    )


def record(stories: Sequence[Story] = (), feeds: Sequence[FeedHealth] = (), **changes: object) -> DayRecord:
    members = [one for story_ in stories for one in story_.articles]
    verdicts: dict[str, int] = {}
    for one in members:
        verdicts[one.verdict.value] = verdicts.get(one.verdict.value, 0) + 1
    day = DayRecord(
        start=START,
        end=END,
        stories=tuple(stories),
        feeds=tuple(feeds),
        entries=sum(one.new_entries for one in feeds),
        articles=len(members),
        matches=sum(len(one.matches) for one in members),
        verdicts=tuple(sorted(verdicts.items())),
        notices=(),
        ruleset=RULESET,
    )
    return replace(day, **changes)  # type: ignore[arg-type]


def month(days: int = 31, feeds: int = 9, seed: int = 20260202) -> Month:
    """Return the days up to the digest's: an outage, feeds that come and go, a busy last day."""
    chance = random.Random(seed)
    dates = tuple(DAY - timedelta(days=back) for back in reversed(range(days)))
    news = [0.7 + 0.6 * chance.random() for _ in dates]
    news[-1] = 1.9
    followed = []
    for number in range(feeds):
        level = chance.uniform(0.3, 4)
        seen = tuple(not (number < 3 and days - 14 <= day < days - 11) for day in range(days))
        found = tuple(
            chance.randint(round(level * now * 0.7), round(level * now * 1.4)) if sight else 0
            for now, sight in zip(news, seen, strict=True)
        )
        lost = dates[-14] if number == 0 and days > 14 else None
        followed.append(FeedDays(f"Feed {number}", found, seen, throughout=True, lost=lost))
    for name, first, last in (("روزنامہ صبح", 8, days), ("Harbour Wire", 8, days), ("Old Harbour", 0, 21)):
        there = tuple(first <= day < last for day in range(days))
        followed.append(
            FeedDays(
                name,
                tuple(chance.randint(0, 4) if sight else 0 for sight in there),
                there,
                throughout=False,
                added=dates[first] if 0 < first < days else None,
                removed=dates[last] if last < days else None,
            )
        )
    levels = {"balochistan": 9.0, "bla": 2.5, "op-herof": 0.6, "khan-of-kalat": 0.3, "border": 0.15}
    rules = tuple(
        (rule, tuple(round(level * now * chance.uniform(0.2, 1.6)) for now in news))
        for rule, level in levels.items()
    )
    changed = frozenset({dates[-6]}) if days > 6 else frozenset()
    return Month(dates, tuple(followed), rules, changed)


def outline() -> MapOutline | None:
    """Return the shipped region's outline."""
    return read_outline(Path(__file__).parents[2] / "regions" / "balochistan" / "map.json", [])


def digest(day: DayRecord, rules: Mapping[str, Rule] = RULES) -> Digest:
    return gather(
        day,
        date=DAY,
        zone=KARACHI,
        zones=ZONES,
        rules=rules,
        entities=ENTITIES,
        region="Balochistan",
        outline=outline(),
        version="0.1.0",
    )


# --- days ---------------------------------------------------------------------------------------

PARLIAMENT = """The defence minister, Khawaja Asif, told the National Assembly on Monday that more units would be \
sent to Balochistan, where attacks under what the Baloch Liberation Army (BLA) calls “Operation Herof” \
continued for a third day. He said distances made a wide deployment “unavoidable”. Members of the opposition \
asked how long the deployment would last.
No evidence was presented during the session.
In a separate statement the Khan of Kalat, Sulaiman Dawood Jan Ahmedzai, said the army should withdraw from \
Balochistan. “It is in its own interest,” the Khan of Kalat said."""

PARLIAMENT_UR = """\
وزیر دفاع خواجہ آصف نے پیر کو قومی اسمبلی میں کہا کہ بلوچستان میں مزید فوجی دستے تعینات کیے جا \
رہے ہیں۔ ان کا کہنا تھا کہ علاقے کی وسعت کے باعث یہ تعیناتی ناگزیر ہے۔ خان آف قلات نے اپنے بیان \
میں کہا کہ فوج کو بلوچستان سے واپس جانا چاہیے۔ ایوان میں اس دعوے کا کوئی ثبوت پیش نہیں کیا گیا۔"""

ZAHEDAN_FA = """\
مقام‌های استان سیستان و بلوچستان روز دوشنبه گفتند که گذرگاه مرزی پس از سه روز بازگشایی شد. \
فرماندار زاهدان گفت رفت‌وآمد کامیون‌ها از ساعت هشت صبح آغاز شده است. بازرگانان زاهدان می‌گویند \
زیان این تعطیلی هنوز برآورد نشده است."""

PORT = """The port authority in Gwadar said on Monday that the second berth would reopen within a week. Work had \
stopped after heavy rain. Fishermen in Gwadar said they had not been told when the eastern bay would be open to \
them again. The berth is part of CPEC."""

HRCP = """The Human Rights Commission of Pakistan said in a statement on Monday that it had received new reports of \
enforced disappearance from Quetta and two other districts. It asked the provincial government of Balochistan to \
publish the list it had promised. A government spokesperson said the list was being verified."""

GWADAR_UR = """\
گوادر میں ماہی گیروں نے پیر کے روز مشرقی خلیج تک رسائی کے لیے دھرنا دیا۔ مقررین نے کہا کہ گوادر \
کی بندرگاہ کے منصوبوں میں مقامی لوگوں سے مشورہ نہیں کیا گیا۔ ضلعی انتظامیہ نے کہا کہ مذاکرات \
منگل کو ہوں گے۔"""


def mixed_day() -> DayRecord:
    """A day in three languages with everything a digest can show."""
    parliament = story(
        12,
        article(
            101, "The Meridian", "Khan of Kalat says army should withdraw from Balochistan", PARLIAMENT,
            {
                "khan-of-kalat": ["Khan of Kalat"],
                "op-herof": ["Operation Herof"],
                "bla": ["Baloch Liberation Army", "BLA"],
                "balochistan": ["Balochistan"],
            },
            kind="exile", seen=at("14:05"), author="Staff reporter", why="the title stands in the headline",
        ),
        article(
            102, "Capital Courier", "More units for Balochistan, minister tells National Assembly", PARLIAMENT,
            {"bla": ["Baloch Liberation Army", "BLA"], "balochistan": ["Balochistan"]},
            seen=at("14:20"), how="near copy",
        ),
        article(
            103, "روزنامہ صبح", "خان آف قلات کا فوج سے بلوچستان سے واپسی کا مطالبہ", PARLIAMENT_UR,
            {"khan-of-kalat": ["خان آف قلات"], "balochistan": ["بلوچستان"]},
            language="ur", seen=at("15:10"), author="اسٹاف رپورٹر",
        ),
        origins=2,
    )  # fmt: skip
    zahedan = story(
        15,
        article(
            110, "خبرگزاری شرق", "گذرگاه مرزی در سیستان و بلوچستان بازگشایی شد", ZAHEDAN_FA,
            {"balochistan": ["سیستان و بلوچستان", "زاهدان"]},
            language="fa", kind="state", seen=at("11:45"),
        ),
        article(
            111, "روزنامه کویر", "بازگشایی گذرگاه مرزی پس از سه روز", ZAHEDAN_FA,
            {"balochistan": ["سیستان و بلوچستان", "زاهدان"]},
            language="fa", kind="state", seen=at("12:30"), published=None, how="near copy",
        ),
    )  # fmt: skip
    hrcp = story(
        9,
        article(
            120, "Capital Courier", "Rights commission asks for the promised list", HRCP,
            {"enforced-disappearances": ["enforced disappearance"], "balochistan": ["Balochistan", "Quetta"]},
            seen=at("16:40"),
        ),
        article(
            90, "The Meridian", "Commission: new reports from Quetta", HRCP,
            {"balochistan": ["Quetta"]}, kind="exile", seen=at("21:15", -1), grade=Grade.LIKELY,
        ),
        origins=1,
    )  # fmt: skip
    gwadar = story(
        18,
        article(
            130, "روزنامہ صبح", "گوادر: ماہی گیروں کا دھرنا، مذاکرات منگل کو", GWADAR_UR,
            {"balochistan": ["گوادر"]}, language="ur", seen=at("18:25"),
        ),
    )  # fmt: skip
    port = story(
        17,
        article(
            131, "Harbour Wire", "Second berth in Gwadar to reopen within a week", PORT,
            {"balochistan": ["Gwadar"]}, kind="wire", seen=at("10:02"), grade=Grade.LIKELY,
        ),
        article(
            132, "Capital Courier", "Gwadar berth to reopen", PORT,
            {"balochistan": ["Gwadar"]}, seen=at("10:30"), how="near copy", origin=Origin.SUMMARY,
            verdict=Verdict.WALL, grade=Grade.LIKELY,
        ),
        article(
            133, "South Coast Daily", "Second berth in Gwadar to reopen within a week", PORT,
            {"balochistan": ["Gwadar"]}, seen=at("10:41"), how="same title", grade=Grade.LIKELY,
        ),
    )  # fmt: skip
    budget = story(
        20,
        article(
            140, "Capital Courier", "Provinces submit their spending plans",
            "Four provinces submitted their plans on Monday. Balochistan asked for more time. The finance "
            "ministry said it would publish all of them.",
            {"balochistan": ["Balochistan"]}, seen=at("19:05"), grade=Grade.LIKELY,
        ),
    )  # fmt: skip
    doubtful = story(
        21,
        article(
            150, "Market Notes", "BLA accepted for priority review",
            "The company said its BLA was accepted. A decision is expected in autumn.",
            {"bla": ["BLA"]}, kind="aggregator", seen=at("08:15"), grade=Grade.CHECK,
            published=stamp(datetime(2027, 2, 2, 3, tzinfo=UTC), "doubtful", "in the future"),
            why="only the abbreviation stands in the text; no word from the region near it",
        ),
    )  # fmt: skip
    feeds = [
        feed("The Meridian", kind="exile", country="GB"),
        feed("Capital Courier", new=61),
        feed("روزنامہ صبح", language="ur", new=38),
        feed("South Coast Daily"),
        feed("Harbour Wire", kind="wire", country="SG", new=112),
        feed("خبرگزاری شرق", language="fa", kind="state", country="IR", new=74),
        feed("روزنامه کویر", language="fa", kind="state", country="IR"),
        feed("Market Notes", kind="aggregator", country="US", held=34),
        feed("Frontier Gazette", "failing", detail="HTTP 500 for 9 days; next try at 02:10"),
        feed("North Ridge Post", "blocked", detail="HTTP 403, a challenge page: the server refuses programs"),
        feed("د هلمند ورځپاڼه", "silent", language="ps", country="AF", detail="nothing new for 6 days"),
        feed("Hilltop Radio", "unpolled", kind="state", detail="added today, not yet due"),
        feed("Old Harbour", "paused"),
    ]  # fmt: skip
    return record(
        [parliament, zahedan, hrcp, gwadar, port, budget, doubtful],
        feeds,
        notices=(
            (at("02:11"), "Feed failing", "Frontier Gazette has failed for 9 days: HTTP 500"),
            (
                at("09:00"),
                "Rules changed",
                "Rule set 1f0c5de29b7a is in force; stored articles raise no alert",
            ),
        ),
        channels_off=(("slack", "SLACK_WEBHOOK is not set"),),
        articles=323,
        verdicts=(("blocked", 9), ("full", 241), ("teaser", 31), ("unreachable", 4), ("wall", 38)),
        month=month(),
        changes=Changes(
            edits=(
                Edit(
                    101,
                    at("19:40"),
                    "https://news.example/101",
                    "The Meridian",
                    "Khan of Kalat says army should withdraw from Balochistan",
                    "Khan of Kalat says army should leave Balochistan",
                ),
                Edit(
                    103, at("20:10"), "https://news.example/103", "روزنامہ صبح", "خان آف قلات", "خان آف قلات"
                ),
            ),
            moved=(Moved(9, 7, "same event", 2),),
            withdrawn=1,
        ),
    )


def english_day() -> DayRecord:
    """Return what the day had in English only."""
    day = mixed_day()
    return replace(
        day,
        stories=tuple(one for one in day.stories if all(view.language == "en" for view in one.articles)),
        feeds=tuple(one for one in day.feeds if one.language == "en"),
    )


def empty_day() -> DayRecord:
    """Every feed answered and nothing matched."""
    return record((), [feed("Capital Courier"), feed("روزنامہ صبح", language="ur")])


def dark_day() -> DayRecord:
    """Most feeds of one country and the only one in Pashto could not be seen."""
    return record(
        (),
        [
            feed("Capital Courier"),
            feed("North One", "failing", country="IR", language="fa", kind="state", detail="timeout"),
            feed("North Two", "blocked", country="IR", language="fa", kind="state", detail="HTTP 403"),
            feed("North Three", country="IR", language="fa", kind="state"),
            feed("Helmand Paper", "silent", country="AF", language="ps", detail="nothing for 6 days"),
            feed("Private list", "failing", url="https://me:secret@feeds.example:8443/x.xml?token=s3cr3t",
                 detail="HTTP 401 at https://feeds.example/x.xml?token=s3cr3t"),
        ],
    )  # fmt: skip
