"""Networks in which bans cluster."""

from __future__ import annotations

from ideolab_f2b.kernel.client_unit import network_of_units
from ideolab_f2b.suggest.networks import find_networks

NET = 0xC6336400  # 198.51.100.0
SIX = 0x20010DB8000C0000  # 2001:db8:c::


def find(four: set[int], six: set[int] = frozenset()) -> dict[str, tuple[int, int, int]]:  # type: ignore[assignment]
    return {
        str(network_of_units(each.version, *each.network)): (each.banned, each.size, each.networks)
        for each in find_networks({4: four, 6: six})
    }


def test_each_length() -> None:
    """A /24 and what is around it, as long as the share is enough."""
    assert find({NET + host for host in range(64)}) == {
        "198.51.100.0/24": (64, 256, 1),
        "198.51.100.0/23": (64, 512, 1),
        "198.51.100.0/22": (64, 1024, 1),
        "198.51.96.0/21": (64, 2048, 1),
        "198.51.96.0/20": (64, 4096, 1),
    }


def test_bans_that_are_spread() -> None:
    """Few in each /24, and enough in the /22: its /24 are counted."""
    found = find({NET + 256 * part + host for part in range(4) for host in range(4)})

    assert set(found) == {
        "198.51.100.0/23",
        "198.51.100.0/22",
        "198.51.102.0/23",
        "198.51.96.0/21",
        "198.51.96.0/20",
    }
    assert found["198.51.100.0/22"] == (16, 1024, 4)


def test_four_are_none() -> None:
    """Nor are bans that are far from each other."""
    assert find({NET, NET + 1, NET + 2, NET + 3}) == {}
    assert find({part << 24 for part in range(1, 200)}) == {}


def test_ipv6_counts_in_64() -> None:
    """What hosters give to one customer: a /56, a /52, a /48."""
    found = find(set(), {SIX + part for part in range(200)})

    assert found == {
        "2001:db8:c::/56": (200, 256, 1),
        "2001:db8:c::/52": (200, 4096, 1),
        "2001:db8:c::/48": (200, 65536, 1),
    }
