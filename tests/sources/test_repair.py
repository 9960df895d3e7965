"""Bytes that lie about themselves, and XML that is not quite XML."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from monitor.sources.charset import codec_name, decode, header_charset
from monitor.sources.items import cut, newest
from monitor.sources.repair import repair

URDU = "کوئٹہ میں بارش، سڑکیں بند"
PERSIAN = "باران شدید در زاهدان و خاش"


@pytest.mark.parametrize(
    ("body", "declared", "text"),
    [
        (URDU.encode(), [], URDU),
        (URDU.encode(), ["windows-1256"], URDU),
        (URDU.encode(), ["utf-16"], URDU),
        (b"\xef\xbb\xbf\xef\xbb\xbf" + URDU.encode(), ["utf-8"], URDU),
        (b"\xff\xfe" + URDU.encode("utf-16-le"), [], URDU),
        (b"\xfe\xff" + URDU.encode("utf-16-be"), ["utf-8"], URDU),
        (f"<a>{URDU}".encode("utf-16-le"), ["utf-8"], f"<a>{URDU}"),
        (f"<a>{URDU}".encode("utf-16-be"), [], f"<a>{URDU}"),
        (b"\xff\xfe\0\0" + URDU.encode("utf-32-le"), [], URDU),
        (PERSIAN.encode("cp1256", "replace"), [], PERSIAN.replace("ی", "?")),
        (PERSIAN.encode("cp1256", "replace"), ["utf-8"], PERSIAN.replace("ی", "?")),
        (PERSIAN.encode("cp1256", "replace"), ["iso-8859-1"], PERSIAN.replace("ی", "?")),
        ("été à São Paulo".encode("latin-1"), ["iso-8859-1"], "été à São Paulo"),
        ("“Quotes” – and ‘more’".encode("cp1252"), ["iso-8859-1"], "“Quotes” – and ‘more’"),
        ("“Quotes” – and ‘more’".encode("cp1252"), ["utf-8"], "“Quotes” – and ‘more’"),
        ("Новости дня".encode("koi8-r"), ["koi8-r"], "Новости дня"),
        ("日本語の見出し".encode("iso2022_jp"), ["iso-2022-jp"], "日本語の見出し"),
        ("中文标题".encode("gb18030"), ["gb2312"], "中文标题"),
        (b"plain", ["rot13"], "plain"),
        (b"", ["utf-8"], ""),
    ],
)
def test_decodes_what_the_bytes_are(body: bytes, declared: list[str], text: str) -> None:
    assert decode(body, declared).text == text


def test_a_few_bad_bytes_do_not_turn_utf8_into_something_else() -> None:
    body = (URDU * 20).encode() + b" \xff\xfe\x81 " + URDU.encode()
    decoded = decode(body, ["iso-8859-1"])
    assert decoded.text == URDU * 20 + " \ufffd\ufffd\ufffd " + URDU
    assert decoded.note == "3 invalid UTF-8 bytes replaced"


def test_a_body_cut_inside_a_character_stays_utf8() -> None:
    assert decode(URDU.encode()[:-1], []).text == URDU[:-1] + "\ufffd"


def test_says_which_encoding_was_guessed() -> None:
    assert decode(PERSIAN.encode("cp1256", "replace"), ["utf-8"]).note == "read as cp1256, declared utf-8"


@pytest.mark.parametrize(
    "label", ["utf-7", "idna", "punycode", "hex", "unicode_escape", "", "x" * 100, "ut\0f", "../utf"]
)
def test_refuses_labels_that_are_no_character_set(label: str) -> None:
    assert codec_name(label) == ""


@pytest.mark.parametrize(
    ("label", "name"),
    [("ISO-8859-1", "cp1252"), ("Windows-1256", "cp1256"), (" UTF8 ", "utf-8"), ("GB2312", "gb18030")],
)
def test_labels_mean_what_browsers_make_of_them(label: str, name: str) -> None:
    assert codec_name(label) == name


def test_finds_the_charset_of_a_content_type() -> None:
    assert header_charset('text/xml; boundary=x; Charset="utf-8"') == "utf-8"
    assert header_charset("application/rss+xml") == ""


def test_drops_what_stands_before_and_after() -> None:
    warning = "<br />\n<b>Warning</b>: mysql_connect() in <b>/srv/x.php</b> on line 3<br />\n"
    body = (
        f'{warning}<?xml version="1.0" encoding="iso-8859-1"?>\n<rss><channel/></rss>\n<script>t()</script>'
    )
    repaired = repair(body.encode(), "")
    assert repaired.text.strip() == "<rss><channel/></rss>"
    assert repaired.notes == ("text before the feed dropped", "text after the feed dropped")


@pytest.mark.parametrize("before", ["\n\n  ", "\ufeff \n", "\0\0", "   \t"])
def test_blanks_before_the_declaration_do_no_harm(before: str) -> None:
    body = f'{before}<?xml version="1.0"?><rss><t>{URDU}</t></rss>'.encode()
    assert etree.fromstring(repair(body, "").xml()).findtext("t") == URDU


def test_keeps_comments_stylesheets_and_plain_doctypes() -> None:
    prolog = '<?xml-stylesheet href="a.css"?>\n<!-- made by hand -->\n<!DOCTYPE rss>\n'
    repaired = repair(f'<?xml version="1.0"?>\n{prolog}<rss></rss><!-- cached -->'.encode(), "")
    assert repaired.text.strip() == f"{prolog}<rss></rss>"
    assert repaired.notes == ()


def test_replaces_what_xml_cannot_hold() -> None:
    repaired = repair(b"<rss>a\x00b\x08c\x1bd\xef\xbf\xbee</rss>", "")
    assert repaired.text == "<rss>a\ufffdb\ufffdc\ufffdd\ufffde</rss>"
    assert repaired.notes == ("4 control characters replaced",)


def test_mends_character_references() -> None:
    body = b"<rss>&#0; &#x1b; &#xD800; &#1114112; &#99999999999999999999; &#8217; &#8217s &#x6a9; &amp;#55296;</rss>"
    repaired = repair(body, "")
    text = etree.fromstring(repaired.xml()).text
    assert text == "\ufffd \ufffd \ufffd \ufffd \ufffd ’ ’s ک &#55296;"
    assert repaired.notes == ("5 invalid character references replaced",)


def test_resolves_html_names_and_escapes_bare_ampersands() -> None:
    body = b"<rss>A&nbsp;B&mdash;C &zwnj;&shy; Tom & Jerry AT&T &unknown; &lt;b&gt; ?a=1&b=2 &LT;</rss>"
    text = etree.fromstring(repair(body, "").xml()).text
    assert text == "A\u00a0B—C \u200c\u00ad Tom & Jerry AT&T &unknown; <b> ?a=1&b=2 <"


def test_leaves_cdata_alone() -> None:
    inside = "<![CDATA[ ?a=1&b=2 &nbsp; <p>]]>"
    assert inside in repair(f"<rss>&nbsp;{inside}&nbsp;</rss>".encode(), "").text


def test_entity_declarations_are_resolved_when_plain_and_dropped_when_not() -> None:
    declared = '<!ENTITY isp "ISPR"><!ENTITY file SYSTEM "file:///etc/hostname"><!ENTITY two "&isp;&isp;">'
    doctype = f"<!DOCTYPE rss [{declared}]>"
    repaired = repair(f"{doctype}<rss>&isp; &file; &two;</rss>".encode(), "")
    assert etree.fromstring(repaired.xml()).text == "ISPR &file; &two;"
    assert "entity declarations dropped" in repaired.notes


def test_giant_tags_lose_their_attributes() -> None:
    attributes = " ".join(f'a{n}="{n}"' for n in range(5_000))
    assert repair(f"<rss><item {attributes}><title>t</title></item></rss>".encode(), "").text == (
        "<rss><item><title>t</title></item></rss>"
    )


def test_a_sound_feed_is_not_changed() -> None:
    sound = f'<rss version="2.0"><channel><title>{URDU}</title><item><title>a &amp; b</title></item></channel></rss>'
    repaired = repair(
        f'<?xml version="1.0" encoding="utf-8"?>{sound}'.encode(), "application/rss+xml; charset=utf-8"
    )
    assert (repaired.text, repaired.notes) == (sound, ())


@given(st.binary(max_size=300), st.text(max_size=40))
def test_repair_never_fails_and_leaves_no_controls(body: bytes, content_type: str) -> None:
    for start in (b"", b"<rss>", b"\xff\xfe", b"<?xml version='1.0' encoding='utf-16'?><rss>&#"):
        repaired = repair(start + body, content_type)
        assert not [c for c in repaired.text if ord(c) < 32 and c not in "\t\n\r"]
        repaired.xml().decode()


# --- a text cut at its items ----------------------------------------------------------------------


def feed(*items: str) -> str:
    return "<rss><channel><title>T</title>" + "\n".join(items) + "\n</channel></rss>"


def test_cuts_and_joins_again() -> None:
    text = feed("<item><title>1</title></item>", "<item rdf:about='2'><title>2</title></item>")
    parts = cut(text)
    assert parts is not None
    assert parts.only(parts.items) == text
    assert [item.strip()[:6] for item in parts.items] == ["<item>", "<item "]
    assert not parts.last_is_open


def test_looks_past_cdata_and_comments() -> None:
    text = feed("<item><d><![CDATA[<item></item>]]></d><!-- <item> --></item>", "<item/>")
    parts = cut(text)
    assert parts is not None
    assert len(parts.items) == 2


def test_notices_a_text_that_ends_inside_an_item() -> None:
    whole = feed("<item><title>1</title></item>", "<item><title>2</title></item>")
    parts = cut(whole[: whole.rindex("2")])
    assert parts is not None
    assert parts.last_is_open


def test_items_that_are_never_closed_are_a_habit_and_no_accident() -> None:
    parts = cut("<rss><channel><item><title>1</title><item><title>2</title></channel></rss>")
    assert parts is not None
    assert (len(parts.items), parts.last_is_open) == (2, False)
    assert cut("<rss><channel></channel></rss>") is None


def test_keeps_the_newest_in_the_feeds_order() -> None:
    items = tuple(
        f"<item><title>{day}</title><pubDate>{day:02d} Feb 2026 10:00:00 GMT</pubDate></item>"
        for day in (3, 1, 5, 2, 4)
    )
    assert [item[13] for item in newest(items, 3)] == ["3", "5", "4"]
    undated = tuple(f"<item><title>{n}</title></item>" for n in range(5))
    assert newest(undated, 2) == undated[:2]
