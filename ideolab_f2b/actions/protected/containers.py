"""The addresses of this host's containers: a thread asks the opener, and no ban waits for its answer."""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from pathlib import Path
from typing import Optional

from ideolab_f2b.complaint import Complaint
from ideolab_f2b.kernel.address import Address
from ideolab_f2b.namespaces.ask import ask_addresses
from ideolab_f2b.namespaces.namespace import SOCKET

#: seconds between two questions
EVERY_S = 15.0
#: the same while there was no answer yet, as at boot
RETRY_S = 2.0
#: seconds that the last answer protects while the opener does not answer
KEPT_S = 3600.0
SAY_AGAIN_S = 600.0
_log = logging.getLogger("fail2ban.ideolab-ban")


class ContainerAddresses:
    """The last answer of the opener; the thread begins with the first question of a jail."""

    def __init__(
        self,
        path: str = SOCKET,
        ask: Callable[[str], Iterable[bytes]] = ask_addresses,
        clock: Callable[[], float] = time.monotonic,
        every_s: float = EVERY_S,
    ) -> None:
        self._path, self._ask, self._clock, self._every_s = path, ask, clock, every_s
        # no error: those of a start make an install take everything back
        self._complaint = Complaint(functools.partial(_log.warning, "%s"), SAY_AGAIN_S, clock)
        self._lock = threading.Lock()
        self._thread: Optional[threading.Thread] = None
        self._found: list[Address] = []
        self._until = float("-inf")

    def now(self) -> list[Address]:
        """Return the addresses and gateways of the containers; [] where this host has no opener."""
        if Path(self._path).parent.is_dir():
            self._start()
        return self._found if self._clock() < self._until else []

    def renew(self) -> None:
        """Ask the opener; what it told before stays for a while when it does not answer."""
        try:
            self._found = sorted(map(ip_address, self._ask(self._path)), key=lambda one: (one.version, one))
            self._until = self._clock() + KEPT_S
            self._complaint.settle("opener")
        except Exception as error:
            self._complaint.say(f"the addresses of containers are not known anew: {error}", "opener")

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="ideolab-containers", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while Path(self._path).parent.is_dir():
            self.renew()
            is_known = self._until > float("-inf")
            time.sleep(self._every_s if is_known else min(RETRY_S, self._every_s))


#: of this process: each jail has the same containers
CONTAINERS = ContainerAddresses()
