"""The ban action: fail2ban's tickets -> elements of kernel sets; refused where a ban would hurt this host."""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping, Sequence
from typing import Any, Callable, Optional

from fail2ban.server.action import ActionBase

from ideolab_f2b.actions import handover, metric_sources
from ideolab_f2b.actions.aggregate.jail_aggregate import JailAggregate
from ideolab_f2b.actions.aggregate.thread import AGGREGATE
from ideolab_f2b.actions.ban import answers, orders, polling, second_action
from ideolab_f2b.actions.ban.asn import kind
from ideolab_f2b.actions.ban.counts import BanCounts, count_errors
from ideolab_f2b.actions.ban.hooks import Hooks
from ideolab_f2b.actions.ban.lift import lift_bans
from ideolab_f2b.actions.ban.lifted.old_tickets import OldTickets
from ideolab_f2b.actions.ban.orders import Orders
from ideolab_f2b.actions.ban.socket_closer import SocketCloser
from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.ports import list_queries
from ideolab_f2b.actions.protected import protected
from ideolab_f2b.actions.protected.containers import CONTAINERS
from ideolab_f2b.actions.protected.ignore_command import IgnoreCommand
from ideolab_f2b.actions.protected.names import NAMES_OF_SERVER, JailNames
from ideolab_f2b.actions.protected.protected import Protected
from ideolab_f2b.actions.protected.ssh.look_thread import LOOKS
from ideolab_f2b.actions.protected.ssh.sessions import SESSIONS
from ideolab_f2b.actions.reconcile import metrics
from ideolab_f2b.actions.reconcile.one_pass import Member
from ideolab_f2b.actions.reconcile.thread import RECONCILE
from ideolab_f2b.actions.rule_hook import RULE_HOOK
from ideolab_f2b.actions.set_names import SET_NAMES
from ideolab_f2b.actions.sets_file import SETS_FILE
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.kernel.ipset.error import SetFullError
from ideolab_f2b.metrics import Sample
from ideolab_f2b.namespaces.inside import InsideSockets

#: seconds until the same error of a consistency check is logged again
SAY_AGAIN_S = 600.0


