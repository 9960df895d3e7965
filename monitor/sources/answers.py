"""What a server's answer means for a person and for the next visit. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from monitor.models import Response

DAY_S = 86_400.0

# What the pages of the common bot checks say of themselves, in lower case.
_CHALLENGES = (
    b"<title>just a moment",
    b"challenge-platform",
    b"_cf_chl",
    b"cf-browser-verification",
    b"cf-turnstile",
    b"checking your browser",
    b"verifying you are human",
    b"verify you are human",
    b"ddos-guard",
    b"ddos protection by",
    b"_incapsula_resource",
    b"sucuri website firewall",
    b"sucuri_cloudproxy",
    b"captcha-delivery.com",
    b"px-captcha",
    b"awswafintegration",
    b"__arcsjs",
    b"enable javascript and cookies to continue",
)
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,10})", re.IGNORECASE)
_UNCACHED = re.compile(r"(?:^|[\s,])(?:no-store|no-cache)(?:$|[\s,])", re.IGNORECASE)


def retry_after_s(value: str, now: datetime) -> float | None:
    """Read a Retry-After header, seconds or an HTTP date, as seconds from `now`: 0 to one day."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        seconds = float(value[:12])
    else:
        try:
            at = parsedate_to_datetime(value)
        except ValueError:
            return None
        if at.tzinfo is None:
            at = at.replace(tzinfo=UTC)
        seconds = (at - now).total_seconds()
    return min(max(seconds, 0.0), DAY_S)


def max_age_s(response: Response) -> int | None:
    """Return for how many more seconds the answer calls itself fresh; None when it does not say."""
    control = response.header("cache-control")
    found = _MAX_AGE.search(control)
    if found is None or _UNCACHED.search(control):
        return None
    age = response.header("age").strip()
    spent = int(age) if age.isascii() and age.isdigit() and len(age) < 10 else 0
    return max(int(found[1]) - spent, 0)


def is_challenge(status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> bool:
    """Tell whether a refusal is a page that wants a browser to prove itself."""
    if status not in {401, 403, 405, 429, 503}:
        return False
    if ("cf-mitigated", "challenge") in headers:
        return True
    start = body[:65_536].lower()
    return any(mark in start for mark in _CHALLENGES)


def refusal_words(site: str, status: int, challenge: bool) -> str:
    """Say what an error status means, for a reader who does not know the numbers."""
    if challenge:
        return f"{site} answers with a browser check ({status})"
    try:
        phrase = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = str(status)
    said = {
        401: "wants a log-in",
        403: "refuses this program",
        404: "has nothing at this address",
        410: "says that this address is gone for good",
        429: "asks for fewer requests",
        451: "withholds this for legal reasons",
        503: "is not available just now",
    }.get(status, "has an error of its own" if status >= 500 else "refuses the request")
    return f"{site} {said} ({phrase})"
