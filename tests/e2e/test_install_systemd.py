"""scripts/install on a fresh host with systemd: an overlay of this machine, booted for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo.lab.wait import wait_until
from tests.host.machine import Machine, boot
from tests.host.pack import SUSPECT, is_banned, wait_for_ban, wait_for_health, write_suspect

pytestmark = pytest.mark.systemd

_BANS = """
import sqlite3
with sqlite3.connect("/var/lib/fail2ban/fail2ban.sqlite3") as database:
    print(database.execute("select count(*) from bans").fetchone())
"""


@pytest.fixture
def machine() -> Iterator[Machine]:
    with boot() as machine:
        yield machine


def running_fail2ban(machine: Machine) -> str:
    """Gives sshd its log, starts fail2ban, and tells its process id."""
    machine.shell("touch /var/log/auth.log; systemctl reset-failed fail2ban; systemctl restart fail2ban")
    wait_until(
        lambda: machine.run("fail2ban-client", "status", "sshd", check=False).returncode == 0,
        lambda: machine.shell("journalctl -u fail2ban; tail /var/log/fail2ban.log"),
    )
    return pid(machine)


def pid(machine: Machine) -> str:
    return machine.out("systemctl", "show", "--property=MainPID", "--value", "fail2ban").strip()


def test_from_nothing_to_a_ban_and_back_to_nothing(machine: Machine) -> None:
    """Install, check, a suspect is banned, a restart of fail2ban keeps the ban; uninstall leaves no trace."""
    # what else is installed on this machine has no part in it
    timers = machine.out("systemctl", "list-timers", "--no-legend").split()
    assert [word for word in timers if word.endswith(".timer")] == ["systemd-tmpfiles-clean.timer"]
    files, rules = machine.files(), machine.kernel()

    said = machine.install().stdout
    assert "the sshd jail reads the journal: its log /var/log/auth.log is missing" in said
    wait_for_health(machine)
    write_suspect(machine)
    wait_for_ban(machine)
    assert SUSPECT in machine.out("fail2ban-client", "status", "ideolab-connmon")
    machine.run("systemctl", "restart", "fail2ban")
    assert is_banned(machine)
    wait_for_health(machine)

    gone = machine.install("--uninstall")

    assert gone.stderr == ""
    assert "removed  the user ideolab\n" in gone.stdout
    # our block let sshd's jail read the journal
    assert "Have not found any log file for sshd jail\nThat is so at the next boot too: " in gone.stdout
    assert (machine.files(), machine.kernel()) == (files, rules)
    assert machine.run("id", "ideolab", check=False).returncode == 1
    assert machine.run("systemctl", "is-active", "fail2ban", check=False).stdout.strip() == "inactive"
    assert machine.run("systemctl", "cat", "ideolab-connmon", check=False).returncode == 1
    assert machine.out("systemctl", "--failed", "--no-legend") == ""
    assert machine.out("python3", "-c", _BANS) == "(0,)\n"


def test_a_second_install_keeps_everything_and_a_reboot_brings_it_back(machine: Machine) -> None:
    """Also after logrotate has taken the logs away, and with a ban that outlasts the reboot."""
    machine.install()
    fail2ban = pid(machine)

    said = machine.install().stdout.splitlines()
    assert [line for line in said if line.split()[0] in ("created", "changed", "removed")] == []
    assert said[-3:-1] == ["fail2ban runs", "ideolab-connmon.service runs"]
    assert pid(machine) == fail2ban

    write_suspect(machine, "203.0.113.8")
    wait_for_ban(machine, "203.0.113.8")
    machine.run("logrotate", "--force", "/etc/logrotate.d/ideolab-f2b")
    assert machine.shell("stat -c '%U:%G %a %s' /var/log/ideolab/connmon.log") == "ideolab:adm 640 0\n"
    write_suspect(machine)
    wait_for_ban(machine)
    machine.reboot()
    wait_for_health(machine)
    wait_for_ban(machine)


#: the configuration management's file
_LINKED = """
printf '[DEFAULT]\\nbantime = 1d' >/srv/jail.local
chmod 640 /srv/jail.local
ln -s /srv/jail.local /etc/fail2ban/jail.local
"""


def test_a_running_fail2ban_is_reloaded_and_stays(machine: Machine) -> None:
    """The same process before, meanwhile and after; a linked jail.local comes back to the byte."""
    machine.shell(_LINKED)
    fail2ban = running_fail2ban(machine)
    files = machine.files()

    machine.install("--dry-run")
    assert machine.files() == files
    said = machine.install().stdout
    assert "(our block, in /srv/jail.local)" in said
    assert machine.shell("stat -c '%F %a' /etc/fail2ban/jail.local /srv/jail.local").splitlines() == [
        "symbolic link 777", "regular file 640",
    ]  # fmt: skip
    assert "fail2ban reloaded" in said
    assert "sshd" not in machine.out("sed", "-n", "/>>> ideolab/,$p", "/etc/fail2ban/jail.local")
    wait_for_health(machine)
    machine.install("--uninstall")

    assert pid(machine) == fail2ban
    assert machine.out("fail2ban-client", "status").splitlines()[2].split() == ["`-", "Jail", "list:", "sshd"]
    assert machine.files() == files


def test_new_code_restarts_fail2ban_and_keeps_the_bans(machine: Machine) -> None:
    """A reload would go on with the modules that it has loaded."""
    fail2ban = running_fail2ban(machine)
    machine.install()
    write_suspect(machine)
    wait_for_ban(machine)
    machine.shell("echo '# an older version' >>/usr/local/lib/ideolab-f2b/ideolab_f2b/actions/ban/action.py")

    said = machine.install().stdout

    assert "changed  /usr/local/lib/ideolab-f2b" in said
    assert "fail2ban restarted: its code changed" in said
    assert pid(machine) != fail2ban
    assert is_banned(machine)
    wait_for_health(machine)


#: an action that leaves in the server what an uninstalled pack leaves there: modules that hide the new ones
_STALE = """
cat >/etc/fail2ban/action.d/stale.py <<EOF
import sys, types
from fail2ban.server.action import ActionBase as Action
sys.modules["ideolab_f2b"] = types.ModuleType("ideolab_f2b")
EOF
printf '[sshd]\\naction = stale.py\\n' >/etc/fail2ban/jail.d/stale.local
"""


def test_a_server_with_the_modules_of_an_uninstalled_pack_is_restarted(machine: Machine) -> None:
    """A reload gives it jails whose actions cannot load the pack, so that each ban fails."""
    machine.shell(_STALE)
    fail2ban = running_fail2ban(machine)
    machine.shell("sed -i /sys.modules/d /etc/fail2ban/action.d/stale.py")

    said = machine.install().stdout

    assert "fail2ban restarted: it could not load the pack" in said
    assert pid(machine) != fail2ban
    wait_for_health(machine)
    write_suspect(machine)
    wait_for_ban(machine)


def test_what_would_stop_fail2ban_is_refused(machine: Machine) -> None:
    """With fail2ban's own words; the running server does not notice, and nothing is written."""
    fail2ban = running_fail2ban(machine)
    machine.shell(
        "echo \"raise RuntimeError('not today')\" >/etc/fail2ban/action.d/raising.py;"
        " printf '[ideolab-connmon]\\naction = raising.py\\n' >/etc/fail2ban/jail.d/ideolab.local"
    )
    files = machine.files()

    refused = machine.install(check=False)

    assert refused.returncode == 1
    assert "fail2ban does not work with this pack on this host: RuntimeError('not today')" in refused.stderr
    assert (machine.files(), pid(machine)) == (files, fail2ban)
    assert machine.run("id", "ideolab", check=False).returncode == 1


