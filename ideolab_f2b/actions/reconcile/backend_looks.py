"""What the reconcile thread looks at of one backend: losses, the rules, old rules, what jails have left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Callable, Optional, Protocol

from ideolab_f2b.actions.reconcile.drop_rules import DropRules
from ideolab_f2b.actions.reconcile.left_sets import LeftSets
from ideolab_f2b.actions.reconcile.losses import Losses
from ideolab_f2b.actions.reconcile.metrics import ReconcileCounts
from ideolab_f2b.actions.reconcile.old_rules import OldRules
from ideolab_f2b.actions.reconcile.plain_rules import PlainRules
from ideolab_f2b.firewall.backend import Backend, KernelSets


class RuleLooks(Protocol):
    """The rules of a backend in both families."""

    @property
    def states(self) -> Mapping[int, str]: ...
    def is_look_due(self, hook: str) -> bool: ...
    def look(self, name: str, hook: str) -> None: ...


class BackendLooks:
    """One backend, as the thread has seen it last."""

    def __init__(
        self, backend: Backend, counted: ReconcileCounts, clock: Callable[[], float], left: LeftSets
    ) -> None:
        self.backend, self.left = backend, left
        self.losses = Losses(self.open)
        #: rules of iptables may be behind others, and in chains of an earlier version
        self.old_rules: Optional[OldRules] = None
        self.rules: RuleLooks
        if backend.name == "ipset":
            self.rules = rules = DropRules(counted, clock)
            self.old_rules = OldRules(rules, counted, clock)
        else:
            self.rules = PlainRules(backend, counted, clock)

    def open(self) -> KernelSets:
        """Open the sets."""
        return self.backend.open()
