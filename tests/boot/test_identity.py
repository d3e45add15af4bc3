"""Words of the database that are addresses and networks, and those that are none."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.boot.identity import last_address, read_key
from ideolab_f2b.kernel.ipset.element import key_of, network_of


@pytest.mark.parametrize(
    "text",
    ["198.51.100.7", "198.51.100.0/24", "2001:db8::7", "2001:db8::/32", "0.0.0.0/1", "::/1"],
)
def test_addresses_and_networks(text: str) -> None:
    """The same numbers as those of the ipaddress module."""
    key = read_key(text)

    wanted = key_of(ip_network(text))
    assert key == wanted
    assert last_address(wanted) == int(ip_network(text).broadcast_address)


def test_a_network_by_one_of_its_addresses() -> None:
    """fail2ban takes it for the network."""
    assert read_key("198.51.100.7/24") == key_of(ip_network("198.51.100.0/24"))


@pytest.mark.parametrize(
    "text",
    [
        "", "AS64500", "600", "198.51.100.7/0", "198.51.100.7/33", "198.51.100.7/-1", "198.51.100.7/٢",
        "198.51.100", "::/0", "fe80::1%eth0", "198.51.100.7 ", "1" * 5000, "198.51.100.7/24/24", "\0",
        "2001:db8::/129", "example.org", "198.51.100.7/255.255.255.0",
    ],
)  # fmt: skip
def test_other_words(text: str) -> None:
    """Also a network of everybody."""
    assert read_key(text) is None


@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    """What is taken is a network that the kernel takes."""
    key = read_key(text)

    assert key is None or network_of(key).prefixlen > 0
