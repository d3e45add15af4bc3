"""Two programs that both want the first place: the rule is moved once, then now and then."""

from __future__ import annotations

from ideolab_f2b.actions.reconcile.contest import AGAIN_S, MOST_S, Contest

PLACE = ("iptables", "INPUT")
CALICO, DOCKER = ("-A INPUT -j cali-INPUT",), ("-A INPUT -j DOCKER",)


def moves(contest: Contest, now: list[float], seconds: float, step_s: float = 5.0) -> list[float]:
    """When the rule is moved while another program puts the same in front of it every few seconds."""
    begin, times = now[0], []
    while now[0] < begin + seconds:
        if contest.may_move(PLACE, CALICO):
            times.append(now[0] - begin)
        now[0] += step_s
    return times


def test_moved_once_then_ever_more_seldom() -> None:
    """After ten minutes, twenty, forty; at most six hours apart."""
    now = [0.0]
    contest = Contest(lambda: now[0])

    found = moves(contest, now, 3 * 24 * 3600)

    assert found[:4] == [0, AGAIN_S, 3 * AGAIN_S, 7 * AGAIN_S]
    assert found[-1] - found[-2] == MOST_S


def test_other_rules_in_front_are_another_matter() -> None:
    """The situation is new; and so is another chain's."""
    contest = Contest(lambda: 0.0)
    assert contest.may_move(PLACE, CALICO)
    assert not contest.may_move(PLACE, CALICO)
    assert contest.may_move(PLACE, DOCKER)
    assert contest.may_move(("ip6tables", "INPUT"), CALICO)


def test_a_program_with_other_rules_each_time() -> None:
    """It makes the rule move four times, then once in ten minutes."""
    now = [0.0]
    contest = Contest(lambda: now[0])
    moved = 0
    for number in range(120):
        moved += contest.may_move(PLACE, (f"-A INPUT -s 198.51.100.{number} -j ACCEPT",))
        now[0] += 10

    assert moved == 4 + 1
