"""Reads the processes of root's sshd from /proc; judges none of them.

What a local user can give himself is not believed: the program is known by its file, which is root's, not by
what the process calls itself, and a process of another PID or user namespace (a container's root made it) is
left out.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Optional

from ideolab_f2b import files

PROC = Path("/proc")
#: how the name of each of them begins
_BEGIN = "sshd"
#: files of OpenSSH until 9.7, from 9.8 on, and copies (`sshd-second`, which has a PAM service of its own)
_PROGRAM = re.compile(r"sshd(?:[-_.].+)?", re.DOTALL)
#: of OpenSSH 10: it never belongs to who has logged in
_BEFORE_LOGIN = "sshd-auth"
#: servers of SSH whose processes are alike before and after a login
UNPROVED = frozenset(("dropbear", "tinysshd"))
#: descriptors of one process that are read: the connection is among the first, forwarded ports follow
_DESCRIPTORS = 4096
_SOCKET = re.compile(r"socket:\[(\d+)\]")
_DELETED = " (deleted)"
_SELINUX = "SELinux forbids it (ausearch -m avc -c fail2ban-server)"
_NAMESPACES = ("pid", "user")
#: the first PID namespace of a host (PROC_PID_INIT_INO of linux/proc_ns.h), or a kernel that has none
_OUTSIDE = ("pid:[4026531836]", None)


class Process(NamedTuple):
    """A process that runs root's sshd."""

    pid: int
    #: clock ticks after the boot: with `pid` it names one process for ever
    started: int
    parent: int
    #: None when real, effective, saved and file system's uid are not all the same
    uid: Optional[int]
    #: what it calls itself, such as `sshd: alice@pts/0`
    title: str


class View(NamedTuple):
    """What /proc shows: sshd's processes by pid, and why it shows too little ("" = it shows all)."""

    processes: dict[int, Process]
    trouble: str = ""


def read(proc: Path = PROC, owner: int = 0) -> View:
    """Return the processes whose program is sshd and belongs to `owner`, root."""
    found, others = {}, set()
    hidden = 0
    try:
        own = _namespaces(proc / "self")
        for name in filter(str.isdecimal, os.listdir(proc)):
            try:
                comm, parent, started = _stat(proc / name)
                # quick: a host has hundreds of processes; the name alone proves nothing
                if comm.startswith(_BEGIN) and _is_roots(proc / name, own, owner):
                    found[int(name)] = _read(proc / name, parent, started)
                elif comm in UNPROVED:
                    others.add(comm)
            except (FileNotFoundError, ProcessLookupError):
                # it ended meanwhile
                continue
            except OSError:
                hidden += 1
    except OSError as error:
        return View({}, f"{proc} cannot be read: {error.strerror}")
    trouble = _find_trouble(proc, hidden, others) or ("" if found else _tell_none(own[0]))
    return View(found, trouble)


def socket_inodes(process: Process, proc: Path = PROC) -> set[int]:
    """Return the inodes of the sockets that a process holds; none when it has ended."""
    found = set()
    directory = proc / str(process.pid) / "fd"
    try:
        for name in islice(os.listdir(directory), _DESCRIPTORS):
            socket = _SOCKET.fullmatch(os.readlink(directory / name))
            if socket:
                found.add(int(socket[1]))
        # another process may have got its pid meanwhile
        return found if _stat(directory.parent)[2] == process.started else set()
    except OSError:
        return set()


def _find_trouble(proc: Path, hidden: int, others: Collection[str]) -> str:
    """Return why processes of others cannot be seen; there always is a first one, whatever runs on a host."""
    try:
        (proc / "1" / "stat").read_bytes()
    except FileNotFoundError:
        return f"{proc} hides the processes of others (hidepid)"
    except OSError:
        return f"{proc} does not show the processes of others: hidepid, or {_SELINUX}"
    if hidden:
        return f"{hidden} processes cannot be looked into: CAP_SYS_PTRACE is missing, or {_SELINUX}"
    if others:
        return f"{', '.join(sorted(others))} runs here, and does not show who has logged in"
    return ""


def _tell_none(pid_namespace: Optional[str]) -> str:
    if pid_namespace not in _OUTSIDE:
        return "fail2ban runs in a container in which no sshd is to be seen"
    return "no sshd of root's is to be seen: none runs, or its file is called otherwise"


def _is_roots(directory: Path, own: tuple[Optional[str], ...], owner: int) -> bool:
    return _runs_sshd(directory, owner) and _namespaces(directory) == own


def _read(directory: Path, parent: int, started: int) -> Process:
    title = (directory / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    return Process(int(directory.name), started, parent, _uid(directory), title)


def _stat(directory: Path) -> tuple[str, int, int]:
    """Return (name, parent, start) of a process; its name is its own choice, brackets and blanks too."""
    text = (directory / "stat").read_bytes().decode("utf-8", "replace")
    name, _bracket, rest = text.partition("(")[2].rpartition(")")
    words = rest.split()
    if len(words) < 20:
        raise ProcessLookupError(f"{directory} has no complete stat")
    return name, int(words[1]), int(words[19])


def _runs_sshd(directory: Path, owner: int) -> bool:
    # an upgrade takes the file away from under the process; its link still leads to what it runs
    name = os.path.basename(os.readlink(directory / "exe").removesuffix(_DELETED))
    found = os.stat(directory / "exe")
    is_roots = stat.S_ISREG(found.st_mode) and files.is_written_by(found, owner)
    return is_roots and name != _BEFORE_LOGIN and _PROGRAM.fullmatch(name) is not None


def _namespaces(directory: Path) -> tuple[Optional[str], ...]:
    return tuple(_link(directory / "ns" / name) for name in _NAMESPACES)


def _link(path: Path) -> Optional[str]:
    try:
        return os.readlink(path)
    except FileNotFoundError:
        # a kernel without namespaces of this kind
        return None


def _uid(directory: Path) -> Optional[int]:
    # only the line feed ends a line: the name, which the process chooses, may hold a \r and a Uid: of its own
    for line in (directory / "status").read_bytes().split(b"\n"):
        if line.startswith(b"Uid:"):
            uids = set(line.split()[1:])
            return int(uids.pop()) if len(uids) == 1 else None
    return None
