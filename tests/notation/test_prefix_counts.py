"""How much some prefixes hold, in words."""

from __future__ import annotations

import pytest

from ideolab_f2b.notation import prefix_counts


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((3, 192, 65536), "3 prefixes, 192 IPv4 addresses and 65,536 /64 of IPv6"),
        ((1, 1, 0), "1 prefix, 1 IPv4 address"),
        ((1, 0, 1), "1 prefix, 1 /64 of IPv6"),
        ((0, 0, 0), "0 prefixes, no address"),
    ],
)
def test_describe(counts: tuple[int, int, int], said: str) -> None:
    """One is not several, and a family with nothing is not named."""
    assert prefix_counts.describe(*counts) == said
