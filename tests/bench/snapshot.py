"""What one snapshot with scoring costs, beside `ss -tni`: run `python3 tests/bench/snapshot.py` as root.

The server's namespace gets a table of sockets of its own, as a host has one: where all namespaces share one
(before Linux 6.1), both readers walk over the clients' sockets too. Exit 1: over a limit.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import ipaddress
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from demo.lab.namespace import Namespace, link_namespaces  # noqa: E402
from ideolab_f2b.config import Connmon  # noqa: E402
from ideolab_f2b.connmon.snapshot import Snapshot  # noqa: E402
from ideolab_f2b.connmon.suspects.detector import Detector  # noqa: E402
from ideolab_f2b.kernel.sockets import sock_diag  # noqa: E402
from ideolab_f2b.kernel.sockets.destroy import destroy as destroy_sockets  # noqa: E402

PORT, ADDRESSES = 443, 2000
LIMIT, LIMIT_RSS_MIB, LIMIT_CORE = 0.5, 64, 0.05
HOLD = str(Path(__file__).with_name("hold.py"))
#: the mix is ripe when its youngest connection is older than idle_s
RIPE_S = 9.0
#: the daemon's first ticks, with their imports and the lines of all suspects; then what is measured
DAEMON_START_S, DAEMON_S = 16.0, 40.0


def cpu_ms(words: list[str]) -> float:
    """User and system time of a program in a process of its own, its output thrown away."""
    null = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    child = os.posix_spawnp(words[0], words, os.environ, file_actions=null)
    _pid, status, usage = os.wait4(child, 0)
    if status:
        raise SystemExit(f"{' '.join(words)}: status {status}")
    return (usage.ru_utime + usage.ru_stime) * 1000


def own_cpu_ms(job: Callable[[], object]) -> float:
    start = time.process_time()
    job()
    return (time.process_time() - start) * 1000


def rss_mib() -> float:
    """The most memory this process ever used; ru_maxrss would count its parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def measure(rounds: int) -> dict[str, float]:
    """Medians of interleaved rounds, in the server's namespace: ss, the rows alone, the rows judged."""
    detector = Detector(Connmon())
    jobs: dict[str, Callable[[], float]] = {
        "ss": lambda: cpu_ms(["ss", "-tni"]),
        "rows": lambda: own_cpu_ms(lambda: collections.deque(sock_diag.rows(PORT), maxlen=0)),
        "snapshot": lambda: own_cpu_ms(
            lambda: detector.judge(Snapshot(time.time(), PORT, sock_diag.rows(PORT)))
        ),
    }
    # the first snapshot has nothing to compare with, and the second nothing old enough
    verdicts = [detector.judge(Snapshot(time.time(), PORT, sock_diag.rows(PORT))) for _ in range(2)]
    taken = [{name: job() for name, job in jobs.items()} for _ in range(rounds)]
    found = {name: statistics.median(one[name] for one in taken) for name in jobs}
    seen, suspects = verdicts[-1].connections, len(verdicts[-1].suspects)
    return {**found, "rss": rss_mib(), "seen": seen, "suspects": suspects}


def daemon(_rounds: int) -> dict[str, float]:
    """The share of a core that the real daemon takes, once it has started."""
    with tempfile.TemporaryDirectory() as directory:
        config = Path(directory, "f2b.conf")
        config.write_text(
            f"[paths]\nlog_dir = {directory}\nstate_dir = {directory}\ntextfile_dir = {directory}\n"
        )
        words = [sys.executable, "-m", "ideolab_f2b", "connmon", "--config", str(config)]
        child = subprocess.Popen(words, cwd=REPOSITORY, stdout=subprocess.DEVNULL)
        try:
            time.sleep(DAEMON_START_S)
            before, started = _cpu_s(child.pid), time.monotonic()
            time.sleep(DAEMON_S)
            return {"core": (_cpu_s(child.pid) - before) / (time.monotonic() - started)}
        finally:
            child.terminate()
            child.wait(10)


