"""spread: attacks over many addresses of a network."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.phases.counts import WIDTH, PhaseCounts
from ideolab_f2b.connmon.phases.phase import IDLE, MUTE
from ideolab_f2b.connmon.suspects.network import format_name
from ideolab_f2b.connmon.suspects.spread import NetworkAttacks, Spread, find_attacks, pick_members

V4, SITE = bytes([203, 0, 113]), ipaddress.ip_address("2001:db8:c::").packed[:7]


def counts(mute: int = 0, idle: int = 0) -> PhaseCounts:
    made = [0] * WIDTH
    made[MUTE], made[IDLE] = mute, idle
    return made


def subnet(hosts: Iterable[int], mute: int = 0, idle: int = 0) -> dict[bytes, PhaseCounts]:
    return {V4 + bytes([host]): counts(mute, idle) for host in hosts}


def attacks(
    table: dict[bytes, PhaseCounts], over: Iterable[bytes] = (), exempt: Iterable[bytes] = ()
) -> NetworkAttacks:
    return find_attacks(table, set(over), Connmon(), set(exempt).__contains__)


def test_members() -> None:
    """13 addresses with 65 half hellos among 20 with 40 served connections."""
    found = attacks({**subnet(range(13), mute=5), **subnet(range(100, 120), idle=2)})

    assert (found.whole, found.members) == ({}, dict.fromkeys(subnet(range(13)), Spread(V4, 13, 65)))


def test_a_whole_network_has_no_members() -> None:
    """It is banned as one."""
    found = attacks(subnet(range(30), mute=2))

    assert (list(found.whole), found.members) == ([V4], {})


def test_a_network_that_must_not_be_named_has_members() -> None:
    """But for those of them who are exempt."""
    found = attacks(subnet(range(31), mute=2), exempt=[V4, V4 + bytes([7])])

    assert (found.whole, len(found.members), V4 + bytes([7]) in found.members) == ({}, 30, False)


def test_who_is_over_a_limit_of_its_own_is_no_member() -> None:
    """Nor does it make members of neighbours that lost two connections."""
    table = {**subnet(range(3), mute=100), **subnet(range(50, 60), mute=2), **subnet(range(100, 120), idle=2)}

    assert attacks(table, over=subnet(range(3))).members == {}


def test_the_whole_56_does_not_count_for_its_48() -> None:
    """Neither its hostile connections, nor its addresses."""
    table = {SITE + bytes([host]): counts(mute=1) for host in range(200)}
    table.update({SITE[:6] + bytes([site, 0]): counts(mute=1) for site in range(1, 40)})

    assert [format_name(name) for name in attacks(table).whole] == ["2001:db8:c::/56"]


def test_members_of_a_56_are_no_members_of_its_48() -> None:
    """They are named once, with the narrower network."""
    table = {SITE + bytes([host]): counts(mute=2) for host in range(40)}
    table.update({SITE + bytes([host]): counts(idle=2) for host in range(100, 130)})

    assert set(attacks(table).members.values()) == {Spread(SITE, 40, 80)}


def test_the_largest_members_are_picked() -> None:
    """256 of each network, and only those that were seen before."""
    table = {SITE[:6] + bytes([site, 0]): counts(mute=2) for site in range(256)}
    table.update({SITE[:6] + bytes([site, 1]): counts(mute=3) for site in range(100)})
    members = dict.fromkeys(table, Spread(SITE[:6], 356, 812))
    before = set(table) - {SITE[:6] + bytes([0, 1])}
    picked = list(pick_members(members, table, before))

    assert (len(picked), len(set(picked))) == (256, 256)
    assert sum(table[name][MUTE] for name in picked) == 99 * 3 + 157 * 2
