"""The lists of what is never banned, and how fresh they are."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.protected import protected
from ideolab_f2b.actions.protected.names import JailNames, Names
from ideolab_f2b.actions.protected.protected import Protected
from ideolab_f2b.actions.protected.ssh.seen import Seen
from ideolab_f2b.notation.word_list import WordList


class World:
    """What Protected asks, and the clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.ignoreip = ["203.0.113.0/24", "example.org"]
        self.own: list[Any] = [ip_address("192.0.2.1")]
        self.peers: list[Seen] = []
        self.asked = 0
        self.resolved: dict[str, list[Any]] = {}
        self.names = Names(lambda name: self.resolved[name], lambda: self.now, lambda _text: None)

    def sessions(self) -> Iterable[Seen]:
        self.asked += 1
        return self.peers

    def protected(self, **given: Any) -> Protected:
        return Protected(
            lambda: self.ignoreip,
            Options(**given),
            clock=lambda: self.now,
            own=lambda: self.own,
            gateways=lambda: [ip_address("192.0.2.254"), ip_address("fe80::1%3")],
            sessions=self.sessions,
            servers=lambda: [ip_address("203.0.114.53"), ip_address("fe80::1%eth0")],
            names=self.names,
        )


def session(text: str, port: int = 22, *, is_open: bool = True) -> Seen:
    return Seen(ip_address(text), port, 1000, 0.0, is_open)


def why(subject: Protected, text: str) -> str | None:
    return subject.refusal(ip_network(text))


def test_each_source() -> None:
    """ignoreip, own addresses, gateways, nameservers, SSH sessions and the option allow."""
    world = World()
    world.peers = [session("198.51.100.22", 2222), session("198.51.100.23", is_open=False)]
    subject = world.protected(allow=WordList((ip_network("198.51.100.80/28"),)))

    assert why(subject, "203.0.113.7") == "203.0.113.7 lies in 203.0.113.0/24, listed in ignoreip"
    assert why(subject, "192.0.2.1") == "192.0.2.1 is an own address of this host"
    assert why(subject, "192.0.2.254") == "192.0.2.254 is a gateway of this host"
    assert why(subject, "203.0.114.53") == "203.0.114.53 is a nameserver of this host"
    assert why(subject, "198.51.100.22") == "198.51.100.22 is logged in over SSH"
    assert why(subject, "198.51.100.23") == (
        "198.51.100.23 is an address that was logged in over SSH within the last day"
    )
    assert why(subject, "198.51.100.85") == (
        "198.51.100.85 lies in 198.51.100.80/28, listed in the option allow"
    )
    assert why(subject, "::1") == "::1 is loopback"
    assert why(subject, "198.51.100.7") is None
    assert world.asked == 1
    assert [item.text for item in subject.list_networks()] == [
        "198.51.100.22", "198.51.100.23", "203.0.114.53", "fe80::1", "192.0.2.254", "fe80::1", "192.0.2.1",
        "203.0.113.0/24", "198.51.100.80/28",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("ports", "spared"), [(None, ["22", "2222"]), ((2222,), ["2222"]), ((22, 2222), ["22", "2222"]), ((), [])]
)
def test_ports_of_ssh(ports: tuple[int, ...] | None, spared: list[str]) -> None:
    """A login on any port protects, unless the option names some, or none."""
    world = World()
    world.peers = [session("198.51.100.22", 22), session("198.51.100.23", 2222)]
    subject = world.protected(ssh_ports=ports)

    found = {"22": why(subject, "198.51.100.22"), "2222": why(subject, "198.51.100.23")}

    assert [port for port, reason in found.items() if reason] == spared


def test_an_ipv6_session_protects_its_network() -> None:
    """A client is banned by its /64: there the browser of who is logged in has another address."""
    world = World()
    world.peers = [session("2001:db8:c:1::22")]
    subject = world.protected()

    assert why(subject, "2001:db8:c:1::/64") == (
        "2001:db8:c:1::/64 holds 2001:db8:c:1::22, logged in over SSH"
    )
    assert why(subject, "2001:db8:c::/56") is not None
    assert why(subject, "2001:db8:c:2::/64") is None


