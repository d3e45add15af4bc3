"""Reads the numbers of the traffic page from the newest requests of the access log, and from the offences.

What is not logged is not 0: ACCESSLOG_STATUS_CODES and ACCESSLOG_SAMPLE_RATE say what the log holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple, Optional
from urllib.parse import urlsplit

from django.db.models import Count, Q

from ideolab_accesslog import databases
from ideolab_accesslog.access.printable import to_printable
from ideolab_accesslog.admin.days import midnight, next_midnight
from ideolab_accesslog.admin.pages.browsers import name_browser
from ideolab_accesslog.conf import conf
from ideolab_accesslog.models import AccessLog, OffenceLog, TrashIP

#: newest requests that are counted: each table of the page is one look at them
MOST = 200_000
#: newest requests whose durations are sorted, and whose hosts are the site's own
NEWEST = 10_000
#: rows of each table of the page
TOP = 15
#: different referrers and agents that are read, to be summed by host and browser
GROUPS = 1000
#: characters of a path
PATH_MAX = 120


class TrafficDay(NamedTuple):
    """One day of the site's time zone; `requests` is None for a day that was not counted."""

    day: date
    requests: Optional[int]
    visitors: int = 0
    client_errors: int = 0
    server_errors: int = 0


class Ranked(NamedTuple):
    """One row of a table: a text, printable, and how often."""

    text: str
    times: int


@dataclass(frozen=True)
class Traffic:
    """What the traffic page shows. `is_cut`: the log has more requests of these days than were counted.

    `client_errors` and `server_errors` are None when such answers are not logged, and none is there.
    """

    days: tuple[TrafficDay, ...]
    is_cut: bool
    requests: int
    visitors: int
    client_errors: Optional[int]
    server_errors: Optional[int]
    median_ms: Optional[float]
    slowest_ms: Optional[float]
    statuses: tuple[Ranked, ...]
    paths: tuple[Ranked, ...]
    missing: tuple[Ranked, ...]
    referrers: tuple[Ranked, ...]
    browsers: tuple[Ranked, ...]


def read_traffic(days: int) -> Traffic:
    """Read the numbers of the last `days` days, today included, from at most MOST requests."""
    first = midnight(days - 1)
    log = AccessLog.objects.using(databases.requests()).order_by()
    oldest = _find_oldest(log.filter(ts__gte=first))
    counted = log.filter(ts__gte=first) if oldest is None else log.filter(ts__gt=oldest)
    statuses = _count(counted, "status_code")
    newest = list(counted.order_by("-ts", "-pk").values_list("duration_ms", "host")[:NEWEST])
    median_ms, slowest_ms = _measure([duration for duration, _host in newest])
    return Traffic(
        days=tuple(_read_days(counted, first, days, oldest)),
        is_cut=oldest is not None,
        requests=sum(statuses.values()),
        visitors=counted.aggregate(visitors=Count("ip", distinct=True))["visitors"],
        client_errors=_sum_errors(statuses, 4),
        server_errors=_sum_errors(statuses, 5),
        median_ms=median_ms,
        slowest_ms=slowest_ms,
        statuses=tuple(Ranked(str(status), count) for status, count in statuses.most_common(TOP)),
        paths=_rank(_count(counted.filter(status_code__lt=400), "path", TOP)),
        missing=_read_missing(first),
        referrers=_rank(_sum_by_host(counted, {host.partition(":")[0].lower() for _ms, host in newest})),
        browsers=_rank(_sum_by_browser(_count(counted, "user_agent", GROUPS))),
    )


def is_logged(hundred: int) -> bool:
    """Return whether answers of 400 to 499, or of 500 to 599, are logged at all."""
    return bool(conf.ACCESSLOG_ENABLED) and any(
        isinstance(status, int) and status // 100 == hundred for status in conf.ACCESSLOG_STATUS_CODES
    )


def _find_oldest(rows: Any) -> Optional[datetime]:
    """Return the time of the newest request that is not counted any more; None when all are."""
    found: Any = rows.order_by("-ts").values_list("ts", flat=True)[MOST : MOST + 1]
    return next(iter(found), None)


def _count(rows: Any, field: str, most: Optional[int] = None) -> Counter[Any]:
    """Return how often each value of a field occurs; the `most` frequent ones."""
    groups = rows.values_list(field).annotate(count=Count("pk")).order_by("-count", field)
    return Counter(dict(groups[:most] if most else groups))


def _sum_errors(statuses: Counter[int], hundred: int) -> Optional[int]:
    count = sum(number for status, number in statuses.items() if status // 100 == hundred)
    return count if count or is_logged(hundred) else None


def _measure(durations: Iterable[Optional[float]]) -> tuple[Optional[float], Optional[float]]:
    """Return the median and the 95th percentile, in milliseconds."""
    found = sorted(duration for duration in durations if duration is not None)
    return (found[len(found) // 2], found[len(found) * 95 // 100]) if found else (None, None)


def _read_days(rows: Any, first: datetime, days: int, oldest: Optional[datetime]) -> Iterator[TrafficDay]:
    """Yield each day; one query for a day, because no database but PostgreSQL knows the site's time zone."""
    start = first
    for _ in range(days):
        end = next_midnight(start)
        if oldest is not None and end <= oldest:
            yield TrafficDay(start.date(), None)
        else:
            found = rows.filter(ts__gte=start, ts__lt=end).aggregate(
                requests=Count("pk"),
                visitors=Count("ip", distinct=True),
                client_errors=Count("pk", filter=Q(status_code__gte=400, status_code__lt=500)),
                server_errors=Count("pk", filter=Q(status_code__gte=500)),
            )
            yield TrafficDay(start.date(), **found)
        start = end


def _read_missing(first: datetime) -> tuple[Ranked, ...]:
    """Return the missing pages that most addresses asked for, from the offences that are kept."""
    rows = OffenceLog.objects.filter(ts__gte=first, status_code__in=(404, 410), rule="").order_by()
    rows = rows.exclude(reason=TrashIP.Reason.CRAWLER)
    groups = rows.values_list("path").annotate(count=Count("ip", distinct=True)).order_by("-count", "path")
    return _rank(Counter(dict(groups[:TOP])))


def _sum_by_host(rows: Any, own: set[str]) -> Counter[str]:
    """Return how many requests came from links of each host that is none of the site's own."""
    sums: Counter[str] = Counter()
    for referrer, count in _count(rows.exclude(referer=""), "referer", GROUPS).items():
        host = _find_host(referrer)
        if host and host not in own:
            sums[host] += count
    return sums


def _find_host(referrer: str) -> str:
    try:
        return urlsplit(referrer).hostname or ""
    except ValueError:
        return ""


def _sum_by_browser(agents: Counter[str]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for agent, count in agents.items():
        sums[name_browser(agent)] += count
    return sums


def _rank(counts: Counter[str]) -> tuple[Ranked, ...]:
    ranked: Iterable[tuple[str, int]] = counts.most_common(TOP)
    return tuple(Ranked(to_printable(str(text), PATH_MAX), count) for text, count in ranked)
