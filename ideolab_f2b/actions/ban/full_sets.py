"""Which of a jail's kernel sets are full: new lines are refused then, before fail2ban lists them."""

from __future__ import annotations

import socket
import time
from typing import Any, Callable

#: seconds after which a ban is tried again: the kernel expires elements before fail2ban asks for it
TRY_AGAIN_S = 10.0
#: seconds for which a count of the list holds: to count 130,000 bans takes about 20 ms
COUNT_AGAIN_S = 10.0


class FullSets:
    """The families whose set took no element; each has a set of its own, so one leaves the other open."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: dict[int, float] = {}
        self._six, self._counted_at = 0, float("-inf")

    def note_full(self, version: int) -> None:
        """The set of this IP version took no element."""
        self._since[version] = self._clock()

    def note_room(self, version: int) -> None:
        """An element has left the set of this IP version."""
        self._since.pop(version, None)

    def is_full(self, version: int) -> bool:
        """Whether the set was full a moment ago, and nothing has left it since."""
        since = self._since.get(version)
        return since is not None and self._clock() - since < TRY_AGAIN_S

    def has_room(self, version: int, bans: Any, most: float) -> bool:
        """Whether fail2ban's ban list may take one more of this IP version; `most` of each are enough.

        The list is counted only when it is as long as that, and seldom: the kernel's own answer comes first.
        """
        if self.is_full(version):
            return False
        return bool(bans.size() < most or self._count(version, bans) < most)

    def _count(self, version: int, bans: Any) -> int:
        if self._clock() - self._counted_at >= COUNT_AGAIN_S:
            self._counted_at = self._clock()
            self._six = sum(getattr(each.getID(), "family", None) == socket.AF_INET6 for each in bans)
        return self._six if version == 6 else int(bans.size()) - self._six
