"""Threads that look up the names of addresses, and what they have found.

Neither a request nor the writer's thread waits for a resolver. Whoever owns an address also owns the server
that is asked for its name, which may be slow: there are few threads, one of them at most works on a network,
networks take turns, and one that does not answer soon rests for a minute. When two or more do not answer, and
none does, our own resolver may be the reason: they are asked again soon.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import socket
import threading
from dataclasses import dataclass, field
from functools import lru_cache
from time import monotonic
from typing import Callable, NamedTuple, Optional, TypeVar

from ideolab_accesslog.conf import drop_on_change
from ideolab_accesslog.traship.crawlers import listed
from ideolab_accesslog.traship.crawlers.lookup import find_name
from ideolab_accesslog.traship.crawlers.waiting import WaitingAddresses

logger = logging.getLogger("ideolab_accesslog")

#: threads at most; each ends after REST_S without work
THREADS_MAX = 4
REST_S = 5.0
#: answers that are remembered
ANSWERS_MAX = 10_000
#: seconds for which a name is good, none is good, and a network that did not answer is left alone
GOOD_S = 86_400.0
NONE_S = 3_600.0
FAILURE_S = 60.0
#: seconds after which a lookup that finds no name counts as a failure: four such keep all threads busy
SLOW_S = 1.0
#: networks without an answer, and none with one, that are taken for a failure of our own resolver
FAILING_NETWORKS = 2
#: seconds until a network is asked again then
RETRY_S = 5.0
#: seconds for which such a failure is remembered: a lookup may take so long
FAILING_S = 30.0
#: who has addresses of one network also has its names
_PREFIXES = {4: 24, 6: 48}
_Value = TypeVar("_Value")


class _Answer(NamedTuple):
    name: str
    until: float


def _find_wanted_name(address: str) -> Optional[str]:
    return find_name(address, listed.is_wanted, socket.gethostbyaddr, socket.getaddrinfo)


@dataclass
class _Lookups:
    """What is known and what is being found out; the threads of a forgotten one never touch the next."""

    change: threading.Condition = field(default_factory=threading.Condition)
    answers: dict[str, _Answer] = field(default_factory=dict)
    #: {network that did not answer: end of its rest}
    resting: dict[str, float] = field(default_factory=dict)
    #: {network without an answer since another network gave one: when}
    failed: dict[str, float] = field(default_factory=dict)
    #: until when our own resolver is taken to fail
    failing_until: float = 0.0
    waiting: WaitingAddresses = field(default_factory=WaitingAddresses)
    #: {network that is being asked: about which of its addresses}
    running: dict[str, str] = field(default_factory=dict)
    threads: set[threading.Thread] = field(default_factory=set)

    def recall(self, address: str, now: float) -> Optional[str]:
        """Return the confirmed name of an address, "" for none; None while it is not known."""
        answer = self.answers.get(address)
        if answer is not None and answer.until > now:
            return answer.name
        if self.resting.get(network_of(address), 0.0) > now and self.failing_until <= now:
            return ""
        return None

    def add(self, address: str, now: float) -> bool:
        """Have an address wait for a thread; False: it does already, its network rests, or it has no room."""
        network = network_of(address)
        if self.resting.get(network, 0.0) > now or self.running.get(network) == address:
            return False
        return not self.waiting.holds(address, network) and self.waiting.add(address, network)

    def find_next(self) -> Optional[str]:
        """Return the network whose turn it is."""
        return self.waiting.find_next(self.running)


class Verifier:
    """One per process."""

    def __init__(
        self, find: Callable[[str], Optional[str]] = _find_wanted_name, clock: Callable[[], float] = monotonic
    ) -> None:
        self._find = find
        self._clock = clock
        self.forget()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.forget)

    def forget(self) -> None:
        """Start empty, also in a child process, which has none of the threads."""
        self._lookups = _Lookups()

    def ask(self, address: str) -> Optional[str]:
        """Return the confirmed name of an address, "" for none; None while it is not known.

        None does not promise an answer: there may be no room to look the address up now.
        """
        lookups = self._lookups
        with lookups.change:
            now = self._clock()
            name = lookups.recall(address, now)
            if name is None and lookups.add(address, now):
                self._start_thread(lookups)
                lookups.change.notify()
        return name

    def recall(self, address: str) -> Optional[str]:
        """Return the same as `ask` does, without asking."""
        lookups = self._lookups
        with lookups.change:
            return lookups.recall(address, self._clock())

    def is_waiting(self, address: str) -> bool:
        """Return whether other networks keep all threads from looking the address up."""
        network, lookups = network_of(address), self._lookups
        with lookups.change:
            return network not in lookups.running and lookups.waiting.holds(address, network)

    def is_failing(self) -> bool:
        """Return whether our own resolver seems to fail, now or a moment ago."""
        return self._lookups.failing_until > self._clock()

    def _start_thread(self, lookups: _Lookups) -> None:
        if len(lookups.threads) >= min(THREADS_MAX, len(lookups.waiting) + len(lookups.running)):
            return
        thread = threading.Thread(target=self._work, args=(lookups,), name="ideolab-crawlers", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # no more threads for this user: who waits for one is not verified
            logger.warning("no thread for the names of crawlers", exc_info=True)
        else:
            lookups.threads.add(thread)

    def _work(self, lookups: _Lookups) -> None:
        """Look up one address after the other; the thread's whole life."""
        while True:
            address = self._take(lookups)
            if address is None:
                return
            began = self._clock()
            name = self._look_up(address)
            with lookups.change:
                self._keep(lookups, address, name, self._clock() - began)
                lookups.change.notify_all()

    def _take(self, lookups: _Lookups) -> Optional[str]:
        """Wait for an address whose network is not being asked, and return it; None: the thread may end."""
        with lookups.change:
            if lookups is self._lookups and lookups.change.wait_for(lookups.find_next, REST_S):
                network = lookups.find_next()
                if network is not None:
                    lookups.running[network] = lookups.waiting.take(network)
                    return lookups.running[network]
            lookups.threads.discard(threading.current_thread())
            return None

    def _look_up(self, address: str) -> Optional[str]:
        try:
            return self._find(address)
        except Exception:
            logger.exception("the name of a crawler was not looked up")
            return None

    def _keep(self, lookups: _Lookups, address: str, name: Optional[str], took_s: float) -> None:
        """Remember the answer about an address, and let its network rest after a failure or a slow one."""
        network, now = network_of(address), self._clock()
        lookups.running.pop(network, None)
        lookups.waiting.put_last(network)
        if name is not None:
            _add(lookups.answers, address, _Answer(name, now + (GOOD_S if name else NONE_S)))
        # nobody but the crawler's owner can give a confirmed name, however long that takes
        if name is None or (not name and took_s > SLOW_S):
            _note_failure(lookups, network, now)
        else:
            _note_answer(lookups, now)


