"""networks: which answer holds an address."""

from __future__ import annotations

import ipaddress

import pytest

from ideolab_f2b.origin.networks import Networks
from ideolab_f2b.origin.origin import Origin


def answer(address: str, asn: str | None, prefix: str | None) -> tuple[ipaddress.IPv4Address, Origin]:
    return ipaddress.IPv4Address(address), Origin(address, asn, prefix=prefix, source="cymru")


@pytest.mark.parametrize(
    ("address", "asn"),
    [
        ("198.51.100.200", "64501"),
        ("198.51.77.1", "64500"),
        ("198.52.0.1", "none"),
        ("203.0.113.200", None),
        ("203.0.114.1", "none"),
        ("2001:db8::1", "none"),
    ],
)
def test_the_longest_prefix_wins(address: str, asn: str | None) -> None:
    """An answer without a prefix holds for the /24 around its address."""
    networks = Networks(
        [
            answer("198.51.1.1", "64500", "198.51.0.0/16"),
            answer("198.51.100.7", "64501", "198.51.100.0/24"),
            answer("203.0.113.9", None, None),
        ]
    )
    found = networks.get(ipaddress.ip_address(address))

    assert (found.asn if found else "none") == asn
