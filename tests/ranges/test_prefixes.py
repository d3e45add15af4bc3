"""Merge and split are exact: what ipaddress says, for any numbers."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, summarize_address_range

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideolab_f2b.ranges import prefixes

_SMALL = st.tuples(st.integers(0, 60), st.integers(0, 60))
_FOUR = st.integers(0, (1 << 32) - 1)
_SIX = st.integers(0, (1 << 128) - 1)


@given(st.lists(_SMALL))
@settings(deadline=None)
def test_merged_ranges_hold_the_same_numbers(ranges: list[tuple[int, int]]) -> None:
    """Sorted, apart from each other by at least one number, and nothing more or less in them."""
    merged = prefixes.merge(ranges)

    assert {n for first, last in merged for n in range(first, last + 1)} == {
        n for first, last in ranges for n in range(first, last + 1)
    }
    assert all(before[1] + 1 < after[0] for before, after in zip(merged, merged[1:]))
    assert all(first <= last for first, last in merged)


@given(_FOUR, _FOUR)
@settings(deadline=None)
def test_a_range_of_ipv4_is_split_as_ipaddress_does(one: int, other: int) -> None:
    """The fewest prefixes, in order."""
    first, last = sorted((one, other))
    expected = summarize_address_range(IPv4Address(first), IPv4Address(last))

    assert list(prefixes.split(first, last, 32)) == [(int(n.network_address), n.prefixlen) for n in expected]


@given(_SIX, _SIX)
@settings(deadline=None)
def test_a_range_of_ipv6_is_split_as_ipaddress_does(one: int, other: int) -> None:
    """The fewest prefixes, in order."""
    first, last = sorted((one, other))
    expected = summarize_address_range(IPv6Address(first), IPv6Address(last))

    assert list(prefixes.split(first, last, 128)) == [(int(n.network_address), n.prefixlen) for n in expected]


@pytest.mark.parametrize(
    ("first", "last", "bits", "found"),
    [
        (0, (1 << 32) - 1, 32, [(0, 0)]),
        (0, 0, 32, [(0, 32)]),
        ((1 << 32) - 1, (1 << 32) - 1, 32, [((1 << 32) - 1, 32)]),
        (1, 6, 32, [(1, 32), (2, 31), (4, 31), (6, 32)]),
        (0, (1 << 64) - 1, 64, [(0, 0)]),
        (7, 3, 32, []),
    ],
)
def test_the_edges(first: int, last: int, bits: int, found: list[tuple[int, int]]) -> None:
    """Everything, one address, the ends of the numbers, and a range that holds nothing."""
    assert list(prefixes.split(first, last, bits)) == found
