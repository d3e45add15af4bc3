"""Keeps the kernel at what fail2ban holds: one thread for all jails of a server, a pass every 25 seconds."""

from __future__ import annotations

import contextlib
import functools
import logging
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any, Callable, Optional

from ideolab_f2b.actions import metric_sources
from ideolab_f2b.actions.reconcile import metrics
from ideolab_f2b.actions.reconcile.metrics import ReconcileCounts
from ideolab_f2b.actions.reconcile.one_pass import InterruptedPassError, Member, Pass, PassResult
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.firewall import rule
from ideolab_f2b.firewall.names import FAMILIES, LIST, family_sets
from ideolab_f2b.firewall.rule import IN_PLACE, RuleError
from ideolab_f2b.kernel.ipset.element import Key, SetHeader
from ideolab_f2b.kernel.ipset.error import SetMissingError
from ideolab_f2b.kernel.ipset.sets import Sets
from ideolab_f2b.metrics import Sample

#: seconds from the end of a pass to the next: what is lost is back within a minute even on a slow host
EVERY_S = 25.0
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
        open_sets: Callable[[], Sets] = Sets,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.passes = 0
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
        self._thread: Optional[threading.Thread] = None
        self._rules: dict[int, str] = {}
        self._stale: dict[str, frozenset[Key]] = {}
        self._counted = ReconcileCounts()
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
            self._wanted = self.passes + self._is_passing + 2
        self._wake.set()
        return self._wanted

    def stats(self) -> dict[str, Any]:
        """What the last pass found, and all that was ever put right, for `ideolab-f2b check`."""
        return {
            "passes": self.passes,
            "drift": dict(self._counted.drift),
            "repairs": dict(self._counted.repairs),
            "last_error": self._last_error,
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

    def _look(self, members: Sequence[tuple[Member, float]]) -> None:
        groups = _group(members)
        self._counted.forget_all_but(name for name, _group in groups)
        with contextlib.closing(self._open()) as kernel:
            went_well = [self._attempt(name, self._reconcile, kernel, group) for name, group in groups]
        with self._working:
            went_well.append(self._attempt(LIST, self._look_at_rules))
            states = dict(self._rules)
        for member, _since in members:
            member.rules(states)
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

    def _reconcile(self, name: str, kernel: Sets, group: Sequence[tuple[Member, float]]) -> None:
        oldest = self._clock() - SETTLED_S
        may_lift = all(since <= oldest for _member, since in group)
        with self._working:
            members = [member for member, _since in group]
            one = Pass(kernel, members, lambda: not self._waiting, self._sleep)
            self._note(name, one.run(self._stale.get(name, ()), may_lift))

    def _note(self, name: str, outcome: PassResult) -> None:
        self._stale[name] = outcome.stale
        repaired = 0
        for version in FAMILIES:
            family_set = family_sets(name)[version]
            self._counted.drift[family_set] = outcome.drift[version]
            self._counted.add_repairs(family_set, outcome.repairs[version])
            repaired += outcome.repairs[version]
        if repaired:
            _log.warning("kernel sets of %s differed from fail2ban: %d repaired", name, repaired)

    def _look_at_rules(self, name: str) -> None:
        for version in rule.PROGRAMS:
            try:
                self._rules[version] = self._rule(name, version)
            except RuleError as error:
                self._rules[version] = f"missing: {error}"
        missing = [state for state in self._rules.values() if state.startswith("missing")]
        if missing:
            raise RuleError("; ".join(dict.fromkeys(missing)))

    def _rule(self, name: str, version: int) -> str:
        counters = rule.count_drops(version)
        self._counted.see_rules(version, counters)
        with contextlib.suppress(RuleError):
            if rule.is_first(version):
                return IN_PLACE
        why_not = rule.place(version)
        if why_not is None:
            self._counted.begin_rules(version, rule.count_drops(version))
            self._counted.add_repairs(name, 1)
            _log.warning("%s had no rule for %s before all others: repaired", rule.PROGRAMS[version], name)
        return why_not or IN_PLACE

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
        self._complaint.say(self._last_error)

    def _is_running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _run(self) -> None:
        while True:
            self._wake.wait(HURRIED_S if self.passes < self._wanted else EVERY_S)
            self._wake.clear()
            with self._guard:
                if not self._members:
                    self._thread = None
                    return
            try:
                self.look()
            except InterruptedPassError:
                # once more, as soon as the jail has changed or gone
                self._wanted = max(self._wanted, self.passes + 1)
            except BaseException as error:
                self._say("pass", error)


def _group(members: Sequence[tuple[Member, float]]) -> list[tuple[str, list[tuple[Member, float]]]]:
    """The jails by the set that they use: in a shared one, what one holds is not stale for another."""
    groups: dict[str, list[tuple[Member, float]]] = {}
    for member, since in members:
        groups.setdefault(member.options().set, []).append((member, since))
    return list(groups.items())


#: of this process: fail2ban makes an action for each jail, and loads the shim anew for each
RECONCILE = ReconcileThread()
