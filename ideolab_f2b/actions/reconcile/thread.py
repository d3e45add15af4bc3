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
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Callable, Optional

from ideolab_f2b.actions import metric_sources
from ideolab_f2b.actions.reconcile import metrics
from ideolab_f2b.actions.reconcile.allowance import Allowance
from ideolab_f2b.actions.reconcile.backend_looks import BackendLooks
from ideolab_f2b.actions.reconcile.groups import ByBackend, Group, Groups, group_members, list_members
from ideolab_f2b.actions.reconcile.metrics import ReconcileCounts
from ideolab_f2b.actions.reconcile.one_pass import InterruptedPassError, Member, Pass, PassResult
from ideolab_f2b.actions.reconcile.set_headers import read_headers
from ideolab_f2b.actions.rule_hook import RULE_HOOK
from ideolab_f2b.actions.set_names import SET_NAMES
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.firewall import orphans
from ideolab_f2b.firewall.backend import BACKENDS, Backend, KernelSets, find_in_kernel
from ideolab_f2b.firewall.names import LIST, PORT_LIST, family_sets
from ideolab_f2b.firewall.rule import RuleUnseenError
from ideolab_f2b.kernel.ipset.element import Key, SetHeader
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


class ReconcileThread:
    """Looks after the jails; its thread starts with the first, after fail2ban's fork, ends with the last."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        backends: Mapping[str, Backend] = BACKENDS,
    ) -> None:
        self.passes = 0
        self._clock, self._sleep = clock, sleep
        #: since when each is looked after
        self._members: dict[Member, float] = {}
        self._guard = threading.Lock()
        #: held while the metrics come and go
        self._telling = threading.Lock()
        #: held during a pass; who changes a jail waits for its end
        self._working = threading.Lock()
        self._waiting = 0
        #: how often jails were changed, and that number when the pass or the glance began
        self._changes = self._begun = 0
        self._is_passing = False
        self._wake = threading.Event()
        self._wanted = 0
        #: until so many passes are made, a person waits for them
        self._ordered = 0
        self._thread: Optional[threading.Thread] = None
        self._allowance = Allowance(_AT_ONCE, _ONE_MORE_S, clock)
        #: by backend and set
        self._stale: dict[tuple[str, str], frozenset[Key]] = {}
        self._counted = ReconcileCounts()
        self._looks = {name: BackendLooks(one, self._counted, clock) for name, one in backends.items()}
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
            for name in self._looks:
                self._stale.pop((name, member.options().set), None)
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
                self._changes += 1
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
            "old_rules": sum(each.old_rules.removed for each in self._looks.values()),
        }

    def samples(self) -> list[Sample]:
        """The metrics of the kernel's side; see docs/bans.md."""
        return metrics.kernel(self._counted, self._headers())

    def look(self) -> None:
        """Make one pass over all sets, then the rules: these refer to a list that the sets make."""
        self._begun = self._changes
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
        self._begun = self._changes
        with self._guard:
            members = list(self._members.items())
        for name, groups in group_members(members).items():
            if self._waiting:
                return
            looks = self._looks[name]
            if looks.losses.are_there((each, [member for member, _since in group]) for each, group in groups):
                if self._allowance.take():
                    return self.look()
            elif looks.rules.is_look_due(RULE_HOOK.choose()) and self._allowance.take():
                self._look_at_all_rules(looks, groups)

    def _look(self, members: Sequence[tuple[Member, float]]) -> None:
        by_backend = group_members(members)
        self._counted.forget_all_but(name for groups in by_backend.values() for name, _group in groups)
        went_well = [self._look_at_backend(self._looks[name], groups) for name, groups in by_backend.items()]
        went_well.append(self._attempt(LIST, self._look_at_all_left_sets, by_backend))
        if all(went_well):
            self._counted.succeeded, self._last_error = time.time(), ""

    @contextlib.contextmanager
    def _at_work(self) -> Iterator[None]:
        """Hold the lock of a pass; InterruptedPassError once a jail has other sets than the pass knows of."""
        with self._working:
            if self._changes != self._begun:
                raise InterruptedPassError("the jails")
            yield

    def _look_at_backend(self, looks: BackendLooks, groups: Groups) -> bool:
        try:
            opened = looks.open()
        except OSError as error:
            # the jails of the other backend shall be looked after all the same
            self._say(looks.backend.name, error)
            return False
        with contextlib.closing(opened) as kernel:
            # the rules before the elements of a whole botnet; they refer to a list that the sets make
            went_well = [self._attempt(name, self._place, kernel, group) for name, group in groups]
            went_well.append(self._look_at_all_rules(looks, groups))
            for name, group in groups:
                went_well.append(self._attempt(name, self._reconcile, looks.backend.name, kernel, group))
        return all(went_well)

    def _look_at_all_rules(self, looks: BackendLooks, groups: Groups) -> bool:
        return all((
            self._attempt(LIST, self._look_at_rules, looks, groups),
            self._attempt(PORT_LIST, self._look_at_port_rules, looks, groups),
            self._attempt(LIST, self._look_at_old_rules, looks),
        ))  # fmt: skip

    def _attempt(self, name: str, call: Callable[..., None], *arguments: Any) -> bool:
        """Call it; whether it went well. An error is told now and then, and the next pass tries again."""
        try:
            call(name, *arguments)
        except InterruptedPassError:
            if self._waiting or self._changes != self._begun:
                raise
            # this jail is stopping; the others are not
            return False
        except Exception as error:
            self._say(name, error)
            return False
        return True

    def _place(self, name: str, kernel: KernelSets, group: Group) -> None:
        with self._at_work():
            one = Pass(kernel, [member for member, _since in group], lambda: not self._waiting, self._sleep)
            self._count_repairs(name, one.place())

    def _reconcile(self, name: str, backend: str, kernel: KernelSets, group: Group) -> None:
        oldest = self._clock() - SETTLED_S
        may_lift = all(since <= oldest for _member, since in group)
        with self._at_work():
            members = [member for member, _since in group]
            one = Pass(kernel, members, lambda: not self._waiting, self._sleep)
            outcome = one.run(self._stale.get((backend, name), ()), may_lift)
            self._stale[backend, name] = outcome.stale
            self._note(name, outcome)
            for version, family_set in family_sets(name).items():
                self._counted.sizes[family_set] = one.sizes[version]

    def _note(self, name: str, outcome: PassResult) -> None:
        for version, family_set in family_sets(name).items():
            self._counted.drift[family_set] = outcome.drift[version]
        self._count_repairs(name, outcome.repairs)

    def _count_repairs(self, name: str, repairs: Mapping[int, int]) -> None:
        for version, count in repairs.items():
            self._counted.add_repairs(family_sets(name)[version], count)
        repaired = sum(repairs.values())
        if repaired:
            _log.warning("kernel sets of %s differed from fail2ban: %d repaired", name, repaired)

    def _look_at_all_left_sets(self, _name: str, by_backend: ByBackend) -> None:
        """Lift what no jail has in each backend that holds something, one that no jail has included."""
        names = {backend: [name for name, _group in groups] for backend, groups in by_backend.items()}
        found = find_in_kernel()
        # what another backend could not take over, as it does not work, is in force here alone
        taken = {each.name: orphans.find_names_in_lists(each, names.get(each.name, ())) for each in found}
        for backend in found:
            owned = names.get(backend.name, [])
            moved = {name for each in taken.values() for name in each} - {*owned}
            with self._at_work(), contextlib.closing(backend.open()) as kernel:
                is_ordered = self.passes < self._ordered
                lifted = self._looks[backend.name].left.look(kernel, owned, moved, is_ordered)
            for name, count in lifted.items():
                self._counted.add_repairs(name, count)
            # all jails have moved, and none is about to start
            if moved and not owned and SET_NAMES.names() <= moved:
                with self._at_work():
                    self._looks[backend.name].rest.clear()

    def _look_at_rules(self, name: str, looks: BackendLooks, groups: Groups) -> None:
        with self._at_work():
            try:
                looks.rules.look(name, RULE_HOOK.choose())
            finally:
                for member in list_members(groups):
                    member.rules(dict(looks.rules.states))

    def _look_at_port_rules(self, name: str, looks: BackendLooks, groups: Groups) -> None:
        options = [member.options() for member in list_members(groups)]
        scopes = {each.set: each.port_scope for each in options if each.port_scope is not None}
        # where another rule stands before that for all ports, this one stands behind it as well
        states = looks.rules.states.items()
        families = [version for version, state in states if not state.startswith(("missing", "IPv6"))]
        hook, put = RULE_HOOK.choose(), looks.backend.put_ports
        with self._at_work():
            repaired = sum(put(version, scopes, hook) for version in families) if scopes else 0
        if repaired:
            self._counted.add_repairs(name, repaired)
            _log.warning("the rules of jails with scope=port were not in place: %d chains repaired", repaired)

    def _look_at_old_rules(self, name: str, looks: BackendLooks) -> None:
        dispute = RULE_HOOK.describe_dispute()
        if dispute:
            self._disputes.say(dispute)
        # who holds the lock of xtables has it back by the next pass: what is left does no harm
        with self._at_work(), contextlib.suppress(RuleUnseenError):
            looks.old_rules.look(name)

    def _headers(self) -> Iterator[SetHeader]:
        with self._guard:
            members = list(self._members)
        return read_headers(self._looks, members)

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
            self._begun = self._changes
            with contextlib.suppress(KernelError, InterruptedPassError):
                self._look_at_all_left_sets(LIST, {})
        with self._guard:
            if self._members or any(looks.left.is_waiting for looks in self._looks.values()):
                return False
            self._thread = None
            return True


#: of this process: fail2ban makes an action for each jail, and loads the shim anew for each
RECONCILE = ReconcileThread()
