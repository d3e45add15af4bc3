"""Namespaces with real traffic, and real fail2ban-servers in them."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

with warnings.catch_warnings(), contextlib.suppress(ModuleNotFoundError):
    # fail2ban's own imports of what Python calls deprecated
    warnings.simplefilter("ignore")
    import fail2ban.server.filterpoll
    import fail2ban.server.jail  # noqa: F401

from demo.lab.fail2ban import Fail2ban
from demo.lab.namespace import SERVERS, Namespace, link_namespaces
from ideolab_f2b.actions.rule_hook import RULE_HOOK
from ideolab_f2b.actions.set_names import SET_NAMES
from ideolab_f2b.firewall.backend import BACKENDS, Backend, KernelSets
from ideolab_f2b.kernel.ipset.sets import Sets

PORT = 9999
#: linux/in.h, linux/in6.h: bind to an address that is only routed here
_FREEBIND = {socket.AF_INET: (socket.IPPROTO_IP, 15), socket.AF_INET6: (socket.IPPROTO_IPV6, 78)}


def bind_any(own: socket.socket, source: str, port: int = 0) -> None:
    own.setsockopt(*_FREEBIND[own.family], 1)
    own.bind((source, port))


class Probe:
    """Datagrams from any address of the client to the server: what the server's rules let through."""

    def __init__(self, server: Namespace, client: Namespace) -> None:
        self._client = client
        self._open = contextlib.ExitStack()
        self._receivers = {}
        for family, address in SERVERS.items():
            with server.enter():
                receiver = self._open.enter_context(socket.socket(family, socket.SOCK_DGRAM))
            receiver.bind((address, PORT))
            self._receivers[family] = receiver

    def close(self) -> None:
        self._open.close()

    def reaches(self, source: str, wait_s: float = 0.3, port: int = PORT) -> bool:
        """Whether a packet from this address arrives."""
        family = socket.AF_INET6 if ":" in source else socket.AF_INET
        token = uuid.uuid4().bytes
        with self._client.enter(), socket.socket(family, socket.SOCK_DGRAM) as sender:
            bind_any(sender, source)
            sender.sendto(token, (SERVERS[family], port))
        receiver, deadline = self._receivers[family], time.monotonic() + wait_s
        while time.monotonic() < deadline:
            receiver.settimeout(max(0.001, deadline - time.monotonic()))
            with contextlib.suppress(socket.timeout):
                if receiver.recv(64) == token:
                    return True
        return False

    @contextlib.contextmanager
    def streaming(self, source: str) -> Iterator[list[float]]:
        """Packets from this address each 2 ms meanwhile; the list grows by the time of each that arrives."""
        arrived: list[float] = []
        end = threading.Event()
        receiver = self._receivers[socket.AF_INET]
        token = uuid.uuid4().bytes
        with self._client.enter():
            sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        bind_any(sender, source)

        def send() -> None:
            while not end.wait(0.002):
                sender.sendto(token, (SERVERS[socket.AF_INET], PORT))

        def receive() -> None:
            receiver.settimeout(0.05)
            while not end.is_set():
                with contextlib.suppress(socket.timeout):
                    if receiver.recv(64) == token:
                        arrived.append(time.monotonic())

        threads = [threading.Thread(target=each) for each in (send, receive)]
        for thread in threads:
            thread.start()
        try:
            yield arrived
        finally:
            end.set()
            for thread in threads:
                thread.join()
            sender.close()


@pytest.fixture(scope="module")
def network() -> Iterator[tuple[Namespace, Namespace]]:
    """(server, client): every address of 198.51.100.0/24, 203.0.113.0/24, 2001:db8:c::/48 is the client's."""
    with link_namespaces("f2bban") as pair:
        yield pair


@pytest.fixture(autouse=True)
def nothing_wanted_outlives_its_test() -> Iterator[None]:
    """What an action has taken or wants of its process goes with the test, also where nobody stopped it."""
    before = dict(SET_NAMES._taken), dict(RULE_HOOK._wanted)
    yield
    SET_NAMES._taken, RULE_HOOK._wanted = before


@pytest.fixture(scope="module")
def probe(network: tuple[Namespace, Namespace]) -> Iterator[Probe]:
    made = Probe(*network)
    yield made
    made.close()


@pytest.fixture(scope="module")
def kernel(network: tuple[Namespace, Namespace]) -> Iterator[Sets]:
    """The sets of the server's namespace."""
    with network[0].enter():
        sets = Sets()
    yield sets
    sets.close()


@pytest.fixture
def lone() -> Iterator[Namespace]:
    """A namespace of this test alone, with the server's addresses and no traffic."""
    with link_namespaces(f"f2bban-{uuid.uuid4().hex[:4]}") as (server, _client):
        yield server
        with server.enter():
            BACKENDS["nft"].release()


@pytest.fixture
def lone_kernel(lone: Namespace) -> Iterator[Sets]:
    """The sets of the namespace `lone`."""
    with lone.enter():
        sets = Sets()
    yield sets
    sets.close()


@pytest.fixture(params=["ipset", "nft"])
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each backend: what is asserted holds for both."""
    return BACKENDS[request.param]


@pytest.fixture
def backend_kernel(lone: Namespace, backend: Backend) -> Iterator[KernelSets]:
    """The sets of the namespace `lone` in each backend."""
    with lone.enter():
        sets = backend.open()
    yield sets
    sets.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Fail2ban]]:
    """Starts servers of this test, and stops them after it."""
    made: list[Fail2ban] = []

    def start(namespace: Namespace, jails: str, **keywords: Any) -> Fail2ban:
        directory = tmp_path / str(len(made))
        directory.mkdir()
        made.append(Fail2ban(namespace, directory, jails, **keywords))
        return made[-1].start()

    yield start
    for server in made:
        server.stop()