def _cpu_s(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def destroy(_rounds: int) -> dict[str, float]:
    """CPU of ending one /24 (eight addresses): ours in this process, and ss -K of the next one."""
    before = sum(1 for _row in sock_diag.rows(PORT))
    ours = own_cpu_ms(lambda: destroy_sockets([ipaddress.ip_network("10.0.2.0/24")], [PORT]))
    between = sum(1 for _row in sock_diag.rows(PORT))
    theirs = cpu_ms(["ss", "-K", "-tn", "dst", "10.0.4.0/24", "sport", "=", f":{PORT}"])
    after = sum(1 for _row in sock_diag.rows(PORT))
    many = [ipaddress.ip_network(f"10.0.{net}.{host}/32") for net in range(6, 90) for host in range(1, 9)]
    burst = own_cpu_ms(lambda: destroy_sockets(many, [PORT]))
    last = sum(1 for _row in sock_diag.rows(PORT))
    return {"ours": ours, "closed": before - between, "ss": theirs, "ss_closed": between - after,
            "burst": burst, "networks": len(many), "burst_closed": after - last}  # fmt: skip


@contextlib.contextmanager
def namespaces() -> Iterator[tuple[Namespace, Namespace]]:
    """(server, client), both with a table of sockets of their own where the kernel can do that."""
    parent = Namespace(f"f2bsock-{os.getpid()}-parent")
    subprocess.run(["ip", "netns", "add", parent.name], check=True)
    try:
        with parent.enter():
            with contextlib.suppress(OSError):
                entries = Path("/proc/sys/net/ipv4/tcp_ehash_entries").read_text().strip().lstrip("-")
                Path("/proc/thread-self/sys/net/ipv4/tcp_child_ehash_entries").write_text(entries)
            with link_namespaces("f2bsock") as (server, client):
                yield server, client
    finally:
        subprocess.run(["ip", "netns", "del", parent.name], check=True)


@contextlib.contextmanager
def held(namespace: Namespace, *words: str) -> Iterator[None]:
    """hold.py in a namespace; it ends with its standard input."""
    with namespace.enter():
        holder = subprocess.Popen(
            [sys.executable, HOLD, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
    assert holder.stdin and holder.stdout
    try:
        if holder.stdout.readline() != "ready\n":
            raise SystemExit(f"hold.py {' '.join(words)} could not hold them")
        yield
    finally:
        holder.stdin.close()
        holder.wait(timeout=60)


def inside(namespace: Namespace, part: str, rounds: int) -> dict[str, float]:
    """A part of this program in a fresh process in the namespace."""
    with namespace.enter():
        words = [sys.executable, __file__, "--part", part, "--rounds", str(rounds)]
        done = subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True, timeout=120)
    return dict(json.loads(done.stdout))


def report(mix: str, count: int, found: dict[str, float]) -> bool:
    """Print the ratios of one mix and size; whether they keep the limits."""
    label = f"{count // 1000}k, {mix}"
    ratio, core = found["snapshot"] / found["ss"], found["snapshot"] / 1000 / Connmon().every_s
    print(f"connections at {label}: {found['seen']:.0f} seen, {found['suspects']:.0f} suspects")
    parts = ", ".join(f"{name} {found[name]:.1f}" for name in ("ss", "rows", "snapshot"))
    print(f"CPU ms at {label}: {parts}")
    print(f"snapshot/ss at {label}: {ratio:.2f} (limit {LIMIT:.2f})")
    print(f"share of a core at {label}, looked at every {Connmon().every_s:.0f} s: {core:.1%}")
    print(f"share of a core at {label}, the daemon: {found['core']:.1%} (limit {LIMIT_CORE:.0%})")
    print(f"memory at {label}: {found['rss']:.0f} MiB (limit {LIMIT_RSS_MIB})", flush=True)
    is_whole = found["seen"] == count
    return is_whole and ratio <= LIMIT and found["core"] <= LIMIT_CORE and found["rss"] <= LIMIT_RSS_MIB


def run(mix: str, counts: list[int], rounds: int, with_destroy: bool) -> bool:
    """Grow one mix through the sizes; whether all keep the limits."""
    kept = []
    with contextlib.ExitStack() as undo:
        server, client = undo.enter_context(namespaces())
        route(server, client)
        undo.enter_context(held(server, "serve", str(max(counts))))
        have = 0
        for count in counts:
            undo.enter_context(held(client, "connect", mix, str(have), str(count), str(ADDRESSES)))
            have = count
            time.sleep(RIPE_S)
            found = {**inside(server, "measure", rounds), **inside(server, "daemon", rounds)}
            kept.append(report(mix, count, found))
        if with_destroy:
            report_destroy(have, inside(server, "destroy", rounds))
    return all(kept)


def route(server: Namespace, client: Namespace) -> None:
    """The client owns all of 10.0.0.0/8, which exists in these namespaces only."""
    client.run("ip", "route", "add", "local", "10.0.0.0/8", "dev", "lo")
    server.run("ip", "route", "add", "10.0.0.0/8", "via", "192.0.2.254")


def report_destroy(count: int, found: dict[str, float]) -> None:
    label = f"{count // 1000}k"
    print(f"destroy/ss -K of one /24 at {label}: {found['ours'] / found['ss']:.2f} "
          f"({found['ours']:.0f} ms for {found['closed']:.0f} sockets, "
          f"ss -K {found['ss']:.0f} ms for {found['ss_closed']:.0f})")  # fmt: skip
    print(f"destroy of {found['networks']:.0f} addresses in one walk at {label}: "
          f"{found['burst']:.0f} ms for {found['burst_closed']:.0f} sockets")  # fmt: skip


PARTS: dict[str, Callable[[int], dict[str, float]]] = {
    "measure": measure,
    "daemon": daemon,
    "destroy": destroy,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--connections", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--mix", choices=["attack", "calm"], nargs="+", default=["attack", "calm"])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--destroy", action="store_true", help="measure the closing of sockets too")
    parser.add_argument("--part", choices=list(PARTS), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        json.dump(PARTS[arguments.part](arguments.rounds), sys.stdout)
        return 0
    if os.geteuid():
        parser.error("needs root: namespaces of its own")
    # a calm host costs most where it is largest
    sizes = {"attack": sorted(arguments.connections), "calm": [max(arguments.connections)]}
    kept = [run(mix, sizes[mix], arguments.rounds, arguments.destroy) for mix in arguments.mix]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
