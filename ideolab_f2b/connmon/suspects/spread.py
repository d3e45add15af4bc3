"""Finds attacks that are spread over the addresses of a network: its members, or the network as a whole."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterator, Mapping
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
from ideolab_f2b.connmon.suspects.score import count_member, is_spread, is_whole

#: members of one network that are named in one snapshot, those with most connections first: a whole /24
MEMBERS = 256


class Spread(NamedTuple):
    """The attack that members of one network share."""

    network: bytes
    members: int
    #: hostile connections of all members
    connections: int


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
    members = {address: count_member(table[address]) for address in addresses}
    members = {address: count for address, count in members.items() if count}
    connections = sum(members.values())
    if not is_spread(connections, sums, settings):
        return {}
    spread = Spread(name, len(members), connections)
    return {address: spread for address in members if not is_exempt(address)}


def pick_members(
    members: Mapping[bytes, Spread], table: Mapping[bytes, PhaseCounts], before: Container[bytes]
) -> Iterator[bytes]:
    """Yield those members that were over a limit `before` too: of each network the MEMBERS largest."""
    groups: dict[bytes, list[tuple[int, bytes]]] = {}
    for address, spread in members.items():
        if address in before:
            groups.setdefault(spread.network, []).append((count_member(table[address]), address))
    for group in groups.values():
        yield from (address for _count, address in nlargest(MEMBERS, group))
