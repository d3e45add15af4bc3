"""Whose the banned addresses are: the AS numbers, countries and networks with the most bans of a period.

Of a period with few bans each ban is counted, of a longer one the days that the import has counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple, Optional

from django.db.models import Sum

from ideolab_accesslog.dashboard.counts import MINUTE_S, count_since
from ideolab_accesslog.dashboard.event_types import ASN, BAN, COUNTRY, KINDS, NETWORK4, NETWORK6
from ideolab_accesslog.dashboard.first_rows import read_first
from ideolab_accesslog.dashboard.instants import UTC, floor
from ideolab_accesslog.dashboard.period import Period
from ideolab_accesslog.databases.times import to_database
from ideolab_accesslog.models import ConnmonEvent, EventDay

#: newest bans of a period that are counted one by one
NEWEST = 2000
#: rows of each table of the page
TOP = 10
#: of each day the keys that may be among the TOP of all days; who is below them every day is not found
OF_DAY = 40
#: keys of which all days are summed; older SQLite takes 999 values in a statement, and each key has a month
SUMMED = 25


class TopOrigin(NamedTuple):
    """One AS, country or network, the name of the AS, and its bans."""

    key: str
    name: str
    bans: int


@dataclass(frozen=True)
class Origins:
    """The origins of a period. `total`: all bans of it; `since`: its begin.

    `is_cut`: the bans are the newest ones of the period, there were more.
    """

    total: int
    since: datetime
    is_cut: bool
    tops: dict[str, tuple[TopOrigin, ...]]


class BanOrigin(NamedTuple):
    """What is counted of one ban."""

    ip: Optional[str]
    subnet: Optional[str]
    asn: Optional[str]
    asname: Optional[str]
    country: Optional[str]


def read_origins(period: Period, now: datetime, hour: Sequence[BanOrigin]) -> Origins:
    """Read the top ones of each kind; `hour` has the newest bans of the last hour."""
    day = timedelta(days=1)
    if period.length <= day:
        # whole minutes: who waits for a change sees one a minute
        start = floor(now - period.length, MINUTE_S)
        # more bans in an hour are more in a day
        newest = hour if period.length < day or len(hour) > NEWEST else read_newest(start, now)
        if len(newest) <= NEWEST or period.length < day:
            return count_newest(newest, start)
    # 24 hours lie in two days
    return _sum_days(now - max(period.length, 2 * day) + day, now)


def read_newest(start: datetime, end: datetime, kind: str = BAN, most: int = NEWEST) -> list[BanOrigin]:
    """Return the newest events of a type and time, one more than `most` where there are more."""
    of_time = ConnmonEvent.objects.filter(ts__gte=to_database(start), ts__lte=to_database(end))
    rows = of_time.filter(type=kind).order_by("-ts")
    return [BanOrigin(*row) for row in rows.values_list(*BanOrigin._fields)[: most + 1]]


def count_newest(rows: Sequence[BanOrigin], start: datetime, most: int = NEWEST) -> Origins:
    """Count bans by each kind of origin."""
    counted = rows[:most]
    names = {row.asn: row.asname or "" for row in reversed(counted) if row.asn}
    found = {
        ASN: Counter(row.asn for row in counted if row.asn),
        COUNTRY: Counter(row.country for row in counted if row.country),
        NETWORK4: Counter(row.subnet for row in counted if row.subnet and ":" not in row.subnet),
        NETWORK6: Counter(row.subnet for row in counted if row.subnet and ":" in row.subnet),
    }
    tops = {
        kind: tuple(
            TopOrigin(key, names.get(key, "") if kind == ASN else "", count)
            for key, count in sorted(counter.items(), key=lambda pair: (-pair[1], pair[0]))[:TOP]
        )
        for kind, counter in found.items()
    }
    return Origins(len(counted), start, len(rows) > most, tops)


def _sum_days(start: datetime, now: datetime) -> Origins:
    first, last = (when.astimezone(UTC).date() for when in (start, now))
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    since = datetime(first.year, first.month, first.day, tzinfo=UTC)
    tops = {kind: _find_top(kind, days) for kind in KINDS}
    return Origins(count_since(since, now), since, False, tops)


def _find_top(kind: str, days: Sequence[date]) -> tuple[TopOrigin, ...]:
    """Return the keys with the most bans, of those that were among the first OF_DAY of a day."""
    of_kind = EventDay.objects.filter(kind=kind)
    queries = [
        of_kind.filter(day=day).order_by("-count").values_list("key", "count", "name")[:OF_DAY]
        for day in days
    ]
    seen: Counter[str] = Counter()
    names: dict[str, str] = {}
    for key, count, name in read_first(queries):
        seen[key] += count
        names[key] = name or names.get(key, "")
    likely = [key for key, _count in seen.most_common(SUMMED)]
    # one after the other: for `key IN` PostgreSQL reads all keys of these days
    sums = [
        of_kind.filter(day__in=days, key=key).order_by().values_list("key").annotate(found=Sum("count"))
        for key in likely
    ]
    found = sorted(read_first(sums), key=lambda pair: (-pair[1], pair[0]))
    return tuple(TopOrigin(key, names[key], int(count)) for key, count in found[:TOP])
