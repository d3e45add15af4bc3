"""network: addresses summed up by /24 and /64."""

from __future__ import annotations

import ipaddress

from ideolab_f2b.connmon.phases.counts import WIDTH, PhaseCounts
from ideolab_f2b.connmon.phases.phase import IDLE, MUTE
from ideolab_f2b.connmon.suspects import network


def counts(**phases: int) -> PhaseCounts:
    made = [0] * WIDTH
    made[MUTE], made[IDLE] = phases.get("mute", 0), phases.get("idle", 0)
    return made


def packed(address: str) -> bytes:
    return ipaddress.ip_address(address).packed


def test_networks_of_both_families() -> None:
    """An IPv4 address belongs to its /24, an IPv6 address to its /64."""
    names = [network.prefix(packed(address)) for address in ("198.51.100.9", "2001:db8:1:2:3::4")]
    assert [str(network.network_of(name)) for name in names] == ["198.51.100.0/24", "2001:db8:1:2::/64"]


def test_sums() -> None:
    """All connections count for the network; those of its suspects are not left for it to answer for."""
    table = [
        (packed("198.51.100.1"), counts(mute=2, idle=1)),
        (packed("198.51.100.2"), counts(mute=40)),
        (packed("198.51.100.3"), counts(idle=5)),
        (packed("203.0.113.1"), counts(mute=1)),
    ]
    found = network.count_networks(table, {packed("198.51.100.2")})
    one = found[bytes([198, 51, 100])]
    assert (one.counts[MUTE], one.counts[IDLE], one.addresses, one.hostile_addresses) == (42, 6, 3, 2)
    assert (one.left[MUTE], one.left[IDLE]) == (2, 6)
    assert found[bytes([203, 0, 113])].left[MUTE] == 1
