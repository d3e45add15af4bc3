"""All sets below ideolab_ban: who is in them, and out with what must not be in them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import NamedTuple

from ideolab_f2b.firewall.rule import LIST
from ideolab_f2b.kernel.ipset.element import Network
from ideolab_f2b.kernel.ipset.error import SetMissingError
from ideolab_f2b.kernel.ipset.sets import Sets

_VERSIONS = {"inet": 4, "inet6": 6}


class Held(NamedTuple):
    """An element of a set."""

    set: str
    network: Network


class KernelSets:
    def __init__(self) -> None:
        self._sets = Sets()
        self._names: dict[str, int] = {}
        with contextlib.suppress(SetMissingError):
            self._names = {
                name: _VERSIONS[self._sets.header(name).family] for name in self._sets.members(LIST)
            }

    def close(self) -> None:
        self._sets.close()

    def holds(self, network: Network) -> bool:
        return any(self._sets.test(name, network) for name in self._of(network))

    def find(self, networks: Iterable[Network]) -> dict[Network, list[Held]]:
        """For each the elements that overlap it: those that hold it come first."""
        wanted = list(networks)
        versions = {network.version for network in wanted}
        held = [
            Held(name, found.network)
            for name, version in self._names.items()
            if version in versions
            for found in self._sets.elements(name)
        ]
        held.sort(key=lambda each: each.network.prefixlen)
        return {one: [each for each in held if overlap(each.network, one)] for one in wanted}

    def delete(self, held: Iterable[Held]) -> None:
        for each in held:
            self._sets.delete(each.set, each.network)

    def _of(self, network: Network) -> list[str]:
        return [name for name, version in self._names.items() if version == network.version]


def overlap(one: Network, other: Network) -> bool:
    return one.version == other.version and one.overlaps(other)
