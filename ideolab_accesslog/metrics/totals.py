"""Counters in the database, to which every process adds; accesslog_metrics shows them."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.db.models import F

from ideolab_accesslog import databases
from ideolab_accesslog.models import Total

#: (metric without its prefix, labels as Prometheus writes them)
Key = tuple[str, str]


def add(amounts: Mapping[Key, int]) -> None:
    """Add to each counter, in their order, so that two processes never wait for each other in a circle."""
    for (name, labels), amount in sorted(amounts.items()):
        if amount > 0:
            _add(name, labels, amount)


def _add(name: str, labels: str, amount: int) -> None:
    row = Total.objects.using(databases.totals()).filter(name=name, labels=labels)
    if row.update(value=F("value") + amount):
        return
    try:
        with transaction.atomic(using=row.db):
            row.create(name=name, labels=labels, value=amount)
    except IntegrityError:
        row.update(value=F("value") + amount)
