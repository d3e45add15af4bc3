"""The samples of ideolab_connmon.prom, from what the last tick saw. Pure; never an address as a label."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ideolab_f2b.connmon.pressure.state import STATES, Pressure
from ideolab_f2b.connmon.suspects.suspect import count_networks
from ideolab_f2b.connmon.tick import PortTick
from ideolab_f2b.metrics import Sample, build_info, gauge


def samples(ticks: Iterable[PortTick]) -> list[Sample]:
    """Return all gauges of one tick: those with the names of the first version, then the others."""
    ports = list(ticks)
    suspects = sum(len(tick.findings.suspects) for tick in ports)
    networks = sum(count_networks(tick.findings.suspects) for tick in ports)
    phases: dict[tuple[str, ...], float] = {
        (phase, str(tick.port)): float(count)
        for tick in ports
        for phase, count in tick.findings.phases.items()
    }
    established = sum(tick.findings.established for tick in ports)
    return [
        gauge("ideolab_connmon_established_443", "Established on the watched ports.", established),
        gauge(
            "ideolab_connmon_suspect_ips",
            "Addresses and IPv6 /64 that are suspects now.",
            suspects - networks,
        ),
        Sample("ideolab_f2b_connections", "Connections by phase.", "gauge", ("phase", "port"), phases),
        Sample(
            "ideolab_f2b_suspects",
            "Suspects now, by scope.",
            "gauge",
            ("scope",),
            {("ip",): float(suspects - networks), ("net",): float(networks)},
        ),
        gauge(
            "ideolab_f2b_snapshot_seconds", "Time of the last snapshot.", sum(tick.took_s for tick in ports)
        ),
        Sample(
            "ideolab_f2b_last_success_timestamp_seconds",
            "When the job last did its work.",
            "gauge",
            ("job",),
            {("connmon",): max((tick.when for tick in ports), default=0.0)},
        ),
        *_pressure(ports),
        Sample(
            "ideolab_connmon_unexplained",
            "1 while the server is full and no address holds enough of it to explain that.",
            "gauge",
            ("port",),
            {(str(tick.port),): float(tick.findings.is_unexplained) for tick in ports},
        ),
        build_info("connmon"),
    ]


def _pressure(ticks: Iterable[PortTick]) -> list[Sample]:
    asked = [(str(tick.port), tick.findings.pressure) for tick in ticks]
    measured = [(port, one) for port, one in asked if one is not None and one.state in STATES]

    def per_port(name: str, documentation: str, value: Callable[[Pressure], int]) -> Sample:
        values: dict[tuple[str, ...], float] = {(port,): float(value(one)) for port, one in measured}
        return Sample(f"ideolab_connmon_{name}", documentation, "gauge", ("port",), values)

    return [
        per_port("pressure", "0 calm, 1 busy, 2 exhausted.", lambda one: STATES.index(one.state)),
        per_port("slots", "Connections that nginx holds.", lambda one: one.slots),
        per_port("capacity", "Connections that nginx can hold; 0 unknown.", lambda one: one.capacity),
        per_port("accept_queue", "Connections that wait to be accepted.", lambda one: one.waiting),
    ]
