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
    PARTIAL_HELLO,
    SLOW_READ,
    TRICKLE,
    UNACCEPTED,
)
from ideolab_f2b.connmon.suspects.network import NetworkCounts
from ideolab_f2b.connmon.suspects.score import (
    count_excess,
    count_member,
    count_quiet,
    find_ttl,
    is_over,
    is_seen_twice,
    is_spread,
    is_whole,
    score_address,
    score_member,
    score_network,
)


def counts(phases: dict[int, int]) -> PhaseCounts:
    return [phases.get(code, 0) for code in range(WIDTH)]


@pytest.mark.parametrize(
    ("phases", "score"),
    [
        pytest.param({MUTE: 7}, 0, id="below the limit"),
        pytest.param({MUTE: 8}, 2, id="at the limit"),
        pytest.param({MUTE: 40}, 4, id="the design's example"),
        pytest.param({MUTE: 100_000}, 11, id="never more than eight above the least"),
        pytest.param({MUTE: 3, SLOW_READ: 3, TRICKLE: 2}, 2, id="of every kind a little"),
        pytest.param({IDLE: 49}, 0, id="few idle"),
        pytest.param({IDLE: 50}, 1, id="many idle alone"),
        pytest.param({ACTIVE: 5000}, 1, id="many active alone"),
        pytest.param({MUTE: 50}, 6, id="many and mute"),
        pytest.param({MUTE: 8, IDLE: 64}, 3, id="an eighth of the served"),
        pytest.param({MUTE: 8, ACTIVE: 65}, 1, id="less than an eighth of the served"),
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
    """Two points make a suspect, and the quick test says the same."""
    assert score_address(counts(phases), Connmon()).points == score
    assert is_over(counts(phases), Connmon()) == (score >= 2)


def test_reasons_are_sentences() -> None:
    """Each reason says how many, what they do, for how long and what the limit is."""
    found = score_address(counts({MUTE: 40, SLOW_READ: 20}), Connmon(idle_s=12))
    assert found.why == (
        "40 mute (sent no byte) for 12 s or more (limit 8)",
        "20 slow-read (do not take their answer) for 12 s or more (limit 8)",
        "60 connections (limit 50)",
    )


def test_an_address_that_is_spared_says_why() -> None:
    """--explain tells why quiet connections beside many served ones are no reason."""
    assert score_address(counts({MUTE: 8, ACTIVE: 65}), Connmon()).why == (
        "73 connections (limit 50)",
        "8 quiet beside 65 served: not enough to tell them from a NAT or a front",
    )


@pytest.mark.parametrize(
    ("phases", "is_twice"),
    [
        ({TRICKLE: 8}, True),
        ({TRICKLE: 7, MUTE: 9}, False),
        ({MUTE: 40}, False),
        ({TRICKLE: 9, IDLE: 9}, False),
    ],
)
def test_a_trickle_was_seen_twice(phases: dict[int, int], is_twice: bool) -> None:
    """It takes two snapshots to see one."""
    assert is_seen_twice(counts(phases), Connmon()) == is_twice


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
    assert score_address(counts({MUTE: 8}), Connmon(min_idle_score=7)).points == 7


@pytest.mark.parametrize(
    ("phases", "count"),
    [
        pytest.param({MUTE: 1}, 0, id="one may be a lost radio"),
        pytest.param({PARTIAL_HELLO: 2}, 0, id="so may two"),
        pytest.param({MUTE: 3}, 3, id="three"),
        pytest.param({MUTE: 2, SLOW_READ: 1}, 3, id="of every kind a little"),
        pytest.param({MUTE: 3, IDLE: 1}, 0, id="three beside a served one"),
        pytest.param({MUTE: 4, IDLE: 1}, 4, id="four beside a served one"),
        pytest.param({PARTIAL_HELLO: 5, IDLE: 2}, 5, id="more than twice what it is served"),
        pytest.param({PARTIAL_HELLO: 6, IDLE: 3}, 0, id="twice what it is served"),
        pytest.param({SLOW_READ: 2, IDLE: 1}, 0, id="two slow readers beside a served one"),
        pytest.param({PARTIAL_HELLO: 5, IDLE: 3, ACTIVE: 2}, 0, id="served as much"),
        pytest.param({HANDSHAKE_ONLY: 3}, 0, id="opened ahead"),
        pytest.param({HANDSHAKE_ONLY: 7}, 0, id="opened ahead, more of them"),
        pytest.param({HANDSHAKE_ONLY: 8}, 8, id="more than a browser opens ahead"),
        pytest.param({HANDSHAKE_ONLY: 5, IDLE: 1}, 0, id="opened ahead beside a served one"),
        pytest.param({HANDSHAKE_ONLY: 3, MUTE: 1}, 0, id="opened ahead, and a lost radio"),
        pytest.param({HALF_OPEN: 50, UNACCEPTED: 50}, 0, id="never scored"),
    ],
)
def test_what_makes_a_member(phases: dict[int, int], count: int) -> None:
    """Of an attack that is spread over a network: proof of its own."""
    assert count_member(counts(phases)) == count


@pytest.mark.parametrize(
    ("phases", "quiet", "beside_served"),
    [
        pytest.param({MUTE: 1}, 1, 0, id="one"),
        pytest.param({PARTIAL_HELLO: 1, MUTE: 1}, 2, 0, id="two"),
        pytest.param({HANDSHAKE_ONLY: 7, SLOW_READ: 2}, 0, 0, id="browsers and phones have these"),
        pytest.param({MUTE: 1, IDLE: 1}, 0, 0, id="a NAT loses one"),
        pytest.param({MUTE: 2, IDLE: 1}, 0, 1, id="a NAT does not lose two thirds"),
        pytest.param({MUTE: 7, IDLE: 7}, 0, 6, id="nor a half"),
        pytest.param({SLOW_READ: 7, ACTIVE: 13}, 0, 0, id="but a third, perhaps"),
        pytest.param({HANDSHAKE_ONLY: 7, ACTIVE: 1}, 0, 0, id="opened ahead"),
        pytest.param({IDLE: 5}, 0, 0, id="served"),
    ],
)
def test_what_makes_one_of_a_crowd(phases: dict[int, int], quiet: int, beside_served: int) -> None:
    """Too little to prove anything alone."""
    assert (count_quiet(counts(phases)), count_excess(counts(phases))) == (quiet, beside_served)


@pytest.mark.parametrize(
    ("phases", "is_one"),
    [
        ({MUTE: 40}, True),
        ({MUTE: 150, HANDSHAKE_ONLY: 149, IDLE: 6}, True),
        ({MUTE: 300}, False),
        ({MUTE: 40, PARTIAL_HELLO: 1}, False),
        ({MUTE: 40, SLOW_READ: 1}, False),
        ({TRICKLE: 9}, False),
        ({IDLE: 60}, False),
    ],
)
def test_what_a_page_makes_a_browser_open(phases: dict[int, int], is_one: bool) -> None:
    """Connections on which nothing is asked, fewer than a browser's pools hold."""
    assert find_ttl(counts(phases), Connmon()) == (600 if is_one else 0)
    assert find_ttl(counts(phases), Connmon(opened_ahead_ttl=0)) == 0


@pytest.mark.parametrize(
    ("connections", "served", "is_one"),
    [(59, 0, False), (60, 0, True), (60, 480, True), (60, 481, False), (200, 1601, False)],
)
def test_when_members_share_an_attack(connections: int, served: int, is_one: bool) -> None:
    """Sixty together, and an eighth of what the network is served: a carrier loses a few all the time."""
    sums = NetworkCounts(counts({MUTE: connections, IDLE: served}), 100, 50, 100)

    assert is_spread(connections, sums, Connmon()) == is_one


def test_the_score_of_a_member() -> None:
    """That of the whole attack, and the reason says so."""
    assert score_member(counts({PARTIAL_HELLO: 5}), "203.0.113.0/24", 26, 130, Connmon(), 3) == (
        3,
        (
            "5 partial-hello (sent only part of a TLS hello) for 8 s or more (limit 3)",
            "one of 26 addresses of 203.0.113.0/24 that hold 130 of these (limit 60); "
            "the others there are left alone",
        ),
    )


V4, V56, V48 = bytes(3), bytes(7), bytes(6)


@pytest.mark.parametrize(
    ("name", "sums", "score"),
    [
        pytest.param(V4, NetworkCounts(counts({MUTE: 59}), 59, 59, 59), 0, id="below the limit"),
        pytest.param(V4, NetworkCounts(counts({MUTE: 60}), 60, 60, 60), 2, id="at the limit"),
        pytest.param(V4, NetworkCounts(counts({MUTE: 240}), 61, 61, 61), 4, id="the design's example"),
        pytest.param(V4, NetworkCounts(counts({MUTE: 200, IDLE: 20}), 20, 18, 20), 4, id="nine tenths"),
        pytest.param(V4, NetworkCounts(counts({MUTE: 200, IDLE: 20}), 20, 17, 20), 0, id="fewer addresses"),
        pytest.param(V4, NetworkCounts(counts({MUTE: 200, IDLE: 21}), 20, 19, 20), 0, id="more is served"),
        pytest.param(
            V4, NetworkCounts(counts({MUTE: 200}), 40, 18, 20), 4, id="the others are too young to say"
        ),
        pytest.param(V4, NetworkCounts(counts({MUTE: 200}), 15, 15, 15), 0, id="too few addresses"),
        pytest.param(V4, NetworkCounts(counts({IDLE: 350}), 90, 0, 90), 1, id="many alone"),
        pytest.param(V56, NetworkCounts(counts({IDLE: 350}), 90, 0, 90), 0, id="many alone of a /56"),
        pytest.param(V56, NetworkCounts(counts({MUTE: 60}), 16, 16, 16), 2, id="a /56"),
        pytest.param(V48, NetworkCounts(counts({MUTE: 60}), 32, 32, 32, 4), 2, id="a /48"),
        pytest.param(V48, NetworkCounts(counts({MUTE: 60}), 31, 31, 31, 4), 0, id="a /48 with fewer /64"),
        pytest.param(V48, NetworkCounts(counts({MUTE: 60}), 32, 32, 32, 3), 0, id="a /48 with fewer /56"),
    ],
)
def test_points_of_a_network(name: bytes, sums: NetworkCounts, score: int) -> None:
    """A network is a suspect when nearly everything in it is hostile."""
    assert score_network(name, sums, Connmon()).points == score
    assert is_whole(name, sums, Connmon()) == (score >= 2)


def test_a_network_says_why() -> None:
    """Whole or not."""
    whole = score_network(V4, NetworkCounts(counts({MUTE: 60, IDLE: 2}), 60, 58, 60), Connmon())
    part = score_network(V4, NetworkCounts(counts({MUTE: 65, IDLE: 40}), 33, 13, 33), Connmon())

    assert whole.why == (
        "60 mute (sent no byte) for 8 s or more (limit 60)",
        "hostile as a whole: 58 of 60 addresses hold them, 2 connections are served",
    )
    assert part == (
        0,
        (
            "65 quiet of 13 of 33 addresses beside 40 served: not hostile as a whole, so its addresses are "
            "judged one by one",
        ),
    )
