"""Honest clients and attackers of a server that fills up: only attackers are named, and they are."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Hashable, Iterator, Sequence

import pytest

from ideolab_f2b.kernel.sockets.row import Connection
from tests.connmon.crowd import (
    FINISHED,
    FLIGHT,
    HELLO,
    Crowd,
    connection,
    half_hello,
    held,
    named,
    program,
    seeded,
    served,
    several,
)
from tests.connmon.test_people import NAT, browsers, long_polls, paused_players, preconnects, websockets

pytestmark = pytest.mark.long

SLOTS = 512
ONE = ["203.0.113.1"]
TEN = [f"203.0.113.{last}" for last in range(1, 11)]
TEN6 = [f"2001:db8:{net:x}::1" for net in range(1, 11)]
#: /64 of one /56
SITE = [f"2001:db8:c:{net:x}::1" for net in range(256)]
#: /64 of two
SITES = [f"2001:db8:c:{net:x}::1" for net in range(512)]
Make = Callable[[str, float, Hashable], Connection]


def half(address: str, age_s: float, cookie: Hashable) -> Connection:
    """Part of a hello."""
    return half_hello(address, age_s=age_s, cookie=cookie)


def closed_window(address: str, age_s: float, cookie: Hashable) -> Connection:
    """A download whose client takes nothing."""
    return held(address, 2300, age_s, cookie=cookie)


def silent(address: str, age_s: float, cookie: Hashable) -> Connection:
    """Asked once, and keeps its connection."""
    return served(address, age_s=age_s, cookie=cookie)


def speaking(address: str, age_s: float, cookie: Hashable, piece: int, pause_s: float) -> Connection:
    """A request of which a piece comes now and then; the first one two seconds after the handshake."""
    pieces, quiet_s = divmod(max(0.0, age_s - 2.0), pause_s)
    said = 0 if age_s < 2 else 300 + piece * int(pieces)
    return connection(
        address,
        cookie=cookie,
        lastsnd_ms=int(1000 * age_s),
        lastrcv_ms=int(1000 * (quiet_s if said else age_s)),
        received=HELLO + FINISHED + said,
        acked=FLIGHT,
        data_segs_in=2 + (1 + int(pieces) if said else 0),
    )


def slow_body(address: str, age_s: float, cookie: Hashable) -> Connection:
    """A body of which 20 bytes come every five seconds."""
    return speaking(address, age_s, cookie, 20, 5.0)


def large_pieces(address: str, age_s: float, cookie: Hashable) -> Connection:
    """A body of which 120 bytes come every two seconds: too large a piece for a trickle."""
    return speaking(address, age_s, cookie, 120, 2.0)


def slow_upload(address: str, age_s: float, cookie: Hashable) -> Connection:
    """A body of 600 bytes a second: as fast as the slowest upload may be."""
    return speaking(address, age_s, cookie, 600, 1.0)


def stuck_body(address: str, age_s: float, cookie: Hashable) -> Connection:
    """The head of a request whose body never comes: it looks as if the server owed an answer."""
    return speaking(address, age_s, cookie, 0, 1000.0)


def pinging(pause_s: float) -> Make:
    def make(address: str, age_s: float, cookie: Hashable) -> Connection:
        """A connection on which a small question is answered now and then, and which nginx cannot close."""
        pings, quiet_s = divmod(age_s, pause_s)
        return served(address, 5 + int(pings), 40, age_s=quiet_s, cookie=cookie)

    return make


def visitors(count: int) -> Crowd:
    """People at home: three connections each."""
    return several(*(browsers(3, f"198.51.100.{20 + number}") for number in range(count)))


def pool(count: int, pause_s: float = 15.0) -> Crowd:
    """A program's connections, used at the same moments for the same question."""
    return lambda at: (
        served(NAT, 9 + int(at // pause_s), age_s=at % pause_s, cookie=("pool", number))
        for number in range(count)
    )


def monitor(count: int, address: str = NAT, life_s: float = 60.0) -> Crowd:
    """Checks whether the port is open, and forgets to close."""
    return lambda at: (
        connection(
            address, age_s=(at + number * life_s / count) % life_s, cookie=("check", number, at // life_s)
        )
        for number in range(count)
    )


def slow_downloads(count: int, rate: int = 1000) -> Crowd:
    """wget --limit-rate: the window opens for 4 KiB, closes, and opens again."""
    pause_s = 4096 / rate
    return lambda at: (
        held(
            NAT,
            60_000 + 4096 * int((at + number) // pause_s),
            (at + number) % pause_s,
            cookie=("wget", number),
        )
        for number in range(count)
    )


def streams(count: int, pause_s: float = 3.0) -> Crowd:
    """gRPC: small messages of the client, which nobody answers."""
    rng = seeded()
    phases = [rng.uniform(0, pause_s) for _ in range(count)]

    def crowd(at: float) -> Iterator[Connection]:
        for number, phase in enumerate(phases):
            messages, quiet_s = divmod(at + phase + 300.0, pause_s)
            yield connection(
                NAT,
                cookie=("grpc", number),
                lastsnd_ms=int(1000 * (at + 300.0)),
                lastrcv_ms=int(1000 * quiet_s),
                received=1200 + 82 * int(messages),
                acked=1800,
                data_segs_in=6 + int(messages),
            )

    return crowd


def downloads(count: int) -> Crowd:
    """Large files at 200 kB/s each: the client says nothing, and takes what it gets."""
    return lambda at: (
        connection(
            NAT,
            cookie=("download", number),
            timer=1,
            wqueue=40_000,
            lastsnd_ms=20,
            lastack_ms=20,
            lastrcv_ms=int(1000 * (at + 60)),
            received=1000,
            data_segs_in=3,
            acked=int(200_000 * (at + 60)),
            busy_us=int(1e6 * (at + 60)),
        )
        for number in range(count)
    )


def black_hole(count: int) -> Crowd:
    """Clients whose path takes no large packets: no answer to a hello arrives, and they try again."""
    return lambda at: (
        connection(
            NAT,
            cookie=("lost", number, (at + number) // 20),
            received=1800,
            data_segs_in=2,
            wqueue=4200,
            timer=1,
            retrans=3,
            lastsnd_ms=int(1000 * (((at + number) % 20) % 4)),
            lastrcv_ms=int(1000 * ((at + number) % 20)),
        )
        for number in range(count)
    )


HONEST = {
    "30 people with two spare handshakes each": several(browsers(30), preconnects(60)),
    "a pool of 50 in step": pool(50),
    "40 quiet WebSockets": websockets(40, 45.0),
    "ten paused players": paused_players(10),
    "a monitor with 20 mute connections": monitor(20),
    "ten wget at 1 kB/s": slow_downloads(10),
    "five gRPC streams without answers": streams(5),
    "40 downloads": downloads(40),
    "60 long polls": long_polls(60),
    "ten clients behind a path that takes no large packets": black_hole(10),
}
kinds = pytest.mark.parametrize("kind", HONEST)


@kinds
@pytest.mark.parametrize("step_s", [1.0, 5.0])
def test_a_calm_server_names_nobody(kind: str, step_s: float) -> None:
    """Three minutes beside other people, with room for everybody."""
    crowd = several(HONEST[kind], visitors(20))

    assert named(crowd, 20 * SLOTS, step_s=step_s, until_s=180.0) == {}


#: attacks that fill what the honest ones leave, within two seconds
QUICK = {
    "half hellos": (half, 6.0),
    "closed windows": (closed_window, 30.0),
    "slow bodies": (slow_body, 60.0),
    "silent": (silent, 60.0),
}


def fills(addresses: Sequence[str], make: Make, life_s: float, crowd: Crowd, ramp_s: float = 2.0) -> Crowd:
    """The attack that takes all slots that the crowd leaves."""
    left = SLOTS - sum(1 for _ in crowd(0.0))
    attack = program(addresses, -(-left // len(addresses)), make, life_s=life_s, ramp_s=ramp_s)
    return several(crowd, attack)


def innocent(found: dict[str, float], addresses: Sequence[str]) -> dict[str, float]:
    """Those who are named and hold no attacker, and when."""
    attackers = [ipaddress.ip_address(address) for address in addresses]
    return {
        name: at
        for name, at in found.items()
        if not any(one in ipaddress.ip_network(name) for one in attackers)
    }


@kinds
@pytest.mark.parametrize("addresses", [ONE, TEN, TEN6], ids=["one", "ten", "ten IPv6"])
@pytest.mark.parametrize("attack", QUICK)
def test_a_full_server_names_the_attacker(kind: str, attack: str, addresses: list[str]) -> None:
    """The ban of the attacker makes room, before and after it nobody else is named."""
    crowd = several(HONEST[kind], visitors(20))
    found = named(fills(addresses, *QUICK[attack], crowd), until_s=45.0)

    assert found
    assert innocent(found, addresses) == {}


@pytest.mark.parametrize("ramp_s", [10.0, 30.0, 60.0])
@pytest.mark.parametrize("kind", ["60 quiet WebSockets", "30 people with two spare handshakes each"])
def test_an_attack_that_grows_slowly(kind: str, ramp_s: float) -> None:
    """Who was there all the time is not named before those who came."""
    crowd = several({**HONEST, "60 quiet WebSockets": websockets(60, 45.0)}[kind], visitors(20))
    found = named(fills(TEN, silent, 600.0, crowd, ramp_s), until_s=50.0 + ramp_s)

    assert found
    assert innocent(found, TEN) == {}


def later(crowd: Crowd, start_s: float) -> Crowd:
    """The same people, who come while the attack begins."""
    return lambda at: crowd(at) if at >= start_s else ()


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        pytest.param("30 people with two spare handshakes each", silent),
        pytest.param("30 people with two spare handshakes each", closed_window),
        pytest.param("a monitor with 20 mute connections", silent),
        pytest.param("40 downloads", silent),
        pytest.param("40 downloads", closed_window),
        pytest.param("five gRPC streams without answers", closed_window),
    ],
)
def test_who_comes_while_the_server_fills_up(kind: str, make: Make) -> None:
    """An honest client that was not there before, and holds no more than each attacker."""
    crowd = several(later(HONEST[kind], 14.0), visitors(20), program(TEN, 44, make, life_s=60.0))
    found = named(crowd)

    assert found
    assert innocent(found, TEN) == {}


@pytest.mark.parametrize(
    "kind",
    [
        "30 people with two spare handshakes each",
        "60 quiet WebSockets",
        "60 long polls",
        "a monitor with 20 mute connections",
        "ten wget at 1 kB/s",
        "ten paused players",
        "40 downloads",
    ],
)
def test_attackers_that_come_one_after_the_other(kind: str) -> None:
    """Ten new addresses each six seconds: the server is full for a minute, whoever is banned."""
    kinds = {**HONEST, "60 quiet WebSockets": websockets(60, 45.0)}
    waves = [[f"203.0.{wave}.{last}" for last in range(1, 11)] for wave in range(8)]
    attacks = [
        program(wave, 45, silent, start_s=10.0 + 6.0 * number, ramp_s=1.0, life_s=600.0)
        for number, wave in enumerate(waves)
    ]
    found = named(several(kinds[kind], visitors(20), *attacks))

    assert found
    assert innocent(found, [address for wave in waves for address in wave]) == {}


def test_a_server_that_is_too_small() -> None:
    """No address holds more than a quarter of a full server for long: who may is listed in `ignore`."""
    found = named(several(websockets(470, 45.0), visitors(20)))

    assert len(found) == 1


PEOPLE = visitors(20)


def pulses(addresses: Sequence[str], full_s: float = 4.0, rest_s: float = 8.0) -> Crowd:
    """Holds 85 % of what is left, and all of it for a few seconds now and then."""
    left = SLOTS - 3 * 20
    held_always = int(0.85 * left)
    always = program(addresses, held_always // len(addresses), silent, life_s=600.0)
    rest = (left - held_always) // len(addresses) + 1
    often = program(addresses[::-1], rest, silent, start_s=20.0, life_s=full_s + rest_s)
    return several(always, lambda at: often(at) if at % (full_s + rest_s) < full_s else ())


@pytest.mark.parametrize(
    ("addresses", "crowd"),
    [
        pytest.param(ONE, fills(ONE, stuck_body, 60.0, PEOPLE), id="stuck bodies, one"),
        pytest.param(TEN, fills(TEN, stuck_body, 60.0, PEOPLE), id="stuck bodies, ten"),
        pytest.param(TEN6, fills(TEN6, stuck_body, 60.0, PEOPLE), id="stuck bodies, ten IPv6"),
        pytest.param(TEN, fills(TEN, slow_upload, 300.0, PEOPLE), id="uploads as slow as may be"),
        pytest.param(TEN, fills(TEN, large_pieces, 60.0, PEOPLE), id="pieces of 120 bytes"),
        pytest.param(ONE, fills(ONE, pinging(8.0), 1e9, PEOPLE, 30.0), id="a ping every 8 s, one"),
        pytest.param(TEN, fills(TEN, pinging(12.0), 1e9, PEOPLE), id="a ping every 12 s, ten"),
        pytest.param(
            TEN,
            fills(TEN, half, 6.0, several(PEOPLE, program(TEN, 10, pinging(1.0), life_s=1e9))),
            id="half hellos beside ten that are answered",
        ),
        pytest.param(
            TEN,
            fills(TEN, large_pieces, 60.0, several(PEOPLE, program(TEN, 5, pinging(1.0), life_s=1e9))),
            id="pieces of 120 bytes beside five that are answered",
        ),
        pytest.param(
            TEN,
            fills(TEN, closed_window, 30.0, several(PEOPLE, program(TEN, 10, pinging(1.0), life_s=1e9))),
            id="closed windows beside ten that are answered",
        ),
        pytest.param(SITE, fills(SITE, slow_body, 60.0, PEOPLE), id="a /56, slow bodies"),
        pytest.param(SITE, fills(SITE, half, 6.0, PEOPLE), id="a /56, half hellos"),
        pytest.param(SITE, fills(SITE, silent, 60.0, PEOPLE), id="a /56, silent"),
        pytest.param(SITE, fills(SITE, closed_window, 7.0, PEOPLE), id="a /56, closed windows of 7 s"),
        pytest.param(SITE, fills(SITE, stuck_body, 60.0, PEOPLE), id="a /56, stuck bodies"),
        pytest.param(SITES, fills(SITES, half, 6.0, PEOPLE), id="two /56, half hellos"),
        pytest.param(TEN, several(PEOPLE, pulses(TEN)), id="pulses of four seconds"),
    ],
)
def test_an_attack_of_few_is_named(addresses: list[str], crowd: Crowd) -> None:
    """Whatever it mixes in, within the minute that nginx waits for the rest of a request."""
    found = named(crowd, until_s=65.0, is_banned=False)

    assert found
    assert innocent(found, addresses) == {}


def churn(pinging_each: int) -> Crowd:
    """A hundred half hellos, each given up in time, beside connections that were answered before."""
    return several(
        visitors(20),
        program(ONE, pinging_each, pinging(1.0), life_s=1e9),
        program(ONE, 100, half, start_s=300.0, life_s=6.0),
    )


@pytest.mark.parametrize(
    "answered",
    [
        0,
        1,
        10,
    ],
)
def test_half_hellos_of_a_calm_server(answered: int) -> None:
    """What has no honest reason is not excused by what is done beside it."""
    found = named(churn(answered), 20 * SLOTS, step_s=5.0, until_s=480.0)

    assert list(found) == ONE
