"""The chains of the country list in the tables of iptables: raw for TCP, mangle for QUIC; it forks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Optional

from ideolab_f2b.firewall import iptables
from ideolab_f2b.firewall.iptables import PROGRAMS, RawMissingError, RuleError, Run
from ideolab_f2b.firewall.rule import has_ipv6
from ideolab_f2b.firewall.variants import list_programs
from ideolab_f2b.geo.rule.ipset import lines as ipset_lines
from ideolab_f2b.geo.rule.ipset.lines import CHAIN, Slot, SlotUse
from ideolab_f2b.geo.rule.plan import VERSIONS

_RAW, _MANGLE = "raw", "mangle"
#: {table: what it sends to our chain}
_JUMPS = {_RAW: ipset_lines.CONNECTIONS, _MANGLE: ipset_lines.DATAGRAMS}


class TableState(NamedTuple):
    """What of ours a table of one family holds."""

    #: {set of ports: the list that it leads to}
    uses: dict[str, Slot]
    is_linked: bool
    drops: int


NOT_THERE = TableState({}, False, 0)


def versions(run: Run = iptables.run) -> list[int]:
    """Return the IP versions that have a firewall here: 6 is left out where it is switched off."""
    return [version for version in VERSIONS if version == 4 or has_ipv6()]


def read(version: int, table: str = _RAW, run: Run = iptables.run) -> TableState:
    """Return what a table holds; RuleError where it cannot be seen."""
    return _read(PROGRAMS[version], table, run)


def read_both(version: int, run: Run = iptables.run) -> dict[str, TableState]:
    """Return {table: what it holds}."""
    return {table: read(version, table, run) for table in _JUMPS}


def write(version: int, force: Optional[SlotUse], trial: Optional[SlotUse], run: Run = iptables.run) -> None:
    """Let these lists be in force in a family, at one instant; the chains of others go. RuleError."""
    for table in _JUMPS:
        shown = [_only_if(one, table == _RAW or (one is not None and one.has_quic)) for one in (force, trial)]
        if table == _RAW or any(shown):
            _write(version, table, shown[0], shown[1], run)
        else:
            _remove(PROGRAMS[version], table, run)


def _only_if(use: Optional[SlotUse], is_wanted: bool) -> list[SlotUse]:
    return [use] if use is not None and is_wanted else []


def remove(version: int, run: Run = iptables.run) -> bool:
    """Take all chains of ours away, of each variant of iptables; return whether there was one. RuleError."""
    found = False
    for program, tables in list_programs(version).items():
        for table in _JUMPS:
            if table in tables or table == _MANGLE:
                found |= _remove(program, table, run)
    return found


def _write(version: int, table: str, force: list[SlotUse], trial: list[SlotUse], run: Run) -> None:
    program = PROGRAMS[version]
    before = _tokens(program, table, run)
    kept = {one.slot.token for one in (*force, *trial)}
    lines = list(ipset_lines.write_chains(version, force, trial))
    lines += ipset_lines.place_jump(_rules(program, "PREROUTING", table, run) or [], _JUMPS[table])
    for token in before:
        if token not in kept:
            lines += [f":{CHAIN}-{token} - [0:0]", f"-X {CHAIN}-{token}"]
    iptables.change(program, table, lines, run)


def _remove(program: str, table: str, run: Run) -> bool:
    try:
        tokens = _tokens(program, table, run)
        if _rules(program, CHAIN, table, run) is None:
            return False
        outer = _rules(program, "PREROUTING", table, run) or []
    except RawMissingError:
        return False
    chains = [CHAIN, *(f"{CHAIN}-{token}" for token in tokens)]
    lines = [f":{chain} - [0:0]" for chain in chains]
    lines += [*ipset_lines.drop_jump(outer, _JUMPS[table]), *(f"-X {chain}" for chain in chains)]
    iptables.change(program, table, lines, run)
    return True


def _read(program: str, table: str, run: Run) -> TableState:
    try:
        rules = _rules(program, CHAIN, table, run)
    except RawMissingError:
        return NOT_THERE
    if rules is None:
        return NOT_THERE
    lists = list(_lists(program, table, ipset_lines.read_tokens(rules), run))
    outer = _rules(program, "PREROUTING", table, run) or []
    is_linked = ipset_lines.has_jump(outer, _JUMPS[table])
    return TableState(ipset_lines.read_uses([*rules, *lists]), is_linked, ipset_lines.count_drops(lists))


def _lists(program: str, table: str, tokens: Sequence[str], run: Run) -> Iterator[str]:
    for token in dict.fromkeys(tokens):
        yield from _rules(program, f"{CHAIN}-{token}", table, run) or []


def _tokens(program: str, table: str, run: Run) -> list[str]:
    return list(dict.fromkeys(ipset_lines.read_tokens(_rules(program, CHAIN, table, run) or [])))


def _rules(program: str, chain: str, table: str, run: Run) -> Optional[list[str]]:
    return iptables.list_rules(program, chain, table, run)
