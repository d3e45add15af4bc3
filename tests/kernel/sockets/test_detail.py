"""sock_detail: how a peer set up TCP, from recorded dumps and from real connections with other settings."""

from __future__ import annotations

import functools
import ipaddress
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ideolab_f2b.kernel.sockets import detail
from ideolab_f2b.kernel.sockets.detail import ECN, SACK, TIMESTAMPS, WINDOW_SCALE, Detail
from ideolab_f2b.kernel.sockets.dump import Parser
from ideolab_f2b.kernel.sockets.tcp_info import layout
from tests.kernel.scene import Scene, scene

RECORDED = Path(__file__).with_name("recorded")
ALL = TIMESTAMPS | SACK | WINDOW_SCALE


@pytest.fixture
def stage() -> Iterator[Scene]:
    with scene() as made:
        yield made


def seen(stage: Scene, *networks: str) -> list[Detail]:
    with stage.server.enter():
        return sorted(detail.details(443, [ipaddress.ip_network(name) for name in networks]))


def packed(address: str) -> bytes:
    return ipaddress.ip_address(address).packed


@pytest.mark.parametrize("name", ["privileged", "unprivileged"])
def test_recorded_dump(name: str) -> None:
    """The same for root and nobody; a tiny window halves segments, SYN-RECV tells nothing."""
    form = functools.partial(layout, fields=detail._FIELDS)
    records = Parser(form, "recorded").records(memoryview((RECORDED / f"{name}.dump").read_bytes()))

    assert [(mss, options & 0xF, scales & 0xF) for _family, _peer, options, scales, mss in records] == [
        (1448, 7, 10), (1448, 7, 10), (1428, 7, 10), (1428, 7, 10), (1448, 7, 10), (1448, 7, 10),
        (730, 7, 0), (0, 0, 0), (0, 0, 0),
    ]  # fmt: skip


def test_nobody_is_asked_about() -> None:
    """No network, no dump."""
    assert list(detail.details(443, [])) == []


@pytest.mark.root
def test_a_client_with_the_usual_options(stage: Scene) -> None:
    """The whole segment size of Ethernet, whatever the timestamps take of it; other peers are left out."""
    listener = stage.listen("192.0.2.1")
    stage.pair(listener, "198.51.100.1")
    stage.pair(listener, "198.51.100.2")

    (found,) = seen(stage, "198.51.100.1")

    assert (found.peer, found.mss, found.options & ALL) == (packed("198.51.100.1"), 1460, ALL)
    assert 0 < found.window_scale < 15


@pytest.mark.root
def test_clients_that_differ(stage: Scene) -> None:
    """Without timestamps, without window scaling, with a small segment: three systems, one dump."""
    listener = stage.listen("::")
    for setting, source in (("tcp_timestamps", "198.51.100.3"), ("tcp_window_scaling", "198.51.100.4")):
        stage.client.run("sysctl", "-qw", f"net.ipv4.{setting}=0")
        stage.pair(listener, source)
        stage.client.run("sysctl", "-qw", f"net.ipv4.{setting}=1")
    small = stage.client_socket("2001:db8:c::5")
    small.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1000)
    small.connect(("2001:db8:0:1::1", 443))
    stage.accept(listener)

    first, second, third = seen(stage, "198.51.100.0/24", "2001:db8:c::/64")

    assert (first.peer, first.mss, first.options & TIMESTAMPS) == (packed("2001:db8:c::5"), 1000, TIMESTAMPS)
    assert (second.peer, second.mss, second.options & TIMESTAMPS) == (packed("198.51.100.3"), 1460, 0)
    assert (third.peer, third.window_scale, third.options & WINDOW_SCALE) == (packed("198.51.100.4"), 0, 0)


@pytest.mark.root
def test_ecn_is_told(stage: Scene) -> None:
    """A client that asked for it, of a server that allows it."""
    stage.client.run("sysctl", "-qw", "net.ipv4.tcp_ecn=1")
    stage.pair(stage.listen("192.0.2.1"), "198.51.100.6")

    (found,) = seen(stage, "198.51.100.6")

    assert found.options & ECN
