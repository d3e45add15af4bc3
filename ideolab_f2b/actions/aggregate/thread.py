"""The thread that aggregates: one for all jails, beside the bans and never in their way."""

from __future__ import annotations

import functools
import logging
import threading
import time
from typing import Callable, Optional, Protocol

from ideolab_f2b.complaint import Complaint
from ideolab_f2b.pace import Pause

#: seconds between two passes
EVERY_S = 15.0
#: of the time, what passes take at most: after one of a second the next waits for a minute
_SHARE = 60.0
#: seconds of one rest, in which the threads of fail2ban have the interpreter to themselves
REST_S = 0.002
SAY_AGAIN_S = 600.0
_log = logging.getLogger("fail2ban.ideolab-ban")


class Aggregates(Protocol):
    """One jail: see jail_aggregate.JailAggregate."""

    def look(self, pause: Pause) -> None: ...


class AggregateThread:
    """Looks at the jails; its thread starts with the first that aggregates, and ends with the last."""

    def __init__(self, every_s: Optional[float] = None, sleep: Callable[[float], None] = time.sleep) -> None:
        self._every_s, self._sleep = every_s, sleep
        self._members: list[Aggregates] = []
        self._guard, self._wake = threading.Lock(), threading.Event()
        self._thread: Optional[threading.Thread] = None
        self._complaint = Complaint(functools.partial(_log.error, "cannot aggregate: %s"), SAY_AGAIN_S)

    def add(self, member: Aggregates) -> None:
        """Look at a jail from now on; nothing when that is done already."""
        with self._guard:
            if member not in self._members:
                self._members.append(member)
            if self._thread is None:
                self._wake.clear()
                self._thread = threading.Thread(target=self._run, name="ideolab-aggregate", daemon=True)
                self._thread.start()

    def remove(self, member: Aggregates) -> None:
        """Look at a jail no more; a look that has begun ends by itself."""
        with self._guard:
            if member in self._members:
                self._members.remove(member)
            if not self._members:
                self._wake.set()

    def look(self) -> None:
        """Look at each jail once; an error is told, and the next jail is looked at."""
        with self._guard:
            members = list(self._members)
        for member in members:
            try:
                member.look(lambda: self._sleep(REST_S))
            except Exception as error:
                self._complaint.say(repr(error), type(error).__name__)

    def _run(self) -> None:
        every_s = EVERY_S if self._every_s is None else self._every_s
        wait_s = every_s
        while True:
            self._wake.wait(wait_s)
            self._wake.clear()
            with self._guard:
                if not self._members:
                    self._thread = None
                    return
            began = time.thread_time()
            self.look()
            wait_s = max(every_s, (time.thread_time() - began) * _SHARE)


#: of this process: fail2ban makes an action for each jail
AGGREGATE = AggregateThread()
