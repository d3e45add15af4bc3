"""Makes a query from the text in the search box: an address, a network, or words."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Optional, Union

from django.db import connections
from django.db.models import Max, Q

from ideolab_accesslog.databases.text import make_fit
from ideolab_accesslog.models import NetworkField
from ideolab_accesslog.networks import IPV6_PREFIX, AsNumber, find_networks_around, network_of, parse_wanted

Network = Union[IPv4Network, IPv6Network]

#: newest rows in which words are looked for: without an index a search of all rows takes seconds
TEXT_ROWS = 100_000
#: words of a search that are used: each is a condition on every field
WORDS = 10
#: characters of a search: SQLite refuses patterns of 50,000 bytes, and a network is one of at most 49
TERM_MAX = 200
#: distinct addresses that are compared with an IPv6 network where the database keeps addresses as text
CANDIDATES = 10_000


def parse_network(term: str) -> Optional[Network]:
    """Return the network of `198.51.100.7`, `198.51.100.0/24`, `198.51.100.`, `2001:db8::/32`; else None."""
    text = term[:TERM_MAX].strip()
    if text.endswith(".") and text.count(".") < 4:
        parts = text.rstrip(".").split(".")
        text = ".".join([*parts, *["0"] * (4 - len(parts))]) + f"/{8 * len(parts)}"
    if "%" in text:
        # an interface of some host: no row has one
        return None
    try:
        found = ip_network(text, strict=False)
    except ValueError:
        return None
    if isinstance(found, IPv6Network) and found.prefixlen >= 96 and found.network_address.ipv4_mapped:
        return IPv4Network((int(found.network_address) & 0xFFFFFFFF, found.prefixlen - 96))
    return found


def search(queryset: Any, term: str, texts: tuple[str, ...]) -> Any:
    """Return the rows of `queryset` that match the term; words are looked for in the fields `texts`."""
    term = make_fit(queryset.db, queryset.model)(term[:TERM_MAX])
    found = parse_network(term)
    if found is not None:
        return queryset.filter(match_network(queryset, found))
    if _has_networks(queryset) and _is_as_number(term):
        return queryset.filter(ip=term.strip())
    newest = queryset.model._default_manager.using(queryset.db).aggregate(newest=Max("pk"))["newest"] or 0
    queryset = queryset.filter(pk__gt=newest - TEXT_ROWS)
    for word in term.split()[:WORDS]:
        wanted = Q()
        for field in texts:
            wanted |= Q(**{f"{field}__icontains": word})
        queryset = queryset.filter(wanted)
    return queryset


def match_network(queryset: Any, wanted: Network) -> Q:
    """Return the condition on `ip` for one network; an index answers it on each database."""
    if _has_networks(queryset):
        # and the networks around it, which are rows of their own
        return _match_inside(queryset, wanted) | Q(ip__in=[str(wanted), *find_networks_around(wanted)])
    return _match_inside(queryset, wanted)


def is_partial(queryset: Any, wanted: Network) -> bool:
    """Return whether the condition of match_network() leaves rows out: there are too many IPv6 addresses.

    Whoever has a /64 can ask from so many of them.
    """
    is_text = connections[queryset.db].vendor != "postgresql" and wanted.prefixlen < wanted.max_prefixlen
    if not is_text or isinstance(wanted, IPv4Network):
        return False
    return len(_list_texts(queryset, wanted)[CANDIDATES : CANDIDATES + 1]) > 0


def _is_as_number(term: str) -> bool:
    try:
        return isinstance(parse_wanted(term), AsNumber)
    except ValueError:
        return False


def _match_inside(queryset: Any, wanted: Network) -> Q:
    if wanted.prefixlen == wanted.max_prefixlen:
        address = str(wanted.network_address)
        return Q(ip__in={address, network_of(address)}) if _has_networks(queryset) else Q(ip=address)
    if connections[queryset.db].vendor == "postgresql":
        return _match_range(queryset, wanted)
    if isinstance(wanted, IPv4Network):
        return _match_text_ranges(wanted)
    return _match_text_candidates(queryset, wanted)


def _match_range(queryset: Any, wanted: Network) -> Q:
    """Return the condition for PostgreSQL's inet, where a network stands before all that is in it."""
    first = str(wanted) if _has_networks(queryset) else str(wanted.network_address)
    return Q(ip__gte=first, ip__lte=str(wanted.broadcast_address))


def _match_text_ranges(wanted: IPv4Network) -> Q:
    """Return the condition for addresses kept as text: each whole octet is one range of the index."""
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


def _match_text_candidates(queryset: Any, wanted: IPv6Network) -> Q:
    """Return the condition for IPv6 kept as text, which has no order: equal beginnings are compared."""
    texts = _list_texts(queryset, wanted)[:CANDIDATES]
    return Q(ip__in=[text for text in texts if _is_in(text, wanted)])


def _list_texts(queryset: Any, wanted: IPv6Network) -> Any:
    """Return the different texts that begin as those of a network."""
    start = "".join(_leading_groups(wanted))
    rows = queryset.model._default_manager.using(queryset.db).order_by()
    rows = rows.filter(ip__gte=start, ip__lt=start[:-1] + ";") if start else rows.filter(ip__contains=":")
    return rows.values_list("ip", flat=True).distinct()


def _is_in(text: str, wanted: IPv6Network) -> bool:
    found = ip_network(text)
    return isinstance(found, IPv6Network) and (found.subnet_of(wanted) or wanted.subnet_of(found))


def _has_networks(queryset: Any) -> bool:
    """Return whether the rows hold networks beside addresses."""
    return isinstance(queryset.model._meta.get_field("ip"), NetworkField)


def _leading_groups(wanted: IPv6Network) -> Iterator[str]:
    """Yield the groups with which every address of the network begins as text: those before the first 0."""
    groups = wanted.network_address.exploded.split(":")
    for group in groups[: min(wanted.prefixlen, IPV6_PREFIX) // 16]:
        if not int(group, 16):
            return
        yield f"{int(group, 16):x}:"
