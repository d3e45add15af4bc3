"""ASes in which bans cluster, by a real table."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from ideolab_f2b.asn.table import AsnTable
from ideolab_f2b.kernel.client_unit import Units
from ideolab_f2b.suggest.systems import Systems
from tests.asn import tables

ROWS = [
    (64500, "EXAMPLE-BAD", ["10.0.0.0/21", "2001:db8::/44"]),
    (64501, "EXAMPLE-BIG", ["10.64.0.0/10"]),
]


@pytest.fixture
def systems(tmp_path: Path) -> Iterator[Systems]:
    with AsnTable(tables.build(tmp_path / "asn.sqlite3", ROWS)) as table:
        yield Systems(table)


def units(*addresses: str) -> Units:
    found: Units = {4: set(), 6: set()}
    for text in addresses:
        address = ip_address(text)
        found[address.version].add(int(address) >> (64 if address.version == 6 else 0))
    return found


def spread(first: str, parts: int, hosts: int) -> list[str]:
    return [f"{first}.{part}.{host}" for part in range(parts) for host in range(hosts)]


def test_an_as_is_its_spread(systems: Systems) -> None:
    """Bans of two /24 are those networks'; of three they are the AS's."""
    assert list(systems.find_clusters(units(*spread("10.0", 2, 20)))) == []
    (found,) = systems.find_clusters(units(*spread("10.0", 3, 20)))

    assert (found.number, found.version, found.banned, found.size, found.networks) == (64500, 4, 60, 2048, 3)
    assert systems.names == {64500: "EXAMPLE-BAD"}


def test_a_large_one(systems: Systems) -> None:
    """400 bad servers of 4,194,304 addresses are no share."""
    assert list(systems.find_clusters(units(*spread("10.64", 100, 4)))) == []


def test_ipv6_by_itself(systems: Systems) -> None:
    """Its /64 are counted, and not beside the addresses of IPv4."""
    addresses = [f"2001:db8:{part:x}:{net:x}::1" for part in range(4) for net in range(500)]
    (found,) = systems.find_clusters(units(*addresses))

    assert (found.number, found.version, found.banned, found.size, found.networks) == (
        64500,
        6,
        2000,
        1 << 20,
        4,
    )


def test_who_announces_a_network(systems: Systems) -> None:
    """All of its parts are looked at; what nobody announces is left out."""
    first = int(ip_address("10.0.0.0"))

    assert systems.list_holders(4, first, 20) == {64500}
    assert systems.list_holders(4, int(ip_address("10.64.0.0")), 24) == {64501}
    assert systems.list_holders(4, int(ip_address("192.0.2.0")), 24) == set()


def test_its_prefixes(systems: Systems) -> None:
    """As spans of addresses and of /64."""
    first = int(ip_address("10.0.0.0"))

    assert systems.list_spans(64500) == [
        (4, (first, first + 2047)),
        (6, (0x20010DB800000000, 0x20010DB8000FFFFF)),
    ]
