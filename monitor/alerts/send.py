"""Deliver messages: the console ourselves, everything else through apprise, whose only home this is.

One Sender serves one channel and is used by one thread at a time. apprise is imported when the first channel
is opened: loading its plugins takes a second or two.
"""

# ruff: noqa: PLC0415  (apprise is imported where it is used: `check_url` of a console needs none of it)

from __future__ import annotations

import re
import smtplib
import threading
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from datetime import datetime
from difflib import get_close_matches
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol, TextIO
from urllib.parse import parse_qsl, urlsplit

from monitor.alerts.console import ADDRESS as CONSOLE
from monitor.alerts.console import Console
from monitor.alerts.message import TEXT_LIMIT, Style
from monitor.alerts.outcome import in_words, judge, listening
from monitor.models import Channel, Message, Outcome

_CONNECT_S = 10.0
_TITLE_ROOM = 220
_TEXT_AS_IT_IS = {"JSON", "XML", "FORM", "Syslog"}


class Sender(Protocol):
    """One channel, opened. `style` and `limit` are what its messages must be composed with."""

    name: str
    style: Style
    limit: int

    def deliver(self, message: Message, timeout_s: float, now: datetime) -> Outcome:
        """Send a message; blocks, never raises for what the other side does."""


def open_channel(channel: Channel, *, out: TextIO, record: Path) -> Sender:
    """Return the sender of a channel. `out` and `record` are the console's terminal and file.

    A URL that no plugin accepts gives a sender whose every delivery is a permanent failure.
    """
    if channel.url == CONSOLE:
        return Console(channel.name, out, record)
    service = _service(channel.url)
    if service is None:
        return Refusing(channel.name, check_url(channel.url) or "the channel's address is not accepted")
    return _mailer(channel.name, service) or Service(channel.name, service)


def check_url(url: str) -> str | None:
    """Say why a channel's URL cannot be used, without revealing it; None when it can."""
    if url == CONSOLE:
        return None
    scheme, separator, _ = url.partition("://")
    scheme = scheme.strip().lower()
    if not separator or not re.fullmatch(r"[a-z][a-z0-9+.-]{0,30}", scheme):
        return "this is not a URL: one begins like slack://, mailto:// or console://"
    if _service(url) is not None:
        return None
    known = _schemes()
    if scheme in known:
        return f"the {scheme}:// address is incomplete or malformed"
    near = get_close_matches(scheme, [*known, "console"], n=1, cutoff=0.75)
    hint = f"; did you mean {near[0]}://?" if near and not scheme.startswith("http") else ""
    return f"no notification service accepts this address{hint}"


def shown(channel: Channel) -> str:
    """Return what may be shown of a channel's address: which service it is."""
    if channel.off:
        return f"off: {', '.join(channel.missing)} not set"
    if channel.url == CONSOLE:
        return CONSOLE
    service = _service(channel.url)
    if service is None:
        return "(not a usable address)"
    # Not even the host: for some services the topic that stands there is all there is to know.
    return f"{channel.url.partition('://')[0]}://…"


class Refusing:
    """A channel whose address cannot be used."""

    style: Style = "plain"
    limit = TEXT_LIMIT

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self._reason = reason

    def deliver(self, message: Message, timeout_s: float, now: datetime) -> Outcome:  # noqa: ARG002
        """Refuse."""
        return Outcome("permanent", self._reason)


