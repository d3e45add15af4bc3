"""Holds back the offences of clients that say to be a crawler until it is known whether they are one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from time import monotonic
from typing import Callable, NamedTuple

from ideolab_accesslog.traship.crawlers import listed
from ideolab_accesslog.traship.crawlers.verifier import Verifier, network_of, verifier
from ideolab_accesslog.traship.offence import CRAWLER, Offence

#: seconds after which an offence whose client is still unknown counts as anybody's
HOLD_S = 5.0
#: offences that are held, in all and of one network; more count as anybody's at once
HELD_MAX = 5000
NETWORK_MAX = 500


class _Held(NamedTuple):
    until: float
    offence: Offence


class HeldOffences:
    """One per process; used by the writer's thread alone."""

    def __init__(self, verifier: Verifier = verifier, clock: Callable[[], float] = monotonic) -> None:
        self._verifier = verifier
        self._clock = clock
        self._held: list[_Held] = []

    def sort(self, offences: Iterable[Offence], is_last: bool = False) -> list[Offence]:
        """Return the offences that can be judged now, those of crawlers excused; hold the others back.

        `is_last` holds none back: the process ends.
        """
        now = self._clock()
        before, self._held = self._held, []
        held = [*before, *(_Held(now + HOLD_S, offence) for offence in offences)]
        networks: Counter[str] = Counter()
        ready: list[Offence] = []
        for one in held:
            proof = listed.find_proof(one.offence.agent)
            if one.offence.excuse or not any(proof):
                ready.append(one.offence)
            elif is_last or not self._is_kept(one, proof, now, networks):
                ready.append(self._excuse(one.offence, proof))
        return ready

    def _is_kept(self, held: _Held, proof: listed.Proof, now: float, networks: Counter[str]) -> bool:
        """Hold an offence back if its client is being looked up, there is time, and there is room."""
        address = _client(held.offence)
        if not proof.suffixes or self._verifier.ask(address) is not None or held.until <= now:
            return False
        network = network_of(address)
        networks[network] += 1
        if networks[network] > NETWORK_MAX or len(self._held) >= HELD_MAX:
            return False
        self._held.append(held)
        return True

    def _excuse(self, offence: Offence, proof: listed.Proof) -> Offence:
        """Return the offence, excused if its client is the crawler that it says to be."""
        address = _client(offence)
        name = self._verifier.recall(address)
        is_crawler = proof.holds_network_of(address) or proof.holds_name(name)
        return offence._replace(excuse=CRAWLER) if is_crawler else offence


def _client(offence: Offence) -> str:
    """Return the address that may have a name: an IPv6 client is counted by its /64."""
    return offence.client or offence.address
