"""Addresses and networks as numbers."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Union

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideolab_f2b.geo.sources import addresses
from ideolab_f2b.geo.sources.addresses import AddressError


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)), st.integers(0, 128))
@settings(deadline=None)
def test_networks_are_read_as_ipaddress_does(address: Union[IPv4Address, IPv6Address], length: int) -> None:
    """The same family, first and last address."""
    network = ip_network(f"{address}/{min(length, address.max_prefixlen)}", strict=False)

    assert addresses.read_network(str(network)) == (
        network.version, int(network.network_address), int(network.broadcast_address),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("198.51.100.1/24", "bits of the host are set"),
        ("2001:db8::1/64", "bits of the host are set"),
        ("198.51.100.0/33", "not a prefix length"),
        ("198.51.100.0/0x8", "not a prefix length"),
        ("198.51.100.0/", "not a prefix length"),
        ("2001:db8::/129", "not a prefix length"),
    ],
)
def test_what_is_no_network(text: str, error: str) -> None:
    """The reason is of our own words."""
    with pytest.raises(AddressError, match=f"^{error}$"):
        addresses.read_network(text)


@pytest.mark.parametrize(
    "text", ["", "1", "198.51.100", "198.51.100.07", "::1%eth0", "2001:db8::/x:", "a.example"]
)
def test_what_is_no_address(text: str) -> None:
    """No name, no short form, no interface."""
    with pytest.raises((OSError, ValueError)):
        addresses.read_network(text)
