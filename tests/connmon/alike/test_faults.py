"""faults: what is an address's own fault, and for how long."""

from __future__ import annotations

import pytest

from ideolab_f2b.connmon.alike.client import SlotClient
from ideolab_f2b.connmon.alike.faults import MOST, Fault, FaultTimes, list_clients
from ideolab_f2b.connmon.phases import phase
from ideolab_f2b.connmon.phases.counts import WIDTH, PhaseCounts, SnapshotCounts
from ideolab_f2b.connmon.phases.phase import MUTE, PARTIAL_HELLO, SLOW_READ, TRICKLE

ME, OTHER = b"\xc6\x33\x64\x07", b"\xc6\x33\x64\x08"


def counts(**phases: int) -> PhaseCounts:
    found = [0] * WIDTH
    for name, number in phases.items():
        found[getattr(phase, name)] = number
    return found


def nobody(_address: bytes) -> bool:
    return False


def lasting(seen: SnapshotCounts, *moments: float) -> dict[bytes, tuple[Fault, float]]:
    """What lasts when the same is seen at these moments."""
    times = FaultTimes()
    for when in moments:
        times.note(seen, when)
    return times.find_lasting(nobody)


@pytest.mark.parametrize(
    ("mine", "hellos", "often", "soon", "fault"),
    [
        pytest.param(counts(YOUNG=2), 2, 0, 0, Fault(2, PARTIAL_HELLO), id="half hellos"),
        pytest.param(counts(ACTIVE=2), 0, 1, 0, Fault(1, TRICKLE, 1), id="says more and more"),
        pytest.param(counts(ACTIVE=2), 0, 0, 1, Fault(1, TRICKLE, 1, 1), id="says more, once"),
        pytest.param(counts(TRICKLE=2, ACTIVE=1), 0, 2, 0, Fault(2, TRICKLE, 2), id="not counted twice"),
        pytest.param(counts(TRICKLE=2), 0, 0, 2, Fault(2, TRICKLE, 2), id="a trickle is no second thought"),
        pytest.param(counts(SLOW_READ=3, YOUNG=1), 1, 0, 0, Fault(4, SLOW_READ), id="most decides"),
        pytest.param(counts(MUTE=2, HANDSHAKE_ONLY=1), 0, 0, 0, Fault(3, MUTE), id="silence"),
        pytest.param(counts(HANDSHAKE_ONLY=1, ACTIVE=1), 0, 0, 0, None, id="silence beside a request"),
        pytest.param(counts(MUTE=1, IDLE=1), 0, 0, 0, None, id="silence of somebody served"),
        pytest.param(counts(YOUNG=1), 0, 0, 0, None, id="too young"),
        pytest.param(counts(IDLE=3, ACTIVE=2), 0, 0, 0, None, id="no fault"),
    ],
)
def test_what_is_a_fault(mine: PhaseCounts, hellos: int, often: int, soon: int, fault: Fault | None) -> None:
    """What the client owes us, not what we owe it."""
    seen = SnapshotCounts(
        {ME: mine},
        unanswered_hellos=[ME] * hellos,
        speaking_often=[ME] * often,
        speaking_soon=[ME] * soon,
    )

    assert lasting(seen, 0.0, 3.0) == ({} if fault is None else {ME: (fault, 0.0)})


@pytest.mark.parametrize(
    ("moments", "since"),
    [
        pytest.param((0.0,), None, id="once"),
        pytest.param((0.0, 1.0, 2.9), None, id="not for long"),
        pytest.param((0.0, 3.0), 0.0, id="for three seconds"),
        pytest.param((0.0, 3.1), None, id="with a pause"),
        pytest.param((0.0, 4.0, 7.0), 4.0, id="after a pause"),
    ],
)
def test_how_long(moments: tuple[float, ...], since: float | None) -> None:
    """Three seconds, in two snapshots; a short pause is nothing."""
    seen = SnapshotCounts({ME: counts(YOUNG=1)}, unanswered_hellos=[ME])

    assert lasting(seen, *moments) == ({} if since is None else {ME: (Fault(1, PARTIAL_HELLO), since)})


def test_answers_that_are_held_back() -> None:
    """They are like slow reads, only not as slow."""
    seen = SnapshotCounts({ME: counts(ACTIVE=2, SLOW_READ=1)}, held_back=[ME, ME])

    assert lasting(seen, 0.0, 3.0) == {ME: (Fault(3, SLOW_READ), 0.0)}


def test_a_pause_is_remembered_without_a_fault() -> None:
    """Who gave up half a hello and has not sent the next yet is not at fault now, and is so again soon."""
    with_fault = SnapshotCounts({ME: counts(YOUNG=1)}, unanswered_hellos=[ME])
    without = SnapshotCounts({ME: counts(YOUNG=1)})
    times = FaultTimes()
    for when, seen in ((0.0, with_fault), (1.0, without), (2.0, with_fault), (3.0, without)):
        times.note(seen, when)
    assert times.find_lasting(nobody) == {}

    times.note(with_fault, 4.0)
    assert times.find_lasting(nobody) == {ME: (Fault(1, PARTIAL_HELLO), 0.0)}
    assert times.find_lasting(lambda _address: True) == {}
    times.forget()
    assert times.find_lasting(nobody) == {}


def test_an_address_of_a_shared_64_is_left_out() -> None:
    """It is no address that a key is read for."""
    seen = SnapshotCounts({bytes(16): counts(YOUNG=1)}, unanswered_hellos=[bytes(16)])

    assert lasting(seen, 0.0, 3.0) == {}


def test_what_is_remembered_is_bounded() -> None:
    """However many addresses there are."""
    crowd = [number.to_bytes(4, "big") for number in range(MOST + 10)]
    seen = SnapshotCounts({one: counts(MUTE=1) for one in crowd})
    times = FaultTimes()
    times.note(seen, 0.0)
    late = SnapshotCounts({one: counts(MUTE=1) for one in reversed(crowd)})
    times.note(late, 3.0)

    assert len(times.find_lasting(nobody)) == MOST - 10
    assert len(list_clients(seen, {}, ())) == MOST


def test_the_list_of_clients() -> None:
    """Those with slots; who waits for us and who was answered is told."""
    seen = SnapshotCounts(
        {ME: counts(ACTIVE=3), OTHER: counts(IDLE=1), b"gone": counts()},
        unanswered=[ME, ME, ME],
        speaking_often=[ME],
    )
    clients = list_clients(seen, {ME: (Fault(1, TRICKLE, 1, 1), 4.0)}, {ME})

    assert clients == [
        SlotClient(ME, 3, 1, "trickle", 2, is_answered=True, since=4.0, requests=1, early=1),
        SlotClient(OTHER, 1, is_answered=True),
    ]
    assert list_clients(seen, {}, ())[0] == SlotClient(ME, 3, waiting=2)
