"""What the detail is about."""

from __future__ import annotations

import pytest

from ideolab_accesslog.admin.search import is_partial, match_network
from ideolab_accesslog.dashboard.detail.target import DetailTarget
from ideolab_accesslog.models import ConnmonEvent
from ideolab_accesslog.networks import parse_wanted
from tests.accesslog.conftest import VENDORS
from tests.accesslog.dashboard.samples import add_event


def make_target(text: str) -> DetailTarget:
    """The target of a text."""
    return DetailTarget(parse_wanted(text), match_network, is_partial)


@pytest.mark.parametrize(
    ("text", "kind", "names", "around"),
    [
        ("198.51.100.7", "address", ["198.51.100.7"], "198.51.100.0/24"),
        ("2001:db8::7", "address", ["2001:db8::7", "2001:db8::/64"], "2001:db8::/48"),
        ("2001:db8::/64", "network", ["2001:db8::/64"], "2001:db8::/48"),
        ("198.51.100.0/24", "network", ["198.51.100.0/24"], "198.51.0.0/16"),
        ("198.51.0.0/16", "network", ["198.51.0.0/16"], ""),
        ("AS64500", "asn", ["AS64500"], ""),
    ],
)
def test_kinds(text: str, kind: str, names: list[str], around: str) -> None:
    """An address of IPv6 is counted and banned by its /64."""
    found = make_target(text)

    assert (found.of, found.kind, found.list_names()) == (text, kind, names)
    assert around in [*found.list_names_around(), ""]
    assert found.list_names_around()[: len(names)] == names


def test_what_is_in_it() -> None:
    """Its addresses and the networks in it: no wider one, no other, no text that is none."""
    holds = make_target("198.51.100.0/24").holds

    assert [holds(text) for text in ("198.51.100.7", "198.51.100.0/25", "198.51.100.0/24")] == [True] * 3
    assert [holds(text) for text in ("198.51.0.0/16", "198.51.7.7", "2001:db8::7", "AS64500", None)] == (
        [False] * 5
    )
    assert not make_target("AS64500").holds("198.51.100.7")
    assert [make_target("AS64500").holds_start(start) for start in (None, "4c6336407")] == [False, False]
    starts = ("4c6336400", "4c63364ff", "4c6336500", None)
    assert [make_target("198.51.100.0/24").holds_start(start) for start in starts] == [
        *(True, True, False, False)
    ]


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
