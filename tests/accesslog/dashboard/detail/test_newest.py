"""The newest rows of a target."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from ideolab_accesslog.admin import search
from ideolab_accesslog.dashboard.detail import newest
from ideolab_accesslog.dashboard.detail.audit import read_audit
from ideolab_accesslog.dashboard.detail.events import read_events
from ideolab_accesslog.dashboard.detail.requests import read_requests
from ideolab_accesslog.models import AccessLog, FirewallActionLog
from tests.accesslog.conftest import VENDORS
from tests.accesslog.dashboard.detail.test_target import make_target
from tests.accesslog.dashboard.samples import NOW, add_event

_BATCH = uuid.UUID(int=1)
#: the newest has the last address
_HOSTS = ("198.51.0.1", "198.51.0.2", "198.51.0.3", "198.51.255.1", "198.51.255.2")


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_of_a_network_with_more_rows_than_are_sorted(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those among the newest of the table come first, then those of the first addresses; it is said."""
    monkeypatch.setattr(newest, "SORTED", 3)
    monkeypatch.setattr(newest, "LATE", 3)
    for number, ip in enumerate(_HOSTS):
        ts = NOW - timedelta(seconds=90 - number)
        add_event(ago_s=90 - number, ip=ip, is_counted=False)
        AccessLog.objects.create(ts=ts, ip=ip, path=f"/{ip}", method="GET", status_code=200)
        FirewallActionLog.objects.create(ts=ts, ip=ip, action="ban", batch=_BATCH, actor_name=ip)
    # newer, and elsewhere
    add_event(ago_s=1, ip="198.52.0.1", is_counted=False)
    target = make_target("198.51.0.0/16")
    events = read_events(target)
    asked = read_requests(target, NOW, has_requests=True, has_offences=True)

    hosts = ["198.51.255.2", "198.51.255.1", "198.51.0.3", "198.51.0.2", "198.51.0.1"]
    assert [one.row.ip for one in events.events] == hosts
    assert (events.is_cut, events.first) == (True, None)
    assert ({one.path for one in asked.asked}, asked.is_cut) == ({f"/{ip}" for ip in hosts}, True)
    assert asked.counts.count == 5
    assert [one.who for one in read_audit(target)] == hosts


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_a_flood_in_one_network_of_ipv6(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where addresses are text, only so many are compared: the detail says that there is more."""
    monkeypatch.setattr(search, "CANDIDATES", 3)
    for number in range(1, 6):
        ip = f"2001:db8:0:{number}::1"
        AccessLog.objects.create(ts=NOW, ip=ip, path=f"/{number}", method="GET", status_code=200)
    found = read_requests(make_target("2001:db8::/48"), NOW, has_requests=True, has_offences=False)

    assert (found.counts.count, found.is_cut) == ((5, False) if database == "postgresql" else (3, True))
