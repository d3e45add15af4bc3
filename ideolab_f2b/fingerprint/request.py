"""Reads the latest fingerprints of addresses from the intake's access log; only events use them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from pathlib import Path

from ideolab_f2b import files
from ideolab_f2b.fingerprint import tls_hello

#: bytes at the end of the log that are read: some hundred requests
TAIL = 256 * 1024
#: how a line of the log begins
_START = '{"ip":"'


def fingerprints(
    path: Path, addresses: Collection[str], name_of: Callable[[str], str] = str
) -> dict[str, dict[str, str]]:
    """Return {address: fingerprints of its latest request} by one reading; {} when there is no log.

    `name_of` returns what `addresses` call an address of the log, such as its /64.
    """
    found: dict[str, dict[str, str]] = {}
    try:
        text = _tail(path) if addresses else ""
    except OSError:
        return found
    for line in reversed(text.split("\n")):
        address = name_of(line[len(_START) :].partition('"')[0]) if line.startswith(_START) else ""
        if address in addresses and address not in found:
            known = tls_hello.read_line(line)
            if known:
                found[address] = known
    return found


def _tail(path: Path) -> str:
    with files.open_to_read(path) as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
        return file.read(TAIL).decode("utf-8", "replace")
