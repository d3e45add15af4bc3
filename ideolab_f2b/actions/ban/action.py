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
from ideolab_f2b.actions import delay, metric_sources, options, outcome
from ideolab_f2b.actions.ban import polling
from ideolab_f2b.actions.ban.admission import Admission
from ideolab_f2b.actions.ban.counts import Tally
from ideolab_f2b.actions.ban.jail_firewall import Barrier
from ideolab_f2b.actions.ban.orders import ByHand
from ideolab_f2b.actions.ban.socket_closer import Closer
from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.protected import protected
from ideolab_f2b.actions.protected.protected import Protected
from ideolab_f2b.actions.protected.refusal import RefusedError, short
from ideolab_f2b.actions.reconcile import metrics
from ideolab_f2b.actions.reconcile.one_pass import Member
from ideolab_f2b.actions.reconcile.thread import KEEPER
from ideolab_f2b.actions.tickets import Holdings, ban_list, network_of
from ideolab_f2b.actions.ttl import timeout
from ideolab_f2b.firewall.jail_sets import FAMILIES
from ideolab_f2b.kernel.ipset.element import Key, Network, key_of
from ideolab_f2b.kernel.ipset.error import SetFullError
from ideolab_f2b.metrics import Sample

_Call = TypeVar("_Call", bound=Callable[..., Any])


