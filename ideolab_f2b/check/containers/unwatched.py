"""Finds the namespaces that the opener does not hand out, from a process of its own."""

from __future__ import annotations

import json
import os
import select
import signal
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ideolab_f2b.check.containers.network import FIRST_PIDS, INITS
from ideolab_f2b.check.containers.search import search
from ideolab_f2b.namespaces.enter import is_able
from ideolab_f2b.namespaces.walk import list_pids

#: seconds that the process may take; it is ended then
PATIENCE_S = 5.0
#: bytes that it may write
_SIZE = 4 << 20


@dataclass(frozen=True)
class Unwatched:
    """A namespace, the watched ports that it listens on, and what keeps the opener from it ("": nothing)."""

    name: str
    netns: int
    ports: frozenset[int]
    own: frozenset[bytes]
    why: str


@dataclass(frozen=True)
class Found:
    """What the process found; `is_whole`: it looked at every namespace with a process on this host."""

    namespaces: tuple[Unwatched, ...]
    is_whole: bool
    #: processes that even root may not look at here
    denied: int = 0


def find(
    ports: Collection[int],
    handed_out: Collection[int],
    pids: Callable[[], list[int]] = list_pids,
    patience_s: float = PATIENCE_S,
) -> Found:
    """Return the namespaces of this host, but for those with an inode in `handed_out`."""
    if not is_able():
        return Found((), is_whole=False)
    *lines, end = _run(frozenset(ports), pids, patience_s)
    found = tuple(one for one in map(_parse, lines) if one.netns not in handed_out)
    denied = int(end or 0)
    return Found(found, bool(end) and not denied and _sees_processes(), denied)


def _sees_processes(proc: Path = Path("/proc")) -> bool:
    """Return whether this process sees those of the whole host, and not of its own container alone."""
    try:
        is_first = os.stat(proc / "self" / "ns" / "pid").st_ino == FIRST_PIDS
        return is_first or (proc / "1" / "comm").read_text("ascii", "replace").strip() in INITS
    except OSError:
        return False


def _run(ports: frozenset[int], pids: Callable[[], list[int]], patience_s: float) -> list[bytes]:
    """Return the lines of a child process, which may leave its namespace; the last is its end, or b""."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        _tell(writer, ports, pids)
    os.close(writer)
    text, deadline = b"", time.monotonic() + patience_s
    try:
        while len(text) < _SIZE and select.select([reader], [], [], max(0.0, deadline - time.monotonic()))[0]:
            part = os.read(reader, 65536)
            if not part:
                break
            text += part
    finally:
        os.close(reader)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    *lines, end = text.split(b"\n")
    return [*lines, b""] if end or not lines or not lines[-1].isdigit() else lines


def _tell(writer: int, ports: frozenset[int], pids: Callable[[], list[int]]) -> None:
    """Write what the search yields; it never returns."""
    code = 1
    with suppress(BaseException):
        for line in search(ports, pids):
            os.write(writer, line.encode() + b"\n")
        code = 0
    os._exit(code)


def _parse(line: bytes) -> Unwatched:
    name, netns, ports, own, why = _load(line)
    return Unwatched(name, netns, frozenset(ports), frozenset(map(bytes.fromhex, own)), why)


def _load(line: bytes) -> Any:
    return json.loads(line)
