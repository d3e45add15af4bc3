"""What the firewall said, into the rows of the call: state, output, and flags only where it succeeded."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Optional

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from ideolab_accesslog.databases import firewall as database
from ideolab_accesslog.firewall.intents import Noted, again
from ideolab_accesslog.firewall.transports.order import DONE, Answer, Call, Order
from ideolab_accesslog.metrics import totals
from ideolab_accesslog.models import FirewallActionLog, TrashIP

_TEXT = 4000


def settle(noted: Noted, orders: Sequence[Order], call: Call, started: datetime) -> None:
    """One transaction; addresses with the same answer share one statement."""
    duration_ms = (timezone.now() - started).total_seconds() * 1000

    def write() -> None:
        with transaction.atomic(using=database()):
            groups = _groups(orders, call)
            for answer, addresses in groups.items():
                _finish(noted.batch, addresses if len(groups) > 1 else None, answer, call, duration_ms)
                _flag(noted, orders[0].action, addresses, answer, started)
            count(orders, call)

    again(write)


def _groups(orders: Sequence[Order], call: Call) -> dict[Answer, list[str]]:
    groups: dict[Answer, list[str]] = {}
    for order in orders:
        groups.setdefault(call.answer(order.address), []).append(order.address)
    return groups


def _finish(
    batch: uuid.UUID, addresses: Optional[list[str]], answer: Answer, call: Call, duration_ms: float
) -> None:
    rows = FirewallActionLog.objects.using(database()).filter(
        batch=batch, state=FirewallActionLog.State.PENDING
    )
    if addresses is not None:
        rows = rows.filter(ip__in=addresses)
    rows.update(
        state=answer.state,
        rc=call.rc,
        stdout=answer.stdout[:_TEXT],
        stderr=(answer.stderr or call.stderr)[:_TEXT],
        duration_ms=duration_ms,
    )


def _flag(noted: Noted, action: str, addresses: list[str], answer: Answer, started: datetime) -> None:
    if action == "check":
        _mark(_older(addresses, started), answer)
        return
    keys = [noted.keys[address] for address in addresses if address in noted.keys]
    rows = TrashIP.objects.using(database()).filter(pk__in=keys)
    _mark(rows.filter(intent=noted.batch), answer)
    # two calls ran at once and nobody knows which came last: reconcile_firewall asks the kernel
    rows.exclude(intent=noted.batch).update(applied_at=None)


def flag_checked(orders: Sequence[Order], call: Call, started: datetime) -> None:
    """Only the flags, for a comparison that leaves no audit rows."""
    for answer, addresses in _groups(orders, call).items():
        _mark(_older(addresses, started), answer)


def _older(addresses: list[str], started: datetime) -> QuerySet[Any]:
    """Rows that no ban or unban has confirmed since we began: it knows better."""
    rows = TrashIP.objects.using(database()).filter(ip__in=addresses)
    return rows.filter(Q(applied_at__isnull=True) | Q(applied_at__lte=started))


def _mark(rows: QuerySet[Any], answer: Answer) -> None:
    if answer.applied is not None:
        rows.update(iptables_applied=answer.applied, applied_at=timezone.now(), firewall_error="")
    elif answer.state != DONE:
        rows.update(firewall_error=answer.stderr[:255])


def count(orders: Sequence[Order], call: Call) -> None:
    """Into ideolab_accesslog_firewall_actions_total."""
    amounts: dict[totals.Key, int] = {}
    for order in orders:
        labels = f'action="{order.action}",result="{call.answer(order.address).state}"'
        key = ("firewall_actions_total", labels)
        amounts[key] = amounts.get(key, 0) + 1
    totals.add(amounts)
