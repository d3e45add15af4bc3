"""Puts down what a look found: lines for the jail, then events, then gauges. Never stops the watch."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from ideolab_f2b import logline, metrics
from ideolab_f2b.config import Paths
from ideolab_f2b.connmon.connection import Suspect
from ideolab_f2b.connmon.output import record
from ideolab_f2b.connmon.output.metrics import Look, samples
from ideolab_f2b.connmon.output.repeat import Repeat
from ideolab_f2b.fingerprint import request


class Output(Protocol):
    """Where the looks of one tick go; must not raise."""

    def put(self, looks: list[Look]) -> None: ...


class Complaint:
    """Says an error on stderr (the journal) when it is new, then once a minute while it lasts."""

    def __init__(self, say: Callable[[str], object] = lambda text: print(text, file=sys.stderr, flush=True)):
        self._say, self._repeat = say, Repeat()

    def __call__(self, text: str, now: float) -> None:
        if self._repeat.is_due(text, now):
            self._say(f"connmon: {text}")
            self._repeat.mark(text, now)

    def settle(self, texts: Iterable[str]) -> None:
        """Everything but `texts` is over."""
        self._repeat.keep(set(texts))


class Writer:
    """Writes suspects to connmon.log and connmon_events.jsonl, gauges to ideolab_connmon.prom."""

    def __init__(self, paths: Paths, complaint: Complaint | None = None) -> None:
        self._paths, self._complaint = paths, complaint or Complaint()
        self._repeat = Repeat()

    def put(self, looks: list[Look]) -> None:
        """A line that cannot be written now is written at the next tick; the rest is tried all the same."""
        errors = [error for look in looks for error in self._suspects(look)]
        errors += self._attempt(lambda: metrics.write(self._paths.connmon_prom, samples(looks)))
        for error in errors:
            self._complaint(error, looks[0].when)
        self._complaint.settle(errors)
        self._repeat.keep({_name(look.port, suspect) for look in looks for suspect in look.verdict.suspects})

    def _suspects(self, look: Look) -> list[str]:
        """All lines before the first event: what an event wants to know must not keep a jail waiting."""
        errors: list[str] = []
        written = []
        for suspect in look.verdict.suspects:
            name = _name(look.port, suspect)
            if self._repeat.is_due(name, look.when):
                missed = self._line(suspect, look)
                if not missed:
                    self._repeat.mark(name, look.when)
                    written.append(suspect)
                errors += missed
        known = request.fingerprints(self._paths.nginx_access_log, {one.address for one in written})
        return errors + [
            error for one in written for error in self._event(one, look, known.get(one.address, {}))
        ]

    def _line(self, suspect: Suspect, look: Look) -> list[str]:
        line = record.line(suspect, look.when, look.port)
        return self._attempt(lambda: logline.append(self._paths.connmon_log, line))

    def _event(self, suspect: Suspect, look: Look, known: Mapping[str, str]) -> list[str]:
        event = record.event(suspect, look.when, look.port, known).to_json()
        return self._attempt(lambda: logline.append(self._paths.events, event))

    def _attempt(self, write: Callable[[], None]) -> list[str]:
        try:
            write()
        except (OSError, metrics.MetricsUnavailableError) as error:
            return [str(error)]
        return []


def _name(port: int, suspect: Suspect) -> str:
    return f"{port} {suspect.scope} {suspect.address}"
