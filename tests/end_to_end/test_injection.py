"""Feeds and pages that attack whoever reads an alert, and secrets planted where the program must use them.

The program runs as a process of its own with logging at DEBUG. What it sends to Slack, by mail and to the terminal,
what it logs and what it stores is then searched for anything that acts, and for every secret it was given.
"""

from __future__ import annotations

import base64
import html
import io
import json
import os
import random
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import default
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from lxml import html as parser

from monitor.alerts.message import compose
from monitor.alerts.send import open_channel
from monitor.models import Channel, Outcome
from monitor.text.show import safe_url
from tests.alerts.recorders import Post, Web, free_port, web_recorder
from tests.alerts.samples import hostile

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 2, 2, 10, tzinfo=UTC)
DESK = "desk@readers.example"
CANARY = 7919 * 6761  # what a template would make of it

STRINGS = (
    "<!channel> <!here|h> <!everyone> <!subteam^S0PQR>",
    "<@U0PQRS> and <#C0PQRS|news>",
    "<https://evil.example/trap|https://one.example/real>",
    "@channel @here @everyone @desk",
    "*bold* _slanted_ ~struck~ `code` ```block```",
    "**strong** __under__ ~~gone~~ ||spoiler||",
    "[label](https://evil.example/md) ![p](https://evil.example/p.png) [a]: b",
    ":rotating_light: :skin-tone-3: > quote # head - list | a | b |",
    "fold\r\nBcc: stolen@evil.example\r\nX-Planted: 1\r\n\r\nbody",
    "=?utf-8?q?x=0D=0ABcc=3A_stolen=40evil.example?=",
    "safe\u202egnp.exe \u2066x \u2067y \u200fz \u061ca",
    "\u2069\u2069out of the isolate\u2068",
    "\x1b[31mred\x1b]0;title\x07 \x9b2J \x85 \x7f \x00",
    "line\u2028sep\u2029par\x0bvt\x0cff\ttab",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "</title></style></td></table><svg/onload=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "' style='background:url(//evil.example/x)'",
    '<a href="javascript:alert(1)">x</a> javascript:alert(1)',
    "{{7919*6761}} {% import os %} ${7919*6761} #{7919*6761} <%= 7919*6761 %> %(asctime)s {0.__class__} $HOME",
    "https://evil.example/bare //evil.example/two www.evil.example",
    "tag\U000e0041\U000e0042 \ufeff\u200bzero &lt;img src=x onerror=alert(1)&gt;",
    "]]><b>cdata</b><!-- --><!channel>",
    "<http://evil.example|in> <mailto:a@evil.example|out>",
)
LINKS = (  # of articles: what no link can be made of, and what one can, after repair
    "javascript:alert(1)//{}",
    "data:text/html,<script>alert(1)</script>{}",
    "http://one.example@evil.example/{}",
    "http://{host}/{}?a=<!channel>&b=\"'*_~`|",
    "http://{host}/{}/\u202egpj.exe",
    "http://{host}/{}#<script>alert(1)</script>",
)
SECRETS = {
    "slack": "PLANTEDxSLACKxTOKENx0001",
    "mail": "PLANTEDxMAILxPASSWORDx02",
    "proxy": "PLANTEDxPROXYxPASSWORDx3",
    "environment": "PLANTEDxENVIRONMENTx0004",
}
FEED_SECRETS = {
    "key": "PLANTEDxFEEDxKEYx00000005",
    "failing": "PLANTEDxFAILINGxKEYx00006",
    "user": "PLANTEDxFEEDxPASSWORDx007",
    "moved": "PLANTEDxMOVEDxKEYx0000008",
}
RUNNER = """
import logging, sys
from apprise.plugins.slack import NotifySlack
NotifySlack.webhook_url, NotifySlack.request_rate_per_sec = sys.argv.pop(1), 0
from monitor.cli import main, running
running.talk = lambda level: logging.basicConfig(
    level=logging.DEBUG, stream=sys.stderr, force=True, format="%(name)s %(levelname)s %(message)s")
main()
"""


# --- what acts ----------------------------------------------------------------------------------

_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066\u2067\U000e0000-\U000e007f]")
_ADDRESS = re.compile(r"https?://[^\s\u2068\u2069<>|]+")
_CHAT = {
    "a mention": r"@(?=\w)|<(?!\u200b)",
    "emphasis": r"[*~](?!\u200a)|(?<!\u200a)[*~]|_(?!\u200b)|`",
    "a labelled link": r"\](?=[(\[:])|!(?=\[)",
    "a spoiler": r"\|(?=\|)",
    "an emoji": r":[\w+'-]*[A-Za-z_][\w+'-]*:",
}
_AFTER_ADDRESS = '.,;:!?)]}”…"'
# Addresses that a text spells out are shown as they are; a service may link them, never behind a label.
_SPELT_OUT = {address.rstrip(_AFTER_ADDRESS) for text in STRINGS for address in _ADDRESS.findall(text)}
_ELEMENTS = frozenset(
    "html head meta title style body header main nav footer section article h1 h2 h3 h4 p a ul ol li dl dt dd div "
    "span strong table caption thead tbody tr th td blockquote mark bdi time code br details summary "
    "figure figcaption svg desc g rect line circle path polyline polygon text tspan".split()
)
_ATTRIBUTES = frozenset(
    "lang dir charset http-equiv content name class id href rel aria-label aria-labelledby aria-hidden role tabindex "
    "scope datetime value style width align cellpadding cellspacing height viewbox preserveaspectratio overflow x y x1 x2 "
    "y1 y2 cx cy r d dx dy points text-anchor vector-effect paint-order".split()
)
_METAS = {
    "viewport",
    "color-scheme",
    "supported-color-schemes",
    "referrer",
    "Content-Security-Policy",
    "robots",
}
_HEADERS = set(
    "subject from to date message-id list-id auto-submitted references in-reply-to mime-version content-type".split()
)


