"""Which language a text is in, and when to believe the feed."""

from __future__ import annotations

import csv
import gzip
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.sources.language import detect

CORPORA = Path(os.environ.get("MONITOR_CORPORA", Path(__file__).parents[2] / ".." / "shared" / "data"))

SENTENCES = {
    "en": """
        Five people were killed in a blast near the market in Quetta
        Fishermen of Gwadar protest against trawlers for a third day
        The provincial government said that the roads had been reopened
        A court has adjourned the hearing of the petition
        Rain cuts power to Khuzdar, and officials say it will be restored
        The minister is to visit Turbat on Monday
        """,
    "ur": """
        کوئٹہ میں دھماکہ، پانچ افراد ہلاک
        صوبائی حکومت نے کہا کہ سڑکیں کھول دی گئی ہیں
        گوادر کے ماہی گیروں کا احتجاج جاری
        عدالت نے درخواست پر سماعت ملتوی کر دی
        وزیر داخلہ آج تربت کا دورہ کریں گے
        بارش کے بعد خضدار میں بجلی بند
        """,
    "fa": """
        گروهی از معترضان در زاهدان تجمع کردند
        استاندار گفت که جاده‌های استان باز شده است
        پنج نفر در حمله به پاسگاه مرزی کشته شدند
        دادگاه حکم یک زندانی را لغو کرد
        بارش باران در ایرانشهر باعث سیل شد و خانه‌ها آسیب دید
        وزیر خارجه با همتای پاکستانی خود دیدار کرد
        """,
    "ps": """
        په کوټه کې چاودنې پنځه کسان ووژل
        د بلوچستان حکومت وایي چې لارې بېرته پرانیستل شوې دي
        د چمن پوله د سوداګرو پر مخ بنده ده
        پولیسو ویلي چې یو شکمن کس یې نیولی دی
        د کندهار اوسېدونکي له اوبو شکایت کوي
        ښوونکو په پښین کې مظاهره وکړه
        """,
    "sd": """
        ڪوئيٽا ۾ ٿيل ڌماڪي ۾ پنج ماڻهو مارجي ويا
        سنڌ جي وڏي وزير چيو آهي ته رستا کوليا ويا آهن
        بلوچستان جي ماڻهن احتجاج ڪيو
        حڪومت پاران نئين رٿا جو اعلان ڪيو ويو
        لاڙڪاڻي ۾ مينهن کان پوءِ پاڻي گهرن ۾ گهڙي آيو
        پوليس ٻن ماڻهن کي گرفتار ڪري ورتو
        """,
    "ar": """
        قال متحدث باسم الحكومة إن الطريق أغلق بعد الهجوم
        قتل خمسة أشخاص في انفجار وقع في مدينة كويتا
        أعلنت الشرطة أن المشتبه به من سكان المنطقة
        الاحتجاجات مستمرة في زاهدان منذ أسبوع
        وصل الوزير إلى باكستان في زيارة رسمية
        هذا التقرير عن إقليم بلوشستان الذي يشهد توترا
        """,
    "bal": """
        گْوادر ءَ ماہیگیراں احتجاج کتگ
        بلوچستانءِ مردم وتی زبانءِ دیمروی ءَ لوٹ انت
        شال ءَ ھور گوارتگ ءُ راہ بند بوتگ انت
        زاھدان ءَ مزنیں دیوانے برجم دارگ بوتگ
        ماسٹراں وتی لوٹ دیما اشتگ انت ءُ گشتگ کہ برءَ نہ بنت
        بلوچی زبان ءِ نوکیں کتاب چاپ بوتگ
        """,
    "hi": """
        क्वेटा में धमाका, पाँच लोगों की मौत
        सरकार ने कहा कि सड़कें खोल दी गई हैं
        बलूचिस्तान के लोगों ने विरोध किया
        अदालत ने याचिका पर सुनवाई टाल दी
        ग्वादर के मछुआरों का प्रदर्शन जारी है
        मंत्री ने कहा कि वह तुर्बत का दौरा करेंगे
        """,
}
EACH = [(code, line.strip()) for code, lines in SENTENCES.items() for line in lines.strip().splitlines()]


@pytest.mark.parametrize(("code", "text"), EACH)
def test_a_sentence_tells_its_language(code: str, text: str) -> None:
    assert detect(text) == code
    assert detect(text, code) == code


