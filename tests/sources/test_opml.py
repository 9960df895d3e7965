"""OPML is read without guessing and written without loss."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import OpmlError
from monitor.models import Subscription
from monitor.sources.opml import Element, Markup, Opml, faults, merge, parse, read, serialise, write

LIST = """<?xml version="1.0" encoding="UTF-8"?>
<?xml-stylesheet href="list.xsl"?>
<!-- kept by hand -->
<opml version="2.0" xmlns:note="https://example.org/note">
  <head>
    <title>Sample list</title>
    <ownerId>https://example.org/owner</ownerId>
    <note:colour shade="dark">green</note:colour>
  </head>
  <body>
    <outline text="پاکستان" note:order="1">
      <!-- the oldest first -->
      <outline text="Daily" title="The Daily" type="rss" xmlUrl="https://daily.example/feed?a=1&amp;b=2"
               htmlUrl="https://daily.example/" language="EN" note:seen="two&#10;lines" x=""/>
      <outline text="Private">
        <outline type="rss" XMLURL=" https://weekly.example/rss "/>
      </outline>
    </outline>
    <outline text="Top" xmlUrl="http://top.example/atom.xml"/>
    <outline text="A link" type="link" url="https://elsewhere.example/"/>
  </body>
</opml>
<!-- the end -->
""".encode()


def test_subscriptions_know_their_folders_language_and_line() -> None:
    daily, weekly, top = read(LIST, "feeds.opml")
    assert daily == Subscription(
        url="https://daily.example/feed?a=1&b=2",
        title="Daily",
        site_url="https://daily.example/",
        language="en",
        folders=("پاکستان",),
        attributes=(
            ("text", "Daily"),
            ("title", "The Daily"),
            ("type", "rss"),
            ("xmlUrl", "https://daily.example/feed?a=1&b=2"),
            ("htmlUrl", "https://daily.example/"),
            ("language", "EN"),
            ("note:seen", "two\nlines"),
            ("x", ""),
        ),
        line=13,
    )
    assert (weekly.url, weekly.title, weekly.folders) == (
        "https://weekly.example/rss",
        "weekly.example",
        ("پاکستان", "Private"),
    )
    assert (top.title, top.folders, top.line) == ("Top", (), 19)


def test_writing_the_tree_back_keeps_everything() -> None:
    opml = parse(LIST, "feeds.opml")
    text = serialise(opml).decode()
    assert parse(text.encode(), "again") == opml
    for kept in (
        '<?xml-stylesheet href="list.xsl"?>\n<!-- kept by hand -->\n<opml',
        '<note:colour shade="dark">green</note:colour>',
        "<!-- the oldest first -->",
        'note:seen="two&#10;lines" x=""',
        '<outline text="A link" type="link" url="https://elsewhere.example/"/>',
        "</opml>\n<!-- the end -->\n",
    ):
        assert kept in text
    untouched = [line for line in LIST.decode().splitlines() if "outline" in line and "Daily" not in line]
    assert all(line in text for line in untouched)


@pytest.mark.parametrize(
    ("data", "said", "line", "column"),
    [
        (b"", "no element found", 1, 1),
        (b"<opml><body>", "no element found", 1, 13),
        (b"<opml>\n  <body></boddy></opml>", "mismatched tag", 2, 11),
        (b"<opml>\n <body>&nbsp;</body></opml>", "undefined entity", 2, 8),
        (b'<!DOCTYPE opml SYSTEM "http://127.0.0.1/x.dtd">\n<opml><body/></opml>', "DOCTYPE", 1, 0),
        (b'<?xml version="1.0"?>\n<!DOCTYPE o [<!ENTITY a "b">]><opml><body/></opml>', "DOCTYPE", 2, 0),
        (b'\n<rss version="2.0"><channel/></rss>', "is <rss>, not OPML", 2, 1),
        (b"<opml>\n<head/></opml>", "no body", 1, 1),
        (b"<opml><body/>\n<body/></opml>", "more than one body", 2, 1),
        (b'<?xml version="1.0" encoding="no-such"?><opml><body/></opml>', "encoding", 1, 1),
        (b'<?xml version="1.0" encoding="utf-8"?><opml><body>\xe9</body></opml>', "invalid token", 1, 51),
        (b"<opml><body>" + b"<outline>" * 200, "more than 100 deep", 1, 895),
        (b"<opml><body>\x00</body></opml>", "invalid token", 1, 13),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    data: bytes, said: str, line: int, column: int
) -> None:
    with pytest.raises(OpmlError) as caught:
        parse(data, "feeds.opml")
    assert "feeds.opml" in str(caught.value)
    assert said in str(caught.value)
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252", "utf-8", "utf-16"])
def test_the_declared_encoding_counts(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><opml><body><outline text="Café" xmlUrl="http://a.example/"/></body></opml>'
    assert read(text.encode(encoding), "old.opml")[0].title == "Café"


def test_a_list_in_windows_1256_is_read() -> None:
    text = '<?xml version="1.0" encoding="windows-1256"?><opml><body><outline text="خبر" xmlUrl="http://a.example/"/></body></opml>'
    assert read(text.encode("windows-1256"), "old.opml")[0].title == "خبر"


def test_faults_name_each_outline_that_cannot_be_polled() -> None:
    opml = parse(
        b"""<opml><body>
