"""Which network namespaces have processes: a walk over /proc, whole now and then, else of what is new."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Optional

#: seconds between two whole walks
WHOLE_S = 30.0
#: seconds between two looks at new processes: with a question every 5 s a new container is seen within 10 s
NEW_S = 4.0
#: seconds between two whole walks because a process is gone: processes that come and go are not rare
GONE_S = 2.0


def list_pids() -> list[int]:
    """Return the processes of this host."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def read_netns(pid: int) -> Optional[int]:
    """Return the inode of a process's network namespace; None when it is gone, or not ours to see."""
    try:
        return os.stat(f"/proc/{pid}/ns/net").st_ino
    except OSError:
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
    ) -> None:
        self._pids, self._clock = pids, clock
        self._known: dict[int, int] = {}
        self._seen: frozenset[int] = frozenset()
        #: new ones: a process can change its namespace soon after it began
        self._young: frozenset[int] = frozenset()
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
        seen = frozenset(self._pids())
        fresh = seen - self._seen
        for pid in sorted(seen if is_whole else fresh | (self._young & seen)):
            inode = read_netns(pid)
            if inode is not None:
                self._known.setdefault(inode, pid)
        self._seen, self._young, self._looked = seen, fresh, now
