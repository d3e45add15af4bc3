"""Tickets that are AS numbers -> elements of the jail's sets: many for each, which come and go as one."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Callable

from ideolab_f2b.actions.ban.asn.admission import read
from ideolab_f2b.actions.ban.asn.prefixes import AsPrefixes
from ideolab_f2b.actions.ban.counts import BanCounts
from ideolab_f2b.actions.ban.elements import Elements
from ideolab_f2b.actions.ban.jail_firewall import JailFirewall
from ideolab_f2b.actions.protected.refusal import RefusedError
from ideolab_f2b.actions.tickets import BanList
from ideolab_f2b.actions.ttl import timeout
from ideolab_f2b.asn.error import AsnTableError
from ideolab_f2b.kernel.ipset.element import Key, Network, network_of
from ideolab_f2b.kernel.ipset.error import SetFullError

#: fail2ban ends a ban that is over a moment later
_LAST_S = 1


#: whether a network may be banned at this moment: version, address, prefix length
Admits = Callable[[int, int, int], bool]


def list_networks(bans: BanList, admits: Admits) -> Iterator[tuple[Network, int]]:
    """Yield (network, seconds that are left; 0 = for good) of each network of the AS that fail2ban holds.

    Those that a newer table gives an AS may hold somebody who is protected: they are left out.
    """
    for key, ticket in bans.tickets().items():
        left_s = bans.left_s(ticket)
        if left_s >= 0 and admits(*key):
            yield network_of(key), left_s


class AsElements(Elements):
    """One pair of sets holds what all banned AS announce: a network stays until the last of them ends."""

    def __init__(
        self,
        jail: Any,
        firewall: JailFirewall,
        counts: BanCounts,
        bans: BanList,
        prefixes: AsPrefixes,
        admits: Admits,
    ) -> None:
        super().__init__(jail, firewall, counts)
        self._bans, self._prefixes, self._admits = bans, prefixes, admits

    def ban(self, keys: Sequence[Key], since: float, bantime: float) -> None:
        """Add all elements, each with the time of the AS that holds it longest; SetFullError, counted."""
        held = self._tickets()
        own_s = timeout(since, bantime, time.time())
        wanted = [(key, self._left_s(held[key]) if key in held else own_s) for key in keys]
        try:
            self._firewall.add_many([(network_of(key), left_s) for key, left_s in wanted])
        except SetFullError:
            self._counts.add("full")
            raise

    def lift(self, identity: Any) -> Collection[int]:
        """Take out what no other banned AS announces, and give the rest the time that it has there."""
        number, held = read(identity), self._tickets()
        gone = self._prefixes.take_networks(number)
        if not gone:
            # banned before this server began, and no table since
            if self._bans.count():
                raise AsnTableError(f"{identity}: what it had is not known; ideolab-f2b asn build")
            self._firewall.flush()
            return (4, 6)
        for key in gone:
            if key not in held:
                self._firewall.delete(network_of(key))
        kept = [key for key in gone if key in held and self._admits(*key)]
        self._firewall.add_many([(network_of(key), self._left_s(held[key])) for key in kept])
        return (4, 6)

    def keys(self, identity: Any) -> Sequence[Key]:
        """The networks of a ban that was made."""
        return self._prefixes.find(read(identity))

    def undo(self, identity: Any) -> None:
        """Lift what was added of a ban that fail2ban does not hold any more: not all of it had room."""
        if not self._bans.has(str(identity)):
            self.lift(identity)

    def _left_s(self, ticket: Any) -> int:
        left_s = self._bans.left_s(ticket)
        return _LAST_S if left_s < 0 else left_s

    def _tickets(self) -> dict[Key, Any]:
        try:
            return self._bans.tickets()
        except (AsnTableError, RefusedError):
            # the reconcile thread puts back what another AS holds too, once the table is there
            return {}
