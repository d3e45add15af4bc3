"""Adds up the counts of addresses per /24 and /64. Gives no points."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable
from typing import NamedTuple

from ideolab_f2b.config import Network
from ideolab_f2b.connmon.phases.counts import PhaseCounts, add_up
from ideolab_f2b.connmon.phases.phase import HOSTILE


class NetworkCounts(NamedTuple):
    """The counts of all addresses of one network."""

    counts: PhaseCounts
    addresses: int
    #: addresses that have hostile connections
    hostile_addresses: int
    #: the counts of addresses that are no suspects themselves
    left: PhaseCounts


def prefix(address: bytes) -> bytes:
    """Return the bytes that name the /24 or /64 of a packed address."""
    return address[:3] if len(address) == 4 else address[:8]


def network_of(prefix: bytes) -> Network:
    """Return the network whose addresses have this prefix."""
    if len(prefix) == 3:
        return ipaddress.IPv4Network((prefix + b"\0", 24))
    return ipaddress.IPv6Network((prefix + bytes(8), 64))


def count_networks(
    table: Iterable[tuple[bytes, PhaseCounts]], suspects: Collection[bytes]
) -> dict[bytes, NetworkCounts]:
    """Return {prefix: NetworkCounts} of (packed address, counts) pairs."""
    everyone: dict[bytes, list[PhaseCounts]] = {}
    others: dict[bytes, list[PhaseCounts]] = {}
    for address, counts in table:
        name = prefix(address)
        everyone.setdefault(name, []).append(counts)
        if address not in suspects:
            others.setdefault(name, []).append(counts)
    return {
        name: NetworkCounts(
            add_up(rows), len(rows), sum(any(row[:HOSTILE]) for row in rows), add_up(others.get(name, ()))
        )
        for name, rows in everyone.items()
    }
