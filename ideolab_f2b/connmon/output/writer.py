"""Writes what a tick found: lines for the jail, then events, then gauges. Never stops the watch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from ideolab_f2b import logline, metrics
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.config import Paths
from ideolab_f2b.connmon.output import record
from ideolab_f2b.connmon.output.metrics import samples
from ideolab_f2b.connmon.output.repeat import SuspectRepeat
from ideolab_f2b.connmon.suspects.suspect import Suspect
from ideolab_f2b.connmon.tick import PortTick
from ideolab_f2b.fingerprint import request


class TickOutput(Protocol):
    """Takes the findings of each tick; must not raise."""

    def write(self, ticks: list[PortTick]) -> None:
        """Write the findings of all ports at one tick."""


class Writer:
    """Writes suspects to connmon.log and connmon_events.jsonl, gauges to ideolab_connmon.prom."""

    def __init__(self, paths: Paths, complaint: Complaint) -> None:
        self._paths, self._complaint = paths, complaint
        self._repeat = SuspectRepeat()

    def write(self, ticks: list[PortTick]) -> None:
        """Write what is due; a line that cannot be written now is written at the next tick.

        No error stops the rest, and each is said on stderr.
        """
        errors = [error for tick in ticks for error in self._write_suspects(tick)]
        errors += self._attempt(lambda: metrics.write(self._paths.connmon_prom, samples(ticks)))
        for error in errors:
            self._complaint.say(error)
        for subject in set(self._complaint.subjects()) - set(errors):
            self._complaint.settle(subject)
        self._repeat.forget_others(
            {_name(tick.port, suspect) for tick in ticks for suspect in tick.findings.suspects}
        )

    def _write_suspects(self, tick: PortTick) -> list[str]:
        """Write all lines before the first event: what an event asks for must not keep a jail waiting."""
        errors: list[str] = []
        written = []
        for suspect in tick.findings.suspects:
            name = _name(tick.port, suspect)
            if self._repeat.is_due(name, tick.when):
                missed = self._write_line(suspect, tick)
                if not missed:
                    self._repeat.mark(name, tick.when)
                    written.append(suspect)
                errors += missed
        known = request.fingerprints(self._paths.nginx_access_log, {one.address for one in written})
        return errors + [
            error for one in written for error in self._write_event(one, tick, known.get(one.address, {}))
        ]

    def _write_line(self, suspect: Suspect, tick: PortTick) -> list[str]:
        line = record.format_line(suspect, tick.when, tick.port)
        return self._attempt(lambda: logline.append(self._paths.connmon_log, line))

    def _write_event(self, suspect: Suspect, tick: PortTick, known: Mapping[str, str]) -> list[str]:
        event = record.make_event(suspect, tick.when, tick.port, known).to_json()
        return self._attempt(lambda: logline.append(self._paths.events, event))

    def _attempt(self, write: Callable[[], None]) -> list[str]:
        try:
            write()
        except (OSError, metrics.MetricsUnavailableError) as error:
            return [str(error)]
        return []


def _name(port: int, suspect: Suspect) -> str:
    return f"{port} {suspect.scope} {suspect.address}"
