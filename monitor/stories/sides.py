"""Which sides a report lets speak: whose words it gives, not whom it writes about.

A speaker is an entity of the region pack, or a word such as police, لواحقین or شاهدان. It speaks where a verb or
noun of saying stands at its side, with no other speaker in between: after it (police said, پولیس کے مطابق, پلیس
اعلام کرد) or before it (according to police, به گفته پلیس, “…”, said police).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import regex

from monitor.models import ArticleView, Entity, Grade, Mention, Side
from monitor.text.fold import fold
from monitor.text.sentences import sentences

_OF_TYPES = {
    Side.OFFICIAL: (
        "government legislature court military paramilitary police police_unit coast_guard intelligence_agency "
        "military_media_office military_engineering"
    ),
    Side.ARMED: "armed_group armed_group_unit armed_group_faction armed_group_alliance",
    Side.PARTY: "political_party",
    Side.CIVIL: "civil_society_organisation gathering",
    Side.INTERNATIONAL: "un_body",
}
_SIDE_OF_TYPE = {kind: side for side, kinds in _OF_TYPES.items() for kind in kinds.split()}

_SPEAKERS = {
    Side.FAMILY: """
        family, families, uncle, aunt, cousin, widow, wife, husband, son, daughter, nephew, family
        members, bereaved family, bereaved families, relatives, father, mother, brother, sister,
        heirs, لواحقین, اہل خانہ, اہلخانہ, خاندان, گھر والوں, ورثا, ورثاء, والد, والدہ, والدین,
        بھائی, بہن, ہمشیرہ, چچا, بیوہ, اہلیہ, بیٹے, بیٹی, خانواده, خانواده ها, خانواده های, بستگان,
        پدر, مادر, برادر, خواهر
    """,
    Side.WITNESS: """
        witness, witnesses, eyewitness, eyewitnesses, eye-witnesses, resident, residents, locals,
        villagers, shopkeepers, fishermen, passengers, survivors, survivor, miners, miner,
        shepherds, neighbours, doctor, doctors, hospital sources, hospital officials, hospital
        staff, local people, local sources, عینی شاہد, عینی شاہدین, عینی شاہدوں, مقامی لوگوں, مقامی
        افراد, مقامی ذرائع, مکینوں, رہائشیوں, علاقہ مکینوں, اسپتال ذرائع, ہسپتال ذرائع, اسپتال حکام,
        ہسپتال حکام, ڈاکٹروں, ڈاکٹرز, مسافروں, ماہی گیروں, کان کن, کان کنوں, شہریوں, شاهدان, شاهدان
        عینی, شاهد عینی, اهالی, منابع محلی, ساکنان, منابع بیمارستانی, منابع درمانی, پزشکان, مردم
        محلی
    """,
    Side.INTERNATIONAL: """
        united nations, unicef, unhcr, world health organization, world health organisation, world
        bank, european union, اقوام متحدہ, یونیسف, عالمی ادارہ صحت, عالمی بینک, یورپی یونین, سازمان
        ملل, سازمان ملل متحد, یونیسف, سازمان جهانی بهداشت
    """,
    Side.CIVIL: """
        rights group, rights groups, rights organisation, rights organisations, rights organization,
        rights organizations, rights body, rights bodies, rights activists, rights defenders, rights
        monitors, rights monitor, human rights commission, activist, activists, protesters,
        protestors, demonstrators, organisers, union, trade union, workers' union, bar association,
        bar council, lawyers, journalists, action committee, sit-in committee, committee, chamber of
        commerce, federation, union leaders, traders, traders association, amnesty, amnesty
        international, human rights watch, انسانی حقوق کی تنظیم, انسانی حقوق کی تنظیموں, انسانی حقوق
        کے کارکن, انسانی حقوق کے کارکنوں, انسانی حقوق کے ادارے, انسانی حقوق کمیشن, سماجی کارکن,
        سماجی کارکنوں, مظاہرین, یونین, فیڈریشن, چیمبر آف کامرس, تاجروں, انجمن تاجران, طلبہ تنظیم,
        ورکنگ گروپ, بار ایسوسی ایشن, بار کونسل, وکلا, وکلاء, صحافیوں, ایکشن کمیٹی, سازمان حقوق بشری,
        سازمان حقوق بشر, سازمان های حقوق بشری, نهادهای حقوق بشری, کمپین, فعالان, فعالان مدنی, فعالان
        حقوق بشر, معترضان, انجمن صنفی, کانون صنفی, کانون, انجمن, وکلای, عفو بین الملل
    """,
    Side.ARMED: """
        militant group, militant groups, armed group, armed groups, separatist group, separatist
        groups, militant organisation, militant organization, militant outfit, militants,
        insurgents, separatists, کالعدم تنظیم, عسکریت پسند تنظیم, مسلح تنظیم, عسکریت پسندوں, مزاحمت
        کاروں, گروه مسلح, گروه های مسلح
    """,
    Side.OFFICIAL: """
        police, levies, official, officials, authorities, government, govt, minister, ministry,
        prime minister, chief minister, home minister, interior minister, defence minister, foreign
        minister, army, military, security forces, security sources, security officials, security
        source, police officials, government officials, court, high court, supreme court, judge,
        judges, magistrate, commissioner, deputy commissioner, assistant commissioner, governor,
        president, secretary, prosecutor, administration, district administration, department,
        foreign office, commander, dc, ssp, dig, sho, cm, pm, ig, senator, mpa, mna, lawmaker,
        lawmakers, پولیس, لیویز, حکام, حکومت, وزیر, وفاقی وزیر, صوبائی وزیر, وزیر اعلیٰ, وزیراعلیٰ,
        وزیر اعظم, وزیراعظم, وزیر داخلہ, وزیر خارجہ, وزیر دفاع, فوج, سیکیورٹی فورسز, سکیورٹی فورسز,
        سیکیورٹی ذرائع, سکیورٹی ذرائع, سرکاری ذرائع, عسکری ذرائع, سیکیورٹی حکام, پولیس حکام, عدالت,
        جج, جسٹس, کمشنر, ڈپٹی کمشنر, اسسٹنٹ کمشنر, ایس ایچ او, ایس ایس پی, ڈی سی, ڈی آئی جی, آئی جی,
        انتظامیہ, ضلعی انتظامیہ, محکمہ, محکمے, وزارت, گورنر, صدر مملکت, سیکرٹری, سیکریٹری, دفتر
        خارجہ, پلیس, فرمانده, فرمانده انتظامی, دادستان, استاندار, فرماندار, مقام, مقامات, مقام های,
        مقامی, سپاه, ارتش, دولت, دادگستری, دادگاه, مرزبانی, مرزبان, قرارگاه, مدیرکل, مدیر کل, معاون,
        رئیس, نماینده, امام جمعه, استانداری, فرمانداری, هلال احمر, اورژانس, رئیس جمهور, رئیس پلیس
    """,
    Side.PARTY: """
        party, parties, party leader, party leaders, opposition parties, پارٹی, پارٹی رہنما, پارٹی
        قائد, پارٹی ترجمان, جماعت, حزب
    """,
}
# What stands after a speaker, in the same sentence and before the next one.
_SAYS = """
    said, say, says, saying, told, tells, claim, claims, claimed, state, states, stated, statement,
    announce, announces, announced, denied, denies, deny, alleged, alleges, confirm, confirms,
    confirmed, accused, accuses, accuse, condemned, condemns, condemn, added, adds, urged, urges,
    urge, demanded, demands, demand, warned, warns, warn, reported, described, called for, called
    on, calls for, calls on, called the, called it, rejected, rejects, insisted, insists, vowed,
    vows, ordered, orders, spokesman, spokesperson, spokeswoman, responsibility, declared, declares,
    maintained, wrote, acknowledged, appealed, appeals, criticised, criticized, complained,
    complains, countered, disagreed, insist, expressed, observed, backed, supported, asked for,
    asked the, asked that, named the, displeased, کہا, کہنا, کہتے, کہتی, کہنے, بتایا, بتاتے, مطابق,
    ترجمان, بیان, دعویٰ, دعوے, اعلان, تردید, الزام, مذمت, مطالبہ, تصدیق, ذمہ داری قبول, خبردار,
    انکار, موقف, قرار دیا, حکم دیا, جاری کردہ, اپیل, زور دیا, الزامات, شکایت, تشویش, ٹھہرایا, رد کر
    دیا, مسترد, جانب سے قبول, نے قبول, گفت, گفته, گفتند, اعلام, مدعی, تکذیب, تایید, تأیید, خبر داد,
    خبر دادند, خبر داده, اظهار, محکوم, بر عهده گرفت, به عهده گرفت, بیانیه, بیانیه ای, خواستار,
    هشدار, رد کرد, تصریح, افزود, توضیح, نوشت, متهم, تاکید, دانست, خواند, انتقاد کرد, ابراز, سخنگو,
    سخنگوی
