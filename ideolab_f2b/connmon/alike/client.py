"""What one address holds of a full server, and what is known of it. Decides nothing."""

from __future__ import annotations

from typing import NamedTuple

from ideolab_f2b.connmon.suspects.suspect import Cluster


class SlotClient(NamedTuple):
    """An address with what its connections do."""

    address: bytes
    #: slots that it holds
    slots: int
    #: those of them that are its own fault, if it has lasted and nothing was ever answered; 0: none
    faults: int = 0
    #: the phase that says what most of these are; "" without
    phase: str = ""
    #: connections that wait for us, and not for the client
    waiting: int = 0
    #: answered in the last minute
    is_answered: bool = False
    #: seconds (the detector's clock) since when it is at fault
    since: float = 0.0
    #: of the faults: requests that grow and do not end; and of these: more came only once, but soon
    requests: int = 0
    early: int = 0

    @property
    def is_silent(self) -> bool:
        """Whether its connections ask for nothing, which a page of another site can make a browser do."""
        return self.phase in SILENT_PHASES


class Group(NamedTuple):
    """Addresses that are one attacker."""

    cluster: Cluster
    #: the sentence for people
    why: str
    is_silent: bool


#: phases of connections that ask for nothing
SILENT_PHASES = frozenset(("mute", "handshake-only"))
