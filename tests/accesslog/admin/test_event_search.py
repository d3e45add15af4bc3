"""The search box of the events: addresses, networks, AS numbers, words."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from django.db import connection

from ideolab_accesslog.admin import event_search
from ideolab_accesslog.events import insert
from ideolab_accesslog.events.parse import LinePlace, parse_line
from ideolab_accesslog.models import ConnmonEvent
from tests.accesslog.conftest import VENDORS
from tests.accesslog.events.event_lines import make_line

#: what an event is about: an address, a network, an AS
ABOUT = (
    *("198.51.100.7", "198.51.100.70", "198.51.101.7", "203.0.113.200", "198.51.100.0/24", "198.48.0.0/12"),
    *("2001:db8::7", "2001:db8:0:1::7", "2001:dba::1", "2001:db8::/64", "2001:db8::/32", "AS64501"),
)
#: what is typed -> what is found
TERMS = {
    "198.51.100.7": ["198.48.0.0/12", "198.51.100.0/24", "198.51.100.7"],
    "198.51.100.0/24": [
        *("198.48.0.0/12", "198.51.100.0/24", "198.51.100.7", "198.51.100.70"),
    ],
    "198.51.": [
        *("198.48.0.0/12", "198.51.100.0/24", "198.51.100.7", "198.51.100.70", "198.51.101.7"),
    ],
    "203.0.113.0/26": [],
    "::ffff:203.0.113.200": ["203.0.113.200"],
    "2001:db8::7": ["2001:db8::/32", "2001:db8::/64", "2001:db8::7"],
    "2001:db8::/48": ["2001:db8:0:1::7", "2001:db8::/32", "2001:db8::/64", "2001:db8::7"],
    "::/0": [*("2001:db8:0:1::7", "2001:db8::/32", "2001:db8::/64", "2001:db8::7", "2001:dba::1")],
    " as64501 ": ["AS64501"],
    "AS9": [],
    "mute nowhere": [],
}


def add(about: str) -> None:
    is_as = about.startswith("AS")
    fields = {
        "ip": None if is_as or "/" in about else about,
        "subnet": about if "/" in about else None,
        "asn": about[2:] if is_as else "64500",
    }
    row = parse_line(make_line(id=None, **fields), LinePlace(about, 1), datetime.now(timezone.utc))
    insert.insert([row], connection)


@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_addresses_and_networks_are_found_on_every_database(database: str) -> None:
    """All inside what is typed, and the networks around it."""
    for about in ABOUT:
        add(about)
    found = {
        term: sorted(
            row.ip or row.subnet or f"AS{row.asn}"
            for row in event_search.search(ConnmonEvent.objects.all(), term, ("reason",))
        )
        for term in TERMS
    }

    assert found == {term: sorted(expected) for term, expected in TERMS.items()}
    assert event_search.search(ConnmonEvent.objects.all(), "MUTE", ("reason",)).count() == len(ABOUT)


@pytest.mark.parametrize("term", ["198.51.100.7", "198.51.0.0/16", "2001:db8::/48", "AS64500"])
def test_an_index_answers(database: str, term: str) -> None:
    """A scan of a million events would take seconds."""
    plan = event_search.search(ConnmonEvent.objects.order_by("pk"), term, ()).explain()

    assert "SCAN" not in plan
