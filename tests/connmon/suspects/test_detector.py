"""detector: from snapshots to suspects."""

from __future__ import annotations

import gc
import ipaddress
import tracemalloc
from collections.abc import Callable, Iterable, Iterator

import pytest

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.pressure.gauge import ALWAYS_CALM, ALWAYS_EXHAUSTED
from ideolab_f2b.connmon.pressure.state import BUSY, CALM, EXHAUSTED, UNKNOWN, Pressure, SlotUse
from ideolab_f2b.connmon.slots.finder import UNEXPLAINED_AFTER_S
from ideolab_f2b.connmon.slots.holders import FIRST_S
from ideolab_f2b.connmon.snapshot import Snapshot
from ideolab_f2b.connmon.suspects.detector import CONFIRM_S, SMALL_PART, Detector
from ideolab_f2b.connmon.suspects.findings import Findings
from ideolab_f2b.connmon.suspects.suspect import Suspect
from ideolab_f2b.kernel.sockets.row import ESTABLISHED, FIN_WAIT1, SYN_RECV, Connection, Row
from tests.connmon.crowd import connection, half_hello, handshake, held, served

ATTACKER = "198.51.100.10"
SETTINGS = Connmon()


def mute(address: str, count: int, age_s: float = 9.0) -> list[Connection]:
    return [connection(address, age_s=age_s) for _ in range(count)]


def judged(
    rows: Iterable[Row], settings: Connmon | None = None, own: frozenset[bytes] = frozenset()
) -> Findings:
    """What is found when the rows are seen twice within a second."""
    detector, kept = Detector(settings or Connmon(), own), list(rows)
    detector.judge(Snapshot(1000.0, 443, kept))
    return detector.judge(Snapshot(1001.0, 443, kept))


def seen_once(rows: Iterable[Row]) -> Findings:
    """What is found at the first sight."""
    return Detector(Connmon()).judge(Snapshot(1000.0, 443, rows))


def names(findings: Findings) -> list[str]:
    return [suspect.address for suspect in findings.suspects]


def packed(address: str) -> bytes:
    return ipaddress.ip_address(address).packed


def test_a_suspect() -> None:
    """One address with forty mute connections, as the log line of the design has it."""
    (suspect,) = judged(mute(ATTACKER, 40)).suspects
    phases = dict.fromkeys(suspect.phases, 0) | {"mute": 40}
    why = ("40 mute (sent no byte) for 8 s or more (limit 8)",)
    assert suspect == Suspect(ATTACKER, "ip", 4, 40, 1, phases, why, ttl=600, rule="mute")


@pytest.mark.parametrize(
    ("rows", "ttl"),
    [
        pytest.param(mute(ATTACKER, 40), 600, id="silent"),
        pytest.param(mute(ATTACKER, 299), 600, id="as many as a browser has"),
        pytest.param(mute(ATTACKER, 300), 0, id="more than a browser has"),
        pytest.param([handshake(ATTACKER, age_s=9) for _ in range(40)], 600, id="handshakes"),
        pytest.param(
            [*mute(ATTACKER, 40), connection(ATTACKER, age_s=9.0, received=9)], 0, id="and half a hello"
        ),
        pytest.param([held(ATTACKER, 2300, 30) for _ in range(8)], 0, id="slow readers"),
    ],
)
def test_how_long_the_ban_is(rows: list[Connection], ttl: int) -> None:
    """Another site's page makes a browser open silent connections: then a few minutes are enough."""
    (suspect,) = judged(rows).suspects

    assert suspect.ttl == ttl


