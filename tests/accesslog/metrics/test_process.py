"""What a process adds to the totals."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps

from ideolab_accesslog.metrics import totals
from ideolab_accesslog.metrics.process import Meter, register
from ideolab_accesslog.models import Total
from ideolab_accesslog.scheduler import scheduler
from ideolab_accesslog.signals import offence

pytestmark = pytest.mark.usefixtures("database")


def test_a_process_adds_what_has_grown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each push once; a push that fails is made good by the next."""
    rows = {"written": 5, "dropped": 1}
    monkeypatch.setattr("ideolab_accesslog.metrics.process.EVERY_S", 0.0)
    meter = Meter(lambda: rows)
    meter.count_offence(reason="sensitive_path")
    for hits in (20, 21, 22):
        meter.count_offence(reason="404_burst", count=hits)
    meter.push()
    rows["written"] = 9
    real = totals.add

    def broken(_amounts: Any) -> None:
        raise RuntimeError("database down")

    monkeypatch.setattr(totals, "add", broken)
    with pytest.raises(RuntimeError):
        meter.push()
    monkeypatch.setattr(totals, "add", real)
    meter.push()
    meter.push()

    assert {f"{total.name} {total.labels}": total.value for total in Total.objects.all()} == {
        'offences_total reason="404_burst"': 3,
        'offences_total reason="sensitive_path"': 1,
        'rows_total result="dropped"': 1,
        'rows_total result="written"': 9,
    }


def test_a_push_comes_once_in_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The turns of the thread come every half second."""
    now = [100.0]
    monkeypatch.setattr("ideolab_accesslog.metrics.process.monotonic", lambda: now[0])
    rows = {"written": 1, "dropped": 0}
    meter = Meter(lambda: rows)
    stored: list[int] = []
    for moment in (100.0, 104.9, 105.0):
        now[0] = moment
        meter.push()
        stored.append(Total.objects.get().value)
        rows["written"] += 1

    assert stored == [1, 1, 3]


def test_a_second_registration_counts_nothing_twice() -> None:
    """ready() runs again when INSTALLED_APPS is overridden."""
    jobs, receivers = list(scheduler._last), list(offence.receivers)

    register(lambda: {"written": 0, "dropped": 0})
    apps.get_app_config("ideolab_accesslog").ready()

    assert scheduler._last == jobs
    assert len(offence.receivers) == len(receivers)
    assert [job.__qualname__ for job in jobs].count("Meter.push") == 1


def test_a_forked_child_begins_at_nothing() -> None:
    """The parent pushes its own."""
    meter = Meter(lambda: {"written": 0, "dropped": 0})
    meter.count_offence(reason="404_burst")
    meter.forget()
    meter.push()

    assert not Total.objects.exists()
