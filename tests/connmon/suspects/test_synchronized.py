"""synchronized: one program's idle flood against people behind one address."""

from __future__ import annotations

import pytest

from ideolab_f2b.connmon.phases.counts import WIDTH, PhaseCounts, ServedCounters
from ideolab_f2b.connmon.phases.phase import IDLE, MUTE
from ideolab_f2b.connmon.suspects.synchronized import PEOPLE_S, SynchronizedAddresses

ME = bytes([198, 51, 100, 28])
REASON = "40 connections in step for {} s (same bytes, same moments): one program, not a NAT"


def counts(idle: int, mute: int = 0) -> dict[bytes, PhaseCounts]:
    made = [0] * WIDTH
    made[IDLE], made[MUTE] = idle, mute
    return {ME: made}


def flood(age_s: float, size: int = 40, received: int = 681) -> list[ServedCounters]:
    """Opened within 1.2 s, one request each; signatures differ by two bytes."""
    return [(received, 1785 + n % 3, int(age_s * 1000) + 30 * n, 3) for n in range(size)]


def people(age_s: float, size: int = 40) -> list[ServedCounters]:
    """The same bytes even, but each at a moment of its own."""
    return [(766, 5045 + n % 3, int(age_s * 1000) + 500 * n, 4) for n in range(size)]


def born() -> SynchronizedAddresses:
    """One who has seen an empty host, and then saw that a crowd is there."""
    steps = SynchronizedAddresses(8.0)
    steps.find({}, {}, 0.0)
    steps.find({}, counts(40), 1.0)
    return steps


def reasons(steps: SynchronizedAddresses, ages: list[tuple[float, list[ServedCounters]]]) -> list[str]:
    found = []
    for at, served in ages:
        noted = {ME: served} if ME in steps.watched else {}
        found.append(steps.find(noted, counts(len(served)), at).get(ME, ""))
    return found


def test_an_idle_flood_is_told_after_three_quiet_times() -> None:
    """Three snapshots and 24 quiet seconds."""
    ticks = [(at, flood(at - 5)) for at in (10.0, 15.0, 20.0, 25.0, 29.0)]
    assert reasons(born(), ticks) == ["", "", "", "", REASON.format(24)]


def test_a_flood_that_keeps_itself_alive_is_told() -> None:
    """Requests in step do not help: it is the step that tells."""
    ticks = [(at, flood(at % 8, received=691 + 94 * int(at // 8))) for at in (10.0, 15.0, 20.0, 25.0, 34.0)]
    assert reasons(born(), ticks) == ["", "", "", "", REASON.format(24)]


def test_people_are_not_told() -> None:
    """Whatever their bytes, people act at moments of their own."""
    assert reasons(born(), [(at, people(at)) for at in (10.0, 20.0, 30.0, 60.0, 90.0)]) == [""] * 5


def test_people_who_come_back_together_are_not_told() -> None:
    """Nginx or their router restarts: a crowd that was seen to be people stays one for an hour."""
    steps = born()
    reasons(steps, [(10.0, people(30))])
    ticks = [(at, flood(at - 20)) for at in (25.0, 30.0, 50.0, 90.0)]
    assert reasons(steps, ticks) == [""] * 4
    late = PEOPLE_S + 20
    ticks = [(late + at, flood(at)) for at in (1.0, 10.0, 20.0, 30.0)]
    assert reasons(steps, ticks) == ["", "", "", REASON.format(30)]


def test_a_crowd_that_was_there_before_us_is_not_told() -> None:
    """Whether it came together because nginx restarted, nobody knows."""
    steps = SynchronizedAddresses(8.0)
    steps.find({}, counts(40), 0.0)
    assert reasons(steps, [(at, flood(at)) for at in (5.0, 15.0, 30.0, 60.0)]) == [""] * 4


@pytest.mark.parametrize(
    ("served", "connections"),
    [
        pytest.param(flood(60, size=29), 29, id="an honest program's pool"),
        pytest.param(flood(60), 50, id="a fifth does something else"),
        pytest.param(flood(60, received=90_000), 40, id="uploads"),
    ],
)
def test_what_is_not_enough(served: list[ServedCounters], connections: int) -> None:
    """Few, mixed or at work: no reason."""
    steps = born()
    for at in (10.0, 20.0, 40.0):
        assert steps.find({ME: served}, counts(connections), at) == {}


def test_bare_post_quantum_handshakes_need_one_quiet_time() -> None:
    """A hello of two segments and a Finished look like one request; thirty of them in step do not."""
    ticks = [(at, [(1827, 2496, int(at * 1000) + n, 3) for n in range(40)]) for at in (4.0, 9.0)]
    assert reasons(born(), ticks) == ["", REASON.format(9)]


def test_whom_to_watch() -> None:
    """Only addresses with many connections, nearly all of them served."""
    steps = born()
    for table, watched in ((counts(30), {ME}), (counts(29), set()), (counts(30, mute=4), set())):
        steps.find({}, table, 2.0)
        assert steps.watched == watched
