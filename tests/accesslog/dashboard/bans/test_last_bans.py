"""The newest bans, and what became of each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ideolab_accesslog.dashboard.bans.last_bans import LATER, NEWEST, BanEntry, read_last
from tests.accesslog.conftest import VENDORS
from tests.accesslog.dashboard.samples import NOW, add_event


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_an_entry(database: str) -> None:
    """With all that is known of it."""
    row = add_event(asn="64500", asname="A", country="FR", reason="idle\u202e", jail="ideolab-connmon")

    assert read_last(NOW) == (
        BanEntry(
            id=row.pk,
            ts=NOW - timedelta(seconds=60),
            type="ban",
            of="198.51.100.7",
            jail="ideolab-connmon",
            reason="idle\\u202e",
            asn="64500",
            asname="A",
            country="FR",
            until=NOW + timedelta(seconds=86340),
            permanent=False,
            state="active",
        ),
    )


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_what_became_of_bans(database: str) -> None:
    """By their end, and by the unbans of the same target and jail; what nobody can say is unknown."""
    network, whole_as = {"ip": None, "subnet": "203.0.113.0/24"}, {"ip": None, "subnet": None, "asn": "64500"}
    cases: list[tuple[str, dict[str, Any]]] = [
        ("active", {"ip": "192.0.2.1"}),
        ("over", {"ip": "192.0.2.2", "bantime": 60, "until": None}),
        ("active", {"ip": "192.0.2.3", "bantime": -1, "until": None}),
        ("unknown", {"ip": "192.0.2.4", "bantime": None, "until": None}),
        ("lifted", {"ip": "192.0.2.5"}),
        ("active", {"ip": "192.0.2.6"}),
        ("lifted", network),
        ("active", {"ip": None, "subnet": "203.0.114.0/24"}),
        ("lifted", whole_as),
        ("active", {"ip": None, "subnet": None}),
        ("unknown", {"ip": "192.0.2.9"}),
    ]
    rows = {
        add_event("ban", 600 - number, **fields).pk: state for number, (state, fields) in enumerate(cases)
    }
    for fields in (
        {"ip": "192.0.2.5"},
        {"ip": "192.0.2.6", "jail": "other"},
        network,
        {"ip": "203.0.114.7"},
        whole_as,
    ):
        add_event("unban", 100, **fields)
    # so many later events that an unban among older ones is not seen
    for number in range(LATER):
        add_event("suspect", 90 - number, ip="192.0.2.9", is_counted=False)
    found = {one.id: one.state for one in read_last(NOW) if one.id in rows}

    assert found == rows


@pytest.mark.django_db
def test_the_newest_of_both_types() -> None:
    """Restored bans are shown as such; no other event is."""
    for number in range(NEWEST + 5):
        add_event("restored" if number % 2 else "ban", number, ip=f"192.0.2.{number}", is_counted=False)
    add_event("suspect", 0, is_counted=False)
    found = read_last(NOW)

    assert [one.of for one in found] == [f"192.0.2.{number}" for number in range(NEWEST)]
    assert [one.type for one in found[:3]] == ["ban", "restored", "ban"]


@pytest.mark.django_db
def test_a_time_that_no_calendar_has() -> None:
    """A ban for a hundred thousand years has no end that anybody could show."""
    add_event(bantime=10**13, until=None)

    assert [(one.until, one.state) for one in read_last(NOW)] == [(None, "unknown")]
