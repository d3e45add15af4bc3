"""Finds clusters: many suspects with one kind of TCP and one phase, so probably one program."""

from __future__ import annotations

import ipaddress
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace

from ideolab_f2b.config import Network
from ideolab_f2b.connmon.phases.phase import HOSTILE, PHASES
from ideolab_f2b.connmon.suspects.network import prefix
from ideolab_f2b.connmon.suspects.suspect import Cluster, Suspect
from ideolab_f2b.kernel.sockets import detail as sock_detail
from ideolab_f2b.kernel.sockets.detail import Detail

#: addresses; fewer that are alike are chance
LEAST = 5
#: the letters of the key, by option of the peer's TCP
_LETTERS = {
    sock_detail.TIMESTAMPS: "t",
    sock_detail.SACK: "s",
    sock_detail.WINDOW_SCALE: "w",
    sock_detail.ECN: "e",
}

#: {packed address: {network key: its connections}} of one suspect
Keys = dict[bytes, Counter[str]]


def network_key(detail: Detail) -> str:
    """Return the passive network key, such as nk1_1460_7_tsw: segment size, window scale, options.

    It is coarse: a kind of system and a path, not a program.
    """
    options = "".join(letter for bit, letter in _LETTERS.items() if detail.options & bit)
    return f"nk1_{detail.mss}_{detail.window_scale}_{options or '-'}"


def main_phase(suspect: Suspect) -> str:
    """Return what most of its connections do, hostile phases before the others."""
    hostile = {name: suspect.phases.get(name, 0) for name in PHASES[:HOSTILE]}
    counts = hostile if any(hostile.values()) else suspect.phases
    return max(counts, key=lambda name: counts[name], default="")


class ClusterFinder:
    """Reads the keys of suspects of one port when they are new; keeps them as long as they are suspects."""

    def __init__(
        self, port: int, details: Callable[[int, Collection[Network]], Iterable[Detail]] = sock_detail.details
    ) -> None:
        self._port, self._details = port, details
        self._known: dict[str, Keys] = {}

    def find(self, suspects: list[Suspect]) -> tuple[list[Suspect], tuple[Cluster, ...]]:
        """Return the suspects with their keys, and the clusters among them.

        OSError when the kernel does not answer.
        """
        for gone in self._known.keys() - {one.address for one in suspects}:
            del self._known[gone]
        new = [one for one in suspects if one.address not in self._known]
        if new:
            self._known.update(self._read(new))
        clusters = tuple(self._clusters(suspects))
        return [self._add_key(one, clusters) for one in suspects], clusters

    def _read(self, suspects: Collection[Suspect]) -> dict[str, Keys]:
        networks = {one.address: ipaddress.ip_network(one.address) for one in suspects}
        found: dict[str, Keys] = {name: {} for name in networks}
        # what a peer is looked up by: itself, or the prefix of its network
        names = {_lookup_bytes(item): name for name, item in networks.items()}
        for one in self._details(self._port, list(networks.values())):
            for packed in (one.peer, prefix(one.peer)):
                if packed in names:
                    found[names[packed]].setdefault(one.peer, Counter())[network_key(one)] += 1
        return found

    def _clusters(self, suspects: Iterable[Suspect]) -> Iterator[Cluster]:
        addresses: dict[tuple[str, str], Keys] = defaultdict(dict)
        for suspect in suspects:
            for peer, keys in self._known[suspect.address].items():
                # an address that is a suspect, and lies in a network that is one, counts once
                addresses[keys.most_common(1)[0][0], main_phase(suspect)][peer] = keys
        for (key, name), found in addresses.items():
            if len(found) >= LEAST:
                yield Cluster(key, name, len(found), sum(keys[key] for keys in found.values()))

    def _add_key(self, suspect: Suspect, clusters: Iterable[Cluster]) -> Suspect:
        keys: Counter[str] = sum(self._known[suspect.address].values(), Counter())
        if not keys:
            return suspect
        key = keys.most_common(1)[0][0]
        mine = tuple(one for one in clusters if (one.key, one.phase) == (key, main_phase(suspect)))
        return replace(suspect, network_key=key, clusters=mine)


def _lookup_bytes(item: Network) -> bytes:
    packed = item.network_address.packed
    return packed if item.prefixlen == item.max_prefixlen else prefix(packed)
