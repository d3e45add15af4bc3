"""What the DROP rule costs a packet: before all routing (raw) and behind it, against no rule. Root; a minute.

The minimum of many short bursts, those of all variants by turns: other work on the machine only adds.
"""

from __future__ import annotations

import contextlib
import socket
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from demo.lab.namespace import SERVERS, Namespace, link_namespaces  # noqa: E402
from ideolab_f2b.firewall import rule  # noqa: E402
from ideolab_f2b.firewall.names import LIST  # noqa: E402
from ideolab_f2b.firewall.position import OLD_SPEC  # noqa: E402
from tests.actions.conftest import PORT  # noqa: E402
from tests.bench.packets import BANNED, CLEAN, fill_sets, send  # noqa: E402
from tests.lab.guest import ADDRESSES, join_guest, publish  # noqa: E402

BURST = 512
ROUNDS = 300
BANS = 10_000
JAILS = 3
GUEST_PORT = 9998
HOST, GUEST, LOOPBACK = (
    (SERVERS[socket.AF_INET], PORT),
    (SERVERS[socket.AF_INET], GUEST_PORT),
    ("127.0.0.1", PORT),
)
#: what was there before raw; today's two hooks
VARIANTS = ("none", "INPUT and DOCKER-USER", "hook=input", "hook=prerouting")
ROWS = {
    "not banned, host": (CLEAN, HOST), "not banned, guest": (CLEAN, GUEST),
    "banned, host": (BANNED, HOST), "banned, guest": (BANNED, GUEST),
    "loopback": ("127.0.0.1", LOOPBACK),
}  # fmt: skip


def place(server: Namespace, variant: str) -> None:
    """The sets and the rule of a variant."""
    fill_sets(server, [f"jail{number}" for number in range(JAILS)], BANS, LIST)
    server.run("iptables", "-N", "DOCKER-USER")
    server.run("iptables", "-A", "FORWARD", "-j", "DOCKER-USER")
    if variant.startswith("hook="):
        with server.enter():
            rule.place(4, variant.partition("=")[2])
    elif variant != "none":
        for chain in ("INPUT", "DOCKER-USER"):
            server.run("iptables", "-I", chain, "1", *OLD_SPEC.split())


def main() -> int:
    """Print a row for each kind of packet."""
    best: dict[tuple[str, str], float] = {}
    with contextlib.ExitStack() as stack:
        pairs = {}
        for number, variant in enumerate(VARIANTS):
            server, client = stack.enter_context(link_namespaces(f"f2br{number}"))
            guest = stack.enter_context(join_guest(server))
            place(server, variant)
            publish(server, GUEST_PORT, PORT, "udp")
            for namespace, address in ((server, ""), (guest, ADDRESSES[socket.AF_INET])):
                with namespace.enter():
                    receiver = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 0)
                receiver.bind((address, PORT))
            pairs[variant] = server, client
        for _round in range(ROUNDS):
            for variant, (server, client) in pairs.items():
                for row, (source, target) in ROWS.items():
                    cost = send(server if row == "loopback" else client, source, target, BURST)
                    best[variant, row] = min(cost, best.get((variant, row), cost))
    print(f"microseconds of CPU for a packet (minimum of {ROUNDS} bursts), and against INPUT and DOCKER-USER")
    for row in ROWS:
        base = best[VARIANTS[1], row]
        cells = [
            f"{variant} {best[variant, row]:.2f} ({best[variant, row] / base:.2f})" for variant in VARIANTS
        ]
        print(f"{row:17}  {'  '.join(cells)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
