"""Finds the namespaces that the opener does not hand out, from a process of its own."""

from __future__ import annotations

import json
import os
import select
import signal
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ideolab_f2b.namespaces.coverage import Coverage
from ideolab_f2b.namespaces.enter import Home
from ideolab_f2b.namespaces.look import Looks
from ideolab_f2b.namespaces.walk import Walk, list_pids

#: seconds that the process may take; it is ended then
PATIENCE_S = 5.0
#: bytes that it may write
_SIZE = 4 << 20
#: bits of CAP_SYS_PTRACE and CAP_SYS_ADMIN: to find the namespaces, and to enter them
_NEEDED = 1 << 19 | 1 << 21


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
    """What the process found; `is_whole` says that it saw every namespace of this host."""

    namespaces: tuple[Unwatched, ...]
    is_whole: bool


class _Everything(frozenset[str]):
    """The names of a setting that covers each namespace."""

    def __contains__(self, _name: object) -> bool:
        return True


def find(
    ports: Collection[int],
    handed_out: Collection[int],
    pids: Callable[[], list[int]] = list_pids,
    patience_s: float = PATIENCE_S,
) -> Found:
    """Return the namespaces of this host, but for those with an inode in `handed_out`."""
    if not _is_able():
        return Found((), is_whole=False)
    lines, is_whole = _run(frozenset(ports), pids, patience_s)
    found = tuple(one for one in map(_parse, lines) if one.netns not in handed_out)
    return Found(found, is_whole)


def _is_able() -> bool:
    with suppress(OSError, ValueError), open("/proc/self/status", encoding="ascii", errors="replace") as file:
        found = [int(line.split()[1], 16) for line in file if line.startswith("CapEff:")]
        return bool(found) and found[0] & _NEEDED == _NEEDED
    return False


def _run(ports: frozenset[int], pids: Callable[[], list[int]], patience_s: float) -> tuple[list[bytes], bool]:
    """Return the lines of a child process, which may leave its namespace, and whether it came to its end."""
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
    return [line for line in lines if line != b"end"], b"end" in lines and not end


def _tell(writer: int, ports: frozenset[int], pids: Callable[[], list[int]]) -> None:
    """Write a line for each namespace, and `end`; it never returns."""
    code = 1
    with suppress(BaseException):
        for line in _look(ports, pids):
            os.write(writer, line.encode() + b"\n")
        os.write(writer, b"end\n")
        code = 0
    os._exit(code)


def _look(ports: frozenset[int], pids: Callable[[], list[int]]) -> Iterator[str]:
    walk, home = Walk(pids), Home()
    reasons = {
        look.netns: look.why_not
        for look in Looks(Coverage(is_auto=True, names=frozenset()), walk, home).take(every=True)
    }
    for look in Looks(Coverage(is_auto=True, names=_Everything()), walk, home).take(every=True):
        own = [packed.hex() for packed in look.own]
        listening = sorted(look.listening & ports)
        yield json.dumps([look.name, look.netns, listening, own, reasons.get(look.netns, "")])


def _parse(line: bytes) -> Unwatched:
    name, netns, ports, own, why = _load(line)
    return Unwatched(name, netns, frozenset(ports), frozenset(map(bytes.fromhex, own)), why)


def _load(line: bytes) -> Any:
    return json.loads(line)
