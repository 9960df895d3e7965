"""Hear why a delivery failed, and say it in our own words.

apprise answers yes or no; its reasons go to its log, where at DEBUG whole webhook addresses stand too. So
nothing that apprise, requests or urllib3 log reaches any handler: an ear listens instead, and what it hears
becomes an Outcome that holds no text of theirs.
"""

from __future__ import annotations

import logging
import re
import smtplib
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from monitor.models import Outcome

_MESSAGE_REFUSED = {400, 413, 414, 422}
_STATUS = re.compile(r"\berror=(\d{3})\b")
# These write whole addresses, and urllib3 does so even in warnings. Nothing else here uses urllib3.
_TELLTALES = ("apprise", "urllib3", "urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry")
# Class names, for requests and urllib3 are apprise's dependencies and not ours.
_NOT_SENT = {
    "ConnectTimeout", "ConnectTimeoutError", "NewConnectionError", "NameResolutionError", "SSLError",
    "ConnectionRefusedError", "gaierror", "InvalidURL", "MissingSchema", "InvalidSchema", "UnicodeError",
}  # fmt: skip
_WORDS = (
    ("NameResolutionError", "the host name was not found"),
    ("gaierror", "the host name was not found"),
    ("NewConnectionError", "the connection was refused"),  # before what urllib3 derives it from
    ("ConnectionRefusedError", "the connection was refused"),
    ("ConnectTimeout", "no connection in time"),
    ("ConnectTimeoutError", "no connection in time"),
    ("SSLError", "the secure connection failed"),
    ("Timeout", "no answer in time"),
    ("TimeoutError", "no answer in time"),
    ("SMTPServerDisconnected", "the server ended the connection"),
    ("UnicodeError", "the address holds letters that cannot be sent"),
    ("SMTPException", "the mail server did not take it"),
)


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing apprise would have logged, and the error it was about."""

    level: int
    text: str
    error: BaseException | None = None


class _Ear(logging.Filter):
    """Keeps every record from the handlers; a thread that listens gets it instead."""

    threads = threading.local()

    def filter(self, record: logging.LogRecord) -> bool:
        heard: list[Heard] | None = getattr(self.threads, "heard", None)
        if heard is not None:
            # apprise logs inside its except clauses, where the error itself can still be seen.
            heard.append(Heard(record.levelno, record.getMessage(), sys.exc_info()[1]))
        return False


_EAR = _Ear()


@contextmanager
def listening() -> Iterator[list[Heard]]:
    """Give this thread what apprise logs meanwhile, and everybody else nothing of it."""
    for name in _TELLTALES:
        logging.getLogger(name).addFilter(_EAR)
    logging.getLogger("apprise").setLevel(logging.DEBUG)  # else the reasons are never said
    before = getattr(_EAR.threads, "heard", None)
    heard: list[Heard] = []
    _EAR.threads.heard = heard
    try:
        yield heard
    finally:
        _EAR.threads.heard = before


def judge(heard: Sequence[Heard]) -> Outcome:
    """Say what a failed try means, from what apprise said about it."""
    error = next((one.error for one in reversed(heard) if one.error is not None), None)
    statuses = [int(found[1]) for one in heard if (found := _STATUS.search(one.text))]
    if error is not None:
        outcome = Outcome(_meaning(error), in_words(error))
    elif statuses:
        outcome = _answered(statuses[-1])
    else:
        outcome = Outcome("failed", "the service did not take it")
    if outcome.kind != "unknown" and any(
        one.level == logging.INFO and one.text.startswith("Sent ") for one in heard
    ):
        return Outcome("unknown", f"{outcome.detail}; another of its targets took it")
    return outcome


def _answered(status: int) -> Outcome:
    """Return what an HTTP status that is not a success means.

    400 and its like refuse this message, and would again. 401, 403, 404 and 410 refuse the address: that a
    person can mend while the alerts wait. After 5xx, and a success that does not say so, it may have arrived.
    """
    if status in _MESSAGE_REFUSED:
        return Outcome("permanent", f"HTTP {status}: the service refuses this message")
    if status in {401, 403, 404, 410}:
        return Outcome("failed", f"HTTP {status}: the service does not know this address, or no longer")
    if status == 429:
        return Outcome("failed", "HTTP 429: too many messages")
    if status < 300:
        return Outcome("unknown", f"HTTP {status}, but not this service's answer")
    return Outcome("failed" if status < 500 else "unknown", f"HTTP {status}")


def _names(error: BaseException) -> set[str]:
    """Return the names of an error's classes and of what caused it, as requests wraps urllib3's."""
    inner = getattr(error.args[0], "reason", None) if error.args else None
    classes = [*type(error).__mro__, *(type(inner).__mro__ if inner is not None else ())]
    return {one.__name__ for one in classes}


def _meaning(error: BaseException) -> str:
    if isinstance(error, smtplib.SMTPDataError):
        return "permanent" if error.smtp_code >= 500 else "failed"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "unknown"
    return "failed" if _names(error) & _NOT_SENT or isinstance(error, smtplib.SMTPException) else "unknown"


def in_words(error: BaseException) -> str:
    """Return what went wrong in our own words: an error's text may hold the channel's address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({str(code) for code, _ in error.recipients.values()})
        return f"SMTP {', '.join(codes)}: the recipient was refused"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"SMTP {error.smtp_code}: the server refused it"
    names = _names(error)
    return next((words for name, words in _WORDS if name in names), "the connection failed")
