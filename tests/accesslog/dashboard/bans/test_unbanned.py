"""Whether the clients that connmon names are banned."""

from __future__ import annotations

from datetime import timedelta
from typing import Optional

import pytest

from ideolab_accesslog.dashboard.bans.origins import BanOrigin
from ideolab_accesslog.dashboard.bans.unbanned import CLIENTS, choose_clients, has_unbanned, read_bans_of
from tests.accesslog.conftest import VENDORS
from tests.accesslog.dashboard.samples import NOW, add_event


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


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_bans_that_are_looked_for_one_by_one(database: str) -> None:
    """By address, by /64 and by the networks around; those of others, older ones and suspects are none."""
    for text in ("198.51.100.7", "2001:db8:0:7::5"):
        add_event(ago_s=1800, ip=text)
    for text in ("198.51.101.0/24", "2001:db8:1::/48"):
        add_event(ago_s=1800, subnet=text)
    add_event(ago_s=7200, ip="198.51.100.9")
    add_event("suspect", ip="198.51.100.8")
    add_event("restored", ip="198.51.100.10")

    def is_banned(text: str) -> bool:
        clients = choose_clients([_row(text)])
        return not has_unbanned(clients, read_bans_of(clients, NOW - timedelta(hours=1)))

    banned = ("198.51.100.7", "198.51.101.77", "2001:db8:0:7::/64", "2001:db8:1:8::1", "198.51.100.10")
    others = ("198.51.100.8", "198.51.100.9", "198.51.102.7", "2001:db8:0:8::/64", "2001:db8:2:8::1")
    assert [text for text in (*banned, *others) if is_banned(text)] == list(banned)


def test_each_client_is_chosen_once() -> None:
    """So many that one statement has room for them."""
    rows = [_row(f"198.51.100.{number // 2}") for number in range(200)]
    assert [row.ip for row in choose_clients([_row("198.51.100.0/24"), *rows])] == [
        f"198.51.100.{number}" for number in range(CLIENTS)
    ]
