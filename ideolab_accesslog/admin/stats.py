"""The numbers of the stats page: bans and unbans a day, top scanners, active bans.

Days are counted here, because MySQL without time-zone tables cannot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from ideolab_accesslog.admin.days import local, midnight
from ideolab_accesslog.models import FirewallActionLog, TrashIP

#: rows of each table of the page
TOP = 20
#: audit rows that one page counts; beyond it says so
MOST_ACTIONS = 200_000
PERIODS = (7, 30, 90)
#: with TRASHIP_FIREWALL_EXECUTE off, a ban is still one: the middleware refuses the address
COUNTED = (FirewallActionLog.State.DONE, FirewallActionLog.State.SKIPPED)


@dataclass(frozen=True)
class Day:
    """Addresses banned and unbanned on one day of the site's time zone."""

    day: date
    bans: int
    unbans: int


@dataclass(frozen=True)
class Stats:
    days: tuple[Day, ...]
    #: more audit rows than were counted
    is_cut: bool
    scanners: tuple[TrashIP, ...]
    active: tuple[TrashIP, ...]
    active_count: int
    missing_count: int
    failed_count: int


def stats(days: int) -> Stats:
    """Of the last `days` days, today included."""
    first = midnight(days - 1)
    actions = FirewallActionLog.objects.filter(ts__gte=first, action__in=("ban", "unban"))
    counted = actions.filter(state__in=COUNTED).order_by().values_list("ts", "action")
    rows = list(counted[: MOST_ACTIONS + 1])
    banned = TrashIP.objects.filter(is_banned=True).filter(active_at(timezone.now()))
    return Stats(
        days=tuple(per_day(rows[:MOST_ACTIONS], first.date(), days)),
        is_cut=len(rows) > MOST_ACTIONS,
        scanners=tuple(_scanners()),
        active=tuple(banned.order_by("-last_seen")[:TOP]),
        active_count=banned.count(),
        missing_count=banned.filter(iptables_applied=False).count(),
        failed_count=actions.filter(state=FirewallActionLog.State.FAILED).count(),
    )


def active_at(now: datetime) -> Q:
    """Bans whose time is not over."""
    return Q(ban_until=None) | Q(ban_until__gt=now)


def per_day(rows: Iterable[tuple[datetime, str]], first: date, days: int) -> list[Day]:
    """Every day of the period, also those on which nothing happened."""
    counts: Counter[tuple[date, str]] = Counter((local(when).date(), action) for when, action in rows)
    wanted = [first + timedelta(days=number) for number in range(days)]
    return [Day(day, counts[day, "ban"], counts[day, "unban"]) for day in wanted]


def _scanners() -> list[TrashIP]:
    # two indexed lists: an index on the sum would have to be kept for every offence
    found: dict[Any, TrashIP] = {}
    for field in ("count_404", "count_sensitive"):
        rows = TrashIP.objects.filter(**{f"{field}__gt": 0}).order_by(f"-{field}")[:TOP]
        found.update((row.pk, row) for row in rows)
    ranked = sorted(found.values(), key=lambda row: row.count_404 + row.count_sensitive, reverse=True)
    return ranked[:TOP]
