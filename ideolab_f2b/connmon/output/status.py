"""How full the server is, and what connmon does about it, in one line for people. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ideolab_f2b.connmon.pressure.capacity import NGINX, SETTING
from ideolab_f2b.connmon.pressure.state import STATES, Pressure
from ideolab_f2b.connmon.suspects.findings import Findings
from ideolab_f2b.connmon.tick import PortTick

#: what everybody must know who looks at a host with `observe = yes`
NOBODY_IS_BANNED = "observe = yes: nobody is banned by connmon"
#: the server is full, and nobody is found who fills it
UNEXPLAINED = "no address holds enough of the server to explain that it is full"
_ADVICE = "a crowd of visitors, a slow application, or too few worker_connections?"
#: words of pressure/evidence.py
_SLOTS_IN_REASON = "slots are taken"
_SOURCES = {SETTING: "by f2b.conf", NGINX: "by nginx's configuration"}


def format_status(ticks: Sequence[PortTick], *, is_observing: bool = False, problem: str = "") -> str:
    """Return the line of `systemctl status`: what matters first, for systemd may cut it.

    `problem` says why something that should be seen is not.
    """
    connections = sum(tick.findings.connections for tick in ticks)
    suspects = sum(len(tick.findings.suspects) for tick in ticks)
    parts = [NOBODY_IS_BANNED] if is_observing else []
    parts.append(f"{connections:,} connections, {suspects:,} suspects")
    if any(tick.findings.is_unexplained for tick in ticks):
        parts.append(UNEXPLAINED)
    parts += [problem] if problem else []
    for tick in ticks:
        pressure = tick.findings.pressure
        # there may be many containers: those that matter are named
        if pressure is not None and pressure.state in (STATES[1:] if tick.namespace else STATES):
            parts.append(f"{tick.title} {_name_state(pressure)}, {_format_slots(pressure)}")
    return "; ".join(parts)


def format_pressure(findings: Findings) -> list[str]:
    """Return the lines of --explain about the server: its state, its slots, its queue, and why."""
    pressure = findings.pressure
    if pressure is None:
        return []
    lines = [f"the server is {_name_state(pressure)}: {pressure.why}{_format_numbers(pressure)}"]
    if findings.is_unexplained:
        lines.append(f"{UNEXPLAINED}: {_ADVICE}")
    return lines


def _name_state(pressure: Pressure) -> str:
    return pressure.state if pressure.state in STATES else "in an unknown state"


def _format_slots(pressure: Pressure) -> str:
    source = _SOURCES.get(pressure.capacity_source)
    if not source:
        return f"{pressure.slots:,} slots taken of an unknown number"
    return f"{pressure.slots:,} slots taken of {pressure.capacity:,} ({source})"


def _format_numbers(pressure: Pressure) -> str:
    if pressure.state not in STATES:
        return ""
    queue = f"accept queue {pressure.waiting} of {pressure.backlog}"
    # the reason may have the number already
    slots = _format_slots(pressure)
    if _SLOTS_IN_REASON in pressure.why:
        source = _SOURCES.get(pressure.capacity_source)
        slots = f"{pressure.capacity:,} {source}" if source else "how many there are is unknown"
    return f" ({slots}; {queue})"
