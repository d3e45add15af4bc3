"""Ways of a packet beside the plain one: published ports of containers, QUIC."""

from __future__ import annotations

import socket

import pytest

from demo.lab.namespace import SERVERS
from demo.lab.wait import ENOUGH_S
from tests.actions.conftest import bind_any
from tests.geo.rule.conftest import INSIDE, OUTSIDE, REFUSED_S, World, make_list
from tests.lab.guest import ADDRESSES, join_guest, publish

pytestmark = pytest.mark.root
PUBLISHED, INNER = 8443, 9443


def test_published_port(world: World, backend: str) -> None:
    """The list is for the port that the client asked for, before the DNAT of a container's."""
    with join_guest(world.server) as guest:
        publish(world.server, PUBLISHED, INNER, "tcp")
        with guest.enter(), socket.socket() as listener:
            listener.bind((ADDRESSES[socket.AF_INET], INNER))
            listener.listen()
            assert world.gets_in(OUTSIDE[0], PUBLISHED, ENOUGH_S)
            with world.server.enter():
                world.firewall(backend, ports=(PUBLISHED,)).apply(make_list())
            assert not world.gets_in(OUTSIDE[0], PUBLISHED)
            assert world.gets_in(INSIDE[0], PUBLISHED, ENOUGH_S)


def test_quic(world: World, backend: str) -> None:
    """With `quic = yes` new flows of UDP are refused; one that was answered goes on, as others' ports do."""
    with world.server.enter():
        # conntrack is in use, as with any firewall
        world.server.run("iptables", "-A", "INPUT", "-m", "conntrack", "--ctstate", "INVALID", "-j", "DROP")
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with server:
        server.bind((SERVERS[socket.AF_INET], 443))
        with udp(world, OUTSIDE[0]) as before:
            assert is_answered(before, server)
            with world.server.enter():
                world.firewall(backend, quic=True).apply(make_list())
            assert is_answered(before, server)
        with udp(world, OUTSIDE[0]) as later, udp(world, INSIDE[0]) as inside:
            assert not is_answered(later, server, REFUSED_S)
            assert is_answered(inside, server)
        with world.server.enter():
            world.firewall(backend).apply(make_list())
        with udp(world, OUTSIDE[0]) as tcp_only:
            assert is_answered(tcp_only, server)


def udp(world: World, source: str) -> socket.socket:
    with world.client.enter():
        own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bind_any(own, source)
    own.connect((SERVERS[socket.AF_INET], 443))
    return own


def is_answered(client: socket.socket, server: socket.socket, wait_s: float = ENOUGH_S) -> bool:
    """Whether a datagram arrives; it is answered."""
    client.send(b"hello")
    server.settimeout(wait_s)
    client.settimeout(ENOUGH_S)
    try:
        _data, peer = server.recvfrom(64)
    except socket.timeout:
        return False
    server.sendto(b"welcome", peer)
    return client.recv(64) == b"welcome"
