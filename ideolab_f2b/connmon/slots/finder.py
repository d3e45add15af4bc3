"""Finds suspects by the slot time of their connections, whatever these do at one moment."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Optional

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.alike.client import SlotClient
from ideolab_f2b.connmon.alike.members import AlikeMembers
from ideolab_f2b.connmon.phases.counts import PhaseCounts, SnapshotCounts, count_slots
from ideolab_f2b.connmon.phases.phase import HOSTILE
from ideolab_f2b.connmon.pressure.state import EXHAUSTED, Pressure
from ideolab_f2b.connmon.slots.churn import find_churn
from ideolab_f2b.connmon.slots.history import LEAST_BEFORE, SlotHistory
from ideolab_f2b.connmon.slots.holders import FullServer
from ideolab_f2b.connmon.slots.holding import Holding
from ideolab_f2b.connmon.suspects.suspect import Cluster

#: quiet connections of a calm server that an answer in the last ten minutes explains
QUIET_PER_ANSWER = 4
#: seconds at most for which a snapshot speaks: after a longer gap nobody knows what was in between
LONGEST_GAP_S = 5.0
#: seconds with room that make a second without it forgotten
REST = 4.0
#: seconds of a full server after which somebody should have been found
UNEXPLAINED_AFTER_S = 20.0


@dataclass(frozen=True)
class SlotSuspects:
    """Addresses that one snapshot, in the light of those before, makes suspects by slot time."""

    #: {address: reason}
    reasons: dict[bytes, str]
    #: {address: seconds of its ban} where these are not the jail's
    ttls: dict[bytes, int]
    #: the server is full, and has been for long, and nobody holds enough of it
    is_unexplained: bool = False
    #: {address: the group of which it is one} of those that are alike
    clusters: Mapping[bytes, Cluster] = field(default_factory=dict)
    #: makes the list of all clients, for whoever can say which of them are alike; None: no need
    crowd: Optional[Callable[[], Sequence[SlotClient]]] = None


class SlotFinder:
    """Keeps the slot time of one port's clients."""

    def __init__(self, settings: Connmon) -> None:
        self._settings = settings
        self._history = SlotHistory()
        self.alike = AlikeMembers(self._history, settings.opened_ahead_ttl)
        self._when = 0.0
        self._named = 0.0
        #: seconds for which the server has been full, less a part of those in which it was not
        self._full_s, self._is_full = 0.0, False

    def note(self, seen: SnapshotCounts, pressure: Pressure, when: float) -> None:
        """Note one snapshot; `when` is in seconds and never goes back."""
        if not self._when:
            # nobody knows for how long the connections of the first snapshot have been as they are
            self._when = self._named = when
        gap_s = min(when - self._when, LONGEST_GAP_S)
        self._history.note(seen, when, gap_s, pressure.state)
        if pressure.state != EXHAUSTED:
            # who fills it again and again fills it for long
            self._full_s = max(0.0, self._full_s - gap_s / REST)
        else:
            self._full_s += gap_s if self._is_full else 0.0
        self._when, self._is_full = when, pressure.state == EXHAUSTED
        self.alike.note(seen, when, is_full=pressure.state == EXHAUSTED)

    def is_answered(self, address: bytes, counts: PhaseCounts) -> bool:
        """Return whether an address was answered in ten minutes: once for QUIET_PER_ANSWER quiet ones."""
        return self.count_answers(address) >= max(1, sum(counts[:HOSTILE]) / QUIET_PER_ANSWER)

    def held_before(self, address: bytes, counts: PhaseCounts) -> bool:
        """Return whether an address held nearly as much when there was room."""
        before = self._history.count_before(address, self._when)
        return count_slots(counts) <= before + min(LEAST_BEFORE, before)

    def count_answers(self, address: bytes) -> float:
        """Return the answers that an address got in the last ten minutes, as far as they were noted."""
        known = self._history.known
        return known.sum_up(address, self._when).answers if address in known else 0.0

    def find(
        self, seen: SnapshotCounts, pressure: Pressure, is_exempt: Callable[[bytes], bool]
    ) -> SlotSuspects:
        """Return who is a suspect in the snapshot that was noted last."""
        settings, when = self._settings, self._when
        reasons = dict(find_churn(seen, self._history, when, settings.th_hostile_ip, is_exempt))
        holders = dict[bytes, Holding]()
        if pressure.state == EXHAUSTED:
            holders = self._find_holders(seen, pressure, is_exempt)
        if holders or pressure.state != EXHAUSTED:
            self._named = when
        for address, one in holders.items():
            reasons.setdefault(address, one.why)
        ttls = {address: one.ttl for address, one in holders.items() if one.ttl}
        groups = {address: self.alike.group_of(address) for address in holders}
        return SlotSuspects(
            reasons,
            ttls,
            when - self._named >= UNEXPLAINED_AFTER_S,
            {address: group.cluster for address, group in groups.items() if group is not None},
            self.alike.offer(seen, is_exempt) if pressure.state == EXHAUSTED else None,
        )

    def _find_holders(
        self, seen: SnapshotCounts, pressure: Pressure, is_exempt: Callable[[bytes], bool]
    ) -> dict[bytes, Holding]:
        """Return whose ban makes room in a full server."""
        full_s, ttl, capacity = self._full_s, self._settings.opened_ahead_ttl, pressure.capacity

        def find_alike(need: float, named: Container[bytes]) -> dict[bytes, Holding]:
            return self.alike.find(seen, need, named, is_exempt)

        return FullServer(
            seen, self._history, self._when, full_s, capacity, is_exempt, ttl, find_alike
        ).find_holders()
