"""Who is logged in over SSH, or was within a day: one look serves all jails of a server.

A session counts when the same process holds the same connection in two looks. It never asks on the way of a
ban: a thread looks every few seconds, the jails read what it found, and lift bans that came before the proof.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Callable, Optional

from ideolab_f2b.actions.protected.ssh import accounts, memory, processes
from ideolab_f2b.actions.protected.ssh.connections import Connections
from ideolab_f2b.actions.protected.ssh.logins import Login, logins
from ideolab_f2b.actions.protected.ssh.memory import Remembered
from ideolab_f2b.actions.protected.ssh.processes import View
from ideolab_f2b.actions.protected.ssh.seen import Seen, keep_newest
from ideolab_f2b.actions.unwritable import explain
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.kernel.address import Address
from ideolab_f2b.kernel.sockets.inodes import TcpConnection

#: seconds between two looks
EVERY_S = 3.0
#: the part of a core that the looks may take on a host with many processes
SHARE = 0.02
#: seconds between the first and the second look at a session: what is gone by then was no work
PROOF_S = 2.0
#: seconds between two writes while no new address comes
SAVE_S = 600.0
SAY_AGAIN_S = 600.0
#: seconds that a remembered time may be ahead of the clock: a host without a battery begins with an old time,
#: and a later date would protect its address for as long as somebody likes
CLOCK_BACK_S = 86_400.0
_log = logging.getLogger("fail2ban.ideolab-ban")
_Key = tuple[int, int, int]


class SshSessions:
    """What the looks have found; for any thread, one of which looks."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        view: Callable[[], View] = processes.read,
        connections: Optional[Connections] = None,
        work: Callable[[], float] = time.thread_time,
    ) -> None:
        """`work` counts the seconds that this thread had a processor."""
        self.trouble = "no look at the processes was made yet"
        self._clock, self._wall, self._view, self._work = clock, wall, view, work
        self._connections = connections or Connections(clock=clock)
        self._lock = threading.Lock()
        self._first: dict[_Key, float] = {}
        self._seen: dict[tuple[Address, int, int], Seen] = {}
        self._listeners: dict[object, Callable[[], None]] = {}
        #: whose bans were made without what the last look has found
        self._untold: set[object] = set()
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

    def listen(self, owner: object, on_proof: Callable[[], None]) -> None:
        """Call this after the next look, and after each that proves an address which was not protected."""
        with self._lock:
            self._listeners[owner] = on_proof
            self._untold.add(owner)

    def forget(self, owner: object) -> None:
        """Call nothing of this owner any more."""
        with self._lock:
            self._listeners.pop(owner, None)
            self._untold.discard(owner)

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
                self._complaint.say(f"cannot be found out: {error!r}", "look")
            # not by the clock: on a busy host a look waits for its turn, and sessions wait for the look
            self._next = began + max(EVERY_S, (self._work() - worked_s) / SHARE)
        return max(0.0, self._next - self._clock())

    def _look(self, now: float) -> None:
        view = self._view()
        found = list(logins(view.processes, accounts.read())) if view.processes else []
        connected = self._connections.of(found)
        keys = {_key(login, connection) for login, connection in connected}
        self._first = {key: self._first.get(key, now) for key in keys}
        proved = [pair for pair in connected if now - self._first[_key(*pair)] >= PROOF_S]
        self._note(proved, now)
        trouble = view.trouble or _describe_lost(self._connections.count_lost())
        if trouble not in ("", self.trouble):
            _log.info("SSH sessions cannot be proved: %s", trouble)
        self.trouble = trouble
        self._tell()

    def _note(self, proved: Iterable[tuple[Login, TcpConnection]], now: float) -> None:
        with self._lock:
            before = set(self._seen)
            kept = {key: each._replace(is_open=False) for key, each in self._seen.items()}
            for login, connection in proved:
                seen = Seen(connection.peer, connection.port, login.uid, now, is_open=True)
                kept[seen.key] = seen
            self._seen = {each.key: each for each in keep_newest(kept.values(), now)}
            after = set(self._seen)
            if not {key[:2] for key in after} <= {key[:2] for key in before}:
                self._untold.update(self._listeners)
        if after != before or (after and now - self._saved >= SAVE_S):
            self._save(now)

    def _tell(self) -> None:
        with self._lock:
            untold = [(owner, self._listeners[owner]) for owner in self._untold] if self._seen else []
        for owner, on_proof in untold:
            try:
                on_proof()
                self._untold.discard(owner)
            except Exception as error:
                # the other jails are told all the same, this one once more
                self._complaint.say(f"bans of who has logged in may stay: {error!r}", "tell")

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
            self._complaint.say(f"cannot be remembered: {explain(error)}", "remember")

    def _load(self, directory: Path) -> None:
        now, wall = self._clock(), self._wall()
        try:
            rows = memory.load(directory)
        except Exception as error:
            # a raise here would stop every jail of the server
            self._complaint.say(f"{directory / memory.NAME} is not read: {error}", "read")
            return
        ages = [(max(0.0, wall - row.seen), row) for row in rows if wall - row.seen > -CLOCK_BACK_S]
        with self._lock:
            for age_s, row in ages:
                seen = Seen(row.address, row.port, row.uid, now - age_s, is_open=False)
                self._seen.setdefault(seen.key, seen)
            self._seen = {each.key: each for each in keep_newest(self._seen.values(), now)}


def _describe_lost(count: int) -> str:
    """Return how many have logged in by a connection that is not found ("" = none, or not yet)."""
    reason = "not found: another network namespace, or more than one way in"
    return f"the connection of {count} login{'s' * (count > 1)} is {reason}" if count else ""


def _key(login: Login, connection: TcpConnection) -> _Key:
    return login.process.pid, login.process.started, connection.inode


#: of this process: the jails of a server share one look
SESSIONS = SshSessions()
