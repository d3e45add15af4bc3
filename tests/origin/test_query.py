"""query: which address is meant, whether it may be asked for, who shares its answer."""

from __future__ import annotations

import ipaddress

import pytest

from ideolab_f2b.origin import query


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("198.51.100.7", "198.51.100.7"),
        (" 2001:DB8::7 ", "2001:db8::7"),
        ("198.51.100.0/24", "198.51.100.0"),
        ("2001:db8:0:1::/64", "2001:db8:0:1::"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("example.org", None),
        ("198.51.100.256", None),
        ("", None),
    ],
)
def test_the_address_that_is_meant(text: str, address: str | None) -> None:
    """A network is asked for by its first address."""
    found = query.parse_address(text)

    assert (None if found is None else str(found)) == address


@pytest.mark.parametrize(
    ("text", "is_public"),
    [
        ("198.51.100.7", True),
        ("100.63.0.1", True),
        ("2001:db8::7", True),
        ("10.1.2.3", False),
        ("172.31.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("169.254.1.1", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
        ("::", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("ff02::1", False),
    ],
)
def test_private_addresses_stay_here(text: str, is_public: bool) -> None:
    """No server on the internet hears of the networks inside."""
    assert query.is_public(ipaddress.ip_address(text)) is is_public


def test_the_smallest_network_is_the_longest_prefix_of_the_internet() -> None:
    """/24 and /48; the key tells two of them apart as the networks do."""
    v4, v6 = ipaddress.ip_address("198.51.100.7"), ipaddress.ip_address("2001:db8:1:2::7")

    assert [str(query.smallest_network(one)) for one in (v4, v6)] == ["198.51.100.0/24", "2001:db8:1::/48"]
    key, ip = query.smallest_network_key, ipaddress.ip_address
    assert key(v4) == key(ip("198.51.100.255"))
    assert key(v4) != key(ip("198.51.101.7"))
    assert key(v6) == key(ip("2001:db8:1:ffff::"))
