"""The ban action: fail2ban's tickets -> elements of kernel sets; refused where a ban would hurt this host."""

from __future__ import annotations

import contextlib
import functools
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Callable, Optional, TypeVar, cast

from fail2ban.server.action import ActionBase

from ideolab_f2b import __version__
from ideolab_f2b.actions import handover, metric_sources, options
from ideolab_f2b.actions.ban import polling
from ideolab_f2b.actions.ban.admission import Admission
from ideolab_f2b.actions.ban.counts import BanCounts
from ideolab_f2b.actions.ban.jail_firewall import JailFirewall
from ideolab_f2b.actions.ban.lift import lift_bans
from ideolab_f2b.actions.ban.orders import Orders
from ideolab_f2b.actions.ban.socket_closer import SocketCloser
from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.protected import protected
from ideolab_f2b.actions.protected.protected import Protected
from ideolab_f2b.actions.protected.refusal import RefusedError
from ideolab_f2b.actions.protected.ssh.look_thread import LOOKS
from ideolab_f2b.actions.protected.ssh.sessions import SESSIONS
from ideolab_f2b.actions.reconcile import metrics
from ideolab_f2b.actions.reconcile.one_pass import Member
from ideolab_f2b.actions.reconcile.thread import RECONCILE
from ideolab_f2b.actions.tickets import BanList, ban_manager, network_of_identity
from ideolab_f2b.actions.ttl import timeout
from ideolab_f2b.firewall.names import FAMILIES
from ideolab_f2b.kernel.ipset.element import Key, Network, key_of
from ideolab_f2b.kernel.ipset.error import SetFullError
from ideolab_f2b.metrics import Sample

#: entries of the list of who is protected in one answer: fail2ban's socket and a reader take so much
_LISTED_LIMIT = 500
_SSH_OFF = "ssh_ports = none: SSH sessions protect nobody"

_Call = TypeVar("_Call", bound=Callable[..., Any])


def _count_errors(method: _Call) -> _Call:
    """Count what a method raises; a SystemExit would end the jail's thread: it becomes an Exception."""

    @functools.wraps(method)
    def call(self: Action, *args: Any, **keywords: Any) -> Any:
        try:
            return method(self, *args, **keywords)
        except BaseException as error:
            self._counts.add_error(error)
            if isinstance(error, Exception):
                raise
            raise RuntimeError(f"{method.__name__}: {error!r}") from error

    return cast(_Call, call)


