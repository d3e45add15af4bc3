"""How many connections the server ends early: two counters of the kernel, for the whole network namespace.

A full nginx accepts and closes at once. The client's hello then comes too late (TCPAbortOnData), or it is
there and was not read (TCPAbortOnClose). But any client that ends TLS after the server did counts too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Optional

#: of the calling thread's network namespace
PATH = Path("/proc/thread-self/net/netstat")
_PREFIX = b"TcpExt:"
_COUNTERS = frozenset((b"TCPAbortOnData", b"TCPAbortOnClose"))


def parse(text: bytes) -> int:
    """Return the sum of both counters; ValueError when the text has none of them."""
    lines = [line.split() for line in text.splitlines() if line.startswith(_PREFIX)]
    if len(lines) == 2:
        found = [int(value) for name, value in zip(*lines) if name in _COUNTERS]
        if found:
            return sum(found)
    raise ValueError(f"{PATH} has no {_PREFIX.decode()} TCPAbortOnData")


def read(path: Path = PATH) -> int:
    """Return the connections that were ended early since the namespace exists."""
    return parse(path.read_bytes())


class AbortRate:
    """The rate at which a counter grows between two readings."""

    def __init__(self, counter: Callable[[], int] = read) -> None:
        self._counter = counter
        self._last: Optional[tuple[float, int]] = None

    def measure(self, when: float) -> Optional[float]:
        """Return the number a second since the last call; None at the first one. OSError, ValueError."""
        count, last = self._counter(), self._last
        self._last = (when, count)
        if last is None or when <= last[0]:
            return None
        return max(0.0, (count - last[1]) / (when - last[0]))
