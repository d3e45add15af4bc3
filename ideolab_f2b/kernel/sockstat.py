"""How many TCP sockets are in use, from /proc/net/sockstat: cheap enough to ask before each dump."""

from __future__ import annotations

import os
import re

#: of the calling thread's network namespace
PATHS = ("/proc/thread-self/net/sockstat", "/proc/thread-self/net/sockstat6")
#: bytes of such a file, which has a few hundred
_SIZE = 4096

_INUSE = re.compile(rb"^TCP6?: inuse (\d+)", re.MULTILINE)


def parse(text: bytes) -> int:
    """Return the sum of the TCP lines; they count listeners, but nothing in SYN-RECV or TIME-WAIT."""
    return sum(map(int, _INUSE.findall(text)))


def count_of(pid: int) -> int:
    """Return the TCP sockets in use in the network namespace of a process; OSError when it is gone."""
    return count_in_use((f"/proc/{pid}/net/sockstat", f"/proc/{pid}/net/sockstat6"))


def count_in_use(paths: tuple[str, str] = PATHS) -> int:
    """Return the TCP sockets of both families; a host without IPv6 has only the first file."""
    text = _read(paths[0])
    try:
        return parse(text + _read(paths[1]))
    except FileNotFoundError:
        return parse(text)


def _read(path: str) -> bytes:
    # half the time that Python's own file takes: it is asked of each container, at each look
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, _SIZE)
    finally:
        os.close(descriptor)
