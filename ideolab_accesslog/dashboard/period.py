"""The periods that the page can show, and the steps of their timelines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ideolab_accesslog.dashboard.instants import floor

HOUR_S = 3600
DAY_S = 24 * HOUR_S


@dataclass(frozen=True)
class Period:
    """So many steps of a timeline, the last one is not over yet."""

    name: str
    steps: int
    step_s: int

    @property
    def length(self) -> timedelta:
        """Return the time of all steps."""
        return timedelta(seconds=self.steps * self.step_s)

    def find_start(self, now: datetime) -> datetime:
        """Return when the first step began."""
        return floor(now, self.step_s) - timedelta(seconds=self.step_s * (self.steps - 1))

    def list_starts(self, now: datetime) -> list[datetime]:
        """Return when each step began."""
        first = self.find_start(now)
        return [first + timedelta(seconds=self.step_s * number) for number in range(self.steps)]


PERIODS = {
    period.name: period
    for period in (
        Period("1h", 60, 60),
        Period("24h", 24, HOUR_S),
        Period("7d", 28, 6 * HOUR_S),
        Period("30d", 30, DAY_S),
    )
}
DEFAULT = "24h"


def choose(name: str) -> Period:
    """Return the period of this name; the default one for any other."""
    return PERIODS.get(name, PERIODS[DEFAULT])
