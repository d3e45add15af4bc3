"""The country list in real kernels' rules: who gets in, and when."""

from __future__ import annotations

import socket
import time
from ipaddress import ip_network

import pytest

from demo.lab.wait import ENOUGH_S
from ideolab_f2b.firewall import rule
from ideolab_f2b.geo.rule.in_force import CountryFirewall, Outcome
from ideolab_f2b.geo.rule.plan import KernelState, RuleProblemError
from ideolab_f2b.geo.rule.state import StateFiles
from ideolab_f2b.kernel.ipset.sets import Sets
from ideolab_f2b.notation.networks import Network
from tests.geo.rule.conftest import (
    INSIDE,
    OTHER_PORT,
    OUTSIDE,
    PORT,
    World,
    exempt_always,
    is_established,
    make_list,
    text_of,
    wait_until,
)

pytestmark = pytest.mark.root
IN_WORDS = "allow FR, ES on TCP 443 (2 + 1 prefixes)"


def who_gets_in(world: World, *sources: str, port: int = PORT) -> dict[str, bool]:
    return {source: world.gets_in(source, port) for source in sources}


def test_inside_and_outside(world: World, backend: str) -> None:
    """100 addresses of each range get in, 150 beside it do not, of both families; all are counted."""
    firewall = world.firewall(backend)
    ranges = {
        4: ("198.51.100.0/25", 0xC6336400, 128),
        6: ("2001:db8:c:1::/64", 0x20010DB8000C0001 << 64, 1 << 64),
    }
    countries = make_list(*(network for network, _first, _size in ranges.values()))
    with world.server.enter():
        assert firewall.apply(countries) == Outcome("allow FR, ES on TCP 443 (1 + 1 prefixes)")
    inside, outside = [], []
    for version, (_network, first, size) in ranges.items():
        inside += [text_of(version, first + size * at // 100) for at in range(100)]
        beside = [first + size + at for at in range(75)] + [first - 1 - at for at in range(75)]
        if version == 4:
            # below 198.51.100.0 nothing is the client's
            beside = [first + size + at for at in range(120)] + [0xCB007100 + at for at in range(30)]
        outside += [text_of(version, address) for address in beside]

    refused = [world.start(source) for source in outside]
    let_in = [world.start(source) for source in inside]

    assert wait_until(lambda: all(map(is_established, let_in)))

    def count() -> dict[int, int]:
        with world.server.enter():
            return dict(firewall.look()[1].refused)

    # who is refused tries again meanwhile
    assert wait_until(lambda: all(packets >= 150 for packets in count().values()))
    assert not any(map(is_established, refused))
    with world.server.enter():
        recent = {str(address) for address in firewall.list_recent()}
    # an IPv6 client is its /64
    assert recent == {one for one in outside if ":" not in one} | {"2001:db8:c:2::", "2001:db8:c::"}


def test_what_the_list_is_not_for(world: World, backend: str) -> None:
    """Open connections, other ports, answers to connections of this host, loopback: all go on."""
    firewall = world.firewall(backend)
    ends = [world.connect(source) for source in OUTSIDE]
    with world.server.enter():
        firewall.apply(make_list())

    for client, server in ends:
        client.send(b"still here")
        assert server.recv(64) == b"still here"
        server.send(b"welcome")
        assert client.recv(64) == b"welcome"
    assert who_gets_in(world, *OUTSIDE, port=OTHER_PORT) == dict.fromkeys(OUTSIDE, True)
    assert who_gets_in(world, *OUTSIDE) == dict.fromkeys(OUTSIDE, False)
    # this host connects to port 443 of somebody who may not connect to it
    with (
        world.answering(OUTSIDE[0], PORT) as far,
        world.server.enter(),
        socket.create_connection((OUTSIDE[0], PORT), ENOUGH_S),
    ):
        far.accept()[0].close()
    with world.server.enter(), socket.create_connection(("127.0.0.1", PORT), ENOUGH_S) as own:
        assert own.getpeername()[1] == PORT


def test_trial_ends_by_itself(world: World, backend: str) -> None:
    """Nobody confirms: the kernel goes back to the list before, and to nothing where there was none."""
    firewall = world.firewall(backend)
    with world.server.enter():
        firewall.apply(make_list(), trial_s=2.0)
        assert firewall.look()[0] is None
    assert who_gets_in(world, OUTSIDE[0], INSIDE[0]) == {OUTSIDE[0]: False, INSIDE[0]: True}
    assert wait_until(lambda: world.gets_in(OUTSIDE[0]))

    with world.server.enter():
        firewall.restore()
        assert firewall.look() == (None, KernelState())
        firewall.apply(make_list())
        # now the other way round
        firewall.apply(make_list(policy="deny"), trial_s=2.0)
    assert who_gets_in(world, OUTSIDE[1], INSIDE[1]) == {OUTSIDE[1]: True, INSIDE[1]: False}
    assert wait_until(lambda: world.gets_in(INSIDE[1]))
    assert who_gets_in(world, *OUTSIDE, *INSIDE) == {
        **dict.fromkeys(OUTSIDE, False), **dict.fromkeys(INSIDE, True),
    }  # fmt: skip
    with world.server.enter(), pytest.raises(RuleProblemError, match="the trial has ended by itself"):
        firewall.confirm()


def test_confirm(world: World, backend: str) -> None:
    """A list that is confirmed stays when the time of its trial is over, also on another port."""
    firewall = world.firewall(backend)
    with world.server.enter():
        with pytest.raises(RuleProblemError, match="no list is tried out"):
            firewall.confirm()
        firewall.apply(make_list(), trial_s=3.0)
        assert firewall.confirm() == Outcome(IN_WORDS)
        world.firewall(backend, ports=(PORT, OTHER_PORT)).apply(make_list(), trial_s=600.0)
        assert firewall.confirm() == Outcome("allow FR, ES on TCP 443, 8080 (2 + 1 prefixes)")
        one, state = firewall.look()
    assert one is not None
    assert (state.token, state.ports, state.trial) == (one.token, (443, 8080), "")
    time.sleep(3.0)
    for port in (PORT, OTHER_PORT):
        assert who_gets_in(world, *OUTSIDE, port=port) == dict.fromkeys(OUTSIDE, False)
        assert who_gets_in(world, *INSIDE, port=port) == dict.fromkeys(INSIDE, True)


def test_pause(world: World, backend: str) -> None:
    """Everybody gets in for a time, and then nobody from outside; a pause can end earlier."""
    firewall = world.firewall(backend)
    with world.server.enter():
        assert firewall.pause(60.0) == Outcome("")
        firewall.apply(make_list())
        assert firewall.pause(2.0) == Outcome("TCP 443")
    assert who_gets_in(world, *OUTSIDE) == dict.fromkeys(OUTSIDE, True)
    assert wait_until(lambda: not world.gets_in(OUTSIDE[0]))
    with world.server.enter():
        firewall.pause(600.0)
        assert firewall.look()[1].pause_s > 500
        firewall.pause(0.0)
    assert who_gets_in(world, *OUTSIDE) == dict.fromkeys(OUTSIDE, False)


def test_exempt(world: World, backend: str) -> None:
    """Who is exempt gets in; a change of that is taken over without a new list."""
    with world.server.enter():
        world.firewall(backend, exempt=networks(OUTSIDE[0], "2001:db8:c:2::/64")).apply(make_list())
    assert who_gets_in(world, *OUTSIDE) == dict.fromkeys(OUTSIDE, True)
    with world.server.enter():
        assert world.firewall(backend, exempt=networks("203.0.113.5")).restore() == Outcome("")
    assert who_gets_in(world, *OUTSIDE) == dict.fromkeys(OUTSIDE, False)
    assert world.gets_in("203.0.113.5")


def test_exempt_stays_where_not_all_is_known(world: World, backend: str) -> None:
    """A file that is not read for once refuses nobody who was exempt; a lost list comes back."""
    firewall = world.firewall(backend, exempt=networks(OUTSIDE[0]))
    unknown = CountryFirewall(
        world.firewall(backend).settings,
        StateFiles(world.directory),
        lambda *given: exempt_always(*given)._replace(troubles=("never-ban is not read",), is_whole=False),
    )
    with world.server.enter():
        firewall.apply(make_list(built=10.0))
        assert unknown.restore() == Outcome("", ("never-ban is not read",))
        # a newer list waits until then
        assert unknown.renew(make_list(built=11.0)) == Outcome("", ("never-ban is not read",))
    assert world.gets_in(OUTSIDE[0])
    world.server.run("nft", "flush", "ruleset")
    with world.server.enter():
        assert unknown.restore() == Outcome(IN_WORDS, ("never-ban is not read",))
        assert firewall.restore() == Outcome("")
    assert who_gets_in(world, *OUTSIDE) == {OUTSIDE[0]: True, OUTSIDE[1]: False}


def test_bans_come_first(world: World, backend: str) -> None:
    """A banned address of a country that gets in stays out, and so does one that is exempt."""
    with world.server.enter():
        sets = Sets()
        sets.create_list("ideolab_ban")
        for name, family, banned in (("jail", "inet", INSIDE[0]), ("jail6", "inet6", INSIDE[1])):
            sets.create(name, family)
            sets.link("ideolab_ban", name)
            sets.add(name, networks(banned)[0])
        sets.add("jail", networks("203.0.113.5")[0])
        world.firewall(backend, exempt=networks("203.0.113.5")).apply(make_list())
        for version in (4, 6):
            rule.place(version)
            assert rule.look(version).positions[0].is_effective
        sets.close()
    refused = (*INSIDE, "203.0.113.5")
    assert who_gets_in(world, *refused) == dict.fromkeys(refused, False)
    assert world.gets_in("198.51.100.8")


def networks(*texts: str) -> tuple[Network, ...]:
    return tuple(map(ip_network, texts))
