"""judgement: the rows of suspects and of the table."""

from __future__ import annotations

import ipaddress

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.phases.counts import WIDTH, PhaseCounts
from ideolab_f2b.connmon.phases.phase import IDLE, MUTE
from ideolab_f2b.connmon.pressure.state import UNKNOWN
from ideolab_f2b.connmon.slots.finder import SlotFinder
from ideolab_f2b.connmon.suspects.judgement import SEEN_ONCE, Judgement
from ideolab_f2b.connmon.suspects.limits import AddressLimits, calm_settings
from ideolab_f2b.connmon.suspects.network import count_network
from ideolab_f2b.connmon.suspects.spread import Spread


def packed(address: str) -> bytes:
    return ipaddress.ip_address(address).packed


def counts(mute: int = 0, idle: int = 0) -> PhaseCounts:
    made = [0] * WIDTH
    made[MUTE], made[IDLE] = mute, idle
    return made


ONE, TWO, V6 = packed("203.0.113.1"), packed("203.0.113.2"), packed("2001:db8:c::")[:8]
TABLE = {ONE: counts(mute=5), TWO: counts(idle=2), V6: counts(mute=9)}


def judgement(new: frozenset[bytes] = frozenset()) -> Judgement:
    spread = Spread(ONE[:3], 13, 65)
    sums = count_network(TABLE, [ONE, TWO])
    limits = AddressLimits(Connmon(), calm_settings(Connmon()), UNKNOWN, SlotFinder(Connmon()))
    return Judgement(limits, TABLE, {}, {}, {ONE: spread}, {ONE[:3]: sums}, [V6, ONE], new)


def test_suspects_are_described_when_asked_for() -> None:
    """Addresses first; a /64 has the scope of an address."""
    suspects = judgement().suspects()

    assert [(one.address, one.scope, one.connections, one.addresses) for one in suspects] == [
        ("2001:db8:c::/64", "ip", 9, 1),
        ("203.0.113.1", "ip", 5, 1),
        ("203.0.113.0/24", "net", 7, 2),
    ]
    assert (len(suspects), suspects.count_networks()) == (3, 1)


def test_a_member_has_the_reason_of_its_network() -> None:
    """And its own connections."""
    assert judgement().describe(ONE).why == (
        "5 mute (sent no byte) for 8 s or more (limit 3)",
        "one of 13 addresses of 203.0.113.0/24 that hold 65 of these (limit 60); "
        "the others there are left alone",
    )


def test_who_was_seen_once_says_so() -> None:
    """Its points are enough, the snapshots are not."""
    assert judgement(frozenset([V6])).describe(V6).why[-1] == SEEN_ONCE


def test_the_table_has_everybody() -> None:
    """And each network of several addresses."""
    assert [(row.address, row.score) for row in judgement().table()] == [
        ("2001:db8:c::/64", 2),
        ("203.0.113.1", 2),
        ("203.0.113.2", 0),
        ("203.0.113.0/24", 0),
    ]
