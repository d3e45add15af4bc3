"""Reads one field of a whois answer, which may be hostile: a clean value, or None. Pure."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import Optional, Union

from ideolab_f2b.config import Network

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]

#: characters of an AS name that are kept
NAME_LENGTH = 120
#: nobody announces more than a /8, or than 6to4's /16: one such answer must not own the whole cache
WIDEST = {4: 8, 6: 16}
#: NRO's code for "no country"
_NO_COUNTRY = "ZZ"
# controls, bidirectional and invisible marks, halves of characters, private ones, line and paragraph ends
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def decode(data: bytes) -> str:
    """Read UTF-8, or the Latin-1 that LACNIC's registrants wrote."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def name(text: object) -> Optional[str]:
    """Return one printable line of at most NAME_LENGTH characters."""
    # a bound before the work: what comes in may be megabytes
    given = str(text or "")[: 4 * NAME_LENGTH]
    # most names need no look at each character
    clean = given if given.isprintable() else "".join(map(_clean, given))
    words = " ".join(clean.split())
    return words[:NAME_LENGTH].rstrip() or None


def _clean(character: str) -> str:
    if character in "\t\n\r":
        return " "
    return "" if unicodedata.category(character) in _UNSEEN else character


def asn(text: object) -> Optional[str]:
    """Return the digits: `64500` of 64500, AS64500, `64500 64501` and `{64500,64501}` (the first origin)."""
    match = re.match(r"\s*\{?\s*(?:AS)?([0-9]{1,10})(?![0-9.])", str(text), re.IGNORECASE)
    if not match or not 0 < int(match.group(1)) < 2**32:
        return None
    return str(int(match.group(1)))


def country(text: object) -> Optional[str]:
    """Return two upper-case letters."""
    word = str(text or "").strip().upper()
    return word if re.fullmatch("[A-Z]{2}", word) and word != _NO_COUNTRY else None


def network(text: object, address: Address) -> Optional[Network]:
    """Return the network if it holds the address and can be announced; LACNIC's `200.3/16` is one, too."""
    word = str(text).strip()
    base, slash, length = word[:64].partition("/")
    if address.version == 4 and slash:
        base += ".0" * (3 - base.count("."))
    try:
        found = ipaddress.ip_network(f"{base}/{length}", strict=False) if slash else None
    except ValueError:
        return None
    if found is None or found.prefixlen < WIDEST[found.version] or address not in found:
        return None
    return found
