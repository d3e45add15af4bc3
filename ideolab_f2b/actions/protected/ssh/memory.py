"""Keeps who was logged in over a restart of fail2ban-server: a file that only root can read and write."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from ideolab_f2b import files
from ideolab_f2b.actions.protected.never_ban import NotRootsError
from ideolab_f2b.kernel.address import Address

#: the file's name in the directory of state
NAME = "ssh-sessions.json"
#: bytes that are read: what save() writes of seen.LIMIT addresses is less
SIZE_LIMIT = 1 << 18
_ROW = [str, int, int, int]


class Remembered(NamedTuple):
    """An address that was logged in."""

    address: Address
    #: the local one
    port: int
    uid: int
    #: epoch seconds when its session was seen last
    seen: int


def save(directory: Path, remembered: Iterable[Remembered]) -> None:
    """Replace the file at once, also for a power cut; nothing when there is no such directory.

    OSError leaves the old file.
    """
    if not directory.is_dir():
        return
    _require_own(directory, directory.stat())
    rows = [[str(each.address), each.port, each.uid, each.seen] for each in remembered]
    text = json.dumps({"sessions": rows}, separators=(",", ":"))
    files.replace(directory / NAME, text.encode("ascii"), 0o600, is_durable=True)


def load(directory: Path) -> list[Remembered]:
    """Return what is in the file, nothing when there is none; OSError or ValueError when it is not used."""
    try:
        _require_own(directory, directory.stat())
        with files.open_to_read(directory / NAME) as file:
            _require_own(directory / NAME, os.fstat(file.fileno()))
            return parse(file.read(SIZE_LIMIT + 1))
    except FileNotFoundError:
        return []


def parse(content: bytes) -> list[Remembered]:
    """Read the rows; one that is none is left out, a file that is no such list is a ValueError. Pure."""
    if len(content) > SIZE_LIMIT:
        raise ValueError(f"it is larger than {SIZE_LIMIT} bytes")
    try:
        rows = json.loads(content)["sessions"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ValueError(f"it is no list of sessions: {error!r}") from None
    return [found for row in (rows if isinstance(rows, list) else []) for found in _row(row)]


def _row(row: object) -> list[Remembered]:
    # True is an int, and a fraction is one to its comparison
    if not isinstance(row, list) or [type(each) for each in row] != _ROW:
        return []
    text, port, uid, seen = row
    # numbers of any length are JSON; an address with a scope is no host of a network
    if "%" in text or not (0 <= port < 1 << 16 and 0 <= uid < 1 << 32 and 0 <= seen < 1 << 40):
        return []
    try:
        return [Remembered(ip_address(text), port, uid, seen)]
    except ValueError:
        return []


def _require_own(path: Path, found: os.stat_result) -> None:
    if not files.is_written_by(found, os.geteuid()):
        raise NotRootsError(f"{path} is not used: others than root can write it")
