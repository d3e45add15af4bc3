"""The banned addresses and networks in memory: the thread reads them, a request asks `holds`.

A banned AS is not among them: which networks it has is known to fail2ban alone.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from ipaddress import ip_network
from time import monotonic

from django.db.models import Q
from django.utils import timezone

from ideolab_accesslog.conf import conf, drop_on_change
from ideolab_accesslog.firewall import never_ban
from ideolab_accesslog.models import TrashIP
from ideolab_accesslog.networks import AsNumber, Network, is_network, network_of, parse_wanted

#: part of the thread's time that may go into reading the bans
_SHARE = 0.05
#: rows that are read at a time
_PAGE = 5000

#: addresses, and the /64 of IPv6 customers
current: frozenset[str] = frozenset()
#: all other networks: {(IP version, bits behind the prefix): the prefixes as numbers}; mostly there are none
wide: dict[tuple[int, int], frozenset[int]] = {}
_not_before = 0.0


def refresh() -> None:
    """Read the bans from the database; when that fails, those of the last time stay."""
    global current, wide, _not_before
    if not (conf.TRASHIP_ENABLED and conf.TRASHIP_BLOCK_BANNED):
        # nobody asks for them
        return
    began = monotonic()
    if began < _not_before:
        return
    found = frozenset(filter(_is_bannable, _read()))
    # one customer's /64 is found by its text: nearly all bans of IPv6 are that
    networks = {text for text in found if "/" in text and is_network(ip_network(text))}
    current, wide = found - networks, _sort_by_prefix(map(ip_network, networks))
    # a hundred thousand bans are not read every three seconds
    _not_before = monotonic() + (monotonic() - began) / _SHARE


def _read() -> Iterator[str]:
    """Yield the addresses, page by page: a cursor is lost behind pgbouncer, and locks SQLite."""
    found = TrashIP.objects.filter(is_banned=True).order_by("pk")
    found = found.filter(Q(ban_until=None) | Q(ban_until__gt=timezone.now()))
    last = 0
    while page := list(found.filter(pk__gt=last).values_list("pk", "ip")[:_PAGE]):
        last = page[-1][0]
        yield from [ip for _pk, ip in page]


def _is_bannable(text: str) -> bool:
    try:
        wanted = parse_wanted(text)
    except ValueError:
        # what a script has put there: it holds nobody, and the others are banned all the same
        return False
    return not isinstance(wanted, AsNumber) and never_ban.find_reason(wanted) is None


def _sort_by_prefix(networks: Iterable[Network]) -> dict[tuple[int, int], frozenset[int]]:
    found: dict[tuple[int, int], set[int]] = {}
    for network in networks:
        shift = network.max_prefixlen - network.prefixlen
        found.setdefault((network.version, shift), set()).add(int(network.network_address) >> shift)
    return {key: frozenset(prefixes) for key, prefixes in found.items()}


def holds(address: str) -> bool:
    """Return whether the address is banned, by itself, with its /64 or with a wider network."""
    if address in current or (":" in address and network_of(address) in current):
        return True
    return bool(wide) and _is_in_wide(address)


def _is_in_wide(address: str) -> bool:
    version, family = (6, socket.AF_INET6) if ":" in address else (4, socket.AF_INET)
    try:
        number = int.from_bytes(socket.inet_pton(family, address), "big")
    except OSError:
        # no address: it is in no network
        return False
    return any(kind == version and number >> shift in prefixes for (kind, shift), prefixes in wide.items())


def forget() -> None:
    """Forget all bans until the next refresh."""
    global current, wide, _not_before
    current, wide, _not_before = frozenset(), {}, 0.0


drop_on_change(forget)