@pytest.mark.parametrize("addresses", [1, 250], ids=["one", "a network"])
@pytest.mark.parametrize("fields", [{"state": SYN_RECV, "inode": 0}, {"inode": 0}], ids=["SYN", "unaccepted"])
def test_what_a_forged_source_can_cause(addresses: int, fields: dict[str, int]) -> None:
    """Anybody can send a SYN in another's name, as no answer is needed: however many, no suspect."""
    rows = [
        connection(f"198.51.100.{1 + number % addresses}", age_s=30.0, **fields) for number in range(5000)
    ]

    found = judged(rows)

    assert (found.connections, found.suspects) == (5000, ())
    # the same, when they are connections whose other end has answered
    assert judged(row._replace(state=ESTABLISHED, inode=4711) for row in rows).suspects != ()


def test_totals() -> None:
    """Phases add up over all peers; established is what ss counts as such, accepted or not."""
    findings = judged(
        [
            *mute(ATTACKER, 2),
            *mute("2001:db8:c::10", 1, age_s=1),
            connection(ATTACKER, inode=0),
            connection(ATTACKER, state=SYN_RECV, inode=0),
            held(ATTACKER, 2300, 30, state=FIN_WAIT1, inode=0),
        ]
    )
    assert (findings.connections, findings.established) == (6, 4)
    assert {name: count for name, count in findings.phases.items() if count} == {
        "mute": 2,
        "active": 1,
        "unaccepted": 1,
        "half-open": 1,
        "slow-read": 1,
    }


@pytest.mark.parametrize(
    ("settings", "own"),
    [
        pytest.param(Connmon(ignore=(ipaddress.ip_network("198.51.100.8/30"),)), frozenset(), id="ignored"),
        pytest.param(Connmon(), frozenset([packed(ATTACKER)]), id="our own address or gateway"),
        pytest.param(Connmon(th_hostile_ip=41), frozenset(), id="a higher limit"),
        pytest.param(Connmon(idle_s=10), frozenset(), id="a longer patience"),
    ],
)
def test_who_is_never_a_suspect(settings: Connmon, own: frozenset[bytes]) -> None:
    """Listed networks, the host's own addresses, and whoever the admin's thresholds spare."""
    assert judged(mute(ATTACKER, 40), settings, own).suspects == []


def spread(count: int, each: int = 1) -> Iterator[Connection]:
    for last in range(1, count + 1):
        yield from mute(f"203.0.113.{last}", each)


def test_one_snapshot_makes_no_suspect() -> None:
    """Who is over the limit once is seen again half a second later."""
    detector = Detector(Connmon())
    first = detector.judge(Snapshot(1000.0, 443, mute(ATTACKER, 8)))
    second = detector.judge(Snapshot(1001.0, 443, mute(ATTACKER, 8, 10.0)))

    assert (names(first), first.old_enough_in_s, first.is_unconfirmed) == ([], CONFIRM_S, True)
    assert (names(second), second.old_enough_in_s, second.is_unconfirmed) == ([ATTACKER], None, False)
    assert first.table()[0].why[-1] == "seen once: the next snapshot decides"
    assert len(second.table()[0].why) == 1


def test_the_two_snapshots_need_not_follow_each_other() -> None:
    """A count that is below the limit in every second snapshot, and snapshots that miss what nginx closes."""
    for counts, gap_s in (((8, 7, 8), 0.5), ((8, 7, 8), 5.0), ((40, 0, 0, 0, 40), 2.6)):
        detector = Detector(Connmon())
        found = [
            names(detector.judge(Snapshot(1000.0 + gap_s * at, 443, mute(ATTACKER, count))))
            for at, count in enumerate(counts)
        ]
        assert found == [*[[]] * (len(counts) - 1), [ATTACKER]]


def test_two_snapshots_far_apart_make_no_suspect() -> None:
    """Once in a while a small NAT has eight for a moment."""
    detector = Detector(Connmon())
    for at in range(0, 100, 14):
        found = detector.judge(Snapshot(1000.0 + at, 443, mute(ATTACKER, 8)))
        assert (names(found), found.is_unconfirmed) == ([], True)
        detector.judge(Snapshot(1007.0 + at, 443, mute(ATTACKER, 7)))


