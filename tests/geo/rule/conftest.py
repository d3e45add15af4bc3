"""Two namespaces with real connections, and a country list on each way to hold it."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from demo.lab.namespace import SERVERS, Namespace, link_namespaces
from demo.lab.wait import ENOUGH_S
from ideolab_f2b.config import GeoSettings, Settings
from ideolab_f2b.geo.country_list import CountryList, Prefixes
from ideolab_f2b.geo.rule.in_force import CountryFirewall
from ideolab_f2b.geo.rule.listed_names import NameAddresses
from ideolab_f2b.geo.rule.never_refused import ALWAYS, Exemption, Exemptions
from ideolab_f2b.geo.rule.state import StateFiles
from ideolab_f2b.kernel.address import Address
from tests.actions.conftest import bind_any

PORT, OTHER_PORT = 443, 8080
#: seconds that a connection is given which nobody is to answer
REFUSED_S = 0.4
ESTABLISHED = 1
#: of the list of most tests: what is in it, and what is not
INSIDE, OUTSIDE = ("198.51.100.7", "2001:db8:c:1::7"), ("198.51.100.200", "2001:db8:c:2::7")
LIST = ("198.51.100.0/25", "203.0.113.8/32", "2001:db8:c:1::/64")


def make_list(
    *networks: str, policy: str = "allow", built: float = 1000.0, countries: Sequence[str] = ("FR", "ES")
) -> CountryList:
    families: dict[int, list[tuple[int, int]]] = {4: [], 6: []}
    for network in map(ip_network, networks or LIST):
        families[network.version].append((int(network.network_address), network.prefixlen))
    prefixes = {version: Prefixes.make(version, sorted(found)) for version, found in families.items()}
    return CountryList(policy, tuple(countries), "a test", built, built, prefixes)


def exempt_always(_settings: Settings, _names: NameAddresses, peer: Address | None = None) -> Exemptions:
    """What no host and no file decides; the server's own network is left out, so that the client is asked."""
    found = [Exemption(one, "no country has it") for one in ALWAYS]
    found += [Exemption(one, "listed in `exempt` of [geo]") for one in _settings.geo.exempt]
    found += [Exemption(ip_network(peer), "logged in over SSH within the last day")] if peer else []
    return Exemptions(tuple(found), ())


class World:
    """A server with a country list, and a client that has every address."""

    def __init__(
        self, server: Namespace, client: Namespace, directory: Path, undo: contextlib.ExitStack
    ) -> None:
        self.server, self.client, self.directory, self._undo = server, client, directory, undo
        self._listeners = {
            (family, port): self._listen(family, port) for family in SERVERS for port in (PORT, OTHER_PORT)
        }

    def firewall(self, backend: str, **settings: object) -> CountryFirewall:
        geo = GeoSettings(backend=backend, **settings)  # type: ignore[arg-type]
        return CountryFirewall(Settings(geo=geo), StateFiles(self.directory), exempt_always, lambda: 2000.0)

    def start(self, source: str, port: int = PORT, to: str = "") -> socket.socket:
        """Send a SYN from this address, and do not wait."""
        family = socket.AF_INET6 if ":" in source else socket.AF_INET
        with self.client.enter():
            own = self._undo.enter_context(socket.socket(family))
        bind_any(own, source)
        own.setblocking(False)
        own.connect_ex((to or SERVERS[family], port))
        return own

    def gets_in(self, source: str, port: int = PORT, wait_s: float = REFUSED_S) -> bool:
        """Whether a connection from this address is answered."""
        own = self.start(source, port)
        select.select([], [own], [], wait_s)
        return is_established(own)

    def connect(self, source: str, port: int = PORT) -> tuple[socket.socket, socket.socket]:
        """(client, server): both ends of a connection."""
        own = self.start(source, port)
        select.select([], [own], [], ENOUGH_S)
        own.settimeout(ENOUGH_S)
        wanted = own.getsockname()[:2]
        listener = self._listeners[own.family, port]
        while True:
            accepted, peer = listener.accept()
            self._undo.enter_context(accepted).settimeout(ENOUGH_S)
            if peer[:2] == wanted:
                return own, accepted

    @contextlib.contextmanager
    def answering(self, address: str, port: int) -> Iterator[socket.socket]:
        """A server at an address of the client's."""
        with self.client.enter(), socket.socket() as listener:
            bind_any(listener, address, port)
            listener.listen()
            listener.settimeout(ENOUGH_S)
            yield listener

    def _listen(self, family: int, port: int) -> socket.socket:
        with self.server.enter():
            listener = self._undo.enter_context(socket.socket(family))
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", port))
        listener.listen(4096)
        listener.settimeout(ENOUGH_S)
        return listener


def is_established(own: socket.socket) -> bool:
    state: int = struct.unpack("B", own.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1))[0]
    return state == ESTABLISHED


def wait_until(is_so: Callable[[], bool]) -> bool:
    """Whether it becomes so within a long time."""
    end = time.monotonic() + ENOUGH_S
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.05)
    return is_so()


def text_of(version: int, address: int) -> str:
    return str(ip_address(address.to_bytes(4 if version == 4 else 16, "big")))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with link_namespaces("f2bgeo") as (server, client), contextlib.ExitStack() as undo:
        yield World(server, client, tmp_path / "geo", undo)


@pytest.fixture(params=["ipset", "nft"])
def backend(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name
