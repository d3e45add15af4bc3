"""Small tables of AS numbers for the tests of whoever reads one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_network
from pathlib import Path

from ideolab_f2b.asn import table_file
from ideolab_f2b.asn.range_row import RangeRow
from ideolab_f2b.asn.table_file import Facts, RangeCounts

#: 2026-06-17 and 2026-06-18, in epoch seconds
DATED = 1781654400.0
BUILT = 1781740800.0


def build(path: Path, rows: Iterable[tuple[int, str, Iterable[str]]]) -> Path:
    """Build a table of (number, name, networks), such as (64500, "EXAMPLE", ["198.51.100.0/24"])."""
    table_file.write(path, _ranges(rows), _describe)
    return path


def _describe(counts: RangeCounts) -> Facts:
    return {
        "source": "a test",
        "dated": DATED,
        "built": BUILT,
        "ranges": counts.ranges,
        "systems": counts.systems,
    }


def _ranges(rows: Iterable[tuple[int, str, Iterable[str]]]) -> Iterator[RangeRow]:
    for number, name, networks in rows:
        for word in networks:
            found = ip_network(word)
            first, last = int(found.network_address), int(found.broadcast_address)
            yield RangeRow(found.version, first, last, number, name)
