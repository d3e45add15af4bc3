"""The audit of one target."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from ideolab_accesslog.dashboard.detail.audit import AuditEntry, read_audit
from ideolab_accesslog.models import FirewallActionLog
from tests.accesslog.conftest import VENDORS
from tests.accesslog.dashboard.detail.test_target import make_target
from tests.accesslog.dashboard.samples import NOW


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_rows_of_a_target(database: str) -> None:
    """In words, printable; of the networks around it and, of a network, of its addresses too."""
    for number, ip in enumerate(("198.51.100.7", "198.51.100.0/24", "2001:db8::/64", "AS64500")):
        FirewallActionLog.objects.create(
            ts=NOW - timedelta(seconds=number),
            batch=uuid.uuid4(),
            actor_name="ann\u202e",
            action="ban",
            ip=ip,
            reason="scans",
            state="failed",
            stderr="refused\n",
        )
    first = AuditEntry(NOW, "198.51.100.7", "ann\\u202e", "ban", "failed", "scans", "refused\\x0a")
    around = replace(first, ts=NOW - timedelta(seconds=1), of="198.51.100.0/24")

    assert read_audit(make_target("198.51.100.7")) == (first, around)
    counts = [
        len(read_audit(make_target(text)))
        for text in ("198.51.100.0/24", "198.51.0.0/16", "2001:db8::7", "AS64500", "AS64501")
    ]
    assert counts == [2, 2, 1, 1, 0]
