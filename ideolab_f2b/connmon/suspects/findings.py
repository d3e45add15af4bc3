"""The findings of one snapshot, compared with those before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Optional

from ideolab_f2b.connmon.alike.client import SlotClient
from ideolab_f2b.connmon.observe.honest import HonestClients
from ideolab_f2b.connmon.pressure.state import Pressure
from ideolab_f2b.connmon.suspects.suspect import Cluster, Suspect


@dataclass(frozen=True)
class Findings:
    """The suspects of one snapshot, and the numbers of everybody's connections."""

    suspects: Sequence[Suspect] = ()
    #: connections per phase, over all peers
    phases: dict[str, int] = field(default_factory=dict)
    connections: int = 0
    #: connections that ss calls established, accepted or not
    established: int = 0
    #: seconds until enough quiet connections of one address are old enough to count, or until who is over a
    #: limit for the first time is to be seen again; None: no need to hurry
    old_enough_in_s: float | None = None
    #: makes the rows of `table`
    explain: Callable[[], list[Suspect]] = list
    #: somebody is over a limit for the first time, and the next snapshot decides
    is_unconfirmed: bool = False
    clusters: tuple[Cluster, ...] = ()
    #: how full the server is; None where nobody asked
    pressure: Pressure | None = None
    #: the server is full, and nobody holds so much of it that it would explain that
    is_unexplained: bool = False
    #: makes the list of a full server's clients, for whoever can say which are alike; None: no need
    crowd: Optional[Callable[[], Sequence[SlotClient]]] = None
    #: finds the largest numbers of those that look honest, when somebody wants to know
    find_honest: Callable[[], HonestClients] = HonestClients

    def table(self) -> list[Suspect]:
        """Return every address and network seen, the worst first; computed only when asked."""
        return self.explain()
