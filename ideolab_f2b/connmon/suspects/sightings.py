"""Remembers for a few seconds who was over a limit: one snapshot alone makes no suspect."""

from __future__ import annotations

from collections.abc import Collection

#: seconds within which two snapshots confirm each other: nginx closes after 10 s what an attacker opens anew
SEEN_S = 12.0
#: names that are remembered: bounds the memory
MOST = 200_000


class Sightings:
    """Has the addresses and networks that were over a limit at the last note or in the last SEEN_S."""

    def __init__(self) -> None:
        #: {name: when it was last over a limit}, the latest last
        self._seen: dict[bytes, float] = {}
        self._last = 0.0

    def note(self, names: Collection[bytes], when: float) -> set[bytes]:
        """Note who is over a limit now, and return those of them who were so a moment ago.

        `when` is in seconds and never goes back.
        """
        seen = {name: at for name, at in self._seen.items() if at == self._last or when - at <= SEEN_S}
        before = {name for name in names if name in seen}
        for name in before:
            del seen[name]
        seen.update(dict.fromkeys(names, when))
        for name in list(seen)[: max(0, len(seen) - MOST)]:
            del seen[name]
        self._seen, self._last = seen, when
        return before
