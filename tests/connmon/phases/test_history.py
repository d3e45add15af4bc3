"""history: what one connection is doing, compared with what it was before."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideolab_f2b.connmon.phases.history import SLOW_RATE, ConnectionHistory, compare, is_held_back
from ideolab_f2b.connmon.phases.one_row import find_phase
from ideolab_f2b.connmon.phases.phase import ACTIVE, IDLE, LEFT_STUCK, PHASES, SILENT, UNANSWERED, YOUNG
from ideolab_f2b.kernel.sockets.row import Connection
from tests.connmon.crowd import ROW, connection, held

ME = "198.51.100.9"
QUIET_MS = 8000


def judge(rows: list[tuple[float, Connection]]) -> list[str]:
    """Names of the phases of one connection seen at several times."""
    history: ConnectionHistory | None = None
    names = []
    for when, row in rows:
        code = find_phase(row, QUIET_MS)
        if code == SILENT:
            code, history = IDLE, ConnectionHistory(when, row.received, row.acked, row.data_segs_in, 0)
        elif code > SILENT:
            code, history = compare(code, row, when, history, QUIET_MS)
        names.append({YOUNG: "young", LEFT_STUCK: "slow-read"}.get(code) or PHASES[code])
    return names


def upload(age_s: float, spoke_s: float, received: int, segments: int, acked: int = 1408) -> Connection:
    return connection(
        ME,
        lastsnd_ms=int(age_s * 1000),
        lastrcv_ms=int(spoke_s * 1000),
        received=received,
        data_segs_in=segments,
        acked=acked,
    )


def test_a_header_every_five_seconds_is_a_trickle() -> None:
    """One piece of a first request that stays unanswered is enough, once it is old enough."""
    rows = [
        (0.0, upload(1, 1, 709, 4)),
        (5.0, upload(6, 1, 742, 5)),
        (10.0, upload(11, 1, 775, 6)),
    ]
    assert judge(rows) == ["active", "young", "trickle"]


def test_a_byte_every_fifteen_seconds_is_a_trickle() -> None:
    """One record too short for a request, sent long after our last word, is enough; it stays one."""
    rows = [
        (0.0, upload(13, 13, 1736, 9)),
        (5.0, upload(18, 3, 1759, 10)),
        (10.0, upload(23, 8, 1759, 10)),
    ]
    assert judge(rows) == ["idle", "trickle", "trickle"]


def test_two_short_records_are_a_trickle() -> None:
    """Later in a connection it takes two of them when they follow our last word closely."""
    rows = [
        (0.0, upload(2, 0.6, 3000, 9)),
        (4.0, upload(6, 0.6, 3023, 10)),
        (8.0, upload(10, 0.6, 3046, 11)),
    ]
    assert judge(rows) == ["active", "active", "trickle"]


def test_an_answer_ends_the_trickle() -> None:
    """What the client says is no trickle when we answer it."""
    rows = [
        (0.0, upload(13, 13, 1736, 9)),
        (5.0, upload(18, 3, 1759, 10)),
        (10.0, upload(9, 8.5, 1782, 11, acked=1608)),
    ]
    assert judge(rows) == ["idle", "trickle", "idle"]


@pytest.mark.parametrize(
    ("received", "segments"),
    [
        pytest.param(500_000, 400, id="fast"),
        pytest.param(3400, 10, id="one request"),
        pytest.param(4200, 25, id="many small messages"),
    ],
)
def test_an_upload_is_no_trickle(received: int, segments: int) -> None:
    """Whole requests, real uploads and lively messages stay unanswered without harm."""
    assert judge([(0.0, upload(9, 2, 3000, 9)), (5.0, upload(14, 2, received, segments))]) == [
        "active",
        "active",
    ]


def test_what_came_this_moment_may_still_be_answered() -> None:
    """A ping on a quiet socket, seen before its pong, proves nothing."""
    rows = [
        (0.0, upload(15, 15, 875, 6)),
        (5.0, upload(20, 0.004, 903, 7)),
        (10.0, upload(5, 5, 903, 7, acked=1434)),
    ]
    assert judge(rows) == ["idle", "active", "active"]


def test_a_player_that_was_given_much_may_ask_for_little() -> None:
    """After a large answer short records are flow control, not a request."""
    rows = [(0.0, upload(13, 13, 1736, 9, 900_000)), (5.0, upload(18, 3, 1771, 10, 900_000))]
    assert judge(rows) == ["idle", "active"]


def test_a_dripping_reader_is_slow() -> None:
    """Less than 500 B/s over a whole quiet time, although each snapshot finds the window open a little."""
    rows = [(at, held(ME, 5000 + int(at * 60), 1)) for at in (0.0, 5.0, 10.0, 15.0, 20.0)]
    assert judge(rows) == ["young", "young", "slow-read", "slow-read", "slow-read"]


def test_a_slow_but_steady_reader_is_active() -> None:
    """A download over a poor line goes on, whatever its window says."""
    rows = [(at, held(ME, 5000 + int(at * 2000), 1)) for at in (0.0, 5.0, 10.0, 15.0)]
    assert judge(rows) == ["young", "active", "active", "active"]


def test_a_player_that_pauses_is_idle() -> None:
    """Frozen after much: a pause. Dripping after much: slow, but it takes twice as long to be sure."""
    paused = [(at, held(ME, 300_000, 1 + at)) for at in (0.0, 5.0, 10.0, 30.0)]
    assert judge(paused) == ["active", "active", "idle", "idle"]
    dripping = [(at, held(ME, 300_000 + int(at * 60), 1)) for at in (0.0, 5.0, 10.0, 15.0, 20.0)]
    assert judge(dripping) == ["active", "active", "active", "active", "slow-read"]


@pytest.mark.parametrize(
    "earlier",
    [
        pytest.param(ConnectionHistory(5.0, 900, 100, 5, 2), id="another connection with the same name"),
        pytest.param(ConnectionHistory(20.0, 100, 100, 3, 2), id="a clock that went back"),
    ],
)
def test_a_history_that_cannot_be_earlier_is_dropped(earlier: ConnectionHistory) -> None:
    """Counters and clocks never go back within one connection, so the comparison starts anew."""
    row = upload(20, 2, 800, 5)
    assert compare(UNANSWERED, row, 10.0, earlier, QUIET_MS) == (
        ACTIVE,
        ConnectionHistory(10.0, 800, 1408, 5, 0, 10.0, 800),
    )


def keep(rows: list[tuple[float, Connection]]) -> ConnectionHistory:
    """The history of one connection of which every snapshot was to be compared."""
    history: ConnectionHistory | None = None
    for when, row in rows:
        _code, history = compare(UNANSWERED, row, when, history, QUIET_MS)
    assert history
    return history


def test_since_when_a_client_speaks_alone() -> None:
    """The first snapshot of it, and what the client had sent by then, are kept while it says more."""
    rows = [(0.0, upload(6, 1, 709, 4)), (5.0, upload(11, 1, 742, 5)), (10.0, upload(16, 1, 775, 6))]

    assert keep(rows) == ConnectionHistory(10.0, 775, 1408, 6, 4, 0.0, 709, 2)


@pytest.mark.parametrize(
    ("acked", "since", "said"),
    [
        pytest.param(1408, 0.0, 709, id="no answer"),
        pytest.param(1409, 10.0, 775, id="an answer"),
    ],
)
def test_an_answer_begins_anew(acked: int, since: float, said: int) -> None:
    """From then on the client may speak as it likes."""
    rows = [(0.0, upload(6, 1, 709, 4)), (5.0, upload(11, 1, 742, 5)), (10.0, upload(3, 1, 775, 6, acked))]

    assert (keep(rows).since, keep(rows).said) == (since, said)


@pytest.mark.parametrize(
    ("received", "since_s", "is_slow"),
    [
        pytest.param(1000, 10.0, False, id="says no more"),
        pytest.param(1001, 10.0, True, id="one byte"),
        pytest.param(1000 + SLOW_RATE * 10 - 1, 10.0, True, id="too slow for an upload"),
        pytest.param(1000 + SLOW_RATE * 10, 10.0, False, id="an upload"),
        pytest.param(1000 + SLOW_RATE - 1, 0.0, True, id="the first second is a whole one"),
        pytest.param(1000 + SLOW_RATE, 0.0, False, id="an upload that has just begun"),
        pytest.param(999, 10.0, False, id="another connection with the same name"),
    ],
)
def test_who_speaks_on(received: int, since_s: float, is_slow: bool) -> None:
    """More than before, but less than SLOW_RATE."""
    history = ConnectionHistory(1000.0, received, 1408, 9, 0, 1000.0 - since_s, 1000)

    assert history.speaks_on(received) is is_slow


def test_who_was_idle_speaks_up() -> None:
    """What it says first is one question, and no piece of one."""
    earlier = ConnectionHistory(5.0, 997, 4408, 3, 0, 5.0, 1030)

    assert not earlier.speaks_on(1030)
    assert earlier.speaks_on(1031)


@settings(max_examples=100, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=4))
def test_every_row_has_a_phase(rows: list[Connection]) -> None:
    """No counters, in no order, leave a row without one."""
    names = judge([(float(number), row) for number, row in enumerate(rows)])
    assert set(names) <= {*PHASES, "young"}


def history(said: int, received: int, times: int, span_s: float) -> ConnectionHistory:
    return ConnectionHistory(span_s, received, 1408, 4 + times, 0, 0.0, said, times)


@pytest.mark.parametrize(
    ("times", "span_s", "often", "soon"),
    [(1, 8.0, False, True), (1, 16.0, False, False), (2, 8.0, True, False), (3, 50.0, True, False)],
)
def test_how_often_more_is_said(times: int, span_s: float, often: bool, soon: bool) -> None:
    """Once may be a visitor who asks again, twice is not."""
    one = history(800, 800 + 110 * times, times, span_s)

    assert (one.speaks_often(), one.speaks_soon()) == (often, soon)


def test_the_times_are_counted_until_an_answer() -> None:
    """Each snapshot in which more had come is one."""
    earlier, times = None, list[int]()
    for at, row in enumerate(
        (upload(3, 1, 800, 4), upload(9, 1, 910, 5), upload(15, 7, 910, 5), upload(20, 1, 1020, 6))
    ):
        _phase, earlier = compare(UNANSWERED, row, float(at), earlier, QUIET_MS)
        times.append(earlier.times)
    assert times == [0, 1, 1, 2]
    _phase, earlier = compare(UNANSWERED, upload(2, 1, 1130, 7, 1500), 9.0, earlier, QUIET_MS)
    assert earlier.times == 0


@pytest.mark.parametrize(
    ("fields", "is_held"),
    [
        ({}, True),
        pytest.param({"busy_us": 4_900_000}, False, id="not for long"),
        pytest.param({"rwnd_limited_us": 17_000_000}, False, id="the path is slow"),
        pytest.param({"acked": 81_000}, False, id="it takes more"),
        pytest.param(
            {"acked": 140_000, "busy_us": 90_000_000, "rwnd_limited_us": 90_000_000}, False, id="paused"
        ),
    ],
)
def test_an_answer_that_is_held_back(fields: dict[str, Any], is_held: bool) -> None:
    """600 bytes a second out of a window that is shut nearly all the time."""
    row = held(ME, 12_000, 1, busy_us=20_000_000, rwnd_limited_us=20_000_000)

    assert is_held_back(row._replace(**fields)) is is_held
