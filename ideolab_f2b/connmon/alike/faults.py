"""Knows of each address since when it keeps the server waiting by a fault of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterator
from itertools import islice
from typing import NamedTuple

from ideolab_f2b.connmon.alike.client import SlotClient
from ideolab_f2b.connmon.phases.counts import PhaseCounts, SnapshotCounts, count_slots
from ideolab_f2b.connmon.phases.phase import (
    ACTIVE,
    HANDSHAKE_ONLY,
    IDLE,
    MUTE,
    PARTIAL_HELLO,
    PHASES,
    SLOW_READ,
    TRICKLE,
    YOUNG,
)

#: seconds for which an address must be at fault; a second or two may be the radio of a phone
LASTING_S = 3.0
#: seconds without a fault that do not end one: who gives up half a hello opens the next
PAUSE_S = 3.0
#: addresses that are remembered, and offered for grouping: bounds the memory
MOST = 5_000


class Fault(NamedTuple):
    """Connections of one address that are its own fault."""

    connections: int
    #: what most of them are
    phase: int
    #: those of them that are requests which grow and do not end
    requests: int = 0
    #: those of these of which more came only once, but soon
    early: int = 0


class _Record(NamedTuple):
    since: float
    last: float


class FaultTimes:
    """Notes the snapshots of one full server; forgets everything when the server has room."""

    def __init__(self) -> None:
        self._records: dict[bytes, _Record] = {}
        self._faults: dict[bytes, Fault] = {}

    def note(self, seen: SnapshotCounts, when: float) -> None:
        """Note who is at fault in a snapshot; `when` is in seconds and never goes back."""
        self._faults = dict(islice(_find_faults(seen), MOST))
        records = {one: was for one, was in self._records.items() if when - was.last <= PAUSE_S}
        for address in self._faults:
            was = records.pop(address, None)
            records[address] = _Record(was.since if was else when, when)
        surplus = max(0, len(records) - MOST)
        self._records = dict(islice(records.items(), surplus, None)) if surplus else records

    def forget(self) -> None:
        """Forget everybody."""
        self._records, self._faults = {}, {}

    def find_lasting(self, is_spared: Callable[[bytes], bool]) -> dict[bytes, tuple[Fault, float]]:
        """Return {address: its fault, since when} of those whose fault lasts, in the snapshot noted last."""
        found: dict[bytes, tuple[Fault, float]] = {}
        for address, fault in self._faults.items():
            record = self._records.get(address)
            # so it was seen in two snapshots
            if record and record.last - record.since >= LASTING_S and not is_spared(address):
                found[address] = fault, record.since
        return found


def list_clients(
    seen: SnapshotCounts,
    lasting: dict[bytes, tuple[Fault, float]],
    lately: Container[bytes],
) -> list[SlotClient]:
    """Return everybody who holds slots, MOST at most; `lately` has those that were answered in a minute."""
    waiting = Counter(seen.unanswered)
    waiting.subtract(seen.speaking_often)
    waiting.subtract(seen.speaking_soon)
    clients = list[SlotClient]()
    for address, counts in islice(seen.phases.items(), MOST):
        slots = count_slots(counts)
        if slots:
            fault, since = lasting.get(address, (Fault(0, ACTIVE), 0.0))
            clients.append(
                SlotClient(
                    address,
                    slots,
                    fault.connections,
                    PHASES[fault.phase] if fault.connections else "",
                    max(0, waiting[address]),
                    address in lately or counts[IDLE] > 0,
                    since,
                    fault.requests,
                    fault.early,
                )
            )
    return clients


def _find_faults(seen: SnapshotCounts) -> Iterator[tuple[bytes, Fault]]:
    """Yield the addresses with a fault: an IPv4 address or an IPv6 /64, which is one client."""
    hellos, often, soon, held = map(
        Counter, (seen.unanswered_hellos, seen.speaking_often, seen.speaking_soon, seen.held_back)
    )
    for address, counts in seen.phases.items():
        if counts[YOUNG] or counts[ACTIVE] or any(counts[:IDLE]):
            speaking = often.get(address, 0), soon.get(address, 0)
            fault = _find_fault(counts, hellos.get(address, 0), speaking, held.get(address, 0))
            if fault.connections and len(address) <= 8:
                yield address, fault


def _find_fault(counts: PhaseCounts, hellos: int, speaking: tuple[int, int], held: int) -> Fault:
    # most of a trickle speaks on
    slow = max(sum(speaking), counts[TRICKLE])
    found = {PARTIAL_HELLO: hellos, TRICKLE: slow, SLOW_READ: counts[SLOW_READ] + held}
    total = sum(found.values())
    if total:
        early = min(speaking[1], slow - counts[TRICKLE])
        return Fault(total, max(found, key=lambda phase: found[phase]), slow, early)
    if counts[ACTIVE] or counts[IDLE]:
        # it asked for something: the application may owe the answer to which the others belong
        return Fault(0, ACTIVE)
    found = {MUTE: counts[MUTE], HANDSHAKE_ONLY: counts[HANDSHAKE_ONLY]}
    return Fault(sum(found.values()), max(found, key=lambda phase: found[phase]))
