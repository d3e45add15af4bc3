"""Counts the different paths that an address missed in the last ten minutes, with all other processes.

The cache says who saw a path first (`add`) and sums the points (`incr`): both are one step in Redis and
memcached, so that no process overwrites another's count. With a cache that is not shared, each process counts
alone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from time import time
from typing import Any, Callable

from django.core.cache import caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache

from ideolab_accesslog.conf import conf
from ideolab_accesslog.traship.offence import digest_of

logger = logging.getLogger("ideolab_accesslog")

#: parts of the window: it slides by one of them
STEPS = 10
#: addresses that are remembered here
ADDRESSES_MAX = 5000
#: paths of one address that are remembered here
PATHS_MAX = 500
#: paths of one address that go into the cache: it is the site's, and a scanner has thousands
SHARED_MAX = 100


class Window:
    """One per process; used by the writer's thread alone."""

    def __init__(self, clock: Callable[[], float] = time, is_shared: bool = True) -> None:
        self._clock = clock
        self._is_shared = is_shared
        self._seen: dict[str, dict[str, tuple[float, int]]] = {}
        self._hits: dict[str, tuple[float, int]] = {}
        self._has_cache = True

    def add_path(self, address: str, path: str, points: int) -> bool:
        """Remember a path; return whether no process has seen it of this address within the window."""
        paths = self._forget_old_paths(address)
        digest = digest_of(path).hex()
        if digest in paths:
            return False
        paths[digest] = (self._clock() + self._length_s, points)
        if len(paths) > SHARED_MAX:
            return True
        return bool(self._ask(lambda cache: cache.add(f"{_key(address)}:{digest}", 1, self._length_s), True))

    def add_points(self, address: str, points: int) -> int:
        """Add the points of new paths; return the sum of all within the window."""
        own = sum(worth for _until, worth in self._forget_old_paths(address).values())
        return max(own, int(self._ask(lambda cache: self._add_and_sum(cache, address, points), 0)))

    def add_hits(self, address: str, count: int) -> int:
        """Add requests, also for the same path; return how many there were since the first of a window."""
        until, own = self._hits.pop(address, (0.0, 0))
        now = self._clock()
        if until <= now:
            until, own = now + self._length_s, 0
        own += count
        self._hits[address] = (until, own)
        shared = self._ask(lambda cache: _increment(cache, f"{_key(address)}:hits", count, self._length_s), 0)
        return max(own, int(shared))

    def find_returning(self, addresses: Iterable[str]) -> set[str]:
        """Return those of the addresses that came more than once, to whichever process."""
        keys = {
            f"{_key(name)}:hits": address for address in addresses for name in (address, own_name(address))
        }
        found = self._ask(lambda cache: cache.get_many(list(keys)), {}) if keys else {}
        return {keys[key] for key, count in found.items() if count > 1}

    def forget_old(self) -> None:
        """Forget what has left the window."""
        now = self._clock()
        for address in list(self._seen):
            if not self._forget_old_paths(address):
                del self._seen[address]
        self._hits = {address: (until, own) for address, (until, own) in self._hits.items() if until > now}

    @property
    def _length_s(self) -> float:
        return float(conf.TRASHIP_404_WINDOW_S)

    def _forget_old_paths(self, address: str) -> dict[str, tuple[float, int]]:
        """Forget the paths that have left the window; return the others: {digest: (end, points)}."""
        paths, now = self._seen.pop(address, {}), self._clock()
        for digest in [digest for digest, (until, _points) in paths.items() if until <= now]:
            del paths[digest]
        while len(paths) >= PATHS_MAX:
            del paths[next(iter(paths))]
        while len(self._seen) >= ADDRESSES_MAX:
            oldest = next(iter(self._seen))
            del self._seen[oldest]
            self._hits.pop(oldest, None)
        # the last one asked for stands at the end
        self._seen[address] = paths
        return paths

    def _add_and_sum(self, cache: Any, address: str, points: int) -> int:
        step = max(self._length_s / STEPS, 0.001)
        number = int(self._clock() / step)
        keys = [f"{_key(address)}:p{number - back}" for back in range(STEPS)]
        if points:
            _increment(cache, keys[0], points, self._length_s + step)
        return sum(cache.get_many(keys).values())

    def _ask(self, question: Callable[[Any], Any], otherwise: Any) -> Any:
        if not self._is_shared:
            return otherwise
        try:
            cache = caches[conf.TRASHIP_CACHE]
            if isinstance(cache, (LocMemCache, DummyCache)):
                # no other process sees it
                return otherwise
            answer = question(cache)
            self._has_cache = True
            return answer
        except Exception:
            if self._has_cache:
                self._has_cache = False
                logger.warning("the cache fails: each process counts 404s alone", exc_info=True)
            return otherwise


def own_name(address: str) -> str:
    """Return the name by which the pages of an address are counted that the site's own views did not find."""
    return f"{address}:own"


def _key(address: str) -> str:
    return f"ideolab_accesslog:{address}"


def _increment(cache: Any, key: str, count: int, timeout: float) -> int:
    if cache.add(key, count, timeout):
        return count
    try:
        return int(cache.incr(key, count))
    except ValueError:
        # it expired in between
        cache.add(key, count, timeout)
        return count
