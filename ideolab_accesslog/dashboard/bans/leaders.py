"""Who has most of the newest bans, or of the newest suspects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from ipaddress import ip_network
from typing import Optional

from ideolab_accesslog.dashboard.bans.countries import name_country
from ideolab_accesslog.dashboard.bans.networks import NAME_MAX, name_as, show
from ideolab_accesslog.dashboard.bans.origins import BanOrigin, Origins
from ideolab_accesslog.dashboard.event_types import ASN, COUNTRY, NETWORK4, NETWORK6
from ideolab_accesslog.dashboard.verdict import Leader
from ideolab_accesslog.networks import AROUND_BITS

#: bans of which a part says something
BANS = 10
#: the part at which an AS or a network is named
SHARE = 0.3
#: the part at which a country is
COUNTRY_SHARE = 0.5
#: suspects of which a part says something: one is enough to be named
SUSPECTS = 1


def find_leaders(found: Origins) -> tuple[Leader, ...]:
    """Return those whose part of the bans is large: an AS, a network, a country."""
    named = (
        _find("asn", found, (ASN,), SHARE),
        _find("network", found, (NETWORK4, NETWORK6), SHARE),
        _find("country", found, (COUNTRY,), COUNTRY_SHARE),
    )
    return tuple(leader for leader in named if leader is not None)


def _find(kind: str, found: Origins, kinds: Sequence[str], least: float) -> Optional[Leader]:
    tops = [top for one in kinds for top in found.tops[one][:1]]
    if found.total < BANS or not tops:
        return None
    top = max(tops, key=lambda one: one.bans)
    share = top.bans / found.total
    return Leader(kind, _name(kind, top.key, top.name), share) if share >= least else None


def _name(kind: str, key: str, name: str) -> str:
    if kind == "country":
        return name_country(key)
    if kind == "asn":
        return " ".join(filter(None, [name_as(key) or show(key), show(name, NAME_MAX)]))
    return show(key) or ""


def find_suspect(rows: Sequence[BanOrigin]) -> tuple[Leader, ...]:
    """Return the network that has most of the suspects, or the one address that is all of it."""
    networks = [(row, network) for row in rows if (network := _find_network(row))]
    if len(networks) < SUSPECTS:
        return ()
    network, count = Counter(network for _row, network in networks).most_common(1)[0]
    share = count / len(networks)
    addresses = {row.ip for row, one in networks if one == network}
    only = addresses.pop() if len(addresses) == 1 else None
    return (Leader("suspect", only or network, share),) if share >= SHARE else ()


def _find_network(row: BanOrigin) -> str:
    if row.ip is None:
        return show(row.subnet) or ""
    network = ip_network(row.ip)
    return str(network.supernet(new_prefix=AROUND_BITS[network.version]))
