"""One pass over one set: what fail2ban holds goes back into the kernel, what it does not hold is lifted.

fail2ban changes its list first and calls the action then; each step here looks at the list again after it
changed the kernel. So whatever fail2ban does meanwhile in its own threads has the last word, without a lock
that a ban would have to wait for.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Callable, NamedTuple, Optional, Protocol

from ideolab_f2b.actions.options import Options
from ideolab_f2b.firewall.backend import BACKENDS, Backend, KernelSets
from ideolab_f2b.firewall.drift import SetDrift, compare
from ideolab_f2b.firewall.jail_sets import JailSets
from ideolab_f2b.firewall.names import FAMILIES, LIST, PORT_LIST
from ideolab_f2b.kernel.ipset.element import Key, Network, network_of
from ideolab_f2b.kernel.ipset.error import SetMissingError

#: seconds between two looks at what seems to be missing: a ban that is just being carried out is not
LOOK_TWICE_S = 0.25
#: elements between two rests, in which the threads of fail2ban have the interpreter to themselves
SLICE = 400
#: seconds of one rest
REST_S = 0.002


class Bans(Protocol):
    """The bans of one jail: see tickets.BanList."""

    @property
    def is_active(self) -> bool: ...
    @property
    def is_queued(self) -> bool: ...
    def count(self) -> int: ...
    def tickets(self) -> dict[Key, Any]: ...
    def holds(self, ticket: Any) -> bool: ...
    def left_s(self, ticket: Any) -> int: ...


@dataclass(frozen=True)
class Member:
    """A jail that takes part: its bans, its options of the moment, and what must not be banned."""

    jail: str
    bans: Bans
    options: Callable[[], Options]
    refusal: Callable[[Network], Optional[str]]
    #: told {4, 6: state of the rule} after each pass
    rules: Callable[[Mapping[int, str]], None]
    #: what holds its sets at the moment
    backend: Callable[[], Backend] = lambda: BACKENDS["ipset"]


class InterruptedPassError(RuntimeError):
    """The jail stops or changes: the pass ends here, and the next one begins anew."""


class PassResult(NamedTuple):
    """What a pass found in a set, what it put right, and what is stale in it."""

    drift: Mapping[int, int]
    repairs: Mapping[int, int]
    stale: frozenset[Key]


Elements = dict[Key, Optional[int]]


class Pass:
    """One pass over the set of `members`: the jails that use it (one, unless the administrator shares it)."""

    def __init__(
        self,
        kernel: KernelSets,
        members: Sequence[Member],
        go_on: Callable[[], bool] = lambda: True,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        options = members[0].options()
        list_name = PORT_LIST if options.scope == "port" else LIST
        self._sets = JailSets(kernel, options.set, options.maxelem, list_name)
        self._members, self._go_on, self._sleep = members, go_on, sleep
        self._repairs = dict.fromkeys(FAMILIES, 0)
        #: elements that the pass found, by family
        self.sizes = dict.fromkeys(FAMILIES, 0)

    def run(self, suspected: Collection[Key] = (), may_lift: bool = True) -> PassResult:
        """Make the pass; what of `suspected`, stale in the pass before, still is stale goes out if it may."""
        for version, count in self.place().items():
            self._repairs[version] += count
        found = self._elements()
        for version, _address, _prefix in found:
            self.sizes[version] += 1
        tickets = self._tickets()
        drift = compare(self._times(tickets), found)
        if drift.missing or drift.short:
            drift = self._look_twice(drift, tickets)
            self._put_back([*drift.missing, *drift.short], tickets)
        stale = frozenset(drift.stale)
        if may_lift and not any(member.bans.is_queued for member in self._members):
            stale -= self._lift(sorted(stale.intersection(suspected)))
        sizes = dict.fromkeys(FAMILIES, 0)
        for version, _address, _prefix in (*drift.missing, *drift.short, *drift.stale):
            sizes[version] += 1
        return PassResult(sizes, self._repairs, stale)

    def place(self) -> dict[int, int]:
        """Make sets and their places in the list again where they are gone; return how many, by family."""
        kernel = self._sets.kernel
        try:
            linked = set(kernel.members(self._sets.list))
        except SetMissingError:
            linked = set()
        gone = {
            version: 1 + (not _exists(kernel, name))
            for version, name in self._sets.names.items()
            # of nft somebody may have taken the rule of one prefix length away
            if name not in linked or not kernel.is_linked(self._sets.list, name)
        }
        if gone:
            self._check()
            self._sets.place()
        return gone

    def _elements(self) -> Elements:
        return {
            key: left_s
            for name in self._sets.names.values()
            for key, left_s in self._with_rests(self._sets.kernel.entries(name))
        }

    def _tickets(self) -> dict[Key, tuple[Member, Any]]:
        tickets: dict[Key, tuple[Member, Any]] = {}
        for member in self._members:
            for key, ticket in member.bans.tickets().items():
                tickets[key] = member, ticket
        # read last: a jail that stops has emptied its list
        self._check()
        return tickets

    def _times(self, tickets: Mapping[Key, tuple[Member, Any]]) -> dict[Key, int]:
        items = self._with_rests(tickets.items())
        return {key: member.bans.left_s(ticket) for key, (member, ticket) in items}

    def _look_twice(self, drift: SetDrift, tickets: Mapping[Key, tuple[Member, Any]]) -> SetDrift:
        """What is missing of those bans that are still held, and that must not be refused."""
        self._sleep(LOOK_TWICE_S)
        suspects = self._with_rests((*drift.missing, *drift.short))
        held = {key: tickets[key] for key in suspects if _is_due(key, *tickets[key])}
        again = compare(self._times(held), self._elements())
        return SetDrift(again.missing, again.short, drift.stale)

    def _put_back(self, keys: Sequence[Key], tickets: Mapping[Key, tuple[Member, Any]]) -> None:
        for batch in _slices(keys):
            self._check()
            due = [key for key in batch if tickets[key][0].bans.holds(tickets[key][1])]
            self._sets.add_many((network_of(key), self._timeout_s(*tickets[key])) for key in due)
            for key in due:
                self._settle(key, *tickets[key])
            self._count(due)
            self._sleep(REST_S)

    def _settle(self, key: Key, member: Member, ticket: Any) -> None:
        """fail2ban has lifted the ban while we put it back: so do we, unless it is back meanwhile."""
        while not member.bans.holds(ticket):
            self._check()
            self._sets.delete(network_of(key))
            if not member.bans.holds(ticket):
                return
            self._sets.add(network_of(key), self._timeout_s(member, ticket))

    def _timeout_s(self, member: Member, ticket: Any) -> int:
        left_s = member.bans.left_s(ticket)
        # over meanwhile: the kernel shall end it, and fail2ban ends it too
        return 1 if left_s < 0 else left_s

    def _lift(self, keys: Sequence[Key]) -> frozenset[Key]:
        """Take out what no jail holds; what is banned at this very moment comes back at once."""
        lifted: set[Key] = set()
        for batch in _slices(keys):
            before = self._tickets()
            gone = [key for key in batch if key not in before]
            for key in gone:
                self._sets.delete(network_of(key))
            after = self._tickets()
            back = [key for key in gone if key in after]
            self._put_back(back, after)
            lifted.update(gone)
            self._count(gone)
            self._sleep(REST_S)
        return frozenset(lifted)

    def _count(self, keys: Iterable[Key]) -> None:
        for version, _address, _prefix in keys:
            self._repairs[version] += 1

    def _check(self) -> None:
        if not self._go_on() or not all(member.bans.is_active for member in self._members):
            raise InterruptedPassError(self._sets.names[4])

    def _with_rests(self, items: Iterable[Any]) -> Iterator[Any]:
        for number, item in enumerate(items, 1):
            yield item
            if number % SLICE == 0:
                self._sleep(REST_S)


def _exists(kernel: KernelSets, name: str) -> bool:
    try:
        kernel.header(name)
    except SetMissingError:
        return False
    return True


def _is_due(key: Key, member: Member, ticket: Any) -> bool:
    try:
        network = network_of(key)
    except ValueError:
        # no network: it is not in the kernel, and the others shall be
        return False
    return member.bans.holds(ticket) and member.refusal(network) is None


def _slices(keys: Iterable[Key]) -> Iterator[list[Key]]:
    rest = iter(keys)
    while True:
        batch = list(islice(rest, SLICE))
        if not batch:
            return
        yield batch
