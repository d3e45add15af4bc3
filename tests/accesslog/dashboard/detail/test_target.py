"""What the detail is about."""

from __future__ import annotations

import pytest

from ideolab_accesslog.admin.search import match_network
from ideolab_accesslog.dashboard.detail.target import DetailTarget
from ideolab_accesslog.models import ConnmonEvent
from ideolab_accesslog.networks import parse_wanted
from tests.accesslog.conftest import VENDORS
from tests.accesslog.dashboard.samples import add_event


def make_target(text: str) -> DetailTarget:
    """The target of a text."""
    return DetailTarget(parse_wanted(text), match_network)


@pytest.mark.parametrize(
    ("text", "kind", "names", "has_newest_first"),
    [
        ("198.51.100.7", "address", ["198.51.100.7"], True),
        ("2001:db8::7", "address", ["2001:db8::7", "2001:db8::/64"], True),
        ("2001:db8::/64", "network", ["2001:db8::/64"], True),
        ("198.51.100.0/24", "network", ["198.51.100.0/24"], True),
        ("198.51.0.0/16", "network", ["198.51.0.0/16"], False),
        ("AS64500", "asn", ["AS64500"], True),
    ],
)
def test_kinds(text: str, kind: str, names: list[str], has_newest_first: bool) -> None:
    """An address of IPv6 is counted and banned by its /64."""
    found = make_target(text)

    assert (found.of, found.kind, found.list_names(), found.has_newest_first) == (
        *(text, kind, names, has_newest_first),
    )


def test_what_covers_it() -> None:
    """The network around it, itself, and an AS; no part of it, and no other."""
    of = make_target("198.51.100.0/24").is_covered_by

    assert [of(text) for text in ("198.51.100.0/24", "198.51.0.0/16", "AS64500")] == [True, True, True]
    assert [of(text) for text in ("198.51.100.7", "198.50.0.0/16", "2001:db8::/64", "x")] == [False] * 4
    assert [
        make_target("AS64500").is_covered_by(text) for text in ("AS64500", "AS64501", "198.51.0.0/16")
    ] == [*(True, False, False)]


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_events_of_each_kind(database: str) -> None:
    """A network has the events of its addresses and of the networks in it."""
    for fields in (
        {"ip": "198.51.100.7", "asn": "64500"},
        {"ip": "198.51.100.8"},
        {"ip": None, "subnet": "198.51.100.0/24"},
        {"ip": "198.51.7.7"},
        {"ip": "198.52.0.1"},
        {"ip": "2001:db8:1::7", "asn": "64500"},
        {"ip": "2001:db8:2::7"},
    ):
        add_event(is_counted=False, **fields)
    rows = ConnmonEvent.objects.all()
    counts = {
        text: len(make_target(text).filter_events(rows))
        for text in (
            *("198.51.100.7", "198.51.100.0/24", "198.51.0.0/16", "198.51.100.0/25"),
            *("2001:db8:1::/64", "2001:db8::/32", "AS64500", "203.0.113.7"),
        )
    }
    assert list(counts.values()) == [1, 3, 4, 3, 1, 2, 2, 0]
