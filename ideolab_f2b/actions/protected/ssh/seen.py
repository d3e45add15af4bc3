"""An address with a proved SSH session, and which ones are remembered when they are many. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network
from typing import NamedTuple

from ideolab_f2b.actions.protected.refusal import Listed, listing
from ideolab_f2b.kernel.address import Address
from ideolab_f2b.kernel.client_network import client_part

#: seconds that an address stays protected after its session was seen last: a laptop sleeps over night
REMEMBER_S = 86_400.0
#: addresses in all
LIMIT = 1000
#: networks (an IPv6 /64, unless it is shared) of one uid that are remembered after their sessions: who logs
#: in from many addresses must not push out another user's
UID_NETWORKS = 50
#: addresses that are remembered of each: one is enough to spare the /64, and clients change theirs
NETWORK_ADDRESSES = 4
NOW, BEFORE = "logged in over SSH", "an address that was logged in over SSH within the last day"


class Seen(NamedTuple):
    """An address with a proved session; `seen` is on the clock of SshSessions."""

    address: Address
    #: the local one
    port: int
    uid: int
    seen: float
    is_open: bool

    @property
    def key(self) -> tuple[Address, int, int]:
        """What is one entry: two users behind one address are two."""
        return self.address, self.port, self.uid

    def make_listing(self) -> Listed:
        """Return the entry of the lists of what is not banned."""
        return listing(ip_network(self.address), NOW if self.is_open else BEFORE)


def keep_newest(seen: Iterable[Seen], now: float) -> list[Seen]:
    """Return those of the last day: of each user so many, of all users LIMIT, each user's latest first."""
    fresh = [each for each in seen if now - each.seen < REMEMBER_S]
    fresh.sort(key=lambda each: (each.is_open, each.seen), reverse=True)
    networks: dict[int, dict[bytes, int]] = {}
    ranked = []
    for each in fresh:
        mine = networks.setdefault(each.uid, {})
        network = client_part(each.address.packed)
        if each.is_open or _has_room(mine, network):
            mine[network] = mine.get(network, 0) + 1
            ranked.append((sum(mine.values()), each))
    ranked.sort(key=lambda pair: pair[0])
    return [each for _rank, each in ranked[:LIMIT]]


def _has_room(networks: dict[bytes, int], network: bytes) -> bool:
    count = networks.get(network, 0)
    return count < NETWORK_ADDRESSES and (count > 0 or len(networks) < UID_NETWORKS)
