"""What the report action counts over all restarts of fail2ban, with a bounded number of series. Pure."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional

from ideolab_f2b.actions.report.buckets import Buckets
from ideolab_f2b.actions.report.exported import Values
from ideolab_f2b.actions.report.series import OTHER, Top
from ideolab_f2b.metrics import Distribution, Sample

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
#: written; written without a look for its origin (there were too many); lost (no disk, no room)
RESULTS = ("written", "without_origin", "lost")
CONNMON = ("ideolab-connmon", "ideolab-connmon-net")
#: jails that have series of their own
JAILS = 40
LOOKUPS = 60
TOPS = {
    "ideolab_f2b_bans_by_country_total": ("country", "Bans by country of the address."),
    "ideolab_f2b_bans_by_asn_total": ("asn", "Bans by AS number of the address."),
}
_LATENCY = "ideolab_f2b_ban_latency_seconds"
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
    tops: dict[str, Top] = field(default_factory=lambda: {name: Top() for name in TOPS})
    latency: Buckets = field(default_factory=Buckets)

    def copy(self) -> Counters:
        return copy.deepcopy(self)

    def add(self, name: str, labels: tuple[str, ...] = (), count: float = 1) -> None:
        known = self.values[name]
        known[labels] = known.get(labels, 0.0) + count

    def meet(self, jail: str) -> None:
        """Series that begin at 0: Prometheus sees no growth in one whose first value is a burst."""
        named = self._jail(jail)
        for family in ("inet", "inet6"):
            self.add("ideolab_f2b_bans_total", (named, "ip", family), 0)
        self.add("ideolab_f2b_unbans_total", (named,), 0)
        self.add("ideolab_f2b_restored_total", (named,), 0)

    def ban(self, jail: str, scope: str, family: str) -> None:
        if jail in CONNMON:
            self.add("ideolab_connmon_bans_total")
        self.add("ideolab_f2b_bans_total", (self._jail(jail), scope, family))

    def origin(self, country: Optional[str], asn: Optional[str]) -> None:
        """Of a ban; what is not known is among the others."""
        for name, key in zip(TOPS, (country, asn)):
            if key:
                self.tops[name].add(key)
            else:
                self.tops[name].other += 1

    def unban(self, jail: str) -> None:
        self.add("ideolab_f2b_unbans_total", (self._jail(jail),))

    def restored(self, jail: str) -> None:
        self.add("ideolab_f2b_restored_total", (self._jail(jail),))

    def event(self, result: str, count: int = 1) -> None:
        self.add("ideolab_f2b_events_total", (result,), count)

    def lookups(self, counts: Mapping[tuple[str, str], int]) -> None:
        """How many more there were."""
        known = self.values["ideolab_f2b_origin_lookups_total"]
        for labels, count in counts.items():
            self.add(
                "ideolab_f2b_origin_lookups_total",
                labels if labels in known or len(known) < LOOKUPS else (OTHER, OTHER),
                count,
            )

    def delays(self, seconds: Iterable[float]) -> None:
        for each in seconds:
            self.latency.add(each)

    def _jail(self, jail: str) -> str:
        known = {labels[0] for name in ("bans", "unbans", "restored") for labels in self._of(name)}
        return jail if jail in known or len(known) < JAILS else OTHER

    def _of(self, name: str) -> Iterable[tuple[str, ...]]:
        return self.values[f"ideolab_f2b_{name}_total"]

    def samples(self) -> list[Sample]:
        found = [
            Sample(name, text, "counter", labels, dict(self.values[name]))
            for name, (text, labels) in COUNTERS.items()
        ]
        found += [
            Sample(name, text, "counter", (label,), self.tops[name].values())
            for name, (label, text) in TOPS.items()
        ]
        known: dict[tuple[str, ...], Distribution] = {(): self.latency.distribution()}
        text = "Seconds from a log line with milliseconds to the element in the kernel."
        return [*found, Sample(_LATENCY, text, "histogram", (), {}, known)]

    def raise_to(self, exported: Values) -> None:
        """Nothing below what was exported earlier: Prometheus would take it for a restart from zero."""
        for name, (_text, labels) in COUNTERS.items():
            for pairs, value in exported.get(name, {}).items():
                told = dict(pairs)
                if told.keys() == set(labels):
                    key = tuple(told[label] for label in labels)
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
        values = {
            name: [[list(key), count] for key, count in known.items()] for name, known in self.values.items()
        }
        tops = {name: top.to_json() for name, top in self.tops.items()}
        return {"values": values, "tops": tops, "latency": self.latency.to_json()}

    @classmethod
    def from_json(cls, told: Any) -> Counters:
        """ValueError, TypeError, KeyError or AttributeError when it is none; unknown names are skipped."""
        made = cls()
        for name, (_text, labels) in COUNTERS.items():
            for key, count in told["values"].get(name, ()):
                if len(key) != len(labels):
                    raise ValueError(f"{name} has other labels")
                made.values[name][tuple(map(str, key))] = float(count)
        for name in TOPS:
            if name in told["tops"]:
                made.tops[name] = Top.from_json(told["tops"][name])
        made.latency = Buckets.from_json(told["latency"])
        return made
