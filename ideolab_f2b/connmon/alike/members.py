"""Names the members of a group that is one attacker, while the server is full and as many as it takes."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from functools import partial
from typing import Optional

from ideolab_f2b.connmon.alike.client import Group, SlotClient
from ideolab_f2b.connmon.alike.faults import FaultTimes, list_clients
from ideolab_f2b.connmon.alike.group import LEAST
from ideolab_f2b.connmon.phases.counts import SnapshotCounts, count_slots
from ideolab_f2b.connmon.slots.history import SlotHistory
from ideolab_f2b.connmon.slots.holding import Holding

#: seconds for which a grouping holds
FRESH_S = 15.0


class AlikeMembers:
    """Offers the crowd of a full server for grouping, and names those of whom it is told the group."""

    def __init__(self, history: SlotHistory, ttl: int) -> None:
        """`ttl` is the length of the bans of those that ask for nothing, in seconds."""
        self._history, self._ttl = history, ttl
        self._times = FaultTimes()
        self._groups: Mapping[bytes, Group] = {}
        self._when = self._grouped = 0.0

    def note(self, seen: SnapshotCounts, when: float, *, is_full: bool) -> None:
        """Note one snapshot; `when` is in seconds and never goes back."""
        self._when = when
        if is_full:
            self._times.note(seen, when)
        else:
            self._times.forget()
            self._groups = {}

    def offer(
        self, seen: SnapshotCounts, is_exempt: Callable[[bytes], bool]
    ) -> Optional[Callable[[], Sequence[SlotClient]]]:
        """Return what makes the crowd of the snapshot noted last; None where too few are at fault."""
        lasting = self._times.find_lasting(partial(self._is_spared, is_exempt))
        if len(lasting) < LEAST:
            return None
        return partial(list_clients, seen, lasting, self._history.lately_answered)

    def tell(self, groups: Mapping[bytes, Group]) -> None:
        """Take the groups that were found among the crowd offered last."""
        self._groups, self._grouped = groups, self._when

    def find(
        self,
        seen: SnapshotCounts,
        need: float,
        named: Container[bytes],
        is_exempt: Callable[[bytes], bool],
    ) -> dict[bytes, Holding]:
        """Return members whose ban makes `need` slots free, those that hold most for the longest first."""
        if not self._groups or need <= 0 or self._when - self._grouped > FRESH_S:
            return {}
        lasting = self._times.find_lasting(partial(self._is_spared, is_exempt))
        members = [one for one in self._groups if one in lasting and one not in named]
        members.sort(key=lambda one: (-lasting[one][0].connections, lasting[one][1], one))
        found: dict[bytes, Holding] = {}
        for address in members:
            if need <= 0:
                break
            slots, group = count_slots(seen.phases[address]), self._groups[address]
            ttl = self._ttl if group.is_silent else 0
            found[address] = Holding(address, slots, lasting[address][0].connections, group.why, ttl)
            need -= slots
        return found

    def group_of(self, address: bytes) -> Optional[Group]:
        """Return the group of an address that was named."""
        return self._groups.get(address)

    def _is_spared(self, is_exempt: Callable[[bytes], bool], address: bytes) -> bool:
        return address in self._history.known_answered or is_exempt(address)
