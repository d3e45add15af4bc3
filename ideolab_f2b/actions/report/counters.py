"""What the report action counts over all restarts of fail2ban, with a bounded number of series. Pure."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from ideolab_f2b.actions.report.series import OTHER, Histogram, TopSeries
from ideolab_f2b.metrics import Distribution, Sample, Values

#: name -> (help, labels)
COUNTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "ideolab_connmon_bans_total": ("Bans of the jails that read connmon.", ()),
    "ideolab_f2b_bans_total": (
        "Bans; those restored after a restart do not count.",
        ("jail", "scope", "family"),
    ),
    "ideolab_f2b_unbans_total": ("Bans that ended.", ("jail",)),
    "ideolab_f2b_restored_total": ("Bans that fail2ban made again after a restart.", ("jail",)),
    "ideolab_f2b_events_total": ("Events by what became of them.", ("result",)),
    "ideolab_f2b_origin_lookups_total": ("Origins looked up.", ("source", "result")),
}
#: written; written without a look-up of its origin (there were too many); lost (no disk, no room)
RESULTS = ("written", "without_origin", "lost")
#: jails that read connmon.log: their bans have a counter of their own, the first that the pack had
CONNMON = ("ideolab-connmon", "ideolab-connmon-net")
#: jails that have series of their own; the others share one
JAILS = 40
#: pairs of source and result that have series of their own; the others share one
LOOKUPS = 60
#: name -> (label, help) of the counters with few series for many keys
TOPS = {
    "ideolab_f2b_bans_by_country_total": ("country", "Bans by country of the address."),
    "ideolab_f2b_bans_by_asn_total": ("asn", "Bans by AS number of the address."),
}
_LATENCY = "ideolab_f2b_ban_latency_seconds"
#: series that are there before anything is counted
_START: Mapping[str, Mapping[tuple[str, ...], float]] = {
    "ideolab_connmon_bans_total": {(): 0.0},
    "ideolab_f2b_events_total": {(result,): 0.0 for result in RESULTS},
}


def _zero() -> dict[str, dict[tuple[str, ...], float]]:
    return {name: dict(_START.get(name, {})) for name in COUNTERS}


@dataclass
class Counters:
    """`values`: {name: {label values: count}}; all of it only grows."""

    values: dict[str, dict[tuple[str, ...], float]] = field(default_factory=_zero)
    tops: dict[str, TopSeries] = field(default_factory=lambda: {name: TopSeries() for name in TOPS})
    latency: Histogram = field(default_factory=Histogram)

    def copy(self) -> Counters:
        """Return counters of their own with the same values."""
        return copy.deepcopy(self)

    def add(self, name: str, labels: tuple[str, ...] = (), count: float = 1) -> None:
        """Add to one series; KeyError when the name is none of COUNTERS."""
        series = self.values[name]
        series[labels] = series.get(labels, 0.0) + count

    def add_jail(self, jail: str) -> None:
        """Begin a jail's series at 0: Prometheus sees no growth in one whose first value is a burst."""
        label = self._jail_label(jail)
        for family in ("inet", "inet6"):
            self.add("ideolab_f2b_bans_total", (label, "ip", family), 0)
        self.add("ideolab_f2b_unbans_total", (label,), 0)
        self.add("ideolab_f2b_restored_total", (label,), 0)

    def count_ban(self, jail: str, scope: str, family: str) -> None:
        """Count one ban; `scope` is ip or net, `family` inet or inet6."""
        if jail in CONNMON:
            self.add("ideolab_connmon_bans_total")
        self.add("ideolab_f2b_bans_total", (self._jail_label(jail), scope, family))

    def count_origin(self, country: Optional[str], asn: Optional[str]) -> None:
        """Count one ban by country and AS; unknown values count as `other`."""
        for name, key in zip(TOPS, (country, asn)):
            if key:
                self.tops[name].add(key)
            else:
                self.tops[name].other += 1

    def count_unban(self, jail: str) -> None:
        """Count one ban that ended."""
        self.add("ideolab_f2b_unbans_total", (self._jail_label(jail),))

    def count_restored_ban(self, jail: str) -> None:
        """Count one ban that fail2ban made again after a restart."""
        self.add("ideolab_f2b_restored_total", (self._jail_label(jail),))

    def count_events(self, result: str, count: int = 1) -> None:
        """Count events by what became of them: one of RESULTS."""
        self.add("ideolab_f2b_events_total", (result,), count)

    def count_lookups(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Add look-ups: {(source, result): how many more there were}."""
        name = "ideolab_f2b_origin_lookups_total"
        known = self.values[name]
        for labels, count in counts.items():
            has_series = labels in known or len(known) < LOOKUPS
            self.add(name, labels if has_series else (OTHER, OTHER), count)

    def count_delays(self, delays_s: Iterable[float]) -> None:
        """Count the seconds from a log line to the element in the kernel."""
        for delay_s in delays_s:
            self.latency.add(delay_s)

    def _jail_label(self, jail: str) -> str:
        names = [f"ideolab_f2b_{what}_total" for what in ("bans", "unbans", "restored")]
        known = {labels[0] for name in names for labels in self.values[name]}
        return jail if jail in known or len(known) < JAILS else OTHER

    def collect(self) -> list[Sample]:
        """Return all counters and the histogram as samples."""
        samples = [
            Sample(name, text, "counter", labels, dict(self.values[name]))
            for name, (text, labels) in COUNTERS.items()
        ]
        samples += [
            Sample(name, text, "counter", (label,), self.tops[name].values())
            for name, (label, text) in TOPS.items()
        ]
        latency: dict[tuple[str, ...], Distribution] = {(): self.latency.distribution()}
        text = "Seconds from a log line with milliseconds to the element in the kernel."
        return [*samples, Sample(_LATENCY, text, "histogram", (), {}, latency)]

    def raise_to(self, exported: Values) -> None:
        """Raise all to at least what was exported: Prometheus would take less for a restart from zero."""
        for name, (_text, labels) in COUNTERS.items():
            for pairs, value in exported.get(name, {}).items():
                value_of = dict(pairs)
                if value_of.keys() == set(labels):
                    key = tuple(value_of[label] for label in labels)
                    self.values[name][key] = max(self.values[name].get(key, 0.0), value)
        for name, top in self.tops.items():
            top.raise_to({pairs[0][1]: value for pairs, value in exported.get(name, {}).items() if pairs})
        self._raise_latency(exported)

    def _raise_latency(self, exported: Values) -> None:
        upto = list(exported.get(f"{_LATENCY}_bucket", {}).values())
        if len(upto) == len(self.latency.counts) and upto[-1] > sum(self.latency.counts):
            self.latency.counts = [int(count - below) for count, below in zip(upto, [0.0, *upto])]
            self.latency.sum = exported.get(f"{_LATENCY}_sum", {}).get((), 0.0)

    def to_json(self) -> dict[str, Any]:
        """Return what json.dumps() writes and from_json() reads."""
        values = {
            name: [[list(labels), count] for labels, count in series.items()]
            for name, series in self.values.items()
        }
        tops = {name: top.to_json() for name, top in self.tops.items()}
        return {"values": values, "tops": tops, "latency": self.latency.to_json()}

    @classmethod
    def from_json(cls, data: Any) -> Counters:
        """Read what to_json() returned; names that are unknown are skipped.

        ValueError, TypeError, KeyError or AttributeError when it is something else.
        """
        counters = cls()
        for name, (_text, labels) in COUNTERS.items():
            for key, count in data["values"].get(name, ()):
                if len(key) != len(labels):
                    raise ValueError(f"{name} has other labels")
                counters.values[name][tuple(map(str, key))] = float(count)
        for name in TOPS:
            if name in data["tops"]:
                counters.tops[name] = TopSeries.from_json(data["tops"][name])
        counters.latency = Histogram.from_json(data["latency"])
        return counters