def _note_failure(lookups: _Lookups, network: str, now: float) -> None:
    """Let a network rest: for long if it alone fails, for a moment if our own resolver seems to."""
    lookups.waiting.drop(network)
    lookups.failed = {one: when for one, when in lookups.failed.items() if now - when < FAILURE_S}
    _add(lookups.failed, network, now)
    if len(lookups.failed) >= FAILING_NETWORKS:
        lookups.failing_until = now + FAILING_S
    is_ours = lookups.failing_until > now
    for one in lookups.failed if is_ours else [network]:
        _add(lookups.resting, one, now + (RETRY_S if is_ours else FAILURE_S))


def _note_answer(lookups: _Lookups, now: float) -> None:
    """Our resolver works: ask again about those whose failure may have been its own."""
    if lookups.failing_until > now:
        for network in lookups.failed:
            lookups.resting.pop(network, None)
    lookups.failed = {}


@lru_cache(maxsize=8192)
def network_of(address: str) -> str:
    """Return the /24 or /48 of an address."""
    parsed = ipaddress.ip_address(address)
    return str(ipaddress.ip_network((parsed, _PREFIXES[parsed.version]), strict=False))


def _add(kept: dict[str, _Value], key: str, value: _Value) -> None:
    """Add to a dictionary of at most ANSWERS_MAX; the oldest makes room."""
    kept.pop(key, None)
    if len(kept) >= ANSWERS_MAX:
        del kept[next(iter(kept))]
    kept[key] = value


#: the verifier of this process
verifier = Verifier()
drop_on_change(verifier.forget)
