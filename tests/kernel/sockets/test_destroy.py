"""destroy: which sockets are closed, which stay, and what a kernel that refuses says."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Union

import pytest

from demo.lab.wait import wait_until
from ideolab_f2b.kernel.address import Network
from ideolab_f2b.kernel.netlink import Channel, KernelError, PermissionDeniedError
from ideolab_f2b.kernel.sockets import destroy as sock_destroy
from ideolab_f2b.kernel.sockets import sock_diag
from ideolab_f2b.kernel.sockets.destroy import DestroyError, DestroyUnsupportedError
from ideolab_f2b.kernel.sockets.inet_diag import DumpError
from ideolab_f2b.kernel.sockets.row import STATE
from tests.kernel.scene import Scene, as_nobody, scene

Address = Union[IPv4Address, IPv6Address]
Pair = tuple[socket.socket, socket.socket]


def networks(*texts: str) -> list[Network]:
    return [ip_network(text) for text in texts]


@pytest.fixture
def stage() -> Iterator[Scene]:
    """Two namespaces and what can be played in them."""
    with scene() as made:
        yield made


def connected(stage: Scene, *sources: str, port: int = 443) -> dict[str, Pair]:
    """One accepted connection per source address, both ends, over a dual-stack listener."""
    listener = stage.listen("::", port)
    return {source: stage.pair(listener, source, port) for source in sources}


def destroy(stage: Scene, *texts: str, ports: tuple[Union[int, range], ...] = (443,)) -> int:
    with stage.server.enter():
        return sock_destroy.destroy(networks(*texts), ports)


def fate(client: socket.socket, accepted: socket.socket) -> str:
    """Whether a byte still gets from the server to the client, or what both ends got instead."""
    try:
        accepted.sendall(b"!")
        return f"the client reads {client.recv(1)!r}"
    except ConnectionAbortedError:
        with pytest.raises(ConnectionResetError):
            client.recv(1)
        return "aborted and reset"


def fates(pairs: dict[str, Pair]) -> dict[str, str]:
    return {source: fate(*pair) for source, pair in pairs.items()}


GONE, OPEN = "aborted and reset", "the client reads b'!'"


@pytest.mark.root
@pytest.mark.parametrize(
    ("wanted", "gone"),
    [
        (["198.51.100.1/32"], ["198.51.100.1"]),
        (["198.51.100.0/24"], ["198.51.100.1", "198.51.100.129"]),
        (["::ffff:198.51.100.0/120"], ["198.51.100.1", "198.51.100.129"]),
        (["198.51.100.128/25"], ["198.51.100.129"]),
        (["2001:db8:c::1/128"], ["2001:db8:c::1"]),
        (["2001:db8:c::/64"], ["2001:db8:c::1"]),
        (["198.51.100.129/32", "203.0.113.0/24", "2001:db8:c:1::/64", "192.0.2.0/28"],
         ["198.51.100.129", "203.0.113.1", "2001:db8:c:1::1"]),
        (["2001:db8:ffff::/64", "203.0.113.2/32"], []),
    ],
)  # fmt: skip
def test_peers_of_the_networks(stage: Scene, wanted: list[str], gone: list[str]) -> None:
    """The peers in the networks are reset, our ends are aborted, every other connection lives."""
    sources = ["198.51.100.1", "198.51.100.129", "203.0.113.1", "2001:db8:c::1", "2001:db8:c:1::1"]
    pairs = connected(stage, *sources)

    assert destroy(stage, *wanted) == len(gone)
    assert fates(pairs) == {source: GONE if source in gone else OPEN for source in sources}
    assert destroy(stage, *wanted) == 0


@pytest.mark.root
def test_plain_listener(stage: Scene) -> None:
    """Peers of an AF_INET listener are closed as those of a dual-stack one are."""
    listener = stage.listen("192.0.2.1")
    pairs = {source: stage.pair(listener, source) for source in ("198.51.100.1", "198.51.100.2")}

    assert destroy(stage, "198.51.100.1/32", "203.0.113.1/32") == 1
    assert fates(pairs) == {"198.51.100.1": GONE, "198.51.100.2": OPEN}


@pytest.mark.root
def test_ports(stage: Scene) -> None:
    """Only the asked local ports are touched, the listeners on them never."""
    pairs = {port: connected(stage, "198.51.100.1", port=port) for port in (443, 8443, 22)}

    assert destroy(stage, "198.51.100.1/32", ports=(443, 8443)) == 2
    assert [fates(pairs[port])["198.51.100.1"] for port in (443, 8443, 22)] == [GONE, GONE, OPEN]
    assert stage.server.run("ss", "-Htnl").count("LISTEN") == 3
    assert stage.connect("198.51.100.1").getpeername()[1] == 443


@pytest.mark.root
def test_range_of_ports(stage: Scene) -> None:
    """The sockets on a port in it, whatever their number; a socket beside it stays."""
    one = connected(stage, "198.51.100.1", port=6000)
    two = connected(stage, "198.51.100.1", "2001:db8:c::1", port=6010)
    other = connected(stage, "198.51.100.1", port=6011)

    assert destroy(stage, "198.51.100.0/24", "2001:db8:c::/64", ports=(range(6000, 6011),)) == 3
    assert {fate(*pair) for pairs in (one, two) for pair in pairs.values()} == {GONE}
    assert fates(other) == {"198.51.100.1": OPEN}
    assert destroy(stage, "198.51.100.0/24", ports=(range(65536),)) == 1


@pytest.mark.root
def test_every_state(stage: Scene) -> None:
    """Half-open, waiting, half-closed and stuck connections go too; nothing of the peer stays."""
    listener = stage.listen("::")
    _stuck, accepted = stage.pair(listener, "198.51.100.1", window=2304)
    stage.fill(accepted)
    half_closed, _accepted = stage.pair(listener, "198.51.100.2")
    half_closed.shutdown(socket.SHUT_WR)
    _left, accepted = stage.pair(listener, "198.51.100.3", window=2304)
    stage.fill(accepted)
    accepted.close()
    stage.connect("198.51.100.4")
    stage.half_open("198.51.100.5")
    wait_until(lambda: len(_states(stage)) == 5, lambda: f"not all five states: {_states(stage)}")
    assert sorted(_states(stage)) == [1, 1, 3, 4, 8]

    assert destroy(stage, "198.51.100.0/24") == 5
    assert _states(stage) == []


def _states(stage: Scene) -> list[int]:
    with stage.server.enter():
        return [row[STATE] for row in sock_diag.rows(443)]


@pytest.mark.root
def test_many_connections(stage: Scene) -> None:
    """More sockets than one batch holds, of one network and of many, in one call each."""
    listener = stage.listen("::")
    for number in range(300):
        stage.pair(listener, f"198.51.100.{1 + number % 100}")

    assert destroy(stage, *(f"198.51.100.{host}/32" for host in range(1, 51))) == 150
    assert destroy(stage, "198.51.100.0/24") == 150


@pytest.mark.root
def test_without_privilege(stage: Scene) -> None:
    """A process without privilege closes nothing and says what it lacks; without victims it is no error."""
    pairs = connected(stage, "198.51.100.1")
    with stage.server.enter():
        told = as_nobody(lambda: sock_destroy.destroy(networks("198.51.100.0/24"), [443]))
        idle = as_nobody(lambda: sock_destroy.destroy(networks("203.0.113.0/24"), [443]))

    assert told == (
        "PermissionDeniedError: closing the sockets of 1 networks: Operation not permitted; "
        "run as root or with CAP_NET_ADMIN"
    )
    assert idle == "0"
    assert fates(pairs) == {"198.51.100.1": OPEN}


@pytest.mark.root
def test_probe(stage: Scene) -> None:
    """The probe tells root and an unprivileged process apart and harms no connection."""
    pairs = connected(stage, "198.51.100.1")
    with stage.server.enter():
        sock_destroy.probe_destroy()
        assert as_nobody(sock_destroy.probe_destroy) == (
            "PermissionDeniedError: closing a socket of our own: Operation not permitted; "
            "run as root or with CAP_NET_ADMIN"
        )
    assert fates(pairs) == {"198.51.100.1": OPEN}


@pytest.mark.root
def test_probe_without_loopback(stage: Scene) -> None:
    """A namespace without 127.0.0.1 cannot be probed, and that is a named error."""
    stage.server.run("ip", "addr", "flush", "dev", "lo")
    with stage.server.enter(), pytest.raises(DestroyError) as raised:
        sock_destroy.probe_destroy()
    assert str(raised.value).startswith("closing a socket of our own: ")


@pytest.mark.root
def test_kernel_without_inet_diag_destroy(stage: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """EOPNOTSUPP is an error of its own, which says that the ban works all the same."""
    connected(stage, "198.51.100.1")
    monkeypatch.setattr(Channel, "refusals", lambda *_request: [errno.EOPNOTSUPP])
    with pytest.raises(DestroyUnsupportedError) as raised:
        destroy(stage, "198.51.100.1/32")

    assert str(raised.value) == (
        "closing the sockets of 1 networks: Operation not supported; "
        "bans hold all the same, and open connections end by their timeouts; "
        "CONFIG_INET_DIAG_DESTROY=y would end them at once"
    )
    with stage.server.enter(), pytest.raises(DestroyUnsupportedError):
        sock_destroy.probe_destroy()


@pytest.mark.root
@pytest.mark.parametrize(
    ("codes", "closed"), [([errno.ENOENT], 1), ([errno.ENOENT, errno.ESTALE], 0)]
)  # fmt: skip
def test_gone_meanwhile(stage: Scene, monkeypatch: pytest.MonkeyPatch, codes: list[int], closed: int) -> None:
    """A socket that ended between the walk and the request is not counted and no error."""
    connected(stage, "198.51.100.1", "198.51.100.2")
    monkeypatch.setattr(Channel, "refusals", lambda *_request: codes)
    assert destroy(stage, "198.51.100.0/24") == closed


@pytest.mark.root
def test_silent_kernel(stage: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that does not answer is a named error."""
    connected(stage, "198.51.100.1")

    def silent(*_request: object) -> list[int]:
        raise TimeoutError("timed out")

    monkeypatch.setattr(Channel, "refusals", silent)
    with pytest.raises(DestroyError) as raised:
        destroy(stage, "198.51.100.1/32")
    assert str(raised.value) == (
        "closing the sockets of 1 networks: Connection timed out; "
        "bans hold all the same, and open connections end by their timeouts"
    )


@pytest.mark.root
def test_other_refusal(stage: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """An errno that nobody expects is an error too, never a count."""
    connected(stage, "198.51.100.1")
    monkeypatch.setattr(Channel, "refusals", lambda *_request: [errno.EINVAL])
    with pytest.raises(DestroyError, match="closing the sockets of 1 networks: Invalid argument; bans hold"):
        destroy(stage, "198.51.100.1/32")


def test_no_network() -> None:
    """Nothing to close: nothing is asked."""
    assert sock_destroy.destroy([], [443]) == 0


def test_garbled_socket() -> None:
    """A socket without an identity is an error, not a request for another one's end."""
    with pytest.raises(DumpError):
        sock_destroy._layout(memoryview(bytes(40)))


def test_errors_are_kernel_errors() -> None:
    """fail2ban's action catches one class."""
    assert issubclass(DestroyUnsupportedError, DestroyError)
    assert issubclass(DestroyError, KernelError)
    assert issubclass(PermissionDeniedError, KernelError)