@pytest.mark.parametrize(
    "text",
    ["203.0.113.7", "192.0.2.0/24", "198.51.100.7", "198.51.0.0/16", "198.0.0.0/15", "::1", "2400::/31",
     "2001:db8::7", "fe80::/64"],
)  # fmt: skip
def test_quick_answer(text: str) -> None:
    """The answer for numbers is the same as the one with a reason."""
    subject, network = World().protected(), ip_network(text)

    assert subject.admits(network.version, int(network.network_address), network.prefixlen) == (
        subject.refusal(network) is None
    )


def test_answers_are_kept_a_while() -> None:
    """A burst of bans asks the kernel once; seconds later it is asked again."""
    world = World()
    subject = world.protected()
    for host in range(50):
        assert why(subject, f"198.51.100.{host}") is None
    world.own.append(ip_address("198.51.100.7"))
    world.ignoreip.append("198.51.100.8")

    assert why(subject, "198.51.100.7") is None
    world.now = protected.FRESH_S
    assert why(subject, "198.51.100.7") == "198.51.100.7 is an own address of this host"
    assert why(subject, "198.51.100.8") == "198.51.100.8 is listed in ignoreip"
    assert world.asked == 2


def test_new_options_count_at_once() -> None:
    """A reload does not wait for old answers to age."""
    world = World()
    subject = world.protected()
    assert why(subject, "198.51.100.0/28") is None

    subject.use(Options(min_prefix4=29, allow=WordList((ip_network("198.51.100.77"),))))

    assert why(subject, "198.51.100.0/28") == "198.51.100.0/28 is wider than /29"
    assert why(subject, "198.51.100.77") == "198.51.100.77 is listed in the option allow"


def test_source_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be read is told, and what was known before still protects."""
    world = World()
    subject = world.protected()
    assert why(subject, "192.0.2.1") is not None

    def broken() -> list[Any]:
        raise OSError("no netlink")

    world.own = None  # type: ignore[assignment]
    world.sessions = broken  # type: ignore[method-assign]
    world.now = protected.FRESH_S
    with caplog.at_level(logging.ERROR):
        assert why(subject, "192.0.2.1") is not None

    assert "cannot read what must not be banned (own)" in caplog.text


def test_ignoreip_of_a_jail() -> None:
    """Names, networks, and the sets that fail2ban 1.1.1 reads from files."""

    class Filter:
        def getIgnoreIP(self) -> list[object]:
            return ["198.51.100.0/24", {"203.0.113.1"}]

    class Jail:
        filter = Filter()

    assert list(protected.ignoreip(Jail())) == ["198.51.100.0/24", "203.0.113.1"]


def test_a_session_that_was_just_proved() -> None:
    """It counts at once; the other lists are as fresh as they were."""
    world = World()
    subject = world.protected()
    assert why(subject, "198.51.100.22") is None
    world.peers = [session("198.51.100.22")]
    world.ignoreip = []
    assert why(subject, "198.51.100.22") is None

    subject.renew_sessions()

    assert why(subject, "198.51.100.22") == "198.51.100.22 is logged in over SSH"
    assert why(subject, "203.0.113.7") is not None


def test_an_answer_that_is_older_than_a_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread began to ask before it, and is slow: its answer does not stay."""
    world = World()

    def ask_slowly() -> list[Seen]:
        if world.peers:
            return world.peers
        # meanwhile, in the thread that looks
        world.peers = [session("198.51.100.22")]
        subject.renew_sessions()
        assert why(subject, "198.51.100.22") is not None
        return []

    monkeypatch.setattr(world, "sessions", ask_slowly)
    subject = world.protected()
    why(subject, "198.51.100.22")

    assert why(subject, "198.51.100.22") == "198.51.100.22 is logged in over SSH"


def test_a_name_in_ignoreip() -> None:
    """No network that holds an address of the name is banned, as fail2ban spares the address itself."""
    world = World()
    world.ignoreip = ["office.example.org"]
    world.resolved = {"office.example.org": [ip_address("198.51.100.7")]}
    subject = world.protected()
    world.names._owners[subject] = JailNames(subject.names, subject.renew_lists)
    assert why(subject, "198.51.100.0/24") is None

    world.names.look()
    for thread in threading.enumerate():
        if thread.name == "ideolab-names-ask":
            thread.join(60)
    world.names.look()

    assert why(subject, "198.51.100.0/24") == (
        "198.51.100.0/24 holds 198.51.100.7, office.example.org, listed in ignoreip"
    )
    assert (subject.unknown(), subject.troubles()) == ([], [])
