"""What is proposed: 10,000 bans of a made-up world, and the rules one by one."""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Address
from typing import Any

import pytest

from ideolab_f2b.bans.jail_bans import key_of_text
from ideolab_f2b.suggest.proposals import Suggestions, suggest
from ideolab_f2b.suggest.systems import Systems
from ideolab_f2b.suggest.visits import Visits
from tests.suggest import made_up
from tests.suggest.made_up import MadeUpTable, World

NET = int(IPv4Address("240.0.0.0"))
A, B = made_up.FIRST_NUMBER, made_up.FIRST_NUMBER + 1


@pytest.fixture(scope="module")
def world() -> World:
    return made_up.make()


def words(found: Suggestions) -> list[str]:
    return [str(each.network or f"AS{each.number}") for each in found.proposals]


def propose(hosts: set[int], table: MadeUpTable | None = None, **options: Any) -> Suggestions:
    units = {4: {NET + host for host in hosts}, 6: set[int]()}
    return suggest(units, systems=None if table is None else Systems(table), **options)


def announced(*sizes: int) -> MadeUpTable:
    table = MadeUpTable()
    for number, size in enumerate(sizes, A):
        table.announce(number, size)
    return table


def test_none_of_the_clouds_in_ten_thousand_bans(world: World) -> None:
    """All six bad hosters and the rented /24 come first; by number of bans the eight clouds would."""
    units = {4: world.bans, 6: set[int]()}
    visits = Visits({4: world.visitors}, units)
    found = suggest(units, systems=Systems(world.table), visits=visits, top=40)

    assert not [each for each in found.proposals if each.network is None and each.number in world.clouds]
    spans = [
        None if each.network is None else (int(each.network[0]), int(each.network[-1]))
        for each in found.proposals
    ]
    planted = [world.is_planted(each.number, span) for each, span in zip(found.proposals, spans)]
    assert planted[:30] == [True] * 30
    assert {each.number for each in found.proposals if each.network is None} >= set(world.bad_systems)
    assert all(each.hit is not None and each.hit.share <= 0.001 for each in found.proposals)


def test_by_number_the_clouds_come_first(world: World) -> None:
    """What this must not do."""
    counts: Counter[int] = Counter()
    for each in world.bans:
        row = world.table.find(IPv4Address(each))
        counts[row.number if row is not None else 0] += 1
    first = [number for number, _count in counts.most_common(12)]

    assert len(set(first) & set(world.clouds)) >= 5


def test_the_same_bans_make_the_same_list(world: World) -> None:
    """Whatever the order of a set is."""
    again = made_up.make()
    assert again.bans == world.bans

    first, second = (
        suggest({4: set(bans), 6: set()}) for bans in (sorted(world.bans), sorted(again.bans)[::-1])
    )
    assert words(first) == words(second)


def test_one_of_networks_that_nest() -> None:
    """Two full /24 side by side are their /23; a /24 in an empty /23 is itself."""
    assert words(propose({*range(100), *range(256, 356)})) == ["240.0.0.0/23"]
    assert words(propose(set(range(100)))) == ["240.0.0.0/24"]


def test_top() -> None:
    """The first ones only."""
    assert len(propose({part << 16 | host for part in range(8) for host in range(50)}, top=3).proposals) == 3


def test_networks_of_an_as_that_is_proposed() -> None:
    """They are in it already."""
    assert words(propose({part << 8 | host for part in range(4) for host in range(50)}, announced(1024))) == [
        f"AS{A}"
    ]


def test_a_network_of_two_ases() -> None:
    """The neighbours are another's: each /24 is proposed for itself."""
    found = propose({*range(60), *range(256, 316)}, announced(256, 256))

    assert words(found) == ["240.0.0.0/24", "240.0.1.0/24"]
    assert [each.number for each in found.proposals] == [A, B]


def test_visitors() -> None:
    """A network with more than a thousandth of the requests is left out, and counted; a few are shown."""
    units = {4: set(range(NET, NET + 60)) | set(range(NET + 65536, NET + 65596)), 6: set[int]()}
    visits = Visits({4: {NET + 200: 50, NET + 65536 + 200: 1, 1: 9999}}, units)
    found = suggest(units, visits=visits)

    assert words(found) == ["240.1.0.0/24"]
    assert found.spared >= 1
    assert found.proposals[0].hit == (1, 1 / 10050)


def test_what_is_banned_already() -> None:
    """A network that a ban covers, and an AS that is banned."""
    key = key_of_text("240.0.0.0/16")
    assert key is not None
    found = propose(set(range(60)), banned=[key])
    assert (words(found), found.banned >= 1) == ([], True)

    many = {part << 8 | host for part in range(4) for host in range(50)}
    found = propose(many, announced(1024), numbers=[A])
    assert f"AS{A}" not in words(found)
