"""What a ban would hit, and whom it may not touch: everything that is shown before it is confirmed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Optional

from django.http import HttpRequest
from django.utils import timezone

from ideolab_accesslog.admin.messages import find_own_address
from ideolab_accesslog.admin.security import hits
from ideolab_accesslog.admin.security.hits import OwnHits
from ideolab_accesslog.firewall import previews, refusals, texts
from ideolab_accesslog.firewall.previews import HelperPreview
from ideolab_accesslog.models import TrashIP
from ideolab_accesslog.networks import IPV6_PREFIX, AsNumber, Network, Wanted, find_networks_around

#: bits of a /64
_CUSTOMER_BITS = 128 - IPV6_PREFIX


@dataclass(frozen=True)
class BanPreview:
    """Everything known before a ban of `wanted`; texts of `refusals` and `unknown` are translated.

    `networks`: what it covers, None where that is unknown; `row`: what is wanted for it now; `around`: bans
    of wider networks that hold it.
    """

    wanted: Wanted
    networks: Optional[tuple[Network, ...]]
    own: OwnHits
    helper: HelperPreview
    refusals: tuple[str, ...]
    unknown: tuple[str, ...]
    row: Optional[TrashIP] = None
    around: tuple[str, ...] = field(default_factory=tuple)

    @property
    def addresses4(self) -> Optional[int]:
        """IPv4 addresses that it covers; None where that is unknown."""
        if self.networks is None:
            return self.helper.addresses4
        return sum(one.num_addresses for one in self.networks if isinstance(one, IPv4Network))

    @property
    def networks6(self) -> Optional[int]:
        """IPv6 /64 that it covers, a part of one as one; None where that is unknown."""
        if self.networks is None:
            return self.helper.networks6
        six = (one for one in self.networks if isinstance(one, IPv6Network))
        return sum(max(1, one.num_addresses >> _CUSTOMER_BITS) for one in six)

    @property
    def needs_knowledge(self) -> bool:
        """Whether somebody who is logged in loses access, or may: then the admin says that he knows."""
        return bool(self.own.users) or self.own.is_cut


def make(request: HttpRequest, wanted: Wanted) -> BanPreview:
    """Ask the helper, the access log and the tables; half a minute at most, with large logs of nginx."""
    text = str(wanted)
    helper = previews.ask([text])[text]
    return _make(request, wanted, find_networks(wanted, helper.networks), helper)


def make_again(request: HttpRequest, wanted: Wanted, networks: Optional[Collection[Network]]) -> BanPreview:
    """Make what can have changed since a preview, without the helper, which is asked for the ban itself."""
    return _make(request, wanted, find_networks(wanted, networks), HelperPreview())


def find_networks(wanted: Wanted, of_as: Optional[Collection[Network]]) -> Optional[tuple[Network, ...]]:
    """Return the networks that a ban covers; `of_as` are those of an AS, None where they are unknown."""
    if isinstance(wanted, AsNumber):
        return None if of_as is None else tuple(of_as)
    return (ip_network(wanted),)


def _make(
    request: HttpRequest, wanted: Wanted, networks: Optional[tuple[Network, ...]], helper: HelperPreview
) -> BanPreview:
    own = find_own_address(request)
    spared = refusals.read_spare_addresses(own)
    refusal = refusals.find_refusal(wanted, spared, networks if isinstance(wanted, AsNumber) else None)
    reasons = [*([refusal] if refusal else []), *helper.refusals]
    return BanPreview(
        wanted,
        networks,
        hits.count(networks),
        helper,
        tuple(dict.fromkeys(map(texts.translate, reasons))),
        tuple(dict.fromkeys(map(texts.translate, [*helper.unknown, *([] if own else [texts.OWN_UNKNOWN])]))),
        TrashIP.objects.filter(ip=str(wanted)).first(),
        tuple(find_bans_around(wanted)),
    )


def find_bans_around(wanted: Wanted) -> list[str]:
    """Return the banned networks that hold an address or a network."""
    if isinstance(wanted, AsNumber):
        return []
    rows: Any = TrashIP.objects.filter(ip__in=find_networks_around(wanted), is_banned=True)
    now = timezone.now()
    return [row.ip for row in rows if row.ban_until is None or row.ban_until > now]
