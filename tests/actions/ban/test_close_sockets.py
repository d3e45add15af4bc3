"""A ban throws out who is connected: real TCP connections, a real fail2ban-server."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from typing import Callable

import pytest

from demo.lab.fail2ban import Fail2ban
from demo.lab.namespace import SERVERS, Namespace
from demo.lab.wait import wait_until
from ideolab_f2b.kernel.sockets import sock_diag
from ideolab_f2b.kernel.sockets.row import ESTABLISHED, STATE
from tests.actions.conftest import bind_any
from tests.lab.lines import suspect, write_lines

pytestmark = pytest.mark.root
Start = Callable[..., Fail2ban]
Network = tuple[Namespace, Namespace]
CONNMON = "[ideolab-connmon]\nenabled = true\n"


@contextlib.contextmanager
def connected(network: Network, port: int, *sources: str) -> Iterator[list[socket.socket]]:
    """Accepted connections to the server, one from each source."""
    server, client = network
    with contextlib.ExitStack() as stack:
        with server.enter():
            listeners = {family: stack.enter_context(socket.socket(family)) for family in SERVERS}
        for family, listener in listeners.items():
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((SERVERS[family], port))
            listener.listen(64)
        ends = []
        for source in sources:
            family = socket.AF_INET6 if ":" in source else socket.AF_INET
            with client.enter():
                own = stack.enter_context(socket.socket(family))
            bind_any(own, source)
            own.settimeout(5)
            own.connect((SERVERS[family], port))
            stack.enter_context(listeners[family].accept()[0])
            ends.append(own)
        yield ends


def established(network: Network, port: int) -> int:
    with network[0].enter():
        return sum(row[STATE] == ESTABLISHED for row in sock_diag.rows(port))


@pytest.mark.alone
def test_ban_ends_the_peers_connections(network: Network, start: Start) -> None:
    """Within a second of the ban no socket of the peer is left; others, and other ports, are untouched."""
    server = start(network[0], CONNMON)
    with connected(network, 443, *["198.51.100.1"] * 30, "198.51.100.2", "2001:db8:c::2") as ends:
        with connected(network, 8080, "198.51.100.1"):
            write_lines(server.connmon_log, suspect("198.51.100.1"))
            wait_until(lambda: server.read_stats("ideolab-connmon")["bans"] == 1, server.tail, every_s=0.01)
            banned = time.monotonic()
            wait_until(
                lambda: established(network, 443) == 2, "connections stay", timeout_s=1.0, every_s=0.01
            )
            assert time.monotonic() - banned < 1.0
            assert established(network, 8080) == 1
        with pytest.raises(ConnectionResetError):
            ends[0].recv(1)
        ends[30].settimeout(0.05)
        with pytest.raises(socket.timeout):
            ends[30].recv(1)
    assert server.read_stats("ideolab-connmon")["closer"] == {
        "destroyed": 30, "dropped": 0, "failed": 0, "last_error": "", "namespaces": 0, "waiting": 0
    }  # fmt: skip
    server.ask("unban", "--all")


@pytest.mark.alone
def test_ban_of_a_network_ends_all_its_connections(network: Network, start: Start) -> None:
    """A banned prefix loses the connections of all its addresses, IPv6 as well."""
    server = start(network[0], CONNMON)
    sources = [f"198.51.100.{host}" for host in range(16, 24)] + ["2001:db8:c:5::1", "2001:db8:c:5::2"]
    with connected(network, 443, *sources, "198.51.100.30"):
        server.ask("set", "ideolab-connmon", "banip", "198.51.100.16/29", "2001:db8:c:5::/64")

        wait_until(lambda: established(network, 443) == 1, "connections stay", timeout_s=1.0, every_s=0.01)
    server.ask("unban", "--all")


def test_connections_can_be_left_open(network: Network, start: Start) -> None:
    """With kill=no the packets are dropped and the sockets stay."""
    server = start(network[0], CONNMON + "action = ideolab-ban.py[set=ideolab_connmon, kill=no]\n")
    with connected(network, 443, "198.51.100.3"):
        server.ask("set", "ideolab-connmon", "banip", "198.51.100.3")
        time.sleep(0.2)

        assert established(network, 443) == 1
    server.ask("unban", "--all")


@pytest.mark.alone
def test_other_ports_by_option(network: Network, start: Start) -> None:
    """The option ports names where connections are closed, numbers and names alike."""
    server = start(network[0], CONNMON + 'action = ideolab-ban.py[ports="8443,http-alt"]\n')
    with connected(network, 8443, "198.51.100.4"), connected(network, 8080, "198.51.100.4"):
        server.ask("set", "ideolab-connmon", "banip", "198.51.100.4")

        wait_until(
            lambda: not established(network, 8443) + established(network, 8080),
            "connections stay",
            timeout_s=1.0,
            every_s=0.01,
        )
    server.ask("unban", "--all")


def test_a_connection_to_the_ssh_port_is_no_login(network: Network, start: Start) -> None:
    """Whoever is connected there, with whatever serves it, is banned like anybody."""
    server = start(network[0], CONNMON)
    with connected(network, 22, "198.51.100.5", "2001:db8:c::5"):
        server.ask("set", "ideolab-connmon", "banip", "198.51.100.5", "2001:db8:c::/64")

    assert server.find_banned("ideolab-connmon") == ["198.51.100.5", "2001:db8:c::/64"]
    server.ask("unban", "--all")