def text_faults(text: str) -> list[str]:
    """Say what acts in plain text as a terminal, a file or a mail's text shows it."""
    found = [f"control {one!a}" for one in _CONTROLS.findall(text)]
    found += [f"direction {one!a}" for one in _DIRECTIONS.findall(text)]
    for line in text.split("\n"):
        depth = 0
        for letter in line:
            depth += (letter == "\u2068") - (letter == "\u2069")
            if depth < 0:
                break
        if depth:
            found.append(f"an isolate that is not closed, or closed twice: {line[:80]!a}")
    if str(CANARY) in text:
        found.append("a template was evaluated")
    return found


def chat_faults(text: str, own: frozenset[str]) -> list[str]:
    """Say what acts in text that a chat service reads, in which & < > are entities."""
    found = [f"raw {one}" for one in re.findall("[<>]", text)]
    text = html.unescape(text)
    found += text_faults(text)
    for address in _ADDRESS.findall(text):
        if address.rstrip(_AFTER_ADDRESS) not in own | _SPELT_OUT:
            found.append(f"a link to {address}")
    for address in own:
        text = text.replace(address, "")
    found += [
        f"{what}: {text[max(0, hit.start() - 10) : hit.end() + 10]!a}"
        for what, pattern in _CHAT.items()
        for hit in re.finditer(pattern, _ADDRESS.sub("", text) if what == "emphasis" else text)
    ]
    return found


def slack_faults(body: bytes, own: frozenset[str]) -> list[str]:
    """Say what acts in what Slack was sent."""
    payload = json.loads(body)
    found = [f"payload key {key}" for key in payload.keys() - {"mrkdwn", "attachments"}]
    if payload.get("mrkdwn") is not False:
        found.append("mrkdwn")
    for attachment in payload.get("attachments", ()):
        found += [f"attachment key {key}" for key in attachment.keys() - {"title", "text", "color"}]
        found += [fault for name in ("title", "text") for fault in chat_faults(attachment.get(name, ""), own)]
    return found


def html_faults(page: str, own: frozenset[str]) -> list[str]:
    """Say what acts in a document of a mail: its elements, attributes, styles and addresses."""
    found = text_faults(page.replace("\r\n", "\n"))
    tree = parser.document_fromstring(page)
    for element in tree.iter():
        if not isinstance(element.tag, str):
            found.append("a comment or instruction")
            continue
        attributes = {str(name): str(value) for name, value in element.attrib.items()}
        if element.tag not in _ELEMENTS:
            found.append(f"element {element.tag}")
        found += [f"attribute {name}" for name in attributes if name not in _ATTRIBUTES]
        href = attributes.get("href", "")
        if href and (element.tag != "a" or not (href.startswith("#") or href in own)):
            found.append(f"a link to {href}")
        name = attributes.get("name") or attributes.get("http-equiv")
        if element.tag == "meta" and name not in {*_METAS, None}:
            found.append(f"meta {name}")
        style = attributes.get("style", "") + (element.text or "" if element.tag == "style" else "")
        if re.search(r"url\(|@import|expression|behavior|//|\\", style, re.IGNORECASE):
            found.append("a style that fetches")
    return found


