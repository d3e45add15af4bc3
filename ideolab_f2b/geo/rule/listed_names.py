"""The addresses of host names that root has listed, asked within seconds, or what they were before."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_address

from ideolab_f2b.actions.protected.names import ADDRESSES, NAMES, Resolve, resolve
from ideolab_f2b.kernel.address import Address
from ideolab_f2b.logline import quote

#: seconds for all names together: at a boot there may be no network yet
LIMIT_S = 5.0


class NameAddresses:
    """Answers of one run; `before` are the addresses of an earlier one, which count where DNS is silent."""

    def __init__(
        self,
        before: Mapping[str, Iterable[str]],
        *,
        limit_s: float = LIMIT_S,
        resolve: Resolve = resolve,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._before, self._resolve, self._clock = before, resolve, clock
        self._until = clock() + limit_s
        #: {name: addresses as text}, to be remembered
        self.known: dict[str, tuple[str, ...]] = {}
        self._troubles: list[str] = []

    def find(self, name: str) -> list[Address]:
        """Return the addresses of a name: those of now, else those of before; [] with a trouble."""
        if len(self.known) >= NAMES:
            self._troubles.append(f"{name} exempts nobody: more than {NAMES} names are listed")
            return []
        found, why = self._ask(name)
        if not found:
            found = sorted(map(ip_address, self._before.get(name, ())), key=str)
            rest = "its last addresses still count" if found else "it exempts nobody"
            self._troubles.append(f"{name} has no answer: {why}; {rest}")
        if found:
            self.known[name] = tuple(map(str, found))
        return found

    def troubles(self) -> list[str]:
        """Return a sentence for each name of which something is not known."""
        return self._troubles

    def _ask(self, name: str) -> tuple[list[Address], str]:
        answers: list[Address] = []
        failures: list[str] = []

        def ask() -> None:
            try:
                answers.extend(sorted(self._resolve(name), key=str)[:ADDRESSES])
            except Exception as error:
                failures.append(quote(str(error) or repr(error)))

        left_s = self._until - self._clock()
        if left_s <= 0:
            return [], f"DNS took more than {LIMIT_S:.0f} s"
        # getaddrinfo knows no limit of time: who waits longer is left behind, and ends with the process
        asking = threading.Thread(target=ask, name="ideolab-geo-names", daemon=True)
        asking.start()
        asking.join(left_s)
        if asking.is_alive():
            return [], f"DNS took more than {LIMIT_S:.0f} s"
        return answers, failures[0] if failures else "it has no address"
