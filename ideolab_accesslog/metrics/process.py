"""What this process has stored, dropped and seen, added to the totals of all processes now and then."""

from __future__ import annotations

import os
from threading import Lock
from time import monotonic
from typing import Any

from django.db import transaction

from ideolab_accesslog.access import recorder
from ideolab_accesslog.firewall.intents import database
from ideolab_accesslog.metrics import totals
from ideolab_accesslog.signals import offence

EVERY_S = 5.0


class Meter:
    """Pushes what has grown since the last push; at the end of the process at once."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """A forked child has done nothing yet."""
        self._lock = Lock()
        self._offences: dict[str, int] = {}
        self._pushed: dict[totals.Key, int] = {}
        self._next = 0.0

    def offence(self, *, reason: str, count: int = 1, **_others: Any) -> None:
        with self._lock:
            self._offences[reason] = self._offences.get(reason, 0) + count

    def push(self) -> None:
        """A job of the recorder's thread."""
        if monotonic() < self._next and not recorder.is_stopping():
            return
        self._next = monotonic() + EVERY_S
        now = self._now()
        grown = {key: value - self._pushed.get(key, 0) for key, value in now.items()}
        if any(amount > 0 for amount in grown.values()):
            with transaction.atomic(using=database()):
                totals.add(grown)
        self._pushed = now

    def _now(self) -> dict[totals.Key, int]:
        with self._lock:
            found = {("offences_total", f'reason="{reason}"'): n for reason, n in self._offences.items()}
        rows = recorder.counts()
        for result in ("written", "dropped"):
            found["rows_total", f'result="{result}"'] = rows[result]
        return found


meter = Meter()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=meter.forget)


def begin() -> None:
    """Called by the app's ready(): registers, and starts nothing."""
    offence.connect(meter.offence, dispatch_uid="ideolab_accesslog.metering")
    recorder.at_flush(meter.push)
