"""Asks the opener for the namespaces with a listener on given ports, and for a socket into each."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from dataclasses import replace

from ideolab_f2b.kernel.netlink import Channel
from ideolab_f2b.namespaces import message
from ideolab_f2b.namespaces.message import Ports
from ideolab_f2b.namespaces.namespace import NAMESPACES, ROOTS, SOCKET, Namespace

#: seconds that each part of an answer may take
ANSWER_S = 2.0
#: asm-generic/socket.h
_SO_PROTOCOL = 38
_NETLINK_SOCK_DIAG = 4


class OpenerDownError(OSError):
    """There is no opener, or it does not answer: only sockets of the own namespace can be seen."""

    def __str__(self) -> str:
        return str(self.strerror)


def ask(ports: Ports, *, above: int = 0, path: str = SOCKET, wait_s: float = ANSWER_S) -> Iterator[Namespace]:
    """Yield the other namespaces that the setting covers and in which somebody listens on one of the ports.

    Those with at least `above` TCP sockets in use have a channel, which is closed when the next one is taken.
    Each part of the answer may take `wait_s` seconds. It needs no privilege but access to the socket.
    OpenerDownError when there is no whole answer.
    """
    question = message.format_question(ports, above)
    for text, channels in _exchange(question, path, NAMESPACES + 2, wait_s):
        try:
            yield from _attach(text, channels)
        except (message.MessageError, message.UnansweredError) as error:
            raise _make_error(path, error) from error


def ask_addresses(path: str = SOCKET, wait_s: float = ANSWER_S) -> frozenset[bytes]:
    """Return the packed addresses and gateways of all namespaces that the setting covers.

    Only those that this host itself routes there. OpenerDownError when there is no whole answer.
    """
    try:
        answer = _exchange(message.ADDRESSES_QUESTION, path, message.ALL_ADDRESSES, wait_s)
        return frozenset(packed for text, _none in answer for packed in message.parse_addresses(text))
    except (message.MessageError, message.UnansweredError) as error:
        raise _make_error(path, error) from error


def _exchange(question: bytes, path: str, limit: int, wait_s: float) -> Iterator[tuple[bytes, list[Channel]]]:
    """Yield at most `limit` datagrams of an answer, each with its sockets, which are closed at the next."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as link:
            link.settimeout(wait_s)
            link.connect(_choose_path(path))
            link.send(question)
            for _datagram in range(limit):
                text, channels = _receive(link)
                try:
                    yield text, channels
                finally:
                    for channel in channels:
                        channel.close()
                if message.is_last(text):
                    return
        raise message.MessageError("an answer without an end")
    except (OSError, message.MessageError) as error:
        raise _make_error(path, error) from error


def _make_error(path: str, error: Exception) -> OpenerDownError:
    code = (error.errno if isinstance(error, OSError) else None) or errno.EPROTO
    why = os.strerror(code) if code != errno.EPROTO else str(error)
    return OpenerDownError(code, f"the opener of namespaces does not answer: {path}: {why}")


def _choose_path(path: str) -> str:
    roots = path + ROOTS
    return roots if os.geteuid() == 0 and os.path.exists(roots) else path


def _attach(text: bytes, channels: list[Channel]) -> Iterator[Namespace]:
    found = list(message.parse_answer(text))
    for each in found:
        # a datagram with a socket tells of one namespace
        yield replace(each, channel=channels[0]) if channels and len(found) == 1 else each


def _receive(link: socket.socket) -> tuple[bytes, list[Channel]]:
    """Return one datagram and the sockets that came with it."""
    text, fds, flags, _sender = socket.recv_fds(link, message.ANSWER_SIZE, 1, socket.MSG_CMSG_CLOEXEC)
    passed = [socket.socket(fileno=fd) for fd in fds]
    is_whole = bool(text) and not flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC)
    if is_whole and all(map(_is_sock_diag, passed)):
        return text, [Channel.adopt(each) for each in passed]
    for each in passed:
        each.close()
    raise message.MessageError("the answer breaks off" if passed or not text else "a part is missing")


def _is_sock_diag(passed: socket.socket) -> bool:
    protocol = passed.getsockopt(socket.SOL_SOCKET, _SO_PROTOCOL)
    return passed.family == socket.AF_NETLINK and protocol == _NETLINK_SOCK_DIAG
