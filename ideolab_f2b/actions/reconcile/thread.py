"""Keeps the kernel at what fail2ban holds: one thread for all jails of a server.

It makes a pass every 25 seconds. Twice a second it asks the kernel a few cheap questions, and puts back at
once what a reload of a firewall has taken away.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Callable, Optional

from ideolab_f2b.actions import metric_sources
from ideolab_f2b.actions.reconcile import metrics
from ideolab_f2b.actions.reconcile.allowance import Allowance
from ideolab_f2b.actions.reconcile.drop_rules import DropRules
from ideolab_f2b.actions.reconcile.left_sets import LeftSets
from ideolab_f2b.actions.reconcile.losses import Losses
from ideolab_f2b.actions.reconcile.metrics import ReconcileCounts
from ideolab_f2b.actions.reconcile.old_rules import OldRules
from ideolab_f2b.actions.reconcile.one_pass import InterruptedPassError, Member, Pass, PassResult
from ideolab_f2b.actions.rule_hook import RULE_HOOK
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.firewall import port_rule
from ideolab_f2b.firewall.names import LIST, PORT_LIST, family_sets
from ideolab_f2b.firewall.rule import RuleUnseenError
from ideolab_f2b.kernel.ipset.element import Key, SetHeader
from ideolab_f2b.kernel.ipset.error import SetMissingError
from ideolab_f2b.kernel.ipset.sets import Sets
from ideolab_f2b.kernel.netlink import KernelError
from ideolab_f2b.metrics import Sample

#: seconds from the end of a pass to the next: what is lost is back within a minute even on a slow host
EVERY_S = 25.0
#: seconds between two cheap looks at sets and rules
GLANCE_S = 0.5
#: passes and looks at the rules in a row that a cheap look may cause
_AT_ONCE = 20
#: seconds until it may cause one more of them
_ONE_MORE_S = 5.0
#: the same when somebody waits for it: `ideolab-f2b check --repair`
HURRIED_S = 1.0
#: a jail that is younger may still be restoring its bans: nothing is lifted for lack of one
SETTLED_S = 25.0
#: seconds until the same error is told again
SAY_AGAIN_S = 600.0
_SOURCE = "ideolab-reconcile"
_log = logging.getLogger("fail2ban.ideolab-ban")

#: jails with the time since when each is looked after
_Group = Sequence["tuple[Member, float]"]
_Groups = Sequence["tuple[str, _Group]"]


class ReconcileThread:
    """Looks after the jails; its thread starts with the first, after fail2ban's fork, ends with the last."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        open_sets: Callable[[], Sets] = Sets,
        sleep: Callable[[float], None] = time.sleep,
        left_sets: Optional[LeftSets] = None,
    ) -> None:
        self.passes = 0
        self._left = left_sets or LeftSets(clock)
        self._clock, self._open, self._sleep = clock, open_sets, sleep
        #: since when each is looked after
        self._members: dict[Member, float] = {}
        self._guard = threading.Lock()
        #: held while the metrics come and go
        self._telling = threading.Lock()
        #: held during a pass; who changes a jail waits for its end
        self._working = threading.Lock()
        self._waiting = 0
        self._is_passing = False
        self._wake = threading.Event()
        self._wanted = 0
        #: until so many passes are made, a person waits for them
        self._ordered = 0
        self._thread: Optional[threading.Thread] = None
        self._losses, self._allowance = Losses(open_sets), Allowance(_AT_ONCE, _ONE_MORE_S, clock)
        self._stale: dict[str, frozenset[Key]] = {}
        self._counted = ReconcileCounts()
        self._rules = DropRules(self._counted, clock)
        self._old_rules = OldRules(self._rules, self._counted, clock)
        self._disputes = Complaint(_log.warning, float("inf"), clock)
        say = functools.partial(_log.error, "cannot keep the kernel at what fail2ban holds: %s")
        self._complaint = Complaint(say, SAY_AGAIN_S, clock)
        self._last_error = ""

    def add(self, member: Member) -> None:
        """Look after a jail from now on; nothing when that is done already."""
        with self._guard:
            self._members.setdefault(member, self._clock())
            if not self._is_running():
                self._thread = threading.Thread(target=self._run, name=_SOURCE, daemon=True)
                self._thread.start()
        with self._telling:
            metric_sources.add(_SOURCE, self.samples)

    def remove(self, member: Member) -> None:
        """Look after a jail no more; on return nothing of ours touches its sets."""
        with self._guard:
            if self._members.pop(member, None) is None:
                return
        with self.paused():
            self._stale.pop(member.options().set, None)
        with self._telling:
            self._end_when_alone()

    def _end_when_alone(self) -> None:
        """End the thread and its metrics after the last jail."""
        with self._guard:
            if self._members:
                return
        self._wake.set()
        metric_sources.remove(_SOURCE)
        # the sums are kept there, and would be told twice when a jail comes again
        self._counted.begin_sums()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Make no pass meanwhile: sets are being renamed or taken away."""
        with self._guard:
            self._waiting += 1
        try:
            with self._working:
                yield
        finally:
            with self._guard:
                self._waiting -= 1

    def hurry(self) -> int:
        """Make two passes now; return the number of `passes` that tells that both are over."""
        with self._guard:
            self._wanted = self._ordered = self.passes + self._is_passing + 2
        self._wake.set()
        return self._wanted

    def stats(self) -> dict[str, Any]:
        """What the last pass found, and all that was ever put right, for `ideolab-f2b check`."""
        return {
            "passes": self.passes,
            "drift": dict(self._counted.drift),
            "repairs": dict(self._counted.repairs),
            "last_error": self._last_error,
            "old_rules": self._old_rules.removed,
        }

    def samples(self) -> list[Sample]:
        """The metrics of the kernel's side; see docs/bans.md."""
        return metrics.kernel(self._counted, self._headers())

    def look(self) -> None:
        """Make one pass over all sets, then the rules: these refer to a list that the sets make."""
        with self._guard:
            members, self._is_passing = list(self._members.items()), True
        over = 1
        try:
            if members:
                self._look(members)
        except InterruptedPassError:
            over = 0
            raise
        finally:
            self.passes += over
            self._is_passing = False

    def glance(self) -> None:
        """Put back what a few cheap questions show to be lost; a pass finds what they do not show."""
        with self._guard:
            members = list(self._members.items())
        groups = _group(members)
        if not groups or self._waiting:
            return
        if self._losses.are_there((name, [member for member, _since in group]) for name, group in groups):
            if self._allowance.take():
                self.look()
        elif self._rules.is_look_due(RULE_HOOK.choose()) and self._allowance.take():
            self._attempt(LIST, self._look_at_rules)
            self._attempt(PORT_LIST, self._look_at_port_rules, members)
            self._attempt(LIST, self._look_at_old_rules)

    def _look(self, members: Sequence[tuple[Member, float]]) -> None:
        groups = _group(members)
        self._counted.forget_all_but(name for name, _group in groups)
        went_well = []
        with contextlib.closing(self._open()) as kernel:
            # the rules before the elements of a whole botnet; they refer to a list that the sets make
            went_well += [self._attempt(name, self._place, kernel, group) for name, group in groups]
            went_well.append(self._attempt(LIST, self._look_at_rules))
            went_well.append(self._attempt(PORT_LIST, self._look_at_port_rules, members))
            went_well.append(self._attempt(LIST, self._look_at_old_rules))
            went_well += [self._attempt(name, self._reconcile, kernel, group) for name, group in groups]
            names = [name for name, _group in groups]
            went_well.append(self._attempt(LIST, self._look_at_left_sets, kernel, names))
        if all(went_well):
            self._counted.succeeded, self._last_error = time.time(), ""

    def _attempt(self, name: str, call: Callable[..., None], *arguments: Any) -> bool:
        """Call it; whether it went well. An error is told now and then, and the next pass tries again."""
        try:
            call(name, *arguments)
        except InterruptedPassError:
            if self._waiting:
                raise
            # this jail is stopping; the others are not
            return False
        except Exception as error:
            self._say(name, error)
            return False
        return True

    def _place(self, name: str, kernel: Sets, group: _Group) -> None:
        with self._working:
            one = Pass(kernel, [member for member, _since in group], lambda: not self._waiting, self._sleep)
            self._count_repairs(name, one.place())

    def _reconcile(self, name: str, kernel: Sets, group: _Group) -> None:
        oldest = self._clock() - SETTLED_S
        may_lift = all(since <= oldest for _member, since in group)
        with self._working:
            members = [member for member, _since in group]
            one = Pass(kernel, members, lambda: not self._waiting, self._sleep)
            self._note(name, one.run(self._stale.get(name, ()), may_lift))

    def _note(self, name: str, outcome: PassResult) -> None:
        self._stale[name] = outcome.stale
        for version, family_set in family_sets(name).items():
            self._counted.drift[family_set] = outcome.drift[version]
        self._count_repairs(name, outcome.repairs)

    def _count_repairs(self, name: str, repairs: Mapping[int, int]) -> None:
        for version, count in repairs.items():
            self._counted.add_repairs(family_sets(name)[version], count)
        repaired = sum(repairs.values())
        if repaired:
            _log.warning("kernel sets of %s differed from fail2ban: %d repaired", name, repaired)

    def _look_at_left_sets(self, _name: str, kernel: Sets, owned: Sequence[str]) -> None:
        with self._working:
            lifted = self._left.look(kernel, owned, is_ordered=self.passes < self._ordered)
        for name, count in lifted.items():
            self._counted.add_repairs(name, count)

    def _look_at_rules(self, name: str) -> None:
        with self._guard:
            members = list(self._members)
        with self._working:
            try:
                self._rules.look(name, RULE_HOOK.choose())
            finally:
                for member in members:
                    member.rules(dict(self._rules.states))

    def _look_at_port_rules(self, name: str, members: Sequence[tuple[Member, float]]) -> None:
        options = [member.options() for member, _since in members]
        scopes = {each.set: each.port_scope for each in options if each.port_scope is not None}
        # where another rule stands before that for all ports, this one stands behind it as well
        states = self._rules.states.items()
        families = [version for version, state in states if not state.startswith(("missing", "IPv6"))]
        hook = RULE_HOOK.choose()
        with self._working:
            repaired = sum(port_rule.put(version, scopes, hook) for version in families) if scopes else 0
        if repaired:
            self._counted.add_repairs(name, repaired)
            _log.warning("the rules of jails with scope=port were not in place: %d chains repaired", repaired)

    def _look_at_old_rules(self, name: str) -> None:
        dispute = RULE_HOOK.describe_dispute()
        if dispute:
            self._disputes.say(dispute)
        # who holds the lock of xtables has it back by the next pass: what is left does no harm
        with self._working, contextlib.suppress(RuleUnseenError):
            self._old_rules.look(name)

    def _headers(self) -> Iterator[SetHeader]:
        """The headers of those sets of all jails that are there."""
        with self._guard:
            names = sorted({member.options().set for member in self._members})
        with contextlib.closing(self._open()) as kernel:
            for name in names:
                for family_set in family_sets(name).values():
                    with contextlib.suppress(SetMissingError):
                        yield kernel.header(family_set)

    def _say(self, name: str, error: BaseException) -> None:
        self._last_error = f"{name}: {error}"[:500]
        # the same trouble may have another text each time: a number, a name
        self._complaint.say(self._last_error, f"{name} {type(error).__name__}")

    def _is_running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _wait(self) -> None:
        """Wait for the next pass, or until somebody wants one; glance at the kernel meanwhile."""
        end = time.monotonic() + (HURRIED_S if self.passes < self._wanted else EVERY_S)
        while not self._wake.wait(max(0.0, min(GLANCE_S, end - time.monotonic()))):
            if time.monotonic() >= end:
                return
            try:
                self.glance()
            except InterruptedPassError:
                end = min(end, time.monotonic() + HURRIED_S)
            except BaseException as error:
                self._say("glance", error)

    def _run(self) -> None:
        while True:
            self._wait()
            self._wake.clear()
            if self._has_ended():
                return
            try:
                self.look()
            except InterruptedPassError:
                # once more, as soon as the jail has changed or gone
                self._wanted = max(self._wanted, self.passes + 1)
            except BaseException as error:
                self._say("pass", error)

    def _has_ended(self) -> bool:
        """Whether no jail is left, and nothing of one that waits for its end."""
        if not self._members:
            with contextlib.suppress(KernelError), contextlib.closing(self._open()) as kernel:
                self._look_at_left_sets(LIST, kernel, ())
        with self._guard:
            if self._members or self._left.is_waiting:
                return False
            self._thread = None
            return True


def _group(members: Iterable[tuple[Member, float]]) -> _Groups:
    """The jails by the set that they use: in a shared one, what one holds is not stale for another."""
    groups: dict[str, list[tuple[Member, float]]] = {}
    for member, since in members:
        groups.setdefault(member.options().set, []).append((member, since))
    return list(groups.items())


#: of this process: fail2ban makes an action for each jail, and loads the shim anew for each
RECONCILE = ReconcileThread()
