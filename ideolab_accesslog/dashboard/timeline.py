"""The timeline of bans, by jail."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from ideolab_accesslog.access.printable import to_printable
from ideolab_accesslog.dashboard.period import Period

#: jails that have a series of their own
JAILS = 8
#: characters of a jail's name
JAIL_MAX = 64


@dataclass(frozen=True)
class Series:
    """The bans of one jail, in each step."""

    jail: str
    values: tuple[int, ...]


@dataclass(frozen=True)
class BanTimeline:
    """Bans by step and jail. `other`: the last series is that of all further jails.

    `state`: ok, that of the source of events, or unknown: bans were imported and not counted.
    """

    state: str
    starts: tuple[datetime, ...]
    step_s: int
    series: tuple[Series, ...]
    other: bool


def make_timeline(
    counts: Counter[tuple[datetime, str]], period: Period, now: datetime, state: str = "ok"
) -> BanTimeline:
    """Return the timeline of what was counted; the jails with the most bans first."""
    starts = period.list_starts(now)
    totals: Counter[str] = Counter()
    for (_when, jail), count in counts.items():
        totals[jail] += count
    shown = [jail for jail, _count in sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))[:JAILS]]
    series = [
        Series(to_printable(jail, JAIL_MAX) or _("no jail"), tuple(counts[start, jail] for start in starts))
        for jail in shown
    ]
    others = [jail for jail in totals if jail not in shown]
    if others:
        values = tuple(sum(counts[start, jail] for jail in others) for start in starts)
        series.append(Series(_("other"), values))
    return BanTimeline(state, tuple(starts), period.step_s, tuple(series), bool(others))
