"""What a report is about, told from the beginnings of words: attack, protest, court and the like.

A theme is a small set of word beginnings. Two reports of one event, in whatever language, share most of their
themes; two attacks of one kind share them too, so themes alone decide nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from monitor.text.fold import fold, words

# By theme: beginnings of words, or whole phrases with a _ for the space. A trailing . closes a word.
_THEMES = {
    "blast": "blast explo bomb ied. grenade دھماک بم. دستی_بم انفجار بمب چاودن",
    "shooting": "shot. shoot gunm gunf firing. fire. فائرنگ گولی گولیاں تیراندازی شلیک ډزې",
    "attack": "attack ambush assault raid. stormed حمل حمله حملو کمین برید یورش",
    "clash": "clash skirmish exchange_of_fire جھڑپ درگیری تبادل نښته",
    "abduction": "abduct kidnap disappear missing whisked لاپتہ گمشد اغوا ربوده ناپدید",
    "killing": "kill dead. died. dies. death martyr slain ہلاک جاں_بحق شہید قتل مارے کشته جان_باخت شهید وژل",
    "injury": "injur wound hurt. زخمی زخمیوں مجروح مصدوم ټپي",
    "arrest": "arrest detain held. custody گرفتار حراست بازداشت دستگیر نیول",
    "execution": "execut hanged پھانسی اعدام سزائے_موت",
    "court": """court judge verdict bench petition hearing sentenc bail عدالت جج سماعت درخواست ضمانت ہائی_کورٹ
        دادگاه قاضی دادستان محکوم""",
    "protest": """protest sit-in rally march demonstrat block shutter strike احتجاج دھرن ریلی مظاہر ہڑتال بلاک
        لانگ_مارچ تحصن تجمع اعتراض""",
    "election": "elect poll vote candidate constituency ballot انتخاب الیکشن ووٹ امیدوار حلقہ انتخابات رای نامزد",
    "parliament": """assembly parliament lawmaker resolution minister cabinet budget اسمبلی قرارداد وزیر کابینہ بجٹ
        مجلس نماینده""",
    "militants": """militant terrorist insurgent separatist outfit دہشت عسکریت سرمچار شرپسند خوارج تروریست
        شبه‌نظامی""",
    "operation": "operation ispr ibo. آپریشن آئی_ایس_پی_آر کارروائی عملیات",
    "claim": "claimed. claims. responsib spokesman spokesperson ذمہ_داری ترجمان مسئولیت سخنگو",
    "police": "police levies fir. پولیس لیویز پلیس انتظامی",
    "border": "border frontier crossing سرحد بارڈر مرز مرزبان گذرگاه",
    "fuel": "fuel petrol diesel smuggl sookhtbar ایندھن پیٹرول ڈیزل اسمگل سوخت قاچاق",
    "seizure": "seiz customs confiscat recover drugs. narcotic hashish ضبط کسٹم برآمد منشیات قبض کشف مواد_مخدر",
    "road": """road. highway bus. accident collision van. overturn truck شاہراہ حادث بس. کوچ ٹریفک تصادم جاده
        تصادف واژگون اتوبوس""",
    "train": "train. rail track derail ٹرین ریل پٹری ایکسپریس قطار راه‌آهن",
    "mine": "mine. mines miner coal. mining کان. کانکن کوئل معدن زغال",
    "flood": "flood rain torrent. deluge سیلاب بارش طغیان بارندگی سیل",
    "quake": "quake earthquake tremor magnitude زلزل ریشتر",
    "health": """polio vaccin hospital. doctor disease cholera outbreak پولیو ویکسین اسپتال ہسپتال ڈاکٹر وبا فلج
        واکسن بیمارستان""",
    "school": """school student exam universit teacher matric اسکول طلب امتحان یونیورسٹی اساتذہ مدرسه دانش‌آموز
        دانشگاه""",
    "power": "electric power. grid outage blackout بجلی لوڈشیڈنگ گرڈ برق خاموشی",
    "gas": "gas. pipeline گیس پائپ گاز لوله",
    "fishing": "fish trawl ماہی ٹرالر ٹرالنگ صید ماهیگیر",
    "port": "port. cargo ship. vessel بندرگاہ جہاز بندر کشتی اسکله",
    "trade": "trade export import market. price تجار برآمدات درآمد تجارت صادرات واردات بازارچه",
    "project": "project corridor cpec investment agreement منصوب راہداری سرمایہ معاہد پروژه سرمایه",
    "sport": "match. team. cricket football tournament league final. میچ ٹیم کرکٹ فٹبال ٹورنامنٹ مسابقه تیم",
    "culture": """festival poet literat book. books. music film. museum heritage mushaira میلہ میلے شاعر مشاعر ادبی
        کتاب موسیقی فلم. ثقافت میوزیم جشنواره شعر فرهنگ نمایشگاه""",
    "weather": "weather. forecast temperature cold. snow heat موسم درجہ_حرارت سردی برف گرمی هوا دما",
    "water": "water. drought dam. پانی خشک_سالی ڈیم آب. خشکسالی سد.",
    "internet": "internet mobile_service network signal انٹرنیٹ موبائل_سروس سگنل اینترنت",
    "refugee": "refugee deport migrant returnee مہاجر پناہ_گزین ملک_بدر مهاجر پناهنده اخراج",
}


@cache
def _openings() -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """Return by their first letters or words: beginnings, whole words and phrases, each with its themes."""
    beginnings: dict[str, set[str]] = {}
    whole: dict[str, set[str]] = {}
    phrases: dict[str, set[str]] = {}
    for theme, listed in _THEMES.items():
        for entry in listed.split():
            parts = words(fold(entry.rstrip(".").replace("_", " ")))
            table = phrases if len(parts) > 1 else whole if entry.endswith(".") else beginnings
            table.setdefault(" ".join(parts), set()).add(theme)
    frozen = (
        {key: frozenset(found) for key, found in table.items()} for table in (beginnings, whole, phrases)
    )
    first, second, third = frozen
    return first, second, third


def themes(folded_words: Iterable[str]) -> frozenset[str]:
    """Return the themes of a text, given as folded words in order."""
    beginnings, whole, phrases = _openings()
    longest = max(map(len, beginnings))
    found: set[str] = set()
    before = ""
    for word in folded_words:
        found.update(whole.get(word, ()))
        for length in range(2, min(longest, len(word)) + 1):
            found.update(beginnings.get(word[:length], ()))
        found.update(phrases.get(f"{before} {word}", ()))
        before = word
    return frozenset(found)
