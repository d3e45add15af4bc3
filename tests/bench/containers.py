"""What calm containers cost a look of connmon and of the opener: `python3 tests/bench/containers.py` as root.

The host has one watched port and, in a namespace of processes of its own, many that sleep; five come and go
between two looks. A look with N calm containers is compared with one that asks no opener. Clocks go on by 5 s
with each look, as connmon looks: so the mean has all in it that comes now and then, as the walks over /proc
and the looks for new listeners; what the opener does in 5 s while nobody asks is added. Exit 1: over the
limit.
"""

from __future__ import annotations

import argparse
import mmap
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from demo.lab.wait import wait_until  # noqa: E402
from ideolab_f2b.complaint import complain_on_stderr  # noqa: E402
from ideolab_f2b.config import Connmon  # noqa: E402
from ideolab_f2b.connmon import watch as watch_module  # noqa: E402
from ideolab_f2b.connmon.alike.systems import know_nothing  # noqa: E402
from ideolab_f2b.connmon.containers import look as look_module  # noqa: E402
from ideolab_f2b.connmon.containers.look import Containers  # noqa: E402
from ideolab_f2b.connmon.pressure.state import measure_nothing  # noqa: E402
from ideolab_f2b.connmon.watch import Watch  # noqa: E402
from ideolab_f2b.namespaces.ask import OpenerLink  # noqa: E402
from ideolab_f2b.namespaces.coverage import read_coverage  # noqa: E402
from ideolab_f2b.namespaces.enter import Home  # noqa: E402
from ideolab_f2b.namespaces.look import Looks  # noqa: E402
from ideolab_f2b.namespaces.opener import Opener, listen  # noqa: E402
from ideolab_f2b.namespaces.walk import Walk, list_pids, read_newest  # noqa: E402
from tests.lab.containers import ContainerLab, build_lab  # noqa: E402

#: milliseconds of CPU that a look with ten calm containers may cost above one with none
LIMIT_MS = 1.0
#: seconds between two looks of connmon, and in this program
EVERY_S, BETWEEN_S = 5.0, 0.15
#: looks until containers are no longer new
OLD_LOOKS = 60
#: seconds of the opener without a question
IDLE_S = 12.0
_SECONDS = struct.Struct("d")
#: processes that come and go between two looks
FORKS = 5


class Clock:
    """The seconds of both sides; stands for the module `time` too."""

    time, process_time = staticmethod(time.time), staticmethod(time.process_time)

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, _SECONDS.size)

    def monotonic(self) -> float:
        """The seconds by now."""
        return float(_SECONDS.unpack_from(self._shared)[0])

    def go_on(self, seconds: float) -> None:
        """Let time go by."""
        _SECONDS.pack_into(self._shared, 0, self.monotonic() + seconds)


class Cost(NamedTuple):
    """Milliseconds of CPU of one look above one without an opener, in this process and in the opener."""

    own: float
    opener: float


@contextmanager
def serve(lab: ContainerLab, path: str, clock: Clock) -> Iterator[int]:
    """The opener, as the service has it, in the host's namespace; its process."""
    child = os.fork()
    if not child:
        try:
            with lab.host.enter():
                run_opener(path, clock)
        finally:
            os._exit(0)
    try:
        wait_until(Path(path).exists, "the opener's socket")
        yield child
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


def run_opener(path: str, clock: Clock) -> None:
    walk = Walk(list_pids, clock.monotonic, read_newest)
    looks = Looks(read_coverage(("auto",)), walk, Home(), clock.monotonic)
    with listen(path, 0, 0o600) as listener:
        complaint = complain_on_stderr("netns")
        opener = Opener((listener,), frozenset({0}), looks, complaint, clock.monotonic)
        opener.run(lambda: False, lambda: None)


