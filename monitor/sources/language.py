"""In which language a text is written, told by its script, its letters and its commonest words.

No detector knows Balochi, and most take Pashto, Sindhi and Balochi for Persian or Urdu; headlines are short.
So a feed's own word is believed unless the text speaks against it, and without one an unclear text gets "".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_SAMPLE = 1000  # characters; more does not change the answer
_DOMINANT = 0.6  # the share of its letters that makes a script the text's own
# A point is a function word, or a word with a letter that only one of the languages uses.
_ENOUGH = 2
_CLEARER = 1.5  # times as many points as any other language
_DOUBT = 2  # points for another language that speak against the declared one,
_STRONG_DOUBT = 3  # against Balochi, whose words are known least, and in the Latin script, which many share,
_DOUBTFUL = 2.5  # when they are so many times its own
_ENGLISH_SHARE = 0.08  # of the words, in English of any kind

_URL = re.compile(r"https?://\S+")
_WORD = re.compile(r"(?:[^\W\d_]|[\u0900-\u0963])+")
_MARKS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0640\u200d-\u200f\u00ad]+")

_SCRIPTS = {
    "Latn": re.compile("[a-zA-Z\u00c0-\u024f\u1e00-\u1eff]+"),
    "Arab": re.compile(
        "[\u0621-\u064a\u066e-\u06d3\u06d5\u06ee-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc]+"
    ),
    "Deva": re.compile("[\u0904-\u0963]+"),
    "Cyrl": re.compile("[\u0400-\u052f]+"),
    "Grek": re.compile("[\u0370-\u03ff]+"),
    "Hebr": re.compile("[\u05d0-\u05ea]+"),
    "Beng": re.compile("[\u0980-\u09ff]+"),
    "Guru": re.compile("[\u0a00-\u0a7f]+"),
    "Hani": re.compile("[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]+"),
}
_SCRIPT_OF = {
    code: script
    for script, codes in {
        "Arab": "ur fa ps bal sd ar ckb ug ks skr pnb brh lrc glk",
        "Deva": "hi mr ne sa mai bho",
        "Cyrl": "ru uk be bg sr mk kk ky tg mn tt",
        "Grek": "el",
        "Hebr": "he yi",
        "Beng": "bn as",
        "Guru": "pa",
        "Hani": "zh ja ko",
    }.items()
    for code in codes.split()
}
# Other codes of the same languages; regional kinds of Balochi, Pashto and Persian are not told apart here.
_SAME = {
    other: code
    for code, others in {
        "en": "eng",
        "ur": "urd",
        "fa": "fas per pes prs",
        "ps": "pus pbu pst pbt",
        "bal": "bcc bgn bgp",
        "sd": "snd",
        "ar": "ara arb",
        "hi": "hin",
    }.items()
    for other in others.split()
}


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Without vowel marks. A word stands in every list in which it is common.
_FUNCTION_WORDS = {
    "ur": _set(
        "کے کی کا کو میں نے سے ہے ہیں اور پر یہ وہ نہیں کہ تھا تھی تھے بھی اس ان ہو گیا گئی گئے کر کیا کیے لیے "
        "لئے ساتھ والے والی والا ہوئے ہوئی ہوا تک جو ایک کرنے رہے رہی رہا دیا دی گا گی گے اپنے بعد خلاف"
    ),
    "fa": _set(
        "در از به که را این است با برای آن و می های ها شد شده کرد کرده یک تا بر نیز گفت خود بود هم اما پس وی "
        "شود شدند کردند داد دارد نیست هستند روز علیه اند كه مي"
    ),
    "ar": _set(
        "في من على إلى الى أن ان عن مع هذا هذه التي الذي بعد ما لا قال كان كما بين قد لم أو ذلك خلال وقال وفي ومن "
        "وأن كانت حيث إن منذ غير أي ضد"
    ),
    "ps": _set(
        "د په کې کی کښې چې او له ته یې يې ده دی دي دى نه سره څخه شوی شوي شوې کړی کړي کړې وو وه ځکه هم پر هغه دغه "
        "دا به باندې لپاره وکړ وکړه ویل ویلي یو"
    ),
    "sd": _set(
        "جي جو جا کي ۾ ۽ تي مان کان سان آهي آهن هن هڪ ته جنهن سندس نه به ڪري ڪيو ويو ٿيو ٿي لاءِ لاء هو خلاف"
    ),
    "bal": _set(
        "انت وتی بوتگ کتگ کنگ گوں گون چہ بلے گڑا ئے اے مئے شمے مردم ہما ہمے بیت کنت دات بوت کت گشت گشتگ جتگ "
        "انتنت اتنت ات پہ سرا انچو پدا آیانی آئی ماں کسے"
    ),
    "hi": _set("है हैं के की का को में ने से और पर यह वह नहीं कि था थी थे भी इस उस हो गया गई गए कर लिए साथ एक ही जो"),
    "mr": _set("आहे आहेत आणि च्या ची चे ला मध्ये नाही हे ते व होते होता केले झाले"),
    "ne": _set("छ छन् र मा ले लाई पनि गरेको भएको हो थियो"),
    "en": _set(
        "the of and to in for on is are was were has have had with at by from as that this be been will would not "
        "but its it he she they his their an after over against says said who which into about than amid should"
    ),
}
_OWN_SPELLING = {
    "ur": re.compile("[ٹڈڑںہے]"),
    "ps": re.compile("[ټډړښږڅځګڼېۍ]"),
    "sd": re.compile("[ڪٽڄڃڇٻڀٿڌڊڏڙڦڳڱڻ۾۽ٺڍ]"),
    "ckb": re.compile("[ڕڵۆێە]"),
    "ug": re.compile("[ۇۈۋەڭ]"),
    "bal": re.compile("تگ$"),  # an ending: بوتگ, کتگ
}
# Balochi writes its cases with a hamza, apart or on the word: گوادر ءَ, بلوچستانءِ. Urdu has it in ۲۰۲۶ ء.
_CLITIC = re.compile(r"(?<!\S)(?<!\d\s)ء[َُِ]?(?![^\s،۔])|ء[َُِ](?!\w)")

_OTHER_LATIN = _set(
    "der die das und ist nicht mit ein eine von zu den dem auf für im sich des auch bei nach wird sind "
    "le la les et du dans une est pour que qui sur par pas au aux avec sont plus ce cette il elle "
    "el los las del y una por con para se su como más es fue lo sus entre desde "
    "di che della dei gli per non nel sono alla è ve bir bu için ile da de olarak daha çok olan "
    "het een van en zijn niet voor met op te dat o os um uma em do dos não com ao foi pelo mais "
    "yang dan ini itu untuk dengan dari pada tidak"
)
_ROMAN_URDU = _set(
    "ka ki ke ko mein hai hain ne se aur par yeh nahi nahin kya bhi tha thi gaya gayi kar liye wale hua gaye kiya "
    "karne diya raha rahe"
)


_ANSWERS = frozenset(("en", "ur", "fa", "ps", "bal", "sd", "ar", "hi"))


def detect(text: str, hint: str = "") -> str:
    """Return the language as en, ur, fa, ps, bal, sd, ar or hi, or "" when unsure.

    `hint` is what the feed or page declares, as "ur-PK". Whatever language it names is returned, as a bare
    code, when the script and the words do not speak against it.
    """
    sample = _URL.sub(" ", text[:_SAMPLE])
    script = _script(sample)
    declared = _bare(hint)
    if script == "Latn":
        return _latin(sample, declared)
    if not script or _SCRIPT_OF.get(declared) != script:
        declared = ""
    return _by_points(sample, script, declared) if script in {"Arab", "Deva"} else declared


def _bare(hint: str) -> str:
    code = re.split("[-_]", hint.strip().lower())[0]
    return _SAME.get(code, code) if re.fullmatch("[a-z]{2,3}", code) else ""


def _script(sample: str) -> str:
    """Return the script that most letters are of, or nothing when none prevails."""
    least = sum(map(str.isalpha, sample)) * _DOMINANT
    for script, pattern in _SCRIPTS.items():
        if sum(map(len, pattern.findall(sample))) > least:
            return script
    return ""


def _by_points(sample: str, script: str, declared: str) -> str:
    words = _WORD.findall(_MARKS.sub("", sample))
    # Balochi is written with Urdu's letters too: against a text declared as such only words count.
    rivals = {
        code: _points(words, code, spelling=code == "bal" or declared != "bal")
        for code in {**_FUNCTION_WORDS, **_OWN_SPELLING}
        if _SCRIPT_OF.get(code) == script
    }
    if script == "Arab":
        rivals["bal"] += 2 * len(_CLITIC.findall(sample))  # no other language has these
    if declared:
        own = rivals.pop(declared, None)
        doubt = _STRONG_DOUBT if declared == "bal" else _DOUBT
        if own is None or not _outweighs(max(rivals.values()), own, doubt, _DOUBTFUL):
            return declared
        return _by_points(sample, script, "")
    best, second = sorted(rivals, key=rivals.__getitem__, reverse=True)[:2]
    clear = _outweighs(rivals[best], rivals[second], _ENOUGH, _CLEARER)
    return best if clear and best in _ANSWERS else ""


def _points(words: Sequence[str], code: str, *, spelling: bool = True) -> int:
    known = _FUNCTION_WORDS.get(code, frozenset())
    points = sum(word in known for word in words)
    own = _OWN_SPELLING.get(code)
    if own and spelling:
        points += sum(own.search(word) is not None for word in words)
    return points


def _outweighs(points: int, others: int, least: int, times: float) -> bool:
    return points >= least and points >= others * times


def _latin(sample: str, declared: str) -> str:
    words = _WORD.findall(sample.lower())
    english = _points(words, "en")
    roman_urdu = sum(word in _ROMAN_URDU for word in words)
    other = max(roman_urdu, sum(word in _OTHER_LATIN for word in words))
    if declared == "ur" and _outweighs(roman_urdu, english, _STRONG_DOUBT, _DOUBTFUL):
        return declared
    if declared in _SCRIPT_OF:
        declared = ""
    if declared == "en":
        return "" if _outweighs(other, english, _STRONG_DOUBT, _DOUBTFUL) else declared
    if declared and not _outweighs(english, other, _STRONG_DOUBT, _DOUBTFUL):
        return declared
    is_english = english >= len(words) * _ENGLISH_SHARE and _outweighs(english, other, _ENOUGH, _CLEARER)
    return "en" if is_english else ""
