"""A made-up /proc, in which processes say and hold what a test wants."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from ideolab_f2b.actions.protected.ssh import processes
from ideolab_f2b.actions.protected.ssh.accounts import Accounts
from ideolab_f2b.actions.protected.ssh.logins import Login, logins
from ideolab_f2b.actions.protected.ssh.processes import Process, View

#: uids: of a person, and of the user sshd
ALICE, SSHD = 1000, 105
ACCOUNTS = Accounts(frozenset(("root",)), frozenset((SSHD,)))
FIRST = {"pid": "pid:[4026531836]", "user": "user:[4026531837]"}


class Tree:
    """`owner` of the programs is whoever runs the test; processes are told to believe in that one."""

    def __init__(self, directory: Path) -> None:
        self.proc, self._programs = directory / "proc", directory / "programs"
        self.proc.mkdir()
        self._programs.mkdir()
        self.add(1, "/sbin/init", program="systemd")
        self.namespaces("self", FIRST)

    def namespaces(self, pid: object, names: dict[str, str]) -> None:
        """Put a process into other namespaces."""
        directory = self.proc / str(pid) / "ns"
        directory.mkdir(parents=True, exist_ok=True)
        for kind, name in names.items():
            (directory / kind).unlink(missing_ok=True)
            os.symlink(name, directory / kind)

    def program(self, name: str, mode: int = 0o755) -> Path:
        """Return the file of a program; its mode holds for all who run it."""
        path = self._programs / name
        path.touch()
        path.chmod(mode)
        return path

    def add(
        self,
        pid: int,
        title: str,
        *inodes: int,
        parent: int = 1,
        uid: int | str = 0,
        program: str = "sshd",
        comm: str = "",
        started: int | None = None,
    ) -> None:
        """Add a process; `uid` may be four of them, `comm` is what it calls itself in ps."""
        directory = self.proc / str(pid)
        (directory / "fd").mkdir(parents=True)
        os.symlink("/dev/null", directory / "fd" / "0")
        for number, inode in enumerate(inodes, 3):
            os.symlink(f"socket:[{inode}]", directory / "fd" / str(number))
        os.symlink(self.program(program), directory / "exe")
        name = comm or program.removesuffix(" (deleted)")[:15]
        zeros = " 0" * 17
        (directory / "stat").write_text(
            f"{pid} ({name}) S {parent}{zeros} {pid if started is None else started} 0"
        )
        uids = f"{uid}\t{uid}\t{uid}\t{uid}" if isinstance(uid, int) else uid
        (directory / "status").write_text(f"Name:\t{name}\nUid:\t{uids}\nGid:\t0\t0\t0\t0\n")
        (directory / "cmdline").write_bytes(title.encode() + b"\0" * 40)
        self.namespaces(pid, FIRST)

    def view(self) -> View:
        """Return what is seen of it."""
        return processes.read(self.proc, os.geteuid())

    def logins(self) -> list[Login]:
        """Return who is logged in."""
        return list(logins(self.view().processes, ACCOUNTS))

    def who(self) -> list[int]:
        """Return the pids of who is logged in."""
        return sorted(login.process.pid for login in self.logins())

    def inodes(self, process: Process) -> set[int]:
        """Return the sockets of a process."""
        return processes.socket_inodes(process, self.proc)

    def add_pairs(self, titles: Iterable[tuple[int, int, str, int]]) -> None:
        """Add (pid, parent, title, uid) of several processes."""
        for pid, parent, title, uid in titles:
            self.add(pid, title, parent=parent, uid=uid, program=title.partition(":")[0])


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)
