"""Who is logged in over SSH: peers of established connections whose sshd has let them in."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Callable

from ideolab_f2b.kernel.address import Address
from ideolab_f2b.kernel.sockets import sock_diag
from ideolab_f2b.kernel.sockets.inet_diag import fold
from ideolab_f2b.kernel.sockets.row import ESTABLISHED, FAMILY, INODE, PEER, STATE

#: a connection that has not logged in has only such processes: `sshd: root [priv]`, `sshd: [accepted]`
_BEFORE_LOGIN = re.compile(r"\[(accepted|net|preauth|priv)\]")
_SOCKET = re.compile(r"socket:\[(\d+)\]")

Connections = Callable[[Iterable[int]], "list[tuple[Address, int]]"]


def connections(ports: Iterable[int]) -> list[tuple[Address, int]]:
    """(peer, inode) of every established connection to these local ports."""
    found = []
    for port in ports:
        for row in sock_diag.rows(port):
            if row[STATE] == ESTABLISHED:
                found.append((ip_address(fold(row[FAMILY], row[PEER])), row[INODE]))
    return found


def peers(
    ports: Iterable[int], connections: Connections = connections, proc: Path = Path("/proc")
) -> set[Address]:
    """The addresses that have an SSH session.

    A connection that OpenSSH has not let in does not count: to be spared, an attacker would only need to keep
    one open. Connections of a server that we cannot look into (not OpenSSH, another pid namespace) count.
    """
    found = connections(ports)
    if not found:
        return set()
    outside = not_logged_in(proc)
    return {peer for peer, inode in found if inode not in outside}


def not_logged_in(proc: Path) -> set[int]:
    """The inodes of sockets that only sshd processes before login hold."""
    before: set[int] = set()
    after: set[int] = set()
    for process in _sshd(proc):
        try:
            title = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            (before if _BEFORE_LOGIN.search(title) else after).update(_sockets(process))
        except OSError:
            # it ended meanwhile
            continue
    return before - after


def _sshd(proc: Path) -> Iterator[Path]:
    for name in os.listdir(proc):
        if name.isdecimal():
            try:
                if (proc / name / "comm").read_text().startswith("sshd"):
                    yield proc / name
            except OSError:
                continue


def _sockets(process: Path) -> Iterator[int]:
    for descriptor in os.listdir(process / "fd"):
        found = _SOCKET.fullmatch(os.readlink(process / "fd" / descriptor))
        if found:
            yield int(found[1])
