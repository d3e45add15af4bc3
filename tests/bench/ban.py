"""How fast bans become kernel elements: burst, restart, latency, as ratios of one run. Root; 4 minutes.

`ban.py backends` compares the bursts of the two backends alone. Runs a real fail2ban-server in namespaces
of its own. Exits 1 when a limit is missed.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from demo.lab.fail2ban import Fail2ban  # noqa: E402
from demo.lab.namespace import Namespace, link_namespaces  # noqa: E402
from demo.lab.wait import wait_until  # noqa: E402
from ideolab_f2b.firewall.backend import BACKENDS  # noqa: E402
from ideolab_f2b.kernel.ipset.sets import Sets  # noqa: E402
from tests.actions.conftest import Probe  # noqa: E402
from tests.lab import lines  # noqa: E402

#: bans of one burst
BURST = 10_000
#: the same for the shell action, which takes 25 times as long
SHELL_BURST = 400
#: bans that are restored
ACTIVE = 50_000
ROUNDS = 5
#: each question takes its time from the server that is measured
ASK_S = 0.25
#: lines whose way is measured, by the option latency
SAMPLES = {"default": 40, "low": 200}
#: fail2ban sleeps the longer the longer nothing happened: pauses as long as its longest sleep
PAUSE_S = {"default": 2.0, "low": 0.25}

JAIL = """\
[bench]
enabled = true
filter = ideolab-connmon[scope=ip]
logpath = {directory}/connmon.log
findtime = 3600
bantime = 3600
action = {action}
"""
OURS = "ideolab-ban.py[set=bench, backend=ipset]"
NFT = "ideolab-ban.py[set=bench, backend=nft]"
ACTIONS = {
    "ours": OURS,
    "nft": NFT,
    "null": "null.py",
    "shell": "iptables-ipset-proto6[name=bench, port=443, bantime=0]",
}
#: {action: what holds its bans}
KERNELS = {"ours": "ipset", "nft": "nft"}
NULL = """\
from fail2ban.server.action import ActionBase
class Action(ActionBase):
    def flush(self): return True
"""


@contextmanager
def run_server(namespace: Namespace, action: str) -> Iterator[Fail2ban]:
    with tempfile.TemporaryDirectory(prefix="f2bban-bench-") as directory:
        server = Fail2ban(namespace, Path(directory))
        (server.config / "action.d" / "null.py").write_text(NULL)
        for stock in Path("/etc/fail2ban/action.d").glob("iptables*"):
            shutil.copy(stock, server.config / "action.d")
        server.configure(JAIL.format(directory=directory, action=action))
        try:
            with one_core():
                server.start()
            # the action's start forks iptables
            wait_until(lambda: "ideolab" not in action or server.has_rules("bench"), "the rules")
            yield server
        finally:
            server.stop()


@contextmanager
def one_core() -> Iterator[None]:
    """What is started meanwhile stays on one core, every action alike.

    On two cores the threads of a fail2ban-server hand Python's interpreter over 5,000 or 50,000 times in the
    same burst, and one that does nothing at all takes between 1.5 and 3.5 s of CPU time for it.
    """
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def addresses(count: int) -> list[str]:
    return [f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}" for number in range(256, 256 + count)]


def suspect(address: str) -> str:
    """Whole seconds: the time from such a line to its ban is not measured, which would cost the burst."""
    return lines.drop_fraction(lines.suspect(address))


def count_banned(server: Fail2ban) -> int:
    return int(dict(dict(server.ask("status", "bench", "short"))["Actions"])["Currently banned"])


def fill(server: Fail2ban, count: int) -> None:
    """Bans by one burst of lines."""
    lines.write_lines(server.connmon_log, *map(suspect, addresses(count)))
    wait_until(
        lambda: count_banned(server) == count,
        lambda: f"not {count} bans:\n{server.tail()}",
        timeout_s=300,
        every_s=ASK_S,
    )


def span(server: Fail2ban) -> float:
    """Seconds from the first failure to the last ban, as fail2ban's log has them: asking costs it time."""
    log = server.log.read_text().splitlines()
    first = next(line for line in log if "[bench] Found " in line)
    last = next(line for line in reversed(log) if "[bench] Ban " in line)
    begin, end = (datetime.strptime(line[:23], "%Y-%m-%d %H:%M:%S,%f") for line in (first, last))
    return (end - begin).total_seconds()


def burst(namespace: Namespace, name: str) -> float:
    """Bans per second of one action."""
    count = SHELL_BURST if name == "shell" else BURST
    with run_server(namespace, ACTIONS[name]) as server:
        fill(server, count)
        rate = count / span(server)
        cpu_s = read_cpu_s(server)
        if name in KERNELS:
            time.sleep(0.1)
            with namespace.enter(), contextlib.closing(BACKENDS[KERNELS[name]].open()) as held_by:
                held = sum(1 for _entry in held_by.entries("bench"))
            if held != count:
                raise AssertionError(f"{held} of {count} elements are in the kernel")
        server.ask("unban", "--all")
    text = f"{rate:7.0f} bans/s, {count / cpu_s:7.0f} in a second of CPU"
    print(f"  burst of {count:6d}, {name:5}: {text}", flush=True)
    return rate


