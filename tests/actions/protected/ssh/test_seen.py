"""Which addresses are remembered when they are many."""

from __future__ import annotations

from collections import Counter
from ipaddress import ip_address

import pytest

from ideolab_f2b.actions.protected.ssh import seen
from ideolab_f2b.actions.protected.ssh.seen import Seen, keep_newest

NOW = 200_000.0
ADMIN, CUSTOMER = 0, 2001
OFFICE = Seen(ip_address("198.51.100.7"), 22, ADMIN, NOW - 80_000, is_open=False)


def hop(count: int, network: str = "2001:db8:5:5::", step: int = 1, *, is_open: bool = False) -> list[Seen]:
    """A customer who logs in from so many addresses, one after the other."""
    first = int(ip_address(network))
    return [
        Seen(ip_address(first + number * step), 22, CUSTOMER, NOW - count + number, is_open)
        for number in range(count)
    ]


def test_a_day() -> None:
    """What is older is over."""
    old = OFFICE._replace(seen=NOW - seen.REMEMBER_S)

    assert keep_newest([OFFICE, old._replace(port=2222)], NOW) == [OFFICE]


def test_a_customer_who_hops_in_his_network() -> None:
    """He keeps a few of his addresses, the latest, and the administrator keeps his."""
    kept = keep_newest([OFFICE, *hop(5000)], NOW)

    assert OFFICE in kept
    assert [each for each in kept if each.uid == CUSTOMER] == hop(5000)[: -seen.NETWORK_ADDRESSES - 1 : -1]


@pytest.mark.parametrize(("network", "step"), [("2001:db8::", 1 << 64), ("10.0.0.0", 1)])
def test_a_customer_with_many_networks(network: str, step: int) -> None:
    """So many stay as one user may have; single addresses of IPv4 are networks."""
    kept = keep_newest([OFFICE, *hop(2000, network, step)], NOW)

    assert Counter(each.uid for each in kept) == {ADMIN: 1, CUSTOMER: seen.UID_NETWORKS}


def test_people_behind_one_translator() -> None:
    """They share a /64 and are not one: each of their addresses is a network."""
    kept = keep_newest(hop(30, "64:ff9b::c633:6401"), NOW)

    assert len(kept) == 30


def test_open_sessions() -> None:
    """They stay beyond what is remembered of a user; but not even they push out another's latest."""
    kept = keep_newest([OFFICE, *hop(2000, is_open=True)], NOW)

    assert len(kept) == seen.LIMIT
    assert OFFICE in kept
    assert Counter(each.is_open for each in kept) == {True: seen.LIMIT - 1, False: 1}


def test_two_users_behind_one_address() -> None:
    """What one of them does elsewhere is not the other's."""
    shared = OFFICE._replace(uid=CUSTOMER, seen=NOW - 70_000)

    kept = keep_newest([OFFICE, shared, *hop(500, "10.0.0.0")], NOW)

    assert OFFICE in kept
    assert shared not in kept


def test_many_users() -> None:
    """When the list is full, each user's latest stays."""
    crowd = [each._replace(uid=uid) for uid in range(1, 100) for each in hop(50, "10.0.0.0")]

    kept = keep_newest([OFFICE, *crowd], NOW)

    assert len(kept) == seen.LIMIT
    assert {each.uid for each in kept} == set(range(100))
