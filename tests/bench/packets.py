"""What the benches of rules share: sets with bans, and the CPU that a packet costs who sends it.

A packet between two namespaces is handled by its sender, the rules of the other side included.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterable
from ipaddress import ip_network

from demo.lab.namespace import Namespace
from ideolab_f2b.firewall.jail_sets import JailSets
from ideolab_f2b.kernel.ipset.sets import Sets
from tests.actions.conftest import bind_any

CLEAN, BANNED = "198.51.100.7", "203.0.113.7"


def fill_sets(server: Namespace, jails: Iterable[str], bans: int, list_name: str) -> None:
    """Make the sets of jails; the first gets all bans, and the banned address."""
    with server.enter(), contextlib.closing(Sets()) as kernel:
        for number, name in enumerate(jails):
            sets = JailSets(kernel, name, 131072, list_name)
            sets.place()
            if number == 0:
                first = int(ip_network("10.0.0.0").network_address)
                networks = [ip_network(first + each) for each in range(bans)]
                sets.add_many([(each, 0) for each in (*networks, ip_network(BANNED))])


def send(client: Namespace, source: str, target: tuple[str, int], packets: int) -> float:
    """Microseconds of CPU for a packet."""
    with client.enter(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        bind_any(sender, source)
        sender.connect(target)
        before = time.thread_time()
        for _packet in range(packets):
            # nobody may listen any more
            with contextlib.suppress(ConnectionError):
                sender.send(b"x")
        return (time.thread_time() - before) / packets * 1e6
