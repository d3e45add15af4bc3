"""Attacks that are spread over networks with honest neighbours: who is banned, and who is not."""

from __future__ import annotations

import contextlib
import ssl
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

import pytest

from demo.attacker import HALF_HELLO, HANDSHAKE, NAME, SILENT, Attack, connect, tls_context
from demo.lab.error import LabError
from demo.lab.namespace import Namespace
from demo.lab.wait import wait_until
from demo.site import Site
from ideolab_f2b import config

pytestmark = [
    pytest.mark.redteam,
    pytest.mark.root,
    pytest.mark.alone,
    pytest.mark.needs("fail2ban"),
]

#: seconds in which an attack has to be banned
BANNED_S = 60.0
#: seconds after the last ban: two more snapshots, in which a neighbour could be named
AFTER_S = 12.0

#: 65 half hellos from 13 addresses, in a /24 with neighbours
MEMBERS = [f"198.51.100.{host}" for host in range(10, 23)]
#: 20 neighbours, of which two have opened connections ahead and one has lost its radio
NEIGHBOURS = [f"198.51.100.{host}" for host in range(100, 120)]
#: seven hostile connections each: beside served ones in the same /24, and alone
NATS = ["198.51.100.250", "2001:db8:a:1::250"]
#: a /24 in which nobody is but attackers
WHOLE = [f"203.0.113.{host}" for host in range(10, 50)]
#: one client that takes a new address of its /64 for each connection
HOPPER = [f"2001:db8:c:7::{host:x}" for host in range(1, 31)]
#: a /48 that holds three half hellos in each of 60 /64, among the provider's other customers
SPREAD = [f"2001:db8:d:{300 * number:x}::1" for number in range(60)]
CUSTOMERS = [f"2001:db8:d:{300 * number + 7:x}::1" for number in range(25)]
#: a /48 that takes a fresh /64 for each connection
FRESH = [f"2001:db8:e:{211 * number:x}::1" for number in range(200)]
ROUTES = ("2001:db8:a::/48", "2001:db8:d::/48", "2001:db8:e::/48")


@dataclass
class Outcome:
    """The bans of both jails, the lines of connmon, and the neighbours that were no longer served."""

    clients: list[str] = field(default_factory=list)
    networks: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    unserved: list[str] = field(default_factory=list)

    def banned(self, inside: str) -> list[str]:
        """Return the bans that lie in a network, in the order of their addresses."""
        wide = ip_network(inside)
        found = [ip_network(one) for one in self.clients + self.networks]
        near = [one for one in found if one.version == wide.version and one.network_address in wide]
        return [str(one) for one in sorted(near, key=lambda one: one.network_address.packed)]

    def hits(self, address: str) -> bool:
        """Whether a ban holds this address."""
        return any(ip_address(address) in ip_network(one) for one in self.clients + self.networks)


def ask(address: str) -> ssl.SSLSocket:
    """Return a connection that was served once and stays open."""
    client = tls_context().wrap_socket(connect(address), server_hostname=NAME)
    ask_again(client)
    return client


