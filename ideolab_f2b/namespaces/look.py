"""Looks into namespaces and keeps for a while what it found: who listens there, which addresses are there."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from ideolab_f2b.kernel import address
from ideolab_f2b.kernel.netlink import Channel
from ideolab_f2b.kernel.sockets.inet_diag import SOCK_DIAG
from ideolab_f2b.kernel.sockets.listener import listening_ports
from ideolab_f2b.namespaces.container_name import name_container
from ideolab_f2b.namespaces.coverage import Coverage, routes_through
from ideolab_f2b.namespaces.enter import Home, find_owner
from ideolab_f2b.namespaces.host_routes import HostRoutes
from ideolab_f2b.namespaces.namespace import ADDRESSES
from ideolab_f2b.namespaces.walk import Walk, read_names

#: seconds that a look is good for at first: what just began may not listen yet
YOUNG_S = 4.0
#: the same later on
OLD_S = 120.0
#: seconds after which addresses are read anew where the namespace's tables stay the same: the host's may not
ADDRESSES_S = 600.0
#: bytes of such a table
_TABLE = 65536
#: of IPv4: addresses, gateways; of IPv6: addresses
_TABLES = ("fib_trie", "route", "if_inet6")
#: rows of a list that are read: who is root in a container can make it as long as he likes
ROWS = 4096


@dataclass(frozen=True)
class Look:
    """What was found in one namespace. `why_not` is empty where it may be looked into."""

    netns: int
    pid: int
    name: str
    why_not: str
    listening: frozenset[int] = frozenset()
    own: frozenset[bytes] = frozenset()
    routed: frozenset[bytes] = frozenset()


class _Kept(NamedTuple):
    #: when it was first seen, and when to look again
    since: float
    due: float
    #: its name in /run/netns, or ""
    named: str
    look: Look
    #: what the tables of its addresses were, and when all of it is read anew
    tables: int = 0
    stale: float = float("-inf")


class Looks:
    """The namespaces of a walk beside the own one; holds no descriptor of another namespace."""

    def __init__(
        self,
        coverage: Coverage,
        walk: Walk,
        home: Home,
        clock: Callable[[], float] = time.monotonic,
        named: Callable[[], dict[int, str]] = read_names,
    ) -> None:
        self._coverage, self._walk, self.home, self._clock = coverage, walk, home, clock
        self._named = named
        self._host = HostRoutes(clock)
        #: by inode and process: the kernel gives the inode of a namespace that is gone to the next one
        self._kept: dict[tuple[int, int], _Kept] = {}

    def take(self, *, every: bool = False) -> list[Look]:
        """Return the namespaces that may be looked into, with `every` the others too."""
        if self._coverage.is_empty and not every:
            return []
        alive = self._walk.list_namespaces()
        alive.pop(self.home.netns, None)
        kept, now = self._kept, self._clock()
        names = self._named() if alive.items() - kept.keys() else {}
        self._kept = {}
        for key in alive.items():
            known = kept.get(key)
            if known is not None and now < known.due:
                self._kept[key] = known
            else:
                self._keep(key, known or _Kept(now, now, names.get(key[0], ""), Look(*key, "", "")), now)
        return [one.look for one in self._kept.values() if every or not one.look.why_not]

    def _keep(self, key: tuple[int, int], known: _Kept, now: float) -> None:
        """Look at a namespace anew, and keep what is known of it by now; forget one that is gone."""
        due = now + min(OLD_S, max(YOUNG_S, now - known.since))
        # one that is gone is an error
        with contextlib.suppress(OSError):
            self._kept[key] = self._renew(known, now)._replace(due=due)

    def _renew(self, known: _Kept, now: float) -> _Kept:
        """Look again: for listeners, and for the rest where a table has changed; OSError when it is gone."""
        netns, pid = known.look.netns, known.look.pid
        fd = _open_namespace(netns, pid)
        try:
            tables = _read_tables(pid)
            if tables == known.tables and now < known.stale:
                listening = known.look.listening if known.look.why_not else self._list_ports(fd)
                return known._replace(look=replace(known.look, listening=listening))
            look = self._judge(fd, netns, pid, name_container(_read_cgroup(pid), known.named, pid))
            return known._replace(look=look, tables=tables, stale=now + ADDRESSES_S)
        finally:
            os.close(fd)

    def _list_ports(self, fd: int) -> frozenset[int]:
        with self.home.leave(fd), Channel(SOCK_DIAG) as channel:
            return frozenset(listening_ports(channel=channel, limit=ROWS))

    def open(self, look: Look) -> Channel:
        """Return a sock_diag socket of the namespace; OSError when it is gone."""
        fd = _open_namespace(look.netns, look.pid)
        try:
            with self.home.leave(fd):
                return Channel(SOCK_DIAG)
        finally:
            os.close(fd)

    def _judge(self, fd: int, netns: int, pid: int, name: str) -> Look:
        is_named = name in self._coverage.names
        if not is_named and not self._coverage.is_auto:
            return Look(netns, pid, name, "the setting does not name it")
        if not is_named and find_owner(fd) != self.home.owner:
            # whoever is root there can make clients with any address, and have them banned
            return Look(netns, pid, name, "it belongs to another user namespace, and is not named")
        with self.home.leave(fd):
            with Channel(SOCK_DIAG) as channel:
                listening = frozenset(listening_ports(channel=channel, limit=ROWS))
            gateways = {each.packed for each in address.gateways(ROWS)}
            own = {each.packed for each in address.local_addresses(ROWS)} | gateways
        bounded = frozenset(sorted(own)[:ADDRESSES])
        routed = self._host.select(bounded)
        is_routed = is_named or routes_through(gateways, self._host.own(), routed)
        why_not = "" if is_routed else "it does not route through this host"
        return Look(netns, pid, name, why_not, listening, bounded, routed)


def _open_namespace(netns: int, pid: int) -> int:
    """Return a descriptor of the namespace of a process; OSError when it is another one by now."""
    fd = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    if os.fstat(fd).st_ino != netns:
        os.close(fd)
        raise ProcessLookupError(f"process {pid} is gone")
    return fd


def _read_tables(pid: int) -> int:
    """Return a number that stays the same as long as the addresses of a process's namespace do."""
    return hash(tuple(_read_bytes(f"/proc/{pid}/net/{name}") for name in _TABLES))


def _read_bytes(path: str) -> bytes:
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read(_TABLE)
    except OSError:
        # a host without IPv6
        return b""


def _read_cgroup(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/cgroup", errors="replace") as file:
            return file.read(16384)
    except OSError:
        return ""
