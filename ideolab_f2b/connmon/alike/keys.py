"""Reads the network keys of everybody who is connected: a dump that only a full server gets."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from itertools import islice

from ideolab_f2b.config import Network
from ideolab_f2b.connmon.suspects.cluster import network_key
from ideolab_f2b.kernel.client_network import client_part
from ideolab_f2b.kernel.sockets.detail import Detail

#: connections that are read, in the order of the kernel's hash, which nobody outside knows
MOST = 20_000
EVERYBODY: Collection[Network] = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))

Details = Callable[[int, Collection[Network]], Iterable[Detail]]


def read_keys(port: int, details: Details) -> dict[bytes, str]:
    """Return {address: the key of most of its connections}; OSError when the kernel does not answer."""
    keys: dict[tuple[int, int, int], str] = {}
    counts: Counter[tuple[bytes, str]] = Counter()
    for one in islice(details(port, EVERYBODY), MOST):
        kind = one.mss, one.window_scale, one.options
        if kind not in keys:
            keys[kind] = network_key(one)
        counts[client_part(one.peer), keys[kind]] += 1
    found: dict[bytes, str] = {}
    for (address, key), _count in counts.most_common():
        found.setdefault(address, key)
    return found