def ask_again(client: ssl.SSLSocket) -> None:
    """Get a page over the same connection; OSError when it does not come."""
    client.sendall(f"GET /style.css HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode())
    size, seen = 0, b""
    while not size or len(seen) < size:
        part = client.recv(4096)
        if not part:
            raise OSError("closed")
        seen += part
        head, _blank, _body = seen.partition(b"\r\n\r\n")
        if not size and _blank:
            length = int(head.lower().partition(b"content-length:")[2].split()[0])
            size = len(head) + 4 + length


def route(site: Site) -> None:
    """Give the client the networks that the lab does not have."""
    for network in ROUTES:
        site.server.run("ip", "-6", "route", "add", network, "via", "2001:db8:0:1::254")
        site.client.run("ip", "-6", "route", "add", "local", network, "dev", "lo")


@contextlib.contextmanager
def running(namespace: Namespace, attacks: Sequence[Attack]) -> Iterator[None]:
    """Hold the connections of all attacks."""
    with contextlib.ExitStack() as undo:
        for one in attacks:
            undo.callback(one.stop)
            one.start(namespace)
        yield


def find_unserved(served: dict[str, list[ssl.SSLSocket]]) -> list[str]:
    """Return the addresses of which a connection is no longer served."""
    failed = []
    for address, clients in served.items():
        try:
            for client in clients:
                ask_again(client)
        except OSError:
            failed.append(address)
    return failed


@pytest.fixture(scope="module")
def outcome() -> Iterator[Outcome]:
    """All attacks at once on one site, and what became of everybody."""
    with Site("f2brt-spread", connections=2048, watched=False) as site:
        route(site)
        with site.client.enter():
            served = {address: [ask(address), ask(address)] for address in NEIGHBOURS}
            served.update({address: [ask(address)] for address in CUSTOMERS})
            served[NATS[0]] = [ask(NATS[0]) for _ in range(8)]
        attacks = [
            Attack(HALF_HELLO, MEMBERS, 5),
            Attack(HANDSHAKE, NEIGHBOURS[:2], 2),
            Attack(SILENT, NEIGHBOURS[2:3], 1),
            Attack(SILENT, NATS, 7),
            Attack(SILENT, WHOLE, 2),
            Attack(HALF_HELLO, HOPPER, 1),
            Attack(HALF_HELLO, SPREAD, 3),
            Attack(HALF_HELLO, FRESH, 1),
        ]
        found = Outcome()
        with running(site.client, attacks):
            # on a slow machine the first members would be banned before the last are idle: a rest is no crowd
            wait_until(lambda: all(map(is_open, attacks)), "the attack is not open", every_s=0.1)
            time.sleep(config.Connmon().idle_s)
            site.watch()
            wait_for_bans(site, found)
            found.unserved = find_unserved(served)
        found.lines = site.connmon.log.read_text().splitlines()
        for clients in served.values():
            for client in clients:
                client.close()
        yield found


def is_open(attack: Attack) -> bool:
    """Whether each connection of it was opened or refused."""
    return attack.opened + attack.refused == attack.connections


def wait_for_bans(site: Site, found: Outcome) -> None:
    """Note the bans when all are there and some time has passed, or when it takes too long."""

    def read() -> bool:
        found.clients = site.fail2ban.find_banned("ideolab-connmon")
        found.networks = site.fail2ban.find_banned("ideolab-connmon-net")
        return len(found.clients) >= len(MEMBERS) + 1 + len(SPREAD) and len(found.networks) >= 2

    with contextlib.suppress(LabError):
        wait_until(read, "not all are banned", timeout_s=BANNED_S, every_s=0.5)
    with contextlib.suppress(LabError):
        wait_until(lambda: False, "time passes", timeout_s=AFTER_S, every_s=1.0)
    read()


def test_members_are_banned_and_no_neighbour(outcome: Outcome) -> None:
    """13 addresses with 5 half hellos each, beside 20 that hold 40 served connections."""
    assert outcome.banned("198.51.100.0/24") == [f"{address}/32" for address in MEMBERS]


def test_neighbours_are_served_throughout(outcome: Outcome) -> None:
    """Over the very connections that they had before the attack."""
    assert outcome.unserved == []
    assert [address for address in NEIGHBOURS + CUSTOMERS if outcome.hits(address)] == []


def test_a_small_nat_is_spared(outcome: Outcome) -> None:
    """Seven quiet connections, beside served ones in an attacked /24 and alone in a /64."""
    assert [address for address in NATS if outcome.hits(address)] == []
    assert [line for line in outcome.lines if "198.51.100.250 " in line or "2001:db8:a:" in line] == []


def test_a_whole_hostile_network_is_banned_as_one(outcome: Outcome) -> None:
    """Nobody else is there."""
    assert outcome.banned("203.0.113.0/24") == ["203.0.113.0/24"]


def test_a_hopper_is_banned_by_its_64(outcome: Outcome) -> None:
    """Thirty addresses, one connection each: one line, one ban."""
    assert outcome.banned("2001:db8:c::/48") == ["2001:db8:c:7::/64"]


def test_the_members_of_a_48_are_banned_one_by_one(outcome: Outcome) -> None:
    """None of the provider's other customers is."""
    networks = [str(ip_network(f"{address}/64", strict=False)) for address in SPREAD]

    assert outcome.banned("2001:db8:d::/48") == networks


def test_a_48_that_takes_a_fresh_64_each_time_is_banned_as_one(outcome: Outcome) -> None:
    """No /64 of it holds two connections."""
    assert outcome.banned("2001:db8:e::/48") == ["2001:db8:e::/48"]
