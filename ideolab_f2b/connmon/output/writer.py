"""Writes what a tick found: lines for the jail, then events, then gauges. Never stops the watch."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Optional, Protocol

from ideolab_f2b import logline, metrics
from ideolab_f2b.complaint import Complaint, name_subject
from ideolab_f2b.config import Paths
from ideolab_f2b.connmon.output import record
from ideolab_f2b.connmon.output.metrics import ContainerNumbers, samples
from ideolab_f2b.connmon.output.repeat import SuspectRepeat
from ideolab_f2b.connmon.suspects.suspect import Suspect, addresses_of
from ideolab_f2b.connmon.tick import PortTick
from ideolab_f2b.fingerprint import request

#: lines that are made and written at once
PIECE = 256


class TickOutput(Protocol):
    """Takes the findings of each tick; must not raise."""

    def write(self, ticks: list[PortTick]) -> None:
        """Write the findings of all ports at one tick."""

    def close(self) -> None:
        """Write what was kept back: no tick follows."""


def _forget(suspects: Iterable[Suspect], new: set[str], when: float) -> None:
    """Take the suspects that were written, where nobody wants them."""


class Writer:
    """Writes suspects to connmon.log and connmon_events.jsonl, gauges to ideolab_connmon.prom.

    With `is_observing` the lines go to connmon-observed.log, which no jail reads, and no line and no event is
    of the kind that a ban follows.
    """

    def __init__(
        self,
        paths: Paths,
        complaint: Complaint,
        *,
        is_observing: bool = False,
        note: Callable[[Iterable[Suspect], set[str], float], None] = _forget,
        containers: Optional[ContainerNumbers] = None,
    ) -> None:
        """`note` takes the suspects that were written, the addresses of the new ones, and when that was.

        `containers` are what the metrics say of containers beside the ticks.
        """
        self._paths, self._complaint, self._note = paths, complaint, note
        self._log = paths.observed_log if is_observing else paths.connmon_log
        self._kind = record.OBSERVED if is_observing else record.SUSPECT
        self._containers = containers
        #: of this run of connmon, and of each event in it
        self._run, self._numbers = secrets.token_hex(8), itertools.count(1)
        #: {namespace and port: when its suspects were written}
        self._repeats: dict[tuple[int, int], SuspectRepeat] = {}

    def write(self, ticks: list[PortTick]) -> None:
        """Write what is due; a line that cannot be written now is written at the next tick.

        No error stops the rest, and each is said on stderr.
        """
        errors = [error for tick in ticks if not tick.is_again for error in self._write_suspects(tick)]
        self._forget_containers({tick.server for tick in ticks})
        found = samples(ticks, self._containers)
        errors += self._attempt(lambda: metrics.write(self._paths.connmon_prom, found))
        subjects = {name_subject(error): error for error in reversed(errors)}
        for subject, error in reversed(subjects.items()):
            self._complaint.say(error, subject)
        for subject in self._complaint.subjects():
            if subject not in subjects:
                self._complaint.settle(subject)

    def close(self) -> None:
        """Write nothing more: each tick is written at once."""

    def _forget_containers(self, servers: set[tuple[int, int]]) -> None:
        """Forget the servers in containers that are gone, or have no suspect: they are in no tick."""
        for netns, port in list(self._repeats):
            if netns and (netns, port) not in servers:
                del self._repeats[netns, port]

    def _write_suspects(self, tick: PortTick) -> list[str]:
        """Write all lines before the first event: what an event asks for must not keep a jail waiting.

        Lines and events are made and written PIECE by PIECE: those of 50,000 suspects would fill the memory.
        """
        repeat = self._repeats.setdefault(tick.server, SuspectRepeat())
        suspects = tick.findings.suspects
        errors, written = list[str](), list[int]()
        addresses = set(addresses_of(suspects))
        due = [index for index, one in enumerate(addresses_of(suspects)) if repeat.is_due(one, tick.when)]
        for piece in _cut(due):
            found = [suspects[index] for index in piece]
            missed = self._write_lines(found, tick)
            errors += missed
            if not missed:
                written += piece
                self._note(found, {one.address for one in found if repeat.is_new(one.address)}, tick.when)
                for one in found:
                    repeat.mark(one.address, tick.when)
        repeat.forget_others(addresses)
        return errors + self._write_events(written, tick)

    def _write_lines(self, suspects: Collection[Suspect], tick: PortTick) -> list[str]:
        lines = [
            record.format_line(one, tick.when, tick.port, self._kind, tick.namespace) for one in suspects
        ]
        return self._attempt(lambda: logline.append_all(self._log, lines))

    def _write_events(self, written: Sequence[int], tick: PortTick) -> list[str]:
        """Write the events of these suspects, with what the latest of them were seen to say in TLS."""
        suspects, errors = tick.findings.suspects, list[str]()
        for number, piece in enumerate(_cut(written)):
            found = [suspects[index] for index in piece]
            # the log of requests is read for the first ones only: with so many suspects it has few of them
            known = self._find_fingerprints(found) if number == 0 else {}
            lines = [
                record.make_event(
                    one,
                    tick.when,
                    tick.port,
                    known.get(one.address, {}),
                    tick.findings.pressure,
                    self._kind,
                    tick.namespace,
                    self._make_id(),
                ).to_json()
                for one in found
            ]
            errors += self._attempt(partial(logline.append_all, self._paths.events, lines))
        return errors

    def _make_id(self) -> str:
        """Return an id that no other event has: Django imports each id once."""
        return f"{self._run}-{next(self._numbers)}"

    def _find_fingerprints(self, suspects: Iterable[Suspect]) -> dict[str, dict[str, str]]:
        names = {one.address for one in suspects if one.scope == "ip"}
        return request.fingerprints(self._paths.nginx_access_log, names)

    def _attempt(self, write: Callable[[], None]) -> list[str]:
        try:
            write()
        except (OSError, metrics.MetricsUnavailableError) as error:
            return [str(error)]
        return []


def _cut(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), PIECE):
        yield numbers[start : start + PIECE]