class Action(ActionBase):  # type: ignore[misc]
    """One instance per jail; fail2ban calls it from the jail's thread and from the socket's, also at once."""

    # fail2ban compares this once a shell action of the same jail was repaired
    banEpoch = 0

    def __init__(self, jail: Any, name: str, /, **given: Any) -> None:
        super().__init__(jail, name)
        self._counts = BanCounts()
        self._options = self._read(given)
        self._protected = Protected(
            functools.partial(protected.ignoreip, jail),
            self._options,
            has_ignoreself=lambda: bool(getattr(jail.filter, "ignoreSelf", False)),
        )
        SESSIONS.keep_in(self._options.state)
        self._kind = kind.choose(jail, lambda: self._options, self._counts, self._protected.admits)
        self._firewall, self._elements, self._ban_list, _admission = self._kind
        self._closer = SocketCloser(self._options.ports, inside=InsideSockets())
        say = functools.partial(self._logSys.error, "[%s] consistency check: %s", jail.name)
        self._check_complaint = Complaint(say, SAY_AGAIN_S)
        self._is_joined, self._source = False, f"{name} {jail.name}"
        self._old_tickets = OldTickets(jail, self._counts, self._options.state)
        self._member = Member(
            jail.name,
            self._ban_list,
            lambda: self._options,
            self._protected.refusal,
            self._firewall.note_rules,
            lambda: self._firewall.backend,
        )
        self._hooks = Hooks()
        self._aggregate: Optional[JailAggregate] = None
        try:
            self._place_hooks(jail, name)
            self._pace()
        except BaseException as error:
            # raised, it would keep every jail from starting; as it is, each ban of this one fails and tells
            self._counts.add_error(error)
            self._logSys.error("[%s] %s cannot work with this fail2ban: %r", jail.name, name, error)

    def _place_hooks(self, jail: Any, name: str) -> None:
        second_action.join(self._hooks, jail.actions, name, lambda: self._given, self.reload)
        self._admission = self._kind.admission(
            jail,
            self._protected,
            self._counts,
            self._elements.prolong,
            most=lambda: self._options.maxelem,
            ask=IgnoreCommand(jail, lambda: list_queries(self._options.ports)).refusal,
        )
        self._old_tickets.set_hooks()
        self._aggregate = JailAggregate(
            jail,
            lambda: self._options,
            self._protected.refusal,
            self._admission,
            self._elements.add_below_rule,
            self._old_tickets.find_lift,
            self._counts,
        )

    # fail2ban keeps an action over a reload only when it has both of these
    def clearAllParams(self) -> None:
        """Nothing to clear: reload() brings all options."""

    def reload(self, **given: Any) -> None:
        """Take the options of a changed configuration; the bans stay."""
        try:
            self._options = self._read(given)
            try:
                # first: what fails elsewhere must not keep the sets from what is configured
                with RECONCILE.paused():
                    self._firewall.use(self._options)
            finally:
                self._options = self._firewall.options
                SETS_FILE.note(self, self._jail, self._options, lambda: self._firewall.backend.name)
                self._protected.use(self._options)
                NAMES_OF_SERVER.hurry()
                SESSIONS.keep_in(self._options.state)
                self._old_tickets.keep_in(self._options.state)
                self._closer.use(self._options.ports)
                self._pace()
                self._lift_bans("reload", with_roots=True)
                self._set_aggregate(is_wanted=self._is_joined and self._options.aggregate > 0)
        except BaseException as error:
            # raised, it would end the reload of every jail
            self._counts.add_error(error)
            self._logSys.error("[%s] reload: %s", self._jail.name, error)

    @count_errors
    def start(self) -> None:
        """Place sets and rule before fail2ban hands over the bans that it restores."""
        # the first question starts its thread
        CONTAINERS.now()
        try:
            self._firewall.place()
        finally:
            self._options = self._firewall.options
            # kept over a restart in which the administrator wrote them into ignoreip
            try:
                for network in self._firewall.networks():
                    if self._protected.refusal(network) is not None:
                        self._firewall.delete(network)
            finally:
                # what could not be placed now, as another process owned the table, is placed by the next pass
                self._join()

    @count_errors
    def stop(self) -> None:
        """End what this action runs; sets and rule stay unless the options say otherwise."""
        # first: the reconcile thread, which may end with this jail, then sees what it leaves
        SET_NAMES.release(self)
        RULE_HOOK.release(self)
        SETS_FILE.forget(self, is_cleared=not self._options.keep_on_stop)
        LOOKS.remove(self)
        NAMES_OF_SERVER.remove(self)
        self._set_aggregate(is_wanted=False)
        RECONCILE.remove(self._member)
        metric_sources.remove(self._source)
        self._hooks.undo()
        self._old_tickets.undo()
        self._admission.undo()
        polling.restore(self._jail)
        self._closer.stop()
        self._firewall.close()

    @count_errors
    def ban(self, info: Mapping[str, Any]) -> None:
        """Ban, and return when the kernel holds the element; any error says that it does not."""
        try:
            self._ban(info)
        except BaseException as error:
            handover.note_failure(self._jail.name, str(info["ip"]), error)
            raise

    def _ban(self, info: Mapping[str, Any]) -> None:
        facts = self._admission.facts(info)
        keys = self._admission.keys(facts["ip"])
        try:
            self._elements.ban(keys, facts["time"], facts["bantime"])
        except SetFullError:
            self._admission.note_full(keys[0][0], facts["ip"], facts is not info and not facts["restored"])
            self._elements.undo(facts["ip"])
            raise
        handover.note_time(facts, time.time())
        self._counts.add("restored" if facts["restored"] else "bans")
        if self._options.kill:
            self._closer.add_many(keys)
        if not self._is_joined:
            # an action that was added at run time is never started
            self._join()
        for version in {key[0] for key in keys}:
            self._firewall.require_rule(version)

    def reban(self, info: Mapping[str, Any]) -> None:
        """Ban what fail2ban bans once more."""
        self.ban(info)

    @property
    def _prolongable(self) -> bool:
        return True

    @count_errors
    def prolong(self, info: Mapping[str, Any]) -> None:
        """The ban got longer (bantime.increment): so does the element."""
        self._elements.ban(self._elements.keys(info["ip"]), info["time"], info["bantime"])
        self._counts.add("prolonged")

    @count_errors
    def unban(self, info: Mapping[str, Any]) -> None:
        """Take the element out of the kernel."""
        self._old_tickets.note_unban(info)
        for version in self._elements.lift(info["ip"]):
            self._admission.note_room(version)
        self._counts.add("unbans")

    @count_errors
    def flush(self) -> bool:
        """End all bans (`unban --all`); at a stop they stay in the kernel: a restart leaves no gap."""
        if self._jail.actions.active or not self._options.keep_on_stop:
            self._firewall.flush()
        return True

    @count_errors
    def by_hand(
        self, bans: Sequence[Sequence[object]], by: str = "", reason: str = "", force: bool = False
    ) -> str:
        """Ban what a person orders: `set JAIL action ideolab-ban by_hand JSON`; one answer each, as JSON."""
        given = Orders(self._jail, self._admission, self._elements.add_below_rule)
        return given.ban(bans, str(by), str(reason), is_forced=force is True)

    @count_errors
    def examine(self, words: Sequence[object]) -> str:
        """Say what a ban of each word would hold, and why it is refused, as JSON; nothing is banned."""
        return answers.examine(self._admission, words)

    @count_errors
    def delete_elements(self, elements: Sequence[Sequence[object]] = ()) -> int:
        """Delete elements (set, network) that no jail holds: this process may own the table; how many."""
        return orders.delete_elements(elements)

    def consistencyCheck(self, before_repair: Optional[Callable[[], bool]] = None) -> bool:
        """A banned address still causes failures: see whether sets, elements and rules are all there."""
        try:
            if not self._firewall.is_consistent():
                if before_repair is not None and not before_repair():
                    return False
                self._firewall.repair()
            return True
        except BaseException as error:
            # fail2ban calls this outside of its own try
            self._counts.add_error(error)
            self._check_complaint.say(str(error), type(error).__name__)
            return False

    @property
    def stats(self) -> str:
        """One JSON object, for `fail2ban-client get JAIL action ideolab-ban stats`."""
        aggregate = {} if self._aggregate is None else self._aggregate.stats()
        parts = self._firewall, self._old_tickets, self._closer, RECONCILE.stats(), aggregate
        return answers.stats(self._counts, self._options, *parts)

    @property
    def bans(self) -> str:
        """One JSON object, for `ideolab-f2b bans`; see docs/bans.md."""
        return answers.bans(self._options, self._ban_list, self._firewall.backend.name)

    @property
    def protected(self) -> str:
        """One JSON object, for `ideolab-f2b check`: who is not banned here and why, and what is not known."""
        return answers.protection(self._options, self._protected)

    @property
    def of_root(self) -> str:
        """A JSON list of what root has banned by hand; ideolab-fw-ip asks for it when sudo calls it."""
        return answers.of_root(self._ban_list)

    def reconcile(self, **_given: Any) -> int:
        """Make two passes over all sets now, for `ideolab-f2b check --repair`; see ReconcileThread.hurry."""
        self._join()
        return RECONCILE.hurry()

    def _join(self) -> None:
        """Let the reconcile thread look after this jail, and the exporter count it, from now on."""
        self._is_joined = True
        RECONCILE.add(self._member)
        self._set_aggregate(is_wanted=self._options.aggregate > 0)
        LOOKS.add(self, self._note_login)
        NAMES_OF_SERVER.add(self, JailNames(self._protected.names, self._note_names))
        metric_sources.add(self._source, self._samples)
        SETS_FILE.note(self, self._jail, self._options, lambda: self._firewall.backend.name)

    def _set_aggregate(self, *, is_wanted: bool) -> None:
        """Let the thread aggregate the bans of this jail, or no more."""
        if self._aggregate is not None:
            (AGGREGATE.add if is_wanted else AGGREGATE.remove)(self._aggregate)

    def _samples(self) -> list[Sample]:
        counts = self._counts.counts()
        return metrics.jail(self._jail.name, self._ban_list.by_family(), counts, self._closer.destroyed)

    def _note_login(self) -> None:
        """Lift what was banned in the seconds before the proof, or before this server knew the address."""
        self._protected.renew_sessions()
        self._lift_bans("a login over SSH", with_roots=False)

    def _note_names(self) -> None:
        """Lift what was banned before DNS had answered, or while a name had another address."""
        self._protected.renew_lists()
        self._lift_bans("an answer of DNS", with_roots=False)

    def _lift_bans(self, after: str, *, with_roots: bool) -> None:
        lift_bans(self._jail, self._ban_list, self._protected, after, with_roots=with_roots)

    def _read(self, given: Mapping[str, Any]) -> Options:
        self._given = given
        found, complaints = SET_NAMES.take(self, self._jail.name, given)
        RULE_HOOK.want(self, self._jail.name, found.hook)
        for complaint in complaints:
            self._logSys.error("[%s] %s: %s", self._jail.name, self._name, complaint)
        return found

    def _pace(self) -> None:
        (polling.shorten if self._options.latency == "low" else polling.restore)(self._jail)
