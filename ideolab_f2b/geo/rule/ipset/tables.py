"""The chains of the country list in the tables of iptables: raw for TCP, mangle for QUIC; it forks."""

from __future__ import annotations

import subprocess
from typing import NamedTuple, Optional

from ideolab_f2b.firewall import iptables
from ideolab_f2b.firewall.iptables import PROGRAMS, RuleError, RuleUnseenError, Run
from ideolab_f2b.firewall.rule import has_ipv6
from ideolab_f2b.firewall.variants import list_programs
from ideolab_f2b.geo.rule.ipset import lines
from ideolab_f2b.geo.rule.ipset.lines import CHAIN, Slot, TableText, UsedSlot
from ideolab_f2b.geo.rule.plan import VERSIONS
from ideolab_f2b.places import find_program

RAW, MANGLE = "raw", "mangle"
#: {table: what it sends to our chain}
_JUMPS = {RAW: lines.CONNECTIONS, MANGLE: lines.DATAGRAMS}


class TableState(NamedTuple):
    """What of ours a table of one family holds."""

    #: {set of ports: the list that it leads to}
    uses: dict[str, Slot]
    is_linked: bool
    drops: int


def list_versions() -> list[int]:
    """Return the IP versions that have a firewall here: 6 is left out where it is switched off."""
    return [version for version in VERSIONS if version == 4 or has_ipv6()]


def read_both(version: int, run: Run = iptables.run) -> dict[str, TableState]:
    """Return {table: what it holds}; RuleError where it cannot be seen."""
    return {table: _read(PROGRAMS[version], table, run) for table in _JUMPS}


def write(
    version: int, force: Optional[UsedSlot], trial: Optional[UsedSlot], run: Run = iptables.run
) -> None:
    """Let these lists be in force in a family, at one instant; the chains of others go. RuleError."""
    for table in _JUMPS:
        shown = [_only_if(one, table == RAW or (one is not None and one.has_quic)) for one in (force, trial)]
        if table == RAW or any(shown):
            _write(PROGRAMS[version], table, shown[0], shown[1], run)
        else:
            _remove(PROGRAMS[version], table, run)


def remove(version: int, run: Run = iptables.run) -> bool:
    """Take all chains of ours away, of each variant of iptables; return whether there was one. RuleError."""
    # of the older variant only the tables that are there: to look at others would make them
    places = [
        (program, table)
        for program, tables in list_programs(version).items()
        for table in _JUMPS
        if not program.endswith("-legacy") or table in tables
        # without the program there is none, or its sets, which it keeps from being destroyed, tell
        if run is not iptables.run or find_program(program) is not None
    ]
    found = [_remove(program, table, run) for program, table in places]
    return any(found)


def _only_if(use: Optional[UsedSlot], is_wanted: bool) -> list[UsedSlot]:
    return [use] if use is not None and is_wanted else []


def _write(program: str, table: str, force: list[UsedSlot], trial: list[UsedSlot], run: Run) -> None:
    found = _save(program, table, run)
    kept = {CHAIN, *(f"{CHAIN}-{one.slot.token}" for one in (*force, *trial))}
    version = 6 if program == PROGRAMS[6] else 4
    change = [
        *lines.write_chains(version, force, trial),
        *lines.place_jump(found.list_specs("PREROUTING"), _JUMPS[table]),
        *lines.drop_chains(chain for chain in found.chains if chain not in kept),
    ]
    iptables.change(program, table, change, run)


def _remove(program: str, table: str, run: Run) -> bool:
    found = _save(program, table, run)
    if not found.chains:
        return False
    jumps = lines.drop_jump(found.list_specs("PREROUTING"), _JUMPS[table])
    iptables.change(program, table, [*jumps, *lines.drop_chains(found.chains)], run)
    return True


def _read(program: str, table: str, run: Run) -> TableState:
    found = _save(program, table, run)
    is_linked = _JUMPS[table] in found.list_specs("PREROUTING")
    return TableState(lines.read_uses(found), is_linked, lines.count_drops(found))


def _save(program: str, table: str, run: Run) -> TableText:
    try:
        done = run((f"{program}-save", "-c", "-t", table), "")
    except (OSError, subprocess.SubprocessError) as error:
        raise RuleUnseenError(f"{program}-save: {error}") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or [f"exit {done.returncode}"]
        raise RuleError(
            f"{program}-save -t {table}: {said[0]}; without that table write `backend = nft` below [geo]"
        )
    return lines.parse(done.stdout)
