"""Addresses that wait for a lookup: whose turn it is, and who has room."""

from __future__ import annotations

import pytest

from ideolab_accesslog.traship.crawlers import waiting as module
from ideolab_accesslog.traship.crawlers.waiting import WaitingAddresses


def fill(*sizes: int) -> WaitingAddresses:
    """Return networks named 0, 1, ... with so many addresses each."""
    made = WaitingAddresses()
    for network, size in enumerate(sizes):
        for number in range(size):
            assert made.add(f"{network}.{number}", str(network))
    return made


def take_all(queue: WaitingAddresses) -> list[str]:
    """Return the addresses in the order of their turns."""
    taken = []
    while (network := queue.find_next(())) is not None:
        taken.append(queue.take(network))
        queue.put_last(network)
    assert len(queue) == 0
    return taken


def test_networks_take_turns() -> None:
    """One that asked for much first keeps nobody waiting; in a network the first comes first."""
    assert take_all(fill(3, 1, 2)) == ["0.0", "1.0", "2.0", "0.1", "2.1", "0.2"]


def test_a_network_that_is_being_asked_has_no_turn() -> None:
    """The others go on; without any other nobody has one."""
    queue = fill(2, 1)

    assert queue.find_next({"0"}) == "1"
    assert queue.find_next({"0": "address", "1": "address"}) is None


def test_a_network_has_little_room() -> None:
    """The others have the rest."""
    queue = fill(module.WAITING_NETWORK_MAX)

    assert not queue.add("0.20", "0")
    assert queue.add("1.0", "1")
    assert [queue.holds(f"0.{number}", "0") for number in (0, 19, 20)] == [True, True, False]
    assert [queue.holds("1.0", network) for network in ("1", "2")] == [True, False]


def test_a_full_queue_drops_from_the_network_that_has_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its last address makes room for a network with fewer; one with as many gets none."""
    monkeypatch.setattr(module, "WAITING_MAX", 5)
    queue = fill(3, 2)

    assert queue.add("2.0", "2")
    assert not queue.add("1.2", "1")
    assert len(queue) == 5
    assert not queue.holds("0.2", "0")
    assert take_all(queue) == ["0.0", "1.0", "2.0", "0.1", "1.1"]


def test_a_full_queue_of_one_address_each_takes_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who came first is looked up first."""
    monkeypatch.setattr(module, "WAITING_MAX", 3)
    queue = fill(1, 1, 1)

    assert not queue.add("3.0", "3")
    assert take_all(queue) == ["0.0", "1.0", "2.0"]


def test_a_network_that_does_not_answer_waits_no_longer() -> None:
    """None of its addresses does; one that has none is no error."""
    queue = fill(3, 1)
    queue.drop("0")
    queue.drop("7")

    assert take_all(queue) == ["1.0"]