def mail_faults(recipients: Sequence[str], letter: bytes, own: frozenset[str]) -> list[str]:
    """Say what acts in a mail: its envelope, headers, text and page."""
    found = [] if list(recipients) == [DESK] else [f"recipients {recipients}"]
    head = letter.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode("latin-1")
    names = [line.partition(":")[0].lower() for line in head.split("\n") if line[:1] not in {" ", "\t"}]
    found += [f"header {name}" for name in names if name not in _HEADERS or names.count(name) > 1]
    mail = message_from_bytes(letter, policy=default)
    if mail["To"] != DESK:
        found.append(f"To: {mail['To']}")
    found += text_faults(str(mail["Subject"]))
    parts = [part for part in mail.walk() if not part.is_multipart()]
    attached = [part for part in parts if part.get_content_disposition() == "attachment"]
    if [part.get_content_type() for part in parts if part not in attached] != ["text/plain", "text/html"]:
        found.append(f"parts {[part.get_content_type() for part in parts]}")
    for part in attached:  # the digest's page
        if not re.fullmatch(r"\d{4}-\d\d-\d\d\.html", part.get_filename() or ""):
            found.append(f"attachment {part.get_filename()}")
    for part in parts:
        content = part.get_content()
        if part.get_content_type() == "text/html":
            found += html_faults(content, own)
        else:
            found += text_faults(str(content).replace("\r\n", "\n"))
    return found


def secrets_in(content: str | bytes, secrets: Mapping[str, str]) -> set[str]:
    """Return the names of the secrets that stand in some content, as they are or as a login is encoded."""
    if isinstance(content, str):
        content = content.encode("utf-8", "surrogatepass")
    forms = {
        name: (value, base64.b64encode(f"desk:{value}".encode()).decode()) for name, value in secrets.items()
    }
    return {name for name, both in forms.items() if any(form.encode() in content for form in both)}


# --- the checkers can fail ----------------------------------------------------------------------

_OWN = frozenset({"http://one.example/1"})


def _letter(
    subject: str = "x", more: str = "", text: str = "x", page: str = "<p>x</p>", to: str = DESK
) -> bytes:
    return (
        f"Subject: {subject}\r\nFrom: m@readers.example\r\nTo: {to}\r\n{more}MIME-Version: 1.0\r\n"
        'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
        f"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{page}\r\n--b--\r\n"
    ).encode()


def _slack(text: str, **more: object) -> bytes:
    return json.dumps(
        {"mrkdwn": False, "attachments": [{"title": "t", "text": text, "color": "#0", **more}]}
    ).encode()


def test_what_is_safe_passes_every_checker() -> None:
    safe = "\u2068Water & more\u2069 http://one.example/1"
    assert text_faults(safe) == []
    assert slack_faults(_slack(html.escape(safe, quote=False)), _OWN) == []
    page = '<p dir="auto">\u2068x\u2069 <a href="http://one.example/1" rel="noopener noreferrer">y</a></p>'
    assert mail_faults([DESK], _letter(text=safe, page=page), _OWN) == []
    assert secrets_in(safe, SECRETS) == set()


@pytest.mark.parametrize(
    "text",
    [
        "\x1b[31m", "\x9b2J", "\x85", "a\tb", "a\rb", "a\u2028b", "\u202eb", "\u2066b\u2069", "\u200f", "\U000e0041",
        "\u2068open", "closed\u2069", "\u2069\u2068", str(CANARY),
    ],
)  # fmt: skip
def test_unsafe_text_is_found(text: str) -> None:
    assert text_faults(text)
    assert slack_faults(_slack(text), _OWN)
    assert mail_faults([DESK], _letter(text=text), _OWN)
    assert html_faults(f"<p>{text}</p>", _OWN)


