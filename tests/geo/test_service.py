"""The service in its sandbox: it builds the list anew, and renews what is in force."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.lab.wait import wait_until
from tests.geo import vendor_files
from tests.host.machine import Machine, boot

pytestmark = pytest.mark.systemd

_CONF = r"""\
mkdir -p /srv/geo
sed -i 's,^\[geo\]$,&\npolicy = deny\ncountries = FR\, US\nsource = /srv/geo/geoip\, /srv/geo/geoip6,' \
    /etc/ideolab/f2b.conf
"""


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """With the pack, and a source of made-up addresses."""
    with boot() as machine:
        machine.install()
        machine.shell(_CONF)
        for path in vendor_files.write_tor(tmp_path_factory.mktemp("geo")):
            put(machine, path)
        yield machine


@pytest.fixture
def installed(machine: Machine) -> Machine:
    """The machine with the pack, also where another test has taken it away."""
    if machine.run("test", "-e", "/etc/ideolab/f2b.conf", check=False).returncode:
        machine.install()
        machine.shell(_CONF)
    return machine


def put(machine: Machine, path: Path, text: str = "") -> None:
    """Put a file, or a text under its name, into the source's directory."""
    machine.shell(f"cat >/srv/geo/{path.name} <<'EOF'\n{text or path.read_text()}EOF")


def run_service(machine: Machine) -> str:
    """Start the service and wait for its end; return its result."""
    machine.run("systemctl", "start", "ideolab-geo.service", check=False)
    return machine.out("systemctl", "show", "--property=Result", "--value", "ideolab-geo.service").strip()


def test_it_builds_and_renews(installed: Machine) -> None:
    """A changed source is in the kernel after the next run; a broken one leaves all as it was."""
    machine = installed
    first = run_service(machine)
    assert first == "success", machine.shell("journalctl -u ideolab-geo")
    shown = machine.out("ideolab-f2b", "geo", "show", "198.51.100.7", "198.51.100.100")
    machine.run("ideolab-f2b", "geo", "apply", "--yes")
    six = machine.out("cat", "/srv/geo/geoip6")
    put(
        machine,
        Path("geoip6"),
        six.replace(",US", ",GB").replace("2001:db8:1:", "2001:db8:9:").replace(",UK", ",US"),
    )
    second = run_service(machine)
    moved = machine.out("ideolab-f2b", "geo", "show", "2001:db8:9::1", "2001:db8:1::1")
    kernel = machine.out("ipset", "save")
    put(machine, Path("geoip6"), "broken\n")
    third = run_service(machine)

    assert (first, second, third) == ("success", "success", "exit-code"), machine.shell(
        "journalctl -u ideolab-geo"
    )
    assert shown == (
        "address         country  list     name\n"
        "198.51.100.7    FR       refused  France\n"
        "198.51.100.100  GB       let in   United Kingdom\n"
    )
    assert "2001:db8:9::/48" in kernel
    assert "2001:db8:1::/48" not in kernel
    assert moved == (
        "address        country  list     name\n"
        "2001:db8:9::1  FR       refused  France\n"
        "2001:db8:1::1  -        let in   -\n"
    )
    told = machine.run("ideolab-f2b", "check", check=False).stdout
    assert "/srv/geo/geoip6 is no file of countries" in told
    assert "the list that was built before stays in force" in told


def test_the_timer_can_be_enabled(installed: Machine) -> None:
    """It waits for a random time of the next day; uninstall ends it and leaves nothing of the list."""
    machine = installed
    machine.run("systemctl", "enable", "--now", "ideolab-geo.timer")
    wait_until(
        lambda: "ideolab-geo.timer" in machine.out("systemctl", "list-timers", "--all", "--plain"),
        "the timer does not wait",
    )
    machine.run("ideolab-f2b", "uninstall", "--force")

    assert machine.run("test", "-e", "/var/lib/ideolab-f2b/geo", check=False).returncode == 1
    assert "ideolab-geo" not in machine.out("systemctl", "list-timers", "--all", "--plain")