@pytest.mark.parametrize("every_s", [2.2, 3.1, 4.4, 5.6])
def test_bursts_that_nginx_closes_are_found_by_rare_snapshots(every_s: float) -> None:
    """Forty mute connections, opened anew every 10 s, that count in the last two of these."""
    detector = Detector(Connmon())
    times = [every_s * number for number in range(round(120 / every_s))]
    found = [detector.judge(Snapshot(1000.0 + at, 443, mute(ATTACKER, 40, at % 10))) for at in times]

    assert ATTACKER in {name for one in found for name in names(one)}


def test_the_only_snapshot_is_enough() -> None:
    """A saved text of one snapshot has no second one."""
    findings = Detector(Connmon()).judge(Snapshot(1000.0, 443, mute(ATTACKER, 8)), is_only=True)

    assert (names(findings), findings.old_enough_in_s) == ([ATTACKER], None)


def test_seven_are_a_small_nat() -> None:
    """Below the limit nobody is named, however often it is seen."""
    assert names(judged(mute(ATTACKER, 7))) == []


def test_a_distributed_attack_on_an_idle_network_is_a_network_suspect() -> None:
    """Each address is below its limit, and nobody else is there."""
    (suspect,) = judged(spread(61, 4)).suspects
    assert (suspect.address, suspect.scope, suspect.score) == ("203.0.113.0/24", "net", 4)
    assert (suspect.addresses, suspect.connections, suspect.phases["mute"]) == (61, 244, 244)
    assert suspect.why[-1] == ("hostile as a whole: 61 of 61 addresses hold them, 0 connections are served")


def test_a_network_is_named_at_once() -> None:
    """Its jail wants two lines, and the second comes half a second later."""
    findings = seen_once(spread(61, 4))

    assert (names(findings), findings.old_enough_in_s) == (["203.0.113.0/24"], CONFIRM_S)


def test_a_network_that_nobody_bans_is_named_member_by_member() -> None:
    """Its jail does not run, or the ban is refused because somebody in it is logged in."""
    detector = Detector(Connmon())
    found = [names(detector.judge(Snapshot(1000.0 + at, 443, spread(61, 4)))) for at in range(0, 120, 5)]

    assert found[0] == found[18] == ["203.0.113.0/24"]
    assert sorted(found[-1]) == sorted(f"203.0.113.{last}" for last in range(1, 62))


def neighbours(count: int, each: int = 2) -> Iterator[Connection]:
    for last in range(100, 100 + count):
        yield from (served(f"203.0.113.{last}", age_s=20) for _ in range(each))


def test_a_distributed_attack_among_neighbours_is_named_member_by_member() -> None:
    """65 half hellos from 13 addresses, and 20 neighbours that hold 40 served connections."""
    half = [row._replace(received=200, data_segs_in=1) for row in spread(13, 5)]
    suspects = judged([*half, *neighbours(20)]).suspects

    assert [(one.address, one.scope, one.connections) for one in suspects] == [
        (f"203.0.113.{last}", "ip", 5) for last in range(13, 0, -1)
    ]
    assert suspects[0].why == (
        "5 partial-hello (sent only part of a TLS hello) for 8 s or more (limit 3)",
        "one of 13 addresses of 203.0.113.0/24 that hold 65 of these (limit 60); "
        "the others there are left alone",
    )


def test_members_are_seen_twice_too() -> None:
    """As addresses over a limit of their own are."""
    findings = seen_once([*spread(13, 5), *neighbours(20)])

    assert (names(findings), findings.old_enough_in_s) == ([], CONFIRM_S)


