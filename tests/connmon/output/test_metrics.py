"""metrics: what node_exporter reads of one tick."""

from __future__ import annotations

import pytest

from ideolab_f2b import __version__, metrics
from ideolab_f2b.connmon.output.metrics import samples
from ideolab_f2b.connmon.pressure.state import Pressure
from ideolab_f2b.connmon.suspects.findings import Findings
from ideolab_f2b.connmon.suspects.suspect import Suspect
from ideolab_f2b.connmon.tick import PortTick


def test_the_pressure_of_each_port() -> None:
    """A port whose pressure nobody measures has no number, which is not calm."""
    found = Pressure("exhausted", 509, 512, "nginx", 3, 511, "why", 5.0)
    ticks = [
        PortTick(100.0, 443, Findings(pressure=found, is_unexplained=True), 0.25),
        PortTick(100.5, 8443, Findings(), 0.25),
    ]

    lines = metrics.render(samples(ticks)).decode().splitlines()

    assert [line for line in lines if line.startswith("ideolab_connmon_") and "port=" in line] == [
        'ideolab_connmon_pressure{port="443"} 2.0',
        'ideolab_connmon_slots{port="443"} 509.0',
        'ideolab_connmon_capacity{port="443"} 512.0',
        'ideolab_connmon_accept_queue{port="443"} 3.0',
        'ideolab_connmon_unexplained{port="443"} 1.0',
        'ideolab_connmon_unexplained{port="8443"} 0.0',
    ]


class Numbers:
    """What is known of containers."""

    number, errors = 2, 3


@pytest.mark.parametrize(
    ("states", "pressure"),
    [
        (("calm", "calm"), ["0.0"]),
        (("calm", "exhausted"), ["2.0"]),
        (("busy", "unknown"), ["1.0"]),
        (("calm", "unknown"), []),
    ],
)
def test_the_servers_of_one_port_add_up(states: tuple[str, str], pressure: list[str]) -> None:
    """The worst pressure is told, and no calm where a container's is not known."""
    ticks = [
        PortTick(
            100.0,
            443,
            Findings(phases={"mute": 4}, pressure=Pressure(state, 10, 20, "setting", 1, 511, "", 5.0)),
            0.25,
            netns=number,
        )
        for number, state in enumerate(states)
    ]

    text = metrics.render(samples(ticks, Numbers())).decode()

    found = [line.rpartition(" ")[2] for line in text.splitlines() if line.startswith("ideolab_connmon_pres")]
    assert found == pressure
    for line in (
        'ideolab_f2b_connections{phase="mute",port="443"} 8.0',
        'ideolab_connmon_slots{port="443"} 20.0',
        'ideolab_connmon_capacity{port="443"} 40.0',
        'ideolab_connmon_accept_queue{port="443"} 2.0',
        "ideolab_f2b_namespaces 2.0",
        "ideolab_f2b_namespace_errors_total 3.0",
    ):
        assert f"\n{line}\n" in text


def test_containers_of_which_nobody_tells() -> None:
    """No number is not zero."""
    unknown = Numbers()
    unknown.number = None  # type: ignore[assignment]

    text = metrics.render(samples([PortTick(100.0, 443, Findings(), 0.25)], unknown)).decode()

    assert "\nideolab_f2b_namespaces " not in text
    assert "\nideolab_f2b_namespace_errors_total 3.0\n" in text


def test_the_whole_file() -> None:
    """Two ports add up where the name has no port."""
    suspect = Suspect("198.51.100.10", "ip", 2, 40, 1, {"mute": 40})
    ticks = [
        PortTick(100.0, 443, Findings([suspect], {"mute": 40, "idle": 2}, 42, 41), 0.25),
        PortTick(100.5, 8443, Findings([], {"idle": 1}, 1, 1), 0.25),
    ]

    text = metrics.render(samples(ticks)).decode()

    assert [line for line in text.splitlines() if not line.startswith("#")] == [
        "ideolab_connmon_established_443 42.0",
        "ideolab_connmon_suspect_ips 1.0",
        'ideolab_f2b_connections{phase="mute",port="443"} 40.0',
        'ideolab_f2b_connections{phase="idle",port="443"} 2.0',
        'ideolab_f2b_connections{phase="idle",port="8443"} 1.0',
        'ideolab_f2b_suspects{scope="ip"} 1.0',
        'ideolab_f2b_suspects{scope="net"} 0.0',
        "ideolab_f2b_snapshot_seconds 0.5",
        'ideolab_f2b_last_success_timestamp_seconds{job="connmon"} 100.5',
        'ideolab_connmon_unexplained{port="443"} 0.0',
        'ideolab_connmon_unexplained{port="8443"} 0.0',
        f'ideolab_f2b_build_info{{program="connmon",version="{__version__}"}} 1.0',
    ]
