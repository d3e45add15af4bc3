"""`ideolab-f2b status` with a real fail2ban and real kernel sets."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from ideolab_f2b import cli
from ideolab_f2b.bans.address_status import AddressStatus
from ideolab_f2b.commands import status
from ideolab_f2b.event import Event
from tests.bans.conftest import Host


def ask(host: Host, *words: str) -> tuple[int, list[dict[str, Any]]]:
    done = host.run("status", *words, "--json")
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.root
def test_what_holds_for_addresses(host: Host) -> None:
    """Alone, in a network, in a jail of others, only in the kernel, not at all, never; then all together."""
    directory = host.directory
    (directory / "f2b.conf").write_text(
        f"[paths]\nstate_dir = {directory}\nlog_dir = {directory}\ntextfile_dir = {directory}\n"
    )
    now = datetime.now(timezone.utc)
    (directory / "connmon_events.jsonl").write_text(
        Event(now, "ban", ip="198.51.100.7", jail="ideolab-connmon", reason="40 mute").to_json() + "\n"
    )
    host.ban("ideolab-connmon", "198.51.100.7")
    host.ban("ideolab-manual", "203.0.113.0/24")
    host.ban("other", "198.51.100.99")
    host.namespace.run("ipset", "add", "ideolab_connmon6", "2001:db8:c::1", "timeout", "600")

    code, told = ask(host, "198.51.100.7", "203.0.113.9", "198.51.100.99", "2001:db8:c::1")
    assert (code, [each["state"] for each in told]) == (0, ["banned"] * 4)
    assert [
        (each["bans"][0]["address"], each["bans"][0]["jail"], each["bans"][0]["state"]) for each in told
    ] == [
        ("198.51.100.7", "ideolab-connmon", "ok"),
        ("203.0.113.0/24", "ideolab-manual", "ok"),
        ("198.51.100.99", "other", "elsewhere"),
        ("2001:db8:c::1", "ideolab-connmon", "stale"),
    ]
    assert told[0]["bans"][0]["reason"] == "40 mute"

    code, told = ask(host, "198.51.100.8", "127.0.0.1", "203.0.0.0/16")
    assert (code, [each["state"] for each in told]) == (3, ["not-banned"] * 3)
    assert told[1]["protected"] == "127.0.0.1 lies in 127.0.0.0/8, loopback"
    assert told[2]["inside"] == ["203.0.113.0/24"]

    done = host.run("status", "198.51.100.7", "x")
    assert (done.returncode, done.stderr) == (
        1,
        "ideolab-f2b status: x: no address and no network; names are not looked up: write the address\n",
    )
    assert done.stdout.splitlines()[0].startswith("198.51.100.7 is banned by jail ideolab-connmon")
    assert "  why      40 mute" in done.stdout.splitlines()

    code, [whole] = ask(host)
    assert (code, whole["fail2ban"], whole["drift"]["stale"]) == (1, "up", 1)
    assert whole["last_ban"]["address"] == "198.51.100.7"
    assert whole["wrong"][0] == "the kernel differs from fail2ban: 1 stale"

    (directory / "connmon_events.jsonl").unlink()
    (directory / "connmon_events.jsonl").symlink_to("elsewhere")
    done = host.run("status", "198.51.100.7")
    assert (done.returncode, "198.51.100.7 is banned by jail" in done.stdout) == (0, True)
    assert "the log of events is not read: " in done.stderr

    host.server.stop()
    code, told = ask(host, "198.51.100.7", "198.51.100.8")
    assert (code, [each["state"] for each in told]) == (1, ["banned", "unknown"])


@pytest.mark.parametrize(
    ("addresses", "code"),
    [
        ([("198.51.100.7", "")], 3),
        ([("198.51.100.7", "gone")], 1),
        ([], 0),
    ],
)
def test_exit_codes(addresses: list[tuple[str, str]], code: int) -> None:
    """3 when one is not banned; what cannot be known is 1, and never "not banned"."""
    found = [AddressStatus(address, 0.0, trouble=trouble) for address, trouble in addresses]

    assert status.exit_code(found) == code


@pytest.mark.parametrize("words", [["x"], ["198.51.100.7:443"], ["--jail", "sshd"]])
def test_usage(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, and what is wrong."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["status", *words])

    assert caught.value.code == 2
    assert "usage: ideolab-f2b status" in capsys.readouterr().err
