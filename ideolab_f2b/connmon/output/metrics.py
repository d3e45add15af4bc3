"""The samples of ideolab_connmon.prom, from what the last tick saw. Pure; never an address as a label."""

from __future__ import annotations

from collections.abc import Iterable

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
        build_info("connmon"),
    ]
