"""Keeps the DROP rule before what may accept packets: puts it back, moves it, or says what is in front."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Callable, Optional

from ideolab_f2b.actions.reconcile.contest import Contest
from ideolab_f2b.actions.reconcile.metrics import ReconcileCounts
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.firewall import rule
from ideolab_f2b.firewall.backend import BACKENDS, Backend
from ideolab_f2b.firewall.chains import DEFAULT, HOOKS
from ideolab_f2b.firewall.position import Position
from ideolab_f2b.firewall.rule import IN_PLACE, RuleError, RuleUnseenError
from ideolab_f2b.firewall.rule_trace import Trace

#: seconds until the log says again that a rule is taken away, or that another stands before it
SAY_AGAIN_S = 600.0
#: characters of a rule of somebody else in our log
_QUOTE = 200
_log = logging.getLogger("fail2ban.ideolab-ban")


class DropRules:
    """The rule in both families: what was seen of it last, and whether that has changed since."""

    def __init__(
        self, counted: ReconcileCounts, clock: Callable[[], float], backend: Backend = BACKENDS["ipset"]
    ) -> None:
        #: {4, 6: "in place", or why it is not}
        self.states: dict[int, str] = {}
        #: {4, 6: the hook in which it was seen}
        self.hooks: dict[int, str] = {}
        #: {4, 6: how often it was put}
        self.puts: dict[int, int] = {}
        #: the one that is wanted
        self._hook = DEFAULT
        self._counted, self._backend = counted, backend
        self._contest = Contest(clock)
        self._repairs = Complaint(_log.warning, SAY_AGAIN_S, clock)
        self._fallbacks = Complaint(_log.warning, float("inf"), clock)
        self._troubles = Complaint(_log.error, SAY_AGAIN_S, clock)
        #: the traces of what was looked at and needs nothing more
        self._seen: dict[int, Optional[Trace]] = {}

    def is_look_due(self, hook: str = DEFAULT) -> bool:
        """Return whether the rules may be others than those that were looked at; it forks nothing."""
        return hook != self._hook or any(
            version not in self._seen or self._read_trace(version) != self._seen[version]
            for version in rule.PROGRAMS
        )

    def look(self, name: str, hook: str = DEFAULT) -> None:
        """Look at both families and put right what can be; RuleError when one has no rule or is not seen."""
        errors: list[RuleError] = []
        if hook != self._hook:
            self._hook = hook
            self.hooks.clear()
        for version in rule.PROGRAMS:
            trace = self._read_trace(version)
            try:
                with rule.LOCK:
                    self.states[version] = self._look(name, version, trace)
            except RuleUnseenError as error:
                if not self._is_as_seen(version, trace):
                    self._seen.pop(version, None)
                    # where it was never seen it is missing as long as nobody has seen it
                    word = (
                        "missing" if self.states.get(version, "missing").startswith("missing") else "unknown"
                    )
                    self.states[version] = f"{word}: {error}"
                    errors.append(error)
            except RuleError as error:
                # nothing can be done about it before the next pass
                self._seen[version] = trace
                self.states[version] = f"missing: {error}"
                errors.append(error)
        if errors:
            states = (state for state in self.states.values() if state.startswith(("missing", "unknown")))
            raise type(errors[0])("; ".join(dict.fromkeys(states)))

    def _read_trace(self, version: int) -> Optional[Trace]:
        return self._backend.read_trace(version, self.hooks.get(version, self._hook))

    def _is_as_seen(self, version: int, trace: Optional[Trace]) -> bool:
        """Return whether the rule was in place and the kernel says that nothing has changed since."""
        # an empty trace is of another variant of iptables than the rule: it shows nothing
        is_same = bool(trace) and trace == self._seen.get(version)
        return is_same and self.states.get(version) == IN_PLACE

    def _look(self, name: str, version: int, trace: Optional[Trace]) -> str:
        try:
            placement = self._backend.look(version, self._hook)
        except RuleError:
            if version == 6 and not rule.has_ipv6():
                self._seen[version] = trace
                return "IPv6 is disabled"
            raise
        found = placement.positions
        if placement.hook != self.hooks.get(version, self._hook):
            # the kernel has no raw table, or has one now: the trace is of other chains
            trace = None
        self.hooks[version] = placement.hook
        self._see(version, found)
        put = [one for one in found if self._shall_put(version, one)]
        if put:
            for one in put:
                self._backend.put_first(version, one)
            self.puts[version] = self.puts.get(version, 0) + 1
            trace = self._read_trace(version)
            # what iptables calls done is no repair: another program may have undone it
            found = self._verify(name, version, {one.chain for one in put})
        self._seen[version] = trace
        self._tell_fallback(name, version, placement.fallback)
        return self._describe(name, version, found)

    def _see(self, version: int, found: Iterable[Position]) -> None:
        """Take the counters: those of the rule for all sets, or of the rules of each set."""
        if self._backend.name == "ipset":
            self._counted.see_rules(version, _drops(found))
        else:
            self._counted.see_sets(version, self._backend.count_drops(version, self._hook))

    def _tell_fallback(self, name: str, version: int, reason: str) -> None:
        subject = f"{self._backend.describe(version)} raw"
        if reason:
            chains = ", ".join(HOOKS[self.hooks[version]])
            self._fallbacks.say(f"{reason}; the rule for {name} stands in {chains}", subject)
        else:
            self._fallbacks.settle(subject)

    def _shall_put(self, version: int, found: Position) -> bool:
        if found.is_effective:
            return False
        return not found.copies or self._contest.may_move(
            (self._backend.describe(version), found.chain), found.before
        )

    def _verify(self, name: str, version: int, chains: Iterable[str]) -> list[Position]:
        """Look again; count and say a repair where the rule now stands where it was put."""
        program = self._backend.describe(version)
        found = self._backend.look(version, self._hook).positions
        self._counted.begin_rules(version, _drops(found))
        lost = [one.chain for one in found if one.chain in chains and not one.copies]
        if lost:
            raise RuleError(f"{program} {lost[0]}: the rule was put, and is gone again")
        if all(one.is_effective for one in found if one.chain in chains):
            self._counted.add_repairs(name, 1)
            self._repairs.say(f"{program} had no rule for {name} before all others: repaired", program)
        return found

    def _describe(self, name: str, version: int, found: Iterable[Position]) -> str:
        program = self._backend.describe(version)
        for one in found:
            if one.passes:
                rule_before = one.passes[:_QUOTE]
                self._troubles.say(
                    f"{program}: {rule_before!r} stands before the rule for {name} and may accept packets of "
                    "banned addresses; it came back when the rule was moved: let its program append its "
                    "rules instead (Calico: ChainInsertMode=Append)",
                    f"{program} {one.chain}",
                )
                return f"behind: {program} {rule_before}"
            self._troubles.settle(f"{program} {one.chain}")
        return IN_PLACE


def _drops(found: Iterable[Position]) -> dict[str, int]:
    return {one.chain: one.drops for one in found if one.drops is not None}
