"""worst: one table of several ticks, that of the worst."""

from __future__ import annotations

from ideolab_f2b.connmon.output.table import TableFormat
from ideolab_f2b.connmon.output.worst import WorstMoments
from ideolab_f2b.connmon.pressure.state import Pressure
from ideolab_f2b.connmon.suspects.findings import Findings
from ideolab_f2b.connmon.suspects.suspect import Suspect
from ideolab_f2b.connmon.tick import PortTick

FORM = TableFormat()


def suspect(number: int) -> Suspect:
    return Suspect(f"198.51.100.{number}", "ip", 2, 40, 1, {"mute": 40}, ("40 mute",))


def look(*moments: Findings, port: int = 443) -> str:
    worst = WorstMoments()
    for number, findings in enumerate(moments):
        worst.add(PortTick(float(number), port, findings, 0.0), FORM)
    return worst.format()


def test_the_one_with_suspects() -> None:
    """The first snapshot has no rates and the last one may be calm again: neither is what is shown."""
    found = look(
        Findings(connections=90),
        Findings([suspect(1), suspect(2)], connections=80),
        Findings([suspect(3)], connections=95),
    )

    assert "port 443: 80 connections (none), 2 suspects" in found
    assert found.splitlines()[-1] == "the worst of 3 snapshots; the others had 1 more suspect"


def test_the_fullest_server() -> None:
    """With as many suspects, the state of the server decides; of two alike the later is shown."""

    def full(state: str, connections: int) -> Findings:
        return Findings(connections=connections, pressure=Pressure(state, 1, 2, "nginx", 0, 0, "so", 0.0))

    assert "port 443: 2 connections" in look(full("busy", 1), full("exhausted", 2), full("calm", 3))
    assert "port 443: 3 connections" in look(full("unknown", 2), full("unknown", 3))


def test_each_port_has_its_own() -> None:
    """A single snapshot is no worst one."""
    worst = WorstMoments()
    worst.add(PortTick(0.0, 443, Findings(connections=1), 0.0), FORM)
    worst.add(PortTick(0.0, 8443, Findings(connections=2), 0.0), FORM)

    assert [line.partition(" port ")[2] for line in worst.format().splitlines() if " port " in line] == [
        "443: 1 connection (none), 0 suspects",
        "8443: 2 connections (none), 0 suspects",
    ]
    assert "the worst of" not in worst.format()
    assert WorstMoments().format() == ""


def test_each_namespace_has_its_own() -> None:
    """The same port in a container is another server."""
    worst = WorstMoments()
    worst.add(PortTick(0.0, 443, Findings(connections=1), 0.0), FORM)
    worst.add(PortTick(0.0, 443, Findings(connections=2), 0.0, "lxc:c1", 7), FORM)

    assert [line.partition(" port ")[2] for line in worst.format().splitlines() if " port " in line] == [
        "443: 1 connection (none), 0 suspects",
        "443 in lxc:c1: 2 connections (none), 0 suspects",
    ]
