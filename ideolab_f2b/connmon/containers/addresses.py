"""Remembers the addresses that the host routes to containers: a proxy in one of them is scored nowhere."""

from __future__ import annotations

#: seconds for which those of a namespace that is gone are kept: the dead connections of a proxy outlive it,
#: and the next container gets its address
KEEP_S = 600.0
#: seconds for which a set of addresses is not noted again
NOTED_S = 30.0
#: addresses that are remembered
MOST = 8192


class KnownAddresses:
    """`all` are the packed addresses that were seen of late."""

    def __init__(self) -> None:
        #: {address: when it was last seen}
        self._seen: dict[bytes, float] = {}
        #: the same of whole sets: they are mostly the same each time
        self._noted: dict[frozenset[bytes], float] = {}
        self._oldest = float("inf")
        self.all: frozenset[bytes] = frozenset()

    def note(self, routed: frozenset[bytes], now: float) -> None:
        """Add addresses; `now` is in seconds and never goes back."""
        if now - self._noted.get(routed, float("-inf")) < NOTED_S:
            return
        is_new = not routed <= self.all
        self._seen.update(dict.fromkeys(routed, now))
        if is_new:
            self._sum_up(now)
        self._noted[routed] = now

    def forget_old(self, now: float) -> None:
        """Forget those that are gone for long."""
        if now - self._oldest > KEEP_S:
            self._sum_up(now)

    def _sum_up(self, now: float) -> None:
        kept = [(at, one) for one, at in self._seen.items() if now - at <= KEEP_S]
        if len(kept) > MOST:
            kept = sorted(kept, reverse=True)[:MOST]
        self._seen, self._noted = {one: at for at, one in kept}, {}
        self._oldest = min(self._seen.values(), default=float("inf"))
        self.all = frozenset(self._seen)
