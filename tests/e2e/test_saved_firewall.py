"""A host that has saved its firewall with our rules boots: all of it is there before fail2ban starts."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.lab.wait import wait_until
from tests.host.machine import Machine, boot

pytestmark = [pytest.mark.systemd]
#: where scripts/test puts them
DEBS = Path(sys.prefix, "debs")
PACKAGES = ("netfilter-persistent", "iptables-persistent", "ipset-persistent")
OFFICE = "-A INPUT -m set --match-set office src -j ACCEPT"
FIREWALL = f"""
ipset create office hash:net
iptables -A INPUT -i lo -j ACCEPT
iptables {OFFICE}
for program in iptables ip6tables; do
    $program -A INPUT -p tcp --dport 2222 -j ACCEPT
    $program -P INPUT DROP
done
"""
ADMINS = ("-P INPUT DROP", "-A INPUT -i lo -j ACCEPT", "-A INPUT -p tcp -m tcp --dport 2222 -j ACCEPT")
JAIL = """\
[mail]
enabled = true
backend = polling
filter = ideolab-manual
logpath = /var/log/mail-bans.log
action = ideolab-ban.py[port=25, scope=port, set=mail]
"""
#: what stood in the kernel before fail2ban began, and a pause in the middle of our unit
WATCH = """
mkdir -p /etc/systemd/system/ideolab-ban-list.service.d
cat >/etc/systemd/system/fail2ban.service.d/watch.conf <<.
[Service]
ExecStartPre=+/bin/sh -c "{ iptables -S; iptables -t raw -S; ip6tables -S; ipset list; } >/run/before"
.
cat >/etc/systemd/system/ideolab-ban-list.service.d/pause.conf <<.
[Service]
ExecStartPost=/bin/sh -c "[ ! -e /etc/pause ] || sleep 300"
.

"""
BANS = {"ideolab_manual": "203.0.113.7", "mail": "203.0.113.8"}


@pytest.fixture
def debs(tmp_path: Path) -> list[Path]:
    """The packages as files: installed on this machine they would load rules into its own network."""
    found = [path for name in PACKAGES for path in DEBS.glob(f"{name}_*.deb")]
    if len(found) == len(PACKAGES):
        return found
    done = subprocess.run(["apt-get", "download", "-qq", *PACKAGES], cwd=tmp_path, capture_output=True)
    if done.returncode:
        pytest.skip(f"{' '.join(PACKAGES)} are not in {DEBS}, and apt-get cannot download them")
    return sorted(tmp_path.glob("*.deb"))


@pytest.fixture
def machine() -> Iterator[Machine]:
    with boot("netfilter-persistent.service", "nftables.service") as machine:
        yield machine


def add_packages(machine: Machine, debs: list[Path]) -> None:
    """Install packages in the machine, whose rules are nobody else's."""
    for number, deb in enumerate(debs):
        text = base64.b64encode(deb.read_bytes()).decode()
        machine.shell(f"base64 -d >/root/{number}.deb <<.\n{text}\n.\n")
    machine.shell("DEBIAN_FRONTEND=noninteractive dpkg -i --force-breaks /root/*.deb")


def ban(machine: Machine) -> None:
    for jail, address in zip(("ideolab-manual", "mail"), BANS.values()):
        machine.run("fail2ban-client", "set", jail, "banip", address)
    wait_for_bans(machine)


def wait_for_bans(machine: Machine) -> None:
    """Return when the kernel holds the bans: fail2ban has started, and no jail has failed."""
    for name, address in BANS.items():
        wait_until(
            lambda name=name, address=address: (  # type: ignore[misc]
                machine.run("ipset", "test", name, address, check=False).returncode == 0
            ),
            lambda: machine.shell(
                "tail -30 /var/log/fail2ban.log; ipset list; iptables-save; cat /run/before"
            ),
        )


def require_firewall(machine: Machine) -> str:
    """Return what stood in the kernel before fail2ban started: the whole firewall of the administrator."""
    assert machine.shell("grep ERROR /var/log/fail2ban.log || true") == ""
    before = machine.shell("cat /run/before")
    assert [rule for rule in ADMINS if rule not in before] == []
    assert before.count("-P INPUT DROP") == 2
    return before


