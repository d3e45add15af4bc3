"""Legitimate crowds that look like attacks by count: none of them may ever be a suspect."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ideolab_f2b.kernel.sockets.row import CLOSE_WAIT, SYN_RECV, TIMER_PERSIST, Connection
from tests.connmon.crowd import (
    Crowd,
    connection,
    handshake,
    held,
    lost,
    seeded,
    served,
    several,
    suspects,
)

NAT = "198.51.100.7"


def browsers(count: int, address: str = NAT, spread_s: float = 60.0) -> Crowd:
    """People who read pages: each connection is used now and then, each in its own way."""
    rng = seeded()
    people = [
        (rng.uniform(-spread_s, 0), rng.uniform(10, 50), rng.randrange(300, 9000)) for _ in range(count)
    ]

    def crowd(at: float) -> Iterator[Connection]:
        for number, (opened, pause_s, size) in enumerate(people):
            age = at - opened
            requests = 1 + int(age // pause_s)
            quiet = age % pause_s
            yield served(address, requests, size, age_s=quiet, cookie=f"browser {address} {number}")

    return crowd


def preconnects(count: int, address: str = NAT, life_s: float = 60.0) -> Crowd:
    """Connections that browsers open ahead of need and close again."""
    rng = seeded()
    phases = [rng.uniform(0, life_s) for _ in range(count)]
    return lambda at: (
        handshake(address, age_s=(at + phase) % life_s, cookie=("ahead", number, (at + phase) // life_s))
        for number, phase in enumerate(phases)
    )


def websockets(count: int, ping_s: float = 20.0) -> Crowd:
    """Quiet sockets whose pings are answered at once, opened at different times."""
    rng = seeded()
    opened = [rng.uniform(-300, 0) for _ in range(count)]

    def crowd(at: float) -> Iterator[Connection]:
        for number, born in enumerate(opened):
            pings, quiet = divmod(at - born, ping_s)
            yield served(
                NAT,
                age_s=quiet,
                received=800 + 28 * int(pings),
                acked=1620 + 26 * int(pings),
                data_segs_in=3 + int(pings),
                cookie=("ws", number),
            )

    return crowd


def pinging_both_ways(count: int, beat_s: float = 15.0) -> Crowd:
    """Sockets on which both sides say a few bytes every 15 s, neither answering the other (SignalR)."""
    rng = seeded()
    phases = [(rng.uniform(0, beat_s), rng.uniform(0, beat_s)) for _ in range(count)]

    def crowd(at: float) -> Iterator[Connection]:
        for number, (ours, theirs) in enumerate(phases):
            said, sent_s = divmod(at + ours + 600, beat_s)
            heard, heard_s = divmod(at + theirs + 600, beat_s)
            yield connection(
                NAT,
                lastsnd_ms=int(sent_s * 1000),
                lastrcv_ms=int(heard_s * 1000),
                received=1200 + 39 * int(heard),
                acked=1800 + 35 * int(said),
                data_segs_in=4 + int(heard),
                cookie=("signalr", number),
            )

    return crowd


def long_polls(count: int, wait_s: float = 50.0) -> Crowd:
    """Each asks, waits 50 s for the answer, and asks again."""
    rng = seeded()
    phases = [rng.uniform(0, wait_s) for _ in range(count)]
    return lambda at: (
        served(
            NAT, 1 + int((at + phase) // wait_s), 200, age_s=(at + phase) % wait_s, cookie=("poll", number)
        )
        for number, phase in enumerate(phases)
    )


def uploads(count: int, stall_from: float, stall_to: float) -> Crowd:
    """Phones that send 20 kB/s each until their radio cell fails for all of them at once."""

    def crowd(at: float) -> Iterator[Connection]:
        stalled_s = min(max(0.0, at - stall_from), stall_to - stall_from)
        quiet_s = at - stall_from if stall_from <= at < stall_to else 0.1
        for number in range(count):
            received = int(1000 + 20_000 * (at - stalled_s))
            yield connection(
                NAT,
                lastsnd_ms=int(at * 1000),
                lastrcv_ms=int(quiet_s * 1000),
                received=received,
                acked=1408,
                data_segs_in=4 + received // 1400,
                cookie=("upload", number),
            )

    return crowd


def paused_players(count: int) -> Crowd:
    """Video players that filled their buffers and stopped reading, some of them playing again after 40 s."""
    rng = seeded()
    taken = [rng.randrange(200_000, 6_000_000) for _ in range(count)]

    def crowd(at: float) -> Iterator[Connection]:
        for number, size in enumerate(taken):
            resumed = at >= 60 and number % 2 == 0
            yield held(
                NAT,
                size + (1_000_000 if resumed else 0),
                at % 60 if resumed else at + 1,
                wqueue=600_000,
                cookie=("video", number),
            )

    return crowd


def carrier(at: float) -> Iterator[Connection]:
    """A carrier's /24: 250 addresses of many people, each with one connection that the radio lost."""
    for last in range(1, 251):
        address = f"203.0.113.{last}"
        yield connection(address, age_s=10 + at % 40, cookie=(last, at // 40))
        yield from browsers(6, address)(at)


def front(at: float) -> Iterator[Connection]:
    """A content delivery network's front: hundreds of busy connections and twenty opened ahead."""
    for number in range(500):
        yield served(NAT, 10 + int(at), age_s=number % 7, cookie=("busy", number))
    for number in range(20):
        yield connection(NAT, age_s=20 + at, cookie=("ahead", number))


def kiosks(at: float) -> Iterator[Connection]:
    """Sixty identical clients; at 60 s nginx restarts and all of them are back within a second."""
    for number in range(60):
        age = at + number * 7 % 50 if at < 60 else at - 60 + number / 60
        yield served(NAT, age_s=age, cookie=("kiosk", number, at < 60))


def overloaded(at: float) -> Iterator[Connection]:
    """nginx does not come round to reading or accepting."""
    for number in range(60):
        yield connection(
            NAT, age_s=9 + at, rqueue=517, received=517, data_segs_in=1, cookie=("unread", number)
        )
        yield connection(NAT, age_s=9 + at, inode=0, cookie=("unaccepted", number))


def half_open(at: float) -> Iterator[Connection]:
    """A flood that names NAT as its source: anyone can."""
    for number in range(500):
        yield connection(NAT, state=SYN_RECV, inode=0, cookie=(number, at))


def leaving(_at: float) -> Iterator[Connection]:
    """Connections that nginx closed and a phone in a tunnel does not acknowledge."""
    for number in range(60):
        yield lost(NAT, 5000, 30.0, state=CLOSE_WAIT, cookie=("leaving", number))


@pytest.mark.parametrize("step_s", [1.0, 5.0])
@pytest.mark.parametrize(
    "crowd",
    [
        pytest.param(browsers(60), id="nat of 60 browsers"),
        pytest.param(several(browsers(60), preconnects(60)), id="60 browsers with a preconnect each"),
        pytest.param(several(browsers(300), lambda _at: map(_mute, range(12))), id="300 people, 12 lost"),
        pytest.param(websockets(60), id="60 websockets"),
        pytest.param(pinging_both_ways(60), id="60 websockets pinging both ways"),
        pytest.param(long_polls(60), id="60 long polls"),
        pytest.param(uploads(60, 30, 50), id="60 uploads stalled by their radio cell"),
        pytest.param(paused_players(40), id="40 paused video players"),
        pytest.param(
            lambda at: (lost(NAT, 40_000, at, cookie=number) for number in range(60)),
            id="60 downloads stalled by their radio cell",
        ),
        pytest.param(carrier, id="a carrier's /24"),
        pytest.param(front, id="a busy front with connections ahead"),
        pytest.param(kiosks, id="60 identical clients after a restart"),
        pytest.param(overloaded, id="our own stall"),
        pytest.param(half_open, id="a spoofed SYN flood"),
        pytest.param(leaving, id="connections on their way out"),
    ],
)
def test_people_are_never_suspects(crowd: Crowd, step_s: float) -> None:
    """Two minutes of a legitimate crowd, watched every second or every five, name nobody."""
    assert suspects(crowd, step_s=step_s) == {}


def _mute(number: int) -> Connection:
    return connection(NAT, age_s=30, cookie=("lost", number))


def slow_readers(at: float) -> Iterator[Connection]:
    """Clients that pause as players do, but before they took anything worth a pause."""
    for number in range(20):
        yield held(NAT, 20_000, at, rqueue=30, cookie=("slow", number), timer=TIMER_PERSIST)


@pytest.mark.parametrize(
    ("crowd", "found"),
    [
        pytest.param(lambda at: (connection(NAT, age_s=at, cookie=n) for n in range(8)), 15.0, id="mute"),
        pytest.param(
            lambda at: (connection(NAT, age_s=at, received=200, data_segs_in=1, cookie=n) for n in range(8)),
            15.0,
            id="half a hello",
        ),
        pytest.param(lambda at: (handshake(NAT, age_s=at, cookie=n) for n in range(8)), 15.0, id="handshake"),
        pytest.param(slow_readers, 15.0, id="slow readers who also send"),
        pytest.param(
            several(browsers(40), lambda at: (connection(NAT, age_s=at, cookie=n) for n in range(40))),
            15.0,
            id="mute beside served",
        ),
    ],
)
def test_attackers_of_the_same_shape_are(crowd: Crowd, found: float) -> None:
    """The defences above do not hide the attack that resembles the crowd."""
    assert suspects(crowd) == {NAT: found}
