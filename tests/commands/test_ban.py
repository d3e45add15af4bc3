"""`ideolab-f2b ban` and `unban` with a real fail2ban and real kernel sets."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from ipaddress import ip_network
from typing import Any

import pytest

from demo.lab.child import REPOSITORY
from demo.lab.wait import wait_until
from tests.fw_ip.conftest import Host, empty, host

__all__ = ["empty", "host"]
pytestmark = pytest.mark.root


def f2b(host: Host, *words: str) -> tuple[int, list[dict[str, Any]], str]:
    done = subprocess.run(
        host.namespace.command(
            sys.executable, "-m", "ideolab_f2b", *words, "--json", "--socket", str(host.server.socket)
        ),
        capture_output=True, text=True, timeout=120, cwd=REPOSITORY,
    )  # fmt: skip
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_a_ban_with_its_time_and_reason(empty: Host) -> None:
    """In fail2ban, in the kernel, and quoted in fail2ban's log."""
    code, told, _errors = f2b(
        empty,
        "ban",
        "198.51.100.7",
        "2001:db8:c::/64",
        "--for",
        "24h",
        "--reason",
        'he said "hello"\nBan ::1',
    )

    assert (code, [each["result"] for each in told]) == (0, ["banned", "banned"])
    assert all(abs(each["until"] - time.time() - 86400) < 10 for each in told)
    assert empty.banned() == ["198.51.100.7", "2001:db8:c::/64"]
    assert 86380 < empty.elements()["198.51.100.7/32"] <= 86400
    assert (
        'by="ideolab-f2b root" reason="he said \\x22hello\\x22\\x0aBan ::1"' in empty.server.log.read_text()
    )


def test_refusals_are_told(empty: Host) -> None:
    """With the reason, exit 1, and the others are banned."""
    code, told, _errors = f2b(empty, "ban", "192.0.2.1", "10.0.0.0/8", "203.0.113.0/28", "198.51.100.7")

    assert (code, [each["result"] for each in told]) == (1, ["refused", "refused", "refused", "banned"])
    assert [each["detail"] for each in told][:3] == [
        "192.0.2.1 is an own address of this host",
        "10.0.0.0/8 is wider than /16",
        "203.0.113.0/28 holds 203.0.113.7, listed in ignoreip",
    ]


def test_unban_lifts_all_of_it(empty: Host) -> None:
    """All jails, the addresses in a network, and what only the kernel remembers."""
    f2b(empty, "ban", "198.51.100.0/24", "198.51.100.7", "203.0.113.9")
    empty.server.ask("set", "ideolab-connmon", "banip", "198.51.100.8")
    empty.sets.add("ideolab_connmon", ip_network("198.51.100.99"), 0)

    code, told, _errors = f2b(empty, "unban", "198.51.100.7")
    assert (code, told[0]["result"]) == (1, "error")
    assert told[0]["detail"] == "still dropped: 198.51.100.0/24 is banned (ideolab_manual); unban that"

    code, told, _errors = f2b(empty, "unban", "198.51.100.0/24", "203.0.113.10")
    assert (code, [each["result"] for each in told]) == (0, ["unbanned", "not-banned"])
    assert told[0]["detail"] == "ideolab-connmon, ideolab-manual"
    assert (empty.banned(), empty.banned("ideolab-connmon")) == (["203.0.113.9"], [])
    assert (list(empty.elements()), empty.elements("ideolab_connmon")) == (["203.0.113.9/32"], {})


def test_unban_all(empty: Host) -> None:
    """The pack's jails and what only the kernel remembers; sshd's bans stay."""
    f2b(empty, "ban", "198.51.100.0/24", "203.0.113.9", "2001:db8:c::/64", "not-an-address")
    empty.server.ask("set", "ideolab-connmon", "banip", "198.51.100.8")
    empty.server.ask("set", "sshd", "banip", "198.51.100.9")
    empty.sets.add("ideolab_connmon", ip_network("198.51.100.99"), 0)

    code, told, _errors = f2b(empty, "unban", "--all")

    assert (code, [(each["jail"], each["set"], each["unbanned"]) for each in told]) == (
        0,
        [("ideolab-connmon", None, 1), ("ideolab-manual", None, 3), (None, "ideolab_connmon", 1)],
    )
    assert [empty.banned(jail) for jail in ("ideolab-manual", "ideolab-connmon", "sshd")] == [
        [], [], ["198.51.100.9"],
    ]  # fmt: skip
    assert (empty.elements(), empty.elements("ideolab_connmon")) == ({}, {})
    assert f2b(empty, "unban", "--all")[:2] == (0, [])


def test_without_a_time_it_is_a_day(empty: Host) -> None:
    """Also for a ban that a typing error made."""
    code, told, _errors = f2b(empty, "ban", "198.51.100.7", "198.51.100.999")

    assert (code, [each["result"] for each in told]) == (1, ["banned", "refused"])
    assert abs(told[0]["until"] - time.time() - 86400) < 60
    assert 86300 < empty.elements()["198.51.100.7/32"] <= 86400


def test_a_ban_ends_when_its_caller_is_long_gone(empty: Host) -> None:
    """Two seconds, in both."""
    f2b(empty, "ban", "198.51.100.7", "--for", "2s")

    wait_until(lambda: not empty.elements() and not empty.banned(), "the end of the ban")


def test_a_server_that_is_down_is_one_line(empty: Host) -> None:
    """No traceback, exit 1."""
    done = subprocess.run(
        empty.namespace.command(
            sys.executable, "-m", "ideolab_f2b", "ban", "198.51.100.7", "--socket", "/nonexistent"
        ),
        capture_output=True, text=True, timeout=120, cwd=REPOSITORY,
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("ideolab-f2b ban: ") and len(done.stderr.splitlines()) == 1
