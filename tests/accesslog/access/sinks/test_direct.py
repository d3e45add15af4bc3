"""Rows written in the request."""

from __future__ import annotations

import asyncio

import pytest
from django.db import connection, transaction
from django.test import override_settings

from ideolab_accesslog.access import recorder
from ideolab_accesslog.access.counts import row_counter
from ideolab_accesslog.models import AccessLog
from tests.accesslog.rows import row


@pytest.fixture(autouse=True)
def direct() -> object:
    with override_settings(ACCESSLOG_SINK="direct"):
        yield


def test_the_row_is_there_at_once(database: str) -> None:
    """Without a thread."""
    recorder.record(row())

    assert AccessLog.objects.count() == 1


def test_a_refusal_harms_neither_the_request_nor_its_transaction(database: str) -> None:
    """It is counted; what else the request wrote stays."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE other (id integer)")
            cursor.execute("DROP TABLE ideolab_accesslog_accesslog")
        recorder.record(row())
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM other")
            assert cursor.fetchone() == (0,)
        transaction.set_rollback(True)

    assert row_counter.read() == {"written": 0, "dropped": 1}


def test_an_event_loop_does_not_wait(database: str) -> None:
    """Its rows take the queue."""

    async def record() -> None:
        recorder.record(row())

    asyncio.run(record())
    assert recorder.counts()["waiting"] == 1
    assert recorder.flush()
    assert AccessLog.objects.count() == 1
