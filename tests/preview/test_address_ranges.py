"""Networks as ranges."""

from __future__ import annotations

from ipaddress import ip_network

from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.kernel.ipset.element import Key, key_of, network_of
from ideolab_f2b.preview.address_ranges import AddressRanges


def keys(*texts: str) -> list[Key]:
    return [key_of(ip_network(text)) for text in texts]


def test_count() -> None:
    """Each address once, and a part of a /64 is one."""
    ranges = AddressRanges(
        keys(
            "198.51.100.0/24",
            "198.51.100.128/25",
            "203.0.113.7",
            "2001:db8::/62",
            "2001:db8:0:4::1",
            "2001:db8:0:4::9",
        )
    )

    assert ranges.count() == (257, 5)
    assert AddressRanges([]).count() == (0, 0)


def test_holds() -> None:
    """Any shared address, on both edges."""
    ranges = AddressRanges(keys("198.51.100.0/25", "2001:db8::1"))

    assert [ranges.holds(one) for one in keys("198.51.100.127", "198.51.100.128", "198.51.0.0/16")] == [
        True,
        False,
        True,
    ]
    assert [ranges.holds(one) for one in keys("2001:db8::/64", "2001:db8:0:1::/64")] == [True, False]


_KEYS = st.builds(
    lambda address, prefix: (4, address >> 32 - prefix << 32 - prefix, prefix),
    st.integers(0, 1 << 12),
    st.integers(20, 32),
)


@given(st.lists(_KEYS, max_size=12), _KEYS)
def test_against_ipaddress(held: list[Key], one: Key) -> None:
    """Holding and counting, one by one."""
    networks = [network_of(key) for key in held]
    ranges = AddressRanges(held)

    assert ranges.holds(one) == any(network_of(one).overlaps(each) for each in networks)
    assert ranges.count()[0] == len({int(host) for each in networks for host in each})
