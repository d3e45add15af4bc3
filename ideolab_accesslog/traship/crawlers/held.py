"""Holds back the offences of clients that say to be a crawler until it is known whether they are one."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from itertools import chain
from time import monotonic
from typing import Callable, NamedTuple, Optional

from ideolab_accesslog.signals import dropped
from ideolab_accesslog.traship.crawlers import listed
from ideolab_accesslog.traship.crawlers.verifier import Verifier, network_of, verifier
from ideolab_accesslog.traship.offence import CRAWLER, Offence
from ideolab_accesslog.traship.turn import Turn

#: seconds after which an offence whose client is still unknown counts as anybody's
HOLD_S = 5.0
#: the same while our own resolver seems to fail, or no thread is free: that says nothing about the client
HOLD_MAX_S = 60.0
#: offences that are held, in all and of one network; more count as anybody's at once
HELD_MAX = 5000
NETWORK_MAX = 500
#: the same of one network while half of the room or more is taken: the other half is for those with few
NETWORK_FEW = 20
#: held offences whose clients are asked for again in one turn; the others have theirs in the next one
ASKED_OF_A_TURN = 1000


class _Held(NamedTuple):
    since: float
    #: when the client was last seen to wait for a thread
    unasked: float
    offence: Offence


class HeldOffences:
    """One per process; only `judge_without_asking` is called outside of the writer's thread."""

    def __init__(self, verifier: Verifier = verifier, clock: Callable[[], float] = monotonic) -> None:
        self._verifier = verifier
        self._clock = clock
        self._held: deque[_Held] = deque()
        #: {network: how many of its offences are held}
        self._counts: Counter[str] = Counter()

    def sort(self, offences: Iterable[Offence], turn: Optional[Turn] = None) -> Iterator[Offence]:
        """Yield the offences that can be judged now, those of crawlers excused; hold the others back."""
        now, turn = self._clock(), turn or Turn()
        # not those that are held again: their turn is the next one
        for _ in range(min(len(self._held), ASKED_OF_A_TURN)):
            turn.rest()
            held = self._take()
            judged = self._judge(held, now, is_new=False)
            if judged is not None:
                yield judged
        for offence in offences:
            judged = self._judge(_Held(now, now, offence), now, is_new=True)
            if judged is not None:
                yield judged

    def sort_last(self, offences: Iterable[Offence]) -> Iterator[Offence]:
        """Yield the same at the end of the process, which waits for no answer: who is unknown is dropped."""
        unknown = 0
        for offence in chain((self._take().offence for _ in range(len(self._held))), offences):
            judged = self.judge_without_asking(offence)
            if judged is None:
                unknown += 1
            else:
                yield judged
        if unknown:
            why = "the process ends before a resolver answers"
            dropped.send_robust(sender=HeldOffences, count=unknown, why=why)

    def judge_without_asking(self, offence: Offence) -> Optional[Offence]:
        """Return the offence, excused if its client is the crawler it names; None: it is not known yet."""
        proof = listed.find_proof(offence.agent)
        if offence.excuse or not any(proof):
            return offence
        address = _address_of(offence)
        if proof.holds_network_of(address):
            return offence._replace(excuse=CRAWLER)
        name = self._verifier.recall(address) if proof.suffixes else ""
        if name is None:
            return None
        return offence._replace(excuse=CRAWLER) if proof.holds_name(name) else offence

    def ask(self, offence: Offence) -> None:
        """Have the client of an offence looked up if nobody knows who it is; the offence is not held."""
        if self.judge_without_asking(offence) is None:
            self._verifier.ask(_address_of(offence))

    def _judge(self, held: _Held, now: float, is_new: bool) -> Optional[Offence]:
        """Return the offence as it counts; None: its client is being looked up, and it is held back."""
        judged = self.judge_without_asking(held.offence)
        if judged is not None:
            return judged
        address = _address_of(held.offence)
        self._verifier.ask(address)
        if self._verifier.is_waiting(address):
            held = held._replace(unasked=now)
        if self._is_over(held, now) or (is_new and not self._has_room(network_of(address))):
            return held.offence
        self._held.append(held)
        self._counts[network_of(address)] += 1
        return None

    def _is_over(self, held: _Held, now: float) -> bool:
        if now - held.since >= HOLD_MAX_S:
            return True
        return now - held.unasked >= HOLD_S and not self._verifier.is_failing()

    def _has_room(self, network: str) -> bool:
        count = len(self._held)
        most = NETWORK_MAX if count < HELD_MAX // 2 else NETWORK_FEW
        return count < HELD_MAX and self._counts[network] < most

    def _take(self) -> _Held:
        held = self._held.popleft()
        network = network_of(_address_of(held.offence))
        self._counts[network] -= 1
        if not self._counts[network]:
            del self._counts[network]
        return held


def _address_of(offence: Offence) -> str:
    # the /64 that an IPv6 client is counted by has no name
    return offence.client or offence.address
