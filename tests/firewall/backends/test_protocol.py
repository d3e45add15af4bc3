"""What both backends do alike, proved by packets between two namespaces."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from ipaddress import ip_network
from typing import NamedTuple

import pytest

from demo.lab.namespace import SERVERS, Namespace
from ideolab_f2b.firewall import orphans
from ideolab_f2b.firewall.backend import BACKENDS, Backend, KernelSets
from ideolab_f2b.firewall.chains import HOOKS
from ideolab_f2b.firewall.jail_sets import JailSets
from ideolab_f2b.firewall.names import LISTS, PORT_LIST
from ideolab_f2b.firewall.port_rule import PortScope
from ideolab_f2b.kernel.ipset.error import SetMissingError
from ideolab_f2b.kernel.nft import table_socket
from tests.actions.conftest import PORT, Probe, bind_any
from tests.lab.guest import ADDRESSES, join_guest, publish

pytestmark = pytest.mark.root
HOST, OTHER, NET = "198.51.100.7", "198.51.100.8", "203.0.113.0/24"
HOST6, OTHER6 = "2001:db8:c::7", "2001:db8:c:1::7"


class Firewall(NamedTuple):
    """A backend in the server's namespace, with the sets of one jail."""

    backend: Backend
    kernel: KernelSets
    sets: JailSets
    server: Namespace


@pytest.fixture(params=sorted(BACKENDS))
def firewall(network: tuple[Namespace, Namespace], request: pytest.FixtureRequest) -> Iterator[Firewall]:
    """The sets of a jail that are placed, and no rule."""
    server, backend = network[0], BACKENDS[request.param]
    with server.enter():
        kernel = backend.open()
        sets = JailSets(kernel, "jail", 1000)
        sets.place()
    yield Firewall(backend, kernel, sets, server)
    with server.enter():
        for version in (4, 6):
            backend.remove_all(version)
            backend.drop_ports(version)
        orphans.lift_all(kernel)
        for name in LISTS:
            with contextlib.suppress(SetMissingError):
                kernel.destroy(name)
        assert not backend.is_in_kernel()
        kernel.close()
        table_socket.release()


def place(firewall: Firewall, hook: str = "prerouting") -> None:
    with firewall.server.enter():
        for version in (4, 6):
            assert firewall.backend.place(version, hook) is None


@pytest.mark.parametrize("hook", HOOKS)
def test_who_is_banned_is_dropped(firewall: Firewall, probe: Probe, hook: str) -> None:
    """Addresses and networks of both families, as long as they are in; nobody else. Drops are counted."""
    place(firewall, hook)
    assert probe.reaches(HOST, 5)
    firewall.sets.add_many(
        [(ip_network(HOST), 60), (ip_network(NET), 0), (ip_network("2001:db8:c::/64"), 60)]
    )

    assert not any(map(probe.reaches, (HOST, "203.0.113.200", HOST6)))
    assert all(probe.reaches(address, 5) for address in (OTHER, OTHER6))
    with firewall.server.enter():
        drops = {version: firewall.backend.count_drops(version, hook) for version in (4, 6)}
    assert (sum(drops[4].values()), sum(drops[6].values())) == (2, 1)
    firewall.sets.delete(ip_network(HOST))
    assert probe.reaches(HOST, 5)
    firewall.sets.flush()
    assert probe.reaches(HOST6, 5)


def test_look(firewall: Firewall) -> None:
    """The rule is seen where it is, and its trace changes when it goes."""
    backend = firewall.backend
    with firewall.server.enter():
        assert [one.copies for one in backend.look(4).positions] == [0]
        for version in (4, 6):
            backend.put_first(version, backend.look(version).positions[0])
        (found,) = backend.look(4).positions
        assert (found.copies, found.is_effective, found.is_first, found.drops) == (1, True, True, 0)
        trace = backend.read_trace(4)
        assert trace
        firewall.sets.add(ip_network(HOST), 60)
        assert backend.read_trace(4) == trace
        backend.remove_all(4)
        assert backend.read_trace(4) != trace
        assert [one.copies for one in backend.look(4).positions] == [0]
        assert [one.copies for one in backend.look(6).positions] == [1]
        assert backend.is_in_kernel()
        assert backend.find_problem() == ""
        assert "4" in backend.describe(4) or backend.describe(4) == "iptables"


