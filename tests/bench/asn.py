"""The table of AS numbers at the size of the internet: build, memory, look-ups; and the MMDB walker.

    .venv/bin/python tests/bench/asn.py

Baselines: ipaddress (one object for each network, collapse_addresses) and maxminddb's iteration. CPU times;
each part runs in a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import ipaddress
import itertools
import multiprocessing
import random
import resource
import sys
import tempfile
import time
from array import array
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ideolab_f2b.asn.build import build
from ideolab_f2b.asn.sources.source_file import SourceFile
from ideolab_f2b.asn.table import AsnTable
from ideolab_f2b.ranges import mmdb

#: rows of the largest free file of ASes
ROWS4 = 412_000
ROWS6 = 103_000
SYSTEMS = 84_000
#: prefixes of a large hoster
PREFIXES = 600
LARGE = 64500
#: length of the prefixes of the MMDB file: 262,144 networks
MMDB_LENGTH = 18
#: what an MMDB file has between its tree and its values
GAP = 16
LOOK_UPS = 20_000


def write_csv(path: Path) -> None:
    """Write made-up rows in the form of DB-IP, LARGE with PREFIXES networks that do not touch."""
    choose = random.Random(7)
    step4 = (200 << 24) // ROWS4
    with path.open("w", encoding="utf-8") as file:
        for row in range(ROWS4):
            # each by itself and aligned, as what is announced is
            first = (11 << 24) + (row * step4 & ~0xFF)
            number = LARGE if row % (ROWS4 // PREFIXES) == 0 else 100_000 + choose.randrange(SYSTEMS)
            if not is_free(first, first + 255):
                continue
            low, high = ipaddress.IPv4Address(first), ipaddress.IPv4Address(first + 255)
            file.write(f'{low},{high},{number},"Example {number}, Inc."\n')
        for row in range(ROWS6):
            first6 = (0x2001 << 112) + (row << 96)
            low6, high6 = ipaddress.IPv6Address(first6), ipaddress.IPv6Address(first6 + (1 << 80) - 1)
            number = 100_000 + choose.randrange(SYSTEMS)
            file.write(f"{low6},{high6},{number},Example {number}\n")


def is_free(first: int, last: int) -> bool:
    """Return whether none of the private networks is touched."""
    low, high = ipaddress.IPv4Address(first), ipaddress.IPv4Address(last)
    return low.is_global and high.is_global


def measure(what: str, work: Callable[[Path], str], directory: Path) -> float:
    """Run one part in a process of its own, print its line, return its CPU seconds."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        said, cpu_s, rss = pool.submit(run, work, directory).result()
    print(f"{what:<34} {cpu_s:8.2f} s CPU  {rss:5d} MB  {said}")
    return cpu_s


def run(work: Callable[[Path], str], directory: Path) -> tuple[str, float, int]:
    """Do the work; return what it says, its CPU seconds and its memory in MB."""
    began = time.process_time()
    said = work(directory)
    cpu_s = time.process_time() - began
    return said, cpu_s, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def build_table(directory: Path) -> str:
    """The table from CSV."""
    done = build([SourceFile(directory / "asn.csv")], directory / "asn.sqlite3")
    size = (directory / "asn.sqlite3").stat().st_size
    return f"{done.counts.ranges4} + {done.counts.ranges6} networks, {size / 1e6:.1f} MB file"


def read_naively(directory: Path) -> str:
    """The baseline of the build: the same rows as ipaddress has them, in a dict."""
    found: dict[int, list[object]] = {}
    for first, last, number in split(directory / "asn.csv"):
        low, high = ipaddress.ip_address(first), ipaddress.ip_address(last)
        found.setdefault(number, []).extend(ipaddress.summarize_address_range(low, high))
    return f"{sum(map(len, found.values()))} networks, nothing stored"


