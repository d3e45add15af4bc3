"""The socket that nginx sends to: only nginx may send; it is bound again when it is gone; read in batches."""

from __future__ import annotations

import errno
import os
import select
import socket
import stat
from collections.abc import Collection
from pathlib import Path

from ideolab_f2b.complaint import Complaint
from ideolab_f2b.intake import acl, reader

#: replaced sockets that are still read, because nginx stays connected to the one that it knows
FORMER = 4


class SocketError(OSError):
    """There is no socket for nginx; the text names the path and the way out."""

    def __str__(self) -> str:
        return str(self.strerror)


class SocketTakenError(SocketError):
    """Something that is not ours has the path; it is never replaced."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(errno.EADDRINUSE, f"{path}: {what}; end it, or give another socket")


class NginxSocket:
    """Takes datagrams of the users `senders` (numbers) and of nobody else."""

    def __init__(self, path: Path, senders: Collection[int], complaint: Complaint) -> None:
        self.path = path
        #: datagrams refused since the start
        self.refused = 0
        self._senders = frozenset(senders)
        self._complaint = complaint
        self._reader = reader.best_reader()
        self._sockets: list[socket.socket] = []
        self._identity = (0, 0)

    def open(self) -> None:
        """Bind the socket at its path.

        SocketTakenError when somebody listens there, SocketError when it cannot be made there.
        """
        require_free(self.path)
        try:
            self._bind()
        except OSError as error:
            what = f"{self.path}: {error.strerror or error}; does this user own {self.path.parent}?"
            raise SocketError(error.errno, what) from error

    def bind_again(self) -> None:
        """Bind again if the file was deleted, or replaced by one that nobody reads; say errors on stderr."""
        if _identity(self.path) == self._identity:
            return
        try:
            self.open()
        except OSError as error:
            self._complaint.say(f"the socket for nginx cannot be made again: {error}", "socket")
        else:
            self._complaint.settle("socket", f"{self.path}: the socket is there again")

    def _bind(self) -> None:
        receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        # first under another name: it has its rights before nginx sees it, and there is no moment without one
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            receiver.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            beside.unlink(missing_ok=True)
            receiver.bind(str(beside))
            self._admit_senders(beside)
            os.replace(beside, self.path)
            self._identity = _identity(self.path)
        except BaseException:
            receiver.close()
            beside.unlink(missing_ok=True)
            raise
        self._sockets.append(receiver)
        for former in self._sockets[: -1 - FORMER]:
            former.close()
        del self._sockets[: -1 - FORMER]

    def _admit_senders(self, path: Path) -> None:
        try:
            acl.apply(path, [uid for uid in self._senders if uid])
        except OSError as error:
            # receive() compares the sender of each datagram once more
            path.chmod(0o666)
            self._complaint.say(f"{path.parent}: {error.strerror}: every user may write to the socket", "acl")

    def wait(self, wakeup: int, seconds: float) -> None:
        """Wait until a datagram is there, the descriptor `wakeup` can be read, or the time is over."""
        select.select([wakeup, *(receiver.fileno() for receiver in self._sockets)], [], [], seconds)

    def receive(self) -> list[bytes]:
        """Return what is there, a batch of each socket at most: whole datagrams of the senders only."""
        taken: list[bytes] = []
        for receiver in self._sockets:
            some, refused = self._reader.receive(receiver, self._senders)
            taken += some
            for refusal in refused:
                self._refuse(*refusal)
        return taken

    def _refuse(self, user: int, is_cut: bool) -> None:
        self.refused += 1
        what = "it is too long" if is_cut else "[intake] senders does not name this user"
        self._complaint.say(f"a datagram of user {user} is refused: {what}", f"refused {what}")

    def close(self) -> None:
        """Close all sockets, and remove the file if it is ours."""
        if self._sockets and _identity(self.path) == self._identity:
            self.path.unlink(missing_ok=True)
        for receiver in self._sockets:
            receiver.close()
        self._sockets.clear()


def _identity(path: Path) -> tuple[int, int]:
    try:
        found = path.lstat()
    except OSError:
        return (0, 0)
    return found.st_dev, found.st_ino


def require_free(path: Path) -> None:
    """Raise SocketTakenError unless nothing is there, or a socket that nobody reads any more."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise SocketTakenError(path, "exists and is not a socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(str(path))
        except ConnectionRefusedError:
            return
        except OSError as error:
            raise SocketTakenError(path, f"cannot be tested for a reader: {error.strerror}") from error
    raise SocketTakenError(path, "another program reads it")
