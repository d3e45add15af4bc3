"""The country list in sets of ipset and a few rules of iptables, for hosts whose bans are there too.

A set of nf_tables with so many elements makes `nft list ruleset` of others print them all; an ipset does not.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence
from typing import Optional

from ideolab_f2b.geo.rule.ipset import lines as ipset_lines
from ideolab_f2b.geo.rule.ipset import tables as ipset_tables
from ideolab_f2b.geo.rule.ipset.lines import (
    EXEMPT,
    PAUSE,
    PORT_SETS,
    PORTS,
    RECENT,
    SLOTS,
    START,
    TRIAL,
    Slot,
    UsedSlot,
)
from ideolab_f2b.geo.rule.ipset.sets import CountrySets
from ideolab_f2b.geo.rule.plan import VERSIONS, KernelState, Prefixes, RulePlan
from ideolab_f2b.kernel.address import Address
from ideolab_f2b.kernel.ipset.error import SetBusyError, SetMissingError


class IpsetRule:
    """Sets and chains of the country list. A failure in the middle leaves what is in force as it was."""

    name = "ipset"

    def __init__(self) -> None:
        self._sets = CountrySets()
        self._versions = ipset_tables.list_versions()

    def close(self) -> None:
        """Close the socket to the kernel."""
        self._sets.close()

    def put(self, plan: RulePlan) -> None:
        """Put a list in force for good; the one that was, and a trial, go."""
        self._keep(plan, self._fill(plan))

    def try_out(self, plan: RulePlan, seconds: float) -> None:
        """Put a list in force for a time; then the kernel itself goes back to what was, or to nothing."""
        slot = self._fill(plan)
        self._sets.put_ports(TRIAL, plan.ports, seconds)
        self._write(self._force(), UsedSlot(slot, plan.has_quic))

    def confirm(self, plan: RulePlan) -> None:
        """Keep the list that is tried out, whose prefixes are in the kernel already; the one before goes."""
        self._keep(plan, ipset_tables.read_both(4)[ipset_tables.RAW].uses[TRIAL])

    def end_trial(self) -> None:
        """Take away what is left of a trial."""
        self._sets.flush(TRIAL)
        self._write(self._force(), None)
        self._drop_unused()

    def exempt(self, exempt: Prefixes) -> None:
        """Replace whom no list refuses."""
        for version in VERSIONS:
            self._sets.replace_prefixes(
                ipset_lines.set_name(EXEMPT, version), version, exempt.get(version, ())
            )

    def pause(self, ports: Sequence[int], seconds: float) -> None:
        """Refuse nobody on these ports for so long; 0 ends a pause."""
        self._sets.put_ports(PAUSE, ports if seconds else (), seconds)

    def remove(self) -> bool:
        """Take everything away; return whether there was something."""
        found = [ipset_tables.remove(version) for version in self._versions]
        ours = self._names()
        for name in ours:
            self._sets.destroy(name)
        return any(found) or bool(ours)

    def look(self) -> KernelState:
        """Return what is there; OSError or RuleError where it cannot be seen."""
        if PORTS not in self._names():
            return KernelState()
        states = [ipset_tables.read_both(version) for version in self._versions]
        force, trial = (
            {state[ipset_tables.RAW].uses.get(name) for state in states} for name in (PORTS, TRIAL)
        )
        is_linked = all(state[ipset_tables.RAW].is_linked for state in states) and self._has_exempt()
        ports, tried, pause = map(self._sets.read_ports, (PORTS, TRIAL, PAUSE))
        return KernelState(
            token=_token(force) if ports and is_linked else "",
            ports=tuple(sorted(ports)),
            trial=_token(trial) if tried else "",
            trial_s=max(tried.values(), default=0.0),
            pause_s=max(pause.values(), default=0.0),
            refused={
                version: sum(each.drops for each in state.values())
                for version, state in zip(self._versions, states)
            },
            counts=self._count(force),
        )

    def list_recent(self) -> Iterator[Address]:
        """Yield the clients that were refused in the last minutes, as far as there was room to note them."""
        for version in VERSIONS:
            with contextlib.suppress(SetMissingError):
                for found in self._sets.elements(ipset_lines.set_name(RECENT, version)):
                    yield found.network.network_address

    def _fill(self, plan: RulePlan) -> Slot:
        """Put the prefixes of a list into a slot that no rule asks; a trial goes before."""
        self.make_sets()
        if any(TRIAL in uses for uses in self._read_uses()):
            self.end_trial()
        name = self._find_free()
        for version in VERSIONS:
            prefixes = plan.prefixes.get(version, ())
            self._sets.create_prefixes(ipset_lines.set_name(name, version), version, prefixes)
        self.exempt(plan.exempt)
        return Slot(plan.token, name, plan.policy)

    def _has_exempt(self) -> bool:
        """Whether somebody is exempt in both families, as always: else their sets were emptied."""
        names = (ipset_lines.set_name(EXEMPT, version) for version in VERSIONS)
        try:
            return all(self._sets.header(name).elements != 0 for name in names)
        except SetMissingError:
            return False

    def _count(self, force: set[Optional[Slot]]) -> dict[int, int]:
        """Return {version: elements} of the list in force; nothing where the kernel does not count them."""
        names = {slot.set for slot in force if slot is not None}
        counts = {}
        for version in VERSIONS if len(names) == 1 else ():
            try:
                count = self._sets.header(ipset_lines.set_name(next(iter(names)), version)).elements
            except SetMissingError:
                count = 0
            if count is None:
                return {}
            counts[version] = count
        return counts

    def _find_free(self) -> str:
        """Return the slot that no rule asks, nor a chain that has lost its way in."""
        for name in SLOTS:
            with contextlib.suppress(SetBusyError):
                for version in VERSIONS:
                    with contextlib.suppress(SetMissingError):
                        self._sets.destroy(ipset_lines.set_name(name, version))
                return name
        # rules that somebody has changed: nothing is left to spare
        for version in self._versions:
            ipset_tables.remove(version)
        return SLOTS[0]

    def _read_uses(self) -> list[dict[str, Slot]]:
        """Return what each table of each family leads to."""
        return [
            state.uses for version in self._versions for state in ipset_tables.read_both(version).values()
        ]

    def make_sets(self, but: Collection[str] = ()) -> None:
        """Make all sets that rules of ours can name and that are missing, but for these."""
        there = {*self._names(), *but}
        for name in PORT_SETS:
            if name not in there:
                self._sets.create_ports(name)
        for version in VERSIONS:
            recent = ipset_lines.set_name(RECENT, version)
            if recent not in there:
                self._sets.create_recent(recent, version)
            for name in (ipset_lines.set_name(one, version) for one in (EXEMPT, *SLOTS)):
                if name not in there:
                    self._sets.create_prefixes(name, version, ())

    def _keep(self, plan: RulePlan, slot: Slot) -> None:
        """Let a list be in force for good."""
        # the ports first: while the rules still lead to the trial, nothing is asked for them twice
        self._sets.put_ports(PORTS, plan.ports, 0)
        self._write(UsedSlot(slot, plan.has_quic), None)
        self._sets.flush(TRIAL)
        self._drop_unused()

    def _write(self, force: Optional[UsedSlot], trial: Optional[UsedSlot]) -> None:
        for version in self._versions:
            ipset_tables.write(version, force, trial)

    def _force(self) -> Optional[UsedSlot]:
        """Return the list that is in force, but for one that is tried out."""
        state = ipset_tables.read_both(4)
        slot = state[ipset_tables.RAW].uses.get(PORTS)
        return None if slot is None else UsedSlot(slot, PORTS in state[ipset_tables.MANGLE].uses)

    def _drop_unused(self) -> None:
        """Destroy the sets of the slot that no rule asks."""
        used = {slot.set for uses in self._read_uses() for slot in uses.values()}
        for name in SLOTS:
            if name not in used:
                for version in VERSIONS:
                    with contextlib.suppress(SetMissingError):
                        self._sets.destroy(ipset_lines.set_name(name, version))

    def _names(self) -> list[str]:
        return [name for name in self._sets.names() if name.startswith(START)]


def _token(slots: set[Optional[Slot]]) -> str:
    """Return the token that all families have; "" where one has another or none."""
    tokens = {"" if slot is None else slot.token for slot in slots}
    return tokens.pop() if len(tokens) == 1 else ""
