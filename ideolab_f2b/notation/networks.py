"""One word -> the networks that it stands for."""

from __future__ import annotations

import re
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
    summarize_address_range,
)
from typing import Optional, Union

Network = Union[IPv4Network, IPv6Network]
_Address = Union[IPv4Address, IPv6Address]

#: characters of the longest word: a range of two IPv6 addresses with brackets and interfaces
LENGTH = 200
#: IPv4 in the notation of IPv6
_MAPPED = IPv6Network("::ffff:0:0/96")
#: [2001:db8::1], [2001:db8::1]:443, [2001:db8::]/48
_BRACKETS = re.compile(r"\[([^][]+)\](?::\d{1,5})?(/\d{1,3})?")
_PORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}")
#: fe80::1%eth0
_INTERFACE = re.compile(r"%[^/-]*")
_RANGE = re.compile(r"([0-9A-Fa-f.:]+)[-\u2013]([0-9A-Fa-f.:]+)")
#: 10.0.*.*, 10.0.x.x, and 10.0. as in hosts.allow(5), but not 1. and 2. before the lines of a list
_WILDCARD = re.compile(r"(\d{1,3}(?:\.\d{1,3}){0,2})\.[*xX](?:\.[*xX]){0,2}|(\d{1,3}(?:\.\d{1,3}){1,2})\.")
#: 10/8, 192.168/16
_SHORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){0,2})/(\d{1,2})")


def read(word: str) -> tuple[Network, ...]:
    """Return the networks of an address, a network, a range or a wildcard; ValueError when it is none.

    Bits of the host are set to zero, as fail2ban does: 203.0.113.5/24 is the whole 203.0.113.0/24. An IPv4
    address in the notation of IPv6 is the IPv4 address.
    """
    if len(word) > LENGTH:
        raise ValueError(f"a word of {len(word)} characters")
    text = _strip(word)
    found = _read_range(text) or (ip_network(_expand(text), strict=False),)
    return tuple(unmap(network) for network in found)


def _strip(word: str) -> str:
    """Take away quotes, brackets, a port and the interface."""
    text = word.strip("\"'`<>")
    brackets = _BRACKETS.fullmatch(text)
    if brackets:
        text = brackets[1] + (brackets[2] or "")
    port = _PORT.fullmatch(text)
    return _INTERFACE.sub("", port[1] if port else text)


def _read_range(text: str) -> Optional[tuple[Network, ...]]:
    found = _RANGE.fullmatch(text)
    if not found:
        return None
    first, last = ip_address(found[1]), _last_of_range(found[1], found[2])
    if first.version != last.version:
        raise ValueError("a range from IPv4 to IPv6")
    if last < first:  # type: ignore[operator]
        raise ValueError("a range whose end comes before its begin")
    return tuple(summarize_address_range(first, last))


def _last_of_range(first: str, last: str) -> _Address:
    # 203.0.113.65-69
    return ip_address(f"{first.rpartition('.')[0]}.{last}" if last.isdecimal() and "." in first else last)


def _expand(text: str) -> str:
    """Write a wildcard, a short network or a netmask of IPv6 as ip_network takes it."""
    wildcard, short = _WILDCARD.fullmatch(text), _SHORT.fullmatch(text)
    if wildcard:
        octets = (wildcard[1] or wildcard[2]).split(".")
        return f"{_fill(octets)}/{8 * len(octets)}"
    if short:
        return _expand_short(short[1].split("."), int(short[2]))
    base, slash, mask = text.partition("/")
    return f"{base}/{_count_bits(mask)}" if slash and ":" in mask else text


def _expand_short(octets: list[str], bits: int) -> str:
    # 0/0 is everybody, which is said; 24/7 and 1/2 are no networks
    network = IPv4Network(f"{_fill(octets)}/{bits}")
    if 0 < bits < 8:
        raise ValueError(f"short for {network}: write it whole")
    return str(network)


def _fill(octets: list[str]) -> str:
    return ".".join([*octets, "0", "0", "0"][:4])


def _count_bits(mask: str) -> int:
    number = int(IPv6Address(mask))
    bits = bin(number).count("1")
    if number != (1 << 128) - (1 << 128 - bits):
        raise ValueError(f"{mask} is no netmask")
    return bits


def unmap(network: Network) -> Network:
    """Return the IPv4 network of one in the notation of IPv6, and any other as it is."""
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        return IPv4Network((int(network.network_address) & 0xFFFFFFFF, network.prefixlen - 96))
    return network
