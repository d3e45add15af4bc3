"""Whether the clients that connmon names are banned."""

from __future__ import annotations

from typing import Optional

import pytest

from ideolab_accesslog.dashboard.bans.origins import NEWEST, BanOrigin
from ideolab_accesslog.dashboard.bans.unbanned import has_unbanned


def _row(text: str) -> BanOrigin:
    """The columns of an event about an address, a network or an AS."""
    if text.startswith("AS"):
        return BanOrigin(None, None, text[2:], None, None)
    ip: Optional[str] = None if "/" in text else text
    return BanOrigin(ip, text if ip is None else "198.51.100.0/24", "64500", None, None)


@pytest.mark.parametrize(
    ("named", "bans", "is_left"),
    [
        ((), (), False),
        (("198.51.100.7",), (), True),
        (("198.51.100.7",), ("198.51.100.8",), True),
        (("198.51.100.7",), ("198.51.100.7",), False),
        (("198.51.100.7",), ("198.51.0.0/16",), False),
        (("2001:db8:0:7::/64",), ("2001:db8:0:7::5",), False),
        (("2001:db8:0:7::5",), ("2001:db8:0:7::/64",), False),
        (("2001:db8:0:7::/64",), ("2001:db8::/48",), False),
        (("2001:db8:0:7::/64",), ("2001:db8:1::/48",), True),
        # one that an attacker gives away is not most of them
        (("198.51.100.7", "198.51.100.8", "198.51.100.9"), ("198.51.100.7",), True),
        (("198.51.100.7", "198.51.100.8"), ("198.51.100.7",), False),
        # a network is banned when it is named twice
        (("198.51.100.0/24",), (), False),
        # of an AS nobody knows here what it holds
        (("198.51.100.7",), ("AS64500",), None),
        (("198.51.100.7",), ("AS64500", "198.51.100.7"), False),
        ((), ("AS64500",), False),
    ],
)
def test_most_of_them(named: tuple[str, ...], bans: tuple[str, ...], is_left: Optional[bool]) -> None:
    """By address, by /64, and by each network around."""
    assert has_unbanned(map(_row, named), [], list(map(_row, bans))) is is_left


def test_more_bans_than_are_looked_at() -> None:
    """Then nobody can say that one is missing."""
    assert not has_unbanned([_row("198.51.100.7")], [_row("198.51.100.8")] * (NEWEST + 1))
