"""How sets of jails are called in nf_tables, so that `nft` can list them and load what it listed."""

from __future__ import annotations

import re
from typing import Optional

from ideolab_f2b.kernel.ipset.element import LONGEST

#: the table of the bans, of both families
TABLE = "ideolab"
#: what a set of a jail may be called; no / is in it
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,31}")
#: nft wants a letter first, and has no word of its own with an underscore
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9.-]*_[A-Za-z0-9_.-]*")
#: what stands before any other name
_MARK = "_/"
_PORTS = "ports/"


def check(name: str) -> str:
    """`name` when a set can have it; ValueError."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a set: 1 to 31 letters, digits, _ . - are needed")
    return name


def encode(name: str, prefix: Optional[int] = None) -> str:
    """Return the set of the addresses, or of the networks of one prefix length, of a name."""
    plain = check(name) if _PLAIN.fullmatch(name) else _MARK + check(name)
    return plain if prefix is None else f"{plain}/{prefix}"


def decode(encoded: str) -> tuple[str, Optional[int]]:
    """Return the name, and the prefix length where it is not a single address's."""
    name, _slash, prefix = encoded[len(_MARK) if encoded.startswith(_MARK) else 0 :].partition("/")
    return name, int(prefix) if prefix.isascii() and prefix.isdecimal() else None


def encode_length(name: str, version: int, prefix: int) -> str:
    """Return the set that holds networks of a prefix length."""
    return encode(name, None if prefix == LONGEST[version] else prefix)


def port_chain(name: str) -> str:
    """Return the chain with the port rules of a set."""
    return _PORTS + check(name)


def is_port_chain(chain: str) -> bool:
    """Return whether a chain has the port rules of a set."""
    return chain.startswith(_PORTS)


def port_set(chain: str) -> str:
    """Return the name of the set whose port rules a chain has."""
    return chain[len(_PORTS) :]