"""
# What stands directly before one.
_SAID_BY = """
    according to, as per, told by, said by, claimed by, issued by, released by, announced by, denied
    by, confirmed by, reported by, accepted by, made by, given by, spokesman of, spokesman for,
    spokesperson of, spokesperson for, spokeswoman for, statement from, statement by, statement of,
    citing, quoting, quoted, بہ قول, بقول, ترجمان, به گفته, به گفته ی, از سوی, بنا به گفته, به نقل
    از, سخنگوی, بیانیه, بیانیه ی, بر اساس اعلام, طبق اعلام
"""
# A sentence that says that somebody said nothing.
_SILENT = """
    no comment, no immediate comment, no statement, not comment, not respond, not responded, not
    answer, not answered, not available for, could not be reached, no response, declined to, کوئی
    ردعمل, کوئی رد عمل, کوئی موقف, کوئی بیان, توضیحی, پاسخی, واکنشی, اظهار نظری, اظهارنظری
"""
# What stands directly after one who is spoken to, or of whom others speak.
_SPOKEN_TO = "سے, کے خلاف, اہلکاروں کے خلاف, پر, را, علیه"
# Words for a body that was named before.
_SAME_BODY = """
    its, the group, the group's, the organisation, the organisation's, the organization, the
    organization's, the outfit, the committee, the committee's, the party's, the front, تنظیم,
    کمیشن, اس تنظیم, این گروه, این سازمان, این کانون, این حزب
