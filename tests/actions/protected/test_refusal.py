"""What may be banned. Pure."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.actions.protected.refusal import NEVER, Index, listing, refusal

LISTS = Index(
    (*NEVER, listing(ip_network("203.0.113.9"), "own"), listing(ip_network("2001:db8:a::/48"), "ignored"))
)


@pytest.mark.parametrize(
    ("network", "why"),
    [
        ("203.0.113.9", "203.0.113.9 is own"),
        ("203.0.113.0/24", "203.0.113.0/24 holds 203.0.113.9, own"),
        ("203.0.113.8/31", "203.0.113.8/31 holds 203.0.113.9, own"),
        ("203.0.113.10", None),
        ("203.0.113.0/29", None),
        ("2001:db8:a::7", "2001:db8:a::7 lies in 2001:db8:a::/48, ignored"),
        ("2001:db8:a::/48", "2001:db8:a::/48 is ignored"),
        ("2001:db8::/32", "2001:db8::/32 holds 2001:db8:a::/48, ignored"),
        ("2001:db8:b::/64", None),
        ("198.0.0.0/15", "198.0.0.0/15 is wider than /16"),
        ("198.51.0.0/16", None),
        ("2400::/31", "2400::/31 is wider than /32"),
        ("2400::/32", None),
        ("127.0.0.1", "127.0.0.1 lies in 127.0.0.0/8, loopback"),
        ("::1", "::1 is loopback"),
        ("0.0.0.0", "0.0.0.0 lies in 0.0.0.0/8, no host"),
        ("169.254.1.1", "169.254.1.1 lies in 169.254.0.0/16, link-local"),
        ("224.0.0.1", "224.0.0.1 lies in 224.0.0.0/4, multicast"),
        ("255.255.255.255", "255.255.255.255 is broadcast"),
        ("fe80::1", "fe80::1 lies in fe80::/10, link-local"),
        # newer Pythons write it with dots
        ("::ffff:198.51.100.7", f"{ip_address('::ffff:198.51.100.7')} lies in "),
        ("10.0.0.1", None),
    ],
)
def test_refusal(network: str, why: str | None) -> None:
    """Both ways round: a network that holds a listed address, and an address in a listed network."""
    found = refusal(ip_network(network), LISTS)

    if why is None or found is None:
        assert found is why
    else:
        assert found.startswith(why)


def test_other_prefix_lengths() -> None:
    """The widest prefix that may be banned is the caller's choice."""
    wide = ip_network("198.51.100.0/24")

    assert refusal(wide, Index(), min_prefix4=32) == "198.51.100.0/24 is wider than /32"
    assert refusal(ip_network("2400::/20"), Index(), min_prefix6=20) is None


@given(st.ip_addresses(v=4), st.integers(16, 32), st.ip_addresses(v=4), st.integers(8, 32))
def test_refusal_is_overlap(address: object, bits: int, other: object, other_bits: int) -> None:
    """Refused exactly when the two networks share an address."""
    network = ip_network(f"{address}/{bits}", strict=False)
    protected = ip_network(f"{other}/{other_bits}", strict=False)

    assert (refusal(network, Index([listing(protected, "x")])) is not None) == network.overlaps(protected)


def test_families_do_not_mix() -> None:
    """An IPv4 address and the IPv6 address of the same number are strangers."""
    number = int(ip_address("203.0.113.9"))

    assert refusal(ip_network((number, 128)), Index([listing(ip_network("203.0.113.9"), "own")])) is None


@given(
    st.lists(st.tuples(st.ip_addresses(v=4), st.integers(8, 32)), max_size=12),
    st.ip_addresses(v=4),
    st.integers(8, 32),
)
def test_index_finds_what_it_says(lists: list[tuple[object, int]], address: object, bits: int) -> None:
    """The quick answer and the search agree, for lists that lie in one another too."""
    networks = [ip_network(f"{text}/{length}", strict=False) for text, length in lists]
    index = Index(listing(network, "x") for network in networks)
    asked = ip_network(f"{address}/{bits}", strict=False)
    first, last = int(asked.network_address), int(asked.broadcast_address)

    assert index.overlaps(4, first, last) == any(asked.overlaps(network) for network in networks)
    assert (index.find(4, first, last) is not None) == index.overlaps(4, first, last)
