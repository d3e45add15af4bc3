"""fail2ban's own jails with `banaction = ideolab-ban.py` in [DEFAULT], and nothing else of ours."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from demo.lab.fail2ban import Fail2ban
from demo.lab.fail2ban_config import write_distribution
from demo.lab.namespace import Namespace
from ideolab_f2b.kernel.ipset.sets import Sets
from tests.lab.lines import write_lines

pytestmark = pytest.mark.root

JAILS = """\
[DEFAULT]
banaction = ideolab-ban.py[state={directory}/state, allow_file=none]
banaction_allports = ideolab-ban.py[state={directory}/state, allow_file=none]
backend = polling
maxretry = 1
[sshd]
enabled = true
logpath = {directory}/auth.log
[postfix]
enabled = true
logpath = {directory}/mail.log
[recidive]
enabled = true
logpath = {directory}/other.log
[asterisk]
enabled = true
logpath = {directory}/other.log
"""
INVERTED = """\
[pass2allow-ftp]
enabled = true
logpath = {directory}/other.log
"""


@pytest.fixture
def server(lone: Namespace, start: Callable[..., Fail2ban], tmp_path: Path) -> Fail2ban:
    """A server whose jails all have our action and no option of ours."""
    for name in ("auth.log", "mail.log", "other.log"):
        (tmp_path / name).touch()
    (tmp_path / "state").mkdir()
    made = start(
        lone, JAILS.format(directory=tmp_path), write_config=write_distribution,
        names=("sshd", "postfix", "recidive", "asterisk"),
    )  # fmt: skip
    made.wait_for_rules("sshd", "postfix", "recidive", "asterisk")
    return made


def addresses(kernel: Sets, name: str) -> list[str]:
    return sorted(str(found.network.network_address) for found in kernel.elements(name))


def complaints(server: Fail2ban) -> list[str]:
    """The warnings and errors of the log; that of a filter which was not made for IPv6 aside."""
    return [line for line in server.find_complaints(100).splitlines() if "ideolab" in line or "ERROR" in line]


def test_jails_of_fail2ban(server: Fail2ban, lone_kernel: Sets, lone: Namespace, tmp_path: Path) -> None:
    """Each bans in its own sets by its own lines, both families; a reload changes nothing; no complaint."""
    now = datetime.now().strftime("%b %d %H:%M:%S")
    four, six = ("198.51.100.7", "2001:db8:c::7")
    for address in (four, six):
        ssh = (
            f"{now} host sshd[{len(address)}]: Failed password for invalid user a from {address} port 5 ssh2"
        )
        mail = (
            f"{now} host postfix/smtpd[71]: NOQUEUE: reject: RCPT from unknown[{address}]: 554 5.7.1 "
            "<a@example.org>: Relay access denied; from=<b@example.org> to=<a@example.org> helo=<c>"
        )
        write_lines(tmp_path / "auth.log", ssh)
        write_lines(tmp_path / "mail.log", mail)
    for jail in ("recidive", "asterisk"):
        server.ask("set", jail, "banip", four, six)

    for reload in (False, True):
        if reload:
            server.reload()
        for jail in ("sshd", "postfix", "recidive", "asterisk"):
            for name, address in ((jail, four), (f"{jail}6", six)):
                held = functools.partial(addresses, lone_kernel, name)
                server.wait_until(lambda: held() == [address], f"{address} in {name}")  # noqa: B023
    assert [str(each) for each in server.ask("get", "asterisk", "actions")] == ["ideolab-ban"]
    assert complaints(server) == []
    # over the port of the jail: the same rule for all
    assert lone.run("iptables", "-t", "raw", "-S", "PREROUTING").splitlines()[1:] == [
        "-A PREROUTING ! -i lo -m set --match-set ideolab_ban src -j DROP"
    ]


def test_a_jail_that_lets_in(server: Fail2ban, lone_kernel: Sets, tmp_path: Path) -> None:
    """fail2ban's pass2allow-ftp opens a port for whom it finds: it bans nobody, and the log says why."""
    server.configure(JAILS.format(directory=tmp_path) + INVERTED.format(directory=tmp_path))
    server.reload()
    server.wait_for_log(r"ERROR .*\[pass2allow-ftp\] ideolab-ban: a jail that lets in whom it finds")

    server.try_client("set", "pass2allow-ftp", "banip", "198.51.100.7")

    stats = json.loads(server.ask("get", "pass2allow-ftp", "action", "ideolab-ban", "stats"))
    assert (stats["bans"], stats["refused"]) == (0, 1)
    assert addresses(lone_kernel, "pass2allow_ftp") == []
