"""Which address belongs to whom: attackers and visitors have many networks, an honest kind has one."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import NamedTuple

#: all clients have addresses of this network, which no interface outside of the lab's namespaces has
CLIENTS = "10.0.0.0/8"
#: answers over HTTP/2 where the client can
MAIN = "192.0.2.1"
#: answers over HTTP/1.1 only
HTTP1 = "192.0.2.10"
#: answers lines of text over TLS, as a mail server behind port 443
LINES = "192.0.2.60"
#: for programs that cannot choose their own address: the route to it chooses
BY_ROUTE = ("192.0.2.20", "192.0.2.21")
HTTP1_BY_ROUTE = "192.0.2.30"
#: networks of one second number of the address
_NETWORKS = 200
_FIRST_ATTACKER = 1
_VISITOR = 100
_FIRST_HONEST = 120
VISITORS = tuple(f"10.{_VISITOR}.{network}.1" for network in range(4))


class Owner(NamedTuple):
    """Who has an address; `number` counts attackers, visitors or honest kinds."""

    role: str
    number: int


def attackers(count: int) -> Sequence[str]:
    """Return so many addresses, each in a /24 of its own."""
    return [f"10.{_FIRST_ATTACKER + one // _NETWORKS}.{one % _NETWORKS}.7" for one in range(count)]


def honest(number: int) -> str:
    """Return the address of an honest kind, in a /16 of its own."""
    return f"10.{_FIRST_HONEST + number}.1.10"


def find_owner(text: str) -> Owner:
    """Return who has an address or network of the plan; of a wide network, its first address counts."""
    _ten, second, third, _last = ipaddress.ip_network(text, strict=False).network_address.packed[:4]
    if second >= _FIRST_HONEST:
        return Owner("honest", second - _FIRST_HONEST)
    if second == _VISITOR:
        return Owner("visitor", third)
    return Owner("attacker", (second - _FIRST_ATTACKER) * _NETWORKS + third)
