"""How many of the site's own visitors a ban would hit, from the access log; in bounded time."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Network
from time import monotonic
from typing import Any, Optional

from django.db import connections
from django.db.models import Q
from django.utils import timezone

from ideolab_accesslog import databases
from ideolab_accesslog.admin.search import is_partial, match_network
from ideolab_accesslog.conf import conf
from ideolab_accesslog.models import AccessLog
from ideolab_accesslog.networks import Network, network_of

#: days that count
DAYS = 7
#: requests that are looked at: so many take a quarter of a second
ROWS = 50_000
#: seconds for all networks of an AS
LIMIT_S = 4.0
#: networks of one query, where a network is one range of an index
_RANGES = 100


@dataclass(frozen=True)
class OwnHits:
    """Visitors (an IPv6 one is its /64), logged-in users among them, and requests; None is unknown.

    `is_cut`: there are more than were looked at, so each number is the least.
    """

    visitors: Optional[int] = None
    users: Optional[int] = None
    requests: Optional[int] = None
    is_cut: bool = False


def count(networks: Optional[Collection[Network]]) -> OwnHits:
    """Count the last seven days; unknown where the networks are, or the access log has nothing of them.

    A log that is off has not the visitors of these days, whatever it had before.
    """
    log = AccessLog.objects.using(databases.requests()).order_by()
    rows = log.filter(ts__gte=timezone.now() - timedelta(days=DAYS))
    if networks is None or not conf.ACCESSLOG_ENABLED or not rows.exists():
        return OwnHits()
    began, left = monotonic(), ROWS
    visitors: set[str] = set()
    users: set[Any] = set()
    is_cut = False
    for condition, is_part in _make_conditions(log, networks):
        if left <= 0 or monotonic() - began > LIMIT_S:
            is_cut = True
            break
        found = list(rows.filter(condition).values_list("ip", "user_id")[: left + 1])
        is_cut = is_cut or is_part or len(found) > left
        left -= len(found[:left])
        visitors.update(network_of(address) if ":" in address else address for address, _user in found)
        users.update(user for _address, user in found if user is not None)
    return OwnHits(len(visitors), len(users), ROWS - left, is_cut)


def find_begin() -> Optional[datetime]:
    """Return when the access log begins; None where it has all of these days, or nothing."""
    oldest = AccessLog.objects.using(databases.requests()).order_by("ts").values_list("ts", flat=True).first()
    has_all = oldest is None or oldest <= timezone.now() - timedelta(days=DAYS)
    return None if has_all else oldest


def _make_conditions(log: Any, networks: Collection[Network]) -> Iterator[tuple[Q, bool]]:
    """Yield conditions of so many ranges that each database takes them; each is made when it is needed.

    True: it leaves rows out. The flood of one IPv6 client must not hide the visitors of its network.
    """
    is_range = connections[log.db].vendor == "postgresql"
    condition, ranges, is_part = Q(), 0, False
    for network in networks:
        size = 1 if is_range else _count_text_ranges(network)
        if ranges and ranges + size > _RANGES:
            yield condition, is_part
            condition, ranges, is_part = Q(), 0, False
        condition, ranges = condition | match_network(log, network), ranges + size
        is_part = is_part or is_partial(log, network)
    if ranges:
        yield condition, is_part


def _count_text_ranges(network: Network) -> int:
    """Return in how many ranges a network falls where addresses are text: one for each whole octet."""
    if not isinstance(network, IPv4Network):
        # one list of addresses
        return _RANGES
    return 1 << (-network.prefixlen % 8)
