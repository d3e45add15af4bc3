"""exempt: who is never named."""

from __future__ import annotations

import ipaddress

import pytest

from ideolab_f2b.connmon.suspects.exempt import Exempt


def packed(address: str) -> bytes:
    return ipaddress.ip_address(address).packed


OWN = frozenset(map(packed, ("192.0.2.1", "2001:db8:0:1::1")))
IGNORE = [ipaddress.ip_network(one) for one in ("198.51.100.8/30", "2001:db8:5::/48", "2001:db8:6:7::9/128")]


@pytest.mark.parametrize(
    ("name", "is_exempt"),
    [
        (packed("192.0.2.1"), True),
        (packed("192.0.2.2"), False),
        (packed("192.0.2.0")[:3], True),
        (packed("192.0.3.0")[:3], False),
        (packed("198.51.100.9"), True),
        (packed("198.51.100.7"), False),
        (packed("198.51.100.0")[:3], True),
        (packed("2001:db8:0:1::1"), True),
        (packed("2001:db8:0:1::2"), False),
        (packed("2001:db8:0:2::")[:8], False),
        (packed("2001:db8::")[:7], True),
        (packed("2001:db8::")[:6], True),
        (packed("2001:db8:5:1::")[:8], True),
        (packed("2001:db8:5:1::")[:7], True),
        (packed("2001:db8:6:7::9"), True),
        (packed("2001:db8:6:7::8"), False),
        (packed("2001:db8:6:8::")[:8], False),
        (packed("2001:db8:6::")[:7], True),
        (packed("64:ff9b::198.51.100.66"), False),
        (packed("64:ff9b::")[:7], True),
        (packed("64:ff9b:1:2::")[:6], True),
        (packed("2001:0:5ef5:79fd::1"), False),
        (packed("2001:0:5ef5:79fd::")[:7], True),
        (packed("fe80::")[:6], True),
        (packed("fe80::7"), False),
        (packed("::")[:6], True),
    ],
)
def test_who_is_exempt(name: bytes, is_exempt: bool) -> None:
    """Own and listed addresses, and every network that holds one; not their neighbours."""
    assert Exempt(OWN, IGNORE).has(name) == is_exempt


def test_which_64_are_counted_by_single_addresses() -> None:
    """Those with somebody exempt."""
    assert Exempt(OWN, IGNORE).single == {packed(one)[:8] for one in ("2001:db8:0:1::", "2001:db8:6:7::")}
