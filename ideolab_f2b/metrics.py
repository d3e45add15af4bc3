"""Metrics -> an atomic .prom file for the textfile collector. The only user of prometheus_client."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast


class MetricsUnavailableError(RuntimeError):
    """prometheus_client is not installed where this Python looks."""


class Sample(NamedTuple):
    """One metric with its values: `values` maps the label values, in the order of `labels`, to the number."""

    name: str
    documentation: str
    kind: str
    labels: Sequence[str]
    values: Mapping[tuple[str, ...], float]


def gauge(name: str, documentation: str, value: float) -> Sample:
    """A gauge without labels."""
    return Sample(name, documentation, "gauge", (), {(): value})


def render(samples: Iterable[Sample]) -> bytes:
    """The exposition text of the samples, in their order."""
    try:
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
    except ImportError as error:
        raise MetricsUnavailableError(
            "prometheus_client is missing: apt-get install python3-prometheus-client"
        ) from error
    kinds = {"gauge": GaugeMetricFamily, "counter": CounterMetricFamily}

    class Collector:
        def collect(self) -> Iterable[Any]:
            for sample in samples:
                family = kinds[sample.kind](sample.name, sample.documentation, labels=sample.labels)
                for labels, value in sample.values.items():
                    family.add_metric(labels, value)
                yield family

    registry = CollectorRegistry(auto_describe=False)
    registry.register(cast(Any, Collector()))
    text: bytes = generate_latest(registry)
    return text


def write(path: Path, samples: Iterable[Sample]) -> None:
    """Replace `path` at once, mode 0644 whatever the umask; OSError leaves the old file as it was."""
    text = render(list(samples))
    # the name must not end in .prom: the collector reads every *.prom of its directory
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            os.fchmod(file.fileno(), 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
