"""Finds attacks that are spread over the addresses of a network: its members, or the network as a whole."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import nlargest
from typing import NamedTuple

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.phases.counts import PhaseCounts
from ideolab_f2b.connmon.suspects.network import (
    SITE6,
    NetworkCounts,
    count_network,
    find_hostile_networks,
    list_addresses,
)
from ideolab_f2b.connmon.suspects.score import (
    MEMBER_CONNECTIONS,
    count_excess,
    count_hostile,
    count_member,
    count_quiet,
    is_spread,
    is_whole,
)

#: members of one network that are named in one snapshot, those with most connections first: a whole /24
MEMBERS = 256
#: addresses that are a crowd: each holds too little to prove anything, and all do the same
CROWD = 30
#: a crowd has at least this part of the addresses of its network: a carrier's phones lose their radio too
CROWD_PART = 3
#: a crowd of addresses that are served as well holds so many times the limit
SERVED_CROWD_LIMITS = 2


class Spread(NamedTuple):
    """The attack that members of one network share."""

    network: bytes
    members: int
    #: hostile connections of all members
    connections: int
    #: hostile connections that make a member
    least: int = MEMBER_CONNECTIONS


@dataclass
class NetworkAttacks:
    """The networks that are hostile as a whole, and the members of the others."""

    whole: dict[bytes, NetworkCounts] = field(default_factory=dict)
    members: dict[bytes, Spread] = field(default_factory=dict)


def find_attacks(
    table: Mapping[bytes, PhaseCounts],
    over: Collection[bytes],
    settings: Connmon,
    is_exempt: Callable[[bytes], bool],
) -> NetworkAttacks:
    """Return the attacks among the addresses of a snapshot.

    Addresses that are `over` their own limit are no members, but count for a network as a whole. What a /56
    is banned for does not count for its /48.
    """
    found = NetworkAttacks()
    addresses = list_addresses(table, find_hostile_networks(table, settings.th_hostile_subnet))
    for name in sorted(addresses, key=len, reverse=True):
        rest = [address for address in addresses[name] if address[:SITE6] not in found.whole]
        sums = count_network(table, rest)
        if is_whole(name, sums, settings) and not is_exempt(name):
            found.whole[name] = sums
        else:
            others = [address for address in rest if address not in over and address not in found.members]
            found.members.update(_find_members(name, table, others, sums, settings, is_exempt))
    return found


def _find_members(
    name: bytes,
    table: Mapping[bytes, PhaseCounts],
    addresses: Collection[bytes],
    sums: NetworkCounts,
    settings: Connmon,
    is_exempt: Callable[[bytes], bool],
) -> dict[bytes, Spread]:
    found: dict[bytes, Spread] = {}
    proven = _count(table, addresses, count_member)
    if is_spread(sum(proven.values()), sums, settings):
        found.update(dict.fromkeys(proven, Spread(name, len(proven), sum(proven.values()))))
    rest = [address for address in addresses if address not in found]
    for crowd, limits in (
        (_count(table, rest, count_quiet), 1),
        (_count(table, rest, count_excess), SERVED_CROWD_LIMITS),
    ):
        if _is_crowd(crowd, limits, sums, settings):
            found.update(dict.fromkeys(crowd, Spread(name, len(crowd), sum(crowd.values()), 1)))
    return {address: spread for address, spread in found.items() if not is_exempt(address)}


def _count(
    table: Mapping[bytes, PhaseCounts], addresses: Iterable[bytes], count: Callable[[PhaseCounts], int]
) -> dict[bytes, int]:
    counted = {address: count(table[address]) for address in addresses}
    return {address: found for address, found in counted.items() if found}


def _is_crowd(crowd: Mapping[bytes, int], limits: int, sums: NetworkCounts, settings: Connmon) -> bool:
    """Return whether addresses that prove nothing alone are an attack together.

    What others are served counts by addresses: one of them can hold any number of connections.
    """
    return (
        len(crowd) >= CROWD
        and CROWD_PART * len(crowd) >= sums.decided_addresses
        and sum(crowd.values()) >= limits * settings.th_hostile_subnet
    )


def pick_members(
    members: Mapping[bytes, Spread], table: Mapping[bytes, PhaseCounts], before: Container[bytes]
) -> Iterator[bytes]:
    """Yield those members that were over a limit `before` too: of each network the MEMBERS largest."""
    groups: dict[bytes, list[tuple[int, bytes]]] = {}
    for address, spread in members.items():
        if address in before:
            groups.setdefault(spread.network, []).append((count_hostile(table[address]), address))
    for group in groups.values():
        yield from (address for _count, address in nlargest(MEMBERS, group))