<outline text="File" xmlUrl="file:///etc/hostname"/>
<outline text="Good" xmlUrl="https://a.example/feed"/>
  <outline text="Twice" xmlUrl="http://www.a.example/feed?utm_source=x"/>
<outline text="Bare" type="rss"/>
<outline xmlUrl="a.example/feed"/>
<outline text="Reader" xmlUrl="feed://a.example/rss"/>
<outline text="Split" xmlUrl="https://a .example/"/>
</body></opml>""",
        "feeds.opml",
    )
    assert faults(opml) == (
        (2, 1, "File: its xmlUrl is not http or https (file:)"),
        (4, 3, "Twice: the same feed as on line 3"),
        (5, 1, "Bare: a feed without xmlUrl"),
        (6, 1, "a feed without a name: its xmlUrl is not an absolute http or https URL"),
        (7, 1, "Reader: its xmlUrl is not http or https (feed:)"),
        (8, 1, "Split: its xmlUrl contains spaces or control characters"),
    )
    assert [subscription.title for subscription in opml.subscriptions()] == ["Good"]


def test_a_good_list_has_no_faults() -> None:
    assert faults(parse(LIST, "feeds.opml")) == ()


def test_merging_adds_what_is_new_in_its_folder_and_changes_nothing_else() -> None:
    other = b"""<opml><body>
<outline text="\xd9\xbe\xd8\xa7\xda\xa9\xd8\xb3\xd8\xaa\xd8\xa7\xd9\x86">
  <outline text="Evening" xmlUrl="https://evening.example/rss" keep="me"/>
  <outline text="Daily again" xmlUrl="http://www.daily.example/feed?a=1&amp;b=2&amp;utm_medium=rss"/>
</outline>
<outline text="Iran"><outline text="Exile"><outline text="Voice" xmlUrl="https://voice.example/rss"/></outline></outline>
<outline text="Evening twice" xmlUrl="https://evening.example/rss"/>
</body></opml>"""
    before = parse(LIST, "feeds.opml")
    merged, added = merge(before, parse(other, "other.opml"))
    assert added == 2
    assert [(s.title, s.folders) for s in merged.subscriptions()] == [
        ("Daily", ("پاکستان",)),
        ("weekly.example", ("پاکستان", "Private")),
        ("Evening", ("پاکستان",)),
        ("Top", ()),
        ("Voice", ("Iran", "Exile")),
    ]
    assert merge(merged, parse(other, "other.opml")) == (merged, 0)
    changes = difflib.ndiff(serialise(before).decode().splitlines(), serialise(merged).decode().splitlines())
    changed = [line for line in changes if line[0] in "+-"]
    assert changed[0] == '+       <outline text="Evening" xmlUrl="https://evening.example/rss" keep="me"/>'
    assert all(line.startswith("+") for line in changed)


def test_a_written_list_is_readable_by_people_too() -> None:
    data = write(
        (
            Subscription("http://a.example/?x&y", "A<b", "http://a.example", "ur", ("Pakistan",)),
            Subscription("https://b.example/feed", "B", folders=("Pakistan", "Exile")),
            Subscription("https://c.example/feed", "C"),
        ),
        "My feeds",
    )
    assert (
        data.decode()
        == """\
