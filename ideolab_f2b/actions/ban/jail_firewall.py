"""The sets of one jail and the rule that drops their packets: placed, filled, repaired, moved."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Callable, Optional, TypeVar

from ideolab_f2b.actions.backend_choice import BACKEND_CHOICE
from ideolab_f2b.actions.ban import take_over
from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.rule_hook import RULE_HOOK
from ideolab_f2b.actions.set_names import SET_NAMES
from ideolab_f2b.firewall import rule
from ideolab_f2b.firewall.backend import BACKENDS, Backend
from ideolab_f2b.firewall.jail_sets import JailSets
from ideolab_f2b.firewall.names import LIST, PORT_LIST, unique
from ideolab_f2b.firewall.rule import IN_PLACE, RuleError, RuleUnseenError
from ideolab_f2b.kernel.ipset.element import Key, Network
from ideolab_f2b.kernel.ipset.error import SetMissingError, SetTypeError

#: seconds between two looks at the rules, which fork
LOOK_AGAIN_S = 30.0
#: seconds between two comparisons of a set with fail2ban's list, which takes a moment when both are long
COMPARE_AGAIN_S = 10.0
_log = logging.getLogger("fail2ban.ideolab-ban")
_Result = TypeVar("_Result")

#: the bans that fail2ban holds, with the timeouts their elements should have
ExpectedElements = Callable[[], Iterable["tuple[Network, int]"]]


class JailFirewall:
    """The sets and the rule of one jail, opened at the first use: fail2ban may fork before."""

    def __init__(
        self, options: Options, expected: ExpectedElements, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.repaired = 0
        #: {4, 6: "in place" or why it is not}
        self.rules: dict[int, str] = {}
        #: those that were given, but for the name of a set that could not be
        self.options = options
        self._expected, self._clock = expected, clock
        self._lock = threading.RLock()
        self._opened: Optional[JailSets] = None
        self._backend: Optional[Backend] = None
        self._looked = self._compared = float("-inf")

    @property
    def backend(self) -> Backend:
        """What holds the sets of this jail."""
        # who asks does not wait for a rule that is being placed
        if self._backend is not None:
            return self._backend
        with self._lock:
            if self._backend is None:
                self._backend = BACKEND_CHOICE.choose(self.options.backend)
            return self._backend

    def place(self) -> None:
        """Create the sets, put the rules first; RuleError when a family that has addresses gets none.

        What another backend has held of this jail until now is in force here before it goes there.
        """
        with self._lock:
            self._place_sets()
            others = take_over.copy(self.backend, self._sets())
        self._place_rules()
        self._leave_other_scope()
        self._require_rules(self.rules)
        for other in others:
            take_over.leave(other, self._sets().names.values())

    def use(self, options: Options) -> None:
        """Change to other options: the bans are in the new sets before they leave the old ones."""
        with self._lock:
            before, self.options = self.options, options
            old = self._opened
            if old is None:
                # one that could not be opened may be another now
                self._backend = None
                return
            backend = BACKEND_CHOICE.choose(options.backend)
            if options.set != before.set or backend is not self.backend:
                self._move(old, before, backend)
            else:
                old.maxelem, old.list = options.maxelem, _list_of(options)
        self.place()

    def add(self, key: Key, timeout_s: int) -> None:
        """Put an element into the set of its family; a set that something destroyed is repaired first."""
        try:
            (self._opened or self._sets()).add_key(key, timeout_s)
        except SetMissingError:
            self.repair()
            self._sets().add_key(key, timeout_s)

    def add_many(self, elements: Sequence[tuple[Network, Optional[int]]]) -> None:
        """Put many elements in; SetFullError when not all of them have room."""
        self._call_or_repair(JailSets.add_many, elements)

    def delete(self, network: Network) -> bool:
        """Take an element out; False when it was not there (the kernel expires elements by itself)."""
        return self._call_or_repair(JailSets.delete, network)

    def flush(self) -> None:
        """Take all elements out; sets and rule stay."""
        self._call_or_repair(JailSets.flush)

    def networks(self) -> list[Network]:
        """All elements of both sets."""
        return self._call_or_repair(JailSets.networks)

    def require_rule(self, version: int) -> None:
        """RuleError when nothing drops the packets of a family; looks again now and then."""
        if self.rules.get(version) == IN_PLACE:
            return
        # the jail's thread may just be placing it
        with self._lock:
            if self._clock() - self._looked >= LOOK_AGAIN_S:
                self._place_rules()
        self._require_rules((version,))

    def is_consistent(self) -> bool:
        """Whether the sets are linked, hold what fail2ban holds, and the rules are there."""
        if self._clock() - self._compared < COMPARE_AGAIN_S:
            return True
        self._compared = self._clock()
        sets = self._sets()
        if not sets.is_placed():
            return False
        # those that are about to expire may be gone from the kernel before fail2ban looks
        expected = sum(1 for _network, timeout_s in self._expected() if not 0 < timeout_s < LOOK_AGAIN_S)
        return sets.size() >= expected and self._are_rules_there()

    def repair(self) -> None:
        """Place everything again and put back what fail2ban holds."""
        with self._lock:
            self._sets().place()
            self._put_back()
        self.repaired += 1
        _log.warning("kernel set %s was incomplete: repaired", self.options.set)
        self._place_rules()
        self._require_rules(self.rules)

    def close(self) -> None:
        """Leave the kernel as it is, or clear it when the options say so."""
        with self._lock:
            sets, self._opened = self._opened, None
            if sets is None:
                return
            try:
                if not self.options.keep_on_stop:
                    self._clear(sets)
            finally:
                sets.kernel.close()
                # after the last jail an uninstall may have to change what this process owns
                if not SET_NAMES.names():
                    # of every backend: the jails before this one may have had another
                    for backend in BACKENDS.values():
                        backend.release()

    def note_rules(self, states: Mapping[int, str]) -> None:
        """Take what the reconcile thread has just seen of the rules: {4, 6: "in place" or why not}."""
        self.rules.update(states)
        self._looked = self._clock()

    def _move(self, old: JailSets, before: Options, backend: Backend) -> None:
        left, states = self.backend, dict(self.rules)
        self._opened, self._backend = None, backend
        try:
            self._place_sets()
            self._sets().add_many(self._expected())
            if backend is not left:
                self._place_rules()
                self._require_rules(self.rules)
            self._place_port_rules(self.rules)
        except BaseException:
            # the bans go on where they are
            self._leave(left)
            self._opened, self._backend, self.rules = old, left, states
            self.options = dataclasses.replace(self.options, set=before.set, backend=left.name)
            raise
        is_other = backend is not left or before.set != self.options.set
        # a jail that shares it still needs it
        if is_other and (backend is not left or before.set not in SET_NAMES.names()):
            self._remove(old, left)
        old.kernel.close()

    def _leave(self, before: Backend) -> None:
        """Take what was made in vain out of a backend that cannot work."""
        sets, backend = self._opened, self.backend
        if sets is not None:
            with contextlib.suppress(OSError, RuleError), contextlib.closing(sets.kernel):
                if backend is not before:
                    self._remove(sets, backend)

    def _place_sets(self) -> None:
        """Place the sets; when they are somebody else's, those of a name that nobody else has: bans work."""
        sets = self._sets()
        try:
            sets.place()
        except SetTypeError as error:
            name = unique(self.options.set, self.options.set)
            _log.error("%s; the set %s is used", error, name)
            other = JailSets(sets.kernel, name, self.options.maxelem, sets.list)
            other.place()
            # the set of one family may have been free
            sets.remove()
            self.options, self._opened = dataclasses.replace(self.options, set=name), other

    def _put_back(self) -> None:
        held = dict(self._expected())
        self._sets().add_many(held.items())
        # a ban that another thread lifted meanwhile stays lifted
        for network in held.keys() - dict(self._expected()).keys():
            self._sets().delete(network)

    def _clear(self, sets: JailSets) -> None:
        if self.options.set in SET_NAMES.names():
            # another jail has named it too
            return
        # the rule refers to the list: the last jail takes both away
        if self._remove(sets, self.backend):
            for version in rule.PROGRAMS:
                if self.rules.get(version) == IN_PLACE and sets.list == LIST:
                    self.backend.remove_all(version)
            sets.remove_list()

    @staticmethod
    def _remove(sets: JailSets, backend: Backend) -> bool:
        """Take sets out of the kernel, after rules that refer to them; whether their list is empty now."""
        if sets.list == PORT_LIST:
            for version in rule.PROGRAMS:
                backend.drop_ports(version, sets.names.values())
        return sets.remove()

    def _leave_other_scope(self) -> None:
        """Leave the list of the other scope, once the rules of this one are there."""
        with self._lock:
            sets = self._sets()
            if sets.leave_other_list() and sets.list == LIST:
                for version in rule.PROGRAMS:
                    self.backend.drop_ports(version, sets.names.values())

    def _place_port_rules(self, states: dict[int, str]) -> None:
        scope = self.options.port_scope
        if scope is None:
            return
        for version in rule.PROGRAMS:
            if states.get(version, IN_PLACE) == IN_PLACE:
                try:
                    self.backend.put_ports(version, {self.options.set: scope}, RULE_HOOK.choose())
                except RuleError as error:
                    states[version] = f"missing: {error}"

    def _sets(self) -> JailSets:
        with self._lock:
            if self._opened is None:
                kernel = self.backend.open()
                self._opened = JailSets(
                    kernel, self.options.set, self.options.maxelem, _list_of(self.options)
                )
            return self._opened

    def _call_or_repair(self, call: Callable[..., _Result], *arguments: object) -> _Result:
        try:
            return call(self._opened or self._sets(), *arguments)
        except SetMissingError:
            # somebody destroyed it behind our back
            self.repair()
            return call(self._sets(), *arguments)

    def _place_rules(self) -> None:
        with self._lock:
            self._looked = self._clock()
            states = dict(self.rules)
            for version in rule.PROGRAMS:
                try:
                    states[version] = self.backend.place(version, RULE_HOOK.choose()) or IN_PLACE
                except RuleUnseenError as error:
                    # a rule that was there is not gone because somebody holds the lock
                    if states.get(version) != IN_PLACE:
                        states[version] = f"missing: {error}"
                except RuleError as error:
                    states[version] = f"missing: {error}"
            # a ban is in force once all rules are there
            self._place_port_rules(states)
            self.rules.update(states)

    def _require_rules(self, versions: Iterable[int]) -> None:
        missing = [self.rules.get(version, "missing") for version in versions]
        missing = [state for state in missing if state.startswith("missing")]
        if missing:
            raise RuleError(f"elements are in the set, but no rule drops their packets: {'; '.join(missing)}")

    def _are_rules_there(self) -> bool:
        # where they stand is the reconcile thread's business: another program may want the first place too
        if self._clock() - self._looked < LOOK_AGAIN_S:
            return True
        self._looked = self._clock()
        try:
            return all(
                position.copies
                for version, state in self.rules.items()
                if state == IN_PLACE
                for position in self.backend.look(version, RULE_HOOK.choose()).positions
            )
        except RuleUnseenError:
            return True


def _list_of(options: Options) -> str:
    return PORT_LIST if options.scope == "port" else LIST
