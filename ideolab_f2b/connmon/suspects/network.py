"""Names addresses and the networks that hold them, and adds up the counts of a network. Gives no points.

A name is the leading bytes of an address, and its length says what it names: 4 an IPv4 address, 3 its /24;
8 an IPv6 /64, 7 and 6 its /56 and its /48. 16 bytes name a single IPv6 address: it is counted alone where its
/64 holds somebody who is never named.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

from ideolab_f2b.config import Network
from ideolab_f2b.connmon.phases.counts import PhaseCounts, add_up, count_slots
from ideolab_f2b.connmon.phases.phase import ACTIVE, HOSTILE, IDLE

#: bytes that name an IPv4 /24
SUBNET4: Final = 3
#: bytes that name an IPv6 /56
SITE6: Final = 7
#: bytes that name an IPv6 /48
WIDE6: Final = 6
#: bytes that name an IPv6 /64, which is one client
HOST6: Final = 8
_IPV4_SIZES = frozenset((SUBNET4, 4))
_NETWORK_SIZES = frozenset((SUBNET4, SITE6, WIDE6))


class NetworkCounts(NamedTuple):
    """The counts of the addresses of one network."""

    counts: PhaseCounts
    addresses: int
    #: addresses that have hostile connections
    hostile_addresses: int
    #: addresses that have hostile or served connections; the others are too young to say
    decided_addresses: int
    #: /56 with hostile connections; 1 for a network that is no wider
    sites: int = 1


def is_network(name: bytes) -> bool:
    """Return whether the name is that of a network of several addresses; a /64 is one client."""
    return len(name) in _NETWORK_SIZES


def networks_of(address: bytes) -> tuple[bytes, ...]:
    """Return the names of the networks that hold an address, the narrowest first."""
    if len(address) == 4:
        return (address[:SUBNET4],)
    return address[:SITE6], address[:WIDE6]


def network_of(name: bytes) -> Network:
    """Return all addresses that a name stands for."""
    if len(name) in _IPV4_SIZES:
        return ipaddress.IPv4Network((name.ljust(4, b"\0"), 8 * len(name)))
    return ipaddress.IPv6Network((name.ljust(16, b"\0"), 8 * len(name)))


def format_name(name: bytes) -> str:
    """Return an address as text, or a network with its prefix length."""
    if len(name) in _IPV4_SIZES:
        text = socket.inet_ntop(socket.AF_INET, name.ljust(4, b"\0"))
    else:
        text = socket.inet_ntop(socket.AF_INET6, name.ljust(16, b"\0"))
    return text if len(name) in (4, 16) else f"{text}/{8 * len(name)}"


def find_hostile_networks(table: Mapping[bytes, PhaseCounts], least: int) -> set[bytes]:
    """Return the networks whose addresses together have at least so many hostile connections."""
    sums: dict[bytes, int] = {}
    for address, counts in table.items():
        found = sum(counts[:HOSTILE])
        if found:
            for name in networks_of(address):
                sums[name] = sums.get(name, 0) + found
    return {name for name, found in sums.items() if found >= least}


def find_large_networks(table: Mapping[bytes, PhaseCounts], least: float) -> set[bytes]:
    """Return the /24 whose addresses together hold at least so many connections, whatever these do."""
    sums: dict[bytes, int] = {}
    for address, counts in table.items():
        if len(address) == 4:
            name = address[:SUBNET4]
            sums[name] = sums.get(name, 0) + count_slots(counts)
    return {name for name, found in sums.items() if found >= least}


def list_addresses(addresses: Iterable[bytes], wanted: Collection[bytes]) -> dict[bytes, list[bytes]]:
    """Return {network: those of the addresses that it holds} of the wanted networks."""
    found: dict[bytes, list[bytes]] = {name: [] for name in wanted}
    for address in addresses:
        for name in networks_of(address):
            if name in found:
                found[name].append(address)
    return found


def count_network(table: Mapping[bytes, PhaseCounts], addresses: Collection[bytes]) -> NetworkCounts:
    """Return the sums over these addresses of a network."""
    rows = [table[address] for address in addresses]
    hostile = [address for address in addresses if any(table[address][:HOSTILE])]
    return NetworkCounts(
        add_up(rows),
        len(rows),
        len(hostile),
        sum(any(row[:HOSTILE]) or bool(row[IDLE] or row[ACTIVE]) for row in rows),
        len({address[:SITE6] for address in hostile if len(address) > 4}) or 1,
    )
