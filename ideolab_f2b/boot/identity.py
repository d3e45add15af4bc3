"""The text of a ban in the database -> the numbers of its element; quick, as there are many. Pure."""

from __future__ import annotations

import socket
from typing import Optional

from ideolab_f2b.kernel.ipset.element import LONGEST, Key

#: characters of the longest network; a longer text is none
_LENGTH = 50


def read_key(text: str) -> Optional[Key]:
    """Return the numbers of an address or a network; None for any other word."""
    address, slash, bits = text.partition("/")
    if len(text) > _LENGTH or (slash and not (bits.isascii() and bits.isdecimal())):
        return None
    family, version = (socket.AF_INET6, 6) if ":" in address else (socket.AF_INET, 4)
    try:
        number = int.from_bytes(socket.inet_pton(family, address), "big")
    except (OSError, ValueError):
        return None
    longest = LONGEST[version]
    prefix = int(bits) if slash else longest
    if not 0 < prefix <= longest:
        return None
    rest = longest - prefix
    return version, number >> rest << rest, prefix


def last_address(key: Key) -> int:
    """Return the number of the last address of a network."""
    version, first, prefix = key
    return first | ((1 << (LONGEST[version] - prefix)) - 1)
