"""Formats the findings of a tick as a table for people. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ideolab_f2b import columns
from ideolab_f2b.connmon.suspects.suspect import Cluster, Suspect
from ideolab_f2b.connmon.tick import PortTick
from ideolab_f2b.logline import PHASE_KEYS

_HEAD = ("who", "connections", *PHASE_KEYS.values(), "active", "score", "would be banned", "why")
_JAILS = {"ip": "ideolab-connmon", "net": "ideolab-connmon-net"}


def format_table(ticks: Sequence[PortTick], rows: int = 40) -> str:
    """Return one table per port: suspects first, then the addresses with most connections, `rows` in all."""
    return "\n\n".join(_format_port(tick, rows) for tick in ticks)


def _format_port(tick: PortTick, rows: int) -> str:
    when = datetime.fromtimestamp(tick.when).strftime("%H:%M:%S")
    suspects = {(item.scope, item.address) for item in tick.findings.suspects}
    everyone = [*tick.findings.suspects]
    everyone += [item for item in tick.findings.table() if (item.scope, item.address) not in suspects]
    lines = columns.align(
        [_HEAD, *(_format_cells(item, (item.scope, item.address) in suspects) for item in everyone[:rows])]
    )
    if len(everyone) > rows:
        lines.append(f"... and {len(everyone) - rows} more without a suspicion")
    lines += map(_format_cluster, tick.findings.clusters)
    counts = ", ".join(f"{count} {phase}" for phase, count in tick.findings.phases.items() if count)
    head = f"{when} port {tick.port}: {tick.findings.connections} connections ({counts or 'none'})"
    return "\n".join([f"{head}, {len(suspects)} suspects", *lines])


def _format_cluster(one: Cluster) -> str:
    return f"cluster: {one.connections} {one.phase} of {one.addresses} addresses with one key, {one.key}"


def _format_cells(item: Suspect, is_suspect: bool) -> tuple[str, ...]:
    return (
        item.address,
        str(item.connections),
        *(_format_count(item, phase) for phase in PHASE_KEYS),
        _format_count(item, "active"),
        str(item.score),
        _JAILS[item.scope] if is_suspect else "-",
        "; ".join(item.why) or "-",
    )


def _format_count(item: Suspect, phase: str) -> str:
    return str(item.phases.get(phase, 0) or ".")
