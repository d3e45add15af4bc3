"""Counters of the sources, which begin at zero with each process, as counters that never go back. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from typing import Any

from ideolab_f2b.metrics import Sample, Values

#: the kernel counts these, and goes on while fail2ban is down
KERNEL = frozenset({"ideolab_f2b_dropped_packets_total"})
#: series that are carried over a restart, of all sources together
SERIES = 400
#: what is wrong when there are more
FULL = f"there are more than {SERIES} series of counters: the further ones are not in the metrics"

#: a name, and its labels with their values in alphabetical order
_Key = tuple[str, tuple[tuple[str, str], ...]]


def _name(sample: Sample) -> str:
    return sample.name if sample.name.endswith("_total") else f"{sample.name}_total"


@dataclass
class CarriedCounters:
    """`totals` are what is exported, `raw` what a source said last."""

    totals: dict[_Key, float] = field(default_factory=dict)
    raw: dict[_Key, float] = field(default_factory=dict)
    #: whether a series was left out
    is_full: bool = False

    def apply(self, samples: Iterable[Sample]) -> list[Sample]:
        """Return the samples with counters that go on where those of the last process ended."""
        return [self._continue(sample) if sample.kind == "counter" else sample for sample in samples]

    def _continue(self, sample: Sample) -> Sample:
        name = _name(sample)
        for values, value in sample.values.items():
            self._count((name, tuple(sorted(zip(sample.labels, values)))), value)
        known = {pairs: total for (other, pairs), total in self.totals.items() if other == name}
        values_of = {
            tuple(dict(pairs)[label] for label in sample.labels): total
            for pairs, total in known.items()
            if {label for label, _value in pairs} == set(sample.labels)
        }
        return sample._replace(name=name, values=values_of)

    def _count(self, key: _Key, value: float) -> None:
        if key not in self.totals and len(self.totals) >= SERIES:
            self.is_full = True
            return
        before = self.raw.get(key, 0.0)
        # less than before: a source that began anew
        more = value - before if value >= before else value
        self.totals[key] = self.totals.get(key, 0.0) + more
        self.raw[key] = value

    def raise_to(self, exported: Values, own: Container[str]) -> None:
        """Raise each counter to at least what was exported earlier; names in `own` are not of a source."""
        for name, values in exported.items():
            if not name.endswith("_total") or name in own:
                continue
            for pairs, value in values.items():
                key = (name, pairs)
                if key in self.totals or len(self.totals) < SERIES:
                    self.totals[key] = max(self.totals.get(key, 0.0), value)
                else:
                    self.is_full = True

    def to_json(self) -> list[list[Any]]:
        """Return what json.dumps() writes and from_json() reads."""
        return [
            [name, [list(pair) for pair in pairs], total, self.raw.get((name, pairs), 0.0)]
            for (name, pairs), total in self.totals.items()
        ]

    @classmethod
    def from_json(cls, data: Any) -> CarriedCounters:
        """Read what to_json() returned; ValueError or TypeError when it is something else."""
        counters = cls()
        for name, pairs, total, raw in data:
            key = (str(name), tuple((str(label), str(value)) for label, value in pairs))
            counters.totals[key] = float(total)
            if name in KERNEL:
                counters.raw[key] = float(raw)
        return counters
