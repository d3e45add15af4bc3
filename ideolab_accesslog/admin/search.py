"""What an admin types into the search box -> a query that an index answers: address, network, or text."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, Optional, Union

from django.db import connections
from django.db.models import Max, Q

Network = Union[IPv4Network, IPv6Network]

#: text is looked for in so many newest rows: without an index a search of all of them takes seconds
TEXT_ROWS = 100_000
#: words of a search that count: each is a condition on every field
WORDS = 10
#: distinct addresses of an IPv6 network that are looked at where the database keeps addresses as text
CANDIDATES = 10_000


def network(term: str) -> Optional[Network]:
    """The network of `198.51.100.7`, `198.51.100.0/24`, `198.51.100.` or `2001:db8::/32`; else None."""
    text = term.strip()
    if text.endswith(".") and text.count(".") < 4:
        parts = text.rstrip(".").split(".")
        text = ".".join([*parts, *["0"] * (4 - len(parts))]) + f"/{8 * len(parts)}"
    try:
        found = ip_network(text, strict=False)
    except ValueError:
        return None
    if isinstance(found, IPv6Network) and found.prefixlen >= 96 and found.network_address.ipv4_mapped:
        return IPv4Network((int(found.network_address) & 0xFFFFFFFF, found.prefixlen - 96))
    return found


def search(queryset: Any, term: str, texts: tuple[str, ...]) -> Any:
    """`queryset` narrowed to the term; `texts` are the fields in which words are looked for."""
    found = network(term)
    if found is not None:
        return queryset.filter(addresses(queryset, found))
    newest = queryset.model._default_manager.using(queryset.db).aggregate(newest=Max("pk"))["newest"] or 0
    queryset = queryset.filter(pk__gt=newest - TEXT_ROWS)
    for word in term.split()[:WORDS]:
        wanted = Q()
        for field in texts:
            wanted |= Q(**{f"{field}__icontains": word})
        queryset = queryset.filter(wanted)
    return queryset


def addresses(queryset: Any, wanted: Network) -> Q:
    """The condition on `ip` for one network."""
    if wanted.prefixlen == wanted.max_prefixlen:
        return Q(ip=str(wanted.network_address))
    if connections[queryset.db].vendor == "postgresql":
        return Q(ip__gte=str(wanted.network_address), ip__lte=str(wanted.broadcast_address))
    if isinstance(wanted, IPv4Network):
        return _text_ranges(wanted)
    return _text_candidates(queryset, wanted)


def _text_ranges(wanted: IPv4Network) -> Q:
    """Addresses kept as text: each whole octet is one range of the index."""
    octets = -(-wanted.prefixlen // 8)
    if octets == 0:
        return Q(ip__contains=".")
    condition = Q()
    for part in wanted.subnets(new_prefix=8 * octets):
        if octets == 4:
            condition |= Q(ip=str(part.network_address))
        else:
            start = ".".join(str(part.network_address).split(".")[:octets]) + "."
            # "/" comes right after "." in every collation that compares bytes
            condition |= Q(ip__gte=start, ip__lt=start[:-1] + "/")
    return condition


def _text_candidates(queryset: Any, wanted: IPv6Network) -> Q:
    """Compressed IPv6 text has no order: the addresses that share its first groups are compared here."""
    start = "".join(_leading_groups(wanted))
    rows = queryset.model._default_manager.using(queryset.db).order_by()
    rows = rows.filter(ip__gte=start, ip__lt=start[:-1] + ";") if start else rows.filter(ip__contains=":")
    texts = rows.values_list("ip", flat=True).distinct()[:CANDIDATES]
    return Q(ip__in=[text for text in texts if ip_address(text) in wanted])


def _leading_groups(wanted: IPv6Network) -> Iterator[str]:
    """The groups with which the text of every address of the network begins: those before the first 0."""
    groups = wanted.network_address.exploded.split(":")
    for group in groups[: wanted.prefixlen // 16]:
        if not int(group, 16):
            return
        yield f"{int(group, 16):x}:"