@pytest.mark.parametrize(("code", "text"), EACH)
def test_a_declared_language_of_another_script_is_not_believed(code: str, text: str) -> None:
    assert detect(text, "ru") == code
    assert detect(text, "ur" if code in {"en", "hi"} else "en") == code


@pytest.mark.parametrize("text", ["بلوچستان", "حب چوکی ضلع قرار", "انفجار زاهدان", "بلوچ ریپبلکن پارٹی"])
def test_a_short_headline_without_cues_has_the_declared_language_or_none(text: str) -> None:
    assert detect(text) in {"", "ur"}
    for code in ("ur", "fa", "ps", "bal"):
        assert detect(text, code) == code


def test_a_declared_language_is_doubted_when_the_words_speak_against_it() -> None:
    assert detect("کوئٹہ میں دھماکے سے پانچ افراد ہلاک ہو گئے", "fa") == "ur"
    assert detect("گروهی از معترضان در زاهدان تجمع کردند که با آن مخالف بودند", "ur") == "fa"
    assert detect("کوئٹہ میں پانچ افراد ہلاک ہو گئے اور دس زخمی ہیں", "bal") == "ur"
    assert detect("The minister said that the roads of the province are open", "de") == "en"


def test_balochi_is_believed_where_its_cues_are_few() -> None:
    assert detect("بلوچ راجی زرمبش", "bal") == "bal"
    assert detect("ورناہانی دیوان برجم دارگ بوت", "bcc-Arab-IR") == "bal"


def test_latin_text_is_english_only_by_its_words() -> None:
    assert detect("Angriff in der pakistanischen Provinz und die Folgen für das Land") == ""
    assert detect("Angriff in der pakistanischen Provinz", "de-DE") == "de"
    assert detect("Quetta mein log pani ke liye kya kar rahe hain aur kahan se layen") == ""
    assert detect("Quetta mein log pani ke liye kya kar rahe hain aur kahan se layen", "ur") == "ur"
    assert detect("Quetta mein log pani ke liye kya kar rahe hain aur kahan se layen", "en-US") == ""
    assert detect("Gladiators beat Kings", "en_GB") == "en"
    assert detect("Gladiators beat Kings") == ""


def test_other_codes_of_a_language_mean_the_same() -> None:
    assert detect("بلوچستان", "urd") == "ur"
    assert detect("بلوچستان", "prs-AF") == "fa"
    assert detect("بلوچستان", " FA-ir ") == "fa"
    assert detect("Кветта", "ru") == "ru"
    assert detect("بلوچستان", "not a language") == ""


def test_names_and_addresses_in_latin_do_not_hide_the_language() -> None:
    assert detect("BLA نے ذمہ داری قبول کر لی ہے https://example.org/a/very/long/address/of/a/page") == "ur"
    assert detect("BLA ने हमले की ज़िम्मेदारी ली है") == "hi"


def test_kurdish_and_uyghur_are_not_taken_for_persian() -> None:
    assert detect("هێزەکانی ئاسایش لە شارەکەدا بڵاوە کران") == ""
    assert detect("دۆلەت رەھبىرى بۈگۈن سۆز قىلدى") == ""


@pytest.mark.parametrize("text", ["", " ", "2026", "!?", "😀", "\ud800", "中文"])
def test_text_without_known_letters_has_no_language(text: str) -> None:
    assert detect(text) == ""


@given(st.text(), st.text(max_size=8))
def test_any_text_and_hint_give_a_bare_code(text: str, hint: str) -> None:
    code = detect(text, hint)
    assert code == "" or (code.isalpha() and code == code.lower() and len(code) in {2, 3})


@pytest.mark.parametrize("outlet", ["jang", "express", "geo", "samaa"])
def test_urdu_articles_are_urdu(outlet: str) -> None:
    path = CORPORA / "text" / "ur" / f"{outlet}_articles.csv.gz"
    if not path.exists():
        pytest.skip("no corpora: set MONITOR_CORPORA")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["content"].strip()]
    right = sum(detect(row["content"]) == "ur" for row in rows)
    assert right >= 0.98 * len(rows) > 0
    assert sum(detect(row["title"]) == "ur" for row in rows) >= 0.95 * len(rows)
    assert sum(detect(row["content"], "fa") == "ur" for row in rows) >= 0.98 * len(rows)
