"""Tickets of fail2ban -> elements of the jail's sets: what they should be, and how one comes there."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from ideolab_f2b.actions.ban.counts import BanCounts
from ideolab_f2b.actions.ban.jail_firewall import JailFirewall
from ideolab_f2b.actions.protected.refusal import RefusedError
from ideolab_f2b.actions.tickets import ban_manager, network_of_identity
from ideolab_f2b.actions.ttl import timeout
from ideolab_f2b.kernel.ipset.element import Key, Network, key_of
from ideolab_f2b.kernel.ipset.error import SetFullError


def list_elements(jail: Any) -> Iterator[tuple[Network, int]]:
    """Yield (network, seconds that are left; 0 = for good) of each ban that fail2ban holds."""
    now, default = time.time(), jail.actions.getBanTime()
    for ticket in ban_manager(jail.actions):
        if ticket.getEndOfBanTime(default) > now:
            left = timeout(ticket.getTime(), ticket.getBanTime(default), now)
            # another filter in the jail may ban by what is no address
            with contextlib.suppress(RefusedError):
                yield network_of_identity(ticket.getID()), left


class Elements:
    """Adds elements to the sets of one jail, and counts those that found a set full."""

    def __init__(self, jail: Any, firewall: JailFirewall, counts: BanCounts) -> None:
        self._jail, self._firewall, self._counts = jail, firewall, counts

    def add(self, key: Key, since: float, bantime: float) -> None:
        """Add an element for what is left of its ban; SetFullError, counted, where there is no room."""
        try:
            self._firewall.add(key, timeout(since, bantime, time.time()))
        except SetFullError:
            self._counts.add("full")
            raise

    def add_below_rule(self, network: Network, since: float, bantime: float) -> None:
        """Add an element; RuleError where no rule drops its packets."""
        self.add(key_of(network), since, bantime)
        self._firewall.require_rule(network.version)

    def prolong(self, ticket: Any) -> None:
        """Give the element of a ban the time that its ticket has now."""
        bantime = ticket.getBanTime(self._jail.actions.getBanTime())
        self.add(key_of(network_of_identity(ticket.getID())), ticket.getTime(), bantime)
        self._counts.add("prolonged")
