"""Formats the findings of a tick as a table for people, as wide as their terminal. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from ideolab_f2b import columns
from ideolab_f2b.connmon.output.status import format_pressure
from ideolab_f2b.connmon.suspects.suspect import Cluster, Suspect
from ideolab_f2b.connmon.tick import PortTick
from ideolab_f2b.logline import PHASE_KEYS

#: {phase: its short name}; active connections are no reason for a ban
_PHASES = {**PHASE_KEYS, "active": "active"}
#: phases of one row: those with most connections
_DOING = 3
#: columns that the reasons need to stand at the end of a row; else they stand below it
_WHY_WIDTH = 26
#: the same beside the column of what somebody does
_WIDE = 45
#: lines of one row's reasons
_WHY_LINES = 3
_INDENT = "    "
_RED, _PLAIN = "\x1b[1;31m", "\x1b[0m"
_BANS = "ban = yes: ideolab-connmon bans addresses, ideolab-connmon-net networks"


class TableFormat(NamedTuple):
    """The size of a table, by default that for a pipe or a file."""

    width: int = 100
    rows: int = 40
    has_colour: bool = False


def format_table(ticks: Sequence[PortTick], form: TableFormat = TableFormat()) -> str:  # noqa: B008
    """Return one table per port: suspects first, the worst above, then who has most connections."""
    return "\n\n".join(format_port(tick, form) for tick in ticks)


def format_port(tick: PortTick, form: TableFormat) -> str:
    """Return the table of one port."""
    findings = tick.findings
    suspects = sorted(findings.suspects, key=lambda item: (-item.score, -item.connections))
    keys = {(item.scope, item.address) for item in suspects}
    others = [item for item in findings.table() if (item.scope, item.address) not in keys]
    shown = [*suspects, *others][: form.rows]
    blocks = _format_rows(shown, keys, form) if shown else [["nobody is connected"]]
    count = _count_fitting(blocks, form.rows)
    lines = [line for block in blocks[: count + 1] for line in block]
    left = len(suspects) - min(count, len(suspects)), len(others) - max(0, count - len(suspects))
    last = [*_describe_rest(*left), *([_BANS] if suspects else []), *map(_format_cluster, findings.clusters)]
    lines += (line for text in last for line in textwrap.wrap(text, form.width))
    return "\n".join([*_format_head(tick, form), *lines])


def _format_head(tick: PortTick, form: TableFormat) -> list[str]:
    findings = tick.findings
    when = datetime.fromtimestamp(tick.when).strftime("%H:%M:%S")
    counts = ", ".join(f"{count} {phase}" for phase, count in findings.phases.items() if count)
    number = _count(len(findings.suspects), "suspect")
    connections = _count(findings.connections, "connection")
    head = f"{when} {tick.title}: {connections} ({counts or 'none'}), {number}"
    return [line for text in (head, *format_pressure(findings)) for line in textwrap.wrap(text, form.width)]


def _format_rows(
    items: Sequence[Suspect], suspects: set[tuple[str, str]], form: TableFormat
) -> list[list[str]]:
    """Return the lines of the head and of each row: its cells, and its reasons beside or below them."""
    head = ("who", "connections", "score", "ban", "doing")
    cells = [_format_cells(item, (item.scope, item.address) in suspects) for item in items]
    begins = columns.align([head, *cells])
    is_wide = form.width - max(map(len, begins)) >= _WIDE
    if not is_wide:
        # the reasons say it too
        begins = columns.align([row[:-1] for row in (head, *cells)])
    room = form.width - max(map(len, begins)) - 2
    reasons = ["why", *("; ".join(item.why) or ("-" if is_wide else _describe_doing(item)) for item in items)]
    blocks = [_add_reasons(begin, why, room, form.width) for begin, why in zip(begins, reasons)]
    if not form.has_colour:
        return blocks
    marked = [(item.scope, item.address) in suspects for item in items]
    return [blocks[0], *(_paint(block) if is_bad else block for block, is_bad in zip(blocks[1:], marked))]


def _format_cells(item: Suspect, is_suspect: bool) -> tuple[str, ...]:
    is_banned = "yes" if is_suspect else "-"
    return (item.address, str(item.connections), str(item.score), is_banned, _describe_doing(item))


def _describe_doing(item: Suspect) -> str:
    found = [(item.phases[phase], name) for phase, name in _PHASES.items() if item.phases.get(phase)]
    found.sort(key=lambda each: -each[0])
    more = " ..." if len(found) > _DOING else ""
    return ", ".join(f"{count} {name}" for count, name in found[:_DOING]) + more or "-"


def _add_reasons(begin: str, why: str, room: int, width: int) -> list[str]:
    if room < _WHY_WIDTH:
        return [begin, *(_INDENT + line for line in _wrap(why, width - len(_INDENT)))]
    first, *rest = _wrap(why, room)
    at = width - room
    return [f"{begin.ljust(at)}{first}", *(" " * at + line for line in rest)]


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(width, 10), max_lines=_WHY_LINES, placeholder=" ...")


def _paint(lines: Sequence[str]) -> list[str]:
    return [f"{_RED}{lines[0]}{_PLAIN}", *lines[1:]]


def _count_fitting(blocks: Sequence[Sequence[str]], rows: int) -> int:
    """Return how many rows have room for all their lines; one at least."""
    lines = 0
    for count, block in enumerate(blocks[1:]):
        lines += len(block)
        if lines > rows:
            return max(1, count)
    return len(blocks) - 1


def _describe_rest(suspects: int, others: int) -> list[str]:
    if not suspects + others:
        return []
    parts = [_count(suspects, "suspect")] if suspects else []
    parts += [f"{others} without a suspicion"] if others else []
    return [f"... and {suspects + others} more: {', '.join(parts)}"]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _format_cluster(one: Cluster) -> str:
    return f"cluster: {one.connections} {one.phase} of {one.addresses} addresses with one key, {one.key}"
