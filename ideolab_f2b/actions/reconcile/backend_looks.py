"""What the reconcile thread looks at of one backend: losses, the rules, old rules, what jails have left."""

from __future__ import annotations

from typing import Callable

from ideolab_f2b.actions.reconcile.drop_rules import DropRules
from ideolab_f2b.actions.reconcile.left_backend import LeftBackend
from ideolab_f2b.actions.reconcile.left_sets import LeftSets
from ideolab_f2b.actions.reconcile.losses import Losses
from ideolab_f2b.actions.reconcile.metrics import ReconcileCounts
from ideolab_f2b.actions.reconcile.old_rules import OldRules
from ideolab_f2b.firewall.backend import Backend, KernelSets


class BackendLooks:
    """One backend, as the thread has seen it last."""

    def __init__(self, backend: Backend, counted: ReconcileCounts, clock: Callable[[], float]) -> None:
        self.backend = backend
        self.losses = Losses(self.open)
        self.left, self.rest = LeftSets(clock), LeftBackend(backend, clock)
        self.rules = DropRules(counted, clock, backend)
        self.old_rules = OldRules(self.rules, counted, clock, backend)

    def open(self) -> KernelSets:
        """Open the sets."""
        return self.backend.open()
