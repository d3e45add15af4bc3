"""Finds the one socket of each login over which it came, among those that its process holds."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from typing import Callable

from ideolab_f2b.actions.protected.ssh.logins import Login
from ideolab_f2b.actions.protected.ssh.processes import Process, socket_inodes
from ideolab_f2b.kernel.sockets import inodes
from ideolab_f2b.kernel.sockets.inodes import TcpConnection

#: looks in a row in which a login's connection is searched
TRIES = 3
#: seconds from the last of them to the next search, twice as long after each: a dump costs by the host's
#: sockets, and a login whose socket is in another network namespace may never be found
PAUSE_S = 10.0
#: the longest of these pauses, seconds
PAUSE_LIMIT_S = 600.0
_Identity = tuple[int, int]


class Connections:
    """The connections of logins; asks the kernel only when there is a new login."""

    def __init__(
        self,
        inodes_of: Callable[[Process], set[int]] = socket_inodes,
        find: Callable[[Collection[int]], Iterable[TcpConnection]] = inodes.connections,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inodes_of, self._find, self._clock = inodes_of, find, clock
        self._known: dict[_Identity, TcpConnection] = {}
        self._tries: dict[_Identity, int] = {}
        self._due: dict[_Identity, float] = {}

    def of(self, logins: Collection[Login]) -> list[tuple[Login, TcpConnection]]:
        """Return each login whose connection is known and still open; KernelError leaves the others."""
        now = {(login.process.pid, login.process.started): login for login in logins}
        self._known = {key: found for key, found in self._known.items() if key in now}
        self._tries = {key: count for key, count in self._tries.items() if key in now}
        self._due = {key: when for key, when in self._due.items() if key in now}
        held = {key: self._inodes_of(login.process) for key, login in now.items()}
        self._search({key: login for key, login in now.items() if self._is_wanted(key)}, held)
        return [(now[key], found) for key, found in self._known.items() if found.inode in held[key]]

    def count_lost(self) -> int:
        """Return how many logins have no connection after all tries; one that has ended is not lost."""
        return sum(count >= TRIES and key not in self._known for key, count in self._tries.items())

    def _is_wanted(self, key: _Identity) -> bool:
        return key not in self._known and self._due.get(key, 0.0) <= self._clock()

    def _search(self, logins: dict[_Identity, Login], held: dict[_Identity, set[int]]) -> None:
        wanted = set().union(*(held[key] for key in logins))
        found = {each.inode: each for each in self._find(wanted)} if wanted else {}
        for key, login in logins.items():
            self._note_try(key)
            mine = [found[inode] for inode in sorted(held[key] & found.keys())]
            ways_in = self._ways_in(login, mine, held[key])
            if len(ways_in) == 1:
                self._known[key] = ways_in[0]

    def _note_try(self, key: _Identity) -> None:
        self._tries[key] = count = self._tries.get(key, 0) + 1
        if count >= TRIES:
            # not 2 to the power of any number: a login can last for years
            pause_s = PAUSE_S * 2 ** min(count - TRIES, 10)
            self._due[key] = self._clock() + min(pause_s, PAUSE_LIMIT_S)

    def _ways_in(self, login: Login, mine: list[TcpConnection], held: set[int]) -> list[TcpConnection]:
        """Return what can be the login's own connection: a forwarded port is open to anybody.

        The monitor holds the connection too, and nothing that was opened after the login. A process without
        one (root's, until OpenSSH 9.7) came in by a port on which somebody else than itself listens.
        """
        above = self._inodes_of(login.monitor) if login.monitor else set()
        shared = [each for each in mine if each.inode in above]
        if len(shared) == 1:
            return shared
        if login.uid != 0 and not shared:
            return []
        return [each for each in shared or mine if each.listeners - held]
