"""Looks into namespaces and keeps for a while what it found: who listens there, which addresses are there."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple, Optional

from ideolab_f2b.kernel import address
from ideolab_f2b.kernel.netlink import Channel
from ideolab_f2b.kernel.sockets.inet_diag import SOCK_DIAG
from ideolab_f2b.kernel.sockets.listener import listening_ports
from ideolab_f2b.namespaces.container_name import name_container, user_of
from ideolab_f2b.namespaces.coverage import Coverage, routes_through
from ideolab_f2b.namespaces.enter import Home, UserNamespace, find_owner
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
#: seconds of CPU for the looks of one answer: a user of this host can have thousands of namespaces, and who
#: asks waits for half a second; the rest is looked at with the next question
LOOKS_S = 0.1
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
    #: of the namespace: another one may have both numbers by now
    owner: Optional[UserNamespace] = None
    cookie: bytes = b""


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
        spent: Callable[[], float] = time.process_time,
    ) -> None:
        self._coverage, self._walk, self.home, self._clock = coverage, walk, home, clock
        self._named, self._spent = named, spent
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
        until = float("inf") if every else self._spent() + LOOKS_S
        for key in alive.items():
            known = kept.get(key)
            if known is not None and now < known.due:
                self._kept[key] = known
            else:
                fresh = _Kept(now, now, names.get(key[0], ""), Look(*key, "", ""))
                self._keep(key, known or fresh, now, until)
        return [one.look for one in self._kept.values() if every or not one.look.why_not]

    def _keep(self, key: tuple[int, int], known: _Kept, now: float, until: float) -> None:
        """Look at a namespace anew, and keep what is known of it by now; forget one that is gone."""
        if self._spent() < until:
            due = now + min(OLD_S, max(YOUNG_S, now - known.since))
            # one that is gone is an error
            with contextlib.suppress(OSError):
                self._kept[key] = self._renew(known, now)._replace(due=due)
        elif known.look.name:
            self._kept[key] = known

    def _renew(self, known: _Kept, now: float) -> _Kept:
        """Look again: for listeners, and for the rest where a table has changed; OSError when it is gone."""
        netns, pid = known.look.netns, known.look.pid
        fd = _open_namespace(netns, pid)
        try:
            tables = _read_tables(pid)
            if tables == known.tables and now < known.stale and not known.look.why_not:
                cookie, listening = self._list_ports(fd)
                # another namespace may have both numbers by now
                if cookie == known.look.cookie:
                    return known._replace(look=replace(known.look, listening=listening))
            look = self._judge(fd, netns, pid, name_container(_read_cgroup(pid), known.named, pid))
            return known._replace(look=look, tables=tables, stale=now + ADDRESSES_S)
        finally:
            os.close(fd)

    def _list_ports(self, fd: int) -> tuple[bytes, frozenset[int]]:
        """Return the cookie of a namespace, and the ports on which somebody listens there."""
        with self.home.leave(fd), Channel(SOCK_DIAG) as channel:
            return channel.read_cookie(), frozenset(listening_ports(channel=channel, limit=ROWS))

    def open(self, look: Look) -> Channel:
        """Return a sock_diag socket of the namespace; OSError when it is gone."""
        fd = _open_namespace(look.netns, look.pid)
        try:
            with self.home.leave(fd):
                channel = Channel(SOCK_DIAG)
            if (find_owner(fd), channel.read_cookie()) == (look.owner, look.cookie):
                return channel
        finally:
            os.close(fd)
        # who leaves the last process of a namespace in another one can get the same number for it
        channel.close()
        self._kept.pop((look.netns, look.pid), None)
        raise ProcessLookupError(f"namespace {look.netns} is another one by now")

    def _judge(self, fd: int, netns: int, pid: int, name: str) -> Look:
        is_named = name in self._coverage.names
        if not is_named and not self._coverage.is_auto:
            return Look(netns, pid, name, "the setting does not name it")
        owner = find_owner(fd)
        why_not = self._doubt(owner, name, is_named=is_named)
        if why_not:
            return Look(netns, pid, name, why_not)
        with self.home.leave(fd):
            with Channel(SOCK_DIAG) as channel:
                cookie = channel.read_cookie()
                listening = frozenset(listening_ports(channel=channel, limit=ROWS))
            gateways = {each.packed for each in address.gateways(ROWS)}
            own = {each.packed for each in address.local_addresses(ROWS)} | gateways
        bounded = frozenset(sorted(own)[:ADDRESSES])
        routed = self._host.select(bounded)
        is_routed = is_named or routes_through(gateways, self._host.own(), routed)
        why_not = "" if is_routed else "it does not route through this host"
        return Look(netns, pid, name, why_not, listening, bounded, routed, owner, cookie)

    def _doubt(self, owner: UserNamespace, name: str, *, is_named: bool) -> str:
        """Return why an owner is not trusted: he can make clients with any address, and have them banned."""
        if owner.inode == self.home.owner:
            return ""
        if not is_named:
            return "it belongs to another user namespace, and is not named"
        # a name is of all that is in the container: each user there can be root in a namespace of his own
        if owner.uid not in (0, user_of(name)):
            return f"user {owner.uid} has made it, not the container's engine"
        return ""


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
