"""Snapshots -> suspects: the judge of one port, who remembers what is undecided. Bans nobody."""

from __future__ import annotations

import ipaddress
import math
import socket
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.connection import Snapshot, Suspect, Verdict
from ideolab_f2b.connmon.suspects import counts as tally
from ideolab_f2b.connmon.suspects import network, points
from ideolab_f2b.connmon.suspects.counts import Counts, Memory, Tally
from ideolab_f2b.connmon.suspects.in_step import InStep
from ideolab_f2b.connmon.suspects.network import Sums
from ideolab_f2b.connmon.suspects.phase import CLOSING_DOWN, HALF_OPEN
from ideolab_f2b.connmon.suspects.points import Weight
from ideolab_f2b.kernel.sockets.row import Row

#: a longer gap between two snapshots is a clock that was set, or a host that slept
_LONGEST_GAP_S = 60.0


class Judge:
    """Judges the snapshots of one port in their order."""

    def __init__(self, settings: Connmon, own: frozenset[bytes] = frozenset()) -> None:
        self.settings = settings
        #: packed addresses of this host and of its gateways: never scored
        self.own = own
        self._memory = Memory()
        self._in_step = InStep(settings.idle_s)
        self._last, self._clock_s = 0.0, 0.0

    def feed(self, snapshot: Snapshot) -> Verdict:
        """The verdict on one snapshot, in the light of those before it."""
        self._tick(snapshot.when)
        seen = self._count(snapshot.rows)
        reasons = self._in_step.look(seen.watched, seen.counts, self._clock_s)
        suspects = dict(self._addresses(seen, reasons))
        totals = tally.total(seen.counts.values())
        connections = sum(totals)
        return Verdict(
            [_suspect(address, seen.counts[address], weight) for address, weight in suspects.items()]
            + list(self._networks(seen, totals, suspects)),
            tally.named(totals),
            connections,
            connections - totals[HALF_OPEN] - totals[CLOSING_DOWN] - seen.orphans,
            self._ripe_in_s(seen),
            partial(self._table, seen, reasons, suspects),
        )

    def _tick(self, when: float) -> None:
        """Our own clock: it neither goes back nor leaps, so that a clock that is set makes nobody slow."""
        self._clock_s += min(max(0.0, when - self._last), _LONGEST_GAP_S)
        self._last = when

    def _count(self, rows: Iterable[Row]) -> Tally:
        quiet_ms = int(self.settings.idle_s * 1000)
        soon_ms = quiet_ms - int(self.settings.every_s * 1000)
        before, watched = self._memory, self._in_step.watched
        seen = tally.count(rows, self._clock_s, before, watched, quiet_ms, soon_ms)
        self._memory = seen.memory
        return seen

    def _ripe_in_s(self, seen: Tally) -> float | None:
        """Seconds until some address or network has its limit's number of connections that are old enough."""
        limit, ripe = self.settings.th_hostile_ip, []
        networks: dict[bytes, list[int]] = {}
        for address, ages in seen.young.items():
            ripe += self._ripening(limit - points.hostile(seen.counts[address]), ages)
            networks.setdefault(network.prefix(address), []).extend(ages)
        # one attack opens its connections within one look; the old ones of a network are for the next
        for ages in networks.values():
            ripe += self._ripening(self.settings.th_hostile_subnet, ages)
        return max(0.0, min(ripe)) if ripe else None

    def _ripening(self, missing: int, ages: list[int]) -> list[float]:
        if not 0 < missing <= len(ages):
            return []
        return [self.settings.idle_s - sorted(ages, reverse=True)[missing - 1] / 1000]

    def _addresses(self, seen: Tally, reasons: Mapping[bytes, str]) -> Iterator[tuple[bytes, Weight]]:
        settings, least = self.settings, self._least_count(self.settings.th_conn_ip)
        for address, counts in seen.counts.items():
            if (
                points.hostile(counts) >= settings.th_hostile_ip
                or tally.held(counts) >= least
                or address in reasons
            ):
                weight = points.address(counts, settings, reasons.get(address, ""))
                if weight.score >= settings.min_idle_score and self._may_score(address):
                    yield address, weight

    def _networks(self, seen: Tally, totals: Counts, suspects: Collection[bytes]) -> Iterator[Suspect]:
        settings, least = self.settings, self._least_count(self.settings.th_conn_subnet24)
        if points.hostile(totals) < settings.th_hostile_subnet and tally.held(totals) < least:
            return
        for name, sums in network.sums(seen.counts.items(), suspects).items():
            weight = points.network(sums, settings)
            if weight.score >= settings.min_idle_score and self._may_score_network(name):
                yield _network_suspect(name, sums, weight)

    def _least_count(self, limit: int) -> float:
        """The number of connections that could make a suspect by itself: mostly none does."""
        return limit if 1 + self.settings.idle_points >= self.settings.min_idle_score else math.inf

    def _may_score(self, packed: bytes) -> bool:
        if packed in self.own:
            return False
        ignore = self.settings.ignore
        return not ignore or not any(ipaddress.ip_address(packed) in listed for listed in ignore)

    def _may_score_network(self, name: bytes) -> bool:
        """A ban of a network that holds a listed or an own address would take that along."""
        net = network.network(name)
        return name not in map(network.prefix, self.own) and not any(
            net.version == listed.version and net.overlaps(listed) for listed in self.settings.ignore
        )

    def _table(self, seen: Tally, reasons: Mapping[bytes, str], suspects: Collection[bytes]) -> list[Suspect]:
        rows = [
            _suspect(address, counts, points.address(counts, self.settings, reasons.get(address, "")))
            for address, counts in seen.counts.items()
        ]
        rows += [
            _network_suspect(name, sums, points.network(sums, self.settings))
            for name, sums in network.sums(seen.counts.items(), suspects).items()
            if sums.addresses > 1
        ]
        return sorted(rows, key=lambda row: (-row.score, row.scope, -row.connections, row.address))


def _suspect(packed: bytes, counts: Counts, weight: Weight) -> Suspect:
    address = socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)
    return Suspect(address, "ip", weight.score, tally.held(counts), 1, tally.named(counts), weight.why)


def _network_suspect(name: bytes, sums: Sums, weight: Weight) -> Suspect:
    phases = tally.named(sums.counts)
    connections = tally.held(sums.counts)
    return Suspect(
        str(network.network(name)), "net", weight.score, connections, sums.addresses, phases, weight.why
    )
