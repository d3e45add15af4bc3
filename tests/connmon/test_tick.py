"""tick: what one tick saw of one port."""

from __future__ import annotations

from ideolab_f2b.connmon.suspects.findings import Findings
from ideolab_f2b.connmon.tick import PortTick


def test_a_tick_without_a_new_snapshot_keeps_its_findings() -> None:
    """A calm host's tick is the last one with another time."""
    tick = PortTick(100.0, 443, Findings(connections=3), 0.25)

    assert tick._replace(when=105.0, took_s=0.0) == PortTick(105.0, 443, Findings(connections=3), 0.0)


def test_a_port_of_a_container_is_another_server() -> None:
    """Its namespace tells it apart, and people read its name."""
    host = PortTick(100.0, 443, Findings(), 0.25)
    inside = host._replace(namespace="lxc:c1", netns=7)

    assert (host.server, inside.server) == ((0, 443), (7, 443))
    assert (host.title, inside.title) == ("port 443", "port 443 in lxc:c1")
