"""Lifts what jails have left in the kernel that are switched off, once they had time to come back."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection
from typing import Callable

from fail2ban.server.observer import Observers

from ideolab_f2b.actions.set_names import SET_NAMES
from ideolab_f2b.firewall import orphans
from ideolab_f2b.firewall.backend import KernelSets

#: seconds for which no jail has had a set: a jail that is stopped and started by hand is back by then
LEFT_S = 60.0
_log = logging.getLogger("fail2ban.ideolab-ban")


def is_server_ending() -> bool:
    """Whether fail2ban-server stops, and with it all jails: their elements stay then."""
    return Observers.Main is None


class LeftSets:
    """The sets in the list that no jail of this server has, and since when."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        is_ending: Callable[[], bool] = is_server_ending,
    ) -> None:
        self._clock, self._is_ending = clock, is_ending
        self._since: dict[str, float] = {}

    def look(
        self,
        kernel: KernelSets,
        owned: Collection[str],
        moved: Collection[str] = (),
        is_ordered: bool = False,
    ) -> dict[str, int]:
        """Lift what was left long enough, or at once when that is ordered; {name: elements lifted}.

        `owned` are the sets of jails that have this backend, `moved` those of jails that have another one.
        """
        if self._is_ending():
            return {}
        # a jail has its name before it starts: what comes back soon is not left
        left = orphans.find(kernel, {*owned, *(SET_NAMES.names() - {*moved})})
        now = self._clock()
        self._since = {name: self._since.get(name, now) for name in left}
        due = [name for name, since in self._since.items() if is_ordered or now - since >= LEFT_S]
        lifted = {name: orphans.lift(kernel, left[name]) for name in due}
        for name, count in lifted.items():
            _log.warning("kernel set %s belongs to no jail that runs: %d bans lifted", name, count)
            del self._since[name]
        return lifted

    @property
    def is_waiting(self) -> bool:
        """Whether there is something left that will be lifted."""
        return bool(self._since) and not self._is_ending()
