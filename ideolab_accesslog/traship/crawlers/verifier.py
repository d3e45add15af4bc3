"""Threads that look up the names of addresses, and what they have found.

Neither a request nor the writer's thread waits for a resolver. Whoever owns an address also owns the server
that is asked for its name, which may be slow: there are few threads, one of them at most works on a network,
and a network that does not answer rests for a minute.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import socket
import threading
from time import monotonic
from typing import Callable, NamedTuple, Optional, TypeVar

from ideolab_accesslog.conf import drop_on_change
from ideolab_accesslog.traship.crawlers import listed
from ideolab_accesslog.traship.crawlers.lookup import find_name

logger = logging.getLogger("ideolab_accesslog")

#: threads at most; each ends after REST_S without work
THREADS_MAX = 4
REST_S = 5.0
#: addresses that wait for a thread; more are not verified now
WAITING_MAX = 1000
#: answers that are remembered
ANSWERS_MAX = 10_000
#: seconds for which a name is good, none is good, and a network that did not answer is left alone
GOOD_S = 86_400.0
NONE_S = 3_600.0
FAILURE_S = 60.0
#: seconds after which a lookup counts as a failure of its network
SLOW_S = 5.0
#: who has addresses of one network also has its names
_PREFIXES = {4: 24, 6: 48}
_Value = TypeVar("_Value")


class _Answer(NamedTuple):
    name: str
    until: float


def _find_wanted_name(address: str) -> Optional[str]:
    return find_name(address, listed.is_wanted, socket.gethostbyaddr, socket.getaddrinfo)


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
        self._change = threading.Condition()
        self._answers: dict[str, _Answer] = {}
        #: {network that did not answer: end of its rest}
        self._resting: dict[str, float] = {}
        self._waiting: dict[str, str] = {}
        self._running: set[str] = set()
        self._threads: set[threading.Thread] = set()

    def ask(self, address: str) -> Optional[str]:
        """Return the confirmed name of an address, "" for none; None while it is being looked up."""
        network = network_of(address)
        with self._change:
            now = self._clock()
            answer = self._answers.get(address)
            if answer is not None and answer.until > now:
                return answer.name
            if self._resting.get(network, 0.0) > now:
                return ""
            if address not in self._waiting:
                if len(self._waiting) >= WAITING_MAX:
                    return ""
                self._waiting[address] = network
                self._start_thread()
                self._change.notify()
        return None

    def recall(self, address: str) -> str:
        """Return the confirmed name of an address as far as it is known already; "" for none."""
        with self._change:
            answer = self._answers.get(address)
            return answer.name if answer is not None and answer.until > self._clock() else ""

    def _start_thread(self) -> None:
        if len(self._threads) >= min(THREADS_MAX, len(self._waiting)):
            return
        thread = threading.Thread(
            target=self._work, args=(self._change,), name="ideolab-crawlers", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:
            # no more threads for this user: who waits for one is not verified
            logger.warning("no thread for the names of crawlers", exc_info=True)
        else:
            self._threads.add(thread)

    def _work(self, change: threading.Condition) -> None:
        """Look up one address after the other; the thread's whole life."""
        while True:
            address = self._take(change)
            if address is None:
                return
            began = self._clock()
            name = self._look_up(address)
            with change:
                if change is self._change:
                    self._keep(address, name, self._clock() - began)
                    change.notify_all()

    def _take(self, change: threading.Condition) -> Optional[str]:
        """Wait for an address whose network is not being asked, and return it; None: the thread may end."""
        with change:
            if change is self._change and change.wait_for(self._find_next, REST_S):
                address = self._find_next()
                if address is not None:
                    self._running.add(self._waiting[address])
                    return address
            self._threads.discard(threading.current_thread())
            return None

    def _find_next(self) -> Optional[str]:
        free = (address for address, network in self._waiting.items() if network not in self._running)
        return next(free, None)

    def _look_up(self, address: str) -> Optional[str]:
        try:
            return self._find(address)
        except Exception:
            logger.exception("the name of a crawler was not looked up")
            return None

    def _keep(self, address: str, name: Optional[str], took_s: float) -> None:
        """Remember the answer about an address, and let its network rest after a failure or a slow one."""
        network, now = self._waiting.pop(address), self._clock()
        self._running.discard(network)
        if name is None or took_s > SLOW_S:
            _add(self._resting, network, now + FAILURE_S)
            self._waiting = {one: other for one, other in self._waiting.items() if other != network}
        if name is not None:
            _add(self._answers, address, _Answer(name, now + (GOOD_S if name else NONE_S)))


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
