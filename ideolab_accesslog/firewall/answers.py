"""Stores what the firewall answered: state and output in the audit rows, flags in the rows of TrashIP."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Optional

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from ideolab_accesslog.databases import firewall as database
from ideolab_accesslog.databases.text import make_fit
from ideolab_accesslog.firewall import texts
from ideolab_accesslog.firewall.intents import WrittenCall, retry
from ideolab_accesslog.firewall.transports.order import DONE, SKIPPED, FirewallAnswer, Order, RunReply
from ideolab_accesslog.metrics import totals
from ideolab_accesslog.models import FirewallActionLog, TrashIP

#: characters of each output that an audit row keeps
_TEXT_MAX = 4000
#: characters of TrashIP.firewall_error
_ERROR_MAX = 255


def store(written: WrittenCall, orders: Sequence[Order], reply: RunReply, started: datetime) -> None:
    """Finish the audit rows of a call and set the flags, in one transaction.

    Addresses with the same answer share one statement.
    """
    duration_ms = (timezone.now() - started).total_seconds() * 1000
    retry(partial(_store, written, orders, reply, started, duration_ms))


def _store(
    written: WrittenCall,
    orders: Sequence[Order],
    reply: RunReply,
    started: datetime,
    duration_ms: float,
) -> None:
    with transaction.atomic(using=database()):
        groups = _group(orders, reply)
        for answer, addresses in groups.items():
            some = addresses if len(groups) > 1 else None
            _finish_audit(written.batch, some, answer, reply, duration_ms)
            _set_flags(written, orders[0].action, addresses, answer, started)
        count_actions(orders, reply)


def store_flags(orders: Sequence[Order], reply: RunReply, started: datetime) -> None:
    """Set the flags only, after a check that has no audit rows."""
    for answer, addresses in _group(orders, reply).items():
        _apply(_unconfirmed_since(addresses, started), answer)


def count_actions(orders: Sequence[Order], reply: RunReply) -> None:
    """Add to ideolab_accesslog_firewall_actions_total."""
    amounts: dict[totals.Key, int] = {}
    for order in orders:
        labels = f'action="{order.action}",result="{reply.find_answer(order.address).state}"'
        key = ("firewall_actions_total", labels)
        amounts[key] = amounts.get(key, 0) + 1
    totals.add(amounts)


def _group(orders: Sequence[Order], reply: RunReply) -> dict[FirewallAnswer, list[str]]:
    """Return the addresses by their answer."""
    groups: dict[FirewallAnswer, list[str]] = {}
    for order in orders:
        groups.setdefault(reply.find_answer(order.address), []).append(order.address)
    return groups


def _finish_audit(
    batch: uuid.UUID,
    addresses: Optional[list[str]],
    answer: FirewallAnswer,
    reply: RunReply,
    duration_ms: float,
) -> None:
    """Finish the pending audit rows of these addresses; None = all of the call."""
    rows = FirewallActionLog.objects.using(database()).filter(
        batch=batch, state=FirewallActionLog.State.PENDING
    )
    if addresses is not None:
        rows = rows.filter(ip__in=addresses)
    fit = make_fit(rows.db, FirewallActionLog)
    rows.update(
        state=answer.state,
        rc=reply.rc,
        stdout=fit(answer.stdout[:_TEXT_MAX]),
        stderr=fit((answer.stderr or _format_holder(answer) or reply.stderr)[:_TEXT_MAX]),
        duration_ms=duration_ms,
    )


def _set_flags(
    written: WrittenCall, action: str, addresses: list[str], answer: FirewallAnswer, started: datetime
) -> None:
    if action == "check":
        _apply(_unconfirmed_since(addresses, started), answer)
        return
    keys = [written.keys[address] for address in addresses if address in written.keys]
    rows = TrashIP.objects.using(database()).filter(pk__in=keys)
    _apply(rows.filter(intent=written.batch), answer)
    # two calls ran at once and nobody knows which came last: reconcile_firewall asks the kernel
    rows.exclude(intent=written.batch).update(applied_at=None)


def _unconfirmed_since(addresses: list[str], started: datetime) -> QuerySet[Any]:
    """Return the rows that no ban or unban has confirmed since `started`: a later answer knows better."""
    rows = TrashIP.objects.using(database()).filter(ip__in=addresses)
    return rows.filter(Q(applied_at__isnull=True) | Q(applied_at__lte=started))


def _apply(rows: QuerySet[Any], answer: FirewallAnswer) -> None:
    fit = make_fit(rows.db, TrashIP)
    if answer.applied is not None:
        said = _format_holder(answer)[:_ERROR_MAX]
        rows.update(iptables_applied=answer.applied, applied_at=timezone.now(), firewall_error=fit(said))
    elif answer.state != DONE:
        said = f"{texts.NOT_RUN}{answer.stderr}" if answer.state == SKIPPED else answer.stderr
        # a CHECK that nobody answers does not change that the ban was only noted
        noted = Q(firewall_error=f"{texts.NOT_RUN}{texts.NOT_EXECUTED}")
        rows.exclude(noted).update(firewall_error=fit(said[:_ERROR_MAX]))


def _format_holder(answer: FirewallAnswer) -> str:
    return f"{texts.HELD}{answer.held}" if answer.held else ""
