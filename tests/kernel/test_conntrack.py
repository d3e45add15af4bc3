"""Flows of connection tracking: what is read of messages and lines, and what a real table tells."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from demo.lab.namespace import SERVERS, Namespace, link_namespaces
from ideolab_f2b.kernel import conntrack
from ideolab_f2b.kernel.conntrack import Flow, Flows, find_flows, parse, parse_line
from ideolab_f2b.kernel.netlink import Channel, PermissionDeniedError, attribute, nest
from tests.kernel.scene import as_nobody

LINE = (
    "ipv4     2 tcp      6 431999 ESTABLISHED src=198.51.100.7 dst=192.0.2.1 sport=40000 dport=443 "
    "src=10.77.0.2 dst=198.51.100.7 sport=8443 dport=40000 [ASSURED] mark=0 zone=0 use=2\n"
)
FLOW = Flow(ip_address("198.51.100.7"), ip_address("192.0.2.1"), 443, ip_address("10.77.0.2"), 8443, 40000)


def tuple_of(source: str, destination: str, source_port: int, port: int, number: int = 6) -> bytes:
    """The attributes of one direction."""
    kinds = (1, 2) if "." in source else (3, 4)
    addresses = [attribute(k, ip_address(a).packed) for k, a in zip(kinds, (source, destination))]
    ports = [attribute(k, struct.pack(">H", p)) for k, p in ((2, source_port), (3, port))]
    return nest(1, *addresses) + nest(2, attribute(1, bytes((number,))), *ports)


def message(state: int = 3, number: int = 6) -> bytes:
    asked = tuple_of("198.51.100.7", "192.0.2.1", 40000, 443, number)
    answered = tuple_of("10.77.0.2", "198.51.100.7", 8443, 40000, number)
    state_of = nest(4, nest(1, attribute(1, bytes((state,)))))
    return b"\x02\0\0\0" + nest(1, asked) + nest(2, answered) + state_of


def test_a_message_and_a_line_tell_the_same() -> None:
    """The asked port is the host's, the other one the container's."""
    assert parse(message()) == FLOW
    assert parse_line(LINE) == FLOW


def test_only_established_flows_of_tcp_count() -> None:
    """Anybody can send a SYN with another's address."""
    assert parse(message(state=1)) is None
    assert parse(message(number=17)) is None
    assert parse_line(LINE.replace("ESTABLISHED", "SYN_SENT")) is None
    assert parse_line(LINE.replace(" tcp ", " udp ")) is None


@pytest.mark.parametrize(
    "line",
    [
        "",
        "\n",
        LINE[:90],
        LINE.replace("443", "x"),
        LINE.replace("10.77.0.2", "nowhere"),
        " tcp  ESTABLISHED ",
    ],
)
def test_a_garbled_line_is_no_flow(line: str) -> None:
    """Nor an error."""
    assert parse_line(line) is None


def test_a_garbled_message_is_no_flow() -> None:
    """A message may end anywhere."""
    whole = message()
    assert [parse(whole[:size]) for size in range(len(whole))] == [None] * len(whole)


@pytest.fixture(scope="module")
def network() -> Iterator[tuple[Namespace, Namespace]]:
    with link_namespaces("f2bflow") as pair:
        for program in ("iptables", "ip6tables"):
            # connection tracking begins with the first rule that asks for it
            words = "-A INPUT -m conntrack --ctstate INVALID -j DROP"
            pair[0].run(program, "-w", *words.split())
            redirect = "-t nat -A PREROUTING -p tcp --dport 8443 -j REDIRECT --to-ports 443"
            pair[0].run(program, "-w", *redirect.split())
        yield pair


@contextlib.contextmanager
def connect(network: tuple[Namespace, Namespace], ports: tuple[int, ...]) -> Iterator[list[int]]:
    """Connect the client to each of the ports, in both families; the server listens on 443 and 9000.

    Yields the client's own ports.
    """
    own = []
    with contextlib.ExitStack() as undo:
        for family, address in SERVERS.items():
            for port in (443, 9000):
                with network[0].enter():
                    listener = undo.enter_context(socket.socket(family))
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind((address, port))
                listener.listen()
            for port in ports:
                with network[1].enter():
                    client = undo.enter_context(socket.socket(family))
                client.settimeout(30)
                client.connect((address, port))
                own.append(client.getsockname()[1])
        yield own


@pytest.mark.root
def test_flows_of_a_port(network: tuple[Namespace, Namespace]) -> None:
    """Those that ask for it and those that are answered from it, in both families; no others.

    Each connection of a client is one.
    """
    asked = (443, 443, 8443, 9000)
    with connect(network, asked) as own, network[0].enter():
        assert conntrack.is_tracking()
        found = find_flows([443])

    servers = {"192.0.2.254": "192.0.2.1", "2001:db8:0:1::254": "2001:db8:0:1::1"}
    all_asked = [(client, server, port) for client, server in servers.items() for port in asked]
    expected = {
        Flow(ip_address(client), ip_address(server), port, ip_address(server), 443, source_port)
        for (client, server, port), source_port in zip(all_asked, own)
        if port != 9000
    }
    assert found == Flows(frozenset(expected), is_whole=True)


@pytest.mark.root
def test_the_kernel_chooses_the_flows(network: tuple[Namespace, Namespace]) -> None:
    """Where it can (since Linux 5.8): a table of a million flows is not copied for a few."""
    with connect(network, (443, 8443, 9000)), network[0].enter():
        asked, answered = conntrack.requests(socket.AF_INET, 443)
        sizes = []
        for request in (asked, answered, struct.pack("=BBH", socket.AF_INET, 0, 0)):
            with Channel(12) as channel:
                sizes.append(len({parse(one) for one in channel.dump(257, request)} - {None}))

    assert sizes == [1, 2, 3]


@pytest.mark.root
def test_a_long_table_is_read_in_part(network: tuple[Namespace, Namespace]) -> None:
    """By number and by time; then it says so."""
    with connect(network, (443, 8443)), network[0].enter():
        assert find_flows([443], limit=0).is_whole is False
        assert find_flows([443], patience_s=-1.0).is_whole is False


@pytest.mark.root
def test_without_privilege(network: tuple[Namespace, Namespace]) -> None:
    """Neither netlink nor /proc tells a user."""
    with network[0].enter():
        answer = as_nobody(lambda: find_flows([443]))
    assert answer == (
        "PermissionDeniedError: flows of connection tracking: Operation not permitted; "
        "run as root or with CAP_NET_ADMIN"
    )
    assert issubclass(PermissionDeniedError, OSError)


@pytest.mark.root
def test_a_namespace_whose_flows_are_not_tracked(network: tuple[Namespace, Namespace]) -> None:
    """No rule asks for it: an empty table says nothing of the flows."""
    with connect(network, (443,)), network[1].enter():
        assert not conntrack.is_tracking()
    assert not conntrack.is_tracking(Path("/nowhere"))


@pytest.mark.root
def test_a_kernel_whose_netlink_does_not_tell(
    network: tuple[Namespace, Namespace], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The file of /proc has the same, where the kernel has that file."""
    path = tmp_path / "nf_conntrack"
    path.write_text(LINE + LINE.replace("443", "9000") + "garbage\n")
    monkeypatch.setattr(conntrack, "PATH", path)
    # no such subsystem
    monkeypatch.setattr(conntrack, "_GET", 99 << 8)

    with network[0].enter():
        assert find_flows([443, 8443]) == Flows(frozenset({FLOW}), is_whole=True)
