"""Asks the opener for the namespaces of containers, and says why there is no answer."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterator
from typing import Optional, Protocol

from ideolab_f2b.namespaces.namespace import Namespace

#: seconds that connmon waits for all of an answer; the host's look comes before
DEADLINE_S = 1.0
#: seconds that it waits for one part of it
WAIT_S = 0.5
#: seconds without a question after one that failed; twice as many after each further one
AGAIN_S = 2.0
#: seconds without a question at most
LONGEST_S = 30.0
SERVICE = "ideolab-netns"
#: its socket is not there, or nobody listens on it
_DOWN = (errno.ENOENT, errno.ECONNREFUSED)


class Ask(Protocol):
    """What asks the opener: namespaces.ask.ask."""

    def __call__(self, ports: tuple[int, ...], /, *, above: int, wait_s: float) -> Iterator[Namespace]:
        """Yield the namespaces that listen on one of these ports; OSError."""


class AskAddresses(Protocol):
    """What asks the opener for addresses: namespaces.ask.ask_addresses."""

    def __call__(self, *, wait_s: float) -> frozenset[bytes]:
        """Return the addresses that the host routes to any container, with a listener or without; OSError."""


class NamespaceQuestion:
    """Asks; a slow opener is not asked again at once.

    `problem` says why nobody answers although somebody should, `number` is that of the namespaces in the last
    whole answer (None: nobody says), `is_whole` tells whether this answer was one.
    """

    def __init__(
        self,
        ports: tuple[int, ...],
        ask: Ask,
        ask_addresses: AskAddresses,
        *,
        above: int,
        is_wanted: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """With `is_wanted` a missing opener is a problem from the start."""
        self._ports, self._above, self._clock = ports, above, clock
        self._ask, self._ask_addresses = ask, ask_addresses
        self._is_wanted = is_wanted
        self._again_at, self._wait_s = float("-inf"), AGAIN_S
        self.problem = ""
        self.number: Optional[int] = None
        self.is_whole = False

    def ask(self) -> Iterator[Namespace]:
        """Yield the namespaces; the channel of one is valid until the next one is taken."""
        self.is_whole = False
        if self._clock() < self._again_at:
            return
        number = 0
        try:
            for one in self._answers():
                number += 1
                yield one
        except (OSError, ValueError) as error:
            self._note_error(error)
        else:
            # from now on a missing opener is one that was lost
            self.number, self.problem, self._is_wanted = number, "", True
            self.is_whole, self._wait_s = True, AGAIN_S

    def ask_addresses(self) -> Optional[frozenset[bytes]]:
        """Return the addresses of all containers; None where nobody says."""
        if self._clock() < self._again_at:
            return None
        try:
            return self._ask_addresses(wait_s=WAIT_S)
        except (OSError, ValueError) as error:
            self._note_error(error)
            return None

    def _note_error(self, error: Exception) -> None:
        self.number = None
        if isinstance(error, OSError) and error.errno in _DOWN:
            # no cost: it may be asked each time
            self.problem = f"{SERVICE} does not run" if self._is_wanted else ""
            return
        why = error.strerror if isinstance(error, OSError) else None
        self.problem = f"{SERVICE}: {why or error}"
        self._again_at = self._clock() + self._wait_s
        self._wait_s = min(LONGEST_S, 2 * self._wait_s)

    def _answers(self) -> Iterator[Namespace]:
        """Yield the answers as long as waiting for them takes no longer than DEADLINE_S together."""
        left_s, started = DEADLINE_S, self._clock()
        for one in self._ask(self._ports, above=self._above, wait_s=WAIT_S):
            left_s -= self._clock() - started
            if left_s < 0:
                raise TimeoutError(errno.ETIMEDOUT, f"no whole answer within {DEADLINE_S:.0f} s")
            yield one
            # what is read of the namespace meanwhile is no waiting
            started = self._clock()
