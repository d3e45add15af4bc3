"""detector: from snapshots to suspects."""

from __future__ import annotations

import gc
import ipaddress
import tracemalloc
from collections.abc import Iterable, Iterator

import pytest

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.snapshot import Snapshot
from ideolab_f2b.connmon.suspects.detector import Detector
from ideolab_f2b.connmon.suspects.findings import Findings
from ideolab_f2b.connmon.suspects.suspect import Suspect
from ideolab_f2b.kernel.sockets.row import FIN_WAIT1, SYN_RECV, Connection, Row
from tests.connmon.crowd import connection, handshake, held, served

ATTACKER = "198.51.100.10"


def mute(address: str, count: int, age_s: float = 9.0) -> list[Connection]:
    return [connection(address, age_s=age_s) for _ in range(count)]


def judged(
    rows: Iterable[Row], settings: Connmon | None = None, own: frozenset[bytes] = frozenset()
) -> Findings:
    return Detector(settings or Connmon(), own).judge(Snapshot(1000.0, 443, rows))


def names(findings: Findings) -> list[str]:
    return [suspect.address for suspect in findings.suspects]


def packed(address: str) -> bytes:
    return ipaddress.ip_address(address).packed


def test_a_suspect() -> None:
    """One address with forty mute connections, as the log line of the design has it."""
    (suspect,) = judged(mute(ATTACKER, 40)).suspects
    phases = dict.fromkeys(suspect.phases, 0) | {"mute": 40}
    why = ("40 mute (sent no byte) for 8 s or more (limit 6)",)
    assert suspect == Suspect(ATTACKER, "ip", 5, 40, 1, phases, why)


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


def test_a_distributed_attack_is_a_network_suspect() -> None:
    """Each address is below its limit, the /24 is not."""
    (suspect,) = judged(spread(61, 4)).suspects
    assert (suspect.address, suspect.scope, suspect.score) == ("203.0.113.0/24", "net", 4)
    assert (suspect.addresses, suspect.connections, suspect.phases["mute"]) == (61, 244, 244)


def test_an_ipv6_client_that_changes_its_address_is_a_network_suspect() -> None:
    """Sixty addresses of one /64 are one client."""
    rows = [row for last in range(1, 61) for row in mute(f"2001:db8:c::{last:x}", 1)]
    assert names(judged(rows)) == ["2001:db8:c::/64"]


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
    ("settings", "own"),
    [
        (Connmon(ignore=(ipaddress.ip_network("203.0.113.200/32"),)), frozenset()),
        (Connmon(ignore=(ipaddress.ip_network("203.0.0.0/16"),)), frozenset()),
        (Connmon(), frozenset([packed("203.0.113.254"), packed("2001:db8::1")])),
    ],
)
def test_a_network_with_somebody_listed_is_never_a_suspect(settings: Connmon, own: frozenset[bytes]) -> None:
    """A ban of the /24 would take an ignored address or our gateway along."""
    assert judged(spread(100), settings, own).suspects == []


@pytest.mark.parametrize(
    ("rows", "old_enough_in_s"),
    [
        pytest.param([], None, id="nobody"),
        pytest.param(mute(ATTACKER, 6, 2.0), None, id="old enough only after the next tick"),
        pytest.param(mute(ATTACKER, 5, 6.0), None, id="too few"),
        pytest.param(mute(ATTACKER, 6, 6.5), 1.5, id="old enough in a moment"),
        pytest.param(mute(ATTACKER, 3, 60.0) + mute(ATTACKER, 3, 7.0), 1.0, id="together with older ones"),
        pytest.param(mute(ATTACKER, 5, 7.5) + mute(ATTACKER, 1, 4.0), 4.0, id="the sixth decides"),
        pytest.param(mute(ATTACKER, 6, 60.0) + mute(ATTACKER, 6, 7.0), None, id="found already"),
        pytest.param([handshake(ATTACKER, age_s=7) for _ in range(6)], 1.0, id="handshakes"),
        pytest.param([held(ATTACKER, 2300, 5) for _ in range(6)], 3.0, id="slow readers"),
        pytest.param([served(ATTACKER, age_s=7) for _ in range(60)], None, id="served"),
    ],
)
def test_when_the_next_tick_is_due(rows: list[Connection], old_enough_in_s: float | None) -> None:
    """An attack that will be old enough before the next regular tick is judged in time."""
    assert judged(rows).old_enough_in_s == old_enough_in_s


def test_when_a_network_is_looked_at_again() -> None:
    """Sixty addresses with one young connection each are old enough at the same time."""
    rows = [row for last in range(1, 61) for row in mute(f"203.0.113.{last}", 1, 6.5)]

    assert judged(rows).old_enough_in_s == 1.5
    assert judged(rows[1:]).old_enough_in_s is None


def test_the_table_names_everyone() -> None:
    """--explain shows the worst first, then those who are spared, with networks of several addresses."""
    rows = [
        *mute(ATTACKER, 40),
        *(served("198.51.100.7", age_s=20) for _ in range(60)),
        *mute("2001:db8::1", 1),
    ]
    assert [(row.address, row.score) for row in judged(rows).table()] == [
        (ATTACKER, 5),
        ("198.51.100.7", 1),
        ("2001:db8::1", 0),
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
    assert [len(findings.suspects) for findings in verdicts] == [2000] * 2
    assert (len(detector._memory.histories), len(detector._memory.idle_cookies)) == (0, 15_000)
    assert peak < 32e6
