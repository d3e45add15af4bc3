"""Remembers for a few seconds who was over a limit: one snapshot alone makes no suspect."""

from __future__ import annotations

from collections.abc import Collection, Container

#: seconds within which two snapshots confirm each other: nginx closes after 10 s what an attacker opens anew
SEEN_S = 12.0
#: names that are remembered: bounds the memory
MOST = 200_000


class Sightings(Container[bytes]):
    """Has the addresses and networks that were over a limit in the last SEEN_S seconds."""

    def __init__(self) -> None:
        #: {name: when it was last over a limit}, the latest last
        self._seen: dict[bytes, float] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._seen

    def add(self, names: Collection[bytes], when: float) -> None:
        """Note who is over a limit now; `when` is in seconds and never goes back."""
        seen = {name: at for name, at in self._seen.items() if when - at <= SEEN_S and name not in names}
        seen.update(dict.fromkeys(names, when))
        for name in list(seen)[: max(0, len(seen) - MOST)]:
            del seen[name]
        self._seen = seen

    def forget_old(self, when: float) -> None:
        """Forget who was not over a limit for SEEN_S."""
        self.add((), when)
