"""score: how many points which counts are worth, and why."""

from __future__ import annotations

import pytest

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.phases.counts import WIDTH, PhaseCounts
from ideolab_f2b.connmon.phases.phase import (
    ACTIVE,
    HALF_OPEN,
    HANDSHAKE_ONLY,
    IDLE,
    MUTE,
    SLOW_READ,
    TRICKLE,
    UNACCEPTED,
)
from ideolab_f2b.connmon.suspects.network import NetworkCounts
from ideolab_f2b.connmon.suspects.score import score_address, score_network


def counts(phases: dict[int, int]) -> PhaseCounts:
    return [phases.get(code, 0) for code in range(WIDTH)]


@pytest.mark.parametrize(
    ("phases", "score"),
    [
        pytest.param({MUTE: 5}, 0, id="below the limit"),
        pytest.param({MUTE: 6}, 2, id="at the limit"),
        pytest.param({MUTE: 40}, 5, id="the design's example"),
        pytest.param({MUTE: 100_000}, 11, id="never more than eight above the least"),
        pytest.param({MUTE: 2, SLOW_READ: 2, TRICKLE: 2}, 2, id="of every kind a little"),
        pytest.param({IDLE: 49}, 0, id="few idle"),
        pytest.param({IDLE: 50}, 1, id="many idle alone"),
        pytest.param({ACTIVE: 5000}, 1, id="many active alone"),
        pytest.param({MUTE: 50}, 6, id="many and mute"),
        pytest.param({MUTE: 6, IDLE: 48}, 3, id="an eighth of the served"),
        pytest.param({MUTE: 6, ACTIVE: 49}, 1, id="less than an eighth of the served"),
        pytest.param({MUTE: 20, ACTIVE: 500}, 1, id="a front's connections ahead"),
        pytest.param({HANDSHAKE_ONLY: 12, IDLE: 6}, 0, id="two preconnects for each served"),
        pytest.param({HANDSHAKE_ONLY: 13, IDLE: 6}, 3, id="more than two for each served"),
        pytest.param({TRICKLE: 15, IDLE: 15}, 0, id="one-way talkers among others"),
        pytest.param({TRICKLE: 16, IDLE: 15}, 3, id="mostly trickling"),
        pytest.param({HALF_OPEN: 5000}, 0, id="half-open is never scored"),
        pytest.param({UNACCEPTED: 5000}, 0, id="our own stall is never scored"),
    ],
)
def test_points_of_an_address(phases: dict[int, int], score: int) -> None:
    """Two points make a suspect."""
    assert score_address(counts(phases), Connmon()).points == score


def test_reasons_are_sentences() -> None:
    """Each reason says how many, what they do, for how long and what the limit is."""
    found = score_address(counts({MUTE: 40, SLOW_READ: 20}), Connmon(idle_s=12))
    assert found.why == (
        "40 mute (sent no byte) for 12 s or more (limit 6)",
        "20 slow-read (do not take their answer) for 12 s or more (limit 6)",
        "60 connections (limit 50)",
    )


def test_an_address_that_is_spared_says_why() -> None:
    """--explain tells why quiet connections beside many served ones are no reason."""
    assert score_address(counts({MUTE: 6, ACTIVE: 49}), Connmon()).why == (
        "55 connections (limit 50)",
        "6 quiet beside 49 served: not enough to tell them from a NAT or a front",
    )


def test_the_first_seeds_plain_rule() -> None:
    """With idle_points = 1 many connections that are mostly idle are enough; busy ones are not."""
    plain = Connmon(idle_points=1)
    assert score_address(counts({IDLE: 31, ACTIVE: 29}), plain) == (
        2,
        ("60 connections (limit 50), most of them idle",),
    )
    assert score_address(counts({IDLE: 29, ACTIVE: 31}), plain).points == 1


def test_a_synchronized_flood_gets_the_missing_points() -> None:
    """A reason from history makes a suspect of what counts alone do not."""
    assert score_address(counts({IDLE: 40}), Connmon(), "in step") == (2, ("in step",))


def test_a_higher_least_score_moves_with_the_setting() -> None:
    """Hostile connections always reach min_idle_score, whatever it is."""
    assert score_address(counts({MUTE: 6}), Connmon(min_idle_score=7)).points == 7


def test_a_network_answers_for_what_its_addresses_do_not() -> None:
    """Sixty addresses with one mute connection each are one attack."""
    mute = counts({MUTE: 60})
    assert score_network(NetworkCounts(mute, 60, 60, mute), Connmon()) == (
        2,
        ("60 mute (sent no byte) for 8 s or more (limit 60)", "60 of 60 addresses hold them"),
    )


@pytest.mark.parametrize(
    ("sums", "score"),
    [
        pytest.param(NetworkCounts(counts({MUTE: 59}), 59, 59, counts({MUTE: 59})), 0, id="below the limit"),
        pytest.param(
            NetworkCounts(counts({MUTE: 240}), 61, 61, counts({MUTE: 240})), 4, id="the design's example"
        ),
        pytest.param(
            NetworkCounts(counts({MUTE: 100, ACTIVE: 100}), 200, 100, counts({MUTE: 100, ACTIVE: 100})),
            0,
            id="as many served",
        ),
        pytest.param(
            NetworkCounts(counts({MUTE: 400, IDLE: 60}), 40, 10, counts({IDLE: 60})),
            1,
            id="its suspects answer for themselves",
        ),
        pytest.param(
            NetworkCounts(counts({MUTE: 200, IDLE: 5}), 20, 19, counts({IDLE: 5})),
            4,
            id="hardly anyone else is there",
        ),
        pytest.param(
            NetworkCounts(counts({MUTE: 200}), 15, 15, counts({})), 0, id="too few addresses for that"
        ),
        pytest.param(NetworkCounts(counts({IDLE: 350}), 90, 0, counts({IDLE: 350})), 1, id="many alone"),
    ],
)
def test_points_of_a_network(sums: NetworkCounts, score: int) -> None:
    """A network needs a flood that no single address explains, or to be nothing but attackers."""
    assert score_network(sums, Connmon()).points == score
