"""The two variants of iptables (nf_tables, legacy): which of their tables are there; it loads none."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ideolab_f2b.firewall import iptables
from ideolab_f2b.firewall.chains import TABLES
from ideolab_f2b.firewall.iptables import PROGRAMS, Run
from ideolab_f2b.places import find_program

#: {program: its tables}
Programs = dict[str, tuple[str, ...]]
_TABLES = ("raw", "filter", "nat")
#: what legacy tables are there; to list others would load them
_LEGACY_TABLES = {4: "net/ip_tables_names", 6: "net/ip6_tables_names"}
#: the directory of the thread: it may be in another network namespace than its process
_PROCESS = Path("/proc/thread-self")
_VARIANT = re.compile(r"\((nf_tables|legacy)\)")
_ENDS = {"nf_tables": "-nft", "legacy": "-legacy"}


class RulePlace(NamedTuple):
    """A chain of a variant in which our rule may stand."""

    program: str
    chain: str
    #: the variant is the one that puts our rule
    is_main: bool


def list_programs(version: int) -> Programs:
    """Return the variants that have tables; one program where there are no variants."""
    base = PROGRAMS[version]
    variants = {f"{base}-nft": _TABLES, f"{base}-legacy": _legacy_tables(version)}
    found = {name: tables for name, tables in variants.items() if tables and find_program(name) is not None}
    return found or {base: _TABLES}


def list_places(version: int, kept: Collection[str] = (), run: Run = iptables.run) -> Iterator[RulePlace]:
    """Yield each chain of each variant but those that are kept, which are those of the plain name."""
    base, programs = PROGRAMS[version], list_programs(version)
    main = f"{base}{_end(base, run)}"
    if main not in programs:
        # the plain name alone is known; of the older variant the tables that are there
        programs = {base: _TABLES if main == base or main.endswith("nft") else _legacy_tables(version)}
        main = base
    for program, tables in programs.items():
        for chain in _chains(tables):
            if program != main or chain not in kept:
                yield RulePlace(program, chain, program == main)


def _chains(tables: Iterable[str]) -> Iterator[str]:
    return (chain for chain, table in TABLES.items() if table in tables)


def _end(program: str, run: Run) -> str:
    """Return how the variant's own name ends; "" when the program does not say which it is."""
    try:
        found = _VARIANT.search(run((program, "-V"), "").stdout)
    except (OSError, subprocess.SubprocessError):
        return ""
    return _ENDS[found[1]] if found else ""


def _legacy_tables(version: int) -> tuple[str, ...]:
    try:
        return tuple((_PROCESS / _LEGACY_TABLES[version]).read_text().split())
    except OSError:
        return ()
