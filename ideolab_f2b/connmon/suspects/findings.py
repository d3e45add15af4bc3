"""The findings of one snapshot, compared with those before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

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

    def table(self) -> list[Suspect]:
        """Return every address and network seen, the worst first; computed only when asked."""
        return self.explain()
