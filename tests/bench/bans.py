"""The list of 50,000 bans, their way back into an emptied kernel, and what that costs a ban. Root; 2 minutes.

Runs real fail2ban-servers in namespaces of its own. Exits 1 when a limit is missed.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from demo.lab.namespace import link_namespaces  # noqa: E402
from demo.lab.wait import wait_until  # noqa: E402
from ideolab_f2b.kernel.ipset.sets import Sets  # noqa: E402
from tests.bans.conftest import Host  # noqa: E402

#: bans that are held
ACTIVE = 50_000
#: bans of one burst
BURST = 2_000
ROUNDS = 9
#: seconds between two passes: the product's, one after the other, and (for comparison) none
TIMES = {"usual": 25.0, "always": 0.01, "never": 1e6}
CONSTANTS = "import ideolab_f2b.actions.reconcile.thread as reconcile\nreconcile.EVERY_S = {every_s}\n"


@contextmanager
def run_host(passes: str) -> Iterator[tuple[Host, Sets]]:
    with (
        link_namespaces(f"f2bc-{passes}") as (namespace, _client),
        tempfile.TemporaryDirectory() as directory,
    ):
        (Path(directory) / "sitecustomize.py").write_text(CONSTANTS.format(every_s=TIMES[passes]))
        host = Host(namespace, Path(directory), {"PYTHONPATH": f"{directory}:{REPOSITORY}"})
        with namespace.enter():
            kernel = Sets()
        try:
            host.start()
            yield host, kernel
        finally:
            host.server.stop()
            kernel.close()


def addresses(first: int, count: int) -> list[str]:
    return [f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(first, first + count)]


def burst(host: Host, first: int, count: int) -> float:
    """Bans a second, of the action alone: fail2ban's own thread for its socket calls it."""
    wanted = addresses(first, count)
    begin = time.monotonic()
    for start in range(0, count, 500):
        host.ban("ideolab-connmon", *wanted[start : start + 500])
    return count / (time.monotonic() - begin)


def measure(*commands: Callable[[], object]) -> list[float]:
    """Seconds of each, the middle one of several rounds in turn."""
    found: list[list[float]] = [[] for _command in commands]
    for _round in range(3):
        for command, seconds in zip(commands, found):
            begin = time.monotonic()
            command()
            seconds.append(time.monotonic() - begin)
    return [statistics.median(seconds) for seconds in found]


def require_list(host: Host) -> None:
    if len(host.seen()["bans"]) < ACTIVE:
        raise AssertionError("not all bans are listed")


def measure_return(host: Host, kernel: Sets) -> float:
    """Seconds from an order to repair an emptied set until all elements are back."""
    kernel.flush("ideolab_connmon")
    begin = time.monotonic()
    host.server.ask("set", "ideolab-connmon", "action", "ideolab-ban", "reconcile")
    wait_until(
        lambda: (kernel.header("ideolab_connmon").elements or 0) >= ACTIVE, "not all are back", every_s=0.01
    )
    return time.monotonic() - begin


def bursts(hosts: dict[str, Host]) -> dict[str, float]:
    """Bans a second of each, in turn: what else runs on the machine slows some rounds down."""
    found: dict[str, list[float]] = {name: [] for name in hosts}
    for number in range(ROUNDS):
        for name, host in hosts.items():
            found[name].append(burst(host, 100_000 + BURST * number, BURST))
    rates = {name: statistics.median(each) for name, each in found.items()}
    for name, rate in rates.items():
        print(f"  passes {name:6}: {rate:6.0f} bans/s while {ACTIVE} are held", flush=True)
    return rates


def main() -> int:
    with ExitStack() as all_of_them:
        pairs = {name: all_of_them.enter_context(run_host(name)) for name in TIMES}
        hosts = {name: host for name, (host, _kernel) in pairs.items()}
        for host in hosts.values():
            burst(host, 256, ACTIVE)
        rates = bursts(hosts)
        hosts["always"].server.stop()
        host, kernel = pairs["usual"]
        ours_s, its_s = measure(
            lambda: require_list(host),
            lambda: host.server.try_client("get", "ideolab-connmon", "banip", "--with-time"),
        )
        back_s = measure_return(host, kernel)
    print(f"  the list of {ACTIVE}: {ours_s:.2f} s; fail2ban-client alone: {its_s:.2f} s", flush=True)
    results = (
        (
            f"list of {ACTIVE} bans: `bans --json` / `fail2ban-client get JAIL banip --with-time`",
            ours_s / its_s,
            4,
        ),
        (f"{ACTIVE} elements of a flushed set: seconds until all are back", back_s, 15),
        ("time of a ban: with the usual passes / with none", rates["never"] / rates["usual"], 1.15),
        ("time of a ban: while passes never end / with none", rates["never"] / rates["always"], 2.5),
    )
    for text, value, limit in results:
        print(f"{'ok  ' if value < limit else 'OVER'} {text}: {value:.3g} (limit < {limit:g})", flush=True)
    return 0 if all(value < limit for _text, value, limit in results) else 1


if __name__ == "__main__":
    sys.exit(main())
