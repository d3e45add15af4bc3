"""Holds back the offences of clients that say to be a crawler until it is known whether they are one."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from time import monotonic
from typing import Callable, NamedTuple, Optional

from ideolab_accesslog.traship.crawlers import listed
from ideolab_accesslog.traship.crawlers.verifier import Verifier, network_of, verifier
from ideolab_accesslog.traship.offence import CRAWLER, Offence
from ideolab_accesslog.traship.turn import Turn

#: seconds after which an offence whose client is still unknown counts as anybody's
HOLD_S = 5.0
#: the same while our own resolver seems to fail, which says nothing about the client
FAILING_HOLD_S = 60.0
#: offences that are held, in all and of one network; more count as anybody's at once
HELD_MAX = 5000
NETWORK_MAX = 500
#: held offences whose clients are asked for again in one turn; the others have theirs in the next one
ASKED_OF_A_TURN = 1000


class _Held(NamedTuple):
    since: float
    offence: Offence


class HeldOffences:
    """One per process; only `excuse_without_asking` is called outside of the writer's thread."""

    def __init__(self, verifier: Verifier = verifier, clock: Callable[[], float] = monotonic) -> None:
        self._verifier = verifier
        self._clock = clock
        self._held: deque[_Held] = deque()

    def sort(
        self, offences: Iterable[Offence], is_last: bool = False, turn: Optional[Turn] = None
    ) -> Iterator[Offence]:
        """Yield the offences that can be judged now, those of crawlers excused; hold the others back.

        `is_last` holds none back: the process ends.
        """
        now, turn = self._clock(), turn or Turn()
        networks: Counter[str] = Counter()
        # not those that are held again: their turn is the next one
        for _ in range(len(self._held) if is_last else min(len(self._held), ASKED_OF_A_TURN)):
            turn.rest()
            yield from self._sort_one(self._held.popleft(), is_last, now, networks)
        for offence in offences:
            yield from self._sort_one(_Held(now, offence), is_last, now, networks)

    def _sort_one(self, held: _Held, is_last: bool, now: float, networks: Counter[str]) -> Iterator[Offence]:
        proof = listed.find_proof(held.offence.agent)
        if held.offence.excuse or not any(proof):
            yield held.offence
        elif is_last or not self._is_kept(held, proof, now, networks):
            yield self._excuse(held.offence, proof)

    def _is_over(self, held: _Held, now: float) -> bool:
        limit_s = FAILING_HOLD_S if self._verifier.is_failing() else HOLD_S
        return now - held.since >= limit_s

    def excuse_without_asking(self, offence: Offence) -> Offence:
        """Return the offence, excused if its client is already known as the crawler of its agent."""
        proof = listed.find_proof(offence.agent)
        return offence if offence.excuse or not any(proof) else self._excuse(offence, proof)

    def _is_kept(self, held: _Held, proof: listed.Proof, now: float, networks: Counter[str]) -> bool:
        """Hold an offence back if its client is being looked up, there is time, and there is room."""
        address = _address_of(held.offence)
        if not proof.suffixes or self._verifier.ask(address) is not None or self._is_over(held, now):
            return False
        network = network_of(address)
        networks[network] += 1
        if networks[network] > NETWORK_MAX or len(self._held) >= HELD_MAX:
            return False
        self._held.append(held)
        return True

    def _excuse(self, offence: Offence, proof: listed.Proof) -> Offence:
        """Return the offence, excused if its client is the crawler that it says to be."""
        address = _address_of(offence)
        name = self._verifier.recall(address)
        is_crawler = proof.holds_network_of(address) or proof.holds_name(name)
        return offence._replace(excuse=CRAWLER) if is_crawler else offence


def _address_of(offence: Offence) -> str:
    # the /64 that an IPv6 client is counted by has no name
    return offence.client or offence.address
