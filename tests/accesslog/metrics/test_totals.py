"""Counters in the database."""

from __future__ import annotations

import threading

import pytest
from django.db import connections

from ideolab_accesslog.metrics import totals
from ideolab_accesslog.models import Total
from tests.accesslog.conftest import VENDORS

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_counters_grow_whoever_adds() -> None:
    """Eight threads that begin the same counter: nothing is lost."""
    barrier, problems = threading.Barrier(8), []

    def add() -> None:
        try:
            barrier.wait()
            for _turn in range(5):
                totals.add({("rows_total", 'result="written"'): 3})
        except Exception as error:
            problems.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=add) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert problems == []
    assert Total.objects.get().value == 8 * 5 * 3


def test_nothing_is_written_for_what_has_not_grown() -> None:
    """A process at rest leaves the table alone."""
    totals.add({("rows_total", 'result="dropped"'): 0})

    assert not Total.objects.exists()
