"""The .prom files of the textfile collector: write one, read one. Only this module uses prometheus_client."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from ideolab_f2b import __version__, files
from ideolab_f2b.places import install_command

#: bytes of a file that are read; one of ours has some ten thousand
_READ_BYTES = 1 << 20
_NUMBER = r"[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?|\+Inf"
_LINE = re.compile(rf'([a-zA-Z_][a-zA-Z0-9_]*)(?:\{{((?:[^"}}]|"(?:[^"\\]|\\.)*")*)\}})? ({_NUMBER})$')
_LABEL = re.compile(r'(?<![a-zA-Z0-9_])([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')
_ESCAPED = re.compile(r"\\(.)")

#: {name: {((label, value), ...) in alphabetical order: number}}
Values = dict[str, dict[tuple[tuple[str, str], ...], float]]


class MetricsUnavailableError(RuntimeError):
    """prometheus_client is not installed where this Python looks."""


class Distribution(NamedTuple):
    """The value of a histogram: how many were at most so many seconds, and the sum of all."""

    #: (upper limit, number up to it), ascending, without +Inf
    buckets: Sequence[tuple[float, float]]
    number: float
    sum: float


class Sample(NamedTuple):
    """One metric with its values: `values` maps the label values, in the order of `labels`, to the number.

    `kind` is gauge, counter (the name with or without its _total) or histogram, which has `distributions`.
    """

    name: str
    documentation: str
    kind: str
    labels: Sequence[str]
    values: Mapping[tuple[str, ...], float]
    distributions: Mapping[tuple[str, ...], Distribution] = {}


def gauge(name: str, documentation: str, value: float) -> Sample:
    """Return a gauge without labels."""
    return Sample(name, documentation, "gauge", (), {(): value})


def build_info(program: str) -> Sample:
    """Return the metric with the version that a program has loaded; each program writes its own file."""
    labels: dict[tuple[str, ...], float] = {(__version__, program): 1.0}
    return Sample("ideolab_f2b_build_info", "Always 1.", "gauge", ("version", "program"), labels)


def render(samples: Iterable[Sample]) -> bytes:
    """Return the exposition text of the samples, in their order."""
    try:
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
    except ImportError as error:
        raise MetricsUnavailableError(
            f"prometheus_client is missing: {install_command('python3-prometheus-client')}"
        ) from error
    # families made by hand have no _created, whatever the release
    kinds: dict[str, Any] = {
        "gauge": GaugeMetricFamily,
        "counter": CounterMetricFamily,
        "histogram": HistogramMetricFamily,
    }

    class Collector:
        def collect(self) -> Iterable[Any]:
            for sample in samples:
                family = kinds[sample.kind](sample.name, sample.documentation, labels=sample.labels)
                for labels, value in sample.values.items():
                    family.add_metric(labels, value)
                for labels, known in sample.distributions.items():
                    family.add_metric(labels, _buckets(known), known.sum)
                yield family

    registry = CollectorRegistry(auto_describe=False)
    registry.register(cast(Any, Collector()))
    text: bytes = generate_latest(registry)
    return text


def _buckets(known: Distribution) -> list[tuple[str, float]]:
    return [*((str(float(limit)), upto) for limit, upto in known.buckets), ("+Inf", known.number)]


def write(path: Path, samples: Iterable[Sample]) -> None:
    """Replace `path` at once, mode 0644 whatever the umask; OSError leaves the old file as it was."""
    files.replace(path, render(list(samples)), 0o644)


def read(path: Path) -> Values:
    """Return the values of a .prom file; {} when there is no such file or it cannot be read."""
    try:
        file = files.open_to_read(path)
    except OSError:
        return {}
    with file:
        return parse(file.read(_READ_BYTES).decode("utf-8", "replace"))


def parse(text: str) -> Values:
    """Return the values of an exposition text; a line that is no metric is passed over."""
    values: Values = {}
    for line in text.splitlines():
        hit = _LINE.match(line)
        if hit and not line.startswith("#"):
            pairs = ((label, _ESCAPED.sub(_unescape, value)) for label, value in _LABEL.findall(hit[2] or ""))
            values.setdefault(hit[1], {})[tuple(sorted(pairs))] = float(hit[3])
    return values


def _unescape(hit: re.Match[str]) -> str:
    return "\n" if hit[1] == "n" else hit[1]
