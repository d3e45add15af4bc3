"""systemd knows whether connmon and the intake work, and starts anew the one that stands still."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo.lab.wait import wait_until
from tests.host.machine import Machine, boot

pytestmark = pytest.mark.systemd

UNITS = ("ideolab-connmon", "ideolab-intake")
#: the unit as it is, but for the minute that the test would take
_SOON = """
for unit in connmon intake; do
    place="/etc/systemd/system/ideolab-$unit.service.d"
    mkdir -p "$place"
    printf '[Service]\\nWatchdogSec=4s\\n' >"$place/soon.conf"
done
printf 'ExecStart=\\nExecStart=/usr/local/bin/ideolab-f2b connmon --every 10m\\n' \\
    >>/etc/systemd/system/ideolab-connmon.service.d/soon.conf
systemctl daemon-reload
systemctl restart ideolab-connmon ideolab-intake
"""
_AS_INSTALLED = """
rm /etc/systemd/system/ideolab-{connmon,intake}.service.d/soon.conf
systemctl daemon-reload
systemctl restart ideolab-connmon ideolab-intake
"""


def show(machine: Machine, unit: str, name: str) -> str:
    return machine.out("systemctl", "show", f"--property={name}", "--value", unit).strip()


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """With the pack and both daemons."""
    with boot() as machine:
        machine.install()
        yield machine


@pytest.fixture
def impatient(machine: Machine) -> Iterator[Machine]:
    """The same with a short watchdog."""
    machine.shell(_SOON)
    yield machine
    machine.shell(_AS_INSTALLED)


@pytest.mark.parametrize("unit", UNITS)
def test_a_start_ends_when_the_daemon_works(machine: Machine, unit: str) -> None:
    """With the units as they are installed."""
    machine.run("systemctl", "restart", unit)

    names = ("Type", "NotifyAccess", "WatchdogUSec", "ActiveState")
    assert [show(machine, unit, name) for name in names] == ["notify", "main", "1min", "active"]
    words = {"ideolab-connmon": "connections", "ideolab-intake": "lines written"}
    assert words[unit] in show(machine, unit, "StatusText")


def test_a_daemon_that_stands_still_is_started_anew(impatient: Machine) -> None:
    """A daemon that only pauses, for ten minutes, is not."""
    machine = impatient
    before = {unit: show(machine, unit, "MainPID") for unit in UNITS}
    machine.shell("sleep 12")
    assert {unit: show(machine, unit, "MainPID") for unit in UNITS} == before

    for unit, pid in before.items():
        machine.run("kill", "-STOP", pid)
        wait_until(
            lambda unit=unit, pid=pid: (
                show(machine, unit, "MainPID") not in ("0", pid)  # type: ignore[misc]
                and show(machine, unit, "ActiveState") == "active"
            ),
            lambda unit=unit: machine.shell(f"journalctl -u {unit}"),  # type: ignore[misc]
            every_s=0.2,
        )
        assert show(machine, unit, "NRestarts") == "1"
        assert "watchdog" in machine.shell(f"journalctl -u {unit}").lower()
