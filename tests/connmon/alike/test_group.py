"""group: which clients are one attacker, and which are a crowd."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from ideolab_f2b.connmon.alike.client import Group, SlotClient
from ideolab_f2b.connmon.alike.group import find_groups
from ideolab_f2b.connmon.suspects.suspect import Cluster

KEY, OTHER = "nk1_1460_7_tsw", "nk1_1460_8_sw"


def spread(number: int) -> bytes:
    """An address in a /24 of its own."""
    return bytes((10, number >> 8, number & 255, 7))


def beside(number: int) -> bytes:
    """An address in 203.0.113.0/24."""
    return bytes((203, 0, 113, number))


def bots(count: int, faults: int = 1, phase: str = "partial-hello", first: int = 0) -> list[SlotClient]:
    return [SlotClient(spread(first + number), faults, faults, phase) for number in range(count)]


def others(count: int, slots: int = 1, *, waiting: int = 0, is_answered: bool = False) -> list[SlotClient]:
    return [
        SlotClient(spread(1000 + number), slots, waiting=waiting, is_answered=is_answered)
        for number in range(count)
    ]


def found(
    clients: Sequence[SlotClient],
    keys: dict[bytes, str] | None = None,
    systems: dict[bytes, str] | None = None,
) -> dict[bytes, Group]:
    return find_groups(
        clients, {**dict.fromkeys((one.address for one in clients), KEY), **(keys or {})}, systems or {}
    )


def test_a_group() -> None:
    """Thirty addresses of one key that hold a quarter of all slots, and the sentence that says so."""
    members = bots(30)
    visitors = others(90)
    groups = found([*members, *visitors], dict.fromkeys((one.address for one in visitors), OTHER))

    why = (
        "the server is full: one of 30 addresses with one network key (nk1_1460_7_tsw) that hold 25 % of all "
        "slots with half hellos and got no answer"
    )
    group = Group(Cluster(KEY, "partial-hello", 30, 30), why, is_silent=False)
    assert groups == dict.fromkeys((one.address for one in members), group)


@pytest.mark.parametrize(
    "clients",
    [
        pytest.param([*bots(29), *others(10)], id="too few"),
        pytest.param([*bots(30), *others(31, is_answered=True)], id="fewer than others with that key"),
        pytest.param([*bots(20), *bots(20, phase="mute", first=500)], id="half of them only silent"),
        pytest.param([], id="nobody"),
    ],
)
def test_no_group(clients: Sequence[SlotClient]) -> None:
    """One condition missing is enough."""
    assert found(clients) == {}


def drips(count: int, early: int) -> list[SlotClient]:
    """Return clients with a request that does not end; of so many of them more came only once."""
    return [
        one._replace(phase="trickle", requests=1, early=int(number < early))
        for number, one in enumerate(bots(count))
    ]


@pytest.mark.parametrize(
    ("faults", "waiting", "members"),
    [
        pytest.param(bots(60), 40, 60, id="half hellos beside a slow application"),
        pytest.param(drips(60, 0), 30, 60, id="a third waits for us"),
        pytest.param(drips(60, 0), 31, 0, id="more than a third waits for us"),
        pytest.param(drips(56, 56), 8, 56, id="nearly all have asked again"),
        pytest.param(drips(56, 56), 9, 0, id="some have not asked again"),
        pytest.param(
            [*drips(40, 20), *bots(80, first=500)], 40, 80, id="the application excuses requests only"
        ),
        pytest.param(drips(90, 10), 15, 80, id="who asked again only once is not sure"),
    ],
)
def test_a_slow_application(faults: list[SlotClient], waiting: int, members: int) -> None:
    """Its visitors wait too, and some of them ask again."""
    assert len(found([*faults, *others(waiting, waiting=1)])) == members


def test_a_group_is_a_quarter_of_all_slots() -> None:
    """Whatever key the others have."""
    visitors = others(91)
    assert found([*bots(30), *visitors], dict.fromkeys((one.address for one in visitors), OTHER)) == {}


def test_kinds_of_faults_may_be_mixed() -> None:
    """The sentence names the commonest."""
    clients = [*bots(15), *bots(10, 2, "slow-read", 100), *bots(10, 1, "trickle", 200)]
    (group,) = set(found(clients).values())

    assert group.cluster == Cluster(KEY, "slow-read", 35, 45)


def test_silent_ones_are_a_group_of_their_own() -> None:
    """A page of another site can make a browser open such: their bans are short."""
    groups = found([*bots(40), *bots(40, phase="handshake-only", first=500)])

    assert {groups[spread(1)].is_silent, groups[spread(501)].is_silent} == {False, True}


def network(count: int, answered: int) -> Iterator[SlotClient]:
    """Customers of one /24: so many at fault, so many answered."""
    yield from (SlotClient(beside(number), 1, 1, "partial-hello") for number in range(count))
    yield from (SlotClient(beside(count + number), 1, is_answered=True) for number in range(answered))


@pytest.mark.parametrize(("answered", "members"), [(0, 40), (5, 40), (6, 0)])
def test_one_in_eight_answered_spares_a_network(answered: int, members: int) -> None:
    """Only those with the same key count, so nobody can spare an attacker by being served beside him."""
    assert len(found([*network(40, answered)])) == members


def test_who_has_another_key_spares_nobody() -> None:
    """The group has its key in common, in that /24 and elsewhere."""
    clients = [*network(40, 10)]
    keys = {one.address: OTHER for one in clients if one.is_answered}

    assert len(found(clients, keys)) == 40


def test_a_network_whose_systems_differ() -> None:
    """What they have in common is the /24, or the AS."""
    clients = [*network(40, 0)]
    keys = {one.address: f"nk1_{1000 + one.address[3]}_7_tsw" for one in clients}
    (group,) = set(found(clients, keys).values())
    assert group.cluster.key == "203.0.113.0/24"

    clients = bots(40)
    keys = {one.address: f"nk1_{1000 + one.address[2]}_7_tsw" for one in clients}
    assert found(clients, keys) == {}
    (group,) = set(found(clients, keys, dict.fromkeys((one.address for one in clients), "64500")).values())
    assert "one of 40 addresses of AS64500 that hold 100 % of all slots" in group.why


def test_an_as_in_which_others_are_answered() -> None:
    """A provider's customers with many kinds of systems, and one in eight is served."""
    clients = [*bots(70), *others(10, is_answered=True)]
    keys = {one.address: f"nk1_{1000 + number}_7_tsw" for number, one in enumerate(clients)}

    assert found(clients, keys, dict.fromkeys((one.address for one in clients), "64500")) == {}


def test_who_is_at_fault_for_nothing_is_no_member() -> None:
    """Whatever he has in common with an attacker."""
    assert set(found([*bots(60), *others(20, is_answered=True)])) == {one.address for one in bots(60)}


def test_without_a_key_nobody_is_judged() -> None:
    """The connections were gone when the keys were read."""
    assert find_groups(bots(60), {}, {}) == {}
