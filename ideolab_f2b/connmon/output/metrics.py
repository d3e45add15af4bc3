"""The samples of ideolab_connmon.prom, from what the last tick saw. Pure; never an address as a label."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Optional, Protocol

from ideolab_f2b.connmon.pressure.state import STATES, Pressure, find_worst
from ideolab_f2b.connmon.suspects.suspect import count_networks
from ideolab_f2b.connmon.tick import PortTick
from ideolab_f2b.metrics import Sample, build_info, gauge

_Values = dict[tuple[str, ...], float]


class ContainerNumbers(Protocol):
    """What looks into containers: connmon.containers.look.Containers."""

    @property
    def number(self) -> Optional[int]:
        """How many namespaces there are; None where nobody says."""

    @property
    def errors(self) -> int:
        """How many looks into one of them have failed."""


def samples(ticks: Iterable[PortTick], containers: Optional[ContainerNumbers] = None) -> list[Sample]:
    """Return all gauges of one tick: those with the names of the first version, then the others.

    The servers of one port in several namespaces are summed.
    """
    ports = list(ticks)
    suspects = sum(len(tick.findings.suspects) for tick in ports)
    networks = sum(count_networks(tick.findings.suspects) for tick in ports)
    phases = Counter[tuple[str, ...]]()
    for tick in ports:
        for phase, count in tick.findings.phases.items():
            phases[phase, str(tick.port)] += count
    unexplained: _Values = {}
    for tick in ports:
        key = (str(tick.port),)
        unexplained[key] = max(unexplained.get(key, 0.0), float(tick.findings.is_unexplained))
    established = sum(tick.findings.established for tick in ports)
    return [
        gauge("ideolab_connmon_established_443", "Established on the watched ports.", established),
        gauge(
            "ideolab_connmon_suspect_ips",
            "Addresses and IPv6 /64 that are suspects now.",
            suspects - networks,
        ),
        Sample(
            "ideolab_f2b_connections",
            "Connections by phase.",
            "gauge",
            ("phase", "port"),
            {key: float(count) for key, count in phases.items()},
        ),
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
            unexplained,
        ),
        *_containers(containers),
        build_info("connmon"),
    ]


def _containers(containers: Optional[ContainerNumbers]) -> list[Sample]:
    """Return what is known of containers: no number where nobody says one."""
    number = containers.number if containers is not None else None
    values: _Values = {} if number is None else {(): float(number)}
    errors: _Values = {} if containers is None else {(): float(containers.errors)}
    return [
        Sample("ideolab_f2b_namespaces", "Namespaces of containers that are watched.", "gauge", (), values),
        Sample(
            "ideolab_f2b_namespace_errors_total",
            "Looks into a namespace of a container that failed.",
            "counter",
            (),
            errors,
        ),
    ]


def _pressure(ticks: Iterable[PortTick]) -> list[Sample]:
    asked = defaultdict[str, list[Pressure]](list)
    for tick in ticks:
        if tick.findings.pressure is not None:
            asked[str(tick.port)].append(tick.findings.pressure)
    states = {port: find_worst(one.state for one in found) for port, found in asked.items()}
    worst: _Values = {(port,): float(STATES.index(one)) for port, one in states.items() if one in STATES}
    # of a saved text nothing is known
    known = {port: found for port, found in asked.items() if any(one.state in STATES for one in found)}

    def per_port(name: str, documentation: str, values: _Values) -> Sample:
        return Sample(f"ideolab_connmon_{name}", documentation, "gauge", ("port",), values)

    def sum_up(count: Callable[[Pressure], int]) -> _Values:
        return {(port,): float(sum(map(count, found))) for port, found in known.items()}

    return [
        per_port("pressure", "0 calm, 1 busy, 2 exhausted.", worst),
        per_port("slots", "Connections that nginx holds.", sum_up(lambda one: one.slots)),
        per_port("capacity", "Connections that nginx can hold; 0 unknown.", sum_up(lambda one: one.capacity)),
        per_port("accept_queue", "Connections that wait to be accepted.", sum_up(lambda one: one.waiting)),
    ]
