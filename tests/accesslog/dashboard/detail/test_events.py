"""The events of one target."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from ideolab_accesslog.dashboard.detail import events
from ideolab_accesslog.models import ConnmonEvent
from tests.accesslog.conftest import VENDORS
from tests.accesslog.dashboard.detail.test_target import make_target
from tests.accesslog.dashboard.samples import NOW, add_event


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_all_of_an_address(database: str) -> None:
    """Phases, fingerprints and bans, the newest first."""
    raw = {"phases": {"tls_wait": 30, "idle": 2}, "fingerprint": {"ja4": "t13d\u202e"}}
    add_event("suspect", 90, score=80, count=32, reason="idle", raw=raw, jail=None)
    add_event("ban", 80, asn="64500", asname="A", raw={"fingerprint": {"ja4": "t13d\u202e"}})
    add_event("unban", 20)
    add_event("ban", 10, ip="198.51.100.8")
    found = events.read_events(make_target("198.51.100.7"))

    assert events.list_phases(found) == (
        events.Phase(NOW - timedelta(seconds=90), 80, 32, "idle 2, tls_wait 30; idle"),
    )
    assert events.list_fingerprints(found) == ("ja4=t13d\\u202e",)
    assert [(one.type, one.state) for one in events.list_bans(found, (), NOW)] == [
        ("unban", "over"),
        ("ban", "lifted"),
    ]
    owner = events.find_owner(found)
    assert (found.is_cut, found.first, owner and owner.asname) == (False, NOW - timedelta(seconds=90), "A")


@pytest.mark.django_db
def test_hostile_json() -> None:
    """Nested so deeply that Python's reader may give up: the event is there without it."""
    row = add_event()
    text = "[" * 990 + "]" * 990
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ideolab_accesslog_connmonevent SET raw = %s", [text])
    found = events.read_events(make_target("198.51.100.7"))

    assert [(one.row.id, one.raw) for one in found.events] == [(row.pk, {})]


@pytest.mark.django_db
def test_more_events_than_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says so; the time of the first one is known all the same."""
    monkeypatch.setattr(events, "MOST", 2)
    for ago_s in (30, 20, 10):
        add_event(ago_s=ago_s)
    for text in ("198.51.100.7", "198.51.100.0/24", "198.51.0.0/16"):
        found = events.read_events(make_target(text))

        assert [one.row.ts for one in found.events] == [NOW - timedelta(seconds=ago) for ago in (10, 20)]
        assert (found.is_cut, found.first) == (True, NOW - timedelta(seconds=30))
    assert events.read_events(make_target("192.0.2.1")) == events.TargetEvents((), None, False)


@pytest.mark.django_db
def test_as_many_events_as_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then there are no more of them."""
    monkeypatch.setattr(events, "MOST", 2)
    for ago_s in (20, 10):
        add_event(ago_s=ago_s)

    assert not events.read_events(make_target("198.51.100.7")).is_cut
    assert not events.read_events(make_target("198.51.0.0/16")).is_cut


@pytest.mark.django_db
def test_bans_around_it() -> None:
    """Of its network and of its AS; no other network's, and no address's."""
    add_event("suspect", asn="64500")
    around = [
        add_event(ip=None, subnet=subnet, asn=asn).pk
        for subnet, asn in (
            *(("198.51.100.0/24", None), ("198.51.0.0/16", None), (None, "64500")),
            *((None, "64501"), ("203.0.113.0/24", None), ("nonsense", None)),
        )
        if subnet != "nonsense"
    ]
    ConnmonEvent.objects.create(ts=NOW, type="ban", subnet="nonsense")
    target = make_target("198.51.100.7")
    found, is_cut = events.read_around(target, events.read_events(target))

    assert (sorted(row.id for row in found), is_cut) == (around[:3], False)


@pytest.mark.django_db
def test_a_wider_ban_that_begins_where_it_begins() -> None:
    """It stands around the network, not in it; the newest events of a network come first."""
    wide = add_event("ban", 50, ip=None, subnet="198.51.100.0/23").pk
    add_event("ban", 30, ip="198.51.100.9")
    add_event("ban", 40, ip="198.51.100.7")
    target = make_target("198.51.100.0/24")
    found = events.read_events(target)
    around, _is_cut = events.read_around(target, found)

    assert [one.row.ip for one in found.events] == ["198.51.100.9", "198.51.100.7"]
    assert [row.id for row in around] == [wide]