class _Timed:
    """Runs one try at a time in a thread of its own, and waits no longer than asked.

    A try that outlasts its deadline cannot be stopped: its outcome is unknown, the next delivery waits for
    it first, and when it turns out to have delivered the very alerts now asked for, nothing is sent again.
    """

    def __init__(self, name: str, service: Any) -> None:
        self.name = name
        self._service = service
        self._late: tuple[Future[Outcome], frozenset[int]] | None = None
        # What the address says itself with ?cto= and ?rto= stays.
        self._written = {"socket_connect_timeout", "socket_read_timeout"} & vars(service).keys()

    def deliver(self, message: Message, timeout_s: float, now: datetime) -> Outcome:
        """Send a message, or say after timeout_s seconds that nobody knows."""
        ids = frozenset(message.alert_ids)
        if self._late is not None:
            late, late_ids = self._late
            try:
                outcome = late.result(timeout_s)
            except FutureTimeoutError:
                return Outcome("failed", "the try before this one has not ended yet")
            self._late = None
            if outcome.kind == "ok" and ids and ids <= late_ids:
                return Outcome("ok", "delivered late by the try before this one")
        future: Future[Outcome] = Future()
        # A daemon thread: a service that hangs must not keep the program from ending.
        threading.Thread(
            target=_run,
            args=(future, self._try, message, timeout_s, now),
            name=f"send-{self.name}",
            daemon=True,
        ).start()
        try:
            return future.result(timeout_s)
        except FutureTimeoutError:
            self._late = future, ids
            return Outcome("unknown", f"no answer within {timeout_s:g} s")

    def _try(self, message: Message, timeout_s: float, now: datetime) -> Outcome:
        raise NotImplementedError

    def _wait_at_most(self, connect_s: float, read_s: float) -> None:
        if "socket_connect_timeout" not in self._written:
            self._service.socket_connect_timeout = connect_s
        if "socket_read_timeout" not in self._written:
            self._service.socket_read_timeout = read_s


def _run(future: Future[Outcome], attempt: Callable[[Message, float, datetime], Outcome], *args: Any) -> None:
    try:
        future.set_result(attempt(*args))
    except BaseException as error:  # noqa: BLE001  # a thread's error belongs to whoever waits for it
        future.set_exception(error)


