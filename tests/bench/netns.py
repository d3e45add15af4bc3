"""What a question to the opener costs with 10 quiet containers and with none: run it as root.

The opener's own program, with a clock that goes on by 5 s with each question, as connmon asks; so walks and
looks that are made anew count as they do on a host. Both sides' CPU time is added. Exit 1: over the limit.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from ideolab_f2b.complaint import complain_on_stderr  # noqa: E402
from ideolab_f2b.namespaces.ask import ask  # noqa: E402
from ideolab_f2b.namespaces.coverage import read_coverage  # noqa: E402
from ideolab_f2b.namespaces.enter import Home  # noqa: E402
from ideolab_f2b.namespaces.look import Looks  # noqa: E402
from ideolab_f2b.namespaces.opener import Opener, listen  # noqa: E402
from ideolab_f2b.namespaces.walk import Walk, list_pids  # noqa: E402
from tests.lab.containers import ContainerLab, build_lab  # noqa: E402

CONTAINERS, QUESTIONS, ROUNDS, EVERY_S = 10, 120, 5, 5.0
#: milliseconds above none of one question, both sides
LIMIT_MS = 1.0
#: sockets in use from which on a channel is wanted: th_hostile_ip, which quiet containers do not reach
QUIET, BUSY = 8, 1


def serve(lab: ContainerLab, path: str) -> int:
    """Fork the opener into the host's namespace; return its process."""
    child = os.fork()
    if child:
        return child
    try:
        with lab.host.enter():
            run(lab, path)
    finally:
        os._exit(0)


def run(lab: ContainerLab, path: str) -> None:
    """Serve until killed; all processes are listed, as on a host, and those of the lab are looked at."""
    now = 0.0

    def pids() -> list[int]:
        list_pids()
        return lab.pids

    looks = Looks(read_coverage(("auto",)), Walk(pids, lambda: now), Home(), lambda: now)
    with listen(path, 0, 0o600) as listener:
        opener = Opener((listener,), frozenset({0}), looks, complain_on_stderr("netns"), lambda: now)

        def work() -> None:
            nonlocal now
            now = EVERY_S * opener.counts["answered"]

        opener.run(lambda: False, work)


def cpu_ms(pid: int) -> float:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


def measure(lab: ContainerLab, above: int, count: int) -> tuple[float, float]:
    """Milliseconds of one question: the opener's, the asker's; the least of some rounds."""
    path = str(lab.directory / f"bench-{above}-{count}")
    child = serve(lab, path)
    try:
        while not Path(path).exists():
            time.sleep(0.05)
        time.sleep(0.2)
        rounds = []
        for _round in range(ROUNDS):
            opener, asker = cpu_ms(child), time.process_time()
            for _question in range(QUESTIONS):
                found = list(ask([443], above=above, path=path))
                assert len(found) == count, found
            ours = (time.process_time() - asker) * 1000
            rounds.append(((cpu_ms(child) - opener) / QUESTIONS, ours / QUESTIONS))
        return min(rounds, key=sum)
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


def main() -> int:
    """Print the milliseconds; 1 over the limit."""
    with tempfile.TemporaryDirectory() as directory, build_lab("f2bnsbench", Path(directory)) as lab:
        none = measure(lab, QUIET, 0)
        for number in range(CONTAINERS):
            lab.container(number + 2, 443)
        quiet, busy = measure(lab, QUIET, CONTAINERS), measure(lab, BUSY, CONTAINERS)
    print(f"ms CPU of one question, {len(list_pids())} processes on this machine   opener   asker     sum")
    for name, each in (("no container", none), ("10 quiet", quiet), ("10 with a channel each", busy)):
        print(f"{name:56}{each[0]:9.3f}{each[1]:8.3f}{sum(each):8.3f}")
    above = sum(quiet) - sum(none)
    print(f"10 quiet containers above none: {above:.3f} ms (limit {LIMIT_MS})")
    return int(above > LIMIT_MS)


if __name__ == "__main__":
    raise SystemExit(main())
