"""Slow clients of every kind against the whole pack, at its defaults."""

from __future__ import annotations

import http.client

import pytest

from demo.client import visit
from demo.promise import closed_s
from demo.show import NAT
from ideolab_f2b.kernel.ipset.sets import Sets
from tests.e2e.conftest import Outcome

pytestmark = [pytest.mark.root, pytest.mark.alone]

QUIET = ["silent", "half hello", "handshake"]
SLOW = ["slowloris", "slow read"]
NETWORK = ["distributed"]


@pytest.mark.parametrize("name", QUIET + NETWORK)
def test_quiet_attacker_is_dropped_within_two_polls_and_a_second(outcome: Outcome, name: str) -> None:
    """Eleven seconds after the first packet those of the attacker, or of its whole network, are dropped."""
    dropped = outcome.sightings[name].dropped

    assert dropped is not None
    assert dropped <= 11.0


@pytest.mark.parametrize("name", SLOW)
def test_slow_attacker_is_dropped(outcome: Outcome, name: str) -> None:
    """What only a comparison of two looks shows takes one more poll."""
    dropped = outcome.sightings[name].dropped

    assert dropped is not None
    assert dropped <= 18.0


@pytest.mark.parametrize("name", QUIET + SLOW + NETWORK)
def test_no_socket_is_left_one_second_after_the_ban(outcome: Outcome, name: str) -> None:
    """The server holds no established connection of the peer, whose own end saw a reset on each."""
    attack = outcome.attack(name)

    assert closed_s(outcome.sightings[name]) <= 1.0
    assert (attack.opened, attack.reset, attack.closed) == (attack.connections, attack.connections, 0)


def test_neighbour_is_served_throughout(outcome: Outcome) -> None:
    """A NAT in the attackers' own /24 gets every page at once, and is no suspect."""
    assert outcome.nat.requests > 100
    assert outcome.nat.failures == []
    assert outcome.nat.slowest < 1.0
    assert f"suspect {NAT} " not in outcome.site.connmon.log.read_text()


def test_new_client_is_served(outcome: Outcome) -> None:
    """A client that comes after the bans is served as if nothing had happened."""
    assert visit(outcome.site.client, "198.51.100.201") < 1.0


def test_status_tells_the_story(outcome: Outcome) -> None:
    """fail2ban-client names the banned addresses, and the banned network in its own jail."""
    client = outcome.site.fail2ban.run_client
    addresses = client("status", "ideolab-connmon").rpartition("Banned IP list:\t")[2].split()
    networks = client("status", "ideolab-connmon-net").rpartition("Banned IP list:\t")[2].split()

    assert sorted(addresses) == [
        "198.51.100.10", "198.51.100.11", "198.51.100.13", "2001:db8:c:1::/64", "2001:db8:c::/64",
    ]  # fmt: skip
    assert networks == ["203.0.113.0/24"]


def test_each_jail_has_its_own_elements(outcome: Outcome) -> None:
    """The kernel holds what fail2ban says, in the set of the jail and family."""
    with outcome.site.server.enter():
        sets = Sets()
    names = ("ideolab_connmon", "ideolab_connmon6", "ideolab_connnet", "ideolab_connnet6")
    try:
        held = {name: sorted(str(element.network) for element in sets.elements(name)) for name in names}
    finally:
        sets.close()

    assert held == {
        "ideolab_connmon": ["198.51.100.10/32", "198.51.100.11/32", "198.51.100.13/32"],
        "ideolab_connmon6": ["2001:db8:c:1::/64", "2001:db8:c::/64"],
        "ideolab_connnet": ["203.0.113.0/24"],
        "ideolab_connnet6": [],
    }


def test_whole_network_is_out(outcome: Outcome) -> None:
    """An address of the banned /24 that never attacked gets no answer either."""
    with pytest.raises((OSError, http.client.HTTPException)):
        visit(outcome.site.client, "203.0.113.200", answer_s=0.5)
