"""Sets of prefixes and of ports in a namespace."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from ideolab_f2b.geo.rule.ipset.sets import CountrySets, room_for
from ideolab_f2b.kernel.ipset.error import SetFullError
from tests.geo.rule.conftest import World


@pytest.fixture
def sets(world: World) -> Iterator[CountrySets]:
    with world.server.enter(), contextlib.closing(CountrySets()) as made:
        yield made


@pytest.mark.parametrize(
    ("count", "room"),
    [
        (0, 65_536),
        (65_536, 65_536),
        (65_537, 131_072),
        (178_985, 262_144),
        (149_135, 262_144),
        (262_144, 262_144),
    ],
)
def test_room(count: int, room: int) -> None:
    """The next power of two, and never less than what ipset takes by itself."""
    assert room_for(count) == room


@pytest.mark.root
def test_prefixes(sets: CountrySets) -> None:
    """More than a message holds, both families; a second list takes the place of the first."""
    four = [(0xC6336400 + 2 * number, 32) for number in range(100)] + [
        (number << 8, 24) for number in range(1, 1500)
    ]
    sets.create_prefixes("x", 4, four)
    sets.create_prefixes("x6", 6, [(0x20010DB8 << 96, 32)])
    assert {key[1:] for key, _left in sets.entries("x")} == set(four)
    assert [key for key, _left in sets.entries("x6")] == [(6, 0x20010DB8 << 96, 32)]
    assert sets.header("x").timeout is None

    sets.replace_prefixes("x", 4, [(0xC6336400, 24)])
    assert [key for key, _left in sets.entries("x")] == [(4, 0xC6336400, 24)]
    assert sets.names() == ["x", "x6"]


@pytest.mark.root
def test_full(sets: CountrySets, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error names the set; it is never half a list in force."""
    monkeypatch.setattr("ideolab_f2b.geo.rule.ipset.sets.room_for", lambda _count: 64)
    with pytest.raises(SetFullError, match='add prefixes 0 to 1000 to set "x": the set is full'):
        sets.create_prefixes("x", 4, [(number << 8, 24) for number in range(1, 2000)])


@pytest.mark.root
def test_ports(sets: CountrySets) -> None:
    """Each has its time, 0 for good; those that are not named go."""
    sets.create_ports("p")
    sets.put_ports("p", (80, 443), 600)
    assert {port: left > 500 for port, left in sets.read_ports("p").items()} == {80: True, 443: True}
    sets.put_ports("p", (443, 8443), 0)
    assert sets.read_ports("p") == {443: 0, 8443: 0}
    sets.put_ports("p", (443,), 0.2)
    assert 0 < sets.read_ports("p")[443] <= 1
    sets.put_ports("p", (), 0)
    assert sets.read_ports("p") == sets.read_ports("none") == {}