@pytest.mark.parametrize(
    "text",
    [
        "<!channel>", "&lt;!channel&gt;", "@here", "*b*", "_i_", "~s~", "`c`", "**b**", "||s||", ":fire:",
        "[x](http://one.example/1)", "![x](y)", "http://one.example/2", "&lt;http://one.example/1|x&gt;",
        *(one for one in STRINGS[:8]),
    ],
)  # fmt: skip
def test_unsafe_chat_is_found(text: str) -> None:
    assert slack_faults(_slack(text), _OWN)


@pytest.mark.parametrize(
    "more", [{"title_link": "http://one.example/1"}, {"mrkdwn_in": ["text"]}, {"image_url": "x"}]
)
def test_more_than_text_in_slack_is_found(more: dict[str, object]) -> None:
    assert slack_faults(_slack("x", **more), _OWN)
    assert slack_faults(json.dumps({"mrkdwn": True, "attachments": []}).encode(), _OWN)


@pytest.mark.parametrize(
    "page",
    [
        "<script>1</script>", "<img src=x>", "<p onclick=x()>y</p>", "<a href='javascript:x()'>y</a>",
        "<a href='http://evil.example/'>y</a>", "<p style='background:url(x)'>y</p>", "<style>@import 'x'</style>",
        "<meta http-equiv=refresh content=0>", "<form></form>", '<svg onload="x()"></svg>', "<iframe></iframe>", "<!-- x --><p>",
        "<base href='http://one.example/1'>", "<link rel=stylesheet href='http://one.example/1'>",
    ],
)  # fmt: skip
def test_an_unsafe_page_is_found(page: str) -> None:
    assert mail_faults([DESK], _letter(page=f"<p>x</p>{page}"), _OWN)


@pytest.mark.parametrize(
    ("recipients", "letter"),
    [
        ([DESK, "stolen@evil.example"], _letter()),
        ([DESK], _letter(more="Bcc: stolen@evil.example\r\n")),
        ([DESK], _letter(more="Subject: another\r\n")),
        ([DESK], _letter(to=f"{DESK}, stolen@evil.example")),
        ([DESK], _letter(subject="=?utf-8?q?a=E2=80=AEb?=")),
    ],
)
def test_an_unsafe_mail_is_found(recipients: list[str], letter: bytes) -> None:
    assert mail_faults(recipients, letter, _OWN)


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_found(name: str) -> None:
    assert secrets_in(f"POST http://x/{SECRETS[name]}?", SECRETS) == {name}
    login = base64.b64encode(f"desk:{SECRETS[name]}".encode()).decode()
    assert secrets_in(f"Basic {login}", SECRETS) == {name}


# --- headlines that are written like a mail's header ----------------------------------------------


@pytest.mark.parametrize(
    "headline",
    [
        "=?utf-8?q?x=0D=0ABcc=3A_stolen=40evil.example?= water water water water water water water water water",
        "=?utf-8?q?x=0D=0A=0D=0A=3Cscript=3E1=3C/script=3E?= water water water water water water water water",
        "=?utf-8?q?a=1B=5B31m=E2=80=AEb?= the water is back",
        "=?utf-8?b?gg==?= the water is back",
        "=?unicode_escape?q?=5Cr=5CnX-Planted=3A_1?= the water is back in the harbour and in the old town too",
        "=?hex?q?a?= =?zlib?q?a?= =?utf-16?q?a?=",
    ],
)
@pytest.mark.parametrize("kind", ["story", "update"])
def test_a_headline_of_encoded_words_is_mailed_as_it_is(headline: str, kind: str, tmp_path: Path) -> None:
    item = hostile(headline)
    item = replace(item, alerts=tuple(replace(one, kind=kind, reason=headline) for one in item.alerts))
    message = compose([item], zone=ZoneInfo("Asia/Karachi"), region="Shore")
    with mail_server() as post:
        url = f"mailto://127.0.0.1:{post.port}?from=m@readers.example&to={DESK}&mode=insecure"
        sender = open_channel(Channel("mail", url=url), out=io.StringIO(), record=tmp_path / "alerts.jsonl")
        assert sender.deliver(message, 10, NOW) == Outcome("ok")
    ((to, letter),) = post.letters
    assert mail_faults(to, letter, frozenset({safe_url(item.url)})) == []
    assert message_from_bytes(letter)["Subject"] is not None
    shown = str(make_header(decode_header(message_from_bytes(letter)["Subject"])))
    assert shown.replace("\u200b", "") == message.title


