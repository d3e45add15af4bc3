"""The rows of the page's tables: AS numbers, countries and networks, printable."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Optional

from django.db.models import Q

from ideolab_accesslog.access.printable import to_printable
from ideolab_accesslog.dashboard.bans.countries import name_country
from ideolab_accesslog.dashboard.bans.origins import Origins
from ideolab_accesslog.dashboard.event_types import ASN, COUNTRY, NETWORK4, NETWORK6
from ideolab_accesslog.dashboard.first_rows import read_first
from ideolab_accesslog.models import ConnmonEvent
from ideolab_accesslog.networks import span
from ideolab_f2b.notation import as_number

#: characters of a name of an AS
NAME_MAX = 80
#: characters of an AS number, of a country's code, of a network
KEY_MAX = 49


@dataclass(frozen=True)
class AsRow:
    """One AS. `of` is None for a number that cannot be one; `share`: its part of all bans."""

    of: Optional[str]
    asn: str
    name: Optional[str]
    bans: int
    share: float


@dataclass(frozen=True)
class CountryRow:
    """One country, and its part of all bans."""

    country: str
    name: str
    bans: int
    share: float


@dataclass(frozen=True)
class NetworkRow:
    """One network, and whose it is as far as its events say."""

    of: str
    bans: int
    asn: Optional[str]
    name: Optional[str]
    country: Optional[str]


def list_asns(found: Origins) -> tuple[AsRow, ...]:
    """Return the rows of AS numbers."""
    return tuple(
        AsRow(
            name_as(one.key), show(one.key) or "", show(one.name, NAME_MAX), one.bans, _share(one.bans, found)
        )
        for one in found.tops[ASN]
    )


def list_countries(found: Origins) -> tuple[CountryRow, ...]:
    """Return the rows of countries."""
    return tuple(
        CountryRow(
            show(one.key) or "",
            name_country(one.key),
            one.bans,
            _share(one.bans, found),
        )
        for one in found.tops[COUNTRY]
    )


def list_networks(found: Origins) -> tuple[tuple[NetworkRow, ...], tuple[NetworkRow, ...]]:
    """Return the rows of IPv4 networks and of IPv6 ones."""
    kinds = (NETWORK4, NETWORK6)
    owners = _find_owners(one.key for kind in kinds for one in found.tops[kind])
    first, second = (
        tuple(
            NetworkRow(show(one.key) or "", one.bans, *owners.get(one.key, (None, None, None)))
            for one in found.tops[kind]
        )
        for kind in kinds
    )
    return first, second


def name_as(number: Optional[str]) -> Optional[str]:
    """Return `AS64500`; None for what is no AS number."""
    try:
        return as_number.text(as_number.parse(f"AS{number}"))
    except ValueError:
        return None


def show(text: Optional[str], most: int = KEY_MAX) -> Optional[str]:
    """Return a printable text; None for none."""
    return to_printable(text, most) if text else None


def _share(bans: int, found: Origins) -> float:
    return round(min(1.0, bans / found.total), 4) if found.total else 0.0


def _find_owners(networks: Iterable[str]) -> dict[str, tuple[Optional[str], Optional[str], Optional[str]]]:
    """Return AS number, its name and country of each network, as its first address had them last.

    Suspects have none: connmon names them before anybody has asked whose they are.
    """
    is_known = Q(asn__isnull=False) | Q(country__isnull=False)
    queries = [
        ConnmonEvent.objects.filter(is_known, subnet=network, **_list_limits(network))
        # the order of the index: all events of a network may be many
        .order_by("start", "-ts")
        .values_list("subnet", "asn", "asname", "country")[:1]
        for network in networks
    ]
    return {
        network: (show(asn), show(asname, NAME_MAX), show(country))
        for network, asn, asname, country in read_first(queries)
    }


def _list_limits(network: str) -> dict[str, str]:
    first, last = span(ip_network(network))
    return {"start__gte": first, "start__lte": last}
