"""Suggestions of 10,000 bans: CPU, and how many proposals are wrong, against a ranking by number of bans.

It needs neither root nor a network. `--asn FILE` takes real address space: the CSV of IPv4 of the npm package
@ip-location-db/asn (first, last, number, name). Exits 1 when over a limit.
"""

from __future__ import annotations

import argparse
import csv
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from datetime import datetime, timezone
from ipaddress import IPv4Address
from pathlib import Path
from typing import Callable, TypeVar, Union

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from ideolab_f2b.asn import table_file  # noqa: E402
from ideolab_f2b.asn.range_row import RangeRow  # noqa: E402
from ideolab_f2b.asn.table import AsnTable  # noqa: E402
from ideolab_f2b.event import Event  # noqa: E402
from ideolab_f2b.suggest import evidence, report  # noqa: E402
from ideolab_f2b.suggest.proposals import Proposal  # noqa: E402
from ideolab_f2b.visitors.visitors import Visitors  # noqa: E402
from tests.bench.ban import judge  # noqa: E402
from tests.suggest import made_up  # noqa: E402
from tests.suggest.made_up import MadeUpTable, Space, World  # noqa: E402

BANS, TOP = 10_000, 40
#: seconds of CPU
LIMIT_S = 2.0
#: the clouds and the access networks of the prototype
_CLOUDS = [16276, 14061, 24940, 63949, 16509, 8075, 45102, 132203]
_ISPS = [3215, 12322, 5410, 15557, 3352, 12479, 2856, 5607, 3320, 3209, 3269, 7922, 7018, 701, 20115]
_Found = TypeVar("_Found")


def measure(call: Callable[[], _Found]) -> tuple[float, _Found]:
    """Return the CPU seconds of a call, and what it returned."""
    began = time.process_time()
    found = call()
    return time.process_time() - began, found


def read_world(path: Path) -> World:
    """Return a world in real address space."""
    table, dice = MadeUpTable(), random.Random(11)
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        for first, last, number, *_name in csv.reader(file):
            table.put(int(number), int(IPv4Address(first)), int(IPv4Address(last)))
    sizes = {number: table.count_addresses(number)[0] for number in table.ranges}
    small = [number for number, size in sizes.items() if 1024 <= size <= 8192]
    middle = [number for number, size in sizes.items() if 20_000 < size < 400_000]
    return made_up.fill(table, Space(_CLOUDS, _ISPS, small, middle, list(sizes)), dice, BANS)


def write_table(world: World, path: Path) -> None:
    """Build the table of ASes that the host would have."""
    rows = (
        RangeRow(4, first, last, number, "MADE-UP")
        for number, ranges in world.table.ranges.items()
        for first, last in ranges
    )
    facts: dict[str, Union[str, float]] = {"source": "a benchmark", "dated": 0.0, "built": time.time()}
    table_file.write(path, rows, lambda _counts: facts)


def write_events(world: World, path: Path) -> None:
    """Write an event of each ban, as the report action does."""
    now = datetime.now(timezone.utc)
    lines = (
        Event(now, "ban", ip=str(IPv4Address(each)), jail="ideolab-connmon", reason="40 mute").to_json()
        for each in sorted(world.bans)
    )
    path.write_text("".join(f"{line}\n" for line in lines))


def is_wrong(world: World, each: Proposal) -> bool:
    """Whether nothing bad was planted there."""
    span = (int(each.network[0]), int(each.network[-1])) if each.network is not None else None
    return not world.is_planted(each.number, span)


def count_wrong_by_number(world: World) -> list[int]:
    """Return the first ASes in a ranking by number of bans that are not bad."""
    counts: Counter[int] = Counter()
    for each in world.bans:
        row = world.table.find(IPv4Address(each))
        counts[row.number if row is not None else 0] += 1
    return [number for number, _count in counts.most_common(TOP) if number not in world.bad_systems]


def run(world: World, directory: Path) -> bool:
    """Print what suggestions cost and find; return whether all is within the limits."""
    write_table(world, directory / "asn.sqlite3")
    write_events(world, directory / "connmon_events.jsonl")
    visitors = Visitors({(4, each, 32): count for each, count in world.visitors.items()}, ("access.log",))

    def suggest() -> report.Report:
        gathered = evidence.gather(directory / "connmon_events.jsonl", 7, ask=list)
        with AsnTable(directory / "asn.sqlite3") as table:
            return report.make(gathered, visitors, table, days=7, top=TOP)

    cpu_s, made = measure(suggest)
    proposals = made.found.proposals
    wrong = [each for each in proposals if is_wrong(world, each)]
    clouds = [each for each in proposals if each.network is None and each.number in world.clouds]
    by_number = count_wrong_by_number(world)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    systems = {each.number for each in proposals if each.network is None}
    print(f"{len(world.bans):,} bans, {len(world.visitors):,} visitors; peak memory {memory} MB")
    print(f"bad ASes among the first {TOP}: {len(systems & set(world.bad_systems))} of 6")
    print(f"wrong: {len(wrong)} of {len(proposals)} proposals; by number of bans {len(by_number)} of {TOP}")
    of_clouds = len(set(by_number) & set(world.clouds))
    print(f"clouds among the first {TOP}: {len(clouds)}; by number of bans {of_clouds}")
    share = len(wrong) / len(proposals) * TOP / len(by_number)
    return judge(
        [
            ("CPU seconds", cpu_s, "<", LIMIT_S),
            ("clouds that are proposed", len(clouds), "<", 1),
            ("wrong proposals against a ranking by number", share, "<", 0.2),
        ]
    )


def main() -> int:
    """Run all; return 1 when something is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--asn", type=Path, help="CSV of real address space")
    asn = parser.parse_args().asn
    world = made_up.make(BANS) if asn is None else read_world(asn)
    with tempfile.TemporaryDirectory() as directory:
        return 0 if run(world, Path(directory)) else 1


if __name__ == "__main__":
    sys.exit(main())
