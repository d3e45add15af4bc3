"""client: who is one client, and how fail2ban reads it."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.intake.client import NOBODY, key_of, network_of, text_of
from ideolab_f2b.kernel.client_network import is_shared


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (b"198.51.100.7", b"198.51.100.7"),
        (b"::ffff:198.51.100.7", b"198.51.100.7"),
        (b"2001:db8:0:7::1", b"2001:db8:0:7::/64"),
        (b"2001:db8:0:7:ffff:ffff:ffff:ffff", b"2001:db8:0:7::/64"),
        (b"::1", b"::1"),
        (b"64:ff9b::203.0.113.4", b"64:ff9b::cb00:7104"),
        (b"2001:0:4136:e378:8000:63bf:3fff:fdd2", b"2001:0:4136:e378:8000:63bf:3fff:fdd2"),
        (b"fe80::7", b"fe80::7"),
        (b"unix:", b""),
        (b"2001:db8::g", b""),
        (b"\xff:", b""),
    ],
)
def test_one_client(address: bytes, text: bytes) -> None:
    """An address of IPv4, mapped or not; a /64 of IPv6; nobody."""
    assert text_of(key_of(address)) == text


def test_a_64_has_one_key_and_no_address_of_ipv4_has_it() -> None:
    """Even where its bytes are the letters of one."""
    assert key_of(b"2001:db8:0:7::1") == key_of(b"2001:db8:0:7::2") != key_of(b"2001:db8:0:8::1")
    letters = str(ipaddress.IPv6Address(b"1.1.1.12" + bytes(8))).encode()
    assert key_of(letters) != key_of(b"1.1.1.12")


def test_networks() -> None:
    """/24, /48, and one for all that is no address."""
    assert network_of(b"198.51.100.7") == network_of(b"198.51.100.200") == bytes([198, 51, 100])
    one, two, other = (network_of(key_of(b"2001:db8:%b::" % rest)) for rest in (b"5", b"5:ffff", b"6"))
    assert one == two != other
    assert network_of(NOBODY) == network_of(b"unix") == network_of(b"1.2.3") == b""


@given(st.ip_addresses())
def test_every_address_has_a_client_that_holds_it(address: ipaddress.IPv4Address) -> None:
    """fail2ban never bans a network in which the client is not."""
    told = ipaddress.ip_network(text_of(key_of(str(address).encode())).decode())
    mapped = getattr(address, "ipv4_mapped", None)

    assert (mapped or address) in told
    assert told.prefixlen == (32 if told.version == 4 else 128 if is_shared(address.packed) else 64)


def test_a_translated_client_is_in_the_24_of_its_ipv4_address() -> None:
    """One translator does not make a network of all of IPv4."""
    expected = network_of(b"203.0.113.9")
    assert network_of(key_of(b"64:ff9b::203.0.113.4")) == expected
    assert network_of(key_of(b"64:ff9b::203.0.112.4")) != expected
    assert network_of(key_of(b"2001:0:4136:e378:8000:63bf:3fff:fdd2")) == network_of(b"192.0.2.1")