def test_uninstall_refuses_what_would_stop_fail2ban(machine: Machine) -> None:
    """A jail of the admin's that uses our filter; --force goes on all the same."""
    running_fail2ban(machine)
    machine.install()
    machine.shell(
        "printf '[theirs]\\nenabled = true\\nfilter = ideolab-connmon\\nlogpath = /nowhere.log\\naction =\\n'"
        " >/etc/fail2ban/jail.d/theirs.local"
    )

    refused = machine.install("--uninstall", check=False)
    assert refused.returncode == 1
    assert "fail2ban would not start any more" in refused.stderr
    wait_for_health(machine)

    machine.install("--uninstall", "--force", check=False)
    assert machine.run("id", "ideolab", check=False).returncode == 1
    assert "ideolab" not in machine.kernel()


def test_a_fail2ban_that_does_not_come_up_takes_everything_back(machine: Machine) -> None:
    """Here one whose unit cannot start: the trial cannot know that."""
    machine.shell(
        "mkdir /etc/systemd/system/fail2ban.service.d;"
        " printf '[Service]\\nExecStart=\\nExecStart=/bin/false\\n'"
        " >/etc/systemd/system/fail2ban.service.d/x.conf;"
        " systemctl daemon-reload"
    )
    files, rules = machine.files(), machine.kernel()

    failed = machine.install(check=False)

    assert failed.returncode == 1
    assert "fail2ban ended at once" in failed.stderr
    assert failed.stderr.endswith("Everything is as it was before.\n")
    assert (machine.files(), machine.kernel()) == (files, rules)