def read_cpu_s(server: Fail2ban) -> float:
    """Seconds of CPU time that the server has used since its start."""
    fields = Path(f"/proc/{server.read_pid()}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def bursts(namespace: Namespace, names: Iterable[str]) -> dict[str, float]:
    """{action: bans per second}.

    In turn, and the middle round of each: what else runs on the machine slows some of them down.
    """
    rates: dict[str, list[float]] = {name: [] for name in names}
    for _round in range(ROUNDS):
        for name, found in rates.items():
            found.append(burst(namespace, name))
    return {name: statistics.median(found) for name, found in rates.items()}


def restart(network: tuple[Namespace, Namespace], kernel: Sets) -> tuple[float, int]:
    """(seconds until all bans are restored, packets of banned addresses that arrived meanwhile)."""
    probe = Probe(*network)
    with run_server(network[0], OURS) as server:
        fill(server, ACTIVE)
        server.ask("set", "bench", "banip", "198.51.100.7")
        wait_until(lambda: count_rows(server) == ACTIVE + 1, "the bans are not in the database")
        with probe.streaming("198.51.100.7") as arrived:
            server.stop()
            begin = time.monotonic()
            server.start()
            wait_until(
                lambda: count_restored(server) == ACTIVE + 1,
                lambda: f"not all are restored:\n{server.tail()}",
                every_s=ASK_S,
            )
            seconds = time.monotonic() - begin
        held = kernel.header("bench").elements
        if held != ACTIVE + 1 or server.read_stats("bench")["errors"]:
            raise AssertionError(f"{held} elements are in the kernel; {server.read_stats('bench')}")
        server.ask("unban", "--all")
        wait_until(lambda: probe.reaches("198.51.100.7"), "the probe does not work")
    probe.close()
    return seconds, len(arrived)


def count_restored(server: Fail2ban) -> int:
    return int(server.read_stats("bench")["restored"])


def count_rows(server: Fail2ban) -> int:
    database = sqlite3.connect(f"file:{server.database}?mode=ro", uri=True)
    try:
        return int(database.execute("SELECT COUNT(*) FROM bips").fetchone()[0])
    finally:
        database.close()


def latencies(namespace: Namespace, kernel: Sets, latency: str) -> list[float]:
    """Seconds from a line's write to its element, at random moments of fail2ban's loops."""
    found = []
    with run_server(namespace, f"ideolab-ban.py[set=bench, latency={latency}]") as server:
        time.sleep(2)
        for address in addresses(SAMPLES[latency]):
            time.sleep(random.uniform(0.02, PAUSE_S[latency]))
            network = ip_network(address)
            begin = time.monotonic()
            lines.write_lines(server.connmon_log, suspect(address))
            while not kernel.test("bench", network):
                time.sleep(0.0005)
            found.append(time.monotonic() - begin)
        server.ask("unban", "--all")
    return sorted(found)


def percentile(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))]


def judge(results: Iterable[tuple[str, float, str, float]]) -> bool:
    """Print each figure beside its limit; whether all are kept."""
    compare: dict[str, Callable[[float, float], bool]] = {">=": float.__ge__, "<": float.__lt__}
    kept = []
    for text, value, sign, limit in results:
        kept.append(compare[sign](float(value), float(limit)))
        print(f"{'ok  ' if kept[-1] else 'OVER'} {text}: {value:.3g} (limit {sign} {limit:g})", flush=True)
    return all(kept)


def rate_backends(rates: dict[str, float]) -> tuple[str, float, str, float]:
    return "burst of bans: backend nft / backend ipset", rates["nft"] / rates["ours"], ">=", 0.9


def main() -> int:
    if sys.argv[1:] == ["backends"]:
        with link_namespaces("f2bban-bench") as network:
            return 0 if judge([rate_backends(bursts(network[0], KERNELS))]) else 1
    with link_namespaces("f2bban-bench") as network:
        with network[0].enter():
            kernel = Sets()
        rates = bursts(network[0], ACTIONS)
        restored_s, leaked = restart(network, kernel)
        default, low = (latencies(network[0], kernel, latency) for latency in ("default", "low"))
        kernel.close()
    kept = judge(
        (
            ("burst of bans: ours / shell ipset action", rates["ours"] / rates["shell"], ">=", 25),
            (
                "burst of bans: ours / Python action that does nothing",
                rates["ours"] / rates["null"],
                ">=",
                0.7,
            ),
            rate_backends(rates),
            (f"restart with {ACTIVE} bans: seconds until all are restored", restored_s, "<", 15),
            ("restart: packets of a banned address that got through", leaked, "<", 1),
            ("line to element, defaults: p50 seconds", percentile(default, 0.5), "<", 0.6),
            ("line to element, latency=low: p50 seconds", percentile(low, 0.5), "<", 0.04),
            ("line to element, latency=low: p99 seconds", percentile(low, 0.99), "<", 0.12),
        )
    )
    print(f"     line to element, defaults: p99 {percentile(default, 0.99):.3g} s")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
