"""The jail's ignorecommand, for what fail2ban does not ask it of."""

from __future__ import annotations

import time
from collections.abc import Collection
from ipaddress import ip_address, ip_network
from types import SimpleNamespace
from typing import Any, Optional

import pytest

from ideolab_f2b.actions.protected import ignore_command
from ideolab_f2b.actions.protected.ignore_command import IgnoreCommand


class Command:
    """A jail with an ignorecommand that spares some, the clock, and who is connected."""

    def __init__(self, *spared: str) -> None:
        self.spared, self.now, self.takes_s, self.code = spared, 0.0, 0.0, 1
        self.asked: list[str] = []
        self.peers: list[str] = []
        self.jail: Any = SimpleNamespace(name="jail", filter=SimpleNamespace(ignoreCommand="spare <ip>"))
        self.subject = IgnoreCommand(self.jail, lambda: (443,), lambda: self.now, self.run, self.find)

    def run(self, command: str) -> Optional[int]:
        name, _space, address = command.partition(" ")
        assert name == "spare"
        self.asked.append(address)
        self.now += self.takes_s
        if self.takes_s > ignore_command.LIMIT_S:
            return None
        return 0 if address in self.spared else self.code

    def find(self, network: Any, ports: Collection[int]) -> list[Any]:
        assert ports == (443,)
        return [address for address in map(ip_address, self.peers) if address in network]

    def why(self, text: str) -> Optional[str]:
        return self.subject.refusal(ip_network(text))


def test_an_address() -> None:
    """It is asked of the command as fail2ban asks of a failure, and not again within a minute."""
    command = Command("198.51.100.221")

    assert command.why("198.51.100.221") == "198.51.100.221 is spared by ignorecommand"
    assert command.why("198.51.100.222") is None
    assert command.why("198.51.100.222") is None
    assert command.asked == ["198.51.100.221", "198.51.100.222"]
    command.now = ignore_command.KEPT_S
    assert command.why("198.51.100.222") is None
    assert len(command.asked) == 3


def test_a_network_of_a_line() -> None:
    """Each address of an IPv4 /24, whoever is connected; the network itself first, as fail2ban does."""
    command = Command("198.51.100.221")

    assert command.why("198.51.100.0/24") == (
        "198.51.100.0/24 holds 198.51.100.221, which ignorecommand spares"
    )
    assert command.asked[:2] == ["198.51.100.0/24", "198.51.100.0"]
    assert command.why("198.51.100.0/25") is None
    assert Command("198.51.100.0/24").why("198.51.100.0/24") == ("198.51.100.0/24 is spared by ignorecommand")


def test_a_network_too_wide_to_ask_for_each() -> None:
    """Those of its addresses that are connected."""
    command = Command("2001:db8::7")
    command.peers = ["2001:db8::7", "2001:db8::8", "2001:db8:1::7", "198.51.100.7"]

    assert command.why("2001:db8::/64") == "2001:db8::/64 holds 2001:db8::7, which ignorecommand spares"
    command.peers = [f"2001:db8:2::{number:x}" for number in range(1000)]
    assert command.why("2001:db8:2::/64") is None
    assert len(command.asked) == 2 + 1 + ignore_command.MEMBERS


def test_no_command() -> None:
    """Most jails have none."""
    command = Command("198.51.100.7")
    command.jail.filter.ignoreCommand = ""

    assert command.why("198.51.100.7") is None
    assert command.asked == []


def test_a_command_that_hangs(caplog: pytest.LogCaptureFixture) -> None:
    """It costs so many seconds of a minute, then bans go on without it; the next minute asks again."""
    command = Command("198.51.100.255")
    command.takes_s = ignore_command.LIMIT_S + 0.5

    assert command.why("198.51.100.0/24") is None
    assert len(command.asked) == 4
    assert [record.getMessage() for record in caplog.records] == [
        "[jail] ignorecommand had no answer in 2 s for 198.51.100.0/24, and spares nobody by that",
        "[jail] ignorecommand took 10 s of a minute and is not asked for 198.51.100.3 and others",
    ]
    command.takes_s, command.now = 0.0, 1000.0
    assert command.why("198.51.100.0/24") is not None


def test_a_command_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    """It spares nobody, and that is said once."""
    command = Command()
    command.code = 127

    assert command.why("198.51.100.0/24") is None
    command.jail.filter = SimpleNamespace(ignoreCommand=7)
    assert command.why("203.0.113.1") is None

    assert [record.getMessage() for record in caplog.records] == [
        "[jail] ignorecommand ended with 127 for 198.51.100.0/24, and spares nobody by that"
    ]


def test_sockets_that_cannot_be_listed(caplog: pytest.LogCaptureFixture) -> None:
    """The ban goes on."""
    command = Command()

    def fail(*_given: object) -> list[Any]:
        raise OSError("no netlink")

    command.subject = IgnoreCommand(command.jail, lambda: (443,), run=command.run, find_peers=fail)

    assert command.why("2001:db8::/64") is None
    assert "ignorecommand is not asked for members of networks: no netlink" in caplog.text


def test_real_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit codes of a shell; one that does not end is killed with its children."""
    assert ignore_command.run_command("exit 0") == 0
    assert ignore_command.run_command("echo much; exit 1") == 1
    monkeypatch.setattr(ignore_command, "LIMIT_S", 0.2)
    began = time.monotonic()

    assert ignore_command.run_command("sleep 600 & sleep 600; exit 0") is None

    assert time.monotonic() - began < 300
