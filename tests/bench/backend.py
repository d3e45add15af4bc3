"""What a ban costs in the kernel, with ipset and with nft: alone, in a burst, at a restore. Root; a minute.

CPU time of this process, system calls included, in one run: netlink works in the caller's system call.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from demo.lab.namespace import link_namespaces  # noqa: E402
from ideolab_f2b.firewall.backend import BACKENDS, Backend, KernelSets  # noqa: E402
from ideolab_f2b.firewall.jail_sets import JailSets  # noqa: E402
from ideolab_f2b.kernel.ipset.element import Key, network_of  # noqa: E402
from ideolab_f2b.kernel.nft import table_socket  # noqa: E402

HELD = 50_000
BURST = 10_000
SINGLE = 2_000
TIMEOUT_S = 86_400
ROUNDS = 3
LOOKS = 20
COLUMNS = ("ipset", "nft", "nft before 6.12")
FIRST = {4: int(IPv4Network("10.0.0.0/8")[0]), 6: int(IPv6Network("2001:db8::/32")[0])}
#: restored and listed are of HELD elements, the rest are microseconds for one
WHOLE = ("restore", "restore again", "list", "resize")


def keys(version: int, start: int, count: int) -> Iterator[Key]:
    """Addresses one by one; of IPv6 the /64 networks that bans are."""
    for number in range(start, start + count):
        if version == 4:
            yield 4, FIRST[4] + number, 32
        else:
            yield 6, FIRST[6] + (number << 64), 64


def measure(done: Callable[[], object]) -> float:
    """CPU seconds of this process, of its children and of the kernel for it."""
    started = _read_cpu_s()
    done()
    return _read_cpu_s() - started


def _read_cpu_s() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def add(kernel: KernelSets, name: str, found: list[Key]) -> None:
    """The same call as of the ban action."""
    for key in found:
        kernel.add_key(name, key, TIMEOUT_S)


def measure_backend(kernel: KernelSets, version: int) -> dict[str, float]:
    """{row: CPU seconds} of one family; microseconds for one element where the row is not WHOLE."""
    sets = JailSets(kernel, "bench_jail", 4 * HELD)
    sets.place()
    name = sets.names[version]
    held = [(network_of(key), TIMEOUT_S) for key in keys(version, 0, HELD)]
    fresh, burst = list(keys(version, HELD, SINGLE)), list(keys(version, 2 * HELD, BURST))
    networks = [network_of(key) for key in fresh]
    rows = {
        "add, empty": measure(lambda: add(kernel, name, fresh)) / SINGLE * 1e6,
        "restore": measure(lambda: kernel.add_many(name, held)),
        "restore again": measure(lambda: kernel.add_many(name, held)),
        "add, full": measure(lambda: add(kernel, name, burst)) / BURST * 1e6,
        "add again": measure(lambda: add(kernel, name, fresh)) / SINGLE * 1e6,
        "list": measure(lambda: list(kernel.entries(name))),
        "look up": measure(lambda: [kernel.test(name, one) for one in networks]) / SINGLE * 1e6,
        "delete, full": measure(lambda: [kernel.delete(name, one) for one in networks]) / SINGLE * 1e6,
        "resize": measure(lambda: kernel.resize(name, 5 * HELD, "bench_jail.new")),
    }
    sets.remove()
    return rows


def measure_rules(backend: Backend) -> dict[str, float]:
    """{row: microseconds} of what the reconcile thread asks each second, and of a look at the rule."""
    backend.place(4)
    rows = {
        "trace": measure(lambda: [backend.read_trace(4) for _again in range(SINGLE)]) / SINGLE * 1e6,
        "look": measure(lambda: [backend.look(4) for _again in range(LOOKS)]) / LOOKS * 1e6,
    }
    backend.remove_all(4)
    return rows


def main() -> int:
    """Print a row for each verb and family."""
    best: dict[str, dict[str, float]] = {}
    with link_namespaces("f2bbackend") as (server, _client), server.enter():
        for _round in range(ROUNDS):
            for column in COLUMNS:
                backend = BACKENDS[column.partition(" ")[0]]
                kernel = backend.open()
                # the kernel before 6.12 needs add, delete, add
                table_socket.share().has_updates = column == "nft"
                rows = {
                    f"IPv{v} {row}": cost for v in (4, 6) for row, cost in measure_backend(kernel, v).items()
                }
                rows.update(measure_rules(backend))
                known = best.setdefault(column, rows)
                best[column] = {row: min(cost, known[row]) for row, cost in rows.items()}
                kernel.close()
        backend.release()
    print(f"CPU, the minimum of {ROUNDS} rounds; {HELD} elements are restored and listed; against ipset")
    for row, base in best["ipset"].items():
        unit = "s " if row.endswith(WHOLE) else "us"
        cells = (
            f"{column} {best[column][row]:8.2f} {unit} ({best[column][row] / base:.2f})" for column in COLUMNS
        )
        print(f"{row:19} {'  '.join(cells)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