class Action(ActionBase):  # type: ignore[misc]
    """One instance per jail; fail2ban calls it from the jail's thread and from the socket's, also at once."""

    # fail2ban compares this once a shell action of the same jail was repaired
    banEpoch = 0

    def __init__(self, jail: Any, name: str, **given: Any) -> None:
        super().__init__(jail, name)
        self._counts = BanCounts()
        self._options = self._read(given)
        self._protected = Protected(functools.partial(protected.ignoreip, jail), self._options)
        SESSIONS.keep_in(self._options.state)
        self._firewall = JailFirewall(self._options, self._elements)
        self._closer = SocketCloser(self._options.ports)
        self._is_joined, self._source = False, f"{name} {jail.name}"
        self._ban_list = BanList(jail)
        self._member = Member(
            jail.name,
            self._ban_list,
            lambda: self._options,
            self._protected.refusal,
            self._firewall.note_rules,
        )
        try:
            self._admission = Admission(
                jail,
                self._protected,
                self._counts,
                self._prolong_ticket,
                most=lambda: self._options.maxelem,
            )
            self._pace()
        except BaseException as error:
            # raised, it would keep every jail from starting; as it is, each ban of this one fails and tells
            self._counts.add_error(error)
            self._logSys.error("[%s] %s cannot work with this fail2ban: %r", jail.name, name, error)

    # fail2ban keeps an action over a reload only when it has both of these
    def clearAllParams(self) -> None:
        """Nothing to clear: reload() brings all options."""

    def reload(self, **given: Any) -> None:
        """Take the options of a changed configuration; the bans stay."""
        try:
            self._options = self._read(given)
            self._protected.use(self._options)
            SESSIONS.keep_in(self._options.state)
            self._closer.ports = self._options.ports
            self._pace()
            lift_bans(self._jail, self._protected, "reload", with_roots=True)
            with RECONCILE.paused():
                self._firewall.use(self._options)
        except BaseException as error:
            # raised, it would end the reload of every jail
            self._counts.add_error(error)
            self._logSys.error("[%s] reload: %s", self._jail.name, error)

    @_count_errors
    def start(self) -> None:
        """Place sets and rule before fail2ban hands over the bans that it restores."""
        try:
            self._firewall.place()
        finally:
            # kept over a restart in which the administrator wrote them into ignoreip
            for network in self._firewall.networks():
                if self._protected.refusal(network) is not None:
                    self._firewall.delete(network)
            self._join()

    @_count_errors
    def stop(self) -> None:
        """End what this action runs; sets and rule stay unless the options say otherwise."""
        LOOKS.remove(self)
        RECONCILE.remove(self._member)
        metric_sources.remove(self._source)
        self._admission.undo()
        polling.restore(self._jail)
        self._closer.stop()
        self._firewall.close()

    @_count_errors
    def ban(self, info: Mapping[str, Any]) -> None:
        """Ban, and return when the kernel holds the element; any error says that it does not."""
        try:
            self._ban(info)
        except BaseException as error:
            handover.note_failure(self._jail.name, str(info["ip"]), error)
            raise

    def _ban(self, info: Mapping[str, Any]) -> None:
        facts = self._admission.facts(info)
        key = self._admission.key(facts["ip"])
        try:
            self._add(key, facts["time"], facts["bantime"])
        except SetFullError:
            self._admission.note_full(key[0], facts["ip"], facts is not info and not facts["restored"])
            raise
        handover.note_time(facts, time.time())
        self._counts.add("restored" if facts["restored"] else "bans")
        if self._options.kill:
            self._closer.add(key)
        if not self._is_joined:
            # an action that was added at run time is never started
            self._join()
        self._firewall.require_rule(key[0])

    def reban(self, info: Mapping[str, Any]) -> None:
        """Ban what fail2ban bans once more."""
        self.ban(info)

    @property
    def _prolongable(self) -> bool:
        return True

    @_count_errors
    def prolong(self, info: Mapping[str, Any]) -> None:
        """The ban got longer (bantime.increment): so does the element."""
        self._add(key_of(network_of_identity(info["ip"])), info["time"], info["bantime"])
        self._counts.add("prolonged")

    @_count_errors
    def unban(self, info: Mapping[str, Any]) -> None:
        """Take the element out of the kernel."""
        # the kernel may have expired it a moment earlier
        network = network_of_identity(info["ip"])
        self._firewall.delete(network)
        self._admission.note_room(network.version)
        self._counts.add("unbans")

    @_count_errors
    def flush(self) -> bool:
        """End all bans (`unban --all`); at a stop they stay in the kernel: a restart leaves no gap."""
        if self._jail.actions.active or not self._options.keep_on_stop:
            self._firewall.flush()
        return True

    @_count_errors
    def by_hand(self, bans: Sequence[Sequence[object]], by: str = "", reason: str = "") -> str:
        """Ban what a person orders: `set JAIL action ideolab-ban by_hand JSON`; one answer each, as JSON."""
        return Orders(self._jail, self._admission, self._add_below_rule).ban(bans, str(by), str(reason))

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
            self._logSys.error("[%s] consistency check: %s", self._jail.name, error)
            return False

    @property
    def stats(self) -> str:
        """One JSON object, for `fail2ban-client get JAIL action ideolab-ban stats`."""
        told: dict[str, Any] = {**self._counts.counts(), "last_error": self._counts.last_error}
        told.update(set=self._options.set, maxelem=self._options.maxelem, repaired=self._firewall.repaired)
        told["rules"] = {FAMILIES[version]: state for version, state in self._firewall.rules.items()}
        told["closer"] = self._closer.stats()
        told["keeper"] = RECONCILE.stats()
        # of the code that this server has loaded, which may be older than what is installed
        told["version"] = __version__
        return json.dumps(told, sort_keys=True)

    @property
    def bans(self) -> str:
        """One JSON object, for `ideolab-f2b bans`; see docs/bans.md."""
        rows, queued = self._ban_list.rows(), self._ban_list.is_queued
        return json.dumps({"set": self._options.set, "queued": queued, "bans": rows})

    @property
    def protected(self) -> str:
        """One JSON object, for `ideolab-f2b check`: who is not banned here and why, and what is not known."""
        listed = self._protected.list_networks()
        rows = [[item.text, item.what] for item in listed[:_LISTED_LIMIT]]
        left_out = len(listed) - len(rows)
        ssh = SESSIONS.trouble if self._options.ssh_ports != () else _SSH_OFF
        return json.dumps({"listed": rows, "left_out": left_out, "ssh_trouble": ssh})

    @property
    def of_root(self) -> str:
        """A JSON list of what root has banned by hand; ideolab-fw-ip asks for it when sudo calls it."""
        return json.dumps(self._ban_list.of_root())

    def reconcile(self, **_given: Any) -> int:
        """Make two passes over all sets now, for `ideolab-f2b check --repair`; see ReconcileThread.hurry."""
        self._join()
        return RECONCILE.hurry()

    def _join(self) -> None:
        """Let the reconcile thread look after this jail, and the exporter count it, from now on."""
        self._is_joined = True
        RECONCILE.add(self._member)
        LOOKS.add(self, self._note_login)
        metric_sources.add(self._source, self._samples)

    def _samples(self) -> list[Sample]:
        counts = self._counts.counts()
        return metrics.jail(self._jail.name, self._ban_list.by_family(), counts, self._closer.destroyed)

    def _add(self, key: Key, since: float, bantime: float) -> None:
        try:
            self._firewall.add(key, timeout(since, bantime, time.time()))
        except SetFullError:
            self._counts.add("full")
            raise

    def _add_below_rule(self, network: Network, since: float, bantime: float) -> None:
        self._add(key_of(network), since, bantime)
        self._firewall.require_rule(network.version)

    def _prolong_ticket(self, ticket: Any) -> None:
        bantime = ticket.getBanTime(self._jail.actions.getBanTime())
        self._add(key_of(network_of_identity(ticket.getID())), ticket.getTime(), bantime)
        self._counts.add("prolonged")

    def _elements(self) -> Iterator[tuple[Network, int]]:
        now, default = time.time(), self._jail.actions.getBanTime()
        for ticket in ban_manager(self._jail.actions):
            if ticket.getEndOfBanTime(default) > now:
                left = timeout(ticket.getTime(), ticket.getBanTime(default), now)
                # another filter in the jail may ban by what is no address
                with contextlib.suppress(RefusedError):
                    yield network_of_identity(ticket.getID()), left

    def _note_login(self) -> None:
        """Lift what was banned in the seconds before the proof, or before this server knew the address."""
        self._protected.renew_sessions()
        lift_bans(self._jail, self._protected, "a login over SSH", with_roots=False)

    def _read(self, given: Mapping[str, Any]) -> Options:
        found, complaints = options.parse(self._jail.name, given)
        for complaint in complaints:
            self._logSys.error("[%s] %s: %s", self._jail.name, self._name, complaint)
        return found

    def _pace(self) -> None:
        (polling.shorten if self._options.latency == "low" else polling.restore)(self._jail)
