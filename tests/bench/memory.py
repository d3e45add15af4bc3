"""Memory of connmon with the largest crowds: `python3 tests/bench/memory.py`. Exit 1: over the limit.

The sockets are made up, everything after them is real: judging, lines, events, gauges.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from ideolab_f2b.complaint import AGAIN_S, Complaint  # noqa: E402
from ideolab_f2b.config import Connmon, Network, Paths  # noqa: E402
from ideolab_f2b.connmon.observe.summary import DailySummary  # noqa: E402
from ideolab_f2b.connmon.output.writer import Writer  # noqa: E402
from ideolab_f2b.connmon.pressure.gauge import ALWAYS_EXHAUSTED  # noqa: E402
from ideolab_f2b.connmon.watch import Watch  # noqa: E402
from ideolab_f2b.kernel.sockets.detail import Detail  # noqa: E402
from ideolab_f2b.kernel.sockets.inet_diag import fold  # noqa: E402
from ideolab_f2b.kernel.sockets.peers import Peers  # noqa: E402
from ideolab_f2b.kernel.sockets.row import PEER, Row  # noqa: E402

#: well below half of what the units allow (MemoryMax=256M)
LIMIT_MIB = 115
#: ticks 5 s apart; the connections of the first are 4 s old
TICKS, EVERY_S, AGE_S = 4, 5.0, 4.0

#: name -> (family, addresses, connections of each, bytes received, bytes acknowledged, segments)
CROWDS: dict[str, tuple[int, int, int, int, int, int]] = {
    "suspects": (2, 50_000, 8, 200, 0, 1),
    "suspects, IPv6": (10, 50_000, 8, 200, 0, 1),
    "mute": (2, 100_000, 1, 0, 0, 0),
    "mute, IPv6": (10, 100_000, 1, 0, 0, 0),
    "served": (2, 100_000, 1, 900, 4000, 3),
}


def peer(family: int, number: int) -> bytes:
    """An address in 10.0.0.0/8, or in a /64 of its own in 2001:db8::/32; 16 bytes."""
    if family == 2:
        return bytes([10]) + number.to_bytes(3, "big") + bytes(12)
    return b"\x20\x01\x0d\xb8" + number.to_bytes(4, "big") + bytes(8)


def rows(crowd: str, age_s: float) -> Iterator[Row]:
    """The connections of a crowd, all of one age."""
    family, addresses, each, received, acked, segments = CROWDS[crowd]
    age = int(1000 * age_s)
    for number in range(addresses):
        address = peer(family, number)
        for last in range(each):
            # as large as the kernel's cookies
            cookie = (1 << 34) + number * each + last
            yield (family, 1, 0, 0, last, address, cookie, 0, 0, 77, age, age, age,
                   acked, received, segments, segments, 0, 0)  # fmt: skip


def details(crowd: str, networks: Collection[Network]) -> Iterator[Detail]:
    """How the connections in the networks were set up, found as the kernel's reader finds them."""
    family = CROWDS[crowd][0]
    peers = Peers(family, networks)
    for row in rows(crowd, 0.0):
        if peers[row[PEER]]:
            yield Detail(fold(family, row[PEER]), 1460, 7, 7)


def rss_mib() -> float:
    """The most memory that this process ever used."""
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024


def run(crowd: str, say: Callable[[str], None]) -> None:
    """Judge and write a crowd as the daemon does."""
    now = [1000.0]
    watch = Watch(
        Connmon(),
        rows=lambda _port: rows(crowd, AGE_S + now[0] - 1000.0),
        details=lambda _port, networks: details(crowd, networks),
        inuse=lambda: 10**6,
        own=frozenset,
        clock=lambda: now[0],
        measure_of=lambda _port, _settings: ALWAYS_EXHAUSTED,
    )
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        paths, complaint = Paths(directory, directory, directory), Complaint(say, AGAIN_S)
        summary = DailySummary(paths.connmon_summary, complaint)
        writer = Writer(paths, complaint, note=summary.note_suspects)
        start, counts = time.process_time(), []
        for _ in range(TICKS):
            ticks = watch.tick()
            writer.write(ticks)
            summary.write(ticks)
            counts.append(len(ticks[0].findings.suspects))
            del ticks
            now[0] += EVERY_S
        summary.close()
        cpu_s = (time.process_time() - start) / TICKS
    say(f"{max(counts)} {rss_mib():.0f} {cpu_s:.2f}")


def measure(crowd: str) -> tuple[int, float, float]:
    """(suspects, MiB at most, CPU seconds a tick) in a process of its own."""
    words = [sys.executable, __file__, crowd]
    done = subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True, timeout=300)
    suspects, mib, cpu_s = done.stdout.splitlines()[-1].split()
    return int(suspects), float(mib), float(cpu_s)


def main() -> int:
    if sys.argv[1:]:
        run(sys.argv[1], print)
        return 0
    worst = 0.0
    for crowd, (_family, addresses, each, *_rest) in CROWDS.items():
        suspects, mib, cpu_s = measure(crowd)
        worst = max(worst, mib)
        print(
            f"memory, {crowd}: {mib:.0f} MiB (limit {LIMIT_MIB}) for {addresses * each} connections of "
            f"{addresses} addresses, {suspects} suspects, {cpu_s:.2f} s CPU a tick",
            flush=True,
        )
    return 0 if worst <= LIMIT_MIB else 1


if __name__ == "__main__":
    sys.exit(main())
