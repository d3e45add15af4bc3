"""manage.py cleanup_accesslog."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from ideolab_accesslog.models import (
    AccessLog,
    ConnmonEvent,
    EventDay,
    EventHour,
    FirewallActionLog,
    OffenceLog,
    TrashIP,
)
from tests.accesslog.conftest import VENDORS

pytestmark = pytest.mark.usefixtures("database")
BATCH_ID = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def rows() -> None:
    """Of each table one row that is 40 days old and one that is 400, beside what must stay."""
    for days in (40, 400):
        then = timezone.now() - timedelta(days=days)
        AccessLog.objects.create(ts=then, ip="198.51.100.1", method="GET", path="/", status_code=200)
        TrashIP.objects.create(last_seen=then, ip=f"2001:db8::{days}")
        OffenceLog.objects.create(ts=then, ip="198.51.100.1", method="GET", path="/.env", status_code=403)
        FirewallActionLog.objects.create(ts=then, batch=BATCH_ID, actor_name="alice", action="ban", ip="::5")
    then = timezone.now() - timedelta(days=400)
    TrashIP.objects.create(last_seen=then, ip="198.51.100.2", is_banned=True)
    TrashIP.objects.create(last_seen=then, ip="198.51.100.3", iptables_applied=True)


def run(*words: str) -> str:
    output = StringIO()
    call_command("cleanup_accesslog", *words, stdout=output)
    return output.getvalue()


def left() -> tuple[int, ...]:
    return tuple(table.objects.count() for table in (AccessLog, TrashIP, OffenceLog, FirewallActionLog))


@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_old_rows_go_and_the_rest_stays(rows: None) -> None:
    """30, 180 and 90 days by default; banned addresses, those in the firewall and the audit stay."""
    assert run() == (
        "2 requests older than 30 days deleted\n1 addresses of TrashIP older than 180 days deleted\n"
        "1 offences older than 90 days deleted\n"
        "0 events older than 90 days deleted\n0 counts of an hour's events older than 400 days deleted\n"
        "0 counts of a day's bans older than 400 days deleted\n"
    )
    assert left() == (0, 3, 1, 2)


def test_the_days_are_chosen(rows: None) -> None:
    """The audit too, when it is asked for."""
    days = ("--accesslog-days", "300", "--traship-days", "30", "--offence-days", "30")
    assert run(*days, "--firewall-days", "365") == (
        "1 requests older than 300 days deleted\n"
        "2 addresses of TrashIP older than 30 days deleted\n"
        "2 offences older than 30 days deleted\n"
        "0 events older than 90 days deleted\n0 counts of an hour's events older than 400 days deleted\n"
        "0 counts of a day's bans older than 400 days deleted\n"
        "1 firewall actions older than 365 days deleted\n"
    )
    assert left() == (1, 2, 0, 1)


def test_a_dry_run_counts(rows: None) -> None:
    """And deletes nothing."""
    assert run("--dry-run").startswith("2 requests older than 30 days would be deleted\n")
    assert left() == (2, 4, 2, 2)


@pytest.mark.parametrize("days", ["0", "-1", "x", "1.5"])
def test_days_that_would_empty_the_table_are_refused(rows: None, days: str) -> None:
    """Nothing is deleted."""
    with pytest.raises(CommandError, match="no whole number from 1"):
        run("--accesslog-days", days)

    assert left() == (2, 4, 2, 2)


@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_old_events_and_their_counts_go(database: str) -> None:
    """Events after 90 days, counts after 400."""
    for days in (10, 100, 500):
        then = timezone.now() - timedelta(days=days)
        ConnmonEvent.objects.create(ts=then, type="ban", event_id=str(days))
        EventHour.objects.create(hour=then, type="ban", count=1)
        EventDay.objects.create(day=then.date(), kind="asn", key="64500", count=1)

    assert run().splitlines()[-3:] == [
        "2 events older than 90 days deleted",
        "1 counts of an hour's events older than 400 days deleted",
        "1 counts of a day's bans older than 400 days deleted",
    ]
    assert ConnmonEvent.objects.get().event_id == "10"
    assert (EventHour.objects.count(), EventDay.objects.count()) == (2, 2)