def _contained(method: _Call) -> _Call:
    """Count what goes wrong; a SystemExit would end the jail's thread in silence: it becomes an Exception."""

    @functools.wraps(method)
    def call(self: Action, *args: Any, **keywords: Any) -> Any:
        try:
            return method(self, *args, **keywords)
        except BaseException as error:
            self._tally.error(error)
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
        self._tally = Tally()
        self._options = self._read(given)
        self._protected = Protected(functools.partial(protected.ignored, jail), self._options)
        self._barrier = Barrier(self._options, self._held)
        self._closer = Closer(self._options.ports)
        self._is_joined, self._source = False, f"{name} {jail.name}"
        self._holdings = Holdings(jail)
        self._member = Member(
            jail.name,
            self._holdings,
            lambda: self._options,
            self._protected.refusal,
            self._barrier.note_rules,
        )
        try:
            self._admission = Admission(jail, self._protected, self._tally, self._prolonged)
            self._pace()
        except BaseException as error:
            # raised, it would keep every jail from starting; as it is, each ban of this one fails and tells
            self._tally.error(error)
            self._logSys.error("[%s] %s cannot work with this fail2ban: %r", jail.name, name, error)

    # fail2ban keeps an action over a reload only when it has both of these
    def clearAllParams(self) -> None:
        """Nothing to clear: reload() brings all options."""

    def reload(self, **given: Any) -> None:
        """Take the options of a changed configuration; the bans stay."""
        try:
            self._options = self._read(given)
            self._protected.use(self._options)
            self._closer.ports = self._options.ports
            self._pace()
            self._unban_protected()
            with KEEPER.paused():
                self._barrier.use(self._options)
        except BaseException as error:
            # raised, it would end the reload of every jail
            self._tally.error(error)
            self._logSys.error("[%s] reload: %s", self._jail.name, error)

    @_contained
    def start(self) -> None:
        """All is in place before fail2ban hands over the bans that it restores."""
        try:
            self._barrier.place()
        finally:
            # kept over a restart in which the administrator wrote them into ignoreip
            for network in self._barrier.networks():
                if self._protected.refusal(network) is not None:
                    self._barrier.delete(network)
            self._join()

    @_contained
    def stop(self) -> None:
        KEEPER.remove(self._member)
        metric_sources.remove(self._source)
        self._admission.undo()
        polling.default(self._jail)
        self._closer.stop()
        self._barrier.close()

    @_contained
    def ban(self, info: Mapping[str, Any]) -> None:
        try:
            self._ban(info)
        except BaseException as error:
            outcome.failed(self._jail.name, str(info["ip"]), error)
            raise

    def _ban(self, info: Mapping[str, Any]) -> None:
        facts = self._admission.facts(info)
        key = self._admission.key(facts["ip"])
        self._add(key, facts["time"], facts["bantime"])
        delay.note(facts, time.time())
        self._tally.add("restored" if facts["restored"] else "bans")
        if self._options.kill:
            self._closer.add(key)
        if not self._is_joined:
            # an action that was added at run time is never started
            self._join()
        self._barrier.require_rule(key[0])

    def reban(self, info: Mapping[str, Any]) -> None:
        self.ban(info)

    @property
    def _prolongable(self) -> bool:
        return True

    @_contained
    def prolong(self, info: Mapping[str, Any]) -> None:
        """The ban got longer (bantime.increment): so does the element."""
        self._add(key_of(network_of(info["ip"])), info["time"], info["bantime"])
        self._tally.add("prolonged")

    @_contained
    def unban(self, info: Mapping[str, Any]) -> None:
        # the kernel may have expired it a moment earlier
        self._barrier.delete(network_of(info["ip"]))
        self._tally.add("unbans")

    @_contained
    def flush(self) -> bool:
        """All bans end (`unban --all`); at a stop they stay in the kernel: a restart leaves no gap."""
        if self._jail.actions.active or not self._options.keep_on_stop:
            self._barrier.flush()
        return True

    @_contained
    def by_hand(self, bans: Sequence[Sequence[object]], by: str = "", reason: str = "") -> str:
        """What a person orders, for `set JAIL action ideolab-ban by_hand JSON`; one answer each, as JSON."""
        return ByHand(self._jail, self._admission, self._placed).ban(bans, str(by), str(reason))

    def consistencyCheck(self, before_repair: Optional[Callable[[], bool]] = None) -> bool:
        """A banned address still causes failures: see whether sets, elements and rules are all there."""
        try:
            if not self._barrier.is_consistent():
                if before_repair is not None and not before_repair():
                    return False
                self._barrier.repair()
            return True
        except BaseException as error:
            # fail2ban calls this outside of its own try
            self._tally.error(error)
            self._logSys.error("[%s] consistency check: %s", self._jail.name, error)
            return False

    @property
    def stats(self) -> str:
        """One JSON object, for `fail2ban-client get JAIL action ideolab-ban stats`."""
        told: dict[str, Any] = {**self._tally.counts(), "last_error": self._tally.last_error}
        told.update(set=self._options.set, maxelem=self._options.maxelem, repaired=self._barrier.repaired)
        told["rules"] = {FAMILIES[version]: state for version, state in self._barrier.rules.items()}
        told["closer"] = self._closer.stats()
        told["keeper"] = KEEPER.stats()
        # of the code that this server has loaded, which may be older than what is installed
        told["version"] = __version__
        return json.dumps(told, sort_keys=True)

    @property
    def bans(self) -> str:
        """One JSON object, for `ideolab-f2b bans`; see docs/bans.md."""
        rows, queued = self._holdings.rows(), self._holdings.is_queued
        return json.dumps({"set": self._options.set, "queued": queued, "bans": rows})

    def reconcile(self, **_given: Any) -> int:
        """Look now, twice, at all sets of all jails: `ideolab-f2b check --repair`; see Keeper.hurry."""
        self._join()
        return KEEPER.hurry()

    def _join(self) -> None:
        """Be looked after, and counted, from now on."""
        self._is_joined = True
        KEEPER.add(self._member)
        metric_sources.add(self._source, self._samples)

    def _samples(self) -> list[Sample]:
        counts = self._tally.counts()
        return metrics.jail(self._jail.name, self._holdings.by_family(), counts, self._closer.destroyed)

    def _add(self, key: Key, since: float, bantime: float) -> None:
        try:
            self._barrier.add(key, timeout(since, bantime, time.time()))
        except SetFullError:
            self._tally.add("full")
            raise

    def _placed(self, network: Network, since: float, bantime: float) -> None:
        self._add(key_of(network), since, bantime)
        self._barrier.require_rule(network.version)

    def _prolonged(self, ticket: Any) -> None:
        bantime = ticket.getBanTime(self._jail.actions.getBanTime())
        self._add(key_of(network_of(ticket.getID())), ticket.getTime(), bantime)
        self._tally.add("prolonged")

    def _held(self) -> Iterator[tuple[Network, int]]:
        now, default = time.time(), self._jail.actions.getBanTime()
        for ticket in ban_list(self._jail.actions):
            if ticket.getEndOfBanTime(default) > now:
                left = timeout(ticket.getTime(), ticket.getBanTime(default), now)
                # another filter in the jail may ban by what is no address
                with contextlib.suppress(RefusedError):
                    yield network_of(ticket.getID()), left

    def _unban_protected(self) -> None:
        for network, _timeout_s in list(self._held()):
            why = self._protected.refusal(network)
            if why is not None:
                self._logSys.warning("[%s] Unban after reload: %s", self._jail.name, why)
                self._jail.actions.removeBannedIP(short(network), ifexists=True)

    def _read(self, given: Mapping[str, Any]) -> Options:
        found, complaints = options.parse(self._jail.name, given)
        for complaint in complaints:
            self._logSys.error("[%s] %s: %s", self._jail.name, self._name, complaint)
        return found

    def _pace(self) -> None:
        (polling.low if self._options.latency == "low" else polling.default)(self._jail)