def split(path: Path) -> Iterator[tuple[str, str, int]]:
    """The fields of each row that an address needs."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            first, last, number, _name = line.split(",", 3)
            yield first, last, int(number)


def look_up(directory: Path) -> str:
    """Address -> AS, and AS -> prefixes, in milliseconds."""
    choose, rates = random.Random(3), []
    with AsnTable(directory / "asn.sqlite3") as table:
        four = [ipaddress.IPv4Address((11 << 24) + choose.randrange(200 << 24)) for _each in range(LOOK_UPS)]
        six = [
            ipaddress.IPv6Address((0x2001 << 112) + choose.randrange(1 << 112)) for _each in range(LOOK_UPS)
        ]
        for addresses in (four, six):
            began = time.process_time()
            for address in addresses:
                table.find(address)
            rates.append(LOOK_UPS / (time.process_time() - began))
        began = time.process_time()
        prefixes = table.prefixes(LARGE)
        prefixes_ms = (time.process_time() - began) * 1000
    return f"{rates[0]:,.0f}/s IPv4, {rates[1]:,.0f}/s IPv6; {len(prefixes)} prefixes in {prefixes_ms:.1f} ms"


def walk(directory: Path) -> str:
    """Our walker."""
    return f"{sum(1 for _row in mmdb.walk(directory / 'asn.mmdb'))} networks"


def iterate(directory: Path) -> str:
    """The baseline of the walker: maxminddb with its C library, where it has one."""
    import maxminddb

    with maxminddb.open_database(str(directory / "asn.mmdb")) as reader:
        return f"{sum(1 for _row in reader)} networks"


def write_mmdb(path: Path) -> None:
    """Write an MMDB file whose tree is full down to MMDB_LENGTH, with a record for each of SYSTEMS ASes."""
    nodes = (1 << MMDB_LENGTH) - 1
    records = [
        pack_map({"autonomous_system_number": 100_000 + one, "name": f"Example {one}"})
        for one in range(SYSTEMS)
    ]
    offsets = list(itertools.accumulate(map(len, records), initial=0))
    first_leaf = 1 << MMDB_LENGTH
    # the children of node n are 2n + 1 and 2n + 2, from 0
    children = array("I", range(1, 2 * nodes + 1))
    for leaf in range(first_leaf):
        children[nodes - 1 + leaf] = nodes + GAP + offsets[leaf * 7919 % SYSTEMS]
    children.byteswap()
    # libmaxminddb wants these as numbers of 16 bits
    short = {
        "record_size": 32,
        "ip_version": 4,
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
    }
    about: dict[str, int | str | bytes] = {
        "node_count": nodes,
        **{key: b"\xa2" + value.to_bytes(2, "big") for key, value in short.items()},
        "build_epoch": b"\x08\x02" + (1).to_bytes(8, "big"),
        "database_type": "Bench-ASN",
        "description": b"\xe0",
        "languages": b"\x00\x04",
    }
    path.write_bytes(children.tobytes() + bytes(GAP) + b"".join(records) + mmdb.MARK + pack_map(about))


def pack_map(fields: Mapping[str, int | str | bytes]) -> bytes:
    """A map of an MMDB file: short texts, numbers of 32 bits, and values that are packed already."""
    parts = [bytes([0xE0 | len(fields)])]
    for key, value in fields.items():
        parts += (
            [bytes([0x40 | len(key)]), key.encode()]
            if len(key) < 29
            else [bytes([0x5D, len(key) - 29]), key.encode()]
        )
        if isinstance(value, bytes):
            parts.append(value)
        elif isinstance(value, str):
            parts += [bytes([0x40 | len(value)]), value.encode()]
        else:
            parts += [b"\xc4", value.to_bytes(4, "big")]
    return b"".join(parts)


def main() -> int:
    """Print the figures, and the ratios against the baselines."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        write_csv(directory / "asn.csv")
        write_mmdb(directory / "asn.mmdb")
        ours = measure("table from CSV", build_table, directory)
        theirs = measure("  baseline: ipaddress, one by one", read_naively, directory)
        measure("look-ups", look_up, directory)
        walked = measure("MMDB file walked", walk, directory)
        iterated = measure("  baseline: maxminddb's iteration", iterate, directory)
        print(f"\nbuild / ipaddress: {ours / theirs:.2f}; walk / maxminddb: {walked / iterated:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
