"""Delivery to real servers on loopback: what arrives, what is said of a failure, and what never leaks."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from monitor.alerts.message import Style, compose
from monitor.alerts.send import Sender, check_url, open_channel, shown
from monitor.models import AlertItem, Channel, Message, Outcome
from tests.alerts.recorders import Post, Web, free_port, mail_recorder, web_recorder
from tests.alerts.samples import AT, ENGLISH, HEROF, HOSTILE, KARACHI, KHAN, URDU, hostile

TOKEN = "TIiajkPLANTED0SECRETxIdevi7FQ"
SLACK_URL = f"slack://T1JJ3T3L2/A1BRTD4JD/{TOKEN}/"
OK = Outcome("ok")


@pytest.fixture
def web() -> Iterator[Web]:
    with web_recorder() as recorder:
        yield recorder


@pytest.fixture
def post() -> Iterator[Post]:
    with mail_recorder() as recorder:
        yield recorder


@pytest.fixture
def slack_goes_to(web: Web, monkeypatch: pytest.MonkeyPatch) -> Web:
    from apprise.plugins.slack import NotifySlack

    monkeypatch.setattr(NotifySlack, "webhook_url", f"http://127.0.0.1:{web.port}/services")
    monkeypatch.setattr(NotifySlack, "request_rate_per_sec", 0)
    return web


def opened(url: str, folder: Path, out: io.StringIO | None = None) -> Sender:
    return open_channel(Channel("channel", url=url), out=out or io.StringIO(), record=folder / "alerts.jsonl")


def message_for(sender: Sender, *items: AlertItem) -> Message:
    return compose(items, zone=KARACHI, region="Balochistan", style=sender.style, limit=sender.limit)


def deliver(sender: Sender, *items: AlertItem, timeout_s: float = 10) -> Outcome:
    return sender.deliver(message_for(sender, *items), timeout_s, AT)


# --- Slack --------------------------------------------------------------------------------------


def test_slack_gets_this_and_nothing_else(slack_goes_to: Web, tmp_path: Path) -> None:
    sender = opened(SLACK_URL, tmp_path)
    assert deliver(sender, KHAN) == OK
    path, headers, _ = slack_goes_to.requests[0]
    assert path == f"/services/T1JJ3T3L2/A1BRTD4JD/{TOKEN}"
    assert headers["User-Agent"] == "Regional news monitor"
    assert slack_goes_to.payload() == {
        "mrkdwn": False,
        "attachments": [
            {
                "title": "\u2068Khan of Kalat says Pakistan should withdraw from Balochistan\u2069"
                " — \u2068The Khan of Kalat speaks\u2069 +1",
                "text": "\u2068Example Post\u2069 · rights group · English\n"
                "Published Mon 02 Feb 2026, 15:04 PKT (+05:00) · 2026-02-02 10:04 UTC\n"
                "First seen Mon 02 Feb 2026, 15:20 PKT (+05:00) · 2026-02-02 10:20 UTC\n"
                "https://news.example/khan?a=1&amp;b=2\n"
                "\n"
                "\u2068“The ⟦Khan of Kalat⟧ said on Monday that Pakistan should withdraw its forces from"
                " ⟦Balochistan⟧.”\u2069\n"
                "\n"
                "Rule: \u2068The Khan of Kalat speaks\u2069 · strong · #001eef\n"
                "Why: a title of its own\n"
                "Rule: \u2068Balochistan\u2069 · likely · #003dde\n"
                "Why: the place stands in the headline\n"
                "\n"
                "Also in: \u2068Second Daily\u2069, \u2068روزنامہ سوم\u2069\n"
                "2 origins; quoted: party, official.",
                "color": "#3AA3E3",
            }
        ],
    }


def test_slack_gets_urdu_in_its_own_letters(slack_goes_to: Web, tmp_path: Path) -> None:
    assert deliver(opened(SLACK_URL, tmp_path), HEROF) == OK
    (attachment,) = slack_goes_to.payload()["attachments"]
    assert attachment["title"].startswith(f"\u2068{URDU}\u2069 — ")
    assert "⟦آپریشن ہیروف⟧" in attachment["text"]


@pytest.mark.parametrize("text", HOSTILE)
def test_slack_content_can_not_mention_link_or_format(text: str, slack_goes_to: Web, tmp_path: Path) -> None:
    assert deliver(opened(SLACK_URL, tmp_path), hostile(text)) == OK
    payload = slack_goes_to.payload()
    assert payload.keys() == {"mrkdwn", "attachments"}
    assert payload["mrkdwn"] is False
    (attachment,) = payload["attachments"]
    assert attachment.keys() == {"title", "text", "color"}
    for shown_text in (attachment["title"], attachment["text"]):
        assert "<" not in shown_text
        assert ">" not in shown_text
        assert "@here" not in shown_text
        assert "`" not in shown_text


def test_slack_does_not_follow_a_redirect(slack_goes_to: Web, tmp_path: Path) -> None:
    slack_goes_to.status, slack_goes_to.location = 307, f"http://127.0.0.1:{slack_goes_to.port}/elsewhere"
    assert deliver(opened(SLACK_URL, tmp_path), KHAN) == Outcome("failed", "HTTP 307")
    assert len(slack_goes_to.requests) == 1


def test_a_footer_is_only_for_those_who_ask(slack_goes_to: Web, tmp_path: Path) -> None:
    assert deliver(opened(f"{SLACK_URL}?footer=yes&timestamp=no", tmp_path), KHAN) == OK
    (attachment,) = slack_goes_to.payload()["attachments"]
    assert attachment["footer"] == "Regional news monitor"


# --- other services -----------------------------------------------------------------------------


def test_json_gets_plain_text(web: Web, tmp_path: Path) -> None:
    sender = opened(f"json://127.0.0.1:{web.port}/hook", tmp_path)
    assert sender.style == "plain"
    message = message_for(sender, HEROF)
    assert sender.deliver(message, 10, AT) == OK
    sent = web.payload()
    assert (sent["title"], sent["message"]) == (message.title, message.text)


def test_a_service_that_reads_markdown_gets_inert_text(web: Web, tmp_path: Path) -> None:
    web.status = 200
    sender = opened(f"mmost://127.0.0.1:{web.port}/{'a' * 24}", tmp_path)
    assert sender.style == "chat"
    assert deliver(sender, hostile("@channel [x](https://evil.example) `code`")) == OK
    sent = web.payload()["text"]
    assert "@channel" not in sent
    assert "](" not in sent
    assert "`" not in sent


def test_a_title_that_a_service_would_cut_goes_into_the_text(web: Web, tmp_path: Path) -> None:
    from apprise.plugins.custom_json import NotifyJSON

    sender = opened(f"json://127.0.0.1:{web.port}/", tmp_path)
    message = message_for(sender, KHAN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NotifyJSON, "title_maxlen", 20)
        assert sender.deliver(message, 10, AT) == OK
    assert web.payload()["title"] == ""
    assert web.payload()["message"] == f"{message.title}\n{message.text}"


# --- mail ---------------------------------------------------------------------------------------


def mail_url(port: int, to: str = "desk@reader.example", more: str = "") -> str:
    return f"mailto://127.0.0.1:{port}?from=monitor@sender.example&to={to}&mode=insecure{more}"


def letter(post: Post, number: int = 0) -> EmailMessage:
    parsed = message_from_bytes(post.letters[number][1], policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def parts(mail: EmailMessage) -> dict[str, str]:
    assert mail.get_content_type() == "multipart/alternative"
    return {part.get_content_type(): part.get_content() for part in mail.iter_parts()}


def test_a_mail_has_two_parts_and_stands_in_its_storys_thread(post: Post, tmp_path: Path) -> None:
    sender = opened(mail_url(post.port), tmp_path)
    message = message_for(sender, HEROF)
    assert sender.deliver(message, 10, AT) == OK
    mail = letter(post)
    assert mail.defects == []
    assert mail["Subject"] == f"\u2068{URDU}\u2069 — \u2068Operation Herof\u2069"
    assert (mail["From"], mail["To"]) == ("monitor@sender.example", "desk@reader.example")
    assert mail["List-Id"] == "<balochistan.alerts.localhost>"
    assert mail["References"] == mail["In-Reply-To"] == "<story-8.balochistan@alerts.invalid>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == AT
    found = parts(mail)
    assert list(found) == ["text/plain", "text/html"]
    assert found["text/plain"].replace("\r\n", "\n").rstrip("\n") == message.text
    assert "⟦آپریشن ہیروف⟧" in found["text/plain"]
    assert found["text/html"].replace("\r\n", "\n") == message.html
    assert ">آپریشن ہیروف</mark>" in found["text/html"]


def test_the_same_alerts_have_the_same_message_id(post: Post, tmp_path: Path) -> None:
    for items in ([KHAN], [KHAN], [KHAN, HEROF]):
        assert deliver(opened(mail_url(post.port), tmp_path), *items) == OK
    first, second, third = (letter(post, number)["Message-ID"] for number in range(3))
    assert first == second != third
    assert first.endswith("@sender.example>")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_headline_can_not_write_mail_headers(text: str, post: Post, tmp_path: Path) -> None:
    assert deliver(opened(mail_url(post.port), tmp_path), hostile(text)) == OK
    (recipients, _), mail = post.letters[0], letter(post)
    assert recipients == ["desk@reader.example"]
    assert sorted(set(mail.keys())) == sorted(
        ["Subject", "From", "To", "Date", "Message-ID", "List-Id", "Auto-Submitted", "References", "In-Reply-To",
         "MIME-Version", "Content-Type"]
    )  # fmt: skip
    assert len(mail["Subject"]) <= 200
    assert all(len(line) <= 998 for line in post.letters[0][1].splitlines())
    assert "<script" not in parts(mail)["text/html"]


def test_every_recipient_has_a_letter_once_even_after_a_failure(post: Post, tmp_path: Path) -> None:
    post.recipients["b@reader.example"] = "451 later"
    url = mail_url(
        post.port, "a@reader.example,b@reader.example", "&cc=c@reader.example&bcc=d@reader.example"
    )
    sender = opened(url, tmp_path)
    assert deliver(sender, KHAN) == Outcome("failed", "SMTP 451: the recipient was refused")
    post.recipients.clear()
    assert deliver(sender, KHAN) == OK
    got = sorted(recipients[0] for recipients, _ in post.letters)
    assert got == [f"{name}@reader.example" for name in "abcd"]
    assert all(len(recipients) == 1 for recipients, _ in post.letters)
    copied = [letter(post, number) for number in range(4)]
    assert {mail["Cc"] for mail in copied} <= {"c@reader.example"}
    assert not any("d@reader.example" in str(mail) for mail in copied)


def test_headers_in_the_address_stay(post: Post, tmp_path: Path) -> None:
    assert (
        deliver(opened(mail_url(post.port, more="&+X-Desk=Quetta&+List-Id=<mine.example>"), tmp_path), KHAN)
        == OK
    )
    mail = letter(post)
    assert (mail["X-Desk"], mail.get_all("List-Id")) == ("Quetta", ["<mine.example>"])


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("451 try later", Outcome("failed", "SMTP 451: the server refused it")),
        ("554 spam", Outcome("permanent", "SMTP 554: the server refused it")),
        ("drop", Outcome("unknown", "the server ended the connection")),
    ],
)
def test_what_a_mail_server_says_of_the_letter(
    answer: str, expected: Outcome, post: Post, tmp_path: Path
) -> None:
    post.data = answer
    assert deliver(opened(mail_url(post.port), tmp_path), KHAN) == expected


def test_a_recipient_who_is_unknown_can_be_mended(post: Post, tmp_path: Path) -> None:
    post.recipients["desk@reader.example"] = "550 nobody"
    outcome = deliver(opened(mail_url(post.port), tmp_path), KHAN)
    assert outcome == Outcome("failed", "SMTP 550: the recipient was refused")


# --- failures -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b"invalid_payload", "permanent"),
        (413, b"", "permanent"),
        (401, b"", "failed"),
        (403, b"invalid_token", "failed"),
        (404, b"no_service", "failed"),
        (410, b"channel_is_archived", "failed"),
        (429, b"", "failed"),
        (500, b"", "unknown"),
        (503, b"", "unknown"),
        (200, b"<html>log in</html>", "unknown"),
    ],
)
def test_what_an_http_status_means(
    status: int, body: bytes, kind: str, slack_goes_to: Web, tmp_path: Path
) -> None:
    slack_goes_to.status, slack_goes_to.body = status, body
    outcome = deliver(opened(SLACK_URL, tmp_path), KHAN)
    assert outcome.kind == kind
    assert outcome.detail.startswith(f"HTTP {status}")


@pytest.mark.parametrize(
    "url", ["json://127.0.0.1:{port}/", "mailto://127.0.0.1:{port}?from=a@b.example&mode=insecure"]
)
def test_a_refused_connection_was_not_delivered(url: str, tmp_path: Path) -> None:
    outcome = deliver(opened(url.format(port=free_port()), tmp_path), KHAN)
    assert outcome == Outcome("failed", "the connection was refused")


@pytest.mark.parametrize(
    "url", ["json://name.invalid/", "mailto://name.invalid?from=a@b.example&mode=insecure"]
)
def test_an_unknown_host_was_not_delivered(url: str, tmp_path: Path) -> None:
    assert deliver(opened(url, tmp_path), KHAN) == Outcome("failed", "the host name was not found")


def test_a_connection_that_breaks_may_have_delivered(web: Web, tmp_path: Path) -> None:
    web.drop = True
    outcome = deliver(opened(f"json://127.0.0.1:{web.port}/", tmp_path), KHAN)
    assert outcome == Outcome("unknown", "the connection failed")


def test_a_service_that_does_not_answer_may_have_delivered(web: Web, tmp_path: Path) -> None:
    web.gate.clear()
    outcome = deliver(opened(f"json://127.0.0.1:{web.port}/", tmp_path), KHAN, timeout_s=0.4)
    assert outcome == Outcome("unknown", "no answer in time")


def test_a_late_delivery_is_not_repeated(web: Web, tmp_path: Path) -> None:
    web.gate.clear()
    sender = opened(f"json://127.0.0.1:{web.port}/?rto=30", tmp_path)
    assert deliver(sender, KHAN, timeout_s=0.2) == Outcome("unknown", "no answer within 0.2 s")
    assert deliver(sender, KHAN, timeout_s=0.05) == Outcome(
        "failed", "the try before this one has not ended yet"
    )
    web.gate.set()
    assert deliver(sender, KHAN) == Outcome("ok", "delivered late by the try before this one")
    assert len(web.requests) == 1
    assert deliver(sender, KHAN) == OK
    assert len(web.requests) == 2


def test_a_late_delivery_of_other_alerts_does_not_count(web: Web, tmp_path: Path) -> None:
    web.gate.clear()
    sender = opened(f"json://127.0.0.1:{web.port}/?rto=30", tmp_path)
    assert deliver(sender, KHAN, timeout_s=0.2).kind == "unknown"
    web.gate.set()
    assert deliver(sender, HEROF) == OK
    assert len(web.requests) == 2


def test_half_a_delivery_is_unknown(web: Web, tmp_path: Path, slack_goes_to: Web) -> None:
    from apprise.plugins.slack import NotifySlack

    sender = opened(f"{SLACK_URL}#one/#two", tmp_path)
    answers = iter([{"ok": True}, False])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NotifySlack, "_send", lambda *_args, **_kwargs: next(answers))
        outcome = deliver(sender, KHAN)
    assert outcome.kind == "unknown"
    assert outcome.detail.endswith("another of its targets took it")


# --- addresses ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("console://", None),
        (SLACK_URL, None),
        (f"https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/{TOKEN}", None),
        ("mailto://user:pass@mail.example", None),
        (
            f"slakc://T1JJ3T3L2/A1BRTD4JD/{TOKEN}",
            "no notification service accepts this address; did you mean slack://?",
        ),
        (f"https://example.org/{TOKEN}", "no notification service accepts this address"),
        (f"slack://{TOKEN}", "the slack:// address is incomplete or malformed"),
        (f"{TOKEN}://x", "no notification service accepts this address"),
        ("", "this is not a URL: one begins like slack://, mailto:// or console://"),
        (TOKEN, "this is not a URL: one begins like slack://, mailto:// or console://"),
    ],
)
def test_an_address_is_refused_with_a_reason_that_does_not_show_it(url: str, reason: str | None) -> None:
    assert check_url(url) == reason


def test_a_channel_with_a_bad_address_fails_for_good(tmp_path: Path) -> None:
    outcome = deliver(opened("slakc://x", tmp_path), KHAN)
    assert outcome == Outcome(
        "permanent", "no notification service accepts this address; did you mean slack://?"
    )


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        (Channel("c", url="console://"), "console://"),
        (Channel("c", url=SLACK_URL), "slack://…"),
        (
            Channel("c", url="mailto://user:hunter2@mail.example?to=a@b.example"),
            "mailto://…",
        ),
        (Channel("c", url=f"json://host.example/{TOKEN}?x={TOKEN}"), "json://…"),
        (Channel("c", missing=("SLACK_WEBHOOK",)), "off: SLACK_WEBHOOK not set"),
        (Channel("c", url=TOKEN), "(not a usable address)"),
    ],
)
def test_a_shown_address_has_no_secret(channel: Channel, expected: str) -> None:
    assert shown(channel) == expected


def test_no_secret_reaches_a_log_or_a_reason(
    web: Web,
    slack_goes_to: Web,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    root = logging.StreamHandler(sys.stderr)
    logging.getLogger().addHandler(root)
    urls = [
        SLACK_URL,
        f"slack://{TOKEN}",
        f"slakc://{TOKEN}",
        f"json://u:{TOKEN}@127.0.0.1:{web.port}/{TOKEN}?a={TOKEN}",
    ]
    urls += [f"mailto://u:{TOKEN}@127.0.0.1:{free_port()}?from=a@b.example&mode=insecure"]
    said: list[str] = []
    try:
        for status in (200, 404, 500):
            slack_goes_to.status = status
            for url in urls:
                said += [
                    str(check_url(url)),
                    shown(Channel("c", url=url)),
                    str(deliver(opened(url, tmp_path), KHAN)),
                ]
    finally:
        logging.getLogger().removeHandler(root)
    captured = capfd.readouterr()
    assert TOKEN not in " ".join([*said, caplog.text, captured.out, captured.err])
    assert len(web.requests) == 6


# --- the console --------------------------------------------------------------------------------


def test_the_console_shows_and_keeps_each_alert(tmp_path: Path) -> None:
    out = io.StringIO()
    sender = opened("console://", tmp_path, out)
    assert deliver(sender, KHAN, HEROF) == OK
    assert ENGLISH in out.getvalue()
    rows = [json.loads(line) for line in (tmp_path / "alerts.jsonl").read_text("utf-8").splitlines()]
    assert [(row["key"], row["story"], row["rule"]) for row in rows] == [
        ("001eef", 7, "khan"),
        ("003dde", 7, "balochistan"),
        ("005ccd", 8, "herof"),
    ]
    assert rows[0].keys() == {
        "at", "id", "key", "kind", "channel", "story", "rule", "title", "url", "possible_repeat", "text",
    }  # fmt: skip
    assert rows[0]["at"] == "2026-02-02T10:04:00+00:00"
    assert rows[2]["title"] == URDU
    assert "⟦آپریشن ہیروف⟧" in rows[2]["text"]


def test_a_line_torn_by_a_crash_does_not_swallow_the_next(tmp_path: Path) -> None:
    record = tmp_path / "alerts.jsonl"
    record.write_text('{"at": "2026-02', "utf-8")
    assert deliver(opened("console://", tmp_path), HEROF) == OK
    lines = record.read_text("utf-8").splitlines()
    assert lines[0] == '{"at": "2026-02'
    assert json.loads(lines[1])["rule"] == "herof"


def test_a_closed_terminal_is_no_failure_and_a_full_disk_is(tmp_path: Path) -> None:
    closed = io.StringIO()
    closed.close()
    assert deliver(opened("console://", tmp_path, closed), HEROF).kind == "ok"
    (tmp_path / "taken").write_text("")
    sender = open_channel(
        Channel("console", url="console://"), out=io.StringIO(), record=tmp_path / "taken" / "a"
    )
    assert deliver(sender, HEROF) == Outcome("failed", "the file of alerts cannot be written: File exists")


def test_a_terminal_without_unicode_still_shows_the_alert(tmp_path: Path) -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    sender = open_channel(Channel("console", url="console://"), out=out, record=tmp_path / "a.jsonl")
    assert deliver(sender, KHAN) == OK
    assert b"https://news.example/khan" in raw.getvalue()


@pytest.mark.parametrize("text", HOSTILE)
def test_the_console_can_not_be_driven(text: str, tmp_path: Path) -> None:
    out = io.StringIO()
    assert deliver(opened("console://", tmp_path, out), hostile(text)) == OK
    assert not set(out.getvalue()) & {"\x1b", "\x07", "\r", "\u202e", "\u2028", "\x85"}
    assert len((tmp_path / "alerts.jsonl").read_text("utf-8").splitlines()) == 2


def test_sending_is_cheap_to_import() -> None:
    code = "import sys, monitor.alerts.send; print(sorted({'apprise', 'requests', 'urllib3'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_styles_fit_their_channels(tmp_path: Path) -> None:
    styles: dict[str, Style] = {
        SLACK_URL: "chat",
        "json://host.example": "plain",
        "mailto://host.example?from=a@b.example": "plain",
        "console://": "plain",
    }
    for url, style in styles.items():
        assert opened(url, tmp_path).style == style
    limit = opened(SLACK_URL, tmp_path).limit
    assert 5_000 < limit < 35_000
