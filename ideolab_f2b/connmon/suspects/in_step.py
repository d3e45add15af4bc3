"""Tells one program's flood of idle connections from a NAT of people: same bytes, same moments, for long.

By count and phase both look alike. People differ in what they ask and when; a program's connections do not.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from ideolab_f2b.connmon.suspects.counts import Counts, Twin
from ideolab_f2b.connmon.suspects.phase import ACTIVE, IDLE, LONG_HELLO

#: fewer may be the pool of an honest program
CONNECTIONS = 30
#: this share of an address's connections must be in step
SHARE = 0.9
#: they last spoke within this time of each other; a snapshot of a loaded host takes a second itself
MOMENT_MS = 3000
#: signatures and tickets of one certificate differ by a few bytes
ACKED_BYTES = 64
#: who says more is at work, such as uploading
RECEIVED_BYTES = 16 * 1024
#: in step in so many snapshots, over so many quiet times
TIMES, QUIET_TIMES = 3, 3
#: the same for connections that sent what a post-quantum hello and a Finished are, in three segments or less
BARE_TIMES, BARE_QUIET_TIMES, BARE_SEGS, BARE_BYTES = 2, 1, 3, 2100
#: an address whose connections were once so little in step has people behind it, for so long; they may come
#: back all at once when nginx or their router restarts
PEOPLE_SHARE, PEOPLE_S, PEOPLE_KNOWN = 0.5, 3600.0, 10_000


@dataclass
class _Record:
    """Since when an address is in step, and how often it was and was not."""

    first: float
    times: int = 1
    missed: int = 0


class InStep:
    """Remembers one small record per address that holds many connections."""

    def __init__(self, quiet_s: float) -> None:
        self._quiet_s = quiet_s
        #: addresses whose connections are to be noted at the next snapshot
        self.watched: frozenset[bytes] = frozenset()
        self._records: dict[bytes, _Record] = {}
        #: {address: when last seen with the connections of people}
        self._people: dict[bytes, float] = {}
        self._is_first = True

    def look(
        self, noted: Mapping[bytes, list[Twin]], counts: Mapping[bytes, Counts], when: float
    ) -> dict[bytes, str]:
        """{address: reason} of those who have been in step for long enough."""
        reasons: dict[bytes, str] = {}
        records, self._records = self._records, {}
        for address, twins in noted.items():
            group = in_step(twins)
            if twins and len(group) < PEOPLE_SHARE * len(twins):
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

    def _watch(self, counts: Mapping[bytes, Counts], when: float) -> None:
        crowds = frozenset(_crowds(counts))
        if self._is_first:
            # who was here before us may just be back from a restart of nginx
            self._people = dict.fromkeys(crowds, when)
            self._is_first = False
        known = [(address, at) for address, at in self._people.items() if when - at < PEOPLE_S]
        self._people = dict(known[-PEOPLE_KNOWN:])
        self.watched = crowds - self._people.keys()

    def _is_sure(self, record: _Record, group: Sequence[Twin], when: float) -> bool:
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


def in_step(twins: Sequence[Twin]) -> Sequence[Twin]:
    """The most connections that have the same counters and the same moment."""
    if not twins:
        return ()
    received = Counter(twin[0] for twin in twins).most_common(1)[0][0]
    same = [twin for twin in twins if twin[0] == received <= RECEIVED_BYTES]
    return _closest(_closest(same, 2, MOMENT_MS), 1, ACKED_BYTES)


def _closest(twins: Sequence[Twin], field: int, width: int) -> Sequence[Twin]:
    """The most of them whose field lies within `width`."""
    ordered = sorted(twins, key=itemgetter(field))
    values = [twin[field] for twin in ordered]
    first, size = 0, 0
    for low, value in enumerate(values):
        high = bisect_right(values, value + width, low)
        if high - low > size:
            first, size = low, high - low
        if high == len(values):
            break
    return ordered[first : first + size]


def _quiet_s(group: Sequence[Twin]) -> float:
    return min(twin[2] for twin in group) / 1000


def _is_bare(group: Sequence[Twin]) -> bool:
    return all(LONG_HELLO <= twin[0] <= BARE_BYTES and twin[3] <= BARE_SEGS for twin in group)


def _reason(group: Sequence[Twin], span_s: float) -> str:
    size = len(group)
    return f"{size} connections in step for {span_s:.0f} s (same bytes, same moments): one program, not a NAT"


def _crowds(counts: Mapping[bytes, Counts]) -> Iterable[bytes]:
    """Addresses with many connections, nearly all of them served: only there is anything to tell apart."""
    for address, phases in counts.items():
        served = phases[IDLE] + phases[ACTIVE]
        if served >= CONNECTIONS and served >= SHARE * sum(phases):
            yield address
