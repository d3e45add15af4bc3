"""Compares what the rows want with what the kernel holds, and brings the two together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Optional

from django.db.models import Q
from django.utils import timezone

from ideolab_accesslog.conf import conf
from ideolab_accesslog.firewall import answers as applied
from ideolab_accesslog.firewall import calls, transports
from ideolab_accesslog.firewall.intents import Intent
from ideolab_accesslog.firewall.transports import absent
from ideolab_accesslog.firewall.transports.order import DONE, Order
from ideolab_accesslog.models import FirewallActionLog, TrashIP

ACTOR = "reconcile_firewall"
#: a call that has not finished by then never will: its process is gone
PENDING_S = 300
_BATCH = 500
#: wanted, confirmed, failed, or wanted and never confirmed
_IS_OPEN = (
    Q(is_banned=True)
    | Q(iptables_applied=True)
    | ~Q(firewall_error="")
    | Q(intent__isnull=False, applied_at__isnull=True)
)


class CannotCompareError(RuntimeError):
    """Nobody here can ask the kernel; the text says why."""


@dataclass
class Drift:
    """What differed. `missing`: wanted and not in the kernel, with the end of the ban; `extra`: in the kernel
    and not wanted; `unknown`: no answer, with what was said instead."""

    asked: int = 0
    missing: dict[str, Optional[datetime]] = field(default_factory=dict)
    extra: list[str] = field(default_factory=list)
    unknown: dict[str, str] = field(default_factory=dict)


def forget_lost_calls() -> int:
    """Rows of calls whose process ended before the answer; what they wanted is compared like all else."""
    lost = FirewallActionLog.objects.filter(
        state=FirewallActionLog.State.PENDING, ts__lt=timezone.now() - timedelta(seconds=PENDING_S)
    )
    return int(
        lost.update(state=FirewallActionLog.State.FAILED, stderr="the process ended before the answer came")
    )


def compare() -> Drift:
    """Ask the kernel about every address that is wanted banned or may still be in it; flags follow."""
    if not conf.TRASHIP_FIREWALL_EXECUTE:
        raise CannotCompareError("TRASHIP_FIREWALL_EXECUTE is False: this site changes no firewall")
    transport = transports.choose("check")
    if transport is absent:
        answers = absent.run([Order("check", "")]).answers
        raise CannotCompareError(answers[""].stderr)
    drift = Drift()
    for wanted in _rows():
        started = timezone.now()
        orders = [Order("check", address) for address in wanted]
        call = transport.run(orders)
        applied.flag_checked(orders, call, started)
        for address, (is_wanted, until) in wanted.items():
            answer = call.answer(address)
            drift.asked += 1
            if answer.state != DONE:
                drift.unknown[address] = answer.stderr
            elif is_wanted and not answer.applied:
                drift.missing[address] = until
            elif answer.applied and not is_wanted:
                drift.extra.append(address)
    return drift


def repair(drift: Drift) -> Iterator[calls.Outcome]:
    """Ban again what is missing, lift what is extra; rows that have changed since are left alone."""
    by_end: dict[Optional[datetime], list[str]] = {}
    for address, until in drift.missing.items():
        by_end.setdefault(until, []).append(address)
    for until, addresses in by_end.items():
        if until is None or until > timezone.now() + timedelta(seconds=1):
            yield calls.ban(
                addresses,
                until=until,
                actor=ACTOR,
                reason="not in the kernel",
                only=_still(until),
            )
    if drift.extra:
        yield calls.unban(drift.extra, actor=ACTOR, reason="not wanted", only=_is_unwanted)


def _still(until: Optional[datetime]) -> calls.Only:
    return lambda intent: intent.is_banned and intent.until == until


def _is_unwanted(intent: Intent) -> bool:
    return not intent.is_banned


def _rows() -> Iterator[dict[str, tuple[bool, Optional[datetime]]]]:
    """By address: wanted or not, and until when; bans whose time is over are unban_expired's."""
    last = 0
    while True:
        now = timezone.now()
        rows = TrashIP.objects.filter(_IS_OPEN, pk__gt=last).exclude(is_banned=True, ban_until__lte=now)
        found = list(rows.order_by("pk").values_list("pk", "ip", "is_banned", "ban_until")[:_BATCH])
        if not found:
            return
        last = found[-1][0]
        yield {ip: (is_banned, until) for _pk, ip, is_banned, until in found}
