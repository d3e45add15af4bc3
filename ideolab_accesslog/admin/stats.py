"""Reads the numbers of the statistics page: bans and unbans per day, top scanners, active bans.

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

from ideolab_accesslog.admin.ban_state import missing
from ideolab_accesslog.admin.days import midnight, to_local
from ideolab_accesslog.models import FirewallActionLog, TrashIP

#: rows of each table of the page
TOP = 20
#: audit rows that one page counts; it says so when there are more
MOST_ACTIONS = 200_000
#: days that the page can show
PERIODS = (7, 30, 90)
#: states that count; a ban with TRASHIP_FIREWALL_EXECUTE off is one too: the middleware refuses the address
COUNTED_STATES = (FirewallActionLog.State.DONE, FirewallActionLog.State.SKIPPED)


@dataclass(frozen=True)
class Day:
    """Addresses banned and unbanned on one day of the site's time zone."""

    day: date
    bans: int
    unbans: int


@dataclass(frozen=True)
class Stats:
    """What the statistics page shows. `is_cut`: there are more audit rows than were counted."""

    days: tuple[Day, ...]
    is_cut: bool
    scanners: tuple[TrashIP, ...]
    active: tuple[TrashIP, ...]
    active_count: int
    missing_count: int
    failed_count: int


def read_stats(days: int) -> Stats:
    """Read the numbers of the last `days` days, today included."""
    first = midnight(days - 1)
    actions = FirewallActionLog.objects.filter(ts__gte=first, action__in=("ban", "unban"))
    counted = actions.filter(state__in=COUNTED_STATES).order_by().values_list("ts", "action")
    rows = list(counted[: MOST_ACTIONS + 1])
    banned = TrashIP.objects.filter(is_banned=True).filter(active_at(timezone.now()))
    return Stats(
        days=tuple(count_by_day(rows[:MOST_ACTIONS], first.date(), days)),
        is_cut=len(rows) > MOST_ACTIONS,
        scanners=tuple(_read_scanners()),
        active=tuple(banned.order_by("-last_seen")[:TOP]),
        active_count=banned.count(),
        missing_count=banned.filter(missing()).count(),
        failed_count=actions.filter(state=FirewallActionLog.State.FAILED).count(),
    )


def active_at(now: datetime) -> Q:
    """Return the condition of bans whose time is not over."""
    return Q(ban_until=None) | Q(ban_until__gt=now)


def count_by_day(rows: Iterable[tuple[datetime, str]], first: date, days: int) -> list[Day]:
    """Count the rows (time, action) by day, also for days on which nothing happened."""
    counts: Counter[tuple[date, str]] = Counter((to_local(when).date(), action) for when, action in rows)
    wanted = [first + timedelta(days=number) for number in range(days)]
    return [Day(day, counts[day, "ban"], counts[day, "unban"]) for day in wanted]


def _read_scanners() -> list[TrashIP]:
    """Return the addresses with the most offences of both kinds."""
    # two indexed lists: an index on the sum would have to be kept for every offence
    found: dict[Any, TrashIP] = {}
    for field in ("count_404", "count_sensitive"):
        rows = TrashIP.objects.filter(**{f"{field}__gt": 0}).order_by(f"-{field}")[:TOP]
        found.update((row.pk, row) for row in rows)
    ranked = sorted(found.values(), key=lambda row: row.count_404 + row.count_sensitive, reverse=True)
    return ranked[:TOP]