@pytest.mark.parametrize(
    "innocent",
    [
        pytest.param([handshake("203.0.113.200", age_s=9) for _ in range(3)], id="three preconnects"),
        pytest.param(mute("203.0.113.200", 1), id="a lost radio"),
        pytest.param(
            [*mute("203.0.113.200", 2), *(served("203.0.113.200", age_s=20) for _ in range(2))],
            id="served as much as lost",
        ),
        pytest.param([held("203.0.113.200", 300_000, 30)], id="a paused player"),
    ],
)
def test_an_innocent_neighbour_is_never_a_member(innocent: list[Connection]) -> None:
    """It shares nothing with the attack but the network."""
    assert "203.0.113.200" not in names(judged([*spread(30, 5), *neighbours(40), *innocent]))


def test_lines_are_bounded() -> None:
    """Of a /48 with 600 members the 256 largest are named at once, the others when these are gone."""
    rows = [
        row
        for number in range(600)
        for row in mute(f"2001:db8:c:{97 * number:x}::1", 3 if number < 200 else 2)
    ]
    rows += [served(f"2001:db8:c:{97 * number + 1:x}::1", age_s=20) for number in range(200)]
    found = judged(rows).suspects

    assert (len(found), {one.scope for one in found}) == (256, {"ip"})
    assert sum(one.connections for one in found) == 200 * 3 + 56 * 2


def test_an_ipv6_client_that_changes_its_address_is_one_suspect() -> None:
    """Nine addresses of one /64 are one client."""
    rows = [row for last in range(1, 10) for row in mute(f"2001:db8:0:7::{last:x}", 1)]
    (suspect,) = judged(rows).suspects

    assert (suspect.address, suspect.scope, suspect.connections) == ("2001:db8:0:7::/64", "ip", 9)


def test_an_attack_from_a_48_is_named_member_by_member() -> None:
    """550 half hellos over 110 of its /64, beside customers of the same provider."""
    rows = [row for number in range(110) for row in mute(f"2001:db8:c:{number:x}00::1", 5)]
    rows += [served(f"2001:db8:c:{number:x}::1", age_s=20) for number in range(1, 101)]
    suspects = judged(rows).suspects

    assert sorted(one.address for one in suspects) == sorted(
        f"2001:db8:c:{number:x}00::/64" if number else "2001:db8:c::/64" for number in range(110)
    )


def test_a_48_that_takes_a_fresh_64_for_each_connection_is_banned_as_a_whole() -> None:
    """No member holds two, and nobody else is there."""
    rows = [row for number in range(550) for row in mute(f"2001:db8:c:{97 * number:x}::1", 1)]

    assert names(judged(rows)) == ["2001:db8:c::/48"]


def test_a_56_is_not_its_48() -> None:
    """An attacker has a /56 of a provider, whose other customers are elsewhere in the /48."""
    rows = [row for number in range(200) for row in mute(f"2001:db8:c:{number:x}::1", 1)]
    rows += [served(f"2001:db8:c:{number:x}00::1", age_s=20) for number in range(1, 10)]

    assert names(judged(rows)) == ["2001:db8:c::/56"]


def test_the_phones_of_a_carrier_are_no_48() -> None:
    """Each phone has a /64; eighty of them lost their radio, among three hundred that did not."""
    rows = [row for number in range(80) for row in mute(f"2001:db8:c:{97 * number:x}::1", 1)]
    rows += [served(f"2001:db8:c:{97 * number:x}::1", age_s=20) for number in range(80, 380)]

    assert names(judged(rows)) == []


def test_where_this_host_has_a_64_its_neighbours_are_single_addresses() -> None:
    """A gateway and an attacker on the same link: the attacker is named, and nothing wider."""
    rows = [*mute("2001:db8:0:7::66", 8), *mute("2001:db8:0:7::1", 8)]

    assert names(judged(rows, own=frozenset([packed("2001:db8:0:7::1")]))) == ["2001:db8:0:7::66"]


def test_a_network_of_attackers_only_is_a_suspect_beside_its_addresses() -> None:
    """Twenty attackers and nobody else: banning one by one would let the next twenty in."""
    assert names(judged(spread(20, 10))) == [
        *(f"203.0.113.{last}" for last in range(1, 21)),
        "203.0.113.0/24",
    ]


