"""All sets of the pack's two lists: what they hold; takes out what must not be in them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import NamedTuple, Optional

from ideolab_f2b.firewall import orphans
from ideolab_f2b.firewall.backend import KernelSets, find_in_kernel
from ideolab_f2b.firewall.names import FAMILIES, LISTS
from ideolab_f2b.kernel.ipset.element import Network
from ideolab_f2b.kernel.ipset.error import SetMissingError

_VERSIONS = {family: version for version, family in FAMILIES.items()}


class HeldElement(NamedTuple):
    """A network, and the set that holds it."""

    set: str
    network: Network


class AllSets:
    """One view of all sets that were in the list when it was opened."""

    def __init__(self, kernels: Optional[Iterable[KernelSets]] = None) -> None:
        """Open each backend that holds something, or take those that are given; KernelError."""
        opened = [one.open() for one in find_in_kernel()] if kernels is None else kernels
        self._kernels = list(opened)
        #: {(kernel, set): version}
        self._names: dict[tuple[KernelSets, str], int] = {}
        for kernel in self._kernels:
            for name in (each for list_name in LISTS for each in orphans.members(kernel, list_name)):
                with contextlib.suppress(SetMissingError):
                    self._names[kernel, name] = _VERSIONS[kernel.header(name).family]

    def close(self) -> None:
        """Close what was opened."""
        for kernel in self._kernels:
            kernel.close()

    def holds(self, network: Network) -> bool:
        """Whether a network is an element, or a single address is covered by one."""
        return any(
            kernel.test(name, network)
            for (kernel, name), version in self._names.items()
            if version == network.version
        )

    def find(self, networks: Iterable[Network]) -> dict[Network, list[HeldElement]]:
        """The elements that overlap each network: those that hold it come first."""
        wanted = list(networks)
        versions = {network.version for network in wanted}
        held = [
            HeldElement(name, found.network)
            for (kernel, name), version in self._names.items()
            if version in versions
            for found in kernel.elements(name)
        ]
        held.sort(key=lambda each: each.network.prefixlen)
        return {one: [each for each in held if overlap(each.network, one)] for one in wanted}

    def delete(self, held: Iterable[HeldElement]) -> None:
        """Take elements out of their sets; what has expired meanwhile is no error."""
        for each in held:
            for kernel in self._kernels:
                if (kernel, each.set) in self._names:
                    kernel.delete(each.set, each.network)


def overlap(one: Network, other: Network) -> bool:
    """Whether two networks of any family share an address."""
    return one.version == other.version and one.overlaps(other)
