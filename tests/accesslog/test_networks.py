"""What an address is counted by."""

from __future__ import annotations

import pytest

from ideolab_accesslog.networks import SHARED, network_of, parse
from ideolab_f2b.kernel import client_network


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:db8:0:7::1", "2001:db8:0:7::/64"),
        ("2001:DB8:0:7:ffff:ffff:ffff:ffff", "2001:db8:0:7::/64"),
        ("2001:db8:0:8::", "2001:db8:0:8::/64"),
        ("::1", "::1"),
        ("64:ff9b::203.0.113.4", "64:ff9b::cb00:7104"),
        ("64:ff9b:1:7::1", "64:ff9b:1:7::1"),
        ("2001:0:5ef5:79fd::1", "2001:0:5ef5:79fd::1"),
        ("fe80::7", "fe80::7"),
        ("2002:c633:6407::1", "2002:c633:6407::/64"),
        ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff::/64"),
    ],
)
def test_what_an_address_is_counted_by(address: str, network: str) -> None:
    """IPv4 by itself, IPv6 by the prefix of one customer."""
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (" 198.51.100.7 ", "198.51.100.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("2001:db8::7/64", "2001:db8::/64"),
        ("2001:DB8::/64", "2001:db8::/64"),
    ],
)
def test_what_may_be_banned(text: str, found: str) -> None:
    """An address as it was typed, or a whole /64."""
    assert str(parse(text)) == found


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "x",
            "198.51.100.0/24",
            "198.51.100.7/32",
            "2001:db8::/48",
            "2001:db8::/65",
            "2001:db8::/0064x",
        ),
        *(
            "fe80::1%eth0",
            "fe80::1%eth0/64",
            "2001:db8::/64/64",
            "/64",
            "2001:db8::/-64",
            "::ffff:198.51.100.7/64",
            "::ffff:0:0/64",
            "2001:db8::/ffff::",
        ),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    """Other networks, interfaces, words."""
    with pytest.raises(ValueError):
        parse(text)


def test_the_pack_knows_the_same_shared_networks() -> None:
    """A ban by Django and one by the intake mean the same client."""
    assert client_network.SHARED == SHARED
