"""ignoreip with a name, never-ban and ignorecommand, in a real fail2ban-server: networks and bans by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from demo.lab.fail2ban import Fail2ban, RefusedError
from demo.lab.namespace import Namespace
from tests.lab.lines import by_hand, suspect, write_lines

pytestmark = pytest.mark.root

#: names that the C library resolves without asking anybody: 198.51.100.7 and 198.51.100.99
OFFICE, MONITOR = "0xc6336407", "0xc6.0x33.0x64.0x63"
JAILS = """\
[DEFAULT]
ignoreip = 127.0.0.1/8 {office}
ignorecommand = {directory}/spare <ip>
[ideolab-connmon-net]
enabled = true
[ideolab-manual]
enabled = true
action = ideolab-ban.py[set=ideolab_manual, allow_file={directory}/never-ban]
"""


@pytest.fixture
def server(lone: Namespace, start: Callable[..., Fail2ban], tmp_path: Path) -> Fail2ban:
    """A server whose lists have a name, a file, and a command that spares 198.51.100.221."""
    (tmp_path / "spare").write_text('#!/bin/sh\n[ "$1" = 198.51.100.221 ]\n')
    (tmp_path / "spare").chmod(0o755)
    (tmp_path / "never-ban").write_bytes(b"\xef\xbb\xbf198.51.100.60\r\n198.51.100.61, 198.51.100.62 huh\r\n")
    return start(lone, JAILS.format(office=OFFICE, directory=tmp_path))


def order(server: Fail2ban, *addresses: str) -> list[tuple[str, str]]:
    asked = json.dumps({"bans": [[address, 600] for address in addresses], "by": "root", "reason": ""})
    told = json.loads(server.ask("set", "ideolab-manual", "action", "ideolab-ban", "by_hand", asked))
    return [(each["result"], each["detail"]) for each in told]


def protection(server: Fail2ban, jail: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(server.ask("get", jail, "action", "ideolab-ban", "protected"))
    return found


def lists(server: Fail2ban, jail: str, text: str) -> bool:
    return any(row[0] == text for row in protection(server, jail)["listed"])


def test_whom_the_lists_protect(server: Fail2ban, tmp_path: Path) -> None:
    """From the lines of a sensor, from orders, from banip; what is not understood is in the answer."""
    for jail in ("ideolab-connmon-net", "ideolab-manual"):
        server.wait_until(partial(lists, server, jail, "198.51.100.7"), "the answer of the resolver")
    by_name = "198.51.100.7, 0xc6336407, listed in ignoreip"
    by_file = f"listed in {tmp_path}/never-ban"

    assert order(server, "198.51.100.7", "198.51.100.0/28", "198.51.100.221", "198.51.100.216/29") == [
        ("refused", f"198.51.100.7 is {by_name.partition(' ')[2]}"),
        ("refused", f"198.51.100.0/28 holds {by_name}"),
        ("refused", "198.51.100.221 is spared by ignorecommand"),
        ("refused", "198.51.100.216/29 holds 198.51.100.221, which ignorecommand spares"),
    ]
    assert order(server, "198.51.100.60", "198.51.100.61", "198.51.100.62", "198.51.100.63") == [
        *(("refused", f"198.51.100.{host} is {by_file}") for host in (60, 61, 62)),
        ("banned", ""),
    ]
    for address in ("198.51.100.7", "198.51.100.221"):
        with pytest.raises(RefusedError, match=f"Refused: {address} is"):
            server.ask("set", "ideolab-manual", "banip", address)
    for network in ("198.51.100.0/28", "198.51.100.192/26"):
        write_lines(server.connmon_log, suspect(network), suspect(network))
    server.wait_for_log(f"Refused: 198.51.100.0/28 holds {by_name}")
    server.wait_for_log("Refused: 198.51.100.192/26 holds 198.51.100.221, which ignorecommand spares")
    assert server.find_banned("ideolab-connmon-net") == []
    (trouble,) = protection(server, "ideolab-manual")["troubles"]
    assert trouble.startswith(f'{tmp_path}/never-ban: "huh" (line 2): no address')
    assert server.log.read_text().count('"huh" (line 2)') == 1


def test_a_name_that_is_listed_after_the_ban(server: Fail2ban, tmp_path: Path) -> None:
    """Its answer lifts the ban of a line, and root's order stays."""
    write_lines(server.manual_log, by_hand("198.51.100.96/28", "600"))
    server.wait_until(lambda: "198.51.100.96/28" in server.find_banned("ideolab-manual"), "the ban")
    assert order(server, "198.51.100.99") == [("banned", "")]

    (tmp_path / "never-ban").write_text(f"{MONITOR}\n")

    server.wait_for_log("Unban after an answer of DNS: 198.51.100.96/28 holds 198.51.100.99, 0xc6")
    server.wait_until(lambda: server.find_banned("ideolab-manual") == ["198.51.100.99"], "the unban")
