"""Keeps the worst of several ticks, so that a short look prints one table for each port. Pure."""

from __future__ import annotations

from typing import NamedTuple

from ideolab_f2b.connmon.output.table import TableFormat, format_port
from ideolab_f2b.connmon.pressure.state import STATES
from ideolab_f2b.connmon.tick import PortTick

#: what makes one tick worse than another, the first things first
_Rank = tuple[bool, int, int, int]


class _Moment(NamedTuple):
    rank: _Rank
    text: str
    suspects: frozenset[str]


class WorstMoments:
    """The worst tick of each port of each namespace, as text: findings may not outlive the next tick."""

    def __init__(self) -> None:
        self._worst: dict[tuple[int, int], _Moment] = {}
        self._ticks: dict[tuple[int, int], int] = {}
        self._suspects: dict[tuple[int, int], set[str]] = {}

    def add(self, tick: PortTick, form: TableFormat) -> None:
        """Keep this tick if its server has seen none that was worse."""
        server, rank = tick.server, _rank(tick)
        suspects = frozenset(suspect.address for suspect in tick.findings.suspects)
        self._ticks[server] = self._ticks.get(server, 0) + 1
        self._suspects.setdefault(server, set()).update(suspects)
        if server not in self._worst or rank >= self._worst[server].rank:
            self._worst[server] = _Moment(rank, format_port(tick, form), suspects)

    def format(self) -> str:
        """Return a table for each port, and what the other ticks had beyond it."""
        return "\n\n".join(self._format_server(server) for server in self._worst)

    def _format_server(self, server: tuple[int, int]) -> str:
        moment, ticks = self._worst[server], self._ticks[server]
        if ticks == 1:
            return moment.text
        others = len(self._suspects[server] - moment.suspects)
        more = f"; the others had {others} more suspect{'' if others == 1 else 's'}" if others else ""
        return f"{moment.text}\nthe worst of {ticks} snapshots{more}"


def _rank(tick: PortTick) -> _Rank:
    findings = tick.findings
    state = findings.pressure.state if findings.pressure is not None else ""
    severity = STATES.index(state) if state in STATES else -1
    count = len(findings.suspects)
    return count > 0, severity, count, findings.connections
