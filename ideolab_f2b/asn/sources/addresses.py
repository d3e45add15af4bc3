"""One address, range or network of a source -> whole numbers; RowError for what no AS can announce. Pure."""

from __future__ import annotations

from bisect import bisect_right
from ipaddress import IPv4Network, IPv6Network
from socket import AF_INET, AF_INET6, inet_pton

from ideolab_f2b.asn.range_row import BITS
from ideolab_f2b.asn.sources.refusals import RowError

#: digits of the highest address
_DIGITS = 39
#: bits of the widest range: two /8 (IPv6: /16) that lie side by side may be one row, and 0.0.0.0/0 is none
_WIDEST = {4: 26, 6: 114}
#: private, loopback, link-local, multicast, reserved; documentation networks, which nobody has, may pass
_NEVER4 = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
    *("192.168.0.0/16", "224.0.0.0/3"),
)
#: all but what IANA has given out; the IPv4 addresses within ::/8 are private to the host or its translator
_NEVER6 = ("::/3", "4000::/2", "8000::/1")
_NEVER = {
    4: [(int(one[0]), int(one[-1])) for one in map(IPv4Network, _NEVER4)],
    6: [(int(one[0]), int(one[-1])) for one in map(IPv6Network, _NEVER6)],
}
_FIRST = {version: [first for first, _last in ranges] for version, ranges in _NEVER.items()}


def parse_address(text: str) -> tuple[int, int]:
    """Return the version and the number of `198.51.100.7`, `2001:db8::7` or 3325256711."""
    try:
        if ":" in text:
            return 6, int.from_bytes(inet_pton(AF_INET6, text), "big")
        if "." in text:
            return 4, int.from_bytes(inet_pton(AF_INET, text), "big")
    except (OSError, ValueError):
        raise RowError("no address") from None
    if not text.isascii() or not text.isdecimal() or len(text) > _DIGITS:
        raise RowError("no address")
    number = int(text)
    if number >> 128:
        raise RowError("no address")
    return (6 if number >> 32 else 4), number


def parse_network(text: str) -> tuple[int, int, int]:
    """Return the version, the first and the last address of `198.51.100.0/24`."""
    address, slash, length = text.partition("/")
    version, first = parse_address(address)
    bits = BITS[version]
    is_length = slash and length.isascii() and length.isdecimal() and len(length) <= 3
    if address.isdecimal() or not is_length or int(length) > bits:
        raise RowError("no network")
    host = (1 << bits - int(length)) - 1
    if first & host:
        raise RowError("bits of the host are set")
    return version, first, first | host


def parse_range(first: str, last: str) -> tuple[int, int, int]:
    """Return the version, the first and the last address of a range."""
    version, low = parse_address(first)
    other, high = parse_address(last)
    if version != other or high < low:
        raise RowError("a range whose end comes before its begin")
    return version, low, high


def require_public(version: int, first: int, last: int) -> None:
    """RowError for a range that is too wide for an AS, or holds addresses that none has."""
    if (last - first) >> _WIDEST[version]:
        raise RowError("wider than an AS announces")
    index = bisect_right(_FIRST[version], last) - 1
    if index >= 0 and _NEVER[version][index][1] >= first:
        raise RowError("private or reserved addresses")
