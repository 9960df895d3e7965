"""Which addresses may be connected to: public ones, and what `network.allow_private` names."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from monitor.errors import InputError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# The order decides which word is used: the narrower description first.
_NAMED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("an unspecified address", ("0.0.0.0/8", "::/128")),
    ("this machine's own address", ("127.0.0.0/8", "::1/128")),
    ("a link-local address", ("169.254.0.0/16", "fe80::/10")),
    ("a private address", ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10")),
    ("a carrier's shared address", ("100.64.0.0/10",)),
    ("a multicast address", ("224.0.0.0/4", "ff00::/8")),
    (
        "an IPv4 address inside an IPv6 one",
        ("::ffff:0:0/96", "::/96", "2002::/16", "2001::/32", "64:ff9b::/96", "64:ff9b:1::/48"),
    ),
)
_RANGES = tuple(
    (ipaddress.ip_network(text), words) for words, ranges in _NAMED for text in ranges
)  # fmt: skip
_RELAY_ANYCAST = ipaddress.ip_network("192.88.99.0/24")  # withdrawn, but Python still calls it global
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")  # nothing outside it is routed to the public
_DOCUMENTATION = ipaddress.ip_network("3fff::/20")


@dataclass(frozen=True, slots=True)
class Allowed:
    """One entry of `network.allow_private`."""

    network: Network
    port: int | None  # None: every port


def parse_allowed(text: str) -> Allowed:
    """Read "127.0.0.1", "127.0.0.1:8001", "[::1]:8001", "fd00::1" or "10.1.0.0/16"; raise InputError."""
    host, port = _split_port(text.strip())
    try:
        network = ipaddress.ip_network(host)
    except ValueError:
        raise InputError(
            f"{text!r} is not an address, an address with a port, or a network such as 10.1.0.0/16"
        ) from None
    return Allowed(network, port)


def _split_port(text: str) -> tuple[str, int | None]:
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise InputError(f"{text!r} has an opening bracket that is not closed before the port")
        number = rest[1:]
        if not rest:
            return host, None
    elif text.count(":") == 1:
        host, _, number = text.partition(":")
    else:
        return text, None
    if not (number.isascii() and number.isdigit() and 0 < int(number) < 65536):
        raise InputError(f"{text!r} ends in a port that is not a number from 1 to 65535")
    return host, int(number)


class AddressPolicy:
    """Tells which addresses may be connected to."""

    def __init__(self, allow_private: Iterable[str] = ()) -> None:
        self._allowed = tuple(parse_allowed(text) for text in allow_private)

    def refusal(self, address: str, port: int) -> str:
        """Say in words why a literal address is refused ("127.0.0.1 is this machine's own address"); "" if not."""
        ip = ipaddress.ip_address(address.partition("%")[0])  # a zone does not change what it is
        named = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped else ip
        if any(self._covers(entry, candidate, port) for entry in self._allowed for candidate in (ip, named)):
            return ""
        why = describe(named) or describe(ip)
        return f"{address} is {why}" if why else ""

    @staticmethod
    def _covers(entry: Allowed, ip: Address, port: int) -> bool:
        return entry.port in (None, port) and ip.version == entry.network.version and ip in entry.network


def describe(ip: Address) -> str:
    """Say what kind of address it is if it is not a public one, else return an empty string."""
    for network, words in _RANGES:
        if ip.version == network.version and ip in network:
            return words
    if ip.version == 6:
        public = ip in _GLOBAL_UNICAST and ip.is_global and ip not in _DOCUMENTATION
    else:
        public = ip.is_global and not ip.is_reserved and ip not in _RELAY_ANYCAST
    return "" if public else "a reserved address"


def literal(host: str) -> str | None:
    """Return the address when `host` is written as one, else None.

    Raises ValueError for the odd spellings (0x7f.1, 2130706433, 0177.0.0.1) that some resolvers turn
    into an address and others into a name: what is judged must be what is connected to.
    """
    bare = host.strip("[]").rstrip(".")
    try:
        return str(ipaddress.ip_address(bare.partition("%")[0]))
    except ValueError:
        last = bare.rpartition(".")[2].lower()
        if ":" in bare or last.isdigit() or (last.startswith("0x") and _is_hex(last[2:])):
            raise ValueError(f"{host} is not a host name and not an address in its usual form") from None
        return None


def _is_hex(text: str) -> bool:
    return all(character in "0123456789abcdef" for character in text)
