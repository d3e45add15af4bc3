"""Finds the largest numbers of those clients of a snapshot that look honest: they get answers. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ideolab_f2b.connmon.phases.counts import PhaseCounts, count_slots
from ideolab_f2b.connmon.phases.phase import ACTIVE, HOSTILE, IDLE, PARTIAL_HELLO
from ideolab_f2b.connmon.suspects.network import networks_of
from ideolab_f2b.connmon.suspects.score import count_proven

#: connections from which an address is worth a look: answers are noted from so many on, and twice what fewer
#: of them can hold quietly beside as many served ones is below every limit
LARGE = 8


class Largest(NamedTuple):
    """A number of connections, and the address or network that had so many; b"" with 0."""

    value: int = 0
    name: bytes = b""


class HonestClients(NamedTuple):
    """The largest numbers of one snapshot."""

    #: addresses with connections, honest or not
    addresses: int = 0
    #: addresses with LARGE connections or more that get answers
    large: int = 0
    #: connections, whatever they do
    connections: Largest = Largest()
    #: connections that the rules would hold against an address
    quiet: Largest = Largest()
    #: half hellos
    hellos: Largest = Largest()
    #: quiet connections of the addresses of one network that have as many served ones beside them
    network: Largest = Largest()


def find_honest(
    table: Mapping[bytes, PhaseCounts],
    count_answers: Callable[[bytes], float],
    is_exempt: Callable[[bytes], bool],
    *,
    with_networks: bool,
) -> HonestClients:
    """Return the largest numbers of those that got as many answers of late as they have quiet connections.

    The rules spare who got fewer, but an attacker could buy those, and raise a limit with them.
    """
    large = 0
    connections = quiet = hellos = Largest()
    for address, counts in table.items():
        if sum(counts) < LARGE or is_exempt(address):
            continue
        if count_answers(address) < max(1, sum(counts[:HOSTILE])):
            continue
        large += 1
        connections = max(connections, Largest(count_slots(counts), address))
        quiet = max(quiet, Largest(count_proven(counts), address))
        hellos = max(hellos, Largest(counts[PARTIAL_HELLO], address))
    network = _find_network(table, is_exempt) if with_networks else Largest()
    return HonestClients(len(table), large, connections, quiet, hellos, network)


def _find_network(table: Mapping[bytes, PhaseCounts], is_exempt: Callable[[bytes], bool]) -> Largest:
    sums: dict[bytes, int] = {}
    for address, counts in table.items():
        found = sum(counts[:HOSTILE])
        if found and counts[IDLE] + counts[ACTIVE] >= found and not is_exempt(address):
            for name in networks_of(address):
                sums[name] = sums.get(name, 0) + found
    return max((Largest(value, name) for name, value in sums.items()), default=Largest())
