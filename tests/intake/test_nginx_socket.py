"""nginx_socket: whose datagrams come in, and who keeps the place of the socket."""

from __future__ import annotations

import array
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ideolab_f2b.complaint import Complaint
from ideolab_f2b.intake import acl, datagram
from ideolab_f2b.intake.nginx_socket import FORMER, NginxSocket, SocketError, SocketTakenError, require_free
from ideolab_f2b.intake.reader import BATCH


@contextmanager
def sender(path: Path) -> Iterator[socket.socket]:
    """Connected as nginx is: to the socket that has the path now."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as found:
        found.connect(str(path))
        yield found


def test_datagrams_arrive_whole_and_in_order(nginx_socket: NginxSocket) -> None:
    """Binary ones and the longest that are read, too."""
    sent = [b"one", b"\0\xff\n", b"x" * datagram.SIZE]
    with sender(nginx_socket.path) as nginx:
        for data in sent:
            nginx.send(data)

    assert nginx_socket.receive() == sent
    assert nginx_socket.receive() == []
    assert nginx_socket.refused == 0


def test_a_batch_is_bounded(nginx_socket: NginxSocket) -> None:
    """What is left is there for the next."""
    taken: list[int] = []
    with sender(nginx_socket.path) as nginx:
        nginx.setblocking(False)
        sent = 0
        while sent < BATCH + 5:
            try:
                nginx.send(b"x")
            except BlockingIOError:
                taken.append(len(nginx_socket.receive()))
            else:
                sent += 1
        while taken[-1:] != [0]:
            taken.append(len(nginx_socket.receive()))

    assert sum(taken) == BATCH + 5
    assert max(taken) <= BATCH


def test_what_is_longer_than_a_datagram_may_be_is_refused(nginx_socket: NginxSocket, said: list[str]) -> None:
    """Its end is lost, and in the end could be what counts."""
    with sender(nginx_socket.path) as nginx:
        nginx.send(b"x" * (datagram.SIZE + 1))

    assert nginx_socket.receive() == []
    assert nginx_socket.refused == 1
    assert said == [f"intake: a datagram of user {os.geteuid()} is refused: it is too long"]


def test_other_users_are_refused(place: Path, complaint: Complaint, said: list[str]) -> None:
    """The kernel says whose a datagram is, whatever the rights of the file are."""
    nginx_socket = NginxSocket(place / "s", {os.geteuid() + 1}, complaint)
    nginx_socket.open()
    (place / "s").chmod(0o666)
    with sender(nginx_socket.path) as other:
        other.send(b"<190>Nov 22 15:34:01 nginx: x")
        assert nginx_socket.receive() == []
    nginx_socket.close()

    assert nginx_socket.refused == 1
    assert said == [
        f"intake: a datagram of user {os.geteuid()} is refused: [intake] senders does not name this user"
    ]


def test_descriptors_that_are_sent_along_are_not_taken(nginx_socket: NginxSocket) -> None:
    """Nobody fills our table of open files."""
    before = len(os.listdir("/proc/self/fd"))
    with sender(nginx_socket.path) as nginx, open("/dev/null") as null:
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [null.fileno()] * 8))
        nginx.sendmsg([b"one"], [rights])
    received = nginx_socket.receive()

    assert received == [b"one"]
    assert len(os.listdir("/proc/self/fd")) == before


def test_the_socket_is_nobody_elses(nginx_socket: NginxSocket) -> None:
    """Its owner, and by an access list those who may send; a user of the tests is the owner."""
    assert nginx_socket.path.stat().st_mode & 0o007 == 0


def test_without_access_lists_everybody_may_write_and_that_is_said(
    place: Path, complaint: Complaint, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The credentials of each datagram are still looked at."""

    def unsupported(_path: Path, _uids: list[int]) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(acl, "apply", unsupported)
    nginx_socket = NginxSocket(place / "s", {33}, complaint)
    nginx_socket.open()
    mode = nginx_socket.path.stat().st_mode & 0o777
    nginx_socket.close()

    assert mode == 0o666
    assert said == [f"intake: {place}: Operation not supported: every user may write to the socket"]


