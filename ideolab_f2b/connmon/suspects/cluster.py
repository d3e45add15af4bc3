"""Finds clusters: many suspects with one kind of TCP and one phase, so probably one program."""

from __future__ import annotations

import ipaddress
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice

from ideolab_f2b.config import Network
from ideolab_f2b.connmon.phases.phase import HOSTILE, PHASES
from ideolab_f2b.connmon.suspects.network import HOST6, is_network, networks_of
from ideolab_f2b.connmon.suspects.suspect import Cluster, Suspect, Suspects
from ideolab_f2b.kernel.sockets import detail as sock_detail
from ideolab_f2b.kernel.sockets.detail import Detail

#: addresses; fewer that are alike are chance
LEAST = 5
#: suspects whose keys are read; a flood of 50,000 must not fill the memory
MOST_SUSPECTS = 1000
#: addresses of these, those of networks included, whose keys are kept
MOST_ADDRESSES = 4000
#: keys of one address that are told apart
MOST_KEYS = 8
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

    def find(self, suspects: Sequence[Suspect]) -> tuple[Sequence[Suspect], tuple[Cluster, ...]]:
        """Return the suspects with their keys, and the clusters among them; after MOST_SUSPECTS without.

        OSError when the kernel does not answer.
        """
        seen = list(islice(suspects, MOST_SUSPECTS))
        for gone in self._known.keys() - {one.address for one in seen}:
            del self._known[gone]
        new = [one for one in seen if one.address not in self._known]
        if new:
            self._known.update(self._read(new))
        clusters = tuple(self._clusters(seen))
        add_key = partial(self._add_key, clusters=clusters)
        if isinstance(suspects, Suspects):
            return suspects.change_each(add_key), clusters
        return [add_key(one) for one in suspects], clusters

    def _read(self, suspects: Collection[Suspect]) -> dict[str, Keys]:
        networks = {one.address: ipaddress.ip_network(one.address) for one in suspects}
        found: dict[str, Keys] = {name: {} for name in networks}
        names = {item.network_address.packed[: item.prefixlen // 8]: name for name, item in networks.items()}
        room = MOST_ADDRESSES - sum(map(len, self._known.values()))
        for one in self._details(self._port, list(networks.values())):
            for packed in _names_of(one.peer):
                if packed not in names:
                    continue
                keys, host = found[names[packed]], _host(one.peer) if is_network(packed) else packed
                if host not in keys and room > 0:
                    keys[host] = Counter()
                    room -= 1
                if host in keys:
                    _count_key(keys[host], network_key(one))
        return found

    def _clusters(self, suspects: Iterable[Suspect]) -> Iterator[Cluster]:
        addresses: dict[tuple[str, str], Keys] = defaultdict(dict)
        for suspect in suspects:
            if suspect.clusters:
                # one of a group that was found before, and has more members than are suspects
                continue
            for peer, keys in self._known.get(suspect.address, {}).items():
                # an address that is a suspect, and lies in a network that is one, counts once
                addresses[keys.most_common(1)[0][0], main_phase(suspect)][peer] = keys
        for (key, name), found in addresses.items():
            if len(found) >= LEAST:
                yield Cluster(key, name, len(found), sum(keys[key] for keys in found.values()))

    def _add_key(self, suspect: Suspect, clusters: Iterable[Cluster]) -> Suspect:
        keys: Counter[str] = sum(self._known.get(suspect.address, {}).values(), Counter())
        if not keys:
            return suspect
        key = keys.most_common(1)[0][0]
        mine = suspect.clusters
        mine = mine or tuple(one for one in clusters if (one.key, one.phase) == (key, main_phase(suspect)))
        return replace(suspect, network_key=key, clusters=mine)


def _names_of(peer: bytes) -> tuple[bytes, ...]:
    """Return what a suspect may be called that this packed address belongs to."""
    if len(peer) == 4:
        return (peer, *networks_of(peer))
    return (peer, peer[:HOST6], *networks_of(peer))


def _host(peer: bytes) -> bytes:
    return peer if len(peer) == 4 else peer[:HOST6]


def _count_key(keys: Counter[str], key: str) -> None:
    if key in keys or len(keys) < MOST_KEYS:
        keys[key] += 1
