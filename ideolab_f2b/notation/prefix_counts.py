"""How much some prefixes hold, in words."""

from __future__ import annotations


def describe(prefixes: int, addresses4: int, networks6: int) -> str:
    """Return `3 prefixes, 192 IPv4 addresses and 65,536 /64 of IPv6`; a family with nothing is left out."""
    words = [_count(addresses4, "IPv4 address")] if addresses4 else []
    words += [f"{networks6:,} /64 of IPv6"] if networks6 else []
    return f"{_count(prefixes, 'prefix')}, {' and '.join(words) or 'no address'}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 'es'}"
