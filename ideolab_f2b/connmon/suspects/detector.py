"""Finds the suspects among the snapshots of one port; remembers what is undecided between two of them."""

from __future__ import annotations

import ipaddress
import math
import socket
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial

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
from ideolab_f2b.connmon.suspects.findings import Findings
from ideolab_f2b.connmon.suspects.network import NetworkCounts, count_networks, network_of, prefix
from ideolab_f2b.connmon.suspects.score import Score, count_hostile, score_address, score_network
from ideolab_f2b.connmon.suspects.suspect import Suspect
from ideolab_f2b.connmon.suspects.synchronized import SynchronizedAddresses
from ideolab_f2b.kernel.sockets.row import Row

#: a longer gap between two snapshots is a clock that was set, or a host that slept
_LONGEST_GAP_S = 60.0


class Detector:
    """Judges the snapshots of one port in their order."""

    def __init__(self, settings: Connmon, own: frozenset[bytes] = frozenset()) -> None:
        self.settings = settings
        #: packed addresses of this host and of its gateways: never scored
        self.own = own
        self._memory = Memory()
        self._synchronized = SynchronizedAddresses(settings.idle_s)
        self._last, self._clock_s = 0.0, 0.0

    def judge(self, snapshot: Snapshot) -> Findings:
        """Return the findings of one snapshot, compared with those before it; reads its rows once."""
        self._advance_clock(snapshot.when)
        seen = self._count(snapshot.rows)
        reasons = self._synchronized.find(seen.watched, seen.phases, self._clock_s)
        suspects = dict(self._find_addresses(seen, reasons))
        totals = add_up(seen.phases.values())
        connections = sum(totals)
        return Findings(
            [_make_suspect(address, seen.phases[address], score) for address, score in suspects.items()]
            + list(self._find_networks(seen, totals, suspects)),
            by_name(totals),
            connections,
            connections - totals[HALF_OPEN] - totals[CLOSING_DOWN] - seen.orphans,
            self._old_enough_in_s(seen),
            partial(self._make_table, seen, reasons, suspects),
        )

    def _advance_clock(self, when: float) -> None:
        """Advance a clock that neither goes back nor leaps, whatever happens to the host's clock."""
        self._clock_s += min(max(0.0, when - self._last), _LONGEST_GAP_S)
        self._last = when

    def _count(self, rows: Iterable[Row]) -> SnapshotCounts:
        quiet_ms = int(self.settings.idle_s * 1000)
        soon_ms = quiet_ms - int(self.settings.every_s * 1000)
        before, watched = self._memory, self._synchronized.watched
        seen = count(rows, self._clock_s, before, watched, quiet_ms, soon_ms)
        self._memory = seen.memory
        return seen

    def _old_enough_in_s(self, seen: SnapshotCounts) -> float | None:
        """Return the seconds until an address or network has its limit's number of old enough connections."""
        limit, waits_s = self.settings.th_hostile_ip, []
        networks: dict[bytes, list[int]] = {}
        for address, ages in seen.young.items():
            waits_s += self._find_old_enough(limit - count_hostile(seen.phases[address]), ages)
            networks.setdefault(prefix(address), []).extend(ages)
        # one attack opens its connections within one tick; older ones of a network count at the next tick
        for ages in networks.values():
            waits_s += self._find_old_enough(self.settings.th_hostile_subnet, ages)
        return max(0.0, min(waits_s)) if waits_s else None

    def _find_old_enough(self, missing: int, ages: list[int]) -> list[float]:
        """Return [seconds until `missing` of these connections are old enough]; [] when there are fewer."""
        if not 0 < missing <= len(ages):
            return []
        return [self.settings.idle_s - sorted(ages, reverse=True)[missing - 1] / 1000]

    def _find_addresses(
        self, seen: SnapshotCounts, reasons: Mapping[bytes, str]
    ) -> Iterator[tuple[bytes, Score]]:
        settings, least = self.settings, self._least_count(self.settings.th_conn_ip)
        for address, counts in seen.phases.items():
            if (
                count_hostile(counts) >= settings.th_hostile_ip
                or count_slots(counts) >= least
                or address in reasons
            ):
                score = score_address(counts, settings, reasons.get(address, ""))
                if score.points >= settings.min_idle_score and self._may_score(address):
                    yield address, score

    def _find_networks(
        self, seen: SnapshotCounts, totals: PhaseCounts, suspects: Collection[bytes]
    ) -> Iterator[Suspect]:
        settings, least = self.settings, self._least_count(self.settings.th_conn_subnet24)
        if count_hostile(totals) < settings.th_hostile_subnet and count_slots(totals) < least:
            return
        for name, sums in count_networks(seen.phases.items(), suspects).items():
            score = score_network(sums, settings)
            if score.points >= settings.min_idle_score and self._may_score_network(name):
                yield _make_network_suspect(name, sums, score)

    def _least_count(self, limit: int) -> float:
        """Return the number of connections that alone makes a suspect; infinite where no number does."""
        return limit if 1 + self.settings.idle_points >= self.settings.min_idle_score else math.inf

    def _may_score(self, packed: bytes) -> bool:
        if packed in self.own:
            return False
        ignore = self.settings.ignore
        return not ignore or not any(ipaddress.ip_address(packed) in listed for listed in ignore)

    def _may_score_network(self, name: bytes) -> bool:
        """Return whether a network may be a suspect: not when it holds a listed or an own address."""
        network = network_of(name)
        return name not in map(prefix, self.own) and not any(
            network.version == listed.version and network.overlaps(listed) for listed in self.settings.ignore
        )

    def _make_table(
        self, seen: SnapshotCounts, reasons: Mapping[bytes, str], suspects: Collection[bytes]
    ) -> list[Suspect]:
        rows = [
            _make_suspect(address, counts, score_address(counts, self.settings, reasons.get(address, "")))
            for address, counts in seen.phases.items()
        ]
        rows += [
            _make_network_suspect(name, sums, score_network(sums, self.settings))
            for name, sums in count_networks(seen.phases.items(), suspects).items()
            if sums.addresses > 1
        ]
        return sorted(rows, key=lambda row: (-row.score, row.scope, -row.connections, row.address))


def _make_suspect(packed: bytes, counts: PhaseCounts, score: Score) -> Suspect:
    address = socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)
    return Suspect(address, "ip", score.points, count_slots(counts), 1, by_name(counts), score.why)


def _make_network_suspect(name: bytes, sums: NetworkCounts, score: Score) -> Suspect:
    phases = by_name(sums.counts)
    connections = count_slots(sums.counts)
    return Suspect(str(network_of(name)), "net", score.points, connections, sums.addresses, phases, score.why)
