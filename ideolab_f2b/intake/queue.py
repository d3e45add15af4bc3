"""How many of nginx's datagrams the kernel holds: nginx never waits, and what does not fit is lost."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Optional

from ideolab_f2b.places import INTAKE, NGINX, restart

#: datagrams that the kernel holds for one socket
LENGTH_FILE = Path("/proc/sys/net/unix/max_dgram_qlen")
#: bytes that the kernel holds for one sender: for each log of each worker of nginx
BYTES_FILE = Path("/proc/sys/net/core/wmem_default")
#: what systemd sets at boot; the kernel's own 10 are full in a burst that one event of nginx makes
LENGTH = 512
#: the kernel's own number
BYTES = 212_992
#: bytes that the kernel counts for a line of up to 700 bytes, and for one of 2,000 (measured)
SHORT, LONG = 1276, 4347


class Queue(NamedTuple):
    """The two numbers of the kernel; `size` is None in a namespace that does not show it."""

    length: int
    size: Optional[int]

    @property
    def fault(self) -> str:
        """Why lines are lost in bursts; "" when the numbers are at least those of a usual host."""
        if self.length < LENGTH:
            return f"the kernel holds {self.length} for us"
        if self.size is not None and self.size < BYTES:
            return f"the kernel holds {self.size // SHORT} lines of each log of each worker"
        return ""

    @property
    def mend(self) -> str:
        """The commands against the fault: each number is taken when a socket is made."""
        if self.length < LENGTH:
            return f"sysctl -w net.unix.max_dgram_qlen={LENGTH}; {restart(INTAKE)}"
        # the sender's socket, which is nginx's
        return f"sysctl -w net.core.wmem_default={BYTES}; {restart(NGINX)}"

    @property
    def text(self) -> str:
        """What the kernel holds, in words."""
        held = f"the kernel holds {self.length} datagrams"
        if self.size is None:
            return held
        short, long = (min(self.length, self.size // size) for size in (SHORT, LONG))
        return f"{held}, of each log of each worker {short} short lines or {long} of 2,000 bytes"


def read(length: Path = LENGTH_FILE, size: Path = BYTES_FILE) -> Optional[Queue]:
    """Return what this kernel says; None when it says nothing."""
    held = _number(length)
    return None if held is None else Queue(held, _number(size))


def _number(path: Path) -> Optional[int]:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None
