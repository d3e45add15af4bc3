"""One source, and how old its word is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

#: seconds by which the clocks of two hosts may differ; what is stamped later says nothing of now
CLOCKS_S = 120
#: characters of a path
PATH_MAX = 200


@dataclass(frozen=True)
class DashboardSource:
    """One source. `state`: ok, behind, stale, absent, unknown; `age_s`: since it last spoke."""

    key: str
    label: str
    state: str
    age_s: Optional[int]
    text: str

    @property
    def is_ok(self) -> bool:
        """Return whether its numbers are those of now."""
        return self.state == "ok"


def is_to_come(now: float, then: float) -> bool:
    """Return whether a time says nothing: it was written while the clock of the host was wrong."""
    return then - now > CLOCKS_S


def count_age(now: float, then: float) -> int:
    """Return the whole seconds since then; 0 for a time to come."""
    return max(0, int(now - then))
