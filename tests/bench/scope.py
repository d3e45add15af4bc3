"""What scope=port costs a packet, against scope=all, as ratios of one run. Root; half a minute.

A client in a namespace sends datagrams to a server whose sets hold 10,000 bans.
"""

from __future__ import annotations

import contextlib
import socket
import statistics
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from demo.lab.namespace import SERVERS, Namespace, link_namespaces  # noqa: E402
from ideolab_f2b.firewall import port_rule, rule  # noqa: E402
from ideolab_f2b.firewall.names import LIST, PORT_LIST  # noqa: E402
from ideolab_f2b.firewall.port_rule import PortScope  # noqa: E402
from tests.actions.conftest import PORT  # noqa: E402
from tests.bench.packets import BANNED, CLEAN, fill_sets, send  # noqa: E402

PACKETS = 40_000
ROUNDS = 9
BANS = 10_000
#: jails, each with rules of its own
JAILS = 5


def place(server: Namespace, scope: str) -> None:
    """The sets and rules of five jails, the first with all bans; of any scope the rule for all ports."""
    jails = [f"jail{number}" for number in range(JAILS if scope != "none" else 0)]
    fill_sets(server, jails, BANS, PORT_LIST if scope == "port" else LIST)
    with server.enter():
        if scope != "none":
            rule.place(4)
        if scope == "port":
            port_rule.put(4, {name: PortScope(("udp",), (80, PORT)) for name in jails})


def main() -> int:
    """Print a row for each kind of sender."""
    times: dict[tuple[str, str], list[float]] = {}
    with contextlib.ExitStack() as stack:
        pairs = {
            scope: stack.enter_context(link_namespaces(f"f2bs-{scope}")) for scope in ("none", "all", "port")
        }
        for scope, (server, _client) in pairs.items():
            place(server, scope)
            with server.enter():
                receiver = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            receiver.bind((SERVERS[socket.AF_INET], PORT))
        for _round in range(ROUNDS):
            for scope, (_server, client) in pairs.items():
                for source in (CLEAN, BANNED):
                    times.setdefault((scope, source), []).append(
                        send(client, source, (SERVERS[socket.AF_INET], PORT), PACKETS)
                    )
    print("microseconds of CPU for a packet (median, and against no rule)")
    for source, what in ((CLEAN, "not banned"), (BANNED, "banned")):
        base = statistics.median(times["none", source])
        cells = [f"{scope} {statistics.median(times[scope, source]):.2f}" for scope in pairs]
        ratios = [f"{statistics.median(times[scope, source]) / base:.2f}" for scope in ("all", "port")]
        print(f"{what:10}  {'  '.join(cells)}  ratios all, port: {', '.join(ratios)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