def test_the_units_are_sound_and_the_sandbox_holds(machine: Machine) -> None:
    """systemd's own verdicts; then the timer instead of the service."""
    machine.install()
    units = (
        "ideolab-connmon.service",
        "ideolab-connmon-once.service",
        "ideolab-connmon.timer",
        "ideolab-ban-list.service",
        "ideolab-ban-restore.service",
    )
    verified = machine.run("systemd-analyze", "verify", *(f"/etc/systemd/system/{unit}" for unit in units))
    assert verified.stderr == ""
    for unit in units[:2]:
        machine.run("systemd-analyze", "security", "--threshold=30", unit)
    # root, who has to change the firewall
    machine.run("systemd-analyze", "security", "--threshold=40", units[4])

    process = machine.out("systemctl", "show", "--property=MainPID", "--value", units[0]).strip()
    mounts = machine.out("nsenter", "-t", process, "-m", "findmnt", "-n", "-o", "OPTIONS", "/")
    assert mounts.startswith("ro,")
    assert "CapEff:\t0000000000000000" in machine.out("cat", f"/proc/{process}/status")

    machine.run("systemctl", "disable", "--now", "--quiet", units[0])
    machine.run("systemctl", "enable", "--now", "--quiet", units[2])
    machine.shell("rm /var/lib/ideolab/textfile/ideolab_connmon.prom; systemctl start ideolab-connmon-once")
    assert machine.out("systemctl", "is-active", units[2]) == "active\n"
    wait_for_health(machine)
    assert "ideolab-connmon.timer is enabled and stays" in machine.install().stdout


def test_the_table_of_as_numbers_is_built_by_its_unit(machine: Machine) -> None:
    """Off at first; in its sandbox it reads another user's file; uninstall takes it away."""
    machine.install()
    units = ("ideolab-asn.service", "ideolab-asn.timer")
    verified = machine.run("systemd-analyze", "verify", *(f"/etc/systemd/system/{unit}" for unit in units))
    assert verified.stderr == ""
    machine.run("systemd-analyze", "security", "--threshold=30", units[0])
    assert machine.shell("systemctl is-enabled ideolab-asn.timer || true") == "disabled\n"

    machine.shell(
        "umask 077; echo 198.51.100.0/24,64500,EXAMPLE > /srv/asn.csv; chown nobody /srv/asn.csv;"
        " sed -i 's|^#files =|files = /srv/asn.csv|' /etc/ideolab/f2b.conf"
    )
    machine.run("systemctl", "start", units[0])
    assert machine.out("ideolab-f2b", "asn", "show", "AS64500") == (
        "AS64500 EXAMPLE: 1 prefix, 256 IPv4 addresses\n198.51.100.0/24\n"
    )
    assert "wrong    boot ideolab-asn.timer" in machine.shell("ideolab-f2b check || true")
    machine.run("systemctl", "enable", "--now", "--quiet", units[1])
    machine.install("--uninstall")
    left = machine.shell("ls /etc/systemd/system/*/ideolab-asn* /var/lib/ideolab-f2b 2>/dev/null || true")
    assert left == ""
    assert "ideolab-asn" not in machine.out("systemctl", "list-timers", "--all", "--no-pager")
