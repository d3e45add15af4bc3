"""How many TCP sockets are in use, from /proc/net/sockstat: cheap enough to ask before each dump."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

#: of the calling thread's network namespace
PATHS = (Path("/proc/thread-self/net/sockstat"), Path("/proc/thread-self/net/sockstat6"))

_INUSE = re.compile(rb"^TCP6?: inuse (\d+)", re.MULTILINE)


def parse(text: bytes) -> int:
    """Return the sum of the TCP lines; they count listeners, but nothing in SYN-RECV or TIME-WAIT."""
    return sum(map(int, _INUSE.findall(text)))


def count_of(pid: int) -> int:
    """Return the TCP sockets in use in the network namespace of a process; OSError when it is gone."""
    text = _read(f"/proc/{pid}/net/sockstat")
    with contextlib.suppress(FileNotFoundError):
        text += _read(f"/proc/{pid}/net/sockstat6")
    return parse(text)


def _read(path: str) -> bytes:
    # a third of the time of Path.read_bytes, which counts where many namespaces are asked
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(fd, 4096)
    finally:
        os.close(fd)


def count_in_use(paths: tuple[Path, Path] = PATHS) -> int:
    """Return the TCP sockets of both families; a host without IPv6 has only the first file."""
    text = paths[0].read_bytes()
    with contextlib.suppress(FileNotFoundError):
        text += paths[1].read_bytes()
    return parse(text)