def test_neighbours_do_not_answer_for_attackers() -> None:
    """Attackers among served clients of the same /24 are banned one by one."""
    rows = [*spread(20, 10), *(served(f"203.0.113.{last}", age_s=20) for last in range(100, 150))]
    assert "203.0.113.0/24" not in names(judged(rows))


@pytest.mark.parametrize(
    ("settings", "own", "named"),
    [
        (Connmon(ignore=(ipaddress.ip_network("203.0.113.200/32"),)), frozenset(), 209),
        (Connmon(ignore=(ipaddress.ip_network("203.0.0.0/16"),)), frozenset(), 0),
        (Connmon(), frozenset([packed("203.0.113.254"), packed("2001:db8::1")]), 210),
    ],
)
def test_a_network_with_somebody_listed_is_never_a_suspect(
    settings: Connmon, own: frozenset[bytes], named: int
) -> None:
    """A ban of the /24 would take an ignored address or our gateway along: the others are named alone."""
    found = names(judged(spread(210), settings, own))

    assert len(found) == named
    assert not {"203.0.113.0/24", "203.0.113.200" if named < 210 else ""} & set(found)


@pytest.mark.parametrize("own", ["2001:db8:c::1", "2001:db8:c:1::1"])
def test_a_56_and_a_48_with_somebody_listed_are_never_suspects(own: str) -> None:
    """The gateway in one of its /64, or an ignored address."""
    rows = [row for number in range(550) for row in mute(f"2001:db8:c:{97 * number:x}::9", 1)]
    rows += [row for number in range(100) for row in mute(f"2001:db8:c:{number:x}::9", 1)]

    for found in (
        judged(rows, own=frozenset([packed(own)])),
        judged(rows, Connmon(ignore=(ipaddress.ip_network(own),))),
    ):
        assert {one.scope for one in found.suspects} == {"ip"}


@pytest.mark.parametrize(
    ("rows", "old_enough_in_s"),
    [
        pytest.param([], None, id="nobody"),
        pytest.param(mute(ATTACKER, 8, 2.0), None, id="old enough only after the next tick"),
        pytest.param(mute(ATTACKER, 7, 6.0), None, id="too few"),
        pytest.param(mute(ATTACKER, 8, 6.5), 1.5, id="old enough in a moment"),
        pytest.param(mute(ATTACKER, 5, 60.0) + mute(ATTACKER, 3, 7.0), 1.0, id="together with older ones"),
        pytest.param(mute(ATTACKER, 7, 7.5) + mute(ATTACKER, 1, 4.0), 4.0, id="the eighth decides"),
        pytest.param(mute(ATTACKER, 8, 60.0) + mute(ATTACKER, 8, 7.0), None, id="found already"),
        pytest.param([handshake(ATTACKER, age_s=7) for _ in range(8)], 1.0, id="handshakes"),
        pytest.param([held(ATTACKER, 2300, 5) for _ in range(8)], 3.0, id="slow readers"),
        pytest.param([served(ATTACKER, age_s=7) for _ in range(60)], None, id="served"),
    ],
)
def test_when_the_next_tick_is_due(rows: list[Connection], old_enough_in_s: float | None) -> None:
    """An attack that will be old enough before the next regular tick is judged in time."""
    assert judged(rows).old_enough_in_s == old_enough_in_s


def test_the_table_names_everyone() -> None:
    """--explain shows the worst first, then those who are spared, with networks of several addresses."""
    rows = [
        *mute(ATTACKER, 40),
        *(served("198.51.100.7", age_s=20) for _ in range(60)),
        *mute("2001:db8::1", 1),
    ]
    assert [(row.address, row.score) for row in judged(rows).table()] == [
        (ATTACKER, 4),
        ("198.51.100.7", 1),
        ("2001:db8::/64", 0),
        ("198.51.100.0/24", 0),
    ]


