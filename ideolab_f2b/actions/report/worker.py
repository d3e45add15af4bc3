"""Does what a ban has no time for: looks origins up, writes events, counts them, and saves the counters."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Optional

from ideolab_f2b import pace
from ideolab_f2b.actions import handover, metric_sources
from ideolab_f2b.actions.report import carried_counters, events, state
from ideolab_f2b.actions.report.counters import Counters
from ideolab_f2b.actions.report.event_log import EventLog
from ideolab_f2b.actions.report.events import AsFacts
from ideolab_f2b.actions.report.record import Record
from ideolab_f2b.actions.report.state import State
from ideolab_f2b.actions.tickets import number_of_identity
from ideolab_f2b.asn.error import AsnTableError
from ideolab_f2b.asn.table import DEFAULT_PATH, AsnTable
from ideolab_f2b.config import Paths
from ideolab_f2b.fingerprint import request
from ideolab_f2b.metrics import Sample

if TYPE_CHECKING:
    from ideolab_f2b.origin.lookup import Lookup
    from ideolab_f2b.origin.origin import Origin

#: events of one write(): the jails get the interpreter back after some milliseconds
SLICE = 50
#: seconds that a piece of counting takes, about
PIECE_S = 0.002


class Worker:
    """What one thread uses. `rest` is called between two slices, with the seconds that the last one took."""

    def __init__(
        self, paths: Paths, directory: Path, lookup: Optional[Lookup], rest: Callable[[float], None]
    ) -> None:
        self._paths, self._directory, self._lookup, self._rest = paths, directory, lookup, rest
        self._log = EventLog(paths.events)
        self._looked_up: Mapping[tuple[str, str], int] = {}
        self.state = State()

    def load(self) -> str:
        """Go on where the last process ended; return what was wrong with its file, or nothing."""
        self.state, complaint = state.load(self._directory, self._paths.report_prom)
        return complaint

    def work(
        self,
        records: Sequence[Record],
        segment: Optional[int],
        is_without_origins: bool,
        deadline_s: Optional[float] = None,
    ) -> None:
        """Write the events, then the counters with the segment's number; OSError: call again with the same.

        `is_without_origins`: there are so many that no origin is looked up.
        """
        addresses = set() if is_without_origins else {record.address for record in records}
        addresses = {address for address in addresses if number_of_identity(address) is None}
        origins = self._look_up(addresses, deadline_s)
        self._write(records, origins)
        self._count_extra(self.state.counters)
        counters = self.state.counters.copy()
        for piece in pace.pieces(records, self._pause):
            _count(counters, piece, origins, is_without_origins)
        if segment is None:
            # nothing on disk remembers these: a failing save must not count them again
            self.state.counters = counters
        else:
            self._save(State(counters, self.state.carried, segment))

    def _save(self, counted: State) -> None:
        try:
            counted.save(self._directory)
        except OSError:
            # the same records come again, and their events are in the log
            self._log.is_certain = False
            raise
        self.state = counted

    def count_lost(self, count: int) -> None:
        """Count events that nobody will ever write."""
        self.state.counters.count_events("lost", count)

    def collect(self) -> list[Sample]:
        """Return the counters and the samples of all sources; save() comes before anybody sees them."""
        self._count_extra(self.state.counters)
        return [*self.state.counters.collect(), *self.state.carried.apply(metric_sources.collect())]

    def save(self) -> None:
        """Write the counters down; OSError leaves what was saved before."""
        self.state.save(self._directory)

    def complaints(self) -> list[str]:
        """What is missing or broken where origins are looked up, and whether a metric has no room."""
        full = [carried_counters.FULL] if self.state.carried.is_full else []
        return full if self._lookup is None else [*full, *self._lookup.complaints()]

    def describe_failures(self) -> str:
        """Return why origins are not known although nothing is broken here, in one line, or ""."""
        return "" if self._lookup is None else self._lookup.describe_failures()

    def close(self) -> None:
        """Close what the look-ups have open."""
        if self._lookup is not None:
            self._lookup.close()

    def _pause(self) -> None:
        self._rest(PIECE_S)

    def _look_up(self, addresses: set[str], deadline_s: Optional[float]) -> dict[str, Origin]:
        if self._lookup is None or not addresses:
            return {}
        return self._lookup.resolve(addresses, deadline_s)

    def _write(self, records: Sequence[Record], origins: Mapping[str, Origin]) -> None:
        missing = self._log.select_missing(records)
        self._log.is_certain = False
        numbers = self._read_as({record.address for record in missing})
        banned = {record.address for record in missing if record.type == "ban"}
        prints = request.fingerprints(self._paths.nginx_access_log, banned)
        for start in range(0, len(missing), SLICE):
            begin = time.monotonic()
            self._log.append(
                [
                    events.build(
                        each,
                        origins.get(each.address),
                        prints.get(each.address, {}),
                        numbers.get(each.address),
                    )
                    for each in missing[start : start + SLICE]
                ]
            )
            self._rest(time.monotonic() - begin)
        self._log.is_certain = True

    def _read_as(self, words: Iterable[str]) -> dict[str, AsFacts]:
        """Return what the table says of those that are AS numbers; an event does not wait for a table."""
        numbers = {word: number_of_identity(word) for word in words}
        found = {word: AsFacts(number) for word, number in numbers.items() if number is not None}
        with contextlib.suppress(AsnTableError):
            if found:
                with AsnTable(self._directory / DEFAULT_PATH.name) as table:
                    for word, (number, _name, _prefixes) in found.items():
                        found[word] = AsFacts(number, table.name(number), len(table.prefixes(number)))
        return found

    def _count_extra(self, counters: Counters) -> None:
        """Count what others have noted since the last time: delays, and look-ups of origins."""
        for piece in pace.pieces(handover.take_delays(), self._pause):
            counters.count_delays(piece)
        if self._lookup is not None:
            now = self._lookup.counts()
            counters.count_lookups({key: count - self._looked_up.get(key, 0) for key, count in now.items()})
            self._looked_up = now


def _count(
    counters: Counters, records: Iterable[Record], origins: Mapping[str, Origin], is_without_origins: bool
) -> None:
    for record in records:
        counters.count_events("without_origin" if is_without_origins else "written")
        if record.type == "unban":
            counters.count_unban(record.jail)
        elif record.type == "restored":
            counters.count_restored_ban(record.jail)
        elif not record.error:
            counters.count_ban(record.jail, *_scope_and_family(record.address))
            if number_of_identity(record.address) is not None:
                continue
            origin = origins.get(record.address)
            counters.count_origin(origin.country if origin else None, origin.asn if origin else None)


def _scope_and_family(address: str) -> tuple[str, str]:
    if number_of_identity(address) is not None:
        return "as", "as"
    try:
        network = ip_network(address, strict=False)
    except ValueError:
        return "ip", "inet6" if ":" in address else "inet"
    # an IPv6 client has a /64
    is_client = network.prefixlen == network.max_prefixlen or (network.version, network.prefixlen) == (6, 64)
    scope = "ip" if is_client else "net"
    return scope, "inet" if network.version == 4 else "inet6"
