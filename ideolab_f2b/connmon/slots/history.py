"""Keeps the slot time of addresses from snapshot to snapshot, and what each held when there was room."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from itertools import islice
from typing import Final

from ideolab_f2b.connmon.phases.counts import PhaseCounts, SnapshotCounts, count_slots
from ideolab_f2b.connmon.phases.phase import SLOW_READ
from ideolab_f2b.connmon.pressure.state import BUSY, EXHAUSTED
from ideolab_f2b.connmon.slots.answered import AnsweredAddresses
from ideolab_f2b.connmon.slots.usage import Usage, UsageWindow

#: seconds of the two windows: what an address does now, and what it is known for
NOW_S: Final = 60.0
KNOWN_S: Final = 600.0
#: connections from which an address is noted while the server is calm
CALM_CONNECTIONS = 8
#: the same while it is short of room
SHORT_CONNECTIONS = 2
#: an address with no more slots than this is not remembered as one that was there
LEAST_BEFORE = 3
#: addresses whose slots are known from when there was room: bounds the memory
ROOM_KNOWN = 20_000
#: snapshots of a calm server that are kept: an attack that is half built up must not count as what was there
CALM_SNAPSHOTS = 3
#: seconds between two of them
CALM_EVERY_S = 5.0
#: seconds for which what was there counts
CALM_S = 600.0


class SlotHistory:
    """Notes each snapshot once, in their order; an address is named by bytes as in SnapshotCounts."""

    def __init__(self) -> None:
        self.now, self.known = UsageWindow(NOW_S), UsageWindow(KNOWN_S)
        #: those that were answered lately, however few connections they have
        self.lately_answered = AnsweredAddresses(NOW_S)
        #: the same for longer
        self.known_answered = AnsweredAddresses(KNOWN_S)
        #: seconds when a client with few connections was last answered
        self.answering_at = float("-inf")
        self._calm: deque[Mapping[bytes, int]] = deque(maxlen=CALM_SNAPSHOTS)
        self._calm_at = 0.0

    def note(self, seen: SnapshotCounts, when: float, gap_s: float, state: str) -> None:
        """Add what was seen, as if it had been so for the `gap_s` seconds since the last snapshot.

        While the server is calm only half hellos and answers are noted, and who holds much.
        """
        for window in (self.now, self.known):
            window.advance(when)
        self.lately_answered.note(seen.exchanges, when)
        self.known_answered.note(seen.exchanges, when)
        self._note_first_answers(seen)
        exchanges = Counter(seen.exchanges)
        is_short = state in (BUSY, EXHAUSTED)
        self._note_answers(seen.phases, exchanges, when, gap_s if is_short else 0.0)
        if is_short:
            self._note_slots(seen, gap_s)
        else:
            self._note_hellos(seen, exchanges, gap_s)
        if self._counts_as_room(state, when):
            self._note_room(seen.phases, when)

    def _note_first_answers(self, seen: SnapshotCounts) -> None:
        """Note, for ten minutes only, who asked once on a connection and was answered."""
        for address, count in Counter(seen.first_answers).items():
            if sum(seen.phases[address]) >= CALM_CONNECTIONS:
                self.known.add(address, Usage(0.0, 0.0, 0.0, count))

    def _note_answers(
        self, phases: Mapping[bytes, PhaseCounts], exchanges: Mapping[bytes, int], when: float, gap_s: float
    ) -> None:
        """Note who was answered, for the last minute only where `gap_s` is not 0."""
        known = self.known
        for address, count in exchanges.items():
            is_large = sum(phases[address]) >= CALM_CONNECTIONS
            if not is_large:
                self.answering_at = when
            if is_large or address in known:
                usage = Usage(0.0, 0.0, 0.0, count, count * gap_s)
                known.add(address, usage)
                if gap_s:
                    self.now.add(address, usage)

    def _note_slots(self, seen: SnapshotCounts, gap_s: float) -> None:
        hellos, unanswered = Counter(seen.unanswered_hellos), Counter(seen.unanswered)
        for address, counts in seen.phases.items():
            slots = count_slots(counts)
            if slots >= SHORT_CONNECTIONS:
                hello = hellos[address]
                waits = hello + unanswered[address] + counts[SLOW_READ]
                self.now.add(address, Usage(gap_s * slots, gap_s * waits, gap_s * hello, 0.0))

    def _note_hellos(self, seen: SnapshotCounts, exchanges: Mapping[bytes, int], gap_s: float) -> None:
        for address, hello in Counter(seen.unanswered_hellos).items():
            held_s, hello_s = gap_s * count_slots(seen.phases[address]), gap_s * hello
            answers = exchanges.get(address, 0)
            self.now.add(address, Usage(held_s, hello_s, hello_s, answers, gap_s * answers))

    def _counts_as_room(self, state: str, when: float) -> bool:
        """Return whether who is there now is remembered as somebody who was there when there was room."""
        return state != EXHAUSTED and (not self._calm or when - self._calm_at >= CALM_EVERY_S)

    def _note_room(self, phases: Mapping[bytes, PhaseCounts], when: float) -> None:
        large = ((one, counts) for one, counts in phases.items() if sum(counts) > LEAST_BEFORE)
        self._calm.append({one: count_slots(counts) for one, counts in islice(large, ROOM_KNOWN)})
        self._calm_at = when

    @property
    def has_calm(self) -> bool:
        """Whether anybody knows who was there when there was room."""
        return bool(self._calm)

    def count_before(self, address: bytes, when: float) -> int:
        """Return the slots that an address held when the server last had room for long."""
        if not self._calm or when - self._calm_at > CALM_S:
            return 0
        return self._calm[0].get(address, 0)