def test_a_clock_that_is_set_makes_nobody_slow() -> None:
    """Rates are over time that passed, not over what the clock was moved by."""
    detector = Detector(Connmon())
    for number, when in enumerate((1000.0, 1005.0, 1_000_000.0, 1_000_005.0, 500.0, 505.0)):
        rows = [held(ATTACKER, 5000 + 40_000 * number, 1, cookie=n) for n in range(20)]
        assert detector.judge(Snapshot(when, 443, rows)).suspects == []


def test_what_is_gone_is_forgotten() -> None:
    """Nothing is remembered of connections that closed."""
    detector = Detector(Connmon())
    detector.judge(Snapshot(1000.0, 443, [served(ATTACKER, age_s=20) for _ in range(100)]))
    detector.judge(Snapshot(1005.0, 443, []))
    assert (detector._memory.histories, detector._memory.idle_cookies) == ({}, [])


def hundred_thousand(at: float) -> Iterator[Row]:
    """60 % mute, 20 % half a hello, 15 % served, 5 % slow readers, of 2,000 addresses."""
    age = int(20_000 + at * 1000)
    for number in range(100_000):
        last, kind = number % 2000, (number // 2000 + number) % 20
        peer = bytes([10, last >> 8, last & 255, 1]) + bytes(12)
        sent, taken, segments, queued = _MIX[kind]
        timer = 4 if queued else 0
        yield (
            2, 1, timer, 0, number & 0xFFFF, peer, number, 0, queued, 4711, age, age, age,
            taken, sent, segments, segments, age * 1000, age * 1000,
        )  # fmt: skip


_MIX = [(0, 0, 0, 0)] * 12 + [(100, 0, 1, 0)] * 4 + [(997, 4408, 3, 0)] * 3 + [(700, 9000, 3, 22_506)]


def test_memory_is_bounded() -> None:
    """At 100,000 connections the judge, its state and its findings stay far below 64 MB."""
    detector = Detector(Connmon())
    gc.collect()
    tracemalloc.start()
    try:
        verdicts = [detector.judge(Snapshot(1000.0 + at, 443, hundred_thousand(at))) for at in (0.0, 5.0)]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [len(findings.suspects) for findings in verdicts] == [0, 2000]
    assert (len(detector._memory.histories), len(detector._memory.idle_cookies)) == (0, 15_000)
    assert peak < 32e6


def measure_of(state: str) -> Callable[[SlotUse, float], Pressure]:
    """A server that is in this state since it was first measured."""
    since: list[float] = []

    def measure(use: SlotUse, when: float) -> Pressure:
        since.append(when)
        return Pressure(state, use.slots, use.slots, "learnt", 0, 0, "given", since[0])

    return measure


def found_in(state: str, rows: Iterable[Row], seconds: int = 1, settings: Connmon = SETTINGS) -> list[str]:
    """Who is a suspect last, of the same rows once a second."""
    detector, kept = Detector(settings, measure=measure_of(state)), list(rows)
    findings = [detector.judge(Snapshot(1000.0 + at, 443, kept)) for at in range(1 + seconds)]
    return names(findings[-1])


LARGE6 = "2001:db8:0:7::10"
STATES = pytest.mark.parametrize("state", [CALM, BUSY, EXHAUSTED, UNKNOWN])
FAMILIES = pytest.mark.parametrize(
    ("address", "name"), [(ATTACKER, ATTACKER), (LARGE6, "2001:db8:0:7::/64")], ids=["IPv4", "/64"]
)


@STATES
@FAMILIES
@pytest.mark.parametrize(
    ("make", "calm_limit"),
    [
        pytest.param(connection, SETTINGS.th_calm_ip, id="mute"),
        pytest.param(handshake, SETTINGS.th_calm_ip, id="handshake"),
        pytest.param(half_hello, SETTINGS.th_hostile_ip, id="half hello"),
    ],
)
def test_the_limit_in_each_state(
    state: str, address: str, name: str, make: Callable[..., Connection], calm_limit: int
) -> None:
    """A server with room is patient with what may be honest, and a saved text is judged by all rules."""
    limit = calm_limit if state in (CALM, BUSY) else SETTINGS.th_hostile_ip

    assert found_in(state, (make(address, age_s=9.0) for _ in range(limit - 1))) == []
    assert found_in(state, (make(address, age_s=9.0) for _ in range(limit))) == [name]


@STATES
def test_the_limit_of_slow_readers_in_each_state(state: str) -> None:
    """Eight of them harm a server only where it has no room for others."""
    limit = SETTINGS.th_calm_ip if state in (CALM, BUSY) else SETTINGS.th_hostile_ip

    assert found_in(state, (held(ATTACKER, 2300, 30) for _ in range(limit))) == [ATTACKER]
    assert found_in(state, (held(ATTACKER, 2300, 30) for _ in range(limit - 1))) == []


@pytest.mark.parametrize(
    ("state", "is_found"), [(CALM, False), (BUSY, False), (EXHAUSTED, True), (UNKNOWN, True)]
)
def test_who_is_answered_may_be_quiet_where_there_is_room(state: str, is_found: bool) -> None:
    """Answers of the last ten minutes explain quiet connections, but not in a full server."""
    detector = Detector(SETTINGS, measure=measure_of(state))
    quiet = [connection(ATTACKER, age_s=20.0) for _ in range(SETTINGS.th_calm_ip)]
    busy = [served(ATTACKER, 9, age_s=0.5) for _ in range(SETTINGS.th_calm_ip)]
    for at in range(3):
        assert names(detector.judge(Snapshot(1000.0 + at, 443, busy))) == []
    found = [detector.judge(Snapshot(1003.0 + at, 443, quiet)) for at in range(2)]

    assert names(found[-1]) == [ATTACKER] * is_found


def test_half_hellos_are_not_explained_by_answers() -> None:
    """Old ones, however often the address was answered."""
    detector = Detector(SETTINGS, measure=ALWAYS_CALM)
    rows = [served(ATTACKER, 9, age_s=0.5) for _ in range(20)]
    rows += [half_hello(ATTACKER, age_s=9.0) for _ in range(SETTINGS.th_hostile_ip)]
    found = [detector.judge(Snapshot(1000.0 + at, 443, rows)) for at in range(5)]

    assert names(found[-1]) == [ATTACKER]


@pytest.mark.parametrize(
    ("state", "others", "is_found"),
    [
        pytest.param(CALM, 0, False, id="calm"),
        pytest.param(BUSY, 0, False, id="busy"),
        pytest.param(UNKNOWN, 10_000, True, id="a saved text"),
        pytest.param(EXHAUSTED, (SMALL_PART - 1) * 40, True, id="a large part of a full server"),
        pytest.param(EXHAUSTED, (SMALL_PART - 1) * 40 + 1, False, id="a small part of a full server"),
    ],
)
def test_a_program_in_step(state: str, others: int, is_found: bool) -> None:
    """A pool of a program may wait as it likes while it is in nobody's way."""
    rest = [served(f"10.0.{one >> 8}.{one & 255}", age_s=20.0) for one in range(others)]
    detector, found = Detector(SETTINGS, measure=measure_of(state)), list[str]()
    for at in range(0, 60, 5):
        here = [served(ATTACKER, age_s=float(at), cookie=number) for number in range(40)] if at else []
        found += names(detector.judge(Snapshot(1000.0 + at, 443, [*rest, *here])))

    assert (ATTACKER in found) == is_found


def test_a_full_server_that_nobody_explains() -> None:
    """Many people, and room for none: the findings say so, and name nobody."""
    detector = Detector(SETTINGS, measure=ALWAYS_EXHAUSTED)
    rows = [served(f"198.51.100.{last}", age_s=20.0) for last in range(1, 250)]
    found = [detector.judge(Snapshot(1000.0 + at, 443, rows)) for at in range(1 + int(UNEXPLAINED_AFTER_S))]

    assert [one.is_unexplained for one in found] == [False] * int(UNEXPLAINED_AFTER_S) + [True]
    assert {name for one in found for name in names(one)} == set()


@FAMILIES
def test_a_holder_of_a_full_server(address: str, name: str) -> None:
    """It is named by what it holds, for as long as what may be honest is banned."""
    detector = Detector(SETTINGS, measure=measure_of(EXHAUSTED))
    rows = [served(address, age_s=30.0) for _ in range(300)]
    found = [detector.judge(Snapshot(1000.0 + at, 443, rows)) for at in range(3 + int(FIRST_S))]
    (suspect,) = found[-1].suspects

    assert (suspect.address, suspect.scope, suspect.connections, suspect.ttl) == (
        name,
        "ip",
        300,
        SETTINGS.opened_ahead_ttl,
    )
    assert suspect.why[0].startswith(
        "the server is full: it holds 300 slots, 100 % of all, most of them silent"
    )


@pytest.mark.parametrize(
    ("settings", "own"),
    [
        (Connmon(ignore=(ipaddress.ip_network(f"{ATTACKER}/32"),)), frozenset[bytes]()),
        (SETTINGS, frozenset([packed(ATTACKER)])),
    ],
    ids=["ignored", "our own"],
)
@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([served(ATTACKER, age_s=30.0) for _ in range(300)], id="silent"),
        pytest.param([half_hello(ATTACKER, age_s=3.0) for _ in range(300)], id="half hellos"),
        pytest.param([held(ATTACKER, 2300, 30) for _ in range(300)], id="slow readers"),
    ],
)
def test_who_is_exempt_may_fill_the_server(
    settings: Connmon, own: frozenset[bytes], rows: list[Connection]
) -> None:
    """No rule for a full server names this host, a gateway, or whom the admin listed."""
    detector = Detector(settings, own, measure=measure_of(EXHAUSTED))
    found = [detector.judge(Snapshot(1000.0 + at, 443, rows)) for at in range(70)]

    assert [names(one) for one in found] == [[]] * 70


