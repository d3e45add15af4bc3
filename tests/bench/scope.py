"""What scope=port costs a packet, against scope=all, as ratios of one run. Root; half a minute.

A client in a namespace sends datagrams to a server whose sets hold 10,000 bans; its CPU includes the server's
rules, since a packet between two namespaces is handled by who sends it.
"""

from __future__ import annotations

import contextlib
import socket
import statistics
import sys
import time
from ipaddress import ip_network
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from demo.lab.namespace import SERVERS, Namespace, link_namespaces  # noqa: E402
from ideolab_f2b.firewall import port_rule, rule  # noqa: E402
from ideolab_f2b.firewall.jail_sets import JailSets  # noqa: E402
from ideolab_f2b.firewall.names import LIST, PORT_LIST  # noqa: E402
from ideolab_f2b.firewall.port_rule import PortScope  # noqa: E402
from ideolab_f2b.kernel.ipset.sets import Sets  # noqa: E402
from tests.actions.conftest import PORT, bind_any  # noqa: E402

PACKETS = 40_000
ROUNDS = 9
BANS = 10_000
#: jails, each with rules of its own
JAILS = 5
CLEAN, BANNED = "198.51.100.7", "203.0.113.7"


def place(server: Namespace, scope: str) -> None:
    """The sets and rules of five jails, the first with all bans; of any scope the rule for all ports."""
    with server.enter():
        kernel = Sets()
        for number in range(JAILS if scope != "none" else 0):
            sets = JailSets(kernel, f"jail{number}", 131072, PORT_LIST if scope == "port" else LIST)
            sets.place()
            if number == 0:
                first = int(ip_network("10.0.0.0").network_address)
                networks = [ip_network(first + each) for each in range(BANS)]
                sets.add_many([(each, 0) for each in (*networks, ip_network(BANNED))])
        if scope != "none":
            rule.place(4)
        if scope == "port":
            port_rule.put(4, {f"jail{number}": PortScope(("udp",), (80, PORT)) for number in range(JAILS)})


def send(client: Namespace, source: str) -> float:
    """Microseconds of CPU for a packet."""
    with client.enter(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        bind_any(sender, source)
        sender.connect((SERVERS[socket.AF_INET], PORT))
        before = time.process_time()
        for _packet in range(PACKETS):
            sender.send(b"x")
        return (time.process_time() - before) / PACKETS * 1e6


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
                    times.setdefault((scope, source), []).append(send(client, source))
    print("microseconds of CPU for a packet (median, and against no rule)")
    for source, what in ((CLEAN, "not banned"), (BANNED, "banned")):
        base = statistics.median(times["none", source])
        cells = [f"{scope} {statistics.median(times[scope, source]):.2f}" for scope in pairs]
        ratios = [f"{statistics.median(times[scope, source]) / base:.2f}" for scope in ("all", "port")]
        print(f"{what:10}  {'  '.join(cells)}  ratios all, port: {', '.join(ratios)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
