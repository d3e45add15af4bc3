"""Remembers the pages of excused offences: each is told once, and never moves a count that can ban.

Each process remembers its own, apart from the window of the offences that count: otherwise a page full of
pictures would fill that window, or hide from it the paths that its owner asks for afterwards.
"""

from __future__ import annotations

from time import monotonic
from typing import Callable

from ideolab_accesslog.conf import conf
from ideolab_accesslog.traship.offence import digest_of

#: addresses that are remembered
ADDRESSES_MAX = 1000
#: pages of one address that are remembered within a window, and told: a page may ask for thousands
PAGES_MAX = 100


class ExcusedPages:
    """One per process; used by the writer's thread alone."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        #: {address: {digest of a page: (end of its window, points)}}; who came last stands at the end
        self._seen: dict[str, dict[bytes, tuple[float, int]]] = {}

    def add(self, address: str, page: str, points: int) -> int:
        """Remember a page; return all points within the window, or 0 for one known already or too many."""
        pages = self._forget_old_pages(address)
        digest = digest_of(page)
        if digest in pages or len(pages) >= PAGES_MAX:
            return 0
        pages[digest] = (self._clock() + float(conf.TRASHIP_404_WINDOW_S), points)
        return sum(worth for _until, worth in pages.values())

    def forget_old(self) -> None:
        """Forget what has left the window."""
        for address in list(self._seen):
            if not self._forget_old_pages(address):
                del self._seen[address]

    def _forget_old_pages(self, address: str) -> dict[bytes, tuple[float, int]]:
        now = self._clock()
        pages = {page: kept for page, kept in self._seen.pop(address, {}).items() if kept[0] > now}
        while len(self._seen) >= ADDRESSES_MAX:
            del self._seen[next(iter(self._seen))]
        self._seen[address] = pages
        return pages
