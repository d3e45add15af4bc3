"""Who is logged in over SSH, or was within a day: one look serves all jails of a server.

A session counts when the same process holds the same connection in two looks. It never asks on the way of a
ban: the reconcile thread looks every few seconds, and the jails read what it found.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Collection, Iterable
from ipaddress import ip_network
from pathlib import Path
from typing import Callable, NamedTuple, Optional

from ideolab_f2b.actions.protected.refusal import Listed, listing
from ideolab_f2b.actions.protected.ssh import accounts, memory, processes
from ideolab_f2b.actions.protected.ssh.connections import Connections
from ideolab_f2b.actions.protected.ssh.logins import Login, logins
from ideolab_f2b.actions.protected.ssh.memory import Remembered
from ideolab_f2b.actions.protected.ssh.processes import View
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.kernel.address import Address
from ideolab_f2b.kernel.sockets.inodes import TcpConnection

#: seconds between two looks
EVERY_S = 3.0
#: the part of a core that the looks may take on a host with many processes
SHARE = 0.02
#: seconds between the first and the second look at a session: what is gone by then was no work
PROOF_S = 2.0
#: seconds that an address stays protected after its session was seen last: a laptop sleeps over night
REMEMBER_S = 86_400.0
#: addresses that are remembered, the latest
LIMIT = 1000
#: seconds between two writes while no new address comes
SAVE_S = 600.0
SAY_AGAIN_S = 600.0
NOW, BEFORE = "logged in over SSH", "an address that was logged in over SSH within the last day"
_log = logging.getLogger("fail2ban.ideolab-ban")
_Key = tuple[int, int, int]


class Seen(NamedTuple):
    """An address with a proved session; `seen` is on the clock of SshSessions."""

    address: Address
    port: int
    uid: int
    seen: float
    is_open: bool

    def make_listing(self) -> Listed:
        """Return the entry of the lists of what is not banned."""
        return listing(ip_network(self.address), NOW if self.is_open else BEFORE)


class SshSessions:
    """What the looks have found; for any thread, one of which looks."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        view: Callable[[], View] = processes.read,
        connections: Optional[Callable[[Collection[Login]], list[tuple[Login, TcpConnection]]]] = None,
        work: Callable[[], float] = time.thread_time,
    ) -> None:
        """`work` counts the seconds that this thread had a processor."""
        self.trouble = "no look at the processes was made yet"
        self._clock, self._wall, self._view, self._work = clock, wall, view, work
        self._connections = connections or Connections().of
        self._lock = threading.Lock()
        self._first: dict[_Key, float] = {}
        self._seen: dict[tuple[Address, int], Seen] = {}
        self._next = self._saved = float("-inf")
        self._directory: Optional[Path] = None
        say = functools.partial(_log.error, "who is logged in over SSH: %s")
        self._complaint = Complaint(say, SAY_AGAIN_S, clock)

    def keep_in(self, directory: Optional[Path]) -> None:
        """Remember addresses in this directory from now on, and those that are remembered there."""
        with self._lock:
            if directory == self._directory:
                return
            self._directory = directory
        if directory is not None:
            self._load(directory)

    def now(self) -> list[Seen]:
        """Return who is protected, the latest first."""
        with self._lock:
            return sorted(self._seen.values(), key=lambda each: each.seen, reverse=True)

    def look(self) -> float:
        """Look at the processes when it is time to; return the seconds until the next look. Never raises."""
        began, worked_s = self._clock(), self._work()
        if began >= self._next:
            try:
                self._look(began)
            except Exception as error:
                self.trouble = f"the last look failed: {error!r}"
                self._complaint.say(f"cannot be found out: {error!r}")
            # not by the clock: on a busy host a look waits for its turn, and sessions wait for the look
            self._next = began + max(EVERY_S, (self._work() - worked_s) / SHARE)
        return max(0.0, self._next - self._clock())

    def _look(self, now: float) -> None:
        view = self._view()
        found = list(logins(view.processes, accounts.read())) if view.processes else []
        connected = self._connections(found)
        keys = {_key(login, connection) for login, connection in connected}
        self._first = {key: self._first.get(key, now) for key in keys}
        proved = [pair for pair in connected if now - self._first[_key(*pair)] >= PROOF_S]
        self._note(proved, now)
        if view.trouble not in ("", self.trouble):
            _log.info("no SSH session can be proved: %s", view.trouble)
        self.trouble = view.trouble

    def _note(self, proved: Iterable[tuple[Login, TcpConnection]], now: float) -> None:
        with self._lock:
            before = set(self._seen)
            kept = {key: each._replace(is_open=False) for key, each in self._seen.items()}
            for login, connection in proved:
                seen = Seen(connection.peer, connection.port, login.uid, now, is_open=True)
                kept[seen.address, seen.port] = seen
            self._seen = _newest(kept.values(), now)
            is_due = bool(self._seen) and now - self._saved >= SAVE_S
            is_due = is_due or self._seen.keys() != before
        if is_due:
            self._save(now)

    def _save(self, now: float) -> None:
        self._saved = now
        directory, wall = self._directory, self._wall()
        if directory is None:
            return
        rows = [
            Remembered(each.address, each.port, each.uid, int(wall - (now - each.seen)))
            for each in self.now()
        ]
        try:
            memory.save(directory, rows)
        except OSError as error:
            self._complaint.say(f"cannot be remembered: {error}", "remember")

    def _load(self, directory: Path) -> None:
        now, wall = self._clock(), self._wall()
        try:
            rows = memory.load(directory)
        except Exception as error:
            # a raise here would stop every jail of the server
            self._complaint.say(f"{directory / memory.NAME} is not read: {error}")
            return
        # a date in the future would protect its address for as long as somebody likes
        past = [row for row in rows if 0 <= wall - row.seen < REMEMBER_S]
        with self._lock:
            for row in past:
                seen = Seen(row.address, row.port, row.uid, now - (wall - row.seen), is_open=False)
                self._seen.setdefault((seen.address, seen.port), seen)
            self._seen = _newest(self._seen.values(), now)


def _key(login: Login, connection: TcpConnection) -> _Key:
    return login.process.pid, login.process.started, connection.inode


def _newest(seen: Iterable[Seen], now: float) -> dict[tuple[Address, int], Seen]:
    """Return those of the last day, the latest of them when they are many."""
    fresh = [each for each in seen if now - each.seen < REMEMBER_S]
    fresh.sort(key=lambda each: each.seen, reverse=True)
    return {(each.address, each.port): each for each in fresh[:LIMIT]}


#: of this process: the jails of a server share one look
SESSIONS = SshSessions()
