"""The bans that count for a prefix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fail2ban.server.ipdns import IPAddr
from fail2ban.server.ticket import BanTicket

from ideolab_f2b.actions.aggregate.evidence import Held, counts, find_candidates, sort_tickets
from ideolab_f2b.actions.tickets import give_to_root
from ideolab_f2b.bans.jail_bans import key_of_text
from ideolab_f2b.kernel.ipset.element import network_of

WIDEST = {4: 24, 6: 48}


def ticket(identity: str, at: float = 1000.0, **data: str) -> Any:
    made = BanTicket(IPAddr(identity) if identity[:1].isdigit() else identity, at)
    for name, value in data.items():
        made.setData(name, value)
    return made


def sort(*tickets: Any) -> Held:
    return sort_tickets(iter(tickets))


def candidates(held: Held, lifted: dict[str, float] | None = None) -> list[str]:
    found = find_candidates(held, WIDEST, 0.25, (lifted or {}).get)
    return [str(network_of(each.key)) for each in found]


def four(at: float = 1000.0) -> Iterator[Any]:
    return (ticket(f"198.51.100.{last}", at) for last in (1, 2, 3, 4))


def test_what_is_sorted() -> None:
    """Addresses and /64 are units; a network is wider than one, and a word is nothing."""
    held = sort(ticket("198.51.100.1"), ticket("2001:db8::/64"), ticket("198.51.100.0/25"), ticket("AS64500"))

    assert {version: len(units) for version, units in held.units.items()} == {4: 1, 6: 1}
    assert held.networks == {key_of_text("198.51.100.0/25")}


def test_addresses_of_one_64_are_one() -> None:
    """Whoever holds a /64 has all its addresses."""
    held = sort(*(ticket(f"2001:db8::{last}") for last in range(1, 9)))

    assert candidates(held) == []


def test_a_prefix_that_is_banned() -> None:
    """Nor is a part of it a candidate."""
    assert candidates(sort(*four())) == ["198.51.100.0/28"]
    for banned in ("198.51.100.0/28", "198.51.100.0/24", "198.51.0.0/16"):
        assert candidates(sort(*four(), ticket(banned))) == []
    assert candidates(sort(*four(), ticket("198.51.100.128/25"))) == ["198.51.100.0/28"]


@pytest.mark.parametrize(
    ("lifted", "found"),
    [
        ({}, ["198.51.100.0/28"]),
        ({"198.51.100.0/28": 2000.0}, []),
        ({"198.51.100.0/24": 2000.0}, []),
        ({"198.51.100.0/29": 2000.0}, []),
        ({"198.51.100.0/28": 999.0}, ["198.51.100.0/28"]),
        ({"198.51.100.16/28": 2000.0}, ["198.51.100.0/28"]),
    ],
)
def test_what_a_person_has_lifted(lifted: dict[str, float], found: list[str]) -> None:
    """Bans from before count no more, for no prefix around them."""
    assert candidates(sort(*four()), lifted) == found


def test_what_counts() -> None:
    """The jail's own bans for the jail's own time."""
    of_root = ticket("198.51.100.1")
    give_to_root(of_root)

    assert counts(ticket("198.51.100.1"))
    assert not counts(of_root)
    assert not counts(ticket("198.51.100.1", ttl="600"))


def test_the_fullest_first() -> None:
    """Where there is no time for all, those with most bans come first."""
    few = list(four())
    many = [ticket(f"198.51.100.{last}") for last in range(128, 150)]

    assert candidates(sort(*few, *many)) == ["198.51.100.128/26", "198.51.100.0/28"]
