"""A host with bans reboots, beside each firewall that hosts have: no packet of a banned address arrives.

The bans are in force before the network is made, on both backends, and that firewall works as before.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from demo.lab.wait import wait_until
from ideolab_f2b.firewall.backend import BACKENDS
from tests.host.machine import Machine, boot

pytestmark = pytest.mark.systemd
#: where scripts/test puts them
DEBS = Path(sys.prefix, "debs")
PROBE = Path(__file__).with_name("first_packets.py")
PACKAGES = ("netfilter-persistent", "iptables-persistent", "ipset-persistent", "ufw", "firewalld")
#: as quick as it can be: no pages of manuals, no index of them
DPKG = "DEBIAN_FRONTEND=noninteractive dpkg -i --no-triggers --force-breaks --path-exclude='/usr/share/man/*'"
BANNED, OTHER = ("203.0.113.7", "203.0.113.8"), "203.0.113.99"
#: a jail on the other backend, with a port of its own
JAIL = """\
[mail]
enabled = true
backend = polling
filter = ideolab-manual
logpath = /var/log/mail-bans.log
action = ideolab-ban.py[port=2222, scope=port, protocol=udp, set=mail, backend={backend}]
"""
#: what makes the network, ordered as ifupdown, systemd-networkd and NetworkManager are
NETWORK = f"""\
[Unit]
DefaultDependencies=no
After=network-pre.target
Before=network.target
Wants=network.target

[Service]
Type=notify
NotifyAccess=all
ExecStart=/usr/bin/python3 /root/first_packets.py /run/packets {" ".join((*BANNED, OTHER))}

[Install]
WantedBy=multi-user.target
"""
RULES = """
for program in iptables ip6tables; do
    $program -A INPUT -i lo -j ACCEPT
    $program -A INPUT -p udp --dport 2222 -j ACCEPT
    $program -P INPUT DROP
done
netfilter-persistent save
"""
#: a country list of one network of each family, in force on TCP 443
COUNTRIES = r"""
printf '3325256704,3325256959,FR\n' >/root/four
printf '2001:db8::,2001:db8:ffff:ffff:ffff:ffff:ffff:ffff,FR\n' >/root/six
sed -i 's/^#policy = off/policy = allow/; s/^#countries =.*/countries = FR/
    s!^#source = /usr/share/tor.*!source = /root/four, /root/six!' /etc/ideolab/f2b.conf
ideolab-f2b geo build && ideolab-f2b geo apply --confirm 600s && ideolab-f2b geo confirm
"""
COUNT = """
import sqlite3
opened = sqlite3.connect('/var/lib/fail2ban/fail2ban.sqlite3')
print(opened.execute("SELECT count(*) FROM bips WHERE jail IN ('ideolab-manual', 'mail')").fetchone())
"""
OFFICE = """\
flush ruleset
table inet office {
    chain input {
        type filter hook input priority 0; policy drop;
        iifname lo accept
        udp dport 2222 accept
    }
}
"""


class Firewall(NamedTuple):
    """Another firewall of a host: what sets it up, and its unit."""

    prepare: str
    unit: str


FIREWALLS = {
    "ufw": Firewall(f"{DPKG} /root/ufw_*.deb; ufw allow 2222/udp; ufw --force enable", "ufw"),
    "nftables": Firewall(f"cat >/etc/nftables.conf <<.\n{OFFICE}.\n", "nftables"),
    # rules that were saved without ours: loading them takes ours away
    "netfilter-persistent": Firewall(
        f"{DPKG} /root/netfilter-persistent_*.deb /root/iptables-persistent_*.deb; {RULES}"
        "for four in 4 6; do sed -i /ideolab/d /etc/iptables/rules.v$four; done",
        "netfilter-persistent",
    ),
    "ipset-persistent": Firewall(
        f"{DPKG} /root/netfilter-persistent_*.deb /root/iptables-persistent_*.deb"
        f" /root/ipset-persistent_*.deb; {RULES}",
        "netfilter-persistent",
    ),
    "firewalld": Firewall(
        f"{DPKG} $(ls /root/*.deb | grep -v -e persistent -e ufw); firewall-offline-cmd --add-port=2222/udp",
        "firewalld",
    ),
}


@pytest.fixture(scope="module")
def debs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The packages as files: installed on this machine they would load rules into its own network."""
    if all(list(DEBS.glob(f"{name}_*.deb")) for name in PACKAGES):
        return sorted(DEBS.glob("*.deb"))
    directory = tmp_path_factory.mktemp("debs")
    words = ["apt-get", "install", "-s", "--no-install-recommends", "ufw", "firewalld"]
    listed = subprocess.run(words, capture_output=True, text=True).stdout.splitlines()
    missing = [line.split()[1] for line in listed if line.startswith("Inst ")]
    words = ["apt-get", "download", "-qq", *sorted({*PACKAGES, *missing})]
    if subprocess.run(words, cwd=directory, capture_output=True).returncode:
        pytest.skip(f"{' '.join(PACKAGES)} are not in {DEBS}, and apt-get cannot download them")
    return sorted(directory.glob("*.deb"))


