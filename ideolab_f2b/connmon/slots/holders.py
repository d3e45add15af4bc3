"""Finds whose ban makes room in a full server: the largest holders of slots that got least for them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ideolab_f2b.connmon.phases.counts import SnapshotCounts, count_slots
from ideolab_f2b.connmon.slots.history import NOW_S, SlotHistory
from ideolab_f2b.connmon.slots.holder import Holder, list_holders, name_network
from ideolab_f2b.connmon.slots.holding import Holding, describe_holding
from ideolab_f2b.connmon.slots.usage import Usage

#: connections of one client that may take room for nothing, such as those of a visitor with a bad radio
FEW = 3
#: the same for hellos that do not go on: a browser's first connections over a lossy link
FEW_HELLOS = 2
#: slot-seconds without an answer that say something: FEW connections for five seconds
UNANSWERED_S = 15.0
#: what keeps us waiting must be this part of a client's slots: a NAT always loses a few
OTHERS_PER_UNANSWERED = 8
#: of what waits, this part must be seen to be the client's fault: the application may owe the rest
WAITING_PER_FAULT = 4
#: addresses that an attacker needs to fill a server unseen
ADDRESSES = 60
#: slots of one client that nobody asks about in a large server, and in one where few are to be seen
MODERATE = 8
LEAST = 3
#: /64 of an IPv6 /48 of which none was ever answered
CROWD = 30
#: slots by which a client grew that no answers explain, and the part of all slots that they are
MUCH = 8
MUCH_PART = 32
#: slot-seconds that one answer excuses where nobody can say who keeps whom waiting
QUIET_S = 30.0
#: the same for who holds a quarter of the server
LARGE_S = 10.0
#: seconds for which connmon must have run where it never saw the server with room
FIRST_S = 15.0
#: part of the capacity that clients must be able to fill, each with a slot for itself and one at an upstream
FILLED = 0.9
#: seconds for which a server must be full before those are named who hold more than they did
GROWN_AFTER_S = 5.0
#: seconds before those are named who always held much, and those who grew much although they are answered
ALWAYS_AFTER_S = 12.0
#: part of all slots that they must hold together: otherwise it is a crowd, or the application that is slow
CONCENTRATED = 2
#: part of all slots that those must hold together who keep a server waiting: fewer do not fill it
PROVEN_PART = 4
#: a client with more than this part of all slots is large
LARGE = 4
#: part of its slots that a server has free when there is room again
ROOM = 0.3
#: seconds before the server was full in which it answered, if it was not the application that stood still
ANSWERING_S = 5.0


class _Candidate(NamedTuple):
    """A holder, the slots by which it grew, and what it did."""

    holder: Holder
    grown: int
    usage: Usage
    what: str
    ttl: int


@dataclass(frozen=True)
class FullServer:
    """A snapshot of a server without room, and what is known of its clients."""

    seen: SnapshotCounts
    history: SlotHistory
    when: float
    #: seconds for which it has been full
    full_s: float
    #: slots that there are, or that were seen at least; 0 = unknown
    capacity: int
    is_exempt: Callable[[bytes], bool]
    #: seconds of a ban for what is no proof
    ttl: int
    #: names members of groups that are alike, for so many slots, but for those that are named already
    find_alike: Callable[[float, Container[bytes]], Mapping[bytes, Holding]] = lambda _need, _named: {}

    def find_holders(self) -> dict[bytes, Holding]:
        """Return those whose ban makes room, the proven first, largest first, and no more than it takes."""
        total = sum(map(count_slots, self.seen.phases.values()))
        need = count_need(total, self.capacity)
        holders = list(list_holders(self.seen, self.history, FEW_HELLOS, self.is_exempt))
        found = self._take(_if_enough(self._find_proven(holders), total, PROVEN_PART), need, total)
        found.update(self.find_alike(need - _count_slots(found), found))
        if not self._may_explain(total):
            return found
        networks = [one for one in self._list_networks() if self._is_crowd(one)]
        for candidates, find, part in (
            (holders, self._find_silent, CONCENTRATED),
            (networks, self._find_silent, CONCENTRATED),
            (holders, self._find_grown, CONCENTRATED),
            (holders, self._find_large, total),
        ):
            rest = [one for one in candidates if not found.keys() & one.addresses.keys()]
            more = _if_enough(find(rest, total), total, part)
            found.update(self._take(more, need - _count_slots(found), total))
        return found

    def _list_networks(self) -> Iterator[Holder]:
        return list_holders(self.seen, self.history, CROWD, self.is_exempt, name_network)

    def _is_crowd(self, one: Holder) -> bool:
        """Return whether a network has one client, who takes an address of it for each connection."""
        return len(one.addresses) >= CROWD and not one.is_answered

    def _may_explain(self, total: int) -> bool:
        """Return whether slots that are held silently can be what fills the server.

        They cannot where HTTP/2 has more requests at upstreams than there are connections, and nobody can say
        so where connmon never saw the server with room.
        """
        return may_fill(total, self.capacity) and (self.history.has_calm or self.full_s >= FIRST_S)

    def _take(self, candidates: Sequence[_Candidate], need: float, total: int) -> dict[bytes, Holding]:
        """Return the first of them, as many as make so many slots free."""
        found: dict[bytes, Holding] = {}
        for one in candidates:
            if need <= 0:
                break
            found.update({holding.address: holding for holding in self._name(one, total)})
            need -= one.holder.slots
        return found

    def _find_proven(self, holders: Sequence[Holder]) -> Iterator[_Candidate]:
        """Yield those that keep the server waiting, and did so less when there was room."""
        for one in holders:
            is_many = one.waits >= FEW or one.hellos >= FEW_HELLOS
            if not is_many or one.faults * WAITING_PER_FAULT < one.waits:
                continue
            usage, before = one.sum_up(self.history, self.when), one.count_before(self.history, self.when)
            if (
                usage.unanswered_s >= max(UNANSWERED_S, usage.answered_s)
                and one.waits * OTHERS_PER_UNANSWERED >= one.slots - one.waits
                and (one.waits > before or self.full_s >= ALWAYS_AFTER_S)
            ):
                what = f"{one.waits} of them because it does not finish what it says or take what it asked"
                yield _Candidate(one, one.waits - before, usage, what, 0)

    def _find_silent(self, holders: Sequence[Holder], total: int) -> Iterator[_Candidate]:
        """Yield those that hold much and ask for little."""
        least = max(LEAST, min(MODERATE, total // ADDRESSES - 1))
        for one in holders if self.full_s >= GROWN_AFTER_S else ():
            if one.slots <= least or self._is_visitor(one):
                continue
            before, usage = one.count_before(self.history, self.when), one.sum_up(self.history, self.when)
            silent = one.slots - (one.owed if one.is_answered else 0)
            excused_s = LARGE_S if one.slots * LARGE > total else QUIET_S
            is_much = silent - before > least or (self.full_s >= ALWAYS_AFTER_S and silent > least)
            if is_much and usage.held_s >= excused_s * usage.answers:
                what = f"{before} when there was room" if before else "most of them silent"
                yield _Candidate(one, silent - before, usage, what, self.ttl)

    def _find_grown(self, holders: Sequence[Holder], total: int) -> Iterator[_Candidate]:
        """Yield those that grew much, whatever they get; not where the application stood still before."""
        began = self.when - self.full_s
        if self.full_s < ALWAYS_AFTER_S or began - self.history.answering_at > ANSWERING_S:
            return
        for one in holders:
            before = one.count_before(self.history, self.when)
            if one.slots - before >= max(MUCH, total // MUCH_PART):
                usage = one.sum_up(self.history, self.when)
                yield _Candidate(one, one.slots - before, usage, f"{before} when there was room", self.ttl)

    def _find_large(self, holders: Sequence[Holder], total: int) -> Iterator[_Candidate]:
        """Yield who has more than a quarter of the server for long, whatever it is answered."""
        for one in holders if self.full_s >= ALWAYS_AFTER_S else ():
            held = one.slots - (one.owed if one.is_answered else 0)
            if held > MODERATE and held * LARGE > max(total, self.capacity):
                usage = one.sum_up(self.history, self.when)
                yield _Candidate(one, held, usage, "more than a quarter", self.ttl)

    def _is_visitor(self, one: Holder) -> bool:
        """Return whether a browser may hold so much: it was answered, and has no streams."""
        return one.slots <= MODERATE and 2 * one.streams < one.slots and one.is_answered

    def _name(self, one: _Candidate, total: int) -> Iterator[Holding]:
        """Yield the addresses of a client; each has the reason of all."""
        what, several = one.what, len(one.holder.addresses)
        if several > 1:
            what += f", over {several} addresses of one network"
        why = describe_holding(one.holder.slots, total, one.usage, what, NOW_S)
        for address, slots in one.holder.addresses.items():
            yield Holding(address, slots, one.grown if several == 1 else slots, why, one.ttl)


def may_fill(slots: int, capacity: int) -> bool:
    """Return whether these connections can fill a server, each with a second slot at an upstream."""
    return 2 * slots >= FILLED * capacity


def count_need(slots: int, capacity: int) -> float:
    """Return how many of the slots must become free for room; `capacity` 0 = unknown."""
    return max(ROOM * slots, slots - (1 - ROOM) * capacity if capacity else 0.0)


def _if_enough(candidates: Iterator[_Candidate], total: int, part: int) -> list[_Candidate]:
    """Return them, the largest first, if they hold this part of all slots together."""
    found = sorted(candidates, key=_by_growth)
    return found if part * sum(one.holder.slots for one in found) >= total else []


def _by_growth(one: _Candidate) -> tuple[float, bytes]:
    """Return the place of a candidate: who got few answers for what it holds comes first."""
    return -one.grown / (1.0 + one.usage.answers), min(one.holder.addresses)


def _count_slots(holdings: Mapping[bytes, Holding]) -> int:
    return sum(one.slots for one in holdings.values())
