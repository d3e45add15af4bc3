"""The widest prefixes of which a share is banned."""

from __future__ import annotations

import random

import pytest

from ideolab_f2b.actions.aggregate.dense import Dense, find_crowds, find_dense
from ideolab_f2b.kernel.client_unit import UNIT

NET = 0xC6336400  # 198.51.100.0


def dense(units: set[int], share: float = 0.25) -> list[Dense]:
    return list(find_dense(4, sorted(units), 24, share))


@pytest.mark.parametrize(
    ("hosts", "share", "found"),
    [
        (range(64), 0.25, [((4, NET, 24), 64)]),
        (range(63), 0.25, [((4, NET, 25), 63)]),
        (range(3), 0.25, []),
        ((0, 5, 10, 15), 0.25, [((4, NET, 28), 4)]),
        ((0, 5, 10, 16), 0.25, []),
        ((0, 1, 2, 3), 1.0, [((4, NET, 30), 4)]),
        ((*range(16, 20), *range(200, 204)), 0.25, [((4, NET + 16, 28), 4), ((4, NET + 192, 28), 4)]),
        (range(13), 0.05, [((4, NET, 24), 13)]),
    ],
)
def test_the_widest_counts(
    hosts: range | tuple[int, ...], share: float, found: list[tuple[tuple[int, int, int], int]]
) -> None:
    """At least four addresses, at least the share of the prefix, and no prefix twice."""
    assert [(each.key, each.banned) for each in dense({NET + host for host in hosts}, share)] == found


def test_nothing_wider_than_the_widest() -> None:
    """Two whole /24 stay two."""
    found = dense(set(range(NET, NET + 512)))

    assert [(each.key, each.banned, each.size) for each in found] == [
        ((4, NET, 24), 256, 256),
        ((4, NET + 256, 24), 256, 256),
    ]


def test_ipv6_counts_in_64() -> None:
    """Four /64 of sixteen are a /60."""
    first = 0x20010DB8000C0010
    found = list(find_dense(6, [first, first + 1, first + 2, first + 3], 48, 0.25))

    assert [(each.key, each.banned, each.size) for each in found] == [((6, first << 64, 60), 4, 16)]


@pytest.mark.parametrize("seed", range(20))
def test_every_prefix_is_dense_and_none_overlaps(seed: int) -> None:
    """For any bans, and none of the addresses that are left would make a prefix."""
    dice = random.Random(seed)
    units = {NET + dice.randrange(512) for _ in range(dice.randrange(4, 300))}
    share = dice.choice((0.05, 0.25, 0.5, 1.0))
    found = dense(units, share)

    covered: set[int] = set()
    for each in found:
        inside = set(range(each.first, each.last + 1))
        assert len(inside & units) == each.banned >= max(4, share * each.size)
        assert not inside & covered
        covered |= inside
    assert not dense(units - covered, share)


def test_crowded() -> None:
    """Only where four are is it worth to look."""
    units = [NET, NET + 1, NET + 2, NET + 3, NET + 256, NET + 257]

    assert find_crowds(4, units, 24) == {NET >> UNIT[4] - 24}
