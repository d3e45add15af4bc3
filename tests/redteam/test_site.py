"""Who of the lab is banned, as the tests of this folder ask."""

from __future__ import annotations

import pytest

from tests.redteam.site import find_holders

BANNED = {
    "ideolab-traship": ["198.51.100.7", "2001:db8:0:7::/64"],
    "set ideolab_connmon_net": ["198.51.100.0/24"],
}


@pytest.mark.parametrize(
    ("address", "holders"),
    [
        ("198.51.100.7", ["ideolab-traship", "set ideolab_connmon_net"]),
        ("198.51.100.70", ["set ideolab_connmon_net"]),
        ("2001:db8:0:7::9", ["ideolab-traship"]),
        ("2001:db8:0:8::9", []),
        ("203.0.113.7", []),
    ],
)
def test_a_ban_of_the_network_around_is_one_too(address: str, holders: list[str]) -> None:
    """A text that only begins like a banned address is none."""
    assert find_holders(BANNED, address) == holders
