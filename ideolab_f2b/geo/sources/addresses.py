"""Addresses as the files write them -> numbers; ipaddress is ten times slower."""

from __future__ import annotations

from socket import AF_INET, AF_INET6, inet_pton

#: the last number that is an address of IPv4
LAST4 = (1 << 32) - 1
#: the last number that is an address of IPv6
LAST6 = (1 << 128) - 1
#: digits of the longest prefix length
_DIGITS = 3


class AddressError(ValueError):
    """A row is not taken; the text is one of a few of our own words, without anything of the row."""


def read_address4(text: str) -> int:
    """Return the number of an IPv4 address; OSError for what is none."""
    return int.from_bytes(inet_pton(AF_INET, text), "big")


def read_address6(text: str) -> int:
    """Return the number of an IPv6 address; OSError for what is none."""
    return int.from_bytes(inet_pton(AF_INET6, text), "big")


def read_number(text: str) -> int:
    """Return an address that is written as a number in digits; AddressError for what is none."""
    number = int(text) if text.isdecimal() else -1
    if not 0 <= number <= LAST6:
        raise AddressError("not an address")
    return number


def read_network(text: str) -> tuple[int, int, int]:
    """Return family, first and last address of a network, or of an address; AddressError, OSError."""
    address, slash, length = text.partition("/")
    version, bits = (6, 128) if ":" in address else (4, 32)
    first = read_address6(address) if version == 6 else read_address4(address)
    if slash and not (length.isdecimal() and len(length) <= _DIGITS and int(length) <= bits):
        raise AddressError("not a prefix length")
    size = 1 << bits - (int(length) if slash else bits)
    if first & size - 1:
        raise AddressError("bits of the host are set")
    return version, first, first + size - 1
