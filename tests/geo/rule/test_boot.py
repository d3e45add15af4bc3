"""A host with a country list: its timer in its sandbox, two reboots, the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.geo import vendor_files
from tests.host.machine import Machine, boot

pytestmark = pytest.mark.systemd

SERVICE, TIMER = "ideolab-geo-rule.service", "ideolab-geo-rule.timer"
WORDS = "deny FR, US on TCP 443 ("
#: what takes the rules of each backend away, as an administrator does, and what shows them
FLUSH = {"nft": "nft flush ruleset", "ipset": "iptables -t raw -F; ip6tables -t raw -F"}
SHOW = {"nft": "nft -t list ruleset", "ipset": "iptables -t raw -S; ip6tables -t raw -S"}
MARK = {"nft": "jump check-", "ipset": "-g ideolab-geo-"}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """With the pack, and a list of made-up addresses."""
    with boot() as machine:
        machine.install()
        machine.shell("mkdir -p /srv/geo")
        for path in vendor_files.write_tor(tmp_path_factory.mktemp("geo")):
            machine.shell(f"cat >/srv/geo/{path.name} <<'EOF'\n{Path(path).read_text()}EOF")
        yield machine


def put_in_force(machine: Machine, backend: str) -> None:
    """Write [geo] anew and put the list in force; install the pack where a test has removed it."""
    if machine.run("test", "-e", "/etc/ideolab/f2b.conf", check=False).returncode:
        machine.install()
    lines = f"policy = deny\\ncountries = FR US\\nsource = /srv/geo\\nbackend = {backend}"
    script = f"/^\\[geo\\]$/,/^$/{{/^[a-z]/d}}; s,^\\[geo\\]$,&\\n{lines},"
    machine.shell(f"sed -i '{script}' /etc/ideolab/f2b.conf")
    machine.run("ideolab-f2b", "geo", "build", "--force")
    machine.run("ideolab-f2b", "geo", "apply", "--yes")


def shows(machine: Machine, backend: str) -> bool:
    return MARK[backend] in machine.shell(SHOW[backend])


@pytest.mark.parametrize("backend", ["nft", "ipset"])
def test_flush_and_reboot(machine: Machine, backend: str) -> None:
    """The timer's service puts a list back that somebody flushed, and a boot does; `check` sees it."""
    put_in_force(machine, backend)
    assert machine.out("systemctl", "is-enabled", TIMER) == "enabled\n"
    assert shows(machine, backend)
    machine.shell(FLUSH[backend])
    assert not shows(machine, backend)

    machine.run("systemctl", "start", SERVICE, check=False)

    log = machine.shell(f"journalctl --no-pager -u {SERVICE}")
    assert shows(machine, backend), log
    assert f"in force: {WORDS}" in log
    machine.reboot()
    assert shows(machine, backend), machine.shell("journalctl --no-pager -b -u 'ideolab-*'")
    told = machine.run("ideolab-f2b", "check", "-v", check=False).stdout
    assert f"ok       geo-rule: {WORDS}" in told


def test_uninstall(machine: Machine) -> None:
    """Nothing is left of it, in the kernel and on the disk."""
    put_in_force(machine, "nft")
    machine.run("ideolab-f2b", "uninstall", "--force")

    assert "ideolab" not in machine.shell("; ".join((*SHOW.values(), "ipset list -n")))
    assert machine.run("test", "-e", "/var/lib/ideolab-f2b", check=False).returncode == 1
    assert machine.run("test", "-e", "/run/ideolab-geo.lock", check=False).returncode == 1
    assert TIMER not in machine.out("systemctl", "list-timers", "--all", "--plain")
