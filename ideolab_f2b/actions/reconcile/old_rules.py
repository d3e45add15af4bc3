"""Takes away DROP rules of an earlier version, option or variant of iptables, once the right ones stand."""

from __future__ import annotations

import logging
from typing import Callable

from ideolab_f2b.actions.reconcile.drop_rules import DropRules
from ideolab_f2b.actions.reconcile.metrics import ReconcileCounts
from ideolab_f2b.firewall import rule
from ideolab_f2b.firewall.backend import BACKENDS, Backend
from ideolab_f2b.firewall.chains import HOOKS
from ideolab_f2b.firewall.rule import IN_PLACE

#: seconds until all chains are looked through again, which forks; what is left there does no harm
AGAIN_S = 600.0
_log = logging.getLogger("fail2ban.ideolab-ban")


class OldRules:
    """What of ours stood in other chains than those in which the rule is now."""

    def __init__(
        self,
        rules: DropRules,
        counted: ReconcileCounts,
        clock: Callable[[], float],
        backend: Backend = BACKENDS["ipset"],
    ) -> None:
        #: rules that were taken away; a chain of jails with scope=port counts as one
        self.removed = 0
        self._rules, self._counted, self._clock, self._backend = rules, counted, clock, backend
        #: {version: (hook and number of puts, when all chains were looked through)}
        self._looked: dict[int, tuple[tuple[str, int], float]] = {}

    def look(self, name: str) -> None:
        """Look through the chains of each family whose rule is in place, now and then; RuleError."""
        for version, hook in list(self._rules.hooks.items()):
            key, now = (hook, self._rules.puts.get(version, 0)), self._clock()
            known, looked = self._looked.get(version, (None, float("-inf")))
            # where the right one stands behind another's the old one may still be of use
            if self._rules.states.get(version) == IN_PLACE and (known != key or now - looked >= AGAIN_S):
                with rule.LOCK:
                    self._clear(name, version, hook)
                self._looked[version] = key, now

    def _clear(self, name: str, version: int, hook: str) -> None:
        chains = HOOKS[hook]
        for old in self._backend.find_old(version, hook):
            if old.place.is_main:
                self._counted.see_rules(version, {old.place.chain: old.position.drops or 0})
            self._backend.remove_old(old)
            if old.place.is_main:
                self._counted.begin_rules(version, [old.place.chain])
            where = f"{old.place.program} {old.place.chain}"
            self._tell(version, f"the rule for {name} has gone from {where}", chains)
        if self._backend.move_ports(version, hook):
            self._tell(version, "the chain of jails with scope=port has gone from elsewhere", chains)

    def _tell(self, version: int, what: str, chains: tuple[str, ...]) -> None:
        self.removed += 1
        _log.info("%s: %s %s has it", what, self._backend.describe(version), ", ".join(chains))
