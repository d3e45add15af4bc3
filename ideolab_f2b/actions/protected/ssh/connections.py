"""Finds the one socket of each login over which it came, among those that its process holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Callable

from ideolab_f2b.actions.protected.ssh.logins import Login
from ideolab_f2b.actions.protected.ssh.processes import Process, socket_inodes
from ideolab_f2b.kernel.sockets import inodes
from ideolab_f2b.kernel.sockets.inodes import TcpConnection

#: looks in which a login's connection is searched: a dump costs by the host's sockets, and a login whose
#: socket is in another network namespace is never found
TRIES = 3
_Identity = tuple[int, int]


class Connections:
    """The connections of logins; asks the kernel only when there is a new login."""

    def __init__(
        self,
        inodes_of: Callable[[Process], set[int]] = socket_inodes,
        find: Callable[[Collection[int]], Iterable[TcpConnection]] = inodes.connections,
    ) -> None:
        self._inodes_of, self._find = inodes_of, find
        self._known: dict[_Identity, TcpConnection] = {}
        self._tries: dict[_Identity, int] = {}

    def of(self, logins: Collection[Login]) -> list[tuple[Login, TcpConnection]]:
        """Return each login whose connection is known and still open; KernelError leaves the others."""
        now = {(login.process.pid, login.process.started): login for login in logins}
        self._known = {key: found for key, found in self._known.items() if key in now}
        self._tries = {key: count for key, count in self._tries.items() if key in now}
        held = {key: self._inodes_of(login.process) for key, login in now.items()}
        self._search({key: login for key, login in now.items() if self._is_wanted(key)}, held)
        return [(now[key], found) for key, found in self._known.items() if found.inode in held[key]]

    def _is_wanted(self, key: _Identity) -> bool:
        return key not in self._known and self._tries.get(key, 0) < TRIES

    def _search(self, logins: dict[_Identity, Login], held: dict[_Identity, set[int]]) -> None:
        wanted = set().union(*(held[key] for key in logins))
        found = {each.inode: each for each in self._find(wanted)} if wanted else {}
        for key, login in logins.items():
            self._tries[key] = self._tries.get(key, 0) + 1
            mine = [found[inode] for inode in sorted(held[key] & found.keys())]
            ways_in = self._ways_in(login, mine, held[key])
            if len(ways_in) == 1:
                self._known[key] = ways_in[0]

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
