"""The rows of the tables are printable, whatever a whois server has said."""

from __future__ import annotations

import pytest

from ideolab_accesslog.dashboard.bans import networks, origins
from ideolab_accesslog.dashboard.bans.networks import AsRow, CountryRow, NetworkRow
from ideolab_accesslog.dashboard.period import PERIODS
from tests.accesslog.dashboard.samples import NOW, add_event

HOSTILE = "<script>alert(1)</script>\u202e\u2066" + "x" * 200


def _read() -> origins.Origins:
    return origins.read_origins(PERIODS["1h"], NOW, origins.read_newest(NOW - PERIODS["1h"].length, NOW))


@pytest.mark.django_db
def test_rows() -> None:
    """A share is one of all bans, also of those of which nobody knows whose they are.

    Whose a network is, says its newest event that knows it: a suspect has no origin.
    """
    add_event(ip="198.51.100.7", asn="64500", asname="A", country="FR")
    add_event(ip="198.51.100.7", asn="64500", asname="A", country="XX")
    add_event(ip="2001:db8::7")
    add_event("unban", 30, ip="198.51.100.7", asn="64509", asname="NEWEST", country="DE")
    add_event("suspect", 20, ip="198.51.100.8")
    found = _read()

    assert networks.list_asns(found) == (AsRow("AS64500", "64500", "A", 2, 0.6667),)
    assert networks.list_countries(found) == (
        CountryRow("FR", "France", 1, 0.3333),
        CountryRow("XX", "XX", 1, 0.3333),
    )
    assert networks.list_networks(found) == (
        (NetworkRow("198.51.100.0/24", 2, "64509", "NEWEST", "DE"),),
        (NetworkRow("2001:db8::/64", 1, None, None, None),),
    )


@pytest.mark.django_db
def test_hostile_names() -> None:
    """Control characters are visible, and nothing is long; markup is text for the page."""
    add_event(asn="64500", asname=HOSTILE, country="\u202eFR")
    found = _read()

    name = networks.list_asns(found)[0].name or ""
    assert name.startswith("<script>alert(1)</script>\\u202e\\u2066xxx") and len(name) == networks.NAME_MAX
    assert networks.list_countries(found)[0].name == "\\u202eFR"


def test_numbers_that_are_none() -> None:
    """They have no AS to look at."""
    assert [networks.name_as(text) for text in ("64500", "0", "4294967296", "6 4", "", None, "٣")] == [
        *("AS64500", None, None, None, None, None, None)
    ]
