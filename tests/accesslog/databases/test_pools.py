"""Databases behind pools: the thread takes a connection for a batch, and never needs the same one twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import django
import pytest
from django.contrib.auth.models import User
from django.db import connection, connections
from django.test import Client

from ideolab_accesslog import retention
from ideolab_accesslog.access import recorder
from ideolab_accesslog.metrics import totals
from ideolab_accesslog.models import AccessLog, Total, TrashIP
from ideolab_accesslog.scheduler import give_back_connections, scheduler
from ideolab_accesslog.traship import banned
from tests.accesslog.rows import row
from tests.lab.pgbouncer import Pgbouncer
from tests.lab.postgres import Postgres

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
needs_pool = pytest.mark.skipif(django.VERSION < (5, 1), reason="Django has pools since 5.1")


@pytest.fixture
def default(request: pytest.FixtureRequest, database: str) -> Iterator[None]:
    """`default` with other settings, for the time of a test."""
    changes: dict[str, Any] = request.getfixturevalue(request.param)
    before = connections.databases["default"]
    connections["default"].close()
    del connections["default"]
    connections.databases["default"] = connections.configure_settings({"default": changes})["default"]
    yield
    connections["default"].close()
    if changes.get("OPTIONS"):
        connections["default"].close_pool()
    del connections["default"]
    connections.databases["default"] = before


@pytest.fixture
def pool_of_one(postgres: Postgres) -> dict[str, Any]:
    """Requests and thread share one connection."""
    pool = {"min_size": 1, "max_size": 1, "timeout": 20}
    return {**postgres.settings(), "OPTIONS": {"pool": pool}}


@pytest.fixture
def behind_pgbouncer(postgres: Postgres) -> Iterator[dict[str, Any]]:
    """Each transaction gets the other connection."""
    bouncer = Pgbouncer(postgres)
    yield bouncer.settings()
    bouncer.remove()


@pytest.fixture(autouse=True)
def no_bans_known() -> Iterator[None]:
    """The next turn reads them."""
    banned.forget()
    for job in scheduler._periodic.values():
        job.due = 0.0
    yield
    banned.forget()


@needs_pool
@pytest.mark.parametrize("default", ["pool_of_one"], indirect=True)
def test_a_pool_of_one(default: None) -> None:
    """After its turn the thread has given the connection back, though it lives on."""
    TrashIP.objects.create(ip="198.51.100.9", is_banned=True)
    connection.close()
    is_over, may_end = threading.Event(), threading.Event()

    def live() -> None:
        scheduler.run_turn()
        is_over.set()
        may_end.wait(60)

    recorder.record(row())
    for name in range(3):
        Client(REMOTE_ADDR="198.51.100.7").get(f"/wp-content/{name}.php")
    connection.close()
    thread = threading.Thread(target=live)
    thread.start()
    try:
        assert is_over.wait(60)
        stored = AccessLog.objects.count(), TrashIP.objects.get(ip="198.51.100.7").count_sensitive
    finally:
        may_end.set()
        thread.join()

    assert stored == (1, 3)
    assert banned.current == {"198.51.100.9"}


def test_a_connection_without_a_pool_stays_open(database: str) -> None:
    """A new one costs PostgreSQL a process."""
    TrashIP.objects.count()
    give_back_connections()

    assert connection.connection is not None


@pytest.mark.needs("pgbouncer")
@pytest.mark.parametrize("default", ["behind_pgbouncer"], indirect=True)
def test_behind_pgbouncer(default: None) -> None:
    """Bans, batches, the export and the deletion, with Django's own settings and transaction pooling."""
    many = [TrashIP(ip=f"198.18.{n // 250}.{n % 250}", is_banned=True) for n in range(6000)]
    TrashIP.objects.bulk_create(many)
    recorder.record(row())
    scheduler.run_turn()
    recorder.flush()
    assert len(banned.current) == 6000
    assert AccessLog.objects.count() == 1

    root = User.objects.create_superuser("root")
    client = Client(REMOTE_ADDR="198.51.100.1")
    client.force_login(root)
    chosen = {"action": "export_csv", "select_across": "1", "index": "0", "_selected_action": ["1"]}
    response = client.post("/admin/ideolab_accesslog/traship/", chosen)
    assert len(b"".join(response).splitlines()) == 6001

    assert sum(retention.delete(TrashIP.objects.order_by("pk"), 1000)) == 6000
    totals.add({("rows_total", ""): 2})
    assert Total.objects.get(labels="").value == 2
