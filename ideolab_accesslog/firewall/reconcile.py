"""Compares what the rows want with what the kernel holds, and brings the two together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Optional

from django.db.models import Q
from django.utils import timezone

from ideolab_accesslog.conf import conf
from ideolab_accesslog.firewall import answers, calls, texts, transports
from ideolab_accesslog.firewall.intents import Intent
from ideolab_accesslog.firewall.transports import absent
from ideolab_accesslog.firewall.transports.order import DONE, Order
from ideolab_accesslog.models import FirewallActionLog, TrashIP

ACTOR = "reconcile_firewall"
#: seconds: a call that has not finished by then never will, its process is gone
PENDING_S = 300
#: addresses of one question to the kernel
_BATCH = 500
#: wanted, confirmed, failed, or wanted and never confirmed
_IS_OPEN = (
    Q(is_banned=True)
    | Q(iptables_applied=True)
    | ~(Q(firewall_error="") | Q(firewall_error__startswith=texts.HELD))
    | Q(intent__isnull=False, applied_at__isnull=True)
)


class CannotCompareError(RuntimeError):
    """This host has no way to ask the kernel; the text says why."""


@dataclass
class Comparison:
    """The difference of rows and kernel. `missing`: wanted and not in the kernel, with the end of the ban;
    `extra`: in the kernel by a ban that this site can lift, and not wanted; `unknown`: no answer, with what
    was said instead."""

    asked: int = 0
    missing: dict[str, Optional[datetime]] = field(default_factory=dict)
    extra: list[str] = field(default_factory=list)
    unknown: dict[str, str] = field(default_factory=dict)


def close_lost_calls() -> int:
    """Mark as failed the audit rows of calls whose process ended before the answer; return how many.

    What they wanted stands in TrashIP and is compared like everything else.
    """
    lost = FirewallActionLog.objects.filter(
        state=FirewallActionLog.State.PENDING, ts__lt=timezone.now() - timedelta(seconds=PENDING_S)
    )
    return int(lost.update(state=FirewallActionLog.State.FAILED, stderr=texts.PROCESS_ENDED))


def compare() -> Comparison:
    """Ask the kernel about every address that is wanted banned or may still be in it; the flags follow."""
    if not conf.TRASHIP_FIREWALL_EXECUTE:
        raise CannotCompareError("TRASHIP_FIREWALL_EXECUTE is False: this site changes no firewall")
    transport = transports.choose("check")
    if transport is absent:
        reply = absent.run([Order("check", "")])
        raise CannotCompareError(reply.find_answer("").stderr)
    found = Comparison()
    for wanted in _read_rows():
        started = timezone.now()
        orders = [Order("check", address) for address in wanted]
        reply = transport.run(orders)
        answers.store_flags(orders, reply, started)
        for address, (is_wanted, until) in wanted.items():
            answer = reply.find_answer(address)
            found.asked += 1
            if answer.state != DONE:
                found.unknown[address] = answer.stderr
            elif is_wanted and not answer.applied:
                found.missing[address] = until
            elif answer.applied and not is_wanted:
                found.extra.append(address)
    return found


def repair(found: Comparison) -> Iterator[calls.CallResult]:
    """Ban again what is missing, lift what is extra; rows that have changed since are left alone."""
    by_end: dict[Optional[datetime], list[str]] = {}
    for address, until in found.missing.items():
        by_end.setdefault(until, []).append(address)
    for until, addresses in by_end.items():
        if until is None or until > timezone.now() + timedelta(seconds=1):
            yield calls.ban(
                addresses,
                until=until,
                actor=ACTOR,
                reason=texts.NOT_IN_KERNEL,
                only=_is_banned_until(until),
            )
    if found.extra:
        yield calls.unban(found.extra, actor=ACTOR, reason=texts.NOT_WANTED, only=_is_unwanted)


def _is_banned_until(until: Optional[datetime]) -> calls.Only:
    return lambda intent: intent.is_banned and intent.until == until


def _is_unwanted(intent: Intent) -> bool:
    return not intent.is_banned


def _read_rows() -> Iterator[dict[str, tuple[bool, Optional[datetime]]]]:
    """Yield by address whether it is wanted banned, and until when; unban_expired lifts what is over."""
    last = 0
    while True:
        now = timezone.now()
        rows = TrashIP.objects.filter(_IS_OPEN, pk__gt=last).exclude(is_banned=True, ban_until__lte=now)
        found = list(rows.order_by("pk").values_list("pk", "ip", "is_banned", "ban_until")[:_BATCH])
        if not found:
            return
        last = found[-1][0]
        yield {ip: (is_banned, until) for _pk, ip, is_banned, until in found}