@pytest.fixture(scope="module")
def host(debs: list[Path]) -> Iterator[Machine]:
    """A machine with a ban on each backend; its network is made by a service that a peer tries at once."""
    with boot(
        "netfilter-persistent.service", "nftables.service", "ufw.service", "firewalld.service"
    ) as found:
        found.install()
        for path in (*debs, PROBE):
            copy(found, path)
        found.shell(f"cat >/etc/systemd/system/test-network.service <<.\n{NETWORK}.\n")
        found.shell("systemctl enable test-network; touch /var/log/mail-bans.log")
        jail = JAIL.format(backend=list(BACKENDS)[-1])
        found.shell(f"cat >/etc/fail2ban/jail.d/mail.local <<.\n{jail}.\n")
        found.shell("fail2ban-client reload")
        for name, address in zip(("ideolab-manual", "mail"), BANNED):
            found.run("fail2ban-client", "set", name, "banip", address)
        found.shell(COUNTRIES)
        wait_until(lambda: has_written(found), lambda: found.shell("tail -20 /var/log/fail2ban.log"))
        yield found


def copy(machine: Machine, path: Path) -> None:
    subprocess.run(
        [*machine.enter, "/bin/sh", "-c", f"cat >/root/{path.name}"], input=path.read_bytes(), check=True
    )


def has_written(machine: Machine) -> bool:
    """Whether fail2ban's database has both bans."""
    return machine.out("/usr/bin/python3", "-c", COUNT) == "(2,)\n"


def show(machine: Machine, unit: str, name: str) -> str:
    return machine.out("systemctl", "show", f"--property={name}", "--value", unit).strip()


def require_order(machine: Machine, unit: str) -> None:
    """The firewall, then ours, then the network, then fail2ban: by the clock of systemd."""
    own = "ideolab-ban-restore"
    times = [
        int(show(machine, unit, "ActiveEnterTimestampMonotonic")),
        int(show(machine, own, "ExecMainStartTimestampMonotonic")),
        int(show(machine, own, "ActiveEnterTimestampMonotonic")),
        int(show(machine, "test-network", "ExecMainStartTimestampMonotonic")),
        int(show(machine, "test-network", "ActiveEnterTimestampMonotonic")),
        int(show(machine, "fail2ban", "ExecMainStartTimestampMonotonic")),
    ]
    assert times == sorted(times)


def reboot(machine: Machine) -> dict[str, int]:
    """Reboot; return whose datagrams have arrived when fail2ban has restored its bans."""
    machine.shell(": >/var/log/fail2ban.log")
    machine.reboot()
    wait_until(
        lambda: machine.shell("cat /var/log/fail2ban.log").count("Restore Ban") == 2,
        lambda: machine.shell("tail -30 /var/log/fail2ban.log; journalctl -b -u 'ideolab-ban*' --no-pager"),
    )
    found: dict[str, int] = json.loads(machine.shell("cat /run/packets"))
    return found


def test_a_reboot_without_the_unit(host: Machine) -> None:
    """Both banned addresses get through before fail2ban starts."""
    host.shell("systemctl disable ideolab-ban-restore")

    try:
        assert set(reboot(host)) == {f"{one} {port}" for one in (*BANNED, OTHER) for port in (2222, 2223)}
    finally:
        host.shell("systemctl enable ideolab-ban-restore")


@pytest.mark.parametrize("name", list(FIREWALLS))
def test_a_reboot_beside_a_firewall(host: Machine, name: str) -> None:
    """The first datagrams come before fail2ban starts: those of others arrive, as that firewall says."""
    prepare, unit = FIREWALLS[name]
    host.shell(f"{prepare}\nsystemctl enable {unit}")
    try:
        assert list(reboot(host)) == [f"{OTHER} 2222"]

        require_order(host, unit)
        assert show(host, unit, "Result") == show(host, "ideolab-ban-restore", "Result") == "success"
        said = host.shell("journalctl -b -u ideolab-ban-restore -o cat")
        assert re.search(r"^2 elements for 2 bans of . jails are in force in ipset and nft$", said, re.M)
        # a firewall that was saved with the list brings it back itself
        told = host.run("ideolab-f2b", "check", "-v", check=False).stdout
        assert "ok       geo-rule: allow FR on TCP 443" in told
        assert "repaired" not in host.shell("cat /var/log/fail2ban.log")
    finally:
        # two firewalls at once would be another host
        host.shell(f"systemctl disable {unit}")
