"""What the last look saw -> the samples of ideolab_connmon.prom. Pure; never an address as a label."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ideolab_f2b.connmon.connection import Verdict
from ideolab_f2b.metrics import Sample, build_info, gauge


class Look(NamedTuple):
    """One port at one instant: when (epoch seconds), what was judged, how long it took (seconds)."""

    when: float
    port: int
    verdict: Verdict
    took_s: float


def samples(looks: Iterable[Look]) -> list[Sample]:
    """The seeds' three-word gauges first, then ours."""
    seen = list(looks)
    suspects = [suspect.scope for look in seen for suspect in look.verdict.suspects]
    phases: dict[tuple[str, ...], float] = {
        (phase, str(look.port)): float(count) for look in seen for phase, count in look.verdict.phases.items()
    }
    established = sum(look.verdict.established for look in seen)
    return [
        gauge("ideolab_connmon_established_443", "Established on the watched ports.", established),
        gauge("ideolab_connmon_suspect_ips", "Addresses that are suspects now.", suspects.count("ip")),
        Sample("ideolab_f2b_connections", "Connections by phase.", "gauge", ("phase", "port"), phases),
        Sample(
            "ideolab_f2b_suspects",
            "Suspects now, by scope.",
            "gauge",
            ("scope",),
            {(scope,): float(suspects.count(scope)) for scope in ("ip", "net")},
        ),
        gauge("ideolab_f2b_snapshot_seconds", "Time of the last look.", sum(look.took_s for look in seen)),
        Sample(
            "ideolab_f2b_last_success_timestamp_seconds",
            "When the job last did its work.",
            "gauge",
            ("job",),
            {("connmon",): max((look.when for look in seen), default=0.0)},
        ),
        build_info("connmon"),
    ]
