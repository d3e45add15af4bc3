"""Netlink messages, acknowledged requests and dumps over one socket; knows no set and no connection."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

#: linux/netlink.h
NOOP, ERROR, DONE = 1, 2, 3
REQUEST, ACK, DUMP, EXCL = 0x1, 0x4, 0x300, 0x200
NESTED, NETWORK_ORDER, TYPE_MASK = 0x8000, 0x4000, 0x3FFF
_SOL_NETLINK, _CAP_ACK = 270, 10
#: asm-generic/socket.h; its first number is the size of what waits to be read (since Linux 4.12)
_MEMINFO = 55
_NOTHING_WAITS = bytes(4)
_NETNS_COOKIE, _COOKIE_SIZE = 71, 8
#: seconds after which a silent kernel is an error: nothing here may hang a ban
ANSWER_TIMEOUT_S = 5.0
#: the kernel caps one dump datagram at 32 KiB
DATAGRAM_SIZE = 65536

_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_CODE = struct.Struct("=i")
_ACKNOWLEDGEMENT = struct.Struct("=IHHIIi")
#: seconds and microseconds; the kernel refuses a struct that is too short, so the short one is tried first
_TIMEVALS = (struct.Struct("@ll"), struct.Struct("=qq"))


class KernelError(OSError):
    """The kernel refused a request: `asked` names the request, `way_out` what the reader can do."""

    way_out = "see dmesg and the versions of the kernel and its modules"

    def __init__(self, code: int, asked: str, answer: str = "", way_out: str = "") -> None:
        self.asked = asked
        self.way_out = way_out or self.way_out
        self.answer = answer or os.strerror(code)
        super().__init__(code, self.answer)

    def __str__(self) -> str:
        return f"{self.asked}: {self.answer}; {self.way_out}"


class PermissionDeniedError(KernelError):
    """EPERM or EACCES: the process lacks CAP_NET_ADMIN in this network namespace."""

    way_out = "run as root or with CAP_NET_ADMIN"


class ModuleMissingError(KernelError):
    """The kernel part that would answer is not loaded and could not be."""

    way_out = "load the kernel module (modprobe ip_set ip_set_hash_net ip_set_list_set tcp_diag)"


class Message(NamedTuple):
    """One netlink message: its type, and its payload without the 16-byte header."""

    kind: int
    payload: bytes


def attribute(kind: int, payload: bytes) -> bytes:
    """One netlink attribute, padded to 4 bytes."""
    length = 4 + len(payload)
    return _ATTRIBUTE.pack(length, kind) + payload + bytes(-length % 4)


def nest(kind: int, *attributes: bytes) -> bytes:
    """An attribute that holds other attributes."""
    return attribute(kind | NESTED, b"".join(attributes))


def unpack_attributes(payload: bytes, offset: int = 0) -> Iterator[tuple[int, bytes]]:
    """The (type without flags, payload) pairs from `offset` on; a cut or absurd length ends the walk."""
    end = len(payload)
    while offset + 4 <= end:
        length, kind = _ATTRIBUTE.unpack_from(payload, offset)
        if length < 4 or offset + length > end:
            return
        yield kind & TYPE_MASK, payload[offset + 4 : offset + length]
        offset += (length + 3) & ~3


def message(kind: int, flags: int, payload: bytes, sequence: int = 0) -> bytes:
    """A whole netlink message, addressed to the kernel."""
    return _HEADER.pack(_HEADER.size + len(payload), kind, flags, sequence, 0) + payload


def unpack_messages(datagram: bytes, sequence: int) -> Iterator[Message]:
    """The messages of one datagram that answer `sequence`; a cut message ends the walk."""
    offset = 0
    while offset + _HEADER.size <= len(datagram):
        length, kind, _flags, answered, _port = _HEADER.unpack_from(datagram, offset)
        if length < _HEADER.size or offset + length > len(datagram):
            return
        if answered == sequence:
            yield Message(kind, datagram[offset + _HEADER.size : offset + length])
        offset += (length + 3) & ~3


def error_code(payload: bytes) -> int:
    """The positive errno of an ERROR or DONE payload; 0 means success."""
    return -_CODE.unpack_from(payload)[0] if len(payload) >= _CODE.size else 0


def set_receive_timeout(receiver: socket.socket, seconds: int) -> bool:
    """Let the kernel end each wait of this socket; return whether it takes a timeout in any form known.

    struct timeval has two longs. Where time_t has 64 bits and long has 32 (Debian 13 armhf), SO_RCVTIMEO is
    another number, and its two fields have 64 bits each. Python's own timeout would poll before each answer,
    and each system call lets another thread take over.
    """
    for form in _TIMEVALS:
        with contextlib.suppress(OSError):
            receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, form.pack(seconds, 0))
            return True
    return False


class Channel:
    """One netlink socket. Not thread-safe: the owner holds a lock round each call."""

    def __init__(self, protocol: int) -> None:
        try:
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
        except OSError as error:
            raise ModuleMissingError(
                error.errno or errno.EPROTONOSUPPORT, f"netlink protocol {protocol}"
            ) from error
        self._socket.setsockopt(_SOL_NETLINK, _CAP_ACK, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        #: whether the kernel itself ends a wait, which spares a system call before each answer
        self._has_timeout = set_receive_timeout(self._socket, int(ANSWER_TIMEOUT_S))
        self._socket.bind((0, 0))
        self._sequence = 0

    @classmethod
    def adopt(cls, passed: socket.socket) -> Channel:
        """Return the channel of a socket that another process has opened and passed; the channel owns it.

        A netlink socket stays in the network namespace in which it was opened, whoever uses it.
        """
        channel = cls.__new__(cls)
        channel._socket = passed
        channel._has_timeout = set_receive_timeout(passed, int(ANSWER_TIMEOUT_S))
        channel._sequence = 0
        return channel

    def fileno(self) -> int:
        """Return the number of the socket's descriptor; -1 once it is closed."""
        return self._socket.fileno()

    def read_cookie(self) -> bytes:
        """Return what no other network namespace has since the boot; b"" before Linux 5.14."""
        try:
            return self._socket.getsockopt(socket.SOL_SOCKET, _NETNS_COOKIE, _COOKIE_SIZE)
        except OSError:
            return b""

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def __enter__(self) -> Channel:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def request(self, kind: int, payload: bytes, flags: int = 0) -> int:
        """Send one message and wait for its acknowledgement: 0, or the kernel's errno."""
        sequence = self._next()
        self._socket.send(message(kind, flags | REQUEST | ACK, payload, sequence))
        while True:
            datagram = self._receive()
            if len(datagram) >= _ACKNOWLEDGEMENT.size:
                # nearly always the acknowledgement comes alone
                _length, answer, _flags, answered, _port, code = _ACKNOWLEDGEMENT.unpack_from(datagram)
                if answer == ERROR and answered == sequence:
                    return -int(code)
            for found in unpack_messages(datagram, sequence):
                if found.kind == ERROR:
                    return error_code(found.payload)

    def command(self, kind: int, payload: bytes, flags: int = 0) -> int:
        """Send one message that the kernel answers only when it refuses it: 0, or the kernel's errno.

        The kernel has done what the message says when send() returns. There is no acknowledgement to receive:
        that would hand Python's interpreter to another thread once more, and make a burst of bans slower.
        """
        sequence = self._next()
        self._socket.send(message(kind, flags | REQUEST, payload, sequence))
        refused = self._refusal(sequence)
        # set when there was no memory for an answer; what is not read would be told of a later message
        unanswered = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return refused or unanswered

    def _refusal(self, sequence: int) -> int:
        """The errno of a refusal that waits to be read; 0 when there is none."""
        while self._has_answer():
            try:
                datagram = self._socket.recv(DATAGRAM_SIZE, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            for found in unpack_messages(datagram, sequence):
                if found.kind == ERROR:
                    return error_code(found.payload)
        return 0

    def _has_answer(self) -> bool:
        try:
            return self._socket.getsockopt(socket.SOL_SOCKET, _MEMINFO, 4) != _NOTHING_WAITS
        except OSError:
            # an old kernel does not tell: look
            return True

    def dump(self, kind: int, payload: bytes, flags: int = DUMP) -> Iterator[bytes]:
        """The payloads of a whole dump; OSError (errno as the kernel gave it) when it ends in an error."""
        for answer in self._answers(kind, payload, flags | REQUEST):
            if answer.kind in (DONE, ERROR):
                code = error_code(answer.payload)
                if code:
                    raise OSError(code, os.strerror(code))
                return
            yield answer.payload

    def datagrams(self, kind: int, payload: bytes, buffer: memoryview, flags: int = DUMP) -> Iterator[int]:
        """The sizes of a dump's datagrams, each put into `buffer`; endless: the caller looks for the end."""
        self._socket.send(message(kind, flags | REQUEST, payload, self._next()))
        while True:
            self._wait()
            try:
                used = self._socket.recv_into(buffer)
            except BlockingIOError as error:
                raise _silent() from error
            yield used

    def refusals(self, kind: int, payloads: Iterable[bytes]) -> list[int]:
        """Send many requests in one datagram, none acknowledged: the errnos of those the kernel refused."""
        sequence, end = self._next(), self._next()
        requests = [message(kind, REQUEST, payload, sequence) for payload in payloads]
        # the kernel works through a datagram in order: the answer to the last message is the last answer
        self._socket.send(b"".join(requests) + message(NOOP, REQUEST | ACK, b"", end))
        codes: list[int] = []
        while True:
            datagram = self._receive()
            codes += [error_code(answer.payload) for answer in unpack_messages(datagram, sequence)]
            if any(unpack_messages(datagram, end)):
                return codes

    def _answers(self, kind: int, payload: bytes, flags: int) -> Iterator[Message]:
        sequence = self._next()
        self._socket.send(message(kind, flags, payload, sequence))
        while True:
            datagram = self._receive()
            yield from unpack_messages(datagram, sequence)

    def _receive(self) -> bytes:
        self._wait()
        try:
            return self._socket.recv(DATAGRAM_SIZE)
        except BlockingIOError as error:
            raise _silent() from error

    def _wait(self) -> None:
        """Wait for an answer where the kernel would wait without end."""
        if self._has_timeout:
            return
        waiting = select.poll()
        waiting.register(self._socket, select.POLLIN)
        if not waiting.poll(ANSWER_TIMEOUT_S * 1000):
            raise _silent()

    def _next(self) -> int:
        # a new number each time: the late answer of a request that timed out is never taken for this one's
        self._sequence = (self._sequence + 1) & 0xFFFFFFFF
        return self._sequence


def _silent() -> TimeoutError:
    return TimeoutError(errno.ETIMEDOUT, "the kernel did not answer")