class Service(_Timed):
    """Any service apprise speaks, as text."""

    def __init__(self, name: str, service: Any) -> None:
        from apprise import Apprise
        from apprise.common import OverflowMode

        super().__init__(name, service)
        self._apprise = Apprise()
        self._apprise.add(service)
        self.style: Style = "plain" if service.service_name in _TEXT_AS_IT_IS else "chat"
        # Some services count what apprise makes of the text, so a third is left to its conversions; should
        # that not do, a message in two parts is better than one the service refuses for ever.
        service.overflow_mode = OverflowMode.SPLIT
        room = 0 if service.title_maxlen else _TITLE_ROOM
        self.limit = max(500, min(TEXT_LIMIT, service.body_maxlen * 2 // 3 - room))

    def _try(self, message: Message, timeout_s: float, now: datetime) -> Outcome:  # noqa: ARG002
        self._wait_at_most(min(_CONNECT_S, timeout_s / 3), timeout_s / 2)
        title, text = message.title, message.text
        if 0 < self._service.title_maxlen < len(title):
            title, text = "", f"{title}\n{text}"  # else apprise would cut it
        with listening() as heard:
            result = self._apprise.notify(body=text, title=title, body_format="text")
        return Outcome("ok") if result else judge(heard)


class Mail(_Timed):
    """A mail of two parts, both ours, over the connection apprise makes.

    apprise would draw the text part from the HTML, without the marks. The Message-ID is made of the alerts'
    keys, so that mail systems which drop duplicates drop a repeat.
    """

    style: Style = "plain"
    limit = TEXT_LIMIT

    def __init__(self, name: str, service: Any) -> None:
        super().__init__(name, service)
        self._taken: tuple[str, set[str]] = "", set()

    def _try(self, message: Message, timeout_s: float, now: datetime) -> Outcome:
        from apprise.plugins.email.smtp import AppriseSMTPController

        service = self._service
        self._wait_at_most(timeout_s / 2, timeout_s / 2)
        identity = _message_id(message, service.from_addr[1])
        # Who took this very message in an earlier try is not sent it again.
        taken = self._taken[1] if self._taken[0] == identity else set()
        self._taken = identity, taken
        refusals: list[Outcome] = []
        try:
            letters = [
                (address, _letter(message, service, target, identity, now).as_bytes().decode("ascii"))
                for address, target in _envelopes(service)
                if address not in taken
            ]
        except (MessageError, ValueError) as error:
            return Outcome("permanent", f"the mail cannot be written: {in_words(error)}")
        connection = AppriseSMTPController(
            host=service.smtp_host,
            port=service.port,
            secure_mode=service.secure_mode,
            user=service.user,
            password=service.password,
            verify_certificate=service.verify_certificate,
            socket_connect_timeout=service.socket_connect_timeout,
        )
        try:
            with listening() as heard, connection as server:
                for address, letter in letters:
                    heard.clear()
                    if server.sendmail(service.from_addr[1], [address], letter):
                        taken.add(address)
                    else:
                        refusals.append(judge(heard))
        except (OSError, smtplib.SMTPException, RuntimeError, UnicodeError) as error:
            # The connection was never ready, so nothing was taken.
            return Outcome("failed", in_words(error))
        return _together(refusals, len(taken))


def _mailer(name: str, service: Any) -> Mail | None:
    from apprise.plugins.email.base import NotifyEmail

    # With PGP the mail is apprise's to build.
    return Mail(name, service) if type(service) is NotifyEmail and service.pgp_mode == "no" else None


def _envelopes(service: Any) -> list[tuple[str, tuple[str, str]]]:
    """Return each address once, with the (name, address) its letter is written to.

    Everyone has an SMTP transaction of their own: one who is refused must not make the others get it twice.
    """
    targets = [(name or "", address) for name, address in service.targets]
    envelopes = {address: (name, address) for name, address in targets}
    for address in sorted(service.cc | service.bcc):
        envelopes.setdefault(address, targets[0])
    return list(envelopes.items())


def _letter(
    message: Message, service: Any, target: tuple[str, str], identity: str, now: datetime
) -> EmailMessage:
    letter = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    # =?…?= is another way of writing any character, a line's end too, and is read where it stands in plain text.
    letter["Subject"] = message.title.replace("=?", "=\N{ZERO WIDTH SPACE}?")
    letter["From"] = formataddr((service.from_addr[0] or "", service.from_addr[1]))
    letter["To"] = formataddr(target)
    if copies := sorted(service.cc - {target[1]}):
        letter["Cc"] = ", ".join(copies)
    if service.reply_to:
        letter["Reply-To"] = ", ".join(sorted(service.reply_to))
    letter["Date"] = format_datetime(now)
    letter["Message-ID"] = identity
    for key, value in {**dict(message.headers), **service.headers}.items():
        del letter[key]
        letter[key] = " ".join(value.split())
    letter.set_content(message.text, subtype="plain", charset="utf-8", cte="base64")
    letter.add_alternative(message.html, subtype="html", charset="utf-8", cte="base64")
    for one in message.attachments:
        letter.add_attachment(one.text, subtype=one.subtype, charset="utf-8", cte="base64", filename=one.name)
    return letter


def _message_id(message: Message, sender: str) -> str:
    alerts = " ".join(sorted(f"{alert.key}.{alert.id}" for alert, _ in message.parts)) or message.text
    domain = sender.rpartition("@")[2] or "localhost"
    return f"<{sha256(alerts.encode()).hexdigest()[:32]}@{domain}>"


def _together(refusals: Sequence[Outcome], taken: int) -> Outcome:
    """Return one outcome for all recipients of a mail: what can still be mended decides."""
    if not refusals:
        return Outcome("ok")
    worst = min(refusals, key=lambda one: ("unknown", "failed", "permanent").index(one.kind))
    if taken and worst.kind == "permanent":
        return Outcome("ok", f"{len(refusals)} of {len(refusals) + taken} recipients: {worst.detail}")
    return worst


def _service(url: str) -> Any:
    """Return apprise's plugin for a URL, None when there is none."""
    _schemes()
    from apprise import Apprise, AppriseAsset

    with listening():
        asset = AppriseAsset(
            app_id="Regional news monitor",
            app_desc="Alerts on regional news",
            app_url="",
            storage_mode="memory",
            secure_logging=True,
            http_redirects=False,
            interpret_escapes=False,
            interpret_emojis=False,
            allow_templates=False,
            async_mode=False,  # in our own thread, so that what is logged there is heard
            service_timeout=0,  # the deadline is ours
        )
        service: Any = Apprise.instantiate(url, asset=asset)
    if service is not None and service.service_name == "Slack":
        # Their pictures come from elsewhere, and the footer names apprise; who wants them writes so.
        asked = {key for key, _ in parse_qsl(urlsplit(url).query)}
        service.include_image = service.include_image and "image" in asked
        service.include_footer = service.include_footer and "footer" in asked
    return service


@cache
def _schemes() -> tuple[str, ...]:
    """Load apprise with all its plugins; return the schemes they answer to."""
    with listening(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its plugins import what Python will drop
        from apprise.manager_plugins import NotificationManager

        manager: Any = NotificationManager
        return tuple(sorted(manager().schemas()))
