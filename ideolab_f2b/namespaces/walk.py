"""Which network namespaces have processes: a walk over /proc, whole now and then, else of what is new.

The kernel gives numbers to processes one after the other, and tells the last one, so that a list of all is
needed only where many are new.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Optional

#: seconds between two whole walks: for a process that enters another namespace long after it began
WHOLE_S = 300.0
#: seconds between two looks at new processes: with a question every 5 s a new container is seen within 10 s
NEW_S = 4.0
#: seconds between two whole walks because a process is gone: processes that come and go are not rare
GONE_S = 2.0
#: new numbers up to which each is looked at: beyond, a list of all processes costs less
FEW = 32
#: of this process's own namespace of processes; that of /proc/loadavg is made up where lxcfs is
_NEWEST = "/proc/sys/kernel/ns_last_pid"
_TGID = re.compile(rb"^Tgid:\t(\d+)$", re.MULTILINE)


def list_pids() -> list[int]:
    """Return the processes of this host."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def read_newest() -> Optional[int]:
    """Return the number that the kernel gave last to a process or thread; None where it does not tell."""
    try:
        descriptor = os.open(_NEWEST, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return int(os.read(descriptor, 32))
        finally:
            os.close(descriptor)
    except (OSError, ValueError):
        return None


def is_process(number: int) -> bool:
    """Return whether it is a process, and no further thread of one, which may visit a namespace and leave."""
    try:
        with open(f"/proc/{number}/status", "rb", buffering=0) as file:
            found = _TGID.search(file.read(4096))
    except OSError:
        return False
    return found is not None and int(found[1]) == number


def read_netns(pid: int) -> Optional[int]:
    """Return the inode of a process's network namespace; None when it is gone, or not ours to see."""
    try:
        # net:[4026531840]; stat takes half as long again, for the kernel then makes the inode
        return int(os.readlink(f"/proc/{pid}/ns/net")[5:-1])
    except (OSError, ValueError):
        return None


def read_names(directory: Path = Path("/run/netns"), limit: int = 1024) -> dict[int, str]:
    """Return {inode: name} of what `ip netns` shows."""
    found: dict[int, str] = {}
    # there is no such directory before the first `ip netns add`
    with contextlib.suppress(OSError), os.scandir(directory) as entries:
        for _number, entry in zip(range(limit), entries):
            # a name can go while we look; a link to /proc/PID/ns/net outlives its process
            with contextlib.suppress(OSError):
                found[entry.stat().st_ino] = entry.name
    return found


class Walk:
    """The namespaces of `pids`, each with one process in it; holds no descriptor."""

    def __init__(
        self,
        pids: Callable[[], Iterable[int]] = list_pids,
        clock: Callable[[], float] = time.monotonic,
        newest: Callable[[], Optional[int]] = lambda: None,
    ) -> None:
        """`newest` tells the last number of a process or thread; None: `pids` tells what is new."""
        self._pids, self._clock, self._newest = pids, clock, newest
        self._known: dict[int, int] = {}
        self._seen: frozenset[int] = frozenset()
        #: new ones: a process can change its namespace soon after it began
        self._young: frozenset[int] = frozenset()
        self._last: Optional[int] = None
        self._walked = self._looked = float("-inf")
        #: a process is gone, and its namespace may have others
        self._is_stale = False

    def list_namespaces(self) -> dict[int, int]:
        """Return {inode: a process in it}, as of this moment for those known, seconds old for new ones."""
        now = self._clock()
        gone = [inode for inode, pid in self._known.items() if read_netns(pid) != inode]
        for inode in gone:
            del self._known[inode]
        self._is_stale = self._is_stale or bool(gone)
        age_s = now - self._walked
        if age_s >= WHOLE_S or (self._is_stale and age_s >= GONE_S):
            self._known, self._is_stale = {}, False
            self._walked = now
            self._add(now, is_whole=True)
        elif gone or now - self._looked >= NEW_S:
            self._add(now)
        return dict(self._known)

    def _add(self, now: float, *, is_whole: bool = False) -> None:
        """Look at the processes that are new, and again at those that were new the last time; or at all."""
        new = self._find_new(is_whole=is_whole)
        # what is being made has its number before it can be looked at
        young = {pid for pid in new if pid == self._last}
        for pid in sorted(self._seen if is_whole else new | self._young):
            inode = read_netns(pid)
            if inode is None:
                continue
            if pid in new:
                young.add(pid)
            if inode not in self._known and (pid in self._seen or is_process(pid)):
                self._known[inode] = pid
        self._young, self._looked = frozenset(young), now

    def _find_new(self, *, is_whole: bool) -> frozenset[int]:
        """Return the numbers that are new since the last time; with few of them, those of threads too."""
        last, self._last = self._last, self._newest()
        if last is not None and self._last is not None and not is_whole and 0 <= self._last - last <= FEW:
            return frozenset(range(last + 1, self._last + 1))
        before, self._seen = self._seen, frozenset(self._pids())
        return self._seen - before
