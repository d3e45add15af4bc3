"""`scripts/install --no-start` where an image is built, and the first boot of that image."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo.lab.wait import wait_until
from tests.host.machine import Machine, boot
from tests.host.overlay import CHECKOUT
from tests.host.pack import wait_for_health

pytestmark = pytest.mark.systemd
#: a build sees neither systemd nor its journal
_BUILD = f"""
mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /var/log/journal
exec {CHECKOUT}/scripts/install --no-apt --no-start
"""


@pytest.fixture
def machine() -> Iterator[Machine]:
    with boot() as machine:
        yield machine


def links(machine: Machine) -> str:
    return machine.shell("find /etc/rc?.d -name '*ideolab*'")


def test_the_first_boot_of_an_image(machine: Machine) -> None:
    """The sshd jail is on, `install` starts the rest, and no link leads to a script that is gone."""
    machine.shell("rm -f /var/log/auth.log; mkdir -p /var/log/journal")
    files = machine.files()
    built = machine.run("unshare", "--mount", "/bin/bash", "-c", _BUILD)
    assert "the sshd jail reads the journal" in built.stdout
    assert "enabled = false" not in machine.out("cat", "/etc/fail2ban/jail.local")

    # as at a boot: before, it had failed for the missing auth.log
    machine.shell("systemctl daemon-reload; systemctl reset-failed fail2ban; systemctl start fail2ban")
    wait_until(
        lambda: machine.run("fail2ban-client", "status", "sshd", check=False).returncode == 0,
        lambda: machine.shell("journalctl -u fail2ban; tail /var/log/fail2ban.log"),
    )
    assert "Journal matches" in machine.out("fail2ban-client", "status", "sshd")

    machine.install()
    wait_for_health(machine)
    assert links(machine) == ""
    machine.run("test", "!", "-e", "/etc/init.d/ideolab-connmon")

    # fail2ban runs, and without our block it would not start again: what to do is said
    refused = machine.install("--uninstall", check=False)
    assert "correct that in /etc/fail2ban; for sshd: apt-get install rsyslog" in refused.stderr
    machine.shell("touch /var/log/auth.log")
    machine.install("--uninstall")
    machine.shell("rm /var/log/auth.log")
    assert links(machine) == ""
    assert machine.files() == files
