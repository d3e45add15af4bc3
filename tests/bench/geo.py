"""CPU and memory of the country list: built by `geo build`, against the same with the module ipaddress.

`tests/bench/geo.py [GEOIP GEOIP6]`: the files of tor-geoipdb, or without them made-up ones of that size
(385,000 and 277,000 rows). Each run is a process of its own; a minute. Exits 1 when over a limit, or when one
of 2,000 addresses inside of the six countries or 3,000 outside is judged wrong, in either family.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from ipaddress import IPv6Address, collapse_addresses, ip_address, summarize_address_range
from pathlib import Path
from typing import Any, NamedTuple

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from ideolab_f2b.geo import country_list  # noqa: E402
from ideolab_f2b.geo.country_list import Prefixes  # noqa: E402

COUNTRIES = ("FR", "ES", "GB", "US", "DE", "IT")
#: CPU seconds and MB of a build
MAX_CPU_S, MAX_MB = 1.5, 100
_OTHERS = ("AU", "BR", "CN", "IN", "JP", "NL", "PL", "RU")
#: {family: rows, share of the six countries, first number, lengths of the prefixes}
_MADE_UP = {
    4: (385_000, 0.45, 1 << 24, (24, 24, 24, 24, 23, 23, 22, 22, 21, 20, 26, 29)),
    6: (277_000, 0.54, 0x2400 << 112, (48, 48, 48, 48, 32, 32, 40, 44, 36, 56, 64)),
}


class Cost(NamedTuple):
    """What one process took: CPU seconds with its children, and MB at its peak."""

    cpu_s: float
    mb: float


def make_up(version: int, path: Path) -> None:
    """Write a file of tor-geoipdb's shape: mostly aligned ranges, with gaps."""
    count, share, at, lengths = _MADE_UP[version]
    rng, bits = random.Random(version), 32 if version == 4 else 128
    with path.open("w") as file:
        file.write("# made up\n#\n")
        for _each in range(count):
            size = 1 << bits - rng.choice(lengths)
            at = -(-at // size) * size
            code = rng.choice(COUNTRIES if rng.random() < share else _OTHERS)
            ends = (at, at + size - 1)
            file.write(
                ",".join(
                    [*(str(end) if version == 4 else str(IPv6Address(end)) for end in ends), f"{code}\n"]
                )
            )
            at += size


def read(paths: list[Path]) -> Iterator[tuple[int, int, str]]:
    """Yield (first, last, code) of the files, in the plainest way."""
    for path in paths:
        for line in path.open():
            if line[0] != "#":
                first, last, code = line.rstrip().split(",")
                yield to_number(first), to_number(last), code.replace("UK", "GB")


def to_number(text: str) -> int:
    """Return the number of an address of IPv6, or of one that is written as a number."""
    return int(text) if text.isdigit() else int(ip_address(text))


def build_plainly(paths: list[Path]) -> None:
    """Do with ipaddress what `geo build` does: parse, choose, merge, split."""
    for path in paths:
        networks: list[Any] = []
        for line in path.open():
            if line[0] != "#":
                first, last, code = line.rstrip().split(",")
                if code.replace("UK", "GB") in COUNTRIES:
                    ends: Any = [ip_address(int(one) if one.isdigit() else one) for one in (first, last)]
                    networks += summarize_address_range(*ends)
        print(len(list(collapse_addresses(networks))))


def measure(words: list[str]) -> Cost:
    """Run a program, and return what it took."""
    process = subprocess.Popen(words, cwd=REPOSITORY, stdout=subprocess.DEVNULL)
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)}: exit code {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def count_wrong(prefixes: Prefixes, rows: list[tuple[int, int, str]]) -> int:
    """Return how many of 2,000 addresses inside and 3,000 outside the list gets wrong."""
    rng = random.Random(15)
    # a /64 of several countries is let in as a whole
    rows = [row for row in rows if prefixes.version == 4 or not (row[0] | row[1] + 1) & (1 << 64) - 1]
    inside = [row for row in rows if row[2] in COUNTRIES]
    outside = [row for row in rows if row[2] not in COUNTRIES]
    addresses = [end for row in rng.sample(inside, 500) for end in row[:2]]
    addresses += [rng.randint(*rng.choice(inside)[:2]) for _each in range(1000)]
    wrong = sum(not prefixes.has_address(address) for address in addresses)
    beside = [end for row in rng.sample(outside, 1000) for end in row[:2]]
    beside += [rng.randint(*rng.choice(outside)[:2]) for _each in range(1000)]
    return wrong + sum(map(prefixes.has_address, beside))


def main(paths: list[Path]) -> int:
    """Measure both ways; return the exit code."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        if not paths:
            paths = [place / "geoip", place / "geoip6"]
            for version, path in zip((4, 6), paths):
                make_up(version, path)
        conf = place / "f2b.conf"
        conf.write_text(f"[geo]\npolicy = allow\ncountries = {', '.join(COUNTRIES)}\n")
        program = [
            sys.executable,
            "-m",
            "ideolab_f2b",
            "geo",
            "build",
            "--config",
            str(conf),
            "--place",
            str(place / "geo"),
        ]
        ours = min(measure([*program, "--file", *map(str, paths)]) for _each in range(3))
        plain = measure([sys.executable, __file__, "--plain", *map(str, paths)])
        return tell(ours, plain, paths, country_list.load(place / "geo" / "list"))


def tell(ours: Cost, plain: Cost, paths: list[Path], built: country_list.CountryList) -> int:
    """Print the figures; return 1 when one is over its limit."""
    rows = list(read(paths))
    print(f"{len(rows):,} rows -> {len(built.prefixes(4)):,} and {len(built.prefixes(6)):,} prefixes")
    print(f"geo build         {ours.cpu_s:6.2f} s CPU  {ours.mb:4.0f} MB")
    ratio = plain.cpu_s / ours.cpu_s
    print(f"with ipaddress    {plain.cpu_s:6.2f} s CPU  {plain.mb:4.0f} MB  ({ratio:.1f} times the CPU)")
    limit = 1 << 32
    wrong = [
        count_wrong(built.prefixes(version), [row for row in rows if (row[1] < limit) == (version == 4)])
        for version in (4, 6)
    ]
    print(f"wrong of 5,000 addresses: {wrong[0]} of IPv4, {wrong[1]} of IPv6")
    is_over = ours.cpu_s > MAX_CPU_S or ours.mb > MAX_MB or any(wrong)
    print(f"limits: {MAX_CPU_S} s, {MAX_MB} MB, 0 wrong: {'over' if is_over else 'kept'}")
    return 1 if is_over else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--plain"]:
        build_plainly([Path(word) for word in sys.argv[2:]])
    else:
        sys.exit(main([Path(word) for word in sys.argv[1:]]))
