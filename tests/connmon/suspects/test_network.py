"""network: names of addresses and networks, and their sums."""

from __future__ import annotations

import ipaddress

import pytest

from ideolab_f2b.connmon.phases.counts import WIDTH, PhaseCounts
from ideolab_f2b.connmon.phases.phase import IDLE, MUTE
from ideolab_f2b.connmon.suspects import network


def counts(**phases: int) -> PhaseCounts:
    made = [0] * WIDTH
    made[MUTE], made[IDLE] = phases.get("mute", 0), phases.get("idle", 0)
    return made


def packed(address: str) -> bytes:
    return ipaddress.ip_address(address).packed


V6 = packed("2001:db8:1:203::4")
TABLE = {
    packed("198.51.100.1"): counts(mute=2, idle=1),
    packed("198.51.100.2"): counts(mute=40),
    packed("198.51.100.3"): counts(idle=5),
    packed("198.51.100.4"): counts(),
    packed("203.0.113.1"): counts(mute=1),
    V6[:8]: counts(mute=7),
}


@pytest.mark.parametrize(
    ("name", "text", "is_network"),
    [
        (packed("198.51.100.9"), "198.51.100.9", False),
        (packed("198.51.100.9")[:3], "198.51.100.0/24", True),
        (V6, "2001:db8:1:203::4", False),
        (V6[:8], "2001:db8:1:203::/64", False),
        (V6[:7], "2001:db8:1:200::/56", True),
        (V6[:6], "2001:db8:1::/48", True),
        (bytes(8), "::/64", False),
    ],
)
def test_names(name: bytes, text: str, is_network: bool) -> None:
    """The length says what a name stands for; a /64 is a client and no network."""
    assert (network.format_name(name), network.is_network(name)) == (text, is_network)
    assert network.network_of(name) == ipaddress.ip_network(text)


@pytest.mark.parametrize(
    ("address", "names"),
    [
        (packed("198.51.100.9"), ["198.51.100.0/24"]),
        (V6[:8], ["2001:db8:1:200::/56", "2001:db8:1::/48"]),
        (V6, ["2001:db8:1:200::/56", "2001:db8:1::/48"]),
    ],
)
def test_networks_of_both_families(address: bytes, names: list[str]) -> None:
    """An IPv4 address belongs to its /24, an IPv6 /64 to its /56 and its /48."""
    assert [network.format_name(name) for name in network.networks_of(address)] == names


def test_networks_with_many_hostile_connections() -> None:
    """Those of all addresses together."""
    assert network.find_hostile_networks(TABLE, 42) == {packed("198.51.100.0")[:3]}
    assert network.find_hostile_networks(TABLE, 7) == {packed("198.51.100.0")[:3], V6[:7], V6[:6]}


def test_networks_with_many_connections() -> None:
    """Only a /24: nobody can say how many clients a wide IPv6 prefix has."""
    assert network.find_large_networks(TABLE, 7) == {packed("198.51.100.0")[:3]}
    assert network.find_large_networks(TABLE, 49) == set()


def test_the_addresses_of_wanted_networks() -> None:
    """In the order of the snapshot."""
    wanted = {packed("203.0.113.0")[:3], V6[:6]}

    assert network.list_addresses(TABLE, wanted) == {
        packed("203.0.113.0")[:3]: [packed("203.0.113.1")],
        V6[:6]: [V6[:8]],
    }


def test_sums() -> None:
    """An address with neither hostile nor served connections is undecided."""
    addresses = [one for one in TABLE if one.startswith(packed("198.51.100.0")[:3])]
    found = network.count_network(TABLE, addresses)

    assert (found.counts[MUTE], found.counts[IDLE]) == (42, 6)
    assert (found.addresses, found.hostile_addresses, found.decided_addresses, found.sites) == (4, 2, 3, 1)


def test_the_56_of_a_48() -> None:
    """Only those with hostile connections."""
    table = {packed(f"2001:db8:1:{number:x}00::")[:8]: counts(mute=number % 2) for number in range(10)}

    assert network.count_network(table, table.keys()).sites == 5