"""
_CLOSE = 70  # characters at most between a speaker and what it says
_KEPT = 200  # characters of a gap that are looked at
_LONGEST = 50_000  # characters of a text in which sides are looked for; a report has said by then whose words it gives


def _phrases(table: str) -> list[str]:
    return [fold(phrase) for phrase in " ".join(table.split()).split(", ")]


_SIDE_OF_WORDS: dict[str, Side | None] = dict.fromkeys(_phrases(_SAME_BODY))  # None: of the body before
_SIDE_OF_WORDS |= {phrase: side for side, table in _SPEAKERS.items() for phrase in _phrases(table)}
_BODIES = frozenset({Side.ARMED, Side.PARTY, Side.CIVIL, Side.INTERNATIONAL})
_SPEAKER = regex.compile(r"(?<!\w)\L<words>(?!\w)", words=list(_SIDE_OF_WORDS))
_AFTER = regex.compile(
    rf"[^;]{{0,{_CLOSE}}}?(?<!\w)(?<!\b(?:he|she|it|they|who|which|i|we|not) )\L<says>(?!\w)|\W{{0,2}}:",
    says=_phrases(_SAYS),
)
_BEFORE = regex.compile(
    r"(?:[,\"”’'] ?(?:said|says)|(?<!\w)\L<said_by>)(?: \w+){0,2} ?\Z", said_by=_phrases(_SAID_BY)
)
_SILENCE = regex.compile(r"(?<!\w)\L<silent>(?!\w)", silent=_phrases(_SILENT))
_ADDRESSED = regex.compile(r" ?\L<spoken_to>(?!\w)", spoken_to=_phrases(_SPOKEN_TO))
_AT_END = regex.compile(r"[:—–|]\W*(?:\w+ ){0,2}\Z")


class Voices:
    """Tells the sides that articles quote, with what a region pack knows of its entities."""

    def __init__(self, entities: Iterable[Entity] = ()) -> None:
        self._sides = {
            entity.id: side for entity in entities if (side := entity.side or _SIDE_OF_TYPE.get(entity.type))
        }

    def of(self, article: ArticleView) -> frozenset[Side]:
        """Return the sides whose words an article gives."""
        fields = (("title", article.title), ("body", (article.text or article.summary)[:_LONGEST]))
        return frozenset(side for name, text in fields for side in self._heard(name, text, article.mentions))

    def _heard(self, field: str, text: str, mentions: Iterable[Mention]) -> Iterator[Side]:
        known = sorted(
            (one.span.start, -one.span.end, self._sides[one.entity])
            for one in mentions
            if one.span.field == field and one.entity in self._sides and one.grade is not Grade.CHECK
        )
        body: Side | None = None
        for start, end in [(0, len(text))] if field == "title" else sentences(text):
            own = [
                (first - start, -last - start, side) for first, last, side in known if start <= first < end
            ]
            words, sides = _parted(text[start:end], own, body)
            if not _SILENCE.search(fold(text[start:end])):
                yield from _speaking(words, sides, headline=field == "title")
            body = next((side for side in reversed(sides) if side in _BODIES), body)


def _speaking(words: list[str], sides: list[Side], *, headline: bool) -> Iterator[Side]:
    """Yield the sides that speak in a sentence: `words` are what stands before, between and after the speakers."""
    inverted = [_BEFORE.search(before[-_KEPT:]) for before in words[:-1]]
    addressed = [_ADDRESSED.match(after) for after in words[1:]]
    for number, side in enumerate(sides):
        after = words[number + 1]
        if number + 1 < len(sides):
            if follows := inverted[number + 1]:
                after = after.removesuffix(follows[0])
            elif addressed[number + 1]:  # X asked Y to …: what stands behind Y is said by X
                after += words[number + 2]
        alone = headline and not after.strip() and _AT_END.search(words[number])
        if inverted[number] or alone or (not addressed[number] and _AFTER.match(after[:_KEPT])):
            yield side


def _parted(
    text: str, known: Iterable[tuple[int, int, Side | None]], body: Side | None
) -> tuple[list[str], list[Side]]:
    """Part a sentence at its speakers; return the folded words around them, and their sides.

    `body` is the one that “the group”, “its” and the like mean.
    """
    words, sides, at = [""], list[Side](), 0
    for first, last, side in (*known, (len(text), len(text), None)):
        if first < at:
            continue
        piece, begin = fold(text[at:first]), 0
        for found in _SPEAKER.finditer(piece):
            speaker = _SIDE_OF_WORDS[found[0]] or body
            if speaker is not None:
                words[-1] += piece[begin : found.start()]
                sides.append(speaker)
                words.append("")
                begin = found.end()
        words[-1] += piece[begin:]
        if side:
            sides.append(side)
            words.append("")
            body = side if side in _BODIES else body
        at = last
    return words, sides
