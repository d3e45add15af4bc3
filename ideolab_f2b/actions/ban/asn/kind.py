"""What the jail's tickets are, addresses or AS numbers, and the parts of the action that differ by it."""

from __future__ import annotations

import functools
from typing import Any, Callable, NamedTuple

from ideolab_f2b.actions.ban import elements
from ideolab_f2b.actions.ban.admission import FORCED, Admission
from ideolab_f2b.actions.ban.asn.admission import AsAdmission, read
from ideolab_f2b.actions.ban.asn.elements import Admits, AsElements, list_networks
from ideolab_f2b.actions.ban.asn.prefixes import AsPrefixes
from ideolab_f2b.actions.ban.counts import BanCounts
from ideolab_f2b.actions.ban.elements import Elements
from ideolab_f2b.actions.ban.jail_firewall import JailFirewall
from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.tickets import BanList


class Kind(NamedTuple):
    """`admission` makes the hooks; the rest is there at once."""

    firewall: JailFirewall
    elements: Elements
    bans: BanList
    admission: Callable[..., Admission]


def choose(jail: Any, options: Callable[[], Options], counts: BanCounts, admits: Admits) -> Kind:
    """Return the parts of a jail by its option `tickets`; another value of it counts after a restart."""
    if options().tickets == "as":
        return _choose_as(jail, options, counts, admits)
    return _choose(jail, options, counts)


def _choose(jail: Any, options: Callable[[], Options], counts: BanCounts) -> Kind:
    firewall = JailFirewall(options(), functools.partial(elements.list_elements, jail))
    return Kind(firewall, Elements(jail, firewall, counts), BanList(jail), Admission)


def _choose_as(jail: Any, options: Callable[[], Options], counts: BanCounts, admits: Admits) -> Kind:
    prefixes = AsPrefixes(options)
    bans = BanList(
        jail,
        lambda ticket: prefixes.find(read(ticket.getID()), is_forced=bool(ticket.getData(FORCED))),
    )
    firewall = JailFirewall(options(), functools.partial(list_networks, bans, admits))
    made = AsElements(jail, firewall, counts, bans, prefixes, admits)
    return Kind(firewall, made, bans, functools.partial(AsAdmission, prefixes))
