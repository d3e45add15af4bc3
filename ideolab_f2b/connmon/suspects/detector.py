"""Finds the suspects among the snapshots of one port; remembers what is undecided between two of them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.phases.counts import (
    Memory,
    PhaseCounts,
    SnapshotCounts,
    add_up,
    by_name,
    count,
    count_slots,
)
from ideolab_f2b.connmon.phases.phase import CLOSING_DOWN, HALF_OPEN
from ideolab_f2b.connmon.snapshot import Snapshot
from ideolab_f2b.connmon.suspects.exempt import Exempt
from ideolab_f2b.connmon.suspects.findings import Findings
from ideolab_f2b.connmon.suspects.judgement import Judgement
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


class Detector:
    """Judges the snapshots of one port in their order.

    An address is a suspect when it is over a limit in two snapshots within a few seconds. A network is one at
    once: its jail wants two lines.
    """

    def __init__(self, settings: Connmon, own: frozenset[bytes] = frozenset()) -> None:
        self.settings = settings
        self.own = own
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
        judgement = self._judge(seen, totals, is_only)
        connections = sum(totals)
        return Findings(
            judgement.suspects(),
            by_name(totals),
            connections,
            connections - totals[HALF_OPEN] - totals[CLOSING_DOWN] - seen.orphans,
            self._wait_s(seen, judgement),
            judgement.table,
            bool(judgement.new),
        )

    def _advance_clock(self, when: float) -> None:
        """Advance a clock that neither goes back nor leaps, whatever happens to the host's clock."""
        self._clock_s += min(max(0.0, when - self._last), _LONGEST_GAP_S)
        self._last = when

    def _count(self, rows: Iterable[Row]) -> SnapshotCounts:
        quiet_ms = int(self.settings.idle_s * 1000)
        soon_ms = quiet_ms - int(self.settings.every_s * 1000)
        before, watched, single = self._memory, self._synchronized.watched, self._exempt.single
        seen = count(rows, self._clock_s, before, watched, quiet_ms, soon_ms, single)
        self._memory = seen.memory
        return seen

    def _judge(self, seen: SnapshotCounts, totals: PhaseCounts, is_only: bool) -> Judgement:
        reasons = self._synchronized.find(seen.watched, seen.phases, self._clock_s)
        over = dict.fromkeys(self._find_over(seen))
        attacks = self._find_attacks(seen, totals, over.keys())
        now = {*over, *attacks.members, *attacks.whole}
        before = now if is_only else self._sightings.note(now, self._clock_s)
        named = [name for name in over if name in before or self._is_sure(name, seen, reasons)]
        named += [name for name in reasons if name not in over and not self._exempt.has(name)]
        named += pick_members(attacks.members, seen.phases, before)
        new = now.difference(named, before)
        return Judgement(self.settings, seen.phases, reasons, attacks.members, attacks.whole, named, new)

    def _is_sure(self, name: bytes, seen: SnapshotCounts, reasons: Mapping[bytes, str]) -> bool:
        """Return whether what an address is over its limit for took more than one snapshot to be seen."""
        return name in reasons or is_seen_twice(seen.phases[name], self.settings)

    def _find_over(self, seen: SnapshotCounts) -> Iterator[bytes]:
        """Yield the addresses that are over a limit of their own."""
        settings, least = self.settings, self._least_count(self.settings.th_conn_ip)
        for address, counts in seen.phases.items():
            is_candidate = count_hostile(counts) >= settings.th_hostile_ip or count_slots(counts) >= least
            if is_candidate and is_over(counts, settings) and not self._exempt.has(address):
                yield address

    def _find_attacks(
        self, seen: SnapshotCounts, totals: PhaseCounts, over: Collection[bytes]
    ) -> NetworkAttacks:
        found = NetworkAttacks()
        if count_hostile(totals) >= self.settings.th_hostile_subnet:
            found = find_attacks(seen.phases, over, self.settings, self._must_not_name)
        self._unbanned.update(found.whole, self._clock_s)
        found.whole.update(self._find_large(seen, totals))
        return found

    def _must_not_name(self, name: bytes) -> bool:
        return name in self._unbanned or self._exempt.has(name)

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
