"""Closes the open sockets of banned peers, in its own thread: nothing here can delay a ban."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Sequence
from typing import Callable, Optional, Union

from ideolab_f2b.actions.ports import Ports
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.kernel.ipset.element import Key, Network, network_of
from ideolab_f2b.kernel.sockets.destroy import destroy as destroy_sockets
from ideolab_f2b.namespaces.inside import InsideSockets

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

    def __init__(
        self,
        ports: Ports,
        destroy: Destroy = destroy_sockets,
        inside: Optional[InsideSockets] = None,
    ) -> None:
        self._ports = ports
        #: a thread of its own: an opener that does not answer must not keep the host's sockets open
        self._inside = SocketCloser(ports, inside.destroy) if inside else None
        self._containers = inside
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

    def add_many(self, keys: Sequence[Key]) -> None:
        """Queue the networks of one ban, which one walk serves, and return at once."""
        if len(keys) == 1:
            self.add(keys[0])
            return
        with self._lock:
            taken = keys[: max(0, LIMIT - len(self._pending))]
            self.dropped += len(keys) - len(taken)
            if not taken:
                return
            self._pending.extend(taken)
            if self._thread is None:
                self._start()
            self._work.set()

    @property
    def ports(self) -> Ports:
        """The local ports whose sockets are closed."""
        return self._ports

    def use(self, ports: Ports) -> None:
        """Close sockets on these local ports from now on."""
        self._ports = ports
        if self._inside:
            self._inside.use(ports)

    def stop(self, timeout_s: float = 5.0) -> None:
        """Finish what is queued, but do not wait longer than this."""
        end = time.monotonic() + timeout_s
        self._stop.set()
        self._work.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
        if self._inside:
            self._inside.stop(max(0.0, end - time.monotonic()))

    def stats(self) -> dict[str, Union[int, str]]:
        """The counts of `fail2ban-client get JAIL action ideolab-ban stats`, below "closer"."""
        both = [self, self._inside] if self._inside else [self]
        return {
            "destroyed": sum(each.destroyed for each in both),
            "dropped": sum(each.dropped for each in both),
            "failed": sum(each.failed for each in both),
            "last_error": next((each.last_error for each in both if each.last_error), ""),
            "namespaces": self._containers.namespaces if self._containers else 0,
            "waiting": sum(len(each._pending) for each in both),
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
                self._hand_on(keys)
                self._stop.wait(REST_S)

    def _hand_on(self, keys: Collection[Key]) -> None:
        """Let the sockets inside containers be closed too, where this host has the opener."""
        if self._inside and self._containers and self._containers.is_used:
            for key in keys:
                self._inside.add(key)

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
