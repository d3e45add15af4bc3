"""Which rows are old, and how they are deleted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ideolab_accesslog import retention
from ideolab_accesslog.models import AccessLog, TrashIP
from tests.accesslog.conftest import VENDORS

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_each_batch_is_a_statement_of_bounded_size() -> None:
    """2,500 rows in batches of 1,000: three deletions, and one look that finds nothing."""
    then = timezone.now() - timedelta(days=31)
    AccessLog.objects.bulk_create(
        AccessLog(ts=then, ip="198.51.100.1", method="GET", path="/", status_code=200) for _ in range(2500)
    )

    with CaptureQueriesContext(connection) as queries:
        counts = list(retention.delete(retention.requests(timezone.now()), 1000))

    assert counts == [1000, 1000, 500]
    assert sum(query["sql"].startswith("DELETE") for query in queries) == 3
    assert not AccessLog.objects.exists()


def test_an_address_that_is_banned_or_in_the_firewall_is_not_old() -> None:
    """However long ago it was seen."""
    then = timezone.now() - timedelta(days=400)
    TrashIP.objects.create(last_seen=then, ip="198.51.100.1")
    TrashIP.objects.create(last_seen=then, ip="198.51.100.2", is_banned=True)
    TrashIP.objects.create(last_seen=then, ip="198.51.100.3", iptables_applied=True)
    TrashIP.objects.create(ip="198.51.100.4")

    rows = retention.addresses(timezone.now() - timedelta(days=180))
    assert list(rows.values_list("ip", flat=True)) == ["198.51.100.1"]
