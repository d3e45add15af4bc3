"""Tells by a few system calls whether the rules are still as they were seen: often, and without a fork."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Callable, Optional

from ideolab_f2b.firewall.chains import TABLES
from ideolab_f2b.firewall.iptables import PROGRAMS
from ideolab_f2b.kernel import nf_tables, x_tables
from ideolab_f2b.places import find_program

#: what the kernel tells of the beginning of some chains
Trace = tuple[bytes, ...]


def uses_nf_tables(program: str) -> Optional[bool]:
    """Return whether this iptables works on nf_tables; None without the program."""
    path = find_program(program)
    # xtables-nft-multi, xtables-legacy-multi; older than both: xtables-multi
    return None if path is None else "nft" in os.path.basename(os.path.realpath(path))


class RuleTraces:
    """Reads the traces of both families; of nf_tables only when something was changed there."""

    def __init__(self, is_nft: Callable[[str], Optional[bool]] = uses_nf_tables) -> None:
        self._is_nft = is_nft
        #: {version: (number of the generation, chains, trace)}
        self._known: dict[int, tuple[bytes, Sequence[str], Trace]] = {}

    def read(self, version: int, chains: Sequence[str]) -> Optional[Trace]:
        """Return what identifies the first rule of each chain; () without a table, None if nobody tells."""
        is_nft = self._is_nft(PROGRAMS[version])
        if is_nft is None:
            return None
        if is_nft:
            return self._read_nft(version, chains)
        return x_tables.read_first_rules(version, TABLES[chains[0]], chains)

    def _read_nft(self, version: int, chains: Sequence[str]) -> Optional[Trace]:
        # before the rules: what changes meanwhile has another number
        generation = nf_tables.read_generation()
        if generation is None:
            return None
        known = self._known.get(version)
        if known is not None and known[:2] == (generation, chains):
            return known[2]
        try:
            parts = [nf_tables.read_first_rule(version, TABLES[chain], chain) for chain in chains]
        except OSError:
            return None
        # what follows a chain keeps the parts of two chains apart
        trace = tuple(part for chain in parts for part in (*chain, b"")) if any(parts) else ()
        self._known[version] = generation, chains, trace
        return trace
