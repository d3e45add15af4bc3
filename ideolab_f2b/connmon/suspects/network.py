"""Counts per address -> sums per /24 and /64. Weighs nothing."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable
from typing import NamedTuple

from ideolab_f2b.config import Network
from ideolab_f2b.connmon.suspects.counts import Counts, total
from ideolab_f2b.connmon.suspects.phase import HOSTILE


class Sums(NamedTuple):
    """Over the addresses of one network."""

    counts: Counts
    addresses: int
    #: addresses that have hostile connections
    hostile_addresses: int
    #: the counts of addresses that are no suspects themselves
    left: Counts


def prefix(address: bytes) -> bytes:
    """The bytes that name the /24 or /64 of a packed address."""
    return address[:3] if len(address) == 4 else address[:8]


def network(named: bytes) -> Network:
    """The network that `prefix` named."""
    if len(named) == 3:
        return ipaddress.IPv4Network((named + b"\0", 24))
    return ipaddress.IPv6Network((named + bytes(8), 64))


def sums(table: Iterable[tuple[bytes, Counts]], suspects: Collection[bytes]) -> dict[bytes, Sums]:
    """{prefix: Sums} of (packed address, counts) pairs."""
    everyone: dict[bytes, list[Counts]] = {}
    others: dict[bytes, list[Counts]] = {}
    for address, counts in table:
        name = prefix(address)
        everyone.setdefault(name, []).append(counts)
        if address not in suspects:
            others.setdefault(name, []).append(counts)
    return {
        name: Sums(
            total(rows), len(rows), sum(any(row[:HOSTILE]) for row in rows), total(others.get(name, ()))
        )
        for name, rows in everyone.items()
    }
