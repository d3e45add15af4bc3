"""Does what a ban has no time for: looks origins up, writes events, counts, and writes the counters down."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Callable, Optional

from ideolab_f2b import logline, pace
from ideolab_f2b.actions import handover, metric_sources
from ideolab_f2b.actions.report import events, written
from ideolab_f2b.actions.report import state as ledger
from ideolab_f2b.actions.report.counters import Counters
from ideolab_f2b.actions.report.record import Record
from ideolab_f2b.actions.report.state import Ledger
from ideolab_f2b.config import Paths
from ideolab_f2b.fingerprint import request
from ideolab_f2b.metrics import Sample

#: events of one write(): the jails get the interpreter back after some milliseconds
SLICE = 50
#: seconds that a piece of counting takes, about
PIECE_S = 0.002


class Clerk:
    """Of one thread. `rest` is called between two slices, with the seconds that the last one took."""

    def __init__(
        self, paths: Paths, state: Path, front: Optional[Any], rest: Callable[[float], None]
    ) -> None:
        self._paths, self._state, self._front, self._rest = paths, state, front, rest
        self.ledger = Ledger()
        #: the last write may have put down a part
        self._is_in_doubt = True
        self._looked_up: dict[tuple[str, str], int] = {}

    def load(self) -> str:
        """Go on where the last process ended; what was wrong with its file, or nothing."""
        self.ledger, complaint = ledger.load(self._state, self._paths.report_prom)
        return complaint

    def work(
        self,
        records: Sequence[Record],
        segment: Optional[int],
        is_skipped: bool,
        deadline_s: Optional[float] = None,
    ) -> None:
        """Write the events, then the counters with the segment's number; OSError: call again with the same.

        `is_skipped`: there are so many that no origin is looked for.
        """
        origins = {} if is_skipped else self._origins({record.address for record in records}, deadline_s)
        self._write(records, origins)
        self._extra(self.ledger.counters)
        counters = self.ledger.counters.copy()
        for piece in pace.pieces(records, self._pause):
            _count(counters, piece, origins, is_skipped)
        if segment is None:
            # nothing on disk remembers these: a failing save must not count them again
            self.ledger.counters = counters
            return
        counted = Ledger(counters, self.ledger.carry, segment)
        try:
            counted.save(self._state)
        except OSError:
            self._is_in_doubt = True
            raise
        self.ledger = counted

    def lost(self, count: int) -> None:
        self.ledger.counters.event("lost", count)

    def samples(self) -> list[Sample]:
        """Of the counters and of all sources; save() comes before anybody sees them."""
        self._extra(self.ledger.counters)
        return [*self.ledger.counters.samples(), *self.ledger.carry.apply(metric_sources.collect())]

    def save(self) -> None:
        self.ledger.save(self._state)

    def complaints(self) -> list[str]:
        return [] if self._front is None else list(self._front.complaints())

    def close(self) -> None:
        if self._front is not None:
            self._front.close()

    def _pause(self) -> None:
        self._rest(PIECE_S)

    def _origins(self, addresses: Iterable[str], deadline_s: Optional[float]) -> dict[str, Any]:
        if self._front is None:
            return {}
        found: dict[str, Any] = self._front.resolve(set(addresses), deadline_s)
        return found

    def _write(self, records: Sequence[Record], origins: dict[str, Any]) -> None:
        done: set[str] = set()
        if self._is_in_doubt and records:
            done = written.among(self._paths.events, {record.id for record in records})
        todo = [record for record in records if record.id not in done]
        self._is_in_doubt = True
        prints = request.fingerprints(
            self._paths.nginx_access_log, {record.address for record in todo if record.type == "ban"}
        )
        for start in range(0, len(todo), SLICE):
            begin = time.monotonic()
            lines = [
                events.event(each, origins.get(each.address), prints.get(each.address, {})).to_json()
                for each in todo[start : start + SLICE]
            ]
            logline.append_all(self._paths.events, lines)
            self._rest(time.monotonic() - begin)
        self._is_in_doubt = False

    def _extra(self, counters: Counters) -> None:
        for piece in pace.pieces(handover.take_delays(), self._pause):
            counters.delays(piece)
        if self._front is not None:
            now = dict(self._front.counts())
            counters.lookups({key: count - self._looked_up.get(key, 0) for key, count in now.items()})
            self._looked_up = now


def _count(counters: Counters, records: Iterable[Record], origins: dict[str, Any], is_skipped: bool) -> None:
    for record in records:
        counters.event("without_origin" if is_skipped else "written")
        if record.type == "unban":
            counters.unban(record.jail)
        elif record.type == "restored":
            counters.restored(record.jail)
        elif not record.error:
            counters.ban(record.jail, *_kind(record.address))
            origin = origins.get(record.address)
            counters.origin(origin and origin.country, origin and origin.asn)


def _kind(address: str) -> tuple[str, str]:
    """(scope, family)."""
    try:
        network = ip_network(address, strict=False)
    except ValueError:
        return "ip", "inet6" if ":" in address else "inet"
    scope = "ip" if network.prefixlen == network.max_prefixlen else "net"
    return scope, "inet" if network.version == 4 else "inet6"
