"""Finds the suspects among the snapshots of one port; remembers what is undecided between two of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.alike.client import Group
from ideolab_f2b.connmon.observe.honest import find_honest
from ideolab_f2b.connmon.phases.counts import (
    Memory,
    PhaseCounts,
    SnapshotCounts,
    add_up,
    by_name,
    count,
    count_slot_use,
    count_slots,
)
from ideolab_f2b.connmon.phases.phase import CLOSING_DOWN, HALF_OPEN
from ideolab_f2b.connmon.pressure.state import BUSY, CALM, EXHAUSTED, Pressure, SlotUse, measure_nothing
from ideolab_f2b.connmon.slots.finder import SlotFinder, SlotSuspects
from ideolab_f2b.connmon.slots.holders import may_fill
from ideolab_f2b.connmon.snapshot import Snapshot
from ideolab_f2b.connmon.suspects.exempt import Exempt
from ideolab_f2b.connmon.suspects.findings import Findings
from ideolab_f2b.connmon.suspects.judgement import Judgement
from ideolab_f2b.connmon.suspects.limits import AddressLimits, calm_settings
from ideolab_f2b.connmon.suspects.network import (
    NetworkCounts,
    count_network,
    find_large_networks,
    list_addresses,
)
from ideolab_f2b.connmon.suspects.old_enough import find_wait_s
from ideolab_f2b.connmon.suspects.score import count_hostile, is_over, is_seen_twice, score_network
from ideolab_f2b.connmon.suspects.sightings import Sightings
from ideolab_f2b.connmon.suspects.spread import NetworkAttacks, find_attacks, pick_members
from ideolab_f2b.connmon.suspects.synchronized import SynchronizedAddresses
from ideolab_f2b.connmon.suspects.unbanned import UnbannedNetworks
from ideolab_f2b.kernel.sockets.row import Row

#: a longer gap between two snapshots is a clock that was set, or a host that slept
_LONGEST_GAP_S = 60.0
#: seconds until the next snapshot when somebody is over a limit for the first time: a suspect is so twice
CONFIRM_S = 0.5
#: who has less than this part of a full server's slots does it no harm by being idle, or in step
SMALL_PART = 8


class Detector:
    """Judges the snapshots of one port in their order.

    An address is a suspect when it is over a limit in two snapshots within a few seconds. A network is one at
    once: its jail wants two lines.
    """

    def __init__(
        self,
        settings: Connmon,
        own: frozenset[bytes] = frozenset(),
        measure: Callable[[SlotUse, float], Pressure] = measure_nothing,
    ) -> None:
        """`measure` says how full the server is, from what a snapshot tells and the second of our clock."""
        self.settings = settings
        self.own = own
        self._measure = measure
        self._calm, self._slots = calm_settings(settings), SlotFinder(settings)
        #: the server had little room or none at the last snapshot
        self._is_short = False
        self._memory = Memory()
        self._synchronized = SynchronizedAddresses(settings.idle_s)
        self._last, self._clock_s = 0.0, 0.0
        self._unbanned = UnbannedNetworks()
        self._sightings = Sightings()

    @property
    def own(self) -> frozenset[bytes]:
        """The packed addresses of this host and of its gateways: never scored."""
        return self._own

    @own.setter
    def own(self, addresses: frozenset[bytes]) -> None:
        """Set them, and with them what else must not be named."""
        self._own, self._exempt = addresses, Exempt(addresses, self.settings.ignore)

    def judge(self, snapshot: Snapshot, *, is_only: bool = False) -> Findings:
        """Return the findings of one snapshot, compared with those before it; reads its rows once.

        With `is_only` no other snapshot will come, and one is enough for a suspect.
        """
        self._advance_clock(snapshot.when)
        seen = self._count(snapshot.rows)
        totals = add_up(seen.phases.values())
        pressure = self._measure(count_slot_use(totals, seen), self._clock_s)
        self._is_short = pressure.state in (BUSY, EXHAUSTED)
        self._slots.note(seen, pressure, self._clock_s)
        slots = self._slots.find(seen, pressure, self._exempt.has)
        judgement = self._judge(seen, totals, is_only, pressure, slots)
        connections = sum(totals)
        return Findings(
            judgement.suspects(),
            by_name(totals),
            connections,
            connections - totals[HALF_OPEN] - totals[CLOSING_DOWN] - seen.orphans,
            self._wait_s(seen, judgement),
            judgement.table,
            bool(judgement.new),
            tuple(dict.fromkeys(slots.clusters.values())),
            pressure=pressure,
            is_unexplained=slots.is_unexplained,
            crowd=slots.crowd,
            find_honest=partial(
                find_honest,
                seen.phases,
                self._slots.count_answers,
                self._exempt.has,
                with_networks=2 * count_hostile(totals) >= self.settings.th_hostile_subnet,
            ),
        )

    def tell_alike(self, groups: Mapping[bytes, Group]) -> None:
        """Take {address: its group} of the crowd in the last findings; the next snapshots name members."""
        self._slots.alike.tell(groups)

    def _advance_clock(self, when: float) -> None:
        """Advance a clock that neither goes back nor leaps, whatever happens to the host's clock."""
        self._clock_s += min(max(0.0, when - self._last), _LONGEST_GAP_S)
        self._last = when

    def _count(self, rows: Iterable[Row]) -> SnapshotCounts:
        quiet_ms = int(self.settings.idle_s * 1000)
        soon_ms = quiet_ms - int(self.settings.every_s * 1000)
        before, watched, single = self._memory, self._synchronized.watched, self._exempt.single
        seen = count(
            rows, self._clock_s, before, watched, quiet_ms, soon_ms, single, with_unanswered=self._is_short
        )
        self._memory = seen.memory
        return seen

    def _judge(
        self,
        seen: SnapshotCounts,
        totals: PhaseCounts,
        is_only: bool,
        pressure: Pressure,
        slots: SlotSuspects,
    ) -> Judgement:
        small = count_slots(totals) / SMALL_PART
        limits = AddressLimits(self.settings, self._calm, pressure.state, self._slots, small)
        reasons = self._find_in_step(seen, totals, pressure)
        over = dict.fromkeys([*self._find_over(seen, limits), *slots.reasons])
        attacks = self._find_attacks(seen, totals, over.keys(), limits)
        now = {*over, *attacks.members, *attacks.whole}
        before = now if is_only else self._sightings.note(now, self._clock_s)
        named = [name for name in over if name in before or self._is_sure(name, seen, reasons)]
        named += [name for name in reasons if name not in over and not self._exempt.has(name)]
        named += pick_members(attacks.members, seen.phases, before)
        return Judgement(
            limits,
            seen.phases,
            {**slots.reasons, **reasons},
            slots.ttls,
            attacks.members,
            attacks.whole,
            named,
            now.difference(named, before),
            reasons.keys(),
            self._slots.count_answers,
            slots.clusters,
        )

    def _find_in_step(
        self, seen: SnapshotCounts, totals: PhaseCounts, pressure: Pressure
    ) -> dict[bytes, str]:
        """Return {address: reason}; a server with room lets programs wait, and a full one small ones."""
        found = self._synchronized.find(seen.watched, seen.phases, self._clock_s)
        if pressure.state in (CALM, BUSY):
            return {}
        if pressure.state == EXHAUSTED:
            if not may_fill(count_slots(totals), pressure.capacity):
                return {}
            least = count_slots(totals) / SMALL_PART
            return {name: why for name, why in found.items() if self._has_grown(name, seen, least)}
        return found

    def _has_grown(self, name: bytes, seen: SnapshotCounts, least: float) -> bool:
        counts = seen.phases[name]
        return count_slots(counts) >= least and not self._slots.held_before(name, counts)

    def _is_sure(self, name: bytes, seen: SnapshotCounts, reasons: Mapping[bytes, str]) -> bool:
        """Return whether what an address is over its limit for took more than one snapshot to be seen."""
        return name in reasons or is_seen_twice(seen.phases[name], self.settings)

    def _find_over(self, seen: SnapshotCounts, limits: AddressLimits) -> Iterator[bytes]:
        """Yield the addresses that are over a limit of their own."""
        lowest, least = self.settings.th_hostile_ip, self._least_count(self.settings.th_conn_ip)
        for address, counts in seen.phases.items():
            if count_hostile(counts) >= lowest or count_slots(counts) >= least:
                is_spared = self._exempt.has(address) or limits.spares(address, counts)
                if is_over(counts, limits.choose(address, counts)) and not is_spared:
                    yield address

    def _find_attacks(
        self, seen: SnapshotCounts, totals: PhaseCounts, over: Collection[bytes], limits: AddressLimits
    ) -> NetworkAttacks:
        def must_not_name(name: bytes) -> bool:
            counts = seen.phases.get(name)
            is_spared = counts is not None and limits.spares(name, counts)
            return is_spared or name in self._unbanned or self._exempt.has(name)

        found = NetworkAttacks()
        if count_hostile(totals) >= self.settings.th_hostile_subnet:
            found = find_attacks(seen.phases, over, self.settings, must_not_name)
        self._unbanned.update(found.whole, self._clock_s)
        found.whole.update(self._find_large(seen, totals))
        return found

    def _find_large(self, seen: SnapshotCounts, totals: PhaseCounts) -> Iterator[tuple[bytes, NetworkCounts]]:
        """Yield the networks that have too many connections, where that alone makes a suspect."""
        least = self._least_count(self.settings.th_conn_subnet24)
        if count_slots(totals) < least:
            return
        large = find_large_networks(seen.phases, least)
        for name, addresses in list_addresses(seen.phases, large).items():
            sums = count_network(seen.phases, addresses)
            points = score_network(name, sums, self.settings).points
            if points >= self.settings.min_idle_score and not self._exempt.has(name):
                yield name, sums

    def _wait_s(self, seen: SnapshotCounts, judgement: Judgement) -> float | None:
        """Return the seconds until the next snapshot has something to say; None when there is no hurry."""
        waits_s = [CONFIRM_S] if judgement.new else []
        old_enough_s = find_wait_s(seen, self.settings)
        if old_enough_s is not None:
            waits_s.append(old_enough_s)
        return min(waits_s) if waits_s else None

    def _least_count(self, limit: int) -> float:
        """Return the number of connections that alone makes a suspect; infinite where no number does."""
        return limit if 1 + self.settings.idle_points >= self.settings.min_idle_score else math.inf
