"""Whether the clients that connmon names are banned, whoever else is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_network
from typing import Optional

from ideolab_accesslog.dashboard.bans.origins import NEWEST, BanOrigin
from ideolab_accesslog.networks import IPV6_PREFIX, find_networks_around, network_of


def has_unbanned(named: Iterable[BanOrigin], *newest: Sequence[BanOrigin]) -> Optional[bool]:
    """Return whether most clients of connmon's lines are in none of the newest bans.

    None where an AS was banned, which may hold those that are in no other ban. False where there are more
    bans than these: what is missing may be among the others.
    """
    bans = [row for rows in newest for row in rows]
    if any(len(rows) > NEWEST for rows in newest):
        return False
    banned = {text for row in bans if (text := _find_text(row))}
    clients = {text for row in named if (text := _find_text(row)) and _is_client(text)}
    left = [text for text in clients if banned.isdisjoint(_list_names(text))]
    if len(left) * 2 <= len(clients):
        return False
    return None if any(row.ip is None and row.subnet is None for row in bans) else True


def _find_text(row: BanOrigin) -> Optional[str]:
    """Return the address, an IPv6 one as its /64, or the network."""
    return row.subnet if row.ip is None else network_of(row.ip)


def _is_client(text: str) -> bool:
    """Return whether it is one client; a network is banned only when it is named twice."""
    network = ip_network(text)
    return network.prefixlen in (network.max_prefixlen, IPV6_PREFIX)


def _list_names(text: str) -> Iterator[str]:
    """Yield all names under which a client can be banned."""
    yield text
    yield from find_networks_around(ip_network(text))
