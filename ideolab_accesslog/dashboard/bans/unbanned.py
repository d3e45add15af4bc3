"""Whether the clients that connmon names are banned, whoever else is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from ipaddress import ip_network
from typing import Optional

from ideolab_accesslog.dashboard.bans.origins import BanOrigin
from ideolab_accesslog.dashboard.event_types import BAN, RESTORED
from ideolab_accesslog.dashboard.first_rows import read_first
from ideolab_accesslog.databases.times import to_database
from ideolab_accesslog.models import ConnmonEvent
from ideolab_accesslog.networks import (
    IPV6_PREFIX,
    find_networks_around,
    list_starts_around,
    network_of,
    span,
)

#: clients whose bans are looked for one by one; older SQLite takes 999 values, and some have forty
CLIENTS = 15
#: bans of each client, and of the networks around it
AROUND = 10


def has_unbanned(named: Iterable[BanOrigin], *newest: Sequence[BanOrigin]) -> Optional[bool]:
    """Return whether most clients of connmon's lines are in none of these bans.

    None where an AS was banned, which may hold those that are in no other ban.
    """
    bans = [row for rows in newest for row in rows]
    banned = {text for row in bans if (text := _find_text(row))}
    clients = {text for row in named if (text := _find_text(row)) and _is_client(text)}
    left = [text for text in clients if banned.isdisjoint(_list_names(text))]
    if len(left) * 2 <= len(clients):
        return False
    return None if any(row.ip is None and row.subnet is None for row in bans) else True


def choose_clients(named: Iterable[BanOrigin]) -> list[BanOrigin]:
    """Return rows of CLIENTS different clients, the first ones."""
    found: dict[str, BanOrigin] = {}
    for row in named:
        text = _find_text(row)
        if text and _is_client(text):
            found.setdefault(text, row)
    return list(found.values())[:CLIENTS]


def read_bans_of(clients: Iterable[BanOrigin], start: datetime) -> list[BanOrigin]:
    """Return bans of these clients since a time, those of the networks around them, and one of an AS.

    Where there are more bans than anybody reads, one jail's must not hide that another bans nobody.
    """
    bans = ConnmonEvent.objects.filter(type__in=(BAN, RESTORED), ts__gte=to_database(start))
    # the order of the index: all bans of an hour may be many
    bans = bans.order_by("start", "-ts")
    parts = [bans.filter(start=None)[:1]]
    for network in (ip_network(_find_text(row) or "") for row in clients):
        first, last = span(network)
        parts.append(bans.filter(start__gte=first, start__lte=last)[:AROUND])
        parts.append(bans.filter(start__in=list_starts_around(network), ip=None)[:AROUND])
    return [BanOrigin(*row) for row in read_first([part.values_list(*BanOrigin._fields) for part in parts])]


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
