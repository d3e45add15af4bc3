"""fail2ban under the hardening that the Arch wiki gives and NixOS ships: one machine for this file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo.lab.wait import wait_until
from ideolab_f2b.places import FAIL2BAN_DROP_IN
from tests.host.machine import Machine, boot
from tests.host.pack import verdicts, wait_for_ban, wait_for_health, write_suspect

pytestmark = pytest.mark.systemd

OVERRIDE = """mkdir -p /etc/systemd/system/fail2ban.service.d
cat >/etc/systemd/system/fail2ban.service.d/override.conf <<'END'
[Service]
PrivateDevices=yes
PrivateTmp=yes
ProtectHome=read-only
ProtectSystem=strict
ReadWritePaths=-/var/run/fail2ban
ReadWritePaths=-/var/lib/fail2ban
ReadWritePaths=-/var/log/fail2ban.log
ReadWritePaths=-/run/xtables.lock
CapabilityBoundingSet=CAP_AUDIT_READ CAP_DAC_READ_SEARCH CAP_NET_ADMIN CAP_NET_RAW
END
systemctl daemon-reload; systemctl restart fail2ban"""
EVENTS = "/var/log/ideolab/connmon_events.jsonl"


@pytest.fixture
def machine() -> Iterator[Machine]:
    with boot() as machine:
        yield machine


def test_a_unit_that_is_hardened_after_the_install(machine: Machine) -> None:
    """The check names what breaks, its command mends that, and uninstall takes the drop-in away."""
    machine.install()
    wait_for_health(machine)
    assert machine.shell(f"ls {FAIL2BAN_DROP_IN} 2>&1 || true").startswith("ls: cannot access")
    machine.shell("systemctl disable --quiet ideolab-connmon")
    machine.shell(OVERRIDE)

    wait_until(lambda: machine.run("fail2ban-client", "ping", check=False).returncode == 0, "no fail2ban")
    code, lines = verdicts(machine)
    found = [line for line in lines if line.startswith("wrong    sandbox: ")]
    assert code == 1
    assert [line.split(": ")[1] for line in found] == [
        "fail2ban runs without CAP_DAC_OVERRIDE",
        "fail2ban runs without CAP_SYS_PTRACE",
        "fail2ban may not write /var/log/ideolab, /var/lib/ideolab/textfile, /var/lib/ideolab-f2b",
    ]
    assert [line for line in lines if line.startswith("wrong    boot ideolab-connmon: does not start ")]

    assert "fail2ban restarted: what its unit allows changed" in machine.install().stdout
    wait_for_health(machine)
    write_suspect(machine)
    wait_for_ban(machine)
    wait_until(lambda: '"ban"' in machine.out("cat", EVENTS), lambda: machine.out("cat", EVENTS))
    # what is written now must not look as if nothing were restricted
    assert f"kept     {FAIL2BAN_DROP_IN}\n" in machine.install().stdout

    machine.install("--uninstall")
    assert machine.shell("ls /etc/systemd/system/fail2ban.service.d") == "override.conf\n"
