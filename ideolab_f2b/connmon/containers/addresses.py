"""Remembers the addresses that the host routes to containers: a proxy in one of them is scored nowhere."""

from __future__ import annotations

#: seconds for which those of a namespace that is gone are kept: the dead connections of a proxy outlive it,
#: and the next container gets its address
KEEP_S = 600.0
#: namespaces whose addresses are remembered
MOST = 256


class KnownAddresses:
    """`all` are the packed addresses of the namespaces that were seen of late."""

    def __init__(self) -> None:
        #: {addresses of one namespace: when they were last seen}, the latest last
        self._seen: dict[frozenset[bytes], float] = {}
        self.all: frozenset[bytes] = frozenset()

    def note(self, routed: frozenset[bytes], now: float) -> None:
        """Add the addresses of a namespace; `now` is in seconds and never goes back."""
        is_new = self._seen.pop(routed, None) is None
        self._seen[routed] = now
        if is_new:
            self._sum_up(now)

    def forget_old(self, now: float) -> None:
        """Forget the namespaces that are gone for long."""
        oldest = next(iter(self._seen.values()), now)
        if now - oldest > KEEP_S:
            self._sum_up(now)

    def _sum_up(self, now: float) -> None:
        kept = [routed for routed, at in self._seen.items() if now - at <= KEEP_S][-MOST:]
        self._seen = {routed: self._seen[routed] for routed in kept}
        self.all = frozenset().union(*kept)