def test_a_socket_that_nobody_reads_is_replaced(place: Path, complaint: Complaint) -> None:
    """A crash leaves one."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        dead.bind(str(place / "nginx.sock"))
    nginx_socket = NginxSocket(place / "nginx.sock", {os.geteuid()}, complaint)
    nginx_socket.open()
    with sender(nginx_socket.path) as nginx:
        nginx.send(b"one")

    assert nginx_socket.receive() == [b"one"]
    nginx_socket.close()
    assert sorted(place.iterdir()) == []


def test_a_live_socket_is_never_stolen(nginx_socket: NginxSocket, complaint: Complaint) -> None:
    """A second intake does not start, and the first does not notice."""
    second = NginxSocket(nginx_socket.path, {os.geteuid()}, complaint)
    with pytest.raises(
        SocketTakenError, match=r"nginx\.sock: another program reads it; end it, or give another"
    ):
        second.open()
    second.close()

    with sender(nginx_socket.path) as nginx:
        nginx.send(b"one")
    assert nginx_socket.receive() == [b"one"]


def test_a_file_that_is_no_socket_is_never_replaced(place: Path) -> None:
    """A typing error in f2b.conf costs no file."""
    (place / "nginx.sock").write_text("precious")
    with pytest.raises(SocketTakenError, match="exists and is not a socket"):
        require_free(place / "nginx.sock")


def test_a_socket_of_another_kind_is_never_replaced(place: Path) -> None:
    """A stream socket belongs to somebody."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        other.bind(str(place / "nginx.sock"))
        other.listen()
        with pytest.raises(SocketTakenError, match="cannot be tested for a reader"):
            require_free(place / "nginx.sock")


def test_a_deleted_socket_is_made_anew_and_loses_nothing(nginx_socket: NginxSocket, said: list[str]) -> None:
    """nginx that is connected goes on, and nginx that starts finds the new one."""
    with sender(nginx_socket.path) as running:
        nginx_socket.path.unlink()
        running.send(b"one")
        nginx_socket.bind_again()
        with sender(nginx_socket.path) as started:
            running.send(b"two")
            started.send(b"three")

    assert nginx_socket.receive() == [b"one", b"two", b"three"]
    assert said == []


def test_a_socket_that_was_replaced_by_a_dead_one_is_made_anew(nginx_socket: NginxSocket) -> None:
    """As after somebody's failed start at the same path."""
    nginx_socket.path.unlink()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        dead.bind(str(nginx_socket.path))
    nginx_socket.bind_again()
    with sender(nginx_socket.path) as nginx:
        nginx.send(b"one")

    assert nginx_socket.receive() == [b"one"]


def test_a_socket_that_was_replaced_by_a_live_one_is_said(nginx_socket: NginxSocket, said: list[str]) -> None:
    """It is left to its owner, and taken back when that one has ended."""
    nginx_socket.path.unlink()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as thief:
        thief.bind(str(nginx_socket.path))
        nginx_socket.bind_again()
        nginx_socket.bind_again()
    nginx_socket.bind_again()
    with sender(nginx_socket.path) as nginx:
        nginx.send(b"one")

    assert nginx_socket.receive() == [b"one"]
    assert said == [
        f"intake: the socket for nginx cannot be made again: {nginx_socket.path}: another program reads it; "
        "end it, or give another socket",
        f"intake: {nginx_socket.path}: the socket is there again",
    ]


def test_a_missing_directory_is_said_and_survived(place: Path, complaint: Complaint, said: list[str]) -> None:
    """Whoever is connected still gets through."""
    (place / "run").mkdir()
    nginx_socket = NginxSocket(place / "run/s", {os.geteuid()}, complaint)
    nginx_socket.open()
    with sender(nginx_socket.path) as nginx:
        nginx_socket.path.unlink()
        (place / "run").rmdir()
        nginx_socket.bind_again()
        nginx.send(b"one")
        assert nginx_socket.receive() == [b"one"]
    (place / "run").mkdir()
    nginx_socket.bind_again()
    assert nginx_socket.path.is_socket()
    nginx_socket.close()

    assert said[0].startswith("intake: the socket for nginx cannot be made again: ")


def test_a_path_that_is_too_long_is_an_error(place: Path, complaint: Complaint) -> None:
    """The kernel takes 107 bytes; the error names the path."""
    nginx_socket = NginxSocket(place / ("x" * 120), {0}, complaint)
    with pytest.raises(SocketError, match=r"x: AF_UNIX path too long; does this user own .*\?"):
        nginx_socket.open()


def test_replaced_sockets_do_not_pile_up(nginx_socket: NginxSocket) -> None:
    """Somebody deletes the file every second: only the last few are still read."""
    before = len(os.listdir("/proc/self/fd"))
    for _time in range(20):
        nginx_socket.path.unlink()
        nginx_socket.bind_again()

    assert len(os.listdir("/proc/self/fd")) == before + FORMER


def test_a_socket_of_somebody_else_is_not_taken_away_at_the_end(place: Path, complaint: Complaint) -> None:
    """Only our own file is removed."""
    nginx_socket = NginxSocket(place / "s", {os.geteuid()}, complaint)
    nginx_socket.open()
    nginx_socket.path.unlink()
    nginx_socket.path.write_text("another's")
    nginx_socket.close()

    assert nginx_socket.path.read_text() == "another's"
