"""Asks the opener for the namespaces with a listener on given ports, and for a socket into each."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import Optional

from ideolab_f2b.kernel.netlink import Channel
from ideolab_f2b.namespaces import message
from ideolab_f2b.namespaces.message import Ports
from ideolab_f2b.namespaces.namespace import NAMESPACES, ROOTS, SOCKET, Namespace

#: seconds that each part of an answer may take
ANSWER_S = 2.0
_FD = struct.Struct("i")
#: for one descriptor; the kernel closes those that do not fit, and marks the message
_CONTROL_SIZE = socket.CMSG_LEN(_FD.size)
#: asm-generic/socket.h
_SO_PROTOCOL = 38
_NETLINK_SOCK_DIAG = 4


class OpenerDownError(OSError):
    """There is no opener, or it does not answer: only sockets of the own namespace can be seen."""

    def __str__(self) -> str:
        return str(self.strerror)


def ask(ports: Ports, *, above: int = 0, path: str = SOCKET, wait_s: float = ANSWER_S) -> Iterator[Namespace]:
    """Ask once, over a connection that ends with the answer: see OpenerLink.ask."""
    with contextlib.closing(OpenerLink(path)) as link:
        yield from link.ask(ports, above=above, wait_s=wait_s)


def ask_addresses(path: str = SOCKET, wait_s: float = ANSWER_S) -> frozenset[bytes]:
    """Ask once, over a connection that ends with the answer: see OpenerLink.ask_addresses."""
    with contextlib.closing(OpenerLink(path)) as link:
        return link.ask_addresses(wait_s=wait_s)


class OpenerLink:
    """A connection that is kept from one question to the next; an opener that was restarted is noticed."""

    def __init__(self, path: str = SOCKET) -> None:
        self._path = path
        #: None before the first question, during one, and after one that failed
        self._kept: Optional[socket.socket] = None

    def ask(self, ports: Ports, *, above: int = 0, wait_s: float = ANSWER_S) -> Iterator[Namespace]:
        """Yield the namespaces that the setting covers and in which somebody listens on one of the ports.

        Those with at least `above` TCP sockets in use have a channel, which is closed when the next one is
        taken. Each part of the answer may take `wait_s` seconds. It needs no privilege but access to the
        socket. OpenerDownError when there is no whole answer.
        """
        question = message.format_question(ports, above)
        for text, channels in self._exchange(question, NAMESPACES + 2, wait_s):
            try:
                yield from _attach(text, channels)
            except (message.MessageError, message.UnansweredError) as error:
                raise _make_error(self._path, error) from error

    def ask_addresses(self, *, wait_s: float = ANSWER_S) -> frozenset[bytes]:
        """Return the packed addresses and gateways of all namespaces that the setting covers.

        Only those that this host itself routes there. OpenerDownError when there is no whole answer.
        """
        try:
            answer = self._exchange(message.ADDRESSES_QUESTION, message.ALL_ADDRESSES, wait_s)
            return frozenset(packed for text, _none in answer for packed in message.parse_addresses(text))
        except (message.MessageError, message.UnansweredError) as error:
            raise _make_error(self._path, error) from error

    def close(self) -> None:
        """Close the connection."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _exchange(self, question: bytes, limit: int, wait_s: float) -> Iterator[tuple[bytes, list[Channel]]]:
        """Yield at most `limit` datagrams of an answer, each with its sockets, which are closed at the next.

        The connection is kept after a whole answer only: who breaks off would get the rest the next time.
        """
        try:
            link, (text, channels) = self._begin(question, wait_s)
            try:
                for _datagram in range(limit):
                    try:
                        yield text, channels
                    finally:
                        for channel in channels:
                            channel.close()
                    if message.is_last(text):
                        self._kept, link = link, self._kept
                        return
                    text, channels = _receive(link)
            finally:
                if link is not None:
                    link.close()
            raise message.MessageError("an answer without an end")
        except (OSError, message.MessageError) as error:
            raise _make_error(self._path, error) from error

    def _begin(self, question: bytes, wait_s: float) -> tuple[socket.socket, tuple[bytes, list[Channel]]]:
        """Return the connection and the first part of the answer; over a new one where the kept one ended."""
        kept, self._kept = self._kept, None
        if kept is not None:
            try:
                return kept, _send(kept, question, wait_s)
            except (ConnectionError, message.MessageError):
                # the opener was started anew, or has waited long enough
                pass
        link = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            link.settimeout(wait_s)
            link.connect(_choose_path(self._path))
        except BaseException:
            link.close()
            raise
        return link, _send(link, question, wait_s)


def _send(link: socket.socket, question: bytes, wait_s: float) -> tuple[bytes, list[Channel]]:
    """Send a question and return the first part of the answer; the connection is closed by an error."""
    try:
        if link.gettimeout() != wait_s:
            link.settimeout(wait_s)
        link.send(question)
        return _receive(link)
    except BaseException:
        link.close()
        raise


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
    text, control, flags, _sender = link.recvmsg(message.ANSWER_SIZE, _CONTROL_SIZE, socket.MSG_CMSG_CLOEXEC)
    passed = [socket.socket(fileno=_FD.unpack(data)[0]) for _level, _kind, data in control]
    is_whole = bool(text) and not flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC)
    if is_whole and all(map(_is_sock_diag, passed)):
        return text, [Channel.adopt(each) for each in passed]
    for each in passed:
        each.close()
    raise message.MessageError("the answer breaks off" if passed or not text else "a part is missing")


def _is_sock_diag(passed: socket.socket) -> bool:
    protocol = passed.getsockopt(socket.SOL_SOCKET, _SO_PROTOCOL)
    return passed.family == socket.AF_NETLINK and protocol == _NETLINK_SOCK_DIAG
