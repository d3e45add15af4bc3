"""Remembers the networks that nobody bans although they are suspects: their members are named instead."""

from __future__ import annotations

from collections.abc import Collection, Container

#: seconds after which a network that is still a suspect is not banned: nginx has ended what a ban cuts off
PATIENCE_S = 90.0
#: seconds for which its members are named
MEMBERS_S = 3600.0
#: networks that are remembered
MOST = 1000


class UnbannedNetworks(Container[bytes]):
    """Has the networks whose jail does not run, or whose ban is refused because of somebody in them."""

    def __init__(self) -> None:
        #: {network: when it became a suspect}
        self._since: dict[bytes, float] = {}
        #: {network: when its members are no longer named}
        self._until: dict[bytes, float] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._until

    def update(self, suspects: Collection[bytes], when: float) -> None:
        """Note the networks that are suspects now; `when` is in seconds and never goes back."""
        self._since = {name: self._since.get(name, when) for name in suspects}
        self._until = {name: until for name, until in self._until.items() if until > when}
        for name, since in self._since.items():
            if when - since > PATIENCE_S and len(self._until) < MOST:
                self._until[name] = when + MEMBERS_S