<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0">
  <head>
    <title>My feeds</title>
  </head>
  <body>
    <outline text="Pakistan">
      <outline type="rss" text="A&lt;b" xmlUrl="http://a.example/?x&amp;y" htmlUrl="http://a.example" language="ur"/>
      <outline text="Exile">
        <outline type="rss" text="B" xmlUrl="https://b.example/feed"/>
      </outline>
    </outline>
    <outline type="rss" text="C" xmlUrl="https://c.example/feed"/>
  </body>
</opml>
"""
    )


# --- properties ---------------------------------------------------------------------------------

text = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00\ufffe\uffff", exclude_categories=["Cc", "Cs"])
)
name = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.:-]{0,8}", fullmatch=True).filter(
    lambda n: not n.lower().startswith("xml")
)
attributes = st.dictionaries(name, text | st.sampled_from(["a\nb", "\t", "\r", "<&>\"'"]), max_size=4).map(
    lambda found: tuple(found.items())
)
markup = st.sampled_from([Markup("<!-- a & b < c -->"), Markup("<?keep this?>")])


def outlines(children: st.SearchStrategy[Element]) -> st.SearchStrategy[Element]:
    return st.builds(
        Element, st.just("outline"), attributes, st.lists(children | markup, max_size=4).map(tuple)
    )


tree = st.recursive(st.builds(Element, st.just("outline"), attributes), outlines, max_leaves=12)


@given(body=st.lists(tree | markup, max_size=4), head=st.lists(tree | markup, max_size=2))
def test_any_tree_survives_writing_and_reading(
    body: list[Element | Markup], head: list[Element | Markup]
) -> None:
    root = Element("opml", (), (Element("head", (), tuple(head)), Element("body", (), tuple(body))))
    assert parse(serialise(Opml(root)), "x").root == root


label = text.map(str.strip).filter(bool)
subscription = st.builds(
    lambda number, title, site, language, folders: Subscription(
        f"https://h{number}.example/feed?q=<{number}>&x='\"", title, site, language, folders
    ),
    st.integers(0, 10**9),
    label,
    st.sampled_from(["", "https://a.example/?a=1&b=2"]),
    st.sampled_from(["", "ur", "fa"]),
    st.lists(label, max_size=3).map(tuple),
)


@given(st.lists(subscription, max_size=8, unique_by=lambda s: s.url), text)
def test_written_subscriptions_come_back_in_order(subscriptions: list[Subscription], title: str) -> None:
    def bare(found: tuple[Subscription, ...]) -> list[tuple[str, str, str, str, tuple[str, ...]]]:
        return [(s.url, s.title, s.site_url, s.language, s.folders) for s in found]

    once = read(write(tuple(subscriptions), title), "x")
    assert bare(once) == bare(tuple(subscriptions))
    twice = read(write(once, title), "x")
    assert [s.attributes for s in twice] == [s.attributes for s in once]
    assert bare(twice) == bare(once)


# --- the corpora --------------------------------------------------------------------------------


def corpus() -> Iterator[Path]:
    folder = Path(os.environ.get("MONITOR_CORPORA", Path(__file__).parents[3] / "shared" / "data"))
    yield from sorted(
        path
        for part in ("opml", "feeds/conformance/feedvalidator/testcases/opml")
        for path in (folder / part).rglob("*")
        if path.suffix in {".opml", ".xml"}
    )


def test_every_list_of_the_corpora_is_read_or_refused_and_comes_back_equal() -> None:
    files = list(corpus())
    if not files:
        pytest.skip("the corpora are not here (MONITOR_CORPORA)")
    read_well, places = 0, []
    for path in files:
        try:
            opml = parse(path.read_bytes(), path.name)
        except OpmlError as error:
            places.append(error.line)
            continue
        read_well += 1
        assert parse(serialise(opml), path.name) == opml, path
        again = read(write(opml.subscriptions(), "x"), path.name)
        assert [(s.url, s.title, s.folders) for s in again] == [
            (s.url, s.title, s.folders) for s in opml.subscriptions()
        ], path
        faults(opml)
    assert all(line >= 1 for line in places)
    assert read_well > len(files) * 0.8
