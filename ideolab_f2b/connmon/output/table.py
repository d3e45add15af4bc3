"""What a look saw, as a table a person can read. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ideolab_f2b.connmon.connection import Cluster, Suspect
from ideolab_f2b.connmon.output.metrics import Look
from ideolab_f2b.logline import PHASE_KEYS

_HEAD = ("who", "connections", *PHASE_KEYS.values(), "active", "score", "would be banned", "why")
_JAILS = {"ip": "ideolab-connmon", "net": "ideolab-connmon-net"}


def text(looks: Sequence[Look], rows: int = 40) -> str:
    """One table per port: suspects first, then the addresses with most connections, `rows` in all."""
    return "\n\n".join(_port(look, rows) for look in looks)


def _port(look: Look, rows: int) -> str:
    when = datetime.fromtimestamp(look.when).strftime("%H:%M:%S")
    suspects = {(item.scope, item.address) for item in look.verdict.suspects}
    everyone = [*look.verdict.suspects]
    everyone += [item for item in look.verdict.table() if (item.scope, item.address) not in suspects]
    lines = _align([_HEAD, *(_row(item, (item.scope, item.address) in suspects) for item in everyone[:rows])])
    if len(everyone) > rows:
        lines.append(f"... and {len(everyone) - rows} more without a suspicion")
    lines += map(_cluster, look.verdict.clusters)
    counts = ", ".join(f"{count} {phase}" for phase, count in look.verdict.phases.items() if count)
    head = f"{when} port {look.port}: {look.verdict.connections} connections ({counts or 'none'})"
    return "\n".join([f"{head}, {len(suspects)} suspects", *lines])


def _cluster(one: Cluster) -> str:
    return f"cluster: {one.connections} {one.phase} of {one.addresses} addresses with one key, {one.key}"


def _row(item: Suspect, is_suspect: bool) -> tuple[str, ...]:
    return (
        item.address,
        str(item.connections),
        *(_count(item, phase) for phase in PHASE_KEYS),
        _count(item, "active"),
        str(item.score),
        _JAILS[item.scope] if is_suspect else "-",
        "; ".join(item.why) or "-",
    )


def _count(item: Suspect, phase: str) -> str:
    return str(item.phases.get(phase, 0) or ".")


def _align(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
