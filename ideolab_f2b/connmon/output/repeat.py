"""Decides when a suspect is written again: at its first two ticks, then once a minute. Pure."""

from __future__ import annotations

#: seconds between two lines of one suspect after the second; an ignored address must not fill the log
REPEAT_S = 60.0


class SuspectRepeat:
    """Remembers when each suspect was last written; forgets it as soon as it is no suspect any more."""

    def __init__(self) -> None:
        self._written: dict[str, tuple[int, float]] = {}
        #: the pair that was noted last: 50,000 suspects of one tick share it
        self._mark = (0, 0.0)

    def is_due(self, address: str, now: float) -> bool:
        """Return whether a line is due: at the first two ticks (one jail needs two), then every REPEAT_S."""
        times, last = self._written.get(address, (0, 0.0))
        return times < 2 or now - last >= REPEAT_S or now < last

    def is_new(self, address: str) -> bool:
        """Return whether nothing was written of a suspect since it became one."""
        return address not in self._written

    def mark(self, address: str, now: float) -> None:
        """Note that the line is in the log; a failed write is not marked and so comes again."""
        times, _last = self._written.get(address, (0, 0.0))
        if self._mark != (times + 1, now):
            self._mark = (times + 1, now)
        self._written[address] = self._mark

    def forget_others(self, addresses: set[str]) -> None:
        """Forget all suspects but these."""
        for address in [one for one in self._written if one not in addresses]:
            del self._written[address]
