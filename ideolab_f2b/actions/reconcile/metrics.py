"""The numbers of the ban action -> samples of ideolab_f2b.prom. Pure; never an address as a label."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ideolab_f2b.firewall.names import LIST, family_sets
from ideolab_f2b.kernel.ipset.element import SetHeader
from ideolab_f2b.metrics import Sample

_Counter = tuple[int, str]
_Values = dict[tuple[str, ...], float]


@dataclass
class ReconcileCounts:
    """What the reconcile thread has counted since its process began; `drift` is of the last pass."""

    drift: dict[str, int] = field(default_factory=dict)
    repairs: dict[str, int] = field(default_factory=dict)
    #: elements that the last pass found in each set, where the kernel does not count them
    sizes: dict[str, int] = field(default_factory=dict)
    #: packets that the rule of all sets dropped
    dropped: int = 0
    #: {set: packets}, where each set has rules of its own
    dropped_by_set: dict[str, int] = field(default_factory=dict)
    #: epoch seconds of the last pass without an error, 0 before the first
    succeeded: float = 0.0
    _seen: dict[_Counter, int] = field(default_factory=dict)

    def add_repairs(self, name: str, count: int) -> None:
        """Count what was put back or lifted, of a set or of the rules (the name of the list)."""
        self.repairs[name] = self.repairs.get(name, 0) + count

    def begin_sums(self) -> None:
        """Begin what is summed up at 0: somebody else keeps the sums."""
        self.repairs.clear()
        self.dropped = 0
        self.dropped_by_set.clear()

    def forget_all_but(self, names: Iterable[str]) -> None:
        """Drop the drift of sets that no jail uses any more: it says nothing."""
        kept = {family_set for name in names for family_set in family_sets(name).values()}
        self.drift = {name: count for name, count in self.drift.items() if name in kept}
        self.sizes = {name: count for name, count in self.sizes.items() if name in kept}

    def see_rules(self, version: int, counters: Mapping[str, int]) -> None:
        """Take the counters of a family's rules; a rule that was put anew has begun at 0."""
        self.dropped += sum(self._add(version, chain, packets) for chain, packets in counters.items())

    def see_sets(self, version: int, counters: Mapping[str, int]) -> None:
        """The same of rules that each match one set."""
        for name, packets in counters.items():
            added = self._add(version, name, packets)
            self.dropped_by_set[name] = self.dropped_by_set.get(name, 0) + added

    def _add(self, version: int, counter: str, packets: int) -> int:
        # what was dropped before this process began was its forerunner's to count
        before = self._seen.get((version, counter), packets)
        self._seen[version, counter] = packets
        return packets - before if packets >= before else packets

    def begin_rules(self, version: int, chains: Iterable[str]) -> None:
        """Note that rules were just put: their counters begin at 0."""
        for chain in chains:
            self._seen[version, chain] = 0


def kernel(counted: ReconcileCounts, headers: Iterable[SetHeader]) -> list[Sample]:
    """The samples of all sets and of the rules."""
    seen = list(headers)
    sizes = {
        header.name: counted.sizes.get(header.name, 0) if header.elements is None else header.elements
        for header in seen
    }
    fill: _Values = {(header.name,): sizes[header.name] / header.maxelem for header in seen if header.maxelem}
    samples = [
        _by_set("kernel_elements", "Elements in the kernel set.", "gauge", _label(sizes)),
        _by_set("set_fill_ratio", "How full the kernel set is, 0 to 1.", "gauge", fill),
        _by_set(
            "drift_elements",
            "Elements that differed from what fail2ban holds, when last compared.",
            "gauge",
            _label(counted.drift),
        ),
        _by_set(
            "repairs_total",
            "Elements, sets, list members and rules that were put back or lifted.",
            "counter",
            _label(counted.repairs),
        ),
        _by_set(
            "dropped_packets_total",
            "Packets of banned addresses that the rules dropped.",
            "counter",
            {(LIST,): float(counted.dropped), **_label(counted.dropped_by_set)},
        ),
    ]
    if counted.succeeded:
        done: _Values = {("reconcile",): counted.succeeded}
        name, text = "ideolab_f2b_last_success_timestamp_seconds", "When the job last did its work."
        samples.append(Sample(name, text, "gauge", ("job",), done))
    return samples


def jail(name: str, bans: Mapping[str, int], counts: Mapping[str, int], destroyed: int) -> list[Sample]:
    """The samples of one jail: its bans by family, what its action counted, the sockets that it closed."""
    active: _Values = {(name, family): float(count) for family, count in bans.items()}
    return [
        Sample("ideolab_f2b_active_bans", "Bans that fail2ban holds.", "gauge", ("jail", "family"), active),
        Sample(
            "ideolab_f2b_refused_total",
            "Bans that were refused, such as of an allowlisted address.",
            "counter",
            ("jail",),
            {(name,): float(counts["refused"])},
        ),
        Sample(
            "ideolab_f2b_aggregates_total",
            "Prefixes that were banned because single bans filled much of them.",
            "counter",
            ("jail",),
            {(name,): float(counts["aggregated"])},
        ),
        Sample(
            "ideolab_f2b_ban_errors_total",
            "Errors of the ban action.",
            "counter",
            ("jail",),
            {(name,): float(counts["errors"])},
        ),
        Sample(
            "ideolab_f2b_sockets_destroyed_total",
            "Open sockets of banned peers that were closed.",
            "counter",
            (),
            {(): float(destroyed)},
        ),
    ]


def _by_set(name: str, text: str, kind: str, values: Mapping[tuple[str, ...], float]) -> Sample:
    return Sample(f"ideolab_f2b_{name}", text, kind, ("set",), values)


def _label(counts: Mapping[str, int]) -> _Values:
    return {(name,): float(count) for name, count in sorted(counts.items())}
