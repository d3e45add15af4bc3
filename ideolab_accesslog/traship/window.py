"""How many different paths an address has missed in the last ten minutes, counted by all processes together.

The cache says who saw a path first (`add`) and sums the points (`incr`): both are one step in Redis and
memcached, so that no process overwrites another's count. With a cache that is not shared, each process counts
alone.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from time import time
from typing import Any, Callable

from django.core.cache import caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache

from ideolab_accesslog.conf import conf

logger = logging.getLogger("ideolab_accesslog")

#: the window slides in steps of a tenth
STEPS = 10
#: addresses that are remembered here, each with its paths
ADDRESSES_MAX, PATHS_MAX = 5000, 500
#: paths of one address that go into the cache: it is the site's, and a scanner has thousands
SHARED_MAX = 100


class Window:
    """One per process; used by the writer's thread alone."""

    def __init__(self, clock: Callable[[], float] = time) -> None:
        self._clock = clock
        self._seen: dict[str, dict[str, tuple[float, int]]] = {}
        self._hits: dict[str, tuple[float, int]] = {}
        self._has_cache = True

    def is_new(self, address: str, path: str, points: int) -> bool:
        """Whether no process has seen this address on this path within the window."""
        mine = self._mine(address)
        digest = hashlib.blake2b(path.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
        if digest in mine:
            return False
        mine[digest] = (self._clock() + self._length, points)
        if len(mine) > SHARED_MAX:
            return True
        return bool(self._ask(lambda cache: cache.add(f"{_key(address)}:{digest}", 1, self._length), True))

    def score(self, address: str, points: int) -> int:
        """Add the points of new paths; the sum of all within the window."""
        own = sum(worth for _until, worth in self._mine(address).values())
        return max(own, int(self._ask(lambda cache: self._summed(cache, address, points), 0)))

    def hits(self, address: str, count: int) -> int:
        """Add requests, the same path again or not; how many there were since the first within a window."""
        until, own = self._hits.pop(address, (0.0, 0))
        now = self._clock()
        self._hits[address] = (until, own + count) if until > now else (now + self._length, count)
        shared = self._ask(lambda cache: _grown(cache, f"{_key(address)}:hits", count, self._length), 0)
        return max(self._hits[address][1], int(shared))

    def repeated(self, addresses: Iterable[str]) -> set[str]:
        """Those that came more than once, to whichever process."""
        keys = {f"{_key(address)}:hits": address for address in addresses}
        found = self._ask(lambda cache: cache.get_many(list(keys)), {}) if keys else {}
        return {keys[key] for key, count in found.items() if count > 1}

    def tidy(self) -> None:
        """Forget what has left the window."""
        now = self._clock()
        for address in list(self._seen):
            if not self._mine(address):
                del self._seen[address]
        self._hits = {address: kept for address, kept in self._hits.items() if kept[0] > now}

    @property
    def _length(self) -> float:
        return float(conf.TRASHIP_404_WINDOW_S)

    def _mine(self, address: str) -> dict[str, tuple[float, int]]:
        mine, now = self._seen.pop(address, {}), self._clock()
        for digest in [digest for digest, (until, _points) in mine.items() if until <= now]:
            del mine[digest]
        while len(mine) >= PATHS_MAX:
            del mine[next(iter(mine))]
        while len(self._seen) >= ADDRESSES_MAX:
            oldest = next(iter(self._seen))
            del self._seen[oldest]
            self._hits.pop(oldest, None)
        # the last one asked for stands at the end
        self._seen[address] = mine
        return mine

    def _summed(self, cache: Any, address: str, points: int) -> int:
        step = max(self._length / STEPS, 0.001)
        number = int(self._clock() / step)
        keys = [f"{_key(address)}:p{number - back}" for back in range(STEPS)]
        if points:
            _grown(cache, keys[0], points, self._length + step)
        return sum(cache.get_many(keys).values())

    def _ask(self, question: Callable[[Any], Any], otherwise: Any) -> Any:
        try:
            cache = caches[conf.TRASHIP_CACHE]
            if isinstance(cache, (LocMemCache, DummyCache)):
                # nobody else sees it
                return otherwise
            answer = question(cache)
            self._has_cache = True
            return answer
        except Exception:
            if self._has_cache:
                self._has_cache = False
                logger.warning("the cache fails: each process counts 404s alone", exc_info=True)
            return otherwise


def _key(address: str) -> str:
    return f"ideolab_accesslog:{address}"


def _grown(cache: Any, key: str, count: int, timeout: float) -> int:
    if cache.add(key, count, timeout):
        return count
    try:
        return int(cache.incr(key, count))
    except ValueError:
        # it expired in between
        cache.add(key, count, timeout)
        return count
