"""Reads the autonomous systems of addresses from the cache of origins; asks nobody else."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from ideolab_f2b.config import OriginSettings
from ideolab_f2b.origin.cache import ReadOnlyCache
from ideolab_f2b.origin.field import Address
from ideolab_f2b.origin.results import LookupResults

#: addresses that are looked up at a time
MOST = 2000


class CachedSystems:
    """The autonomous systems that somebody has looked up before."""

    def __init__(self, path: Path, settings: OriginSettings) -> None:
        self._cache = ReadOnlyCache(path, settings.cache_s, settings.unknown_s, LookupResults())

    def find(self, addresses: Iterable[bytes]) -> dict[bytes, str]:
        """Return {address: digits of its AS} of the first MOST addresses, as far as it is known."""
        asked: dict[Address, bytes] = {_ip(one): one for one in islice(addresses, MOST)}
        found = self._cache.get(asked)
        # it would keep a file open that another program may replace
        self._cache.close()
        return {asked[ip]: origin.asn for ip, origin in found.items() if origin.asn is not None}


def know_nothing(_addresses: Iterable[bytes]) -> dict[bytes, str]:
    """Return nothing: where no cache is configured."""
    return {}


def _ip(address: bytes) -> Address:
    """Return an IPv4 address, or the first address of an IPv6 /64."""
    return ipaddress.ip_address(address if len(address) == 4 else address.ljust(16, b"\0"))
