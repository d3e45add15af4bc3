"""What the access log of the intake last said about addresses; looked at only for events."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection
from pathlib import Path

from ideolab_f2b.fingerprint import tls_hello

#: bytes at the end of the log: some hundred requests
TAIL = 256 * 1024
_START = '{"ip":"'


def fingerprints(path: Path, addresses: Collection[str]) -> dict[str, dict[str, str]]:
    """{address: fingerprint of its latest request there}; one reading, however many addresses."""
    found: dict[str, dict[str, str]] = {}
    try:
        text = _tail(path) if addresses else ""
    except OSError:
        return found
    for line in reversed(text.split("\n")):
        address = line[len(_START) :].partition('"')[0] if line.startswith(_START) else ""
        if address in addresses and address not in found:
            known = tls_hello.of_line(line)
            if known:
                found[address] = known
    return found


def _tail(path: Path) -> str:
    # root reads it too: no link is followed, and no FIFO waited for
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(f"{path} is no regular file")
        file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
        return file.read(TAIL).decode("utf-8", "replace")
