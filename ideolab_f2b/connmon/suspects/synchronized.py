"""Finds one program's flood of idle connections: they have the same bytes at the same moments, for long.

By count and phase such a flood is like a NAT of people. People differ in what they ask and when; the
connections of a program are synchronized ("in step" in the reasons that an operator reads).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from ideolab_f2b.connmon.phases.counts import (
    SERVED_ACKED,
    SERVED_QUIET_MS,
    SERVED_RECEIVED,
    SERVED_SEGMENTS,
    PhaseCounts,
    ServedCounters,
)
from ideolab_f2b.connmon.phases.history import LONG_HELLO
from ideolab_f2b.connmon.phases.phase import ACTIVE, IDLE

#: connections of an address; fewer may be the pool of an honest program
CONNECTIONS = 30
#: this share of an address's connections must be synchronized
SHARE = 0.9
#: milliseconds within which they last spoke; a snapshot of a loaded host takes a second itself
MOMENT_MS = 3000
#: bytes by which signatures and tickets of one certificate may differ
ACKED_BYTES = 64
#: bytes; who says more is at work, such as uploading
RECEIVED_BYTES = 16 * 1024
#: snapshots in which an address must be synchronized
TIMES = 3
#: quiet times (`idle_s`) over which it must be
QUIET_TIMES = 3
#: snapshots for connections that sent no more than a TLS handshake with a post-quantum hello is
BARE_TIMES = 2
#: quiet times for these
BARE_QUIET_TIMES = 1
#: the most data segments that such a handshake has
BARE_SEGS = 3
#: the most bytes that it has
BARE_BYTES = 2100
#: an address whose connections were once less synchronized than this share has people behind it
PEOPLE_SHARE = 0.5
#: seconds for which that holds: they may come back all at once when nginx or their router restarts
PEOPLE_S = 3600.0
#: addresses of people that are remembered: bounds the memory
PEOPLE_KNOWN = 10_000


@dataclass
class _Record:
    """Since when an address is synchronized, and how often it was and was not."""

    first: float
    times: int = 1
    missed: int = 0


class SynchronizedAddresses:
    """Remembers one small record per address that holds many connections; `quiet_s` is the setting idle_s."""

    def __init__(self, quiet_s: float) -> None:
        self._quiet_s = quiet_s
        #: addresses whose connections are to be noted at the next snapshot
        self.watched: frozenset[bytes] = frozenset()
        self._records: dict[bytes, _Record] = {}
        #: {address: when last seen with the connections of people}
        self._people: dict[bytes, float] = {}
        self._is_first = True

    def find(
        self,
        noted: Mapping[bytes, list[ServedCounters]],
        counts: Mapping[bytes, PhaseCounts],
        when: float,
    ) -> dict[bytes, str]:
        """Return {address: reason} of the addresses that have been synchronized for long enough.

        `noted` are the served connections of the `watched` addresses, `counts` those of everybody in the same
        snapshot; `when` is in seconds and never goes back.
        """
        reasons: dict[bytes, str] = {}
        records, self._records = self._records, {}
        for address, served in noted.items():
            group = find_group(served)
            if served and len(group) < PEOPLE_SHARE * len(served):
                self._people[address] = when
                continue
            is_hit = len(group) >= max(CONNECTIONS, SHARE * sum(counts.get(address, ())))
            record = _update(records.get(address), is_hit, when)
            if record is not None:
                self._records[address] = record
                if is_hit and self._is_sure(record, group, when):
                    reasons[address] = _reason(group, max(when - record.first, _quiet_s(group)))
        self._watch(counts, when)
        return reasons

    def _watch(self, counts: Mapping[bytes, PhaseCounts], when: float) -> None:
        busy = frozenset(_find_busy_addresses(counts))
        if self._is_first:
            # who was here before us may just be back from a restart of nginx
            self._people = dict.fromkeys(busy, when)
            self._is_first = False
        known = [(address, at) for address, at in self._people.items() if when - at < PEOPLE_S]
        self._people = dict(known[-PEOPLE_KNOWN:])
        self.watched = busy - self._people.keys()

    def _is_sure(self, record: _Record, group: Sequence[ServedCounters], when: float) -> bool:
        quiet_s = _quiet_s(group)
        if record.times >= BARE_TIMES and quiet_s >= BARE_QUIET_TIMES * self._quiet_s and _is_bare(group):
            return True
        return record.times >= TIMES and max(when - record.first, quiet_s) >= QUIET_TIMES * self._quiet_s


def _update(record: _Record | None, is_hit: bool, when: float) -> _Record | None:
    if record is None:
        return _Record(when) if is_hit else None
    record.times += is_hit
    record.missed += not is_hit
    return record if record.missed <= record.times else None


def find_group(served: Sequence[ServedCounters]) -> Sequence[ServedCounters]:
    """Return the largest group of connections that have the same counters and spoke at the same moment."""
    if not served:
        return ()
    received = Counter(one[SERVED_RECEIVED] for one in served).most_common(1)[0][0]
    same = [one for one in served if one[SERVED_RECEIVED] == received <= RECEIVED_BYTES]
    return _closest(_closest(same, SERVED_QUIET_MS, MOMENT_MS), SERVED_ACKED, ACKED_BYTES)


def _closest(served: Sequence[ServedCounters], column: int, width: int) -> Sequence[ServedCounters]:
    """Return the largest group whose values in a column lie within `width`."""
    ordered = sorted(served, key=itemgetter(column))
    values = [one[column] for one in ordered]
    first, size = 0, 0
    for low, value in enumerate(values):
        high = bisect_right(values, value + width, low)
        if high - low > size:
            first, size = low, high - low
        if high == len(values):
            break
    return ordered[first : first + size]


def _quiet_s(group: Sequence[ServedCounters]) -> float:
    return min(one[SERVED_QUIET_MS] for one in group) / 1000


def _is_bare(group: Sequence[ServedCounters]) -> bool:
    return all(
        LONG_HELLO <= one[SERVED_RECEIVED] <= BARE_BYTES and one[SERVED_SEGMENTS] <= BARE_SEGS
        for one in group
    )


def _reason(group: Sequence[ServedCounters], span_s: float) -> str:
    size = len(group)
    return f"{size} connections in step for {span_s:.0f} s (same bytes, same moments): one program, not a NAT"


def _find_busy_addresses(counts: Mapping[bytes, PhaseCounts]) -> Iterable[bytes]:
    """Yield addresses with many connections, nearly all of them served: those that may be people."""
    for address, phases in counts.items():
        served = phases[IDLE] + phases[ACTIVE]
        if served >= CONNECTIONS and served >= SHARE * sum(phases):
            yield address
