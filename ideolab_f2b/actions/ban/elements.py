"""Tickets of fail2ban -> elements of the jail's sets: what they should be, and how one comes there."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection, Iterator, Sequence
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

    def keys(self, identity: Any) -> Sequence[Key]:
        """The networks of a ban that was made."""
        return (key_of(network_of_identity(identity)),)

    def undo(self, identity: Any) -> None:
        """Do nothing: a ban that had no room has left no element."""

    def ban(self, keys: Sequence[Key], since: float, bantime: float) -> None:
        """Add the elements of one ticket; SetFullError, counted, where there is no room."""
        for key in keys:
            self.add(key, since, bantime)

    def lift(self, identity: Any) -> Collection[int]:
        """Take the elements of a ticket out that has ended; return the IP versions in which there is room."""
        # the kernel may have expired it a moment earlier
        network = network_of_identity(identity)
        self._firewall.delete(network)
        return (network.version,)

    def add_below_rule(self, keys: Sequence[Key], since: float, bantime: float) -> None:
        """Add the elements of one ticket; RuleError where no rule drops their packets."""
        self.ban(keys, since, bantime)
        for version in sorted({key[0] for key in keys}):
            self._firewall.require_rule(version)

    def prolong(self, ticket: Any) -> None:
        """Give the element of a ban the time that its ticket has now."""
        bantime = ticket.getBanTime(self._jail.actions.getBanTime())
        self.ban(self.keys(ticket.getID()), ticket.getTime(), bantime)
        self._counts.add("prolonged")
