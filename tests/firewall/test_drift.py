"""What differs, judged from two lists."""

from __future__ import annotations

import pytest

from ideolab_f2b.firewall.drift import SetDrift, compare
from ideolab_f2b.kernel.ipset.element import Key

A: Key = (4, 0xC6336407, 32)


def test_each_kind_is_found() -> None:
    """A ban without its element, an element that ends too early, an element without its ban."""
    missing, short, stale, same = ((4, number, 32) for number in range(4))

    drift = compare({missing: 600, short: 600, same: 600}, {short: 60, stale: None, same: 599})

    assert drift == SetDrift([missing], [short], [stale])
    assert drift.size == 3


@pytest.mark.parametrize(
    ("left_s", "element", "differs"),
    [
        (600, {A: 599}, False),
        (600, {A: None}, False),  # the unban ends it
        (0, {A: None}, False),
        (0, {A: 2147483}, True),
        (600, {A: 541}, False),
        (600, {A: 539}, True),
        (600, {}, True),
        (0, {}, True),
        (5, {}, False),  # the kernel ends it a moment before fail2ban does
        (6, {}, True),
        (-1, {}, False),  # over, and not lifted yet
        (-1, {A: 3}, False),
    ],
)
def test_what_counts(left_s: int, element: dict[Key, int | None], differs: bool) -> None:
    """Only what lets a banned address in, or keeps one out that is not banned."""
    assert bool(compare({A: left_s}, element).size) is differs


def test_networks_and_families_are_told_apart() -> None:
    """The same number is another address in IPv6, and a prefix is no address."""
    keys: list[Key] = [(4, 7, 32), (6, 7, 128), (4, 7, 31)]

    assert compare(dict.fromkeys(keys, 0), {keys[0]: None}) == SetDrift(keys[1:], [], [])
