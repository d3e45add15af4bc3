"""Addresses that wait for a lookup: networks take turns, and a full queue has room for one with few."""

from __future__ import annotations

from collections.abc import Container
from typing import Optional

#: addresses that wait, in all and of one network; more are not looked up now
WAITING_MAX = 1000
WAITING_NETWORK_MAX = 20


class WaitingAddresses:
    """The verifier's lock guards it."""

    def __init__(self) -> None:
        #: {network: its addresses, in their order}; the network that is asked next stands first
        self._networks: dict[str, dict[str, None]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def holds(self, address: str, network: str) -> bool:
        """Return whether the address of this network waits."""
        return address in self._networks.get(network, ())

    def add(self, address: str, network: str) -> bool:
        """Add an address that does not wait yet; False: there is no room for it."""
        count = len(self._networks.get(network, ()))
        if count >= WAITING_NETWORK_MAX or (self._count >= WAITING_MAX and not self._make_room(count)):
            return False
        self._networks.setdefault(network, {})[address] = None
        self._count += 1
        return True

    def _make_room(self, count: int) -> bool:
        """Drop the last address of the network that has most, for one with `count`; False: none has more."""
        addresses = max(self._networks.values(), key=len)
        if len(addresses) <= count + 1:
            return False
        addresses.popitem()
        self._count -= 1
        return True

    def find_next(self, busy: Container[str]) -> Optional[str]:
        """Return the network whose turn it is, of those that are not busy."""
        return next((network for network in self._networks if network not in busy), None)

    def take(self, network: str) -> str:
        """Take the address of the network that has waited longest."""
        addresses = self._networks[network]
        address = next(iter(addresses))
        del addresses[address]
        if not addresses:
            del self._networks[network]
        self._count -= 1
        return address

    def put_last(self, network: str) -> None:
        """End the turn of a network: all others that wait go first."""
        if network in self._networks:
            self._networks[network] = self._networks.pop(network)

    def drop(self, network: str) -> None:
        """Have no address of the network wait any longer."""
        self._count -= len(self._networks.pop(network, ()))
