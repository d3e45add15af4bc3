"""What one client holds of a server: an IPv4 address, or all /64 of an IPv6 /56, of which he may use any."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from heapq import nlargest

from ideolab_f2b.connmon.phases.counts import PhaseCounts, SnapshotCounts, count_slots
from ideolab_f2b.connmon.phases.phase import SLOW_READ, TRICKLE
from ideolab_f2b.connmon.slots.history import SlotHistory
from ideolab_f2b.connmon.slots.usage import Usage, add_up
from ideolab_f2b.connmon.suspects.network import HOST6, SITE6, WIDE6

#: clients that are looked at in one snapshot: bounds memory and time
MOST_CLIENTS = 5_000


@dataclass(frozen=True)
class Holder:
    """Numbers of connections, over all addresses of one client."""

    #: {address: slots that it holds}
    addresses: Mapping[bytes, int]
    #: half hellos
    hellos: int
    #: seen to be the client's fault: half hellos, requests that go on and on, answers not taken
    faults: int
    #: these, and all others that wait for an answer
    waits: int
    #: waits that may be the application's
    owed: int
    #: we speak on them long after the client did
    streams: int
    #: one of the addresses was answered in the last ten minutes
    is_answered: bool

    @property
    def slots(self) -> int:
        """How many slots it holds."""
        return sum(self.addresses.values())

    def sum_up(self, history: SlotHistory, when: float) -> Usage:
        """Return what it did in the last minute."""
        return add_up(history.now.sum_up(address, when) for address in self.addresses)

    def count_before(self, history: SlotHistory, when: float) -> int:
        """Return the slots that it held when there was room."""
        return sum(history.count_before(address, when) for address in self.addresses)


def name_client(address: bytes) -> bytes:
    """Return the name of the client that an address is of: an IPv6 one has a /56, or more."""
    return address[:SITE6] if len(address) == HOST6 else address


def name_network(address: bytes) -> bytes:
    """Return the name of the IPv6 /48 of an address; an IPv4 /24 has many clients."""
    return address if len(address) == 4 else address[:WIDE6]


def list_holders(
    seen: SnapshotCounts,
    history: SlotHistory,
    least: int,
    is_exempt: Callable[[bytes], bool],
    name_of: Callable[[bytes], bytes] = name_client,
) -> Iterator[Holder]:
    """Yield who holds `least` slots or more, MOST_CLIENTS at most; exempt addresses are left out."""
    noted = _Noted(seen)
    for addresses in _find_largest(seen.phases, least, name_of):
        is_answered = any(one in history.known_answered for one in addresses)
        if len(addresses) > 1:
            # a neighbour is not to blame for what the others do
            addresses = [
                one for one in addresses if one not in history.known_answered or noted.has_fault(one)
            ]
        every = {one: count_slots(seen.phases[one]) for one in addresses}
        # who holds none may be a forged SYN
        held = {one: slots for one, slots in every.items() if slots and not is_exempt(one)}
        if sum(held.values()) >= least:
            yield noted.make(held, is_answered)


def _find_largest(
    phases: Mapping[bytes, PhaseCounts], least: int, name_of: Callable[[bytes], bytes]
) -> Collection[Collection[bytes]]:
    """Return the addresses of each of the clients that hold most."""
    slots: dict[bytes, int] = {}
    for address, counts in phases.items():
        name = name_of(address)
        slots[name] = slots.get(name, 0) + count_slots(counts)
    many = (name for name, number in slots.items() if number >= least)
    found: dict[bytes, list[bytes]] = {
        name: [] for name in nlargest(MOST_CLIENTS, many, key=slots.__getitem__)
    }
    for address in phases:
        if (name := name_of(address)) in found:
            found[name].append(address)
    return found.values()


class _Noted:
    """The lists of a snapshot, counted once."""

    def __init__(self, seen: SnapshotCounts) -> None:
        self._phases = seen.phases
        self._hellos, self._streams = Counter(seen.unanswered_hellos), Counter(seen.streams)
        self._speaking, self._unanswered = Counter(seen.speaking_on), Counter(seen.unanswered)

    def has_fault(self, address: bytes) -> bool:
        """Return whether a connection of the address is seen to be its fault."""
        counts = self._phases[address]
        return bool(self._hellos[address] or self._speaking[address] or counts[SLOW_READ] or counts[TRICKLE])

    def make(self, addresses: Mapping[bytes, int], is_answered: bool) -> Holder:
        hellos, speaking = _sum(self._hellos, addresses), _sum(self._speaking, addresses)
        unanswered = _sum(self._unanswered, addresses)
        slow_reads, trickles = (self._count(addresses, code) for code in (SLOW_READ, TRICKLE))
        # most of a trickle speaks on, and is among the faults already
        faults = hellos + speaking + slow_reads + max(0, trickles - speaking)
        waits = max(faults, hellos + unanswered + slow_reads)
        streams = _sum(self._streams, addresses)
        return Holder(addresses, hellos, faults, waits, unanswered - speaking, streams, is_answered)

    def _count(self, addresses: Collection[bytes], code: int) -> int:
        return sum(self._of(address)[code] for address in addresses)

    def _of(self, address: bytes) -> PhaseCounts:
        return self._phases[address]


def _sum(numbers: Mapping[bytes, int], addresses: Collection[bytes]) -> int:
    return sum(numbers[address] for address in addresses)
