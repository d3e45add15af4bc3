"""What calm containers cost a look of connmon and of the opener: `python3 tests/bench/containers.py` as root.

The host has one watched port. A look at it and at N calm containers is compared with one that asks no opener:
medians, and the mean, which has the opener's looks for new listeners in it. Exit 1: over the limit.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from demo.lab.wait import wait_until  # noqa: E402
from ideolab_f2b.config import Connmon  # noqa: E402
from ideolab_f2b.connmon.alike.systems import know_nothing  # noqa: E402
from ideolab_f2b.connmon.containers.look import Containers  # noqa: E402
from ideolab_f2b.connmon.pressure.state import measure_nothing  # noqa: E402
from ideolab_f2b.connmon.watch import Watch  # noqa: E402
from ideolab_f2b.namespaces.ask import ask, ask_addresses  # noqa: E402
from tests.lab.containers import ContainerLab, build_lab  # noqa: E402

#: milliseconds of CPU that a look with ten calm containers may cost above one without
LIMIT_MS = 1.0
#: seconds between two looks, as many as an attack brings
BETWEEN_S = 0.5


def opener_cpu_s(pid: int) -> float:
    """CPU time of the opener, to the nanosecond."""
    return (
        sum(int(text.read_text().split()[0]) for text in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9
    )


def look(watch: Watch, pid: int) -> tuple[float, float]:
    """The CPU milliseconds of one look: connmon's, and the opener's."""
    other, own = opener_cpu_s(pid), time.process_time()
    watch.tick()
    own = time.process_time() - own
    # the opener ends its part after the last answer
    time.sleep(0.02)
    return own * 1000, (opener_cpu_s(pid) - other) * 1000


def make_watches(path: str) -> Iterator[Watch]:
    """A watch that asks nobody, and one that asks the opener."""
    settings = Connmon()
    for containers in (
        None,
        Containers(settings, partial(ask, path=path), partial(ask_addresses, path), systems=know_nothing),
    ):
        yield Watch(settings, measure_of=lambda _port, _settings: measure_nothing, containers=containers)


def measure(lab: ContainerLab, count: int, rounds: int) -> float:
    """Print and return what `count` calm containers cost, in milliseconds."""
    while len(lab.pids) < count:
        lab.container(len(lab.pids) + 2, 443)
    opener = lab.start_opener(path=lab.directory / f"sock{count}")
    with lab.host.enter():
        without, asking = make_watches(opener.path)
        wait_until(
            lambda: bool(asking.tick()) and asking.problem == "" and count_known(asking) == count, "seen"
        )
        none, some = [], []
        for _round in range(rounds):
            none.append(look(without, opener.pid)[0])
            some.append(look(asking, opener.pid))
            time.sleep(BETWEEN_S)
    opener.stop()
    base, own, other = (
        statistics.median(numbers)
        for numbers in (none, [one for one, _opener in some], [one for _connmon, one in some])
    )
    cost = statistics.median(map(sum, some)) - base
    mean = statistics.mean(map(sum, some)) - statistics.mean(none)
    print(
        f"{count} calm containers: {cost:.2f} ms CPU above a look without ({base:.2f} ms): ratio"
        f" {cost / base + 1:.1f}; connmon {own - base:.2f}, opener {other:.2f}; mean {mean:.2f}",
        flush=True,
    )
    return cost


def count_known(watch: Watch) -> int:
    """How many namespaces were told of in the last look."""
    return (watch._containers and watch._containers.number) or 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--containers", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--rounds", type=int, default=120)
    arguments = parser.parse_args()
    if os.geteuid():
        parser.error("needs root: namespaces of its own")
    with tempfile.TemporaryDirectory() as directory, build_lab("f2bbench", Path(directory)) as lab:
        costs = {count: measure(lab, count, arguments.rounds) for count in sorted(arguments.containers)}
    kept = all(cost <= LIMIT_MS for count, cost in costs.items() if count <= 10)
    print(f"limit for ten: {LIMIT_MS:.1f} ms: {'kept' if kept else 'NOT kept'}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
