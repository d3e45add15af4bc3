"""spread: attacks over many addresses of a network."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

import pytest

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.phases.counts import WIDTH, PhaseCounts
from ideolab_f2b.connmon.phases.phase import HANDSHAKE_ONLY, IDLE, MUTE, PARTIAL_HELLO, SLOW_READ
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


def test_a_crowd_of_small_members() -> None:
    """Decoys that are served keep the network from being hostile as a whole, and its members are named."""
    found = attacks({**subnet(range(220), mute=1), **subnet(range(220, 245), idle=1)})

    assert (found.whole, found.members) == ({}, dict.fromkeys(subnet(range(220)), Spread(V4, 220, 220, 1)))


def test_a_crowd_in_a_48() -> None:
    """As large as it may be; no address of it holds two."""
    quiet = {
        SITE[:6] + number.to_bytes(2, "big"): counts(mute=1) for number in range(0, 22_500) if number % 9
    }
    decoys = {SITE[:6] + number.to_bytes(2, "big"): counts(idle=1) for number in range(0, 22_500, 9)}

    assert attacks({**quiet, **decoys}).members.keys() == quiet.keys()


@pytest.mark.parametrize("served", [1, 7])
def test_a_crowd_that_is_served_as_well(served: int) -> None:
    """Seven each beside as many served: 1,778 connections of a /24."""
    assert len(attacks(subnet(range(254), mute=7, idle=served)).members) == 254


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(subnet(range(29), mute=2), id="too few addresses"),
        pytest.param(subnet(range(59), mute=1), id="too few connections"),
        pytest.param(
            {**subnet(range(80), mute=1), **subnet(range(80, 250), idle=9)}, id="a carrier's lost radio"
        ),
        pytest.param(subnet(range(254), mute=1, idle=1), id="a lost one beside a served one"),
        pytest.param(subnet(range(40), mute=4, idle=40), id="NATs that lose a tenth"),
    ],
)
def test_no_crowd(table: dict[bytes, PhaseCounts]) -> None:
    """What honest networks look like."""
    assert attacks({**table, **subnet([254], idle=100)}).members == {}


@pytest.mark.parametrize(
    "neighbour",
    [
        {PARTIAL_HELLO: 2},
        {MUTE: 2, IDLE: 1},
        {SLOW_READ: 2, IDLE: 1},
        {HANDSHAKE_ONLY: 4},
        {HANDSHAKE_ONLY: 7},
        {MUTE: 3, IDLE: 2},
    ],
)
@pytest.mark.parametrize("attackers", [9, 31])
def test_neighbours_of_an_attack_are_no_members(neighbour: dict[int, int], attackers: int) -> None:
    """They hold too little, and are no crowd."""
    table = {**subnet(range(attackers), mute=7), **subnet(range(100, 140), idle=2)}
    table[V4 + bytes([200])] = [neighbour.get(code, 0) for code in range(WIDTH)]

    assert attacks(table).members.keys() == subnet(range(attackers)).keys()


def test_the_whole_56_does_not_count_for_its_48() -> None:
    """Neither its hostile connections, nor its addresses."""
    table = {SITE + bytes([host]): counts(mute=1) for host in range(200)}
    table.update({SITE[:6] + bytes([site, 0]): counts(mute=1) for site in range(1, 40)})

    assert [format_name(name) for name in attacks(table).whole] == ["2001:db8:c::/56"]


def test_members_of_a_56_are_no_members_of_its_48() -> None:
    """They are named once, with the narrower network."""
    table = {SITE + bytes([host]): counts(mute=2) for host in range(40)}
    table.update({SITE + bytes([host]): counts(idle=2) for host in range(100, 130)})

    assert set(attacks(table).members.values()) == {Spread(SITE, 40, 80, 1)}


def test_the_largest_members_are_picked() -> None:
    """256 of each network, and only those that were seen before."""
    table = {SITE[:6] + bytes([site, 0]): counts(mute=2) for site in range(256)}
    table.update({SITE[:6] + bytes([site, 1]): counts(mute=3) for site in range(100)})
    members = dict.fromkeys(table, Spread(SITE[:6], 356, 812))
    before = set(table) - {SITE[:6] + bytes([0, 1])}
    picked = list(pick_members(members, table, before))

    assert (len(picked), len(set(picked))) == (256, 256)
    assert sum(table[name][MUTE] for name in picked) == 99 * 3 + 157 * 2
