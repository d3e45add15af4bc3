"""Which of a jail's kernel sets are full: new lines are refused then, before fail2ban lists them."""

from __future__ import annotations

import time
from typing import Callable

#: seconds after which a ban is tried again: the kernel expires elements before fail2ban asks for it
TRY_AGAIN_S = 10.0


class FullSets:
    """The families whose set took no element; each has a set of its own, so one leaves the other open."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: dict[int, float] = {}

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
