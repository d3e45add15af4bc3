"""The buttons of an address, a network or an AS: those that the user may press and that can work now."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Any, NamedTuple, Optional, Union

from django.db.models import Q
from django.http import HttpRequest
from django.urls import NoReverseMatch
from django.utils.translation import gettext as _

from ideolab_accesslog.admin.messages import find_own_address
from ideolab_accesslog.admin.pages.timeline import find_names
from ideolab_accesslog.admin.permissions import may_ban, may_unban
from ideolab_accesslog.admin.security import places
from ideolab_accesslog.conf import conf
from ideolab_accesslog.firewall import refusals
from ideolab_accesslog.models import ConnmonEvent, TrashIP
from ideolab_accesslog.networks import (
    AROUND_BITS,
    WIDEST_BY_SITE,
    AsNumber,
    Network,
    Wanted,
    find_networks_around,
    network_of,
    parse_wanted,
    span,
)

#: events of a target, among which one with an AS is looked for
_EVENTS = 500


class Button(NamedTuple):
    """`action` is ban or unban, `of` what the page is opened with."""

    action: str
    of: str
    label: str
    url: str


def find_buttons(request: HttpRequest, wanted: Wanted) -> list[dict[str, Any]]:
    """Return the buttons as the dashboard's JSON has them; none on a site without the dashboard."""
    try:
        return [one._asdict() for one in _make_all(request, wanted)]
    except NoReverseMatch:
        return []


def _make_all(request: HttpRequest, wanted: Wanted) -> Iterator[Button]:
    spared = refusals.read_spare_addresses(find_own_address(request))
    for target in _find_targets(wanted):
        if may_ban(request.user, target) and _can_ban(target, spared):
            yield _make(request, "ban", target, _("Ban %(target)s") % {"target": target})
    for target in map(parse_wanted, _find_bans(wanted)):
        if may_unban(request.user, target):
            yield _make(request, "unban", target, _("Unban %(target)s") % {"target": target})


def _make(request: HttpRequest, action: str, target: Wanted, label: str) -> Button:
    site = getattr(request, "current_app", None)
    url = places.make_url(action, str(target), site, places.read_period(request))
    return Button(action, str(target), label, url)


def _find_targets(wanted: Wanted) -> Iterator[Wanted]:
    """Yield it, the network around an address, and the AS that announces it."""
    if isinstance(wanted, AsNumber):
        yield wanted
        return
    yield wanted
    # where many clients share a /64, it is not one client
    if isinstance(wanted, IPv4Address) or (
        isinstance(wanted, IPv6Address) and "/" in network_of(str(wanted))
    ):
        yield ip_network((wanted, AROUND_BITS[wanted.version]), strict=False)
    number = find_as_number(wanted)
    if number is not None:
        yield number


def find_as_number(wanted: Union[IPv4Address, IPv6Address, Network]) -> Optional[AsNumber]:
    """Return the AS that an event of an address or of its network names; None where there is none."""
    # the order of the index: of a network, the newest of its first address
    rows = _filter_events(wanted).order_by("start", "-ts").values_list("asn", flat=True)
    found = next(filter(None, rows[:_EVENTS]), None)
    try:
        return AsNumber(int(found)) if found and parse_wanted(f"AS{found}") else None
    except ValueError:
        return None


def _filter_events(wanted: Union[IPv4Address, IPv6Address, Network]) -> Any:
    """Return the events of an address, or those that name a network as theirs."""
    text, (first, last) = str(wanted), span(ip_network(wanted))
    if isinstance(wanted, (IPv4Address, IPv6Address)):
        return ConnmonEvent.objects.filter(start=first, ip=text)
    if wanted.prefixlen == AROUND_BITS[wanted.version]:
        return ConnmonEvent.objects.filter(start__gte=first, start__lte=last, subnet=text)
    # events of addresses name no other network
    return ConnmonEvent.objects.filter(start=first, subnet=text)


def _can_ban(target: Wanted, spared: list[Network]) -> bool:
    if isinstance(target, AsNumber):
        # its networks are asked for on the preview's page
        return refusals.find_refusal(target, spared, ()) is None
    network = ip_network(target)
    if conf.TRASHIP_FIREWALL_EXECUTE and network.prefixlen < WIDEST_BY_SITE[network.version]:
        return False
    return refusals.find_refusal(target, spared) is None


def _find_bans(wanted: Wanted) -> list[str]:
    """Return the bans that hold it: its own, and those of networks around it, the narrowest first."""
    names = find_names(wanted)
    if not isinstance(wanted, AsNumber):
        names = list(dict.fromkeys([*names, *reversed(find_networks_around(wanted))]))
    rows = TrashIP.objects.filter(Q(is_banned=True) | Q(iptables_applied=True), ip__in=names)
    return sorted(rows.values_list("ip", flat=True), key=names.index)
