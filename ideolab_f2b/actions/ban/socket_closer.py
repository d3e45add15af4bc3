"""Closes the open sockets of banned peers, in its own thread: nothing here can delay a ban."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection
from typing import Callable, Optional, Union

from ideolab_f2b.actions.ports import Ports
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.kernel.ipset.element import Key, Network, network_of
from ideolab_f2b.kernel.sockets.destroy import destroy as destroy_sockets

Destroy = Callable[[Collection[Network], Ports], int]

#: a connection can be accepted between a walk's look at it and the rule's effect on its packets
WALKS = 3
#: seconds between two rounds of walks: in a burst of bans each round would take its time from the bans
REST_S = 0.2
#: peers that wait for a walk
LIMIT = 65536
#: seconds until the log says again that sockets stay open
SAY_AGAIN_S = 600.0
_log = logging.getLogger("fail2ban.ideolab-ban")


class SocketCloser:
    """One walk over the sockets serves every peer that was banned since the walk before."""

    def __init__(self, ports: Ports, destroy: Destroy = destroy_sockets) -> None:
        self.ports = ports
        self.destroyed = self.dropped = self.failed = 0
        self.last_error = ""
        self._destroy = destroy
        self._complaint = Complaint(_log.error, SAY_AGAIN_S)
        self._lock = threading.Lock()
        self._pending: list[Key] = []
        self._work = threading.Event()
        self._stop = threading.Event()
        self._thread: Optional[threading.Thread] = None

    def add(self, key: Key) -> None:
        """Queue a peer's address or network and return at once."""
        with self._lock:
            if len(self._pending) >= LIMIT:
                self.dropped += 1
                return
            self._pending.append(key)
            if len(self._pending) > 1:
                return
            if self._thread is None:
                self._start()
            self._work.set()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Finish what is queued, but do not wait longer than this."""
        self._stop.set()
        self._work.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def stats(self) -> dict[str, Union[int, str]]:
        """The counts of `fail2ban-client get JAIL action ideolab-ban stats`, below "closer"."""
        return {
            "destroyed": self.destroyed,
            "dropped": self.dropped,
            "failed": self.failed,
            "last_error": self.last_error,
            "waiting": len(self._pending),
        }

    def _start(self) -> None:
        # not before there is work: a thread of a process that forks to become a daemon would be left behind
        self._thread = threading.Thread(target=self._run, name="ideolab-closer", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not (self._stop.is_set() and not self._pending):
            self._work.wait()
            self._work.clear()
            with self._lock:
                keys, self._pending = self._pending, []
            if keys:
                self._walk(set(keys))
                self._stop.wait(REST_S)

    def _walk(self, keys: Collection[Key]) -> None:
        try:
            networks = [network_of(key) for key in keys]
            for _walk in range(WALKS):
                closed = self._destroy(networks, self.ports)
                self.destroyed += closed
                if not closed:
                    return
        except BaseException as error:
            # the peers are banned all the same; the same error for each of ten thousand bans helps nobody
            self.failed += 1
            self.last_error = str(error)
            self._complaint.say(f"open sockets of banned peers stay open: {error}", type(error).__name__)
