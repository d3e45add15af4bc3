"""Adds what this process has stored, dropped and seen to the totals of all processes, every five seconds."""

from __future__ import annotations

import os
from collections.abc import Mapping
from threading import Lock
from time import monotonic
from typing import Any, Callable

from django.db import transaction

from ideolab_accesslog import databases
from ideolab_accesslog.metrics import totals
from ideolab_accesslog.scheduler import scheduler
from ideolab_accesslog.signals import offence

#: pause between two pushes: a scrape comes every 15 s or more
EVERY_S = 5.0
#: gives the rows of the access log in this process, with the keys "written" and "dropped"
ReadRows = Callable[[], Mapping[str, int]]


class Meter:
    """Pushes what has grown since the last push; at the end of the process at once."""

    def __init__(self, read_rows: ReadRows) -> None:
        self._read_rows = read_rows
        self.forget()

    def forget(self) -> None:
        """Begin at nothing: a forked child has done nothing yet."""
        self._lock = Lock()
        self._offences: dict[str, int] = {}
        self._pushed: dict[totals.Key, int] = {}
        self._next = 0.0

    def count_offence(self, *, reason: str, **_others: Any) -> None:
        """Count the signal `offence`, by reason; its `count` is a sum over the window, and not added."""
        with self._lock:
            self._offences[reason] = self._offences.get(reason, 0) + 1

    def push(self) -> None:
        """Add to the totals, at most every EVERY_S; a job of the scheduler."""
        if monotonic() < self._next and not scheduler.is_stopping:
            return
        self._next = monotonic() + EVERY_S
        now = self._now()
        grown = {key: value - self._pushed.get(key, 0) for key, value in now.items()}
        if any(amount > 0 for amount in grown.values()):
            with transaction.atomic(using=databases.totals()):
                totals.add(grown)
        self._pushed = now

    def _now(self) -> dict[totals.Key, int]:
        with self._lock:
            found = {("offences_total", f'reason="{reason}"'): n for reason, n in self._offences.items()}
        rows = self._read_rows()
        for result in ("written", "dropped"):
            found["rows_total", f'result="{result}"'] = rows[result]
        return found


#: the meter of this process, from the first `register` on
_meters: list[Meter] = []


def register(read_rows: ReadRows) -> None:
    """Have offences and rows of this process counted from now on.

    The app's ready() calls it, which runs again when a test overrides INSTALLED_APPS: the first meter stays.
    """
    if _meters:
        return
    meter = Meter(read_rows)
    _meters.append(meter)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=meter.forget)
    offence.connect(meter.count_offence, dispatch_uid="ideolab_accesslog.metrics")
    scheduler.add_job(meter.push, is_last=True)
