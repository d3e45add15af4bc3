"""Who of the labelled clients is found, when and why: `python3 -m tests.connmon.confusion` writes it down.

The table stands in docs/detection.md between two marks.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parents[2]
if str(REPOSITORY) not in sys.path:
    sys.path.insert(0, str(REPOSITORY))

from ideolab_f2b.config import Connmon  # noqa: E402
from ideolab_f2b.connmon import ss  # noqa: E402
from ideolab_f2b.connmon.phases.counts import MAPPED  # noqa: E402
from ideolab_f2b.connmon.phases.phase import HOSTILE, PHASES  # noqa: E402
from ideolab_f2b.connmon.pressure.state import Pressure, SlotUse, measure_nothing  # noqa: E402
from ideolab_f2b.connmon.snapshot import Snapshot  # noqa: E402
from ideolab_f2b.connmon.suspects import network  # noqa: E402
from ideolab_f2b.connmon.suspects.detector import Detector  # noqa: E402
from ideolab_f2b.connmon.suspects.findings import Findings  # noqa: E402
from ideolab_f2b.connmon.suspects.suspect import Suspect  # noqa: E402
from ideolab_f2b.kernel.sockets.row import Connection  # noqa: E402

SNAPSHOTS = Path(__file__).parent / "snapshots"
RUNS = ("stock", "seed", "hard")
PAGE = REPOSITORY / "docs" / "detection.md"
BEGIN, END = "<!-- table: python3 -m tests.connmon.confusion -->\n", "<!-- end of table -->\n"
PORT = 443
MANY = 8

Series = list[Snapshot]
Measure = Callable[[SlotUse, float], Pressure]


class Class(NamedTuple):
    """One kind of client of the lab: `wanted` is ban, grey or no."""

    name: str
    wanted: str
    text: str


@dataclass
class Seen:
    """What became of one address in one run; times are seconds since its first connection."""

    born: float
    many: float | None = None
    found: float | None = None
    suspect: Suspect | None = None
    most: dict[str, int] = field(default_factory=dict)
    connections: int = 0


def classes() -> dict[str, Class]:
    """{address: its class} of the lab."""
    lines = (SNAPSHOTS / "classes.tsv").read_text().splitlines()[1:]
    cells = [line.split("\t") for line in lines]
    known = {name_of(cell[1]): Class(cell[0], cell[3], cell[4]) for cell in cells}
    spread = Class("many_ips", "grey", "1 silent connection from each of 100 addresses")
    return {**known, **{f"203.0.113.{last}": spread for last in range(100, 200)}}


def name_of(address: str) -> str:
    """What connmon calls a client of the lab, whose IPv6 clients get a /64 each."""
    packed = ipaddress.ip_address(address).packed
    return address if len(packed) == 4 else network.format_name(_give_own_network(packed)[:8])


def _give_own_network(packed: bytes) -> bytes:
    """Return the address in a /64 of its own: all clients of the lab had one."""
    return packed[:7] + packed[15:] + packed[8:]


def _move(row: Connection) -> Connection:
    is_ipv6 = row.family == socket.AF_INET6 and not row.peer.startswith(MAPPED)
    return row._replace(peer=_give_own_network(row.peer)) if is_ipv6 else row


def load(path: Path) -> Series:
    """Return the snapshots of a recorded run."""
    return change_all(ss.read_snapshots(ss.read_lines(str(path)), (PORT,), path.name, 0.0), _move)


def run(name: str) -> Series:
    """The committed series of a run."""
    return load(SNAPSHOTS / f"1.22.1-{name}.ss.txt.gz")


def verdicts(
    series: Iterable[Snapshot], settings: Connmon | None = None, measure: Measure = measure_nothing
) -> Iterator[tuple[float, Findings]]:
    """(seconds since the first snapshot, findings), as the daemon would have judged."""
    detector, start = Detector(settings or Connmon(), measure=measure), None
    for snapshot in series:
        start = snapshot.when if start is None else start
        yield snapshot.when - start, detector.judge(snapshot)


def replay(
    series: Iterable[Snapshot], settings: Connmon | None = None, measure: Measure = measure_nothing
) -> dict[str, Seen]:
    """{address or network: what became of it}."""
    seen: dict[str, Seen] = {}
    for at, findings in verdicts(series, settings, measure):
        for row in findings.table():
            one = seen.setdefault(row.address, Seen(at))
            one.connections = max(one.connections, row.connections)
            one.most = {name: max(count, one.most.get(name, 0)) for name, count in row.phases.items()}
            if row.connections >= MANY and one.many is None:
                one.many = at - one.born
        for suspect in findings.suspects:
            one = seen.setdefault(suspect.address, Seen(at))
            if one.found is None:
                one.found, one.suspect = at - one.born, suspect
    return seen


def change_all(series: Iterable[Snapshot], change: Callable[[Connection], Connection]) -> Series:
    """The series with each connection changed."""
    return [
        Snapshot(one.when, one.port, [change(Connection._make(row)) for row in one.rows]) for one in series
    ]


def suspects(seen: dict[str, Seen], wanted: str) -> set[str]:
    """Names of the classes of one label that were found."""
    known = classes()
    return {known[address].name for address, one in seen.items() if one.suspect and known_is(address, wanted)}


def known_is(address: str, wanted: str) -> bool:
    """Whether the address belongs to a class of this label: ban, grey or no."""
    known = classes().get(address)
    return known is not None and known.wanted == wanted


def table(seen: dict[str, dict[str, Seen]]) -> str:
    """Markdown: a row per class, and per run the seconds from its first connection until it was a suspect."""
    lines = [
        "| class | wanted | held at once | in phases | " + " | ".join(seen) + " | why |",
        "|---|---|---|---|" + "---|" * len(seen) + "---|",
    ]
    for address, known in sorted(classes().items(), key=lambda item: (_ORDER[item[1].wanted], item[1].name)):
        ones = [one[address] for one in seen.values() if address in one]
        if known.name != "many_ips" and ones and max(one.connections for one in ones):
            lines.append(_line(known, [one.get(address) for one in seen.values()]))
    return "\n".join(lines) + "\n"


_ORDER = {"ban": 0, "grey": 1, "no": 2}


def _line(known: Class, ones: list[Seen | None]) -> str:
    there = [one for one in ones if one is not None]
    most = {name: max(one.most.get(name, 0) for one in there) for name in PHASES}
    phases = ", ".join(f"{count} {name}" for name, count in most.items() if count and name != "closing")
    why = next((one.suspect.why[0] for one in there if one.suspect), "")
    cells = [known.name, known.wanted, str(max(one.connections for one in there)), phases]
    return "| " + " | ".join([*cells, *map(_cell, ones), why]) + " |"


def _cell(one: Seen | None) -> str:
    if one is None or one.found is None or one.suspect is None:
        return "-"
    return f"{one.found:.0f} s (score {one.suspect.score})"


def hostile(one: Seen) -> int:
    """Return the most connections of an address in a hostile phase."""
    return max((one.most.get(name, 0) for name in PHASES[:HOSTILE]), default=0)


def page(text: str, new: str) -> str:
    """The page's text with a new table."""
    before, _begin, rest = text.partition(BEGIN)
    _old, _end, after = rest.partition(END)
    return before + BEGIN + new + END + after


if __name__ == "__main__":
    new = table({name: replay(run(name)) for name in RUNS})
    sys.stdout.write(new)
    PAGE.write_text(page(PAGE.read_text(), new))