def saved_verdict(machine: Machine) -> list[str]:
    """Return the lines of `check` on saved rules."""
    lines = machine.run("ideolab-f2b", "check", "-v", check=False).stdout.splitlines()
    starts = [number for number, line in enumerate(lines) if "  saved rules: " in line]
    return [line for number in starts for line in lines[number : number + 2]]


def test_a_boot_after_a_power_cut(machine: Machine, debs: list[Path]) -> None:
    """In the middle of our unit; with netfilter-persistent, then with nftables, which loads none of ours."""
    machine.install()
    machine.shell(f"touch /var/log/mail-bans.log; cat >/etc/fail2ban/jail.d/mail.local <<.\n{JAIL}.\n")
    machine.shell("fail2ban-client reload")
    machine.shell(FIREWALL + WATCH)
    add_packages(machine, debs)
    machine.shell("systemctl enable netfilter-persistent; netfilter-persistent save")
    ban(machine)

    machine.shell("touch /etc/pause")
    machine.reboot(until=lambda: "\nsleep 300\n" in machine.out("ps", "-e", "-o", "args"))
    machine.shell("rm /etc/pause")
    assert ADMINS[2] not in machine.out("iptables", "-S", "INPUT")
    machine.cut_power()

    wait_for_bans(machine)
    before = require_firewall(machine)
    assert OFFICE in before
    assert "-A PREROUTING ! -i lo -m set --match-set ideolab_ban src -j DROP" in before
    assert "-A ideolab-port -p tcp" in before
    # the bans come back before fail2ban does
    assert [address for address in BANS.values() if address not in before] == []
    states = machine.out("systemctl", "is-active", "netfilter-persistent", "ideolab-ban-list")
    assert states == "active\nactive\n"
    assert [line for line in saved_verdict(machine) if line.startswith("wrong")] == []
    # a boot without our unit: the firewall is missing
    load = "iptables-restore </etc/iptables/rules.v4 2>/dev/null; iptables -S INPUT"
    assert ADMINS[2] not in machine.out("unshare", "-n", "sh", "-c", load)
    ours = f"ipset create office hash:net; ideolab-f2b ban-list; {load}"
    assert ADMINS[2] in machine.out("unshare", "-n", "sh", "-c", ours)

    machine.shell(f"systemctl disable netfilter-persistent; iptables -D {OFFICE[3:]}; rm -r /etc/iptables")
    machine.shell("{ echo flush ruleset; nft list ruleset; } >/etc/nftables.conf; systemctl enable nftables")
    machine.cut_power()

    wait_for_bans(machine)
    require_firewall(machine)
    assert machine.run("systemctl", "is-active", "nftables", check=False).stdout == "failed\n"
    said, mend = saved_verdict(machine)
    assert said.startswith("wrong    saved rules: /etc/nftables.conf holds our rule as nft shows it")
    assert "only what ideolab-ban-list.service loads of it" in said
    refused = machine.install("--uninstall", check=False)
    assert "this host has no firewall then" in refused.stderr
    assert "Nothing was changed" in refused.stderr
    machine.shell(mend.partition("-> ")[2])
    machine.shell("systemctl restart nftables")
    wait_for_bans(machine)
    assert ADMINS[2] in machine.out("iptables", "-S", "INPUT")

    # what a power cut in the middle of an update may leave: no program
    machine.shell("systemctl stop fail2ban; nft flush ruleset; ipset flush; ipset destroy")
    machine.shell("mv /usr/local/bin/ideolab-f2b /root")
    assert machine.run("systemctl", "restart", "ideolab-ban-list", check=False).returncode
    assert machine.out("ipset", "list", "-n") == "ideolab_ban\n"
    machine.shell("mv /root/ideolab-f2b /usr/local/bin")
    said = machine.run("ideolab-f2b", "check", "-v", check=False).stdout
    assert "wrong    boot ideolab-ban-list: has failed" in said
    assert "files holds our rule" in said
