"""look: what is found in namespaces of containers, and that no one of them harms another."""

from __future__ import annotations

import errno
import gc
import time
import weakref

import pytest

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.alike.systems import know_nothing
from ideolab_f2b.connmon.containers.judges import MOST
from ideolab_f2b.connmon.containers.look import ADDRESSES_S, BUSY_S, Containers
from ideolab_f2b.connmon.containers.reader import NamespaceReader
from ideolab_f2b.connmon.tick import PortTick
from ideolab_f2b.kernel.sockets.detail import Detail
from ideolab_f2b.kernel.sockets.listener import Listener
from tests.connmon.containers.places import Opener, Place

ATTACKER = "198.51.100.10"
NOBODY: frozenset[bytes] = frozenset()


@pytest.fixture(autouse=True)
def _made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The channel of a place knows its rows; looks cost nothing."""

    def details(_self: NamespaceReader, _port: int, _networks: object) -> list[Detail]:
        return []

    def listeners(_self: NamespaceReader, _port: int) -> list[Listener]:
        return [Listener(bytes(4), 0, 511)]

    monkeypatch.setattr(NamespaceReader, "rows", lambda self, port: self.channel.rows(port))
    monkeypatch.setattr(NamespaceReader, "details", details)
    monkeypatch.setattr(NamespaceReader, "listeners", listeners)
    monkeypatch.setattr(time, "process_time", lambda: 0.0)


def containers(*places: Place) -> Containers:
    """What looks into these."""
    return watch(Opener(*places))


def watch(opener: Opener, *, above: int | None = None, is_wanted: bool = False) -> Containers:
    """What looks into the places of an opener."""
    return Containers(
        Connmon(), opener.ask, opener.ask_addresses, systems=know_nothing, above=above, is_wanted=is_wanted
    )


def suspects(ticks: list[PortTick]) -> list[tuple[str, str, int]]:
    """(namespace, address, connections) of each suspect."""
    return [
        (tick.namespace, one.address, one.connections) for tick in ticks for one in tick.findings.suspects
    ]


def test_a_suspect_in_a_container() -> None:
    """In the second look, as on the host."""
    found = containers(Place(7, "lxc:c1", 40))

    assert suspects(found.look(NOBODY)) == []
    (tick,) = found.look(NOBODY)
    assert suspects([tick]) == [("lxc:c1", ATTACKER, 40)]
    assert (tick.netns, tick.port, tick.is_again, found.number) == (7, 443, False, 1)


def test_each_namespace_is_judged_alone() -> None:
    """Seven here and seven there are not fourteen."""
    found = containers(Place(7, "lxc:c1", 7), Place(8, "lxc:c2", 7))
    found.look(NOBODY)

    assert [tick.findings.connections for tick in found.look(NOBODY)] == [7, 7]
    assert suspects(found.look(NOBODY)) == []


def test_a_calm_namespace_is_not_read() -> None:
    """Too few sockets for a suspect."""
    place = Place(7, "lxc:c1", 40)
    found = containers(place)
    found.look(NOBODY)
    place.in_use = 7
    assert [found.look(NOBODY), found.look(NOBODY), place.dumps] == [[], [], 1]

    place.in_use = 44
    assert suspects(found.look(NOBODY)) == [("lxc:c1", ATTACKER, 40)]


def test_a_look_of_a_person_reads_calm_ones_too() -> None:
    """It is to show what is there."""
    place = Place(7, "lxc:c1", 2)
    place.in_use = 3
    look = watch(Opener(place), above=0)

    assert [tick.findings.connections for tick in look.look(NOBODY)] == [2]


@pytest.mark.parametrize("whose", ["host", "own", "routed"])
def test_a_proxy_is_never_a_suspect(whose: str) -> None:
    """The host's address, one of the namespace itself, and one that is routed to another container."""
    proxy = b"\x0a\x4d\x00\x05"
    place, other = Place(7, "lxc:app", 40, proxy), Place(8, "lxc:proxy")
    host = frozenset([proxy]) if whose == "host" else NOBODY
    place.own = frozenset([proxy]) if whose == "own" else NOBODY
    other.routed = other.own = frozenset([proxy]) if whose == "routed" else NOBODY
    found = containers(place, other)
    for _look in range(3):
        assert suspects(found.look(host)) == []
    assert found.own == other.routed


