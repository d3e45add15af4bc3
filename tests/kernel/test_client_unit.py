"""What counts as one address."""

from __future__ import annotations

import pytest

from ideolab_f2b.kernel.client_unit import find_span, find_unit, network_of_units

FOUR, SIX = 0xC6336407, 0x20010DB8000C0010


@pytest.mark.parametrize(
    ("key", "unit"),
    [
        ((4, FOUR, 32), FOUR), ((4, FOUR & ~7, 29), None),
        ((6, SIX << 64, 64), SIX), ((6, SIX << 64 | 5, 128), SIX), ((6, SIX << 64, 60), None),
    ],
)  # fmt: skip
def test_find_unit(key: tuple[int, int, int], unit: int | None) -> None:
    """An address of IPv4, a /64 of IPv6; a network is not one."""
    assert find_unit(key) == unit


@pytest.mark.parametrize(
    ("key", "span"),
    [
        ((4, FOUR, 32), (FOUR, FOUR)), ((4, FOUR & ~255, 24), (FOUR & ~255, FOUR | 255)),
        ((6, SIX << 64, 60), (SIX, SIX + 15)), ((6, SIX << 64 | 5, 128), (SIX, SIX)),
    ],
)  # fmt: skip
def test_find_span(key: tuple[int, int, int], span: tuple[int, int]) -> None:
    """Both ends."""
    assert find_span(key) == span


def test_network_of_units() -> None:
    """The network that begins there."""
    assert str(network_of_units(4, FOUR & ~15, 28)) == "198.51.100.0/28"
    assert str(network_of_units(6, SIX, 60)) == "2001:db8:c:10::/60"
