"""Counts sockets as /proc tells them: a reader that shares nothing with the one under test."""

from __future__ import annotations

import ipaddress
import struct
from collections import Counter
from collections.abc import Iterator

_ESTABLISHED, _LISTEN = "01", "0A"


def _rows(pid: int, port: int, state: str) -> Iterator[str]:
    """The remote address, as /proc prints it, of each socket of a local port where that process lives."""
    suffix = f":{port:04X}"
    for family in ("tcp", "tcp6"):
        with open(f"/proc/{pid}/net/{family}") as lines:
            next(lines)
            for line in lines:
                _number, local, remote, found, _rest = line.split(None, 4)
                if found == state and local.endswith(suffix):
                    yield remote.partition(":")[0]


def _address(text: str) -> str:
    """/proc prints each 32-bit word of an address in the machine's byte order."""
    words = [int(text[start : start + 8], 16) for start in range(0, len(text), 8)]
    return str(ipaddress.ip_address(struct.pack(f"={len(words)}I", *words)))


def count_established(pid: int, port: int) -> Counter[str]:
    """Return {peer: its established connections} in the network namespace of that process."""
    return Counter(map(_address, _rows(pid, port, _ESTABLISHED)))


def is_listening(pid: int, port: int) -> bool:
    """Whether something listens on the port where that process lives."""
    return any(True for _remote in _rows(pid, port, _LISTEN))
