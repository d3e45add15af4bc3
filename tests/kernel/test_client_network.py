"""client_network: where a /64 is not one client."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.kernel.client_network import SHARED, client_part, ipv4_of, is_shared


@given(st.one_of(st.ip_addresses(v=6), *(st.ip_addresses(network=str(one)) for one in SHARED)))
def test_the_bytes_say_what_the_list_says(address: ipaddress.IPv6Address) -> None:
    """Of an address and of its /64."""
    expected = any(address in one for one in SHARED)
    assert is_shared(address.packed) == is_shared(address.packed[:8]) == expected


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("198.51.100.7", "c6336407"),
        ("2001:db8:0:7::1", "20010db800000007"),
        ("64:ff9b::198.51.100.7", "0064ff9b0000000000000000c6336407"),
    ],
)
def test_by_what_a_client_is_known(address: str, found: str) -> None:
    """Packed: the address, or the /64 that nobody shares."""
    assert client_part(ipaddress.ip_address(address).packed).hex() == found


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("64:ff9b::203.0.113.4", "203.0.113.4"),
        ("64:ff9b:1::203.0.113.4", "203.0.113.4"),
        # the example of RFC 4380: the client 192.0.2.45, inverted
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "192.0.2.45"),
        ("::ffff:0:198.51.100.7", "198.51.100.7"),
        ("fe80::1", ""),
        ("2001:db8::1", ""),
    ],
)
def test_the_ipv4_address_in_it(address: str, found: str) -> None:
    """As the translator or Teredo put it there."""
    four = ipv4_of(ipaddress.ip_address(address).packed)
    assert (str(ipaddress.IPv4Address(four)) if four else "") == found
