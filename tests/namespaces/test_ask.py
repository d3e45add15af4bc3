"""Who asks, and an opener that is none, is silent, or says what is no answer."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ideolab_f2b.namespaces.ask import OpenerDownError, OpenerLink, ask, ask_addresses

LINE = b"netns=7 name=lxc:c1 in_use=3 ports=443 own=0a4d0002+"


@pytest.fixture
def opener(tmp_path: Path) -> Iterator[socket.socket]:
    """A socket that listens where the opener would."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(tmp_path / "sock"))
        listener.listen()
        yield listener


def answer(opener: socket.socket, *parts: bytes, passed: tuple[int, ...] = ()) -> threading.Thread:
    """Answer one question with these datagrams, the first with descriptors."""

    def run() -> None:
        link, _address = opener.accept()
        with link:
            link.recv(4096)
            # who asked may have heard enough
            with contextlib.suppress(ConnectionError):
                for number, part in enumerate(parts):
                    socket.send_fds(link, [part], passed if not number else [])

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_there_is_no_opener(tmp_path: Path) -> None:
    """The error is an OSError, names the socket and says why."""
    for call in (
        lambda: list(ask([443], path=str(tmp_path / "sock"))),
        lambda: ask_addresses(str(tmp_path / "sock")),
    ):
        with pytest.raises(OpenerDownError) as caught:
            call()
        assert str(caught.value) == (
            f"the opener of namespaces does not answer: {tmp_path}/sock: No such file or directory"
        )


def test_an_opener_that_is_silent(opener: socket.socket) -> None:
    """Nobody waits for it longer than that."""
    with pytest.raises(OpenerDownError, match="timed out"):
        list(ask([443], path=opener.getsockname(), wait_s=0.1))


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ([b"hello"], "no namespace"),
        ([LINE], "breaks off"),
        ([LINE.replace(b"443", b"x"), b"end"], "no namespace"),
        ([b"refused too many questions"], "too many questions"),
        ([LINE] * 70, "without an end"),
    ],
)
def test_what_is_no_answer(opener: socket.socket, parts: list[bytes], why: str) -> None:
    """It is the same error."""
    thread = answer(opener, *parts)

    with pytest.raises(OpenerDownError, match=why):
        list(ask([443], path=opener.getsockname()))
    thread.join()


def test_a_descriptor_that_is_no_sock_diag_socket(opener: socket.socket) -> None:
    """It is not used, and not kept."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
        thread = answer(opener, LINE + b"\nend", passed=(other.fileno(),))

        with pytest.raises(OpenerDownError, match="breaks off"):
            list(ask([443], path=opener.getsockname()))
        thread.join()


def test_an_answer_without_channels(opener: socket.socket) -> None:
    """Several namespaces in one datagram."""
    thread = answer(opener, b"\n".join([LINE, LINE.replace(b"c1", b"c2"), b"end"]))

    found = list(ask([443], above=9, path=opener.getsockname()))
    thread.join()

    assert [(each.name, each.in_use, each.channel) for each in found] == [
        ("lxc:c1", 3, None),
        ("lxc:c2", 3, None),
    ]


def serve(opener: socket.socket, *questions: int) -> threading.Thread:
    """Take a connection for each number, and answer so many questions on it."""

    def run() -> None:
        for number in questions:
            link, _address = opener.accept()
            with link:
                for _question in range(number):
                    link.recv(4096)
                    link.send(LINE + b"\nend")

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_link_is_kept_and_made_anew(opener: socket.socket) -> None:
    """Several questions go over one connection; where the opener has ended it, over a new one."""
    thread = serve(opener, 2, 1)
    link = OpenerLink(opener.getsockname())

    answers = [[one.name for one in link.ask([443])] for _question in range(3)]

    thread.join()
    link.close()
    assert answers == [["lxc:c1"]] * 3


def test_who_breaks_off_gets_no_rest_of_an_answer(opener: socket.socket) -> None:
    """The connection ends with it."""
    thread = serve(opener, 1, 1)
    link = OpenerLink(opener.getsockname())

    next(link.ask([443]))
    again = [one.name for one in link.ask([443])]

    thread.join()
    link.close()
    assert again == ["lxc:c1"]