def test_a_container_without_a_listener_is_no_suspect() -> None:
    """One that only asks: it is known before anybody is named."""
    client = b"\x0a\x4d\x00\x09"
    opener = Opener(Place(7, "lxc:c1", 40, client))
    found = watch(opener)
    found.look(NOBODY)
    # it was just started
    opener.others, found._addresses_at = frozenset([client]), time.monotonic() - BUSY_S

    assert suspects(found.look(NOBODY)) == []
    assert found.own == opener.others


def test_addresses_are_asked_for_when_they_matter() -> None:
    """Once a minute while all is calm, every five seconds while somebody may be named."""
    opener = Opener()
    found = watch(opener)
    asked = []
    for age_s, is_busy in ((0.0, False), (BUSY_S, False), (BUSY_S, True), (1.0, True), (ADDRESSES_S, False)):
        found._addresses_at -= age_s
        found.look(NOBODY, is_busy=is_busy)
        asked.append(opener.address_questions)

    assert asked == [1, 1, 2, 2, 3]


def test_what_root_of_a_container_says_counts_only_there() -> None:
    """Whoever gives himself the address of an attacker does not hide him from others."""
    place, liar = Place(7, "lxc:c1", 40), Place(8, "lxc:liar", 40)
    liar.own = frozenset(liar.peers)
    found = containers(liar, place)
    found.look(NOBODY)

    assert suspects(found.look(NOBODY)) == [("lxc:c1", ATTACKER, 40)]
    assert found.own == NOBODY


def test_an_error_costs_one_look_at_one_namespace() -> None:
    """It is counted and said, and its suspects are not forgotten."""
    bad, good = Place(7, "lxc:bad", 40), Place(8, "lxc:good", 40)
    found = containers(bad, good)
    found.look(NOBODY)
    bad.error = OSError(errno.EINVAL, "Invalid argument")
    ticks = found.look(NOBODY)

    assert suspects(ticks) == [("lxc:good", ATTACKER, 40)]
    assert [(tick.namespace, tick.is_again) for tick in ticks] == [("lxc:bad", True), ("lxc:good", False)]
    assert (found.errors, found.problem) == (
        1,
        "the sockets in lxc:bad cannot be read: [Errno 22] Invalid argument",
    )

    bad.error = None
    assert suspects(found.look(NOBODY)) == [("lxc:bad", ATTACKER, 40), ("lxc:good", ATTACKER, 40)]
    assert (found.errors, found.problem) == (1, "")


def test_no_opener_costs_nothing() -> None:
    """Not an error, not a tick."""
    opener = Opener()
    opener.error = FileNotFoundError(errno.ENOENT, "no such file")
    found = watch(opener, is_wanted=True)

    assert found.look(NOBODY) == []
    assert found.problem == "containers are not looked into: ideolab-netns does not run"
    assert found.number is None


def test_more_namespaces_than_are_watched() -> None:
    """Those that are left out are said."""
    found = containers(*(Place(number + 1, f"lxc:c{number}", 1) for number in range(MOST + 3)))

    assert len(found.look(NOBODY)) == MOST
    assert found.problem == f"3 containers are not looked into: {MOST} are the most"
    assert found.number == MOST + 3


def test_nothing_of_a_removed_namespace_is_kept() -> None:
    """Neither its judge nor its channel."""
    place = Place(7, "lxc:c1", 40)
    opener = Opener(place)
    found = watch(opener)
    found.look(NOBODY)
    judges = found._judges._known[7]
    assert judges._reader.channel is None
    gone = weakref.ref(judges)
    del judges
    opener.places = [Place(8, "lxc:c1", 40)]

    assert suspects(found.look(NOBODY)) == []
    gc.collect()
    assert gone() is None


def test_looks_that_cost_much_come_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """The findings come again meanwhile, and are marked."""
    place = Place(7, "lxc:c1", 2)
    found = containers(place)
    clock = iter([0.0, 3600.0])
    monkeypatch.setattr(time, "process_time", lambda: next(clock))
    (first,) = found.look(NOBODY)
    (second,) = found.look(NOBODY)

    assert (first.is_again, second.is_again, second.took_s, place.dumps) == (False, True, 0.0, 1)
    assert second.findings is first.findings


def test_a_port_that_nobody_asked_for_is_not_judged() -> None:
    """Whatever the answer says."""
    place = Place(7, "lxc:c1", 40)
    place.ports = (22, 443)

    assert [tick.port for tick in containers(place).look(NOBODY)] == [443]
