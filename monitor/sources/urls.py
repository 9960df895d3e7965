"""Addresses of the web: when two are one, what may be shown of them, what is wrong with them."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, urlsplit, urlunsplit

MAX_LENGTH = 8192

_TRACKING_PREFIXES = (
    "utm_",
    "at_",
    "ns_",
    "pk_",
    "piwik_",
    "mtm_",
    "matomo_",
    "hsa_",
    "oly_",
    "_hs",
    "__twitter",
)
# fmt: off
_TRACKING = frozenset({
    "fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "ysclid", "twclid",
    "ttclid", "igshid", "igsh", "mc_cid", "mc_eid", "cmpid", "ocid", "ftag", "xtor", "maca", "ref_src",
    "ref_url", "hsctatracking", "vero_id", "wickedid", "mkt_tok", "guccounter", "guce_referrer",
    "guce_referrer_sig", "spm", "traffic_source",
})
# fmt: on
_AMP_QUERY = frozenset({("amp", ""), ("amp", "1"), ("amp", "true"), ("outputtype", "amp"), ("output", "amp")})
_AMP_PATH = re.compile(r"/.*[^/]/amp/?$")
_DEFAULT_PORT = {"http": 80, "https": 443}
_SECRET_NAME = re.compile(
    r"token|secret|passw|pwd|^pass$|^(?:api|access|feed|private)?[_-]?key$|(?:^|[_-])o?auth(?:$|[_-]|key|orization)|signature|^sig$"
    r"|^code$|session|^sid$|^hash$|credential",
    re.IGNORECASE,
)
_RANDOM = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-|(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{20,}", re.IGNORECASE
)
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})")
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNIFORM_ALREADY = re.compile(r"[A-Za-z0-9._~/:=?@!$&'()*+,;-]*")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def fault_of(url: str) -> str:
    """Say what keeps a URL from being fetched ("has no host"); return "" for a usable http(s) URL."""
    if not url:
        return "is empty"
    if len(url) > MAX_LENGTH:
        return f"is longer than {MAX_LENGTH} characters"
    if _UNSAFE.search(url):
        return "contains spaces or control characters"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return f"cannot be read ({error})"
    if parts.scheme.lower() not in _DEFAULT_PORT:
        return (
            f"is not http or https ({parts.scheme}:)"
            if parts.scheme
            else "is not an absolute http or https URL"
        )
    return "" if host else "has no host"


@lru_cache(maxsize=2048)  # an entry's is asked for several times in one poll
def canonical_url(url: str) -> str:
    """Return the one form of a web address that its variants share; "" when it is not http(s).

    Scheme and host in lower case, host in its ASCII form, default port, fragment (unless #!),
    tracking parameters and AMP marks dropped, percent-encoding made uniform. Order of the other
    parameters and a trailing slash are kept: on real sites both can matter.
    """
    url = url.strip().replace(" ", "%20")
    if fault_of(url):
        return ""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    host = _ascii_host(parts.hostname or "")
    port = parts.port
    place = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORT[scheme]:
        place += f":{port}"
    path = _uniform(parts.path) or "/"
    if _AMP_PATH.match(path):
        path = path.rstrip("/").removesuffix("amp") if path.endswith("/") else path.removesuffix("/amp")
    fragment = _uniform(parts.fragment) if parts.fragment.startswith("!") else ""
    return urlunsplit((scheme, place, path, _query(parts.query), fragment))


def _ascii_host(host: str) -> str:
    host = host.lower().rstrip(".")
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return host


def _query(query: str) -> str:
    kept = []
    for field in query.split("&"):
        name, _, value = field.partition("=")
        lowered = name.lower()
        if not field or lowered in _TRACKING or lowered.startswith(_TRACKING_PREFIXES):
            continue
        if (lowered, value.lower()) in _AMP_QUERY:
            continue
        kept.append(_uniform(field))
    return "&".join(kept)


def _uniform(text: str) -> str:
    """Percent-encode what is not ASCII, decode what needs no encoding, write hex in capitals."""
    if _UNIFORM_ALREADY.fullmatch(text):
        return text

    def plain(match: re.Match[str]) -> str:
        character = chr(int(match[1], 16))
        return character if character in _UNRESERVED else f"%{match[1].upper()}"

    encoded = quote(_LONE_PERCENT.sub("%25", text), safe="%!$&'()*+,/:;=?@[]-._~|{}^`\\\"<>")
    return _PERCENT.sub(plain, encoded)


def same_place(url: str) -> str:
    """Return what identifies a page's place: its canonical URL without scheme and "www.".

    Sites move from http to https and drop their "www." without a new article being written.
    """
    canonical = canonical_url(url)
    return canonical.partition("://")[2].removeprefix("www.")


def shown_url(url: str) -> str:
    """Return a URL fit for messages and logs: log-in data and what looks like a token is masked."""
    try:
        parts = urlsplit(url)
        host, port, user = parts.hostname or "", parts.port, parts.username
    except ValueError:
        return "(a URL that cannot be read)"
    place = f"[{host}]" if ":" in host else host
    if port is not None:
        place += f":{port}"
    if user is not None:
        place = f"***@{place}"
    fields = []
    for field in parts.query.split("&") if parts.query else []:
        name, equals, value = field.partition("=")
        if value and (_SECRET_NAME.search(name) or _RANDOM.search(value)):
            fields.append(f"{name}=***")
        else:
            fields.append("***" if not equals and _RANDOM.search(name) else field)
    shown = urlunsplit((parts.scheme, place, parts.path, "&".join(fields), ""))
    return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", shown)
