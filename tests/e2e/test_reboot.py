"""A host whose /var/log is emptied, and that reboots: logs, jails, bans and the site's rights come back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo.lab.wait import wait_until
from ideolab_f2b.firewall.position import SPEC
from tests.host.machine import Machine, boot
from tests.host.pack import hold_datagrams, wait_for_ban, wait_for_health, write_suspect

pytestmark = pytest.mark.systemd
WEB = ("runuser", "-u", "www-data", "--", "/bin/sh", "-c")
LOGS = "/var/log/ideolab"
#: owner, group and mode of every log of a host with --nginx and --django
RIGHTS = """\
connmon-observed.log ideolab:adm 640
connmon.log ideolab:adm 640
connmon_events.jsonl ideolab:www-data 640
manual.log ideolab:www-data 660
nginx-access.log ideolab:adm 640
nginx-error.log ideolab:adm 640
traship.log ideolab:www-data 660
"""
JAILS = {
    "ideolab-connmon",
    "ideolab-connmon-net",
    "ideolab-manual",
    "ideolab-traship",
    "nginx-ideolab-probe",
    "nginx-ideolab-slowtls",
    "nginx-ideolab-stalled",
}


@pytest.fixture
def machine() -> Iterator[Machine]:
    with boot() as machine:
        yield machine


def rights(machine: Machine) -> str:
    return machine.shell(f"cd {LOGS} && stat -c '%n %U:%G %a' *.log *.jsonl | LC_ALL=C sort")


def jails(machine: Machine) -> set[str]:
    listed = machine.run("fail2ban-client", "status", check=False).stdout.partition("Jail list:")[2]
    return {name.strip() for name in listed.split(",")} & JAILS


def wait_for_jails(machine: Machine) -> None:
    wait_until(
        lambda: jails(machine) == JAILS,
        lambda: machine.shell("journalctl -u fail2ban -n 20 --no-pager; tail -20 /var/log/fail2ban.log"),
    )


def ban_by_the_site(machine: Machine, address: str) -> None:
    """Write a line as the site does, and wait until the kernel holds the ban."""
    line = f"$(date +%Y-%m-%dT%H:%M:%S%z) manual: ban {address} ttl=86400"
    machine.run(*WEB, f'echo "{line}" >>{LOGS}/manual.log')
    wait_for_manual_ban(machine, address)


def wait_for_manual_ban(machine: Machine, address: str) -> None:
    wait_until(
        lambda: machine.run("ipset", "test", "ideolab_manual", address, check=False).returncode == 0,
        lambda: machine.shell("tail -30 /var/log/fail2ban.log; ipset list"),
    )


def test_an_emptied_var_log_and_a_reboot(machine: Machine) -> None:
    """While all is stopped, while fail2ban runs, and over a boot in a new network namespace."""
    machine.install("--nginx", "--django", "www-data")
    wait_for_jails(machine)
    assert rights(machine) == RIGHTS

    machine.shell(f"systemctl stop fail2ban ideolab-connmon ideolab-intake; rm -rf {LOGS}")
    machine.shell("systemctl start ideolab-connmon ideolab-intake")
    # the user of connmon owns the directory; a reader of a pipe would wait for a writer
    machine.shell(f"rm {LOGS}/traship.log; runuser -u ideolab -- mkfifo {LOGS}/traship.log")
    machine.shell("systemctl start fail2ban")
    wait_for_jails(machine)
    assert rights(machine) == RIGHTS
    # the sandbox of a daemon lacks what was not there when it began
    process = machine.out("systemctl", "show", "--property=MainPID", "--value", "ideolab-connmon").strip()
    inside = ("nsenter", "-t", process, "-m", "runuser", "-u", "ideolab", "--", "test", "-w")
    machine.run(*inside, f"{LOGS}/connmon.log")
    ban_by_the_site(machine, "203.0.113.7")

    # a reload knows no ExecStartPre: the jail waits without its log, and the others go on
    machine.shell(f"rm {LOGS}/traship.log; fail2ban-client reload")
    wait_for_jails(machine)
    checked = machine.run("ideolab-f2b", "check", check=False)
    assert (
        f"wrong    jail ideolab-traship: has no log: {LOGS}/traship.log was missing when fail2ban read its"
        " configuration"
    ) in checked.stdout
    assert f"wrong    site traship.log: no process of the group www-data can write {LOGS}/traship.log" in (
        checked.stdout
    )
    assert "fail2ban reloaded" in machine.install().stdout
    wait_for_jails(machine)
    assert rights(machine) == RIGHTS

    # the daemons end and come back with the directory, and fail2ban finds it again
    machine.shell(f"rm -rf {LOGS}")
    wait_until(
        lambda: machine.run("test", "-e", f"{LOGS}/traship.log", check=False).returncode == 0,
        lambda: machine.shell("journalctl -u ideolab-connmon -u ideolab-intake -n 20 --no-pager"),
    )
    assert rights(machine) == RIGHTS
    write_suspect(machine)
    wait_for_ban(machine)
    # the number of a namespace may be given to the next one
    machine.run("ip", "link", "set", "lo", "alias", "before")
    # a RAM disk; nginx does not bring its own directory back
    machine.shell("systemctl stop fail2ban ideolab-connmon ideolab-intake")
    machine.shell("find /var/log -mindepth 1 -maxdepth 1 ! -name nginx -exec rm -rf {} +")
    machine.reboot()

    assert "alias before" not in machine.out("ip", "link", "show", "lo")
    hold_datagrams(machine)
    wait_for_jails(machine)
    wait_for_ban(machine)
    wait_for_manual_ban(machine, "203.0.113.7")
    for program in ("iptables", "ip6tables"):
        machine.run(program, "-t", "raw", "-C", "PREROUTING", *SPEC.split())
    assert rights(machine) == RIGHTS
    ban_by_the_site(machine, "203.0.113.8")
    wait_for_health(machine)
