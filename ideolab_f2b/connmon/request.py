"""What the access log of the intake last said about an address; looked at only for a suspect's event."""

from __future__ import annotations

import os
from pathlib import Path

from ideolab_f2b import fingerprint

#: bytes at the end of the log: some hundred requests
TAIL = 256 * 1024


def fingerprints(path: Path, address: str) -> dict[str, str]:
    """Of its latest request there; {} where none is known, or nothing can be read."""
    start = f'{{"ip":"{address}",'
    try:
        text = _tail(path)
    except OSError:
        return {}
    for line in reversed(text.split("\n")):
        found = fingerprint.of_line(line) if line.startswith(start) else {}
        if found:
            return found
    return {}


def _tail(path: Path) -> str:
    with open(path, "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
        return file.read(TAIL).decode("utf-8", "replace")