def cpu_ms(pid: int) -> float:
    """CPU time of the opener, to the nanosecond."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


def look(watch: Watch, pid: int) -> Cost:
    """What one look costs."""
    other, own = cpu_ms(pid), time.process_time()
    watch.tick()
    own = time.process_time() - own
    # the opener ends its part after the last answer
    time.sleep(0.02)
    return Cost(own * 1000, cpu_ms(pid) - other)


def make_watch(link: OpenerLink | None) -> Watch:
    """A watch that asks by this connection, or nobody."""
    settings = Connmon()
    asking = Containers(settings, link.ask, link.ask_addresses, systems=know_nothing) if link else None
    return Watch(settings, measure_of=lambda _port, _settings: measure_nothing, containers=asking)


def come_and_go() -> None:
    """Start processes that end at once."""
    for _number in range(FORKS):
        child = os.fork()
        if not child:
            os._exit(0)
        os.waitpid(child, 0)


def idle_ms(pid: int) -> float:
    """The opener's CPU in 5 s while nobody asks."""
    before, began = cpu_ms(pid), time.monotonic()
    time.sleep(IDLE_S)
    return (cpu_ms(pid) - before) / (time.monotonic() - began) * EVERY_S


def measure(lab: ContainerLab, count: int, rounds: int, clock: Clock) -> float:
    """Print and return the mean of what `count` calm containers cost, in milliseconds."""
    while len(lab.pids) < count:
        lab.container(len(lab.pids) + 2, 443)
    path = str(lab.directory / f"sock{count}")
    none, some = [], []
    with serve(lab, path, clock) as opener, lab.host.enter():
        without, asking = make_watch(None), make_watch(OpenerLink(path))

        def has_seen() -> bool:
            clock.go_on(EVERY_S)
            asking.tick()
            return count_known(asking) == count

        wait_until(has_seen, lambda: asking.problem)
        # what is young is looked at more often
        for _look in range(OLD_LOOKS):
            clock.go_on(EVERY_S)
            asking.tick()
        idle = idle_ms(opener)
        for _round in range(rounds):
            clock.go_on(EVERY_S)
            come_and_go()
            none.append(look(without, opener).own)
            some.append(look(asking, opener))
            assert count_known(asking) == count, asking.problem
            time.sleep(BETWEEN_S)
    base = statistics.median(none)
    print(
        f"{count:2} calm containers: median {statistics.median(map(sum, some)) - base + idle:.2f} ms,"
        f" mean {statistics.mean(map(sum, some)) - statistics.mean(none) + idle:.2f} ms of CPU above a look"
        f" without ({base:.2f} ms); means: connmon"
        f" {statistics.mean(one.own for one in some) - statistics.mean(none):.2f},"
        f" opener {statistics.mean(one.opener for one in some):.2f}, and {idle:.2f} while nobody asks",
        flush=True,
    )
    return statistics.mean(map(sum, some)) - statistics.mean(none) + idle


def count_known(watch: Watch) -> int:
    """How many namespaces were told of in the last look."""
    number = watch._containers.number if watch._containers else None
    return -1 if number is None else number


def work(arguments: argparse.Namespace) -> int:
    """Measure, where all processes are ours."""
    clock = Clock()
    for module in (watch_module, look_module):
        module.time = clock  # type: ignore[attr-defined]
    with ExitStack() as undo:
        for words in [["sleep", "3600"]] * arguments.processes:
            undo.callback(undo.enter_context(subprocess.Popen(words)).kill)
        directory = undo.enter_context(tempfile.TemporaryDirectory())
        lab = undo.enter_context(build_lab("f2bbench", Path(directory)))
        costs = {
            count: measure(lab, count, arguments.rounds, clock) for count in sorted(arguments.containers)
        }
        print(f"{len(list_pids())} processes; a look every {EVERY_S:.0f} s")
    return int(judge(costs))


def judge(costs: dict[int, float]) -> bool:
    """Print whether ten containers cost too much above none; return it."""
    if not {0, 10} <= set(costs):
        return False
    above = costs[10] - costs[0]
    is_over = above > LIMIT_MS
    print(f"ten above none, mean: {above:.2f} ms, limit {LIMIT_MS:.1f} ms: {'OVER' if is_over else 'ok'}")
    is_near = "OVER" if costs[10] > LIMIT_MS else "ok"
    print(f"ten above no opener at all, mean: {costs[10]:.2f} ms: {is_near}")
    return is_over


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--containers", type=int, nargs="+", default=[0, 1, 10])
    parser.add_argument("--rounds", type=int, default=120)
    parser.add_argument("--processes", type=int, default=250)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if os.geteuid():
        parser.error("needs root: namespaces of its own")
    if arguments.inside:
        return work(arguments)
    words = [
        "unshare",
        "--fork",
        "--pid",
        "--kill-child",
        "--mount-proc",
        sys.executable,
        *sys.argv,
        "--inside",
    ]
    return subprocess.run(words, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
