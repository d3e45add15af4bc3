"""The many elements of AS numbers: what comes back when a set is filled anew, or another ban ends."""

from __future__ import annotations

from ipaddress import ip_network
from types import SimpleNamespace
from typing import Any

from ideolab_f2b.actions.ban.asn.elements import AsElements, list_networks
from ideolab_f2b.actions.ban.counts import BanCounts
from ideolab_f2b.kernel.ipset.element import Key, Network

PLAIN, PROTECTED = (4, 0xC6336400, 25), (4, 0xC6336480, 25)


def admits(version: int, address: int, length: int) -> bool:
    return (version, address, length) != PROTECTED


class Bans:
    """AS64500 is banned, and a newer table has given it a network in which an administrator is."""

    def tickets(self) -> dict[Key, str]:
        return {PLAIN: "AS64500", PROTECTED: "AS64500"}

    def left_s(self, _ticket: str) -> int:
        return 600


class Firewall:
    def __init__(self) -> None:
        self.added: list[tuple[Network, int]] = []

    def add_many(self, elements: list[tuple[Network, int]]) -> None:
        self.added += elements


def test_a_set_that_is_filled_anew() -> None:
    """Whoever destroyed it must not have the administrator banned."""
    bans: Any = Bans()
    assert list(list_networks(bans, admits)) == [(ip_network("198.51.100.0/25"), 600)]


def test_a_ban_that_ends() -> None:
    """What another AS has too stays, and what it must not have does not come by that."""
    firewall, bans = Firewall(), Bans()
    prefixes = SimpleNamespace(take_networks=lambda _number: {PLAIN, PROTECTED})
    given: Any = (None, firewall, BanCounts(), bans, prefixes, admits)

    AsElements(*given).lift("AS64501")

    assert firewall.added == [(ip_network("198.51.100.0/25"), 600)]
