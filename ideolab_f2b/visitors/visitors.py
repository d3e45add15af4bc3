"""The clients of the last days with their requests, and what part of them lies in given networks. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Callable, NamedTuple, Optional

from ideolab_f2b.kernel.ipset.element import Key


class VisitorShare(NamedTuple):
    """How many of all clients lie in some networks, and how many of all requests came from there."""

    clients: int
    clients_total: int
    requests: int
    requests_total: int


class Visitors(NamedTuple):
    """An IPv6 client is its /64. Nothing is known where no log could be read: that is not nobody."""

    #: {client: its requests}
    clients: Mapping[Key, int]
    #: the logs that were read, the newest first
    files: tuple[str, ...] = ()
    #: the first request that was counted, in epoch seconds
    since: Optional[float] = None
    #: not all of the days were read: too much, too slow, or a file that could not be
    is_partial: bool = False
    #: why nothing is known, or what was left out
    troubles: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether a log was read."""
        return bool(self.files)

    def measure(self, holds: Callable[[Key], bool]) -> Optional[VisitorShare]:
        """Return the part of the clients that `holds` says yes to; None where nothing is known."""
        if not self.is_known:
            return None
        inside = [count for client, count in self.clients.items() if holds(client)]
        return VisitorShare(len(inside), len(self.clients), sum(inside), sum(self.clients.values()))
