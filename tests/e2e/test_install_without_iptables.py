"""scripts/install on a host that has neither iptables nor ipset, as Debian installs itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo.lab.wait import wait_until
from tests.host.machine import Machine, boot
from tests.host.pack import SUSPECT, wait_for_health, write_suspect

pytestmark = pytest.mark.systemd

_WITHOUT = """
for place in /usr/sbin /usr/bin; do
  rm -f $place/iptables* $place/ip6tables* $place/xtables* $place/ipset
done
"""


@pytest.fixture
def machine() -> Iterator[Machine]:
    with boot() as machine:
        machine.shell(_WITHOUT)
        yield machine


def is_banned(machine: Machine) -> bool:
    """Whether the kernel holds the ban, as `nft` lists it."""
    done = machine.run("nft", "list", "set", "inet", "ideolab", "ideolab_connmon", check=False)
    return SUSPECT in done.stdout


def test_from_nothing_to_a_ban_and_back_to_nothing(machine: Machine) -> None:
    """Install, check, a ban, a restart that keeps it, a lift of it; uninstall leaves no table."""
    said = machine.install().stdout
    assert "ipset" not in said
    wait_for_health(machine)
    write_suspect(machine)
    wait_until(lambda: is_banned(machine), lambda: machine.shell("tail -30 /var/log/fail2ban.log"))
    machine.run("systemctl", "restart", "fail2ban")
    assert is_banned(machine)
    wait_for_health(machine)
    shown = machine.out("ideolab-f2b", "check", "-v")
    assert "backend: nft holds the bans (backend = auto: ipset does not work here: " in shown
    assert '"result": "banned"' in machine.shell(f"ideolab-fw-ip check {SUSPECT}")
    machine.run("ideolab-f2b", "unban", SUSPECT)
    assert not is_banned(machine)

    gone = machine.install("--uninstall")

    assert gone.stderr == ""
    assert machine.out("nft", "list", "tables") == ""
