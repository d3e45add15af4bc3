"""How many TCP sockets are in use, from /proc/net/sockstat: cheap enough to ask before each dump."""

from __future__ import annotations

import contextlib
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
    return count_in_use((Path(f"/proc/{pid}/net/sockstat"), Path(f"/proc/{pid}/net/sockstat6")))


def count_in_use(paths: tuple[Path, Path] = PATHS) -> int:
    """Return the TCP sockets of both families; a host without IPv6 has only the first file."""
    text = paths[0].read_bytes()
    with contextlib.suppress(FileNotFoundError):
        text += paths[1].read_bytes()
    return parse(text)
