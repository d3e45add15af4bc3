"""Which rows of a comparison hold an address, and which lie in a network."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from ideolab_f2b.bans.ban_row import BanRow
from ideolab_f2b.bans.holders import Holders
from ideolab_f2b.bans.jail_bans import Ban
from ideolab_f2b.kernel.ipset.element import key_of

NOW = 1000.0
BAN = Ban(900, 600)


def row(network: str, ban: Ban | None = BAN, in_kernel: bool = True) -> BanRow:
    return BanRow(key_of(ip_network(network)), "ok", "ideolab-manual", "ideolab_manual", ban, in_kernel)


ROWS = [
    row("198.51.100.0/24"),
    row("198.51.100.7"),
    row("198.51.100.128/25"),
    row("2001:db8::/48"),
    row("2001:db8:0:7::/64"),
]


@pytest.mark.parametrize(
    ("network", "holders", "inside"),
    [
        ("198.51.100.7", ["198.51.100.7", "198.51.100.0/24"], []),
        ("198.51.100.200", ["198.51.100.128/25", "198.51.100.0/24"], []),
        ("198.51.100.0/24", ["198.51.100.0/24"], ["198.51.100.7", "198.51.100.128/25"]),
        ("198.51.0.0/16", [], ["198.51.100.0/24", "198.51.100.7", "198.51.100.128/25"]),
        ("2001:db8:0:7::1", ["2001:db8:0:7::/64", "2001:db8::/48"], []),
        ("2001:db8:1::1", [], []),
        ("203.0.113.9", [], []),
        ("::/0", [], ["2001:db8::/48", "2001:db8:0:7::/64"]),
    ],
)
def test_who_holds_what(network: str, holders: list[str], inside: list[str]) -> None:
    """The narrowest holder first: it is what an unban of the address lifts."""
    one = ip_network(network)

    assert [each.address for each in Holders(ROWS, NOW).find_holders(one)] == holders
    assert [each.address for each in Holders(ROWS, NOW).find_inside(one)] == inside


def test_a_ban_that_ends_in_this_moment_is_none() -> None:
    """fail2ban has not lifted it yet, and the kernel has."""
    one = ip_network("198.51.100.7")

    def count(*given: BanRow) -> int:
        return len(Holders(given, NOW).find_holders(one))

    assert count(row("198.51.100.7", Ban(0, 900), in_kernel=False)) == 0
    assert count(row("198.51.100.7", Ban(0, 900))) == 1
    assert count(row("198.51.100.7", Ban(0, -1), in_kernel=False)) == 1
    assert count(row("198.51.100.7", None)) == 1


def test_several_jails_hold_the_same() -> None:
    """Each is named."""
    both = [row("198.51.100.7"), row("198.51.100.7")._replace(jail="sshd")]

    assert Holders(both, NOW).find_holders(ip_network("198.51.100.7")) == both


def test_an_address_in_an_as() -> None:
    """The row of the AS holds it, once, however many of its networks lie in what is asked for."""
    prefixes = (key_of(ip_network("198.51.100.0/25")), key_of(ip_network("198.51.100.128/26")))
    row = BanRow((0, 64500, 0), "ok", "j", "s", Ban(0, -1), True, None, prefixes)
    holders = Holders([row], 1000.0)

    assert holders.find_holders(ip_network("198.51.100.7")) == [row]
    assert holders.find_inside(ip_network("198.51.100.0/24")) == [row]
    assert holders.find_holders(ip_network("198.51.100.200")) == []
