"""Suggests thresholds from the largest numbers of honest clients of this host. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.observe.day import Peak, WatchedDay
from ideolab_f2b.connmon.observe.summary import CONNECTIONS, HELLOS, NETWORK, QUIET, QUIET_FULL

#: a threshold is so many times the largest number of an honest client
ROOM = 2
#: hours from which on the numbers are worth anything: a day has its busy hour
ENOUGH_H = 24.0
#: {setting: what it is compared with}
_COMPARED = {
    "th_hostile_ip": (HELLOS, QUIET_FULL),
    "th_calm_ip": (QUIET,),
    "th_conn_ip": (CONNECTIONS,),
    "th_hostile_subnet": (NETWORK,),
}


class Suggestion(NamedTuple):
    """A threshold as it is, as it could be, and the number that this comes from."""

    key: str
    now: int
    seen: Peak
    suggested: int


def suggest(days: Sequence[WatchedDay], settings: Connmon) -> list[Suggestion]:
    """Return a suggestion for each threshold: never below the pack's default."""
    return [_suggest(key, _find_largest(days, names), settings) for key, names in _COMPARED.items()]


def _suggest(key: str, seen: Peak, settings: Connmon) -> Suggestion:
    default: int = getattr(Connmon(), key)
    return Suggestion(key, getattr(settings, key), seen, max(default, ROOM * seen.value))


def _find_largest(days: Iterable[WatchedDay], names: Sequence[str]) -> Peak:
    peaks = [day.peaks[name] for day in days for name in names if name in day.peaks]
    return max(peaks, key=lambda peak: peak.value, default=Peak())