def test_loopback_is_spared(firewall: Firewall) -> None:
    """What this host sends itself is never looked at."""
    place(firewall)
    firewall.sets.add(ip_network("127.0.0.1"), 0)
    with firewall.server.enter(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.bind(("127.0.0.1", 0))
        own.settimeout(5)
        own.sendto(b"x", own.getsockname())
        assert own.recv(1) == b"x"


def test_ports(firewall: Firewall, probe: Probe) -> None:
    """A jail with scope=port drops its ports alone; a jail for all ports is of no account for it."""
    sets = JailSets(firewall.kernel, "web", 1000, PORT_LIST)
    sets.place()
    sets.add_many([(ip_network(HOST), 60), (ip_network(HOST6), 60), (ip_network(NET), 0)])
    place(firewall)
    scope = PortScope(("tcp", "udp"), (80, range(PORT - 1, PORT + 1)))
    with firewall.server.enter():
        assert [firewall.backend.put_ports(version, {"web": scope}) for version in (4, 6)] == [1, 1]
        assert [firewall.backend.put_ports(version, {"web": scope}) for version in (4, 6)] == [0, 0]

    assert not any(map(probe.reaches, (HOST, HOST6, "203.0.113.9")))
    assert probe.reaches(OTHER, 5)
    with firewall.server.enter():
        for version in (4, 6):
            assert firewall.backend.put_ports(version, {"web": PortScope(("udp",), (PORT - 1,))}) == 1
    assert all(probe.reaches(address, 5) for address in (HOST, HOST6, "203.0.113.9"))
    with firewall.server.enter():
        assert firewall.backend.put_ports(4, {"web": PortScope(("all",), ())}) == 1
    assert not probe.reaches(HOST)
    with firewall.server.enter():
        firewall.backend.drop_ports(4, ["web"])
    assert probe.reaches(HOST, 5)


def test_larger_set_meanwhile(firewall: Firewall, probe: Probe) -> None:
    """Another maxelem lets no packet of a banned address in."""
    place(firewall)
    firewall.sets.add_many([(ip_network(f"10.{n >> 8}.{n & 255}.1"), 60) for n in range(900)])
    firewall.sets.add(ip_network(HOST), 60)
    with probe.streaming(HOST) as arrived:
        for maxelem in range(2000, 2010):
            JailSets(firewall.kernel, "jail", maxelem).place()
    assert arrived == []
    assert firewall.kernel.header("jail").maxelem == 2009


def test_hook_changes_without_a_gap(firewall: Firewall, probe: Probe) -> None:
    """The right chains are there before the others go, whatever way it is changed."""
    place(firewall)
    firewall.sets.add(ip_network(HOST), 60)
    with probe.streaming(HOST) as arrived:
        for hook in ("input", "prerouting", "input"):
            place(firewall, hook)
            with firewall.server.enter():
                for old in list(firewall.backend.find_old(4, hook)):
                    firewall.backend.remove_old(old)
                assert all(one.is_effective for one in firewall.backend.look(4, hook).positions)
    assert arrived == []


@pytest.mark.parametrize("hook", HOOKS)
def test_guests(firewall: Firewall, network: tuple[Namespace, Namespace], hook: str) -> None:
    """A published port of a container is dropped as the client asked for it, for all ports and for one."""
    server, client = network
    firewall.sets.add(ip_network(HOST), 60)
    web = JailSets(firewall.kernel, "web", 1000, PORT_LIST)
    web.place()
    web.add(ip_network(OTHER), 60)
    server.run("iptables", "-N", "DOCKER-USER")
    server.run("iptables", "-A", "FORWARD", "-j", "DOCKER-USER")
    with join_guest(server) as guest:
        for outside in (8443, 8444):
            publish(server, outside, 443, "udp")
        place(firewall, hook)
        with server.enter():
            firewall.backend.put_ports(4, {"web": PortScope(("udp",), (8443,))}, hook)
        with guest.enter():
            receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with contextlib.closing(receiver):
            receiver.bind((ADDRESSES[socket.AF_INET], 443))

            def arrives(source: str, port: int, wait_s: float = 0.3) -> bool:
                with client.enter(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                    bind_any(sender, source)
                    sender.sendto(f"{source} {port}".encode(), (SERVERS[socket.AF_INET], port))
                deadline = time.monotonic() + wait_s
                while time.monotonic() < deadline:
                    receiver.settimeout(max(0.001, deadline - time.monotonic()))
                    with contextlib.suppress(socket.timeout):
                        if receiver.recv(64) == f"{source} {port}".encode():
                            return True
                return False

            assert arrives("198.51.100.9", 8443, 5)
            assert not arrives(HOST, 8443)
            assert not arrives(OTHER, 8443)
            assert arrives(OTHER, 8444, 5)
    for table in ("nat", "filter"):
        server.run("iptables", "-t", table, "-F")
    server.run("iptables", "-X", "DOCKER-USER")
