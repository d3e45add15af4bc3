"""All sets of the pack's two lists: what they hold; takes out what must not be in them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import NamedTuple

from ideolab_f2b.firewall import orphans
from ideolab_f2b.firewall.names import FAMILIES, LISTS
from ideolab_f2b.kernel.ipset.element import Network
from ideolab_f2b.kernel.ipset.error import SetMissingError
from ideolab_f2b.kernel.ipset.sets import Sets

_VERSIONS = {family: version for version, family in FAMILIES.items()}


class HeldElement(NamedTuple):
    """A network, and the set that holds it."""

    set: str
    network: Network


class AllSets:
    """One view of all sets that were in the list when it was opened."""

    def __init__(self) -> None:
        self._sets = Sets()
        members = [name for list_name in LISTS for name in orphans.members(self._sets, list_name)]
        self._names: dict[str, int] = {}
        for name in members:
            with contextlib.suppress(SetMissingError):
                self._names[name] = _VERSIONS[self._sets.header(name).family]

    def close(self) -> None:
        """Close the socket to the kernel."""
        self._sets.close()

    def holds(self, network: Network) -> bool:
        """Whether a network is an element, or a single address is covered by one."""
        return any(self._sets.test(name, network) for name in self._of(network))

    def find(self, networks: Iterable[Network]) -> dict[Network, list[HeldElement]]:
        """The elements that overlap each network: those that hold it come first."""
        wanted = list(networks)
        versions = {network.version for network in wanted}
        held = [
            HeldElement(name, found.network)
            for name, version in self._names.items()
            if version in versions
            for found in self._sets.elements(name)
        ]
        held.sort(key=lambda each: each.network.prefixlen)
        return {one: [each for each in held if overlap(each.network, one)] for one in wanted}

    def delete(self, held: Iterable[HeldElement]) -> None:
        """Take elements out of their sets; what has expired meanwhile is no error."""
        for each in held:
            self._sets.delete(each.set, each.network)

    def _of(self, network: Network) -> list[str]:
        return [name for name, version in self._names.items() if version == network.version]


def overlap(one: Network, other: Network) -> bool:
    """Whether two networks of any family share an address."""
    return one.version == other.version and one.overlaps(other)