# --- outlets that attack ------------------------------------------------------------------------

_WORDS = """
    council river bridge library mountain valley garden window kitchen farmer engineer captain painter musician
    harvest winter summer autumn morning evening letter journey lantern orchard meadow barley copper silver wooden
    narrow gentle distant ancient crowded quiet public northern southern eastern weekly bakery workshop station
    museum theatre office tower field forest lake stream carpenter weaver shepherd visitor neighbour elder repaired
    opened painted counted gathered carried measured offered studied visited described finished slowly carefully
""".split()
_PLACES = """
places:
  - {id: place.lampton, name: Lampton, type: district, country: NO, names: {en: [Lampton]}}
  - {id: place.quay, name: Quay Hill, type: district, country: NO, names: {en: [Quay Hill]}}
"""


@dataclass(frozen=True)
class Report:
    """One article at one outlet: what its feed says, and its page, if it has one."""

    number: int
    host: str
    hostile: str
    title: str
    link: str
    sentences: tuple[str, ...]
    at: datetime
    page: bool


def _words(number: int, count: int) -> str:
    chance = random.Random(number)
    return " ".join(chance.choice(_WORDS) for _ in range(count))


def first_reports(host: str, numbers: Sequence[int]) -> list[Report]:
    """Return reports that each carry one string everywhere, every fourth with a link that attacks too."""
    reports = []
    for number in numbers:
        hostile = STRINGS[number]
        odd = LINKS[number // 4 % len(LINKS)].replace("{host}", host).replace("{}", str(number))
        body = [f"{_words(100 * number + part, 14).capitalize()}." for part in range(8)]
        body[1] = f"Police said {hostile} that water {_words(number + 900, 5)} {hostile}."
        reports.append(
            Report(
                number=number,
                host=host,
                hostile=hostile,
                title=f"{hostile} {_words(number + 500, 6)}",
                link=odd if number % 4 == 3 else f"http://{host}/{number}",
                sentences=tuple(body),
                at=NOW - timedelta(hours=1, minutes=number),
                page=number % 2 == 0,
            )
        )
    return reports


def later_reports(host: str, told: Sequence[Report]) -> list[Report]:
    """Return what is told of the same events afterwards: by others, with another side, place and figure."""
    reports = []
    for one in told:
        number = one.number + 100
        relatives = f"Relatives said {one.hostile} of the water {_words(number, 4)}."
        place, figure = ("Lampton", "Quay Hill")[number % 2], 40 + number
        reports.append(
            Report(
                number=number,
                host=host,
                hostile=one.hostile,
                title=f"{one.hostile} at {place}, {figure} {_words(one.number + 500, 6)}",
                link=f"http://{host}/{number}",
                sentences=(*one.sentences, relatives),
                at=NOW + timedelta(minutes=number % 100),
                page=True,
            )
        )
        short = (f"The water {_words(number + 50, 8)} {one.hostile}.",)
        again = Report(number + 100, host, one.hostile, one.title, f"http://{host}/{number + 100}", short,
                       NOW + timedelta(minutes=number % 100 + 1), page=False)  # fmt: skip
        reports.append(again)
    return reports


def _page(report: Report) -> str:
    paragraphs = "".join(f"<p>{escape(sentence)}</p>" for sentence in report.sentences)
    hostile = html.escape(report.hostile, quote=True)
    return (
        f'<!doctype html><html lang="{hostile}"><head><meta charset="utf-8"><title>{escape(report.title)}</title>'
        f'<meta name="author" content="{hostile}"><meta property="article:published_time" content="{hostile}"></head>'
        f"<body><main><article><h1>{escape(report.title)}</h1>{paragraphs}</article></main></body></html>"
    )


def _xml(text: str) -> str:
    """Escape text for XML, in which most controls cannot be written at all."""
    kept = "".join(letter for letter in text if letter in "\t\r\n" or letter >= " ")
    return escape(kept, {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;", '"': "&quot;"})


def rss(reports: Sequence[Report], title: str) -> str:
    """Write an RSS feed that carries strings as text and as HTML."""
    items = "".join(
        f"<item><title>{_xml(escape(one.title))}</title><link>{_xml(one.link)}</link>"
        f'<guid isPermaLink="false">{_xml(one.hostile)}{one.number}</guid>'
        f"<pubDate>{format_datetime(one.at)}{_xml(one.hostile) if one.number % 3 == 0 else ''}</pubDate>"
        f"<dc:creator>{_xml(one.hostile)}</dc:creator><dc:language>{_xml(one.hostile)}</dc:language>"
        f"<description>{_xml(' '.join(one.sentences))}</description></item>"
        for one in reports
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel><title>{_xml(title)}</title><language>{_xml(title)}</language>{items}</channel></rss>"
    )


def json_feed(reports: Sequence[Report], title: str) -> str:
    """Write a JSON Feed, which can carry every control character."""
    items = [
        {
            "id": f"{one.hostile}{one.number}",
            "url": one.link,
            "title": one.title,
            "content_text": " ".join(one.sentences),
            "date_published": one.at.isoformat() + (one.hostile if one.number % 3 == 0 else ""),
            "authors": [{"name": one.hostile, "url": "javascript:alert(1)"}],
            "language": one.hostile,
        }
        for one in reports
    ]
    return json.dumps(
        {"version": "https://jsonfeed.org/version/1.1", "title": title, "language": title, "items": items}
    )


@dataclass
class Outlets:
    """Every outlet behind one proxy: answers by host and path, and the logins the proxy was given."""

    port: int = 0
    answers: dict[str, tuple[int, str, str]] = field(default_factory=dict)  # address -> status, type, body
    logins: set[str] = field(default_factory=set)

    def publish(
        self, name: str, reports: Sequence[Report], write: Callable[[Sequence[Report], str], str]
    ) -> None:
        kind = "application/json" if write is json_feed else "application/rss+xml"
        self.answers[name] = 200, kind, write(reports, STRINGS[0])
        for one in reports:
            if one.page:
                self.answers[one.link] = 200, "text/html; charset=utf-8", _page(one)


@contextmanager
def outlets() -> Iterator[Outlets]:
    site = Outlets()

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.logins.add(self.headers.get("Proxy-Authorization", ""))
            status, kind, body = site.answers.get(self.path, (404, "text/html", "<h1>Not found</h1>"))
            data = body.encode("utf-8", "surrogatepass")
            self.send_response(status)
            if status == 301:
                self.send_header("Location", body)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    server.daemon_threads = True
    site.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def mail_server() -> Iterator[Post]:
    """Run a mail server that lets in who knows the password."""

    def known(server: Any, session: Any, envelope: Any, mechanism: str, login: Any) -> AuthResult:
        return AuthResult(success=login.password == SECRETS["mail"].encode())

    post = Post(port=free_port())
    controller = Controller(
        post, hostname="127.0.0.1", port=post.port, authenticator=known, auth_require_tls=False
    )
    controller.start()
    try:
        yield post
    finally:
        controller.stop()


# --- one run of it all --------------------------------------------------------------------------


@dataclass(frozen=True)
class Done:
    out: str
    err: str


@dataclass(frozen=True)
class Ran:
    """What the program did with it."""

    folder: Path
    web: Web
    post: Post
    outlets: Outlets
    runs: tuple[Done, ...]
    own: frozenset[str]  # the articles' addresses as they may be linked

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(f"{(self.folder / 'data' / 'monitor.db').as_uri()}?mode=ro", uri=True)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()


def _configure(folder: Path, web: Web, post: Post, site: Outlets) -> dict[str, str]:
    """Write the configuration; return the environment that holds its secrets."""
    (folder / "region").mkdir()
    (folder / "region" / "entities.yaml").write_text("name: Shore\nentities: []\n")
    (folder / "region" / "places.yaml").write_text(_PLACES)
    (folder / "region" / "sources.yaml").write_text("outlets: []\n")
    (folder / "config.yaml").write_text(
        "region: region\ncontact: https://example.org/tests\npoll: {host_gap: 0s}\n"
        "network: {proxy: '${OUT_PROXY}'}\nextract: {robots: false}\n"
        "rules:\n  - id: water\n    query: water\n    min_grade: check\n    channels: [console, slack, mail]\n"
        "    updates: [side, origin, place, figure]\n"
        "channels:\n  console: {url: 'console://'}\n  slack: {url: '${OUT_SLACK}'}\n  mail: {url: '${OUT_MAIL}'}\n"
        "digest: {channels: [slack, mail]}\n"
    )
    feeds = {
        STRINGS[0]: "http://one.example/feed",
        STRINGS[15]: "http://two.example/feed",
        STRINGS[8]: f"http://three.example/feed?key={FEED_SECRETS['key']}",
        STRINGS[2] + STRINGS[12]: "http://four.example/feed",
        STRINGS[19]: f"http://five.example/feed?token={FEED_SECRETS['failing']}",
        STRINGS[10]: f"http://desk:{FEED_SECRETS['user']}@six.example/feed",
        STRINGS[11]: f"http://seven.example/feed?key={FEED_SECRETS['moved']}",
    }
    outlines = "".join(
        f'<outline text="{_xml(name)}" language="{_xml(name)}" xmlUrl="{_xml(url)}"/>'
        for name, url in feeds.items()
    )
    (folder / "feeds.opml").write_text(
        f'<?xml version="1.0" encoding="UTF-8"?><opml version="2.0"><head/><body>{outlines}</body></opml>',
        encoding="utf-8",
    )
    return {
        **{name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")},
        "OUT_PROXY": f"http://desk:{SECRETS['proxy']}@127.0.0.1:{site.port}",
        "OUT_SLACK": f"slack://T1JJ3T3L2/A1BRTD4JD/{SECRETS['slack']}/",
        "OUT_MAIL": f"mailto://desk:{SECRETS['mail']}@127.0.0.1:{post.port}?from=m@readers.example&to={DESK}&mode=insecure",
        "UNRELATED_TOKEN": SECRETS["environment"],
        "WEBHOOK": f"http://127.0.0.1:{web.port}/services",
    }


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    folder = tmp_path_factory.mktemp("injection")
    with ExitStack() as stack:
        web, post = stack.enter_context(web_recorder()), stack.enter_context(mail_server())
        site = stack.enter_context(outlets())
        environment = _configure(folder, web, post, site)
        runs: list[Done] = []

        def run(*arguments: str, now: datetime) -> None:
            command = [sys.executable, "-c", RUNNER, environment["WEBHOOK"], *arguments]
            options = ["--config", str(folder / "config.yaml"), "--now", now.isoformat()]
            done = subprocess.run(
                [*command, *options],
                check=False,
                cwd=ROOT,
                env=environment,
                capture_output=True,
                timeout=60,
            )
            runs.append(Done(done.stdout.decode(), done.stderr.decode()))
            assert done.returncode == 0, done.stderr.decode()[-3000:]

        third = f"http://three.example/feed?key={FEED_SECRETS['key']}"
        told = [
            first_reports("one.example", range(8)),
            first_reports("two.example", range(8, 16)),
            first_reports("three.example", range(16, 24)),
        ]
        site.publish("http://one.example/feed", told[0], rss)
        site.publish("http://two.example/feed", told[1], json_feed)
        site.publish(third, told[2], rss)
        site.publish("http://four.example/feed", [], json_feed)
        site.answers[f"http://five.example/feed?token={FEED_SECRETS['failing']}"] = (
            500,
            "text/html",
            STRINGS[14],
        )
        moved = f"http://seven.example/feed?key={FEED_SECRETS['moved']}"
        site.answers[moved] = 301, "text/html", moved.replace("feed", "new")
        site.publish(moved.replace("feed", "new"), [], rss)
        run("once", now=NOW)
        more = [one for group in told for one in group]
        site.publish("http://four.example/feed", later_reports("four.example", more[::3]), json_feed)
        run("once", "--all", now=NOW + timedelta(hours=3))
        morning = NOW + timedelta(days=1)
        run("once", now=morning)
        run("digest", "--date", "2026-02-02", now=morning)
        reports = [*more, *later_reports("four.example", more[::3])]
        own = frozenset(safe_url(url) for (url,) in _urls(folder) if safe_url(url))
        hosts = {one.host for one in reports}
        assert {urlsplit(url).hostname for url in own} <= hosts, own
        chat = {url.replace("@", "%40").replace("*", "%2A").replace("~", "%7E") for url in own}
        yield Ran(folder, web, post, site, tuple(runs), own | chat)


def _urls(folder: Path) -> list[tuple[str]]:
    connection = sqlite3.connect(f"{(folder / 'data' / 'monitor.db').as_uri()}?mode=ro", uri=True)
    try:
        return connection.execute("SELECT url FROM article").fetchall()
    finally:
        connection.close()


def test_the_attack_reaches_every_channel(ran: Ran) -> None:
    sent = ran.rows("SELECT channel, kind, count(*) FROM outbox WHERE state = 'sent' GROUP BY 1, 2")
    counts = {(channel, kind): count for channel, kind, count in sent}
    for channel in ("console", "slack", "mail"):
        assert counts[channel, "story"] >= len(STRINGS), counts
        assert counts[channel, "update"] >= 6, counts
    assert counts["slack", "digest"] == counts["mail", "digest"] == 1
    reasons = " ".join(body for (body,) in ran.rows("SELECT body FROM outbox WHERE kind = 'update'"))
    for kind in ("another side", "another origin", "another place", "another figure"):
        assert kind in reasons
    assert ran.outlets.logins == {"Basic " + base64.b64encode(f"desk:{SECRETS['proxy']}".encode()).decode()}
    assert all(SECRETS["slack"] in path for path, _, _ in ran.web.requests)
    assert any("DEBUG" in done.err for done in ran.runs)


def test_nothing_that_slack_is_sent_acts(ran: Ran) -> None:
    assert {fault for _, _, body in ran.web.requests for fault in slack_faults(body, ran.own)} == set()


def test_nothing_in_a_mail_acts(ran: Ran) -> None:
    assert {fault for to, body in ran.post.letters for fault in mail_faults(to, body, ran.own)} == set()


def test_nothing_on_the_terminal_or_in_a_file_acts(ran: Ran) -> None:
    for done in ran.runs:
        assert text_faults(done.out) == []
        assert not re.search("[\x1b\x9b]", done.err)
    rows = [json.loads(line) for line in (ran.folder / "data" / "alerts.jsonl").read_text().splitlines()]
    assert [
        fault for row in rows for name in ("text", "title", "url") for fault in text_faults(row[name])
    ] == []
    written = sorted((ran.folder / "data" / "digests").iterdir())
    assert [file.suffix for file in written] == [".html", ".jsonl", ".md"]
    assert html_faults(written[0].read_text(encoding="utf-8"), ran.own) == []
    assert text_faults(written[2].read_text(encoding="utf-8")) == []


def _places_of_secrets(ran: Ran, secrets: Mapping[str, str]) -> set[tuple[str, str]]:
    """Return where a secret stands that the program was given: (place, name of the secret)."""
    found = {
        (f"{kind} of run {number}", name)
        for number, done in enumerate(ran.runs, start=1)
        for kind, text in (("output", done.out), ("log", done.err))
        for name in secrets_in(text, secrets)
    }
    found |= {("Slack", name) for _, _, body in ran.web.requests for name in secrets_in(body, secrets)}
    for _, letter in ran.post.letters:
        parts = [
            part for part in message_from_bytes(letter, policy=default).walk() if not part.is_multipart()
        ]
        found |= {
            ("mail", name)
            for text in (letter, *(str(part.get_content()).encode() for part in parts))
            for name in secrets_in(text, secrets)
        }
    for file in (ran.folder / "data").rglob("*"):
        if file.is_file() and not file.name.startswith("monitor.db"):
            found |= {(file.name, name) for name in secrets_in(file.read_bytes(), secrets)}
    tables = [name for (name,) in ran.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        columns = [row[1] for row in ran.rows(f"PRAGMA table_info({table})")]
        for row in ran.rows(f"SELECT * FROM {table}"):
            for column, value in zip(columns, row, strict=True):
                text = value if isinstance(value, bytes) else str(value)
                found |= {(f"{table}.{column}", name) for name in secrets_in(text, secrets)}
    return found


def test_no_secret_leaves_the_place_it_was_given_for(ran: Ran) -> None:
    assert _places_of_secrets(ran, SECRETS) == set()


def test_a_feed_address_that_holds_a_key_is_stored_where_it_is_needed_and_nowhere_else(ran: Ran) -> None:
    places = {place for place, _ in _places_of_secrets(ran, FEED_SECRETS)}
    assert places == {"feed.url", "feed.moved_to", "poll.moved_to"}