@pytest.mark.parametrize("leap_s", [-1e6, -10.0, 0.0, 1e9])
def test_a_clock_that_is_set_holds_no_slots(leap_s: float) -> None:
    """Slot time is over time that passed: two half hellos of a moment are no minute of them."""
    detector = Detector(SETTINGS, measure=measure_of(EXHAUSTED))
    hellos = [half_hello(ATTACKER, age_s=1.5, cookie=number) for number in range(2)]
    for at in range(3):
        assert names(detector.judge(Snapshot(1000.0 + at, 443, hellos))) == []
    found = [names(detector.judge(Snapshot(1003.0 + leap_s + at, 443, hellos))) for at in range(2)]

    assert found == [[], []]


def test_what_is_told_of_who_looks_honest() -> None:
    """An office that is answered at each snapshot, beside an attacker who is not."""
    detector, office = Detector(SETTINGS), "198.51.100.20"
    rows = [*(served(office, requests=9, age_s=0.2) for _ in range(20)), *mute(ATTACKER, 40)]
    for number in range(3):
        found = detector.judge(Snapshot(1000.0 + 5 * number, 443, rows))

    honest = found.find_honest()
    assert (honest.addresses, honest.large) == (2, 1)
    assert honest.connections == (20, ipaddress.ip_address(office).packed)
    assert honest.quiet.value == honest.hellos.value == 0
    (suspect,) = found.suspects
    assert (suspect.rule, suspect.reason, suspect.answers) == ("mute", "", 0)
